import logging
import random

import pytest

from gnomon.acquire.retry import Retry
from gnomon.errors import ConfigError, NotFound, RateLimited, ServerFault, Unreachable


class Flaky:
    """Fails with each error in turn, then answers."""

    def __init__(self, *errors):
        self.errors = list(errors)

    def __call__(self):
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def test_it_tries_until_there_is_an_answer(retry, waits):
    assert retry.call("x", Flaky(Unreachable("a"), ServerFault("b"))) == "answer"
    assert len(waits) == 2


def test_the_last_error_is_the_one_that_is_raised(retry, waits):
    with pytest.raises(ServerFault, match="last"):
        retry.call("x", Flaky(*[Unreachable("a")] * 3, ServerFault("last")))
    assert len(waits) == 3


@pytest.mark.parametrize("error", [NotFound("x"), ConfigError("x"), OSError("x")])
def test_what_no_retry_helps_is_raised_at_once(retry, waits, error):
    with pytest.raises(type(error)):
        retry.call("x", Flaky(error))
    assert waits == []


@pytest.mark.parametrize("seed", range(20))
def test_the_defaults_outlast_a_server_that_comes_up_after_five_seconds(seed):
    waits = []
    patient = Retry(sleep=waits.append, random=random.Random(seed))
    patient.call("x", Flaky(*[Unreachable("refused")] * 5))
    assert 7.75 <= sum(waits) <= 15.5
    assert all(0.25 * 2**n <= wait <= 0.5 * 2**n for n, wait in enumerate(waits))


def test_the_archive_may_ask_for_more_time_up_to_a_cap():
    waits = []
    retry = Retry(sleep=waits.append, after_cap_s=100)
    errors = [RateLimited("a", 30), RateLimited("b", 1e6), RateLimited("c", 0), RateLimited("d")]
    retry.call("x", Flaky(*errors))
    assert waits[:2] == [30, 100]
    assert 1 <= waits[2] <= 2
    assert 2 <= waits[3] <= 4


def test_waits_are_capped():
    waits = []
    Retry(attempts=12, cap_s=3, sleep=waits.append).call("x", Flaky(*[ServerFault("a")] * 11))
    assert max(waits) <= 3


def test_each_retry_says_what_why_and_when(retry, caplog):
    retry.call("a/1.nc", Flaky(RateLimited("HTTP 429", 17)))
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.message == "RateLimited: a/1.nc: HTTP 429; attempt 2 of 4 in 17.0 s"


def test_who_watches_is_told_before_each_new_attempt(waits):
    told = []
    retry = Retry(
        attempts=3, sleep=waits.append, told=lambda what, error: told.append((what, error))
    )
    first, second, last = Unreachable("a"), ServerFault("b"), Unreachable("c")
    with pytest.raises(Unreachable, match="c"):
        retry.call("x", Flaky(first, second, last))
    assert told == [("x", first), ("x", second)]
    with pytest.raises(NotFound):
        retry.call("y", Flaky(NotFound("n")))
    assert len(told) == 2
