"""Finding the inputs of one cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gnomon.core.dataset import MICROSECONDS, Coverage, Dataset
from gnomon.core.fingerprint import Bound
from gnomon.core.kinds import Key
from gnomon.core.steps import In, Step
from gnomon.core.view import View, fits, project


@dataclass(slots=True)
class Gathered:
    """What was found.

    Attributes
    ----------
    bound : list of (role, Dataset)
        The inputs.
    empty : bool
        Nothing calls for this cell at all.
    lacks : str
        What is missing, in words.
    settles_us : int, optional
        When an incomplete group will be taken as it is; `settles` says so in words.
    """

    bound: list[Bound] = field(default_factory=list)
    empty: bool = False
    lacks: str = ""
    settles_us: int | None = None
    settles: str = ""


def gather(view: View, step: Step, key: Key, horizon_us: int | None) -> Gathered:
    """Find the inputs of the cell `key` of a step.

    Parameters
    ----------
    horizon_us : int, optional
        The clock that groups settle against, microseconds since 1970 UTC; None is infinity.
    """
    found = Gathered()
    for role, mark in step.inputs.items():
        if mark.timed:
            # An optional group may be empty: then the next input that is there leads.
            _take_timed(view, found, role, mark, found.bound[0][0] if found.bound else "")
        elif mark.by is not None:
            _take_group(found, role, mark, _members(view, step, mark, key), horizon_us)
        else:
            _take_one(found, role, mark, _members(view, step, mark, key))
    found.empty = not _called_for(step, found)
    return found


def _called_for(step: Step, found: Gathered) -> bool:
    grouped = {role for role, mark in step.inputs.items() if mark.by is not None}
    driving = grouped or {next(iter(step.inputs))}
    return any(role in driving for role, _ in found.bound)


def _members(view: View, step: Step, mark: In, key: Key) -> list[Dataset]:
    names = tuple(name for name in step.cell_keys if name in mark.kind.keys)
    members = view.group(mark.kind.name, names, project(key, names))
    kept = [dataset for dataset in members if fits(dataset, mark.where)]
    if len(kept) > 1:
        kept.sort(key=lambda dataset: tuple(dataset.key.values()))
    return kept


def _take_one(found: Gathered, role: str, mark: In, members: list[Dataset]) -> None:
    if members:
        found.bound.append((role, members[0]))
    elif not mark.optional:
        found.lacks = found.lacks or f"no {mark.kind.name}"


def _take_group(
    found: Gathered, role: str, mark: In, members: list[Dataset], horizon_us: int | None
) -> None:
    found.bound += [(role, dataset) for dataset in members]
    have, full = len(members), mark.count
    if full is not None and have >= full:
        return
    if have < mark.at_least and not (mark.optional and not have):
        found.lacks = found.lacks or f"{have}/{full or mark.at_least} {mark.kind.name}"
        return
    if not members or horizon_us is None:
        return
    settles_us = max(d.arrived_us for d in members) + int(mark.settle_s * MICROSECONDS)
    if horizon_us < settles_us:
        found.settles_us = max(settles_us, found.settles_us or 0)
        of_full = f"/{full}" if full is not None else ""
        found.settles = f"{have}{of_full} {mark.kind.name}, settles at {_clock(found.settles_us)}"


def _clock(instant_us: int) -> str:
    return f"{datetime.fromtimestamp(instant_us / MICROSECONDS, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _take_timed(view: View, found: Gathered, role: str, mark: In, first: str) -> None:
    span = _span(dataset for bound, dataset in found.bound if bound == first)
    kind = mark.kind.name
    if span is None:
        dataset = None
    elif mark.covers:
        dataset = view.covering(kind, span, mark.where)
    else:
        within = None if mark.within_s is None else int(mark.within_s * MICROSECONDS)
        dataset = view.nearest(kind, span.middle_us, within, mark.where)
    if dataset is not None:
        found.bound.append((role, dataset))
    elif not mark.optional:
        how = "covers it" if mark.covers else "is near enough"
        found.lacks = found.lacks or f"no {kind} {how}"


def _span(datasets: Iterable[Dataset]) -> Coverage | None:
    spans = [dataset.coverage for dataset in datasets if dataset.coverage is not None]
    if not spans:
        return None
    return Coverage(min(s.start_us for s in spans), max(s.stop_us for s in spans))
