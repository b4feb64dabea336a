import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from gnomon.core.unique import unique


def many(_):
    return [unique() for _ in range(200)]


def test_no_two_are_alike_in_threads_forks_and_fresh_processes():
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(many, range(4)))
    for method in ("forkserver", "spawn"):
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(2, mp_context=context) as workers:
            found += workers.map(many, range(4))
    texts = [text for part in found for text in part]
    assert len(set(texts)) == len(texts) == 12 * 200
    assert all(text.replace("-", "").isalnum() for text in texts)
