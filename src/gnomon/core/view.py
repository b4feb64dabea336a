"""The planner's picture of the catalogue, kept up to date by changes.

It holds only what planning asks: current datasets by kind and by the keys that steps group on,
jobs, slots and listed items. It is fed with `Changes`, wherever those come from.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from gnomon.core.dataset import Coverage, Dataset
from gnomon.core.items import Item
from gnomon.core.jobs import Changes, JobStatus, State
from gnomon.core.kinds import Key, KeyValue, Tags, key_text

Projection = tuple[KeyValue, ...]
Names = tuple[str, ...]


def project(key: Key, names: Names) -> Projection:
    """Return the values of `names` in `key`, in that order."""
    return tuple(key[name] for name in names)


class View:
    """What exists now.

    Attributes
    ----------
    seq : int
        Everything up to this sequence number of the catalogue is in.
    """

    def __init__(self) -> None:
        self.seq = 0
        self.datasets: dict[str, dict[str, Dataset]] = {}
        self.jobs: dict[str, JobStatus] = {}
        self.slots: dict[str, str] = {}
        self.items: dict[str, dict[tuple[str, str], Item]] = {}
        self._groups: dict[tuple[str, Names], dict[Projection, dict[str, Dataset]]] = {}
        self._timelines: dict[str, list[tuple[int, str, Dataset]]] = {}
        self._running: dict[str, dict[str, JobStatus]] = {}

    def apply(self, changes: Changes) -> None:
        """Take the changes in."""
        for dataset, current in changes.datasets:
            self._take_dataset(dataset, current=current)
        for job in changes.jobs:
            self._take_job(job)
        for slot, fingerprint in changes.slots:
            if fingerprint is None:
                self.slots.pop(slot, None)
            else:
                self.slots[slot] = fingerprint
        for source, item, listed in changes.items:
            self._take_item(source, item, listed=listed)
        self.seq = max(self.seq, changes.seq)

    def running(self, slot: str) -> Iterable[JobStatus]:
        """Return the jobs of a cell that run."""
        return self._running.get(slot, {}).values()

    def current(self, kind: str, key_text: str) -> Dataset | None:
        """Return the current dataset of one key."""
        return self.datasets.get(kind, {}).get(key_text)

    def group(self, kind: str, names: Names, values: Projection) -> Iterable[Dataset]:
        """Return the current datasets of a kind whose keys `names` have these values."""
        return self._index(kind, names).get(values, {}).values()

    def groups(self, kind: str, names: Names) -> Iterable[Projection]:
        """Return every combination of values that has a dataset."""
        return [values for values, members in self._index(kind, names).items() if members]

    def nearest(self, kind: str, at_us: int, within_us: int | None, where: Tags) -> Dataset | None:
        """Return the dataset whose middle lies nearest to an instant; the earlier one of two."""
        line = self.timeline(kind)
        start = bisect_left(line, (at_us, ""), key=lambda entry: entry[:2])
        sides = (range(start - 1, -1, -1), range(start, len(line)))
        found = [next((line[i] for i in side if fits(line[i][2], where)), None) for side in sides]
        ranked = [(abs(entry[0] - at_us), entry) for entry in found if entry is not None]
        if not ranked:
            return None
        distance, (_, _, dataset) = min(ranked, key=lambda pair: pair[0])
        return None if within_us is not None and distance > within_us else dataset

    def covering(self, kind: str, wanted: Coverage, where: Tags) -> Dataset | None:
        """Return the dataset whose coverage holds `wanted`: of several, the last to begin.

        When they came must not matter.
        """
        holding = [
            (dataset.coverage.start_us, -dataset.coverage.stop_us, key_text, dataset)
            for _, key_text, dataset in self.timeline(kind)
            if dataset.coverage is not None
            and dataset.coverage.holds(wanted)
            and fits(dataset, where)
        ]
        return max(holding)[-1] if holding else None

    def timeline(self, kind: str) -> list[tuple[int, str, Dataset]]:
        """Return the dated datasets of a kind as (middle, key, dataset), in order of time."""
        line = self._timelines.get(kind)
        if line is None:
            known = self.datasets.get(kind, {}).values()
            dated = [(d.coverage.middle_us, d.key_text, d) for d in known if d.coverage is not None]
            line = self._timelines[kind] = sorted(dated, key=lambda entry: entry[:2])
        return line

    def _take_job(self, job: JobStatus) -> None:
        self.jobs[job.fingerprint] = job
        if job.state is State.RUNNING:
            self._running.setdefault(job.slot, {})[job.fingerprint] = job
        elif (jobs := self._running.get(job.slot)) is not None:
            jobs.pop(job.fingerprint, None)

    def _take_dataset(self, dataset: Dataset, *, current: bool) -> None:
        known = self.datasets.setdefault(dataset.kind, {})
        if current:
            known[dataset.key_text] = dataset
        elif (old := known.get(dataset.key_text)) is not None and old.seq == dataset.seq:
            del known[dataset.key_text]
        else:
            return
        self._timelines.pop(dataset.kind, None)
        for (kind, names), index in self._groups.items():
            if kind == dataset.kind:
                members = index.setdefault(project(dataset.key, names), {})
                if current:
                    members[dataset.key_text] = dataset
                else:
                    members.pop(dataset.key_text, None)

    def _take_item(self, source: str, item: Item, *, listed: bool) -> None:
        known = self.items.setdefault(source, {})
        place = (item.kind, key_text(item.key))
        if listed:
            known[place] = item
        else:
            known.pop(place, None)

    def _index(self, kind: str, names: Names) -> dict[Projection, dict[str, Dataset]]:
        index = self._groups.get((kind, names))
        if index is None:
            index = self._groups[kind, names] = {}
            for dataset in self.datasets.get(kind, {}).values():
                index.setdefault(project(dataset.key, names), {})[dataset.key_text] = dataset
        return index


def fits(dataset: Dataset, where: Tags) -> bool:
    """Tell whether a dataset carries these tags."""
    return all(dataset.tags.get(tag) == value for tag, value in where.items())
