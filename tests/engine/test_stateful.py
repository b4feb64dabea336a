"""Any arrival order, any re-issue and any crash point end in exactly the batch result."""

import itertools
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gnomon.catalog import tables
from lab import Clock, Lab

DAYS, PARTS = (1, 2), (0, 1, 2)
WATCHED = tuple(f"/gnomon/{part}/" for part in ("core", "catalog", "store", "engine", "publish"))
TEXTS = st.sampled_from(["a", "b", "longer", "bad", "nothing"])


# The threads that prolong leases outlive a simulated death; they shall sleep.
LEASE_S = 100_000.0


# What a process that died has left open is the system's to close.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
# Shrinking a history takes minutes; the slow test does it.
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)


class Crash(BaseException):
    """The process is gone: nothing in it runs any further."""


class Crasher:
    """Raises at the n-th line of the engine; after that nothing reaches the database."""

    def __init__(self, after: int, engine: sa.Engine) -> None:
        self.left, self.dead, self._connections = after, False, []
        sa.event.listen(engine, "connect", lambda raw, _: self._connections.append(raw))
        for name in ("begin", "before_cursor_execute", "commit"):
            sa.event.listen(engine, name, self._refuse)

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)
        # Dead processes hold no locks.
        for connection in self._connections:
            connection.close()

    def _trace(self, frame, event, _arg):
        if not any(part in frame.f_code.co_filename for part in WATCHED):
            return None
        if event == "line":
            self.left -= 1
            if self.left < 0:
                # Python stops tracing here: what handles exceptions runs, but is not heard.
                self.dead = True
                raise Crash
        return self._trace

    def _refuse(self, *_args: object) -> None:
        if self.dead:
            raise Crash


class Machine(RuleBasedStateMachine):
    """An archive that changes while loops come, go and crash."""

    new_url = None

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="gnomon-"))
        self.lab = Lab(self.root, self.new_url(self.root), clock_us=Clock())
        self.lab.tuning = replace(self.lab.tuning, lease_s=LEASE_S)
        self.vetoed: set[tuple[str, str, str]] = set()
        self.past: list[dict[str, str]] = []

    def teardown(self) -> None:
        try:
            self.check()
        finally:
            self.lab.catalog.close()
            shutil.rmtree(self.root)

    # -- what the world does

    def now(self):
        return {path.stem: path.read_text() for path in self.lab.archive.iterdir()}

    @precondition(lambda self: self.past)
    @rule()
    def back(self):
        """What was before the last change is so again."""
        past, now = self.past.pop(), self.now()
        self.lab.remove(*(now.keys() - past.keys()))
        self.lab.put(**past)

    @rule(day=st.sampled_from(DAYS), part=st.sampled_from(PARTS), text=TEXTS)
    def arrives(self, day, part, text):
        self.past.append(self.now())
        self.lab.put(**{f"raw_{day}_{part}": text})

    @rule(texts=st.lists(TEXTS, min_size=6, max_size=6))
    def arrive(self, texts):
        self.past.append(self.now())
        cells = itertools.product(DAYS, PARTS)
        for (day, part), text in zip(cells, texts, strict=True):
            self.lab.put(**{f"raw_{day}_{part}": text})

    @rule(day=st.sampled_from(DAYS), text=st.sampled_from(["L", "M", "nothing"]))
    def lamp(self, day, text):
        self.past.append(self.now())
        self.lab.put(**{f"lamp_{day}": text})

    @rule(which=st.integers(0, 10))
    def goes(self, which):
        self.past.append(self.now())
        names = sorted(path.stem for path in self.lab.archive.iterdir())
        if names:
            self.lab.remove(names[which % len(names)])

    @rule(which=st.integers(0, 50))
    def veto(self, which):
        d = tables.dataset
        good = [d.c.current, d.c.quality == "good", d.c.kind != "receipt"]
        columns = (d.c.seq, d.c.kind, d.c.key, d.c.sha256)
        found = self.lab.rows(sa.select(*columns).where(*good).order_by(d.c.kind, d.c.key))
        if found:
            seq, *name = found[which % len(found)]
            self.lab.judge(seq, "vetoed")
            self.vetoed.add(tuple(name))

    @precondition(lambda self: self.vetoed)
    @rule(which=st.integers(0, 50))
    def pardon(self, which):
        names = sorted(self.vetoed)
        self.vetoed.remove(name := names[which % len(names)])
        self.lab.judge(self.seqs()[name], "good")

    # -- what loops do

    @rule()
    def run(self):
        self.lab.run()

    @rule(after=st.one_of(st.integers(0, 30_000), st.integers(0, 4000)))
    def crash(self, after):
        """Crash, if the run is that long; then begin anew on the same disk and database."""
        self.lab.catalog.close()
        with suppress(Crash), Crasher(after, self.lab.catalog._engine):
            self.lab.run()
        self.lab.clock_us.advance(2 * LEASE_S)
        self.lab.catalog = self.lab.new_catalog()

    def seqs(self, lab=None):
        d = tables.dataset
        query = sa.select(d.c.kind, d.c.key, d.c.sha256, d.c.seq)
        return {tuple(name): seq for *name, seq in (lab or self.lab).rows(query)}

    @invariant()
    def one_version_is_current(self):
        d = tables.dataset
        query = sa.select(d.c.kind, d.c.key).where(d.c.current)
        found = self.lab.rows(query)
        assert len(found) == len(set(found))

    # -- what must come of it

    def check(self):
        self.lab.run()
        other = self.lab.batch(self.root / "batch")
        done: set[tuple[str, str, str]] = set()
        while new := (self.vetoed & self.seqs(other).keys()) - done:
            for name in new:
                other.judge(self.seqs(other)[name], "vetoed")
            done |= new
            other.run()
        assert self.lab.current() == other.current()
        assert self.lab.published() == other.published()
        other.catalog.close()
        self.lab.assert_clean()


def _of_sqlite(_new_postgres):
    return lambda root: f"sqlite:///{root / 'gnomon.db'}"


def _of_postgres(new_postgres):
    """Use one database, emptied for each example: making one takes longer than a run."""
    url = new_postgres()

    def make(_root):
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            if sa.inspect(connection).has_table("dataset"):
                names = ", ".join(table.name for table in tables.metadata.sorted_tables)
                connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY"))
                connection.execute(tables.clock.insert().values(id=1, seq=0))
        engine.dispose()
        return url

    return make


def _play(make_url, examples, steps, phases):
    machine = type("Machine", (Machine,), {"new_url": staticmethod(make_url)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=phases,
        ),
    )


@pytest.mark.parametrize("make", [_of_sqlite, _of_postgres])
def test_every_history_ends_in_the_batch_result(make, new_postgres):
    _play(
        make(new_postgres),
        examples=12,
        steps=12,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("make", [_of_sqlite, _of_postgres])
def test_many_long_histories_end_in_the_batch_result(make, new_postgres):
    _play(make(new_postgres), examples=300, steps=25, phases=tuple(Phase))
