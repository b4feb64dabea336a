"""Executors: where steps run. Each is a `concurrent.futures.Executor`; the loop sees no more."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

from gnomon.errors import ConfigError, MissingExtra, UnknownName, Unreachable

P = ParamSpec("P")
T = TypeVar("T")


class InlineExecutor(Executor):
    """Runs each job at once, in the loop's own thread.

    Jobs return an `Outcome` whatever happens, so what is raised here is meant for the loop: the
    user's interrupt.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run now and return the finished future."""
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@dataclass(frozen=True, slots=True)
class Workers:
    """An executor, and how many jobs it runs at a time.

    Attributes
    ----------
    renew : callable
        Returns a fresh executor after the old one broke (a worker process was killed).
    """

    executor: Executor
    width: int
    renew: Callable[[], Executor]


@contextmanager
def open_workers(
    name: str, *, workers: int | None = None, scheduler: str = ""
) -> Iterator[Workers]:
    """Open the executor of that name: inline, processes or dask.

    Parameters
    ----------
    workers : int, optional
        How many processes; as many as there are cores when absent.
    scheduler : str
        Address of a running Dask scheduler, ``tcp://host:8786``; a local cluster when empty.
    """
    if name == "inline":
        yield Workers(InlineExecutor(), 1, InlineExecutor)
    elif name == "processes":
        with _processes(workers or os.cpu_count() or 1) as opened:
            yield opened
    elif name == "dask":
        with _dask(workers, scheduler) as opened:
            yield opened
    else:
        raise UnknownName("executor", name, ("inline", "processes", "dask"))


@contextmanager
def _processes(workers: int) -> Iterator[Workers]:
    # Not fork: the loop has threads, and a forked lock may be held for ever.
    context = multiprocessing.get_context("spawn")
    made: list[ProcessPoolExecutor] = []

    def fresh() -> Executor:
        made.append(ProcessPoolExecutor(workers, mp_context=context))
        return made[-1]

    try:
        yield Workers(fresh(), workers, fresh)
    finally:
        for pool in made:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _dask(workers: int | None, scheduler: str) -> Iterator[Workers]:
    distributed = _distributed()
    try:
        client: Any = (
            distributed.Client(scheduler, timeout="10s")
            if scheduler
            else distributed.Client(
                n_workers=workers or os.cpu_count(),
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
            )
        )
    except OSError as error:
        raise Unreachable(f"no Dask scheduler answers at {scheduler}: {error}") from error
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise ConfigError(f"the Dask scheduler at {scheduler} has no workers")
        yield Workers(client.get_executor(pure=False), threads, client.get_executor)


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ModuleNotFoundError:
        raise MissingExtra("distributed", "dask") from None
