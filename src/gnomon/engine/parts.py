"""What a loop works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field

from gnomon.acquire.source import Source
from gnomon.catalog.catalog import Catalog
from gnomon.core.pipeline import Pipeline
from gnomon.engine.events import Listener, nobody
from gnomon.engine.execute import now_us
from gnomon.engine.executors import Workers
from gnomon.publish.publisher import Publisher
from gnomon.store.store import Store


@dataclass(frozen=True)
class Tuning:
    """The loop's own settings.

    Attributes
    ----------
    lease_s : float
        A job whose loop says nothing for this long may be taken over.
    most_tries : int
        A job that failed this often in one run is left to the next.
    pause_s, longest_pause_s : float
        Before the second try, doubling, up to the longest.
    poll_s : float
        How often to look for the work of other loops while there is none of our own.
    streams : int
        Fetches and publications under way at once.
    """

    lease_s: float = 60.0
    most_tries: int = 3
    pause_s: float = 1.0
    longest_pause_s: float = 60.0
    poll_s: float = 0.2
    streams: int = 8


@dataclass
class Parts:
    """Everything that a loop works with.

    Attributes
    ----------
    workers : Workers
        Where steps run.
    streams : Executor
        Threads of this process, where fetches and publications run.
    clock_us : callable
        The time, microseconds since 1970-01-01 UTC.
    """

    catalog: Catalog
    store: Store
    pipeline: Pipeline
    workers: Workers
    streams: Executor
    sources: Mapping[str, Source] = field(default_factory=dict)
    publishers: Mapping[str, Publisher] = field(default_factory=dict)
    tuning: Tuning = field(default_factory=Tuning)
    clock_us: Callable[[], int] = now_us
    listen: Listener = nobody
