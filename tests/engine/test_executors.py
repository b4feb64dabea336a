"""Each executor passes the suite."""

import pytest

from gnomon.engine.executors import open_workers
from gnomon.errors import UnknownName, Unreachable
from gnomon.testing.executor import ExecutorSuite


class TestInline(ExecutorSuite):
    """In the loop's own thread."""

    @pytest.fixture
    def workers(self):
        with open_workers("inline") as opened:
            yield opened


class TestProcesses(ExecutorSuite):
    """In a pool of processes."""

    @pytest.fixture
    def workers(self):
        with open_workers("processes", workers=2) as opened:
            yield opened


@pytest.fixture(scope="module")
def dask():
    with open_workers("dask", workers=2) as opened:
        yield opened


class TestDask(ExecutorSuite):
    """In a local Dask cluster."""

    @pytest.fixture
    def workers(self, dask):
        return dask


def test_an_unknown_executor_is_refused():
    with pytest.raises(UnknownName, match="mean 'processes'"), open_workers("process"):
        pass


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_unreachable():
    with (
        pytest.raises(Unreachable, match="no Dask scheduler"),
        open_workers("dask", scheduler="tcp://127.0.0.1:9"),
    ):
        pass
