"""Planning is a pure function, and the incremental planner is the same function."""

import itertools
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.core.dataset import Coverage, Dataset
from gnomon.core.fingerprint import of_fetch
from gnomon.core.items import Item
from gnomon.core.jobs import SLOT, Changes, JobStatus, State, Verdict
from gnomon.core.kinds import key_text
from gnomon.core.pipeline import Pipeline
from gnomon.core.plan import Now, Planner, plan
from gnomon.core.view import View
from gnomon.testing.toys import BOOK, CLEAN, IMAGE, LAMP, PAGE, RAW, STACK, coverage_of
from lab import REGISTRY

TOML = """
[[source]]
use = "toy.folder"
folder = "/x"
""" + "".join(
    f'[[step]]\nuse = "{name}"\n'
    for name in ("toy.clean", "toy.stack", "toy.calibrate", "toy.split", "toy.bind", "odd.shade",
                 "odd.even")
)  # fmt: skip
TOML += '[[publish]]\nuse = "folder"\noutput = "/y"\nkinds = ["toy.page", "toy.image"]\n'
PIPELINE = Pipeline.from_toml(TOML, REGISTRY)
PUBLISHER = PIPELINE.publishers[0].name

DAYS, PARTS = st.integers(1, 3), st.integers(0, 3)
WALL_US = coverage_of(0).start_us
KEYS = st.one_of(
    st.tuples(st.just(RAW), st.fixed_dictionaries({"day": DAYS, "part": PARTS})),
    st.tuples(st.just(CLEAN), st.fixed_dictionaries({"day": DAYS, "part": PARTS})),
    st.tuples(st.sampled_from([LAMP, STACK, IMAGE]), st.fixed_dictionaries({"day": DAYS})),
    st.tuples(st.just(PAGE), st.fixed_dictionaries({"day": DAYS, "page": PARTS})),
    st.tuples(st.just(BOOK), st.just({})),
)
STEPS = {spec.name: spec.step for spec in PIPELINE.steps}


class History:
    """Makes changes, numbered as the catalogue would."""

    def __init__(self, now):
        self.view, self.now = View(), now
        self.planner = Planner(PIPELINE, self.view)
        self.planner.full(now)
        self.seq = itertools.count(1)
        self.known = []

    def take(self, **changes):
        changes = Changes(next(self.seq), **changes)
        self.known.append(changes)
        self.planner.update(changes, self.now)

    def dataset(self, kind, key, content, day, *, there):
        """A version comes, or goes; an older one makes way, as `settle` sees to."""
        seq, text, key = next(self.seq), kind.text(key), kind.check(key)
        old = self.view.current(kind.name, text)
        rows = [(old, False)] if old is not None else []
        if there:
            coverage = None if day is None else coverage_of(day)
            tags = {"parity": "even" if content % 2 else "odd"}
            new = Dataset(
                seq,
                kind.name,
                key,
                text,
                seq,
                str(seq),
                str(content),
                1,
                1,
                tags,
                coverage,
                WALL_US,
            )
            rows.append((new, True))
        self.take(datasets=rows)

    def item(self, day, part, stamp, *, there):
        item = Item(RAW.name, {"day": day, "part": part}, "ref", stamp)
        self.take(items=[("toy.folder", item, there)])

    def job(self, which, state, *, holds):
        """Something happens to a job that the plan wants, and to its cell."""
        wanted = [d for d in self.planner.decisions.values() if d.job is not None]
        if wanted:
            decision = sorted(wanted, key=lambda d: d.cell.slot)[which % len(wanted)]
            slot, fingerprint = decision.cell.slot, decision.job.fingerprint
            status = JobStatus(fingerprint, slot, state, lease_us=WALL_US + 1000)
            held = fingerprint if holds else None
            self.take(jobs=[status], slots=[(slot, held)])


MAYBE = st.one_of(st.none(), DAYS)
CHANGES = st.one_of(
    st.tuples(
        st.just("dataset"), KEYS, st.integers(0, 2), st.one_of(st.none(), DAYS), st.booleans()
    ),
    st.tuples(st.just("item"), DAYS, PARTS, st.sampled_from("ab"), st.booleans()),
    st.tuples(st.just("job"), st.integers(0, 50), st.sampled_from(list(State)), st.booleans()),
)


def play(history, change):
    match change:
        case "dataset", (kind, key), content, day, there:
            history.dataset(kind, key, content, day, there=there)
        case "item", day, part, stamp, there:
            history.item(day, part, stamp, there=there)
        case "job", which, state, holds:
            history.job(which, state, holds=holds)


def gist(decision):
    """Return what a decision makes the loop do."""
    job = decision.job.fingerprint if decision.job else None
    return decision.verdict, job, decision.retires, decision.until_us


def gists(decisions):
    return {decision.cell.slot: gist(decision) for decision in decisions}


def fresh(view):
    """Return the same view, built from nothing."""
    made = View()
    datasets = [(d, True) for known in view.datasets.values() for d in known.values()]
    items = [(s, item, True) for s, known in view.items.items() for item in known.values()]
    slots = list(view.slots.items())
    made.apply(Changes(view.seq, datasets, list(view.jobs.values()), slots, items))
    return made


def is_held_back(decision):
    return decision.verdict is Verdict.WAIT and decision.reason.endswith("still being made")


@settings(max_examples=150, deadline=None)
@given(st.lists(CHANGES, max_size=25), st.booleans())
def test_the_incremental_plan_is_the_full_plan(changes, batch):
    """But for cells that either holds back, where that is only to save work.

    A fan-out or a calibrator that is being made may concern any cell; the incremental planner
    does not ask all of those that have what they need. In the end nothing is being made, and
    then the plans are one; and until then the one has something to do whenever the other has.
    """
    history = History(Now(WALL_US, None if batch else WALL_US))
    for change in changes:
        play(history, change)
        full = plan(fresh(history.view), PIPELINE, history.now)
        mine = gists(history.planner.decisions.values())
        both = (*full, *history.planner.decisions.values())
        held = {d.cell.slot for d in both if is_held_back(d)}
        theirs = {slot: known for slot, known in gists(full).items() if slot not in held}
        assert {slot: known for slot, known in mine.items() if slot not in held} == theirs
        ready = {d.cell.slot for d in history.planner.with_verdict(Verdict.RUN)}
        assert ready == {slot for slot, known in mine.items() if known[0] is Verdict.RUN}
        assert bool(ready or history.planner.outstanding()) == any(
            d.verdict in {Verdict.RUN, Verdict.REUSE} or d.retires for d in full
        )


@settings(max_examples=60, deadline=None)
@given(st.lists(CHANGES, max_size=20))
def test_planning_changes_nothing_and_repeats_itself(changes):
    history = History(Now(WALL_US))
    for change in changes:
        play(history, change)
    view = fresh(history.view)
    first = plan(view, PIPELINE, history.now)
    assert plan(view, PIPELINE, history.now) == first
    assert plan(fresh(history.view), PIPELINE, history.now) == first


def raw(history, day, part, content=0):
    history.dataset(RAW, {"day": day, "part": part}, content, day, there=True)


def verdict(history, slot):
    decision = history.planner.decisions.get(slot)
    return None if decision is None else (decision.verdict, decision.reason)


def test_cells_wait_for_what_feeds_them():
    history = History(Now(WALL_US))
    history.item(1, 0, "a", there=True)
    raw(history, 1, 0)
    assert verdict(history, "toy.clean||day=1,part=0") == (
        Verdict.WAIT,
        "toy.raw is still being made",
    )
    item = Item(RAW.name, {"day": 1, "part": 0}, "ref", "a")
    slot = SLOT.join(("toy.folder", RAW.name, key_text(item.key)))
    fingerprint = of_fetch("toy.folder", item, key_text(item.key))
    history.take(
        jobs=[JobStatus(fingerprint, slot, State.DONE)], slots=[(slot, fingerprint)]
    )  # fmt: skip
    assert verdict(history, "toy.clean||day=1,part=0") == (Verdict.RUN, "new")


def test_a_cell_whose_older_job_runs_waits_for_that():
    history = History(Now(WALL_US))
    raw(history, 1, 0, content=0)
    history.job(0, State.RUNNING, holds=False)
    raw(history, 1, 0, content=1)
    slot = "toy.clean||day=1,part=0"
    assert verdict(history, slot) == (Verdict.WAIT, "an older job of this cell still runs")
    history.now = Now(WALL_US + 1000)
    history.take()
    assert verdict(history, slot)[0] is Verdict.RUN


def test_of_several_that_cover_the_last_to_begin_is_taken_whenever_it_came():
    spans = [Coverage(0, 10), Coverage(2, 9), Coverage(2, 10), Coverage(4, 5)]
    found = set()
    for order in itertools.permutations(range(4)):
        view = View()
        for seq, number in enumerate(order):
            dataset = Dataset(
                seq, "k", {}, f"n={number}", 1, "", "", 0, 0, coverage=spans[number]
            )  # fmt: skip
            view.apply(Changes(seq, [(dataset, True)]))
        found.add(view.covering("k", Coverage(3, 8), {}).key_text)
    assert found == {"n=1"}


def test_a_run_for_some_keys_leaves_the_cells_of_others_as_they_are():
    changes = [
        Changes(1, items=[("toy.folder", Item(RAW.name, {"day": day, "part": 0}, "r", "s"), True)])
        for day in (1, 2)
    ]
    found = {}
    for only in ({}, {"day": frozenset({1})}, {"day": frozenset({1}), "part": frozenset({5})}):
        view = View()
        for change in changes:
            view.apply(change)
        decisions = plan(view, replace(PIPELINE, only=only), Now(WALL_US))
        found[len(only)] = sorted(d.cell.key["day"] for d in decisions if d.job is not None)
    assert found == {0: [1, 2], 1: [1], 2: []}
