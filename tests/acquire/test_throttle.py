import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.acquire.connect import connect
from gnomon.acquire.throttle import Pace, TokenBucket
from gnomon.acquire.transport import Limits


class Clock:
    """Time that passes only in sleep."""

    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds


@given(
    rate=st.floats(0.1, 1e6),
    burst=st.floats(0, 1e6),
    steps=st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 100)), max_size=30),
)
def test_no_more_than_burst_and_rate_ever_pass(rate, burst, steps):
    clock = Clock()
    bucket = TokenBucket(rate, burst=burst, clock=clock, sleep=clock.sleep)
    taken = 0.0
    for amount, pause_s in steps:
        clock.sleep(pause_s)
        bucket.take(amount)
        taken += amount
        assert taken <= (burst + rate * clock.now_s) * (1 + 1e-9) + 1e-6


def test_a_full_bucket_does_not_wait():
    clock = Clock()
    bucket = TokenBucket(10, clock=clock, sleep=clock.sleep)
    bucket.take(10)
    assert clock.now_s == 0
    bucket.take(5)
    assert clock.now_s == pytest.approx(0.5)


def test_threads_share_the_debt():
    waits = []
    bucket = TokenBucket(1, burst=0, clock=lambda: 0.0, sleep=waits.append)
    threads = [threading.Thread(target=bucket.take, args=(1,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("scheme", ["http", "ftp"])
def test_transports_keep_the_pace(archive, scheme):
    clock = Clock()
    buckets = [TokenBucket(rate, burst=0, clock=clock, sleep=clock.sleep) for rate in (2, 100_000)]
    url = archive.http_url if scheme == "http" else archive.ftp_url
    transport = connect(url, pace=Pace(*buckets))
    with transport.read("dac/a/1.nc") as body:
        assert sum(map(len, body)) == 200_000
    assert clock.now_s == pytest.approx(2.5)
    transport.close()


def test_limits_make_a_pace_only_where_they_are_set():
    Limits().pace().arrived(10**12)
    Limits(bytes_per_s=1e9, requests_per_s=1e9).pace().request()
