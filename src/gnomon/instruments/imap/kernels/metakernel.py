"""Which kernels a span of time needs, in the order to load them, and what they leave uncovered.

Of several versions of one kernel the highest counts. Orbits and attitudes are taken by quality,
reconstructed before predicted, and the newest first, until nothing of the span is left that
another file would cover. SPICE lets the kernel that is loaded last win, so the better ones stand
last.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta

from gnomon.errors import ConfigError, NoData
from gnomon.instruments.imap.kernels.coverage import Interval, joined, overlaps, without
from gnomon.instruments.imap.kernels.names import days_of, read_name

SINGLE = ("leapseconds", "imap_frames", "science_frames", "spacecraft_clock")
"""Of these the newest one is all there is."""
GROUPS = {
    "planetary_constants": ("planetary_constants",),
    "frames": ("frames",),
    "earth_attitude": ("earth_attitude",),
    "planetary_ephemeris": ("planetary_ephemeris",),
    "lagrange_point": ("lagrange_point",),
    "ephemeris": (
        "ephemeris_reconstructed",
        "ephemeris_nominal",
        "ephemeris_predicted",
        "ephemeris_90days",
        "ephemeris_long",
        "ephemeris_launch",
        "ephemeris",
    ),
    "attitude": ("attitude_history", "attitude_predict", "attitude"),
    "pointing": ("pointing_attitude",),
}
"""What stands in for each other, the better first."""
TIMED = ("planetary_ephemeris", "ephemeris", "attitude", "pointing")
"""The groups whose gaps are told."""
_LOADED = (
    *("leapseconds", "planetary_constants", "imap_frames", "frames", "science_frames"),
    *("spacecraft_clock", "earth_attitude", "planetary_ephemeris", "lagrange_point"),
    *("ephemeris", "attitude", "pointing"),
)
TYPES = tuple(kind for group in _LOADED for kind in GROUPS.get(group, (group,)))
"""What a metakernel may load."""
_WIDTH = 79
"""Characters of a string in a text kernel: one less than the 80 that SPICE takes."""
_STAMP = "%Y%m%dT%H%M%S"


@dataclass(frozen=True)
class KernelFile:
    """One kernel of the store.

    Attributes
    ----------
    path : str
        Relative to where the metakernel will be loaded.
    type, root, number : str, str, int
        Kernel type, name without version, version.
    intervals : tuple of Interval
        What it covers; empty where nobody said, which counts as all time.
    ingested : str
        ISO 8601; the newer goes before the older.
    """

    path: str
    type: str
    root: str
    number: int
    intervals: tuple[Interval, ...] = ()
    ingested: str = ""

    @property
    def name(self) -> str:
        """The name without folders."""
        return self.path.rpartition("/")[2]

    @classmethod
    def named(
        cls, path: str, tags: Mapping[str, str], intervals: tuple[Interval, ...] = ()
    ) -> KernelFile | None:
        """Make it of what the archive said, or else of what its name says; None for other files."""
        said = read_name(path.rpartition("/")[2])
        kind = tags.get("type") or (said.type if said else "")
        if kind not in TYPES:
            return None
        if not intervals and (days := days_of(path.rpartition("/")[2])):
            intervals = (Interval(days[0].replace(tzinfo=UTC), days[1].replace(tzinfo=UTC)),)
        root = tags.get("root") or (said.root if said else path)
        number = tags.get("number") or str(said.version if said else 0)
        return cls(path, kind, root, int(number), intervals, tags.get("ingested", ""))


@dataclass(frozen=True)
class Gap:
    """A part of the span that no kernel of a group covers."""

    group: str
    interval: Interval


@dataclass(frozen=True)
class Metakernel:
    """What to load for a span.

    Attributes
    ----------
    kernels : tuple of KernelFile
        In the order to load them.
    gaps : tuple of Gap
        By group, in order of time; a group that has no kernel at all is one gap.
    """

    span: Interval
    kernels: tuple[KernelFile, ...]
    gaps: tuple[Gap, ...] = field(default=())

    @property
    def name(self) -> tuple[str, str]:
        """The ends of the span as they stand in the file's name."""
        return f"{self.span.start:{_STAMP}}", f"{self.span.stop:{_STAMP}}"

    def text(self, prefix: str = "") -> str:
        """Return the file: the list of kernels, and what they leave uncovered in its comments.

        Parameters
        ----------
        prefix : str
            Stands before every path; nothing: load it in the store's folder.
        """
        start, stop = self.span.text()
        lines = ["KPL/MK", "", f"IMAP from {start} to {stop}.", ""]
        if self.gaps:
            lines += ["Not covered:", "", *(f"   {_gap_text(gap)}" for gap in self.gaps), ""]
        else:
            lines += ["Everything is covered.", ""]
        where = prefix.rstrip("/") + "/" if prefix else ""
        lines += ["\\begindata", "", "KERNELS_TO_LOAD = ("]
        for kernel in self.kernels:
            lines += _quoted(where + kernel.path)
        lines += [")", "", "\\begintext", ""]
        return "\n".join(lines)


def _gap_text(gap: Gap) -> str:
    start, stop = gap.interval.text()
    return f"{gap.group:<20} {start} to {stop}"


def _quoted(path: str) -> list[str]:
    """Return a path as strings, all but the last of several ending in ``+``.

    Source: NAIF, *Kernel Required Reading*, "Path names": strings of at most 80 characters.
    """
    escaped = path.replace("'", "''")
    if len(escaped) <= _WIDTH:
        return [f"   '{escaped}'"]
    parts = [path[at : at + _WIDTH - 20] for at in range(0, len(path), _WIDTH - 20)]
    return [
        f"   '{part.replace(chr(39), chr(39) * 2)}{'+' * (part is not parts[-1])}'"
        for part in parts
    ]


class Choice:
    """The kernels that there are, ranked once; then chosen for any number of spans.

    Parameters
    ----------
    kernels : iterable of KernelFile
        All there are.
    types : sequence of str
        The kernel types to load; all when empty.
    margin : timedelta
        Kernels for as much before and after a span are taken, too; it is no gap to have none.

    Raises
    ------
    ConfigError
        There is no such type.
    """

    def __init__(
        self,
        kernels: Iterable[KernelFile],
        types: Sequence[str] = (),
        margin: timedelta = timedelta(),
    ) -> None:
        if stray := set(types) - set(TYPES):
            raise ConfigError(f"unknown kernel type {min(stray)!r}; known: {', '.join(TYPES)}")
        self._margin = margin
        wanted = tuple(types) or TYPES
        best = _highest(kernel for kernel in kernels if kernel.type in wanted)
        by_type = {kind: _newest_first([k for k in best if k.type == kind]) for kind in wanted}
        self._single = {kind: by_type.get(kind, [])[:1] for kind in SINGLE}
        self._ranked = {
            group: [kernel for kind in members for kernel in by_type.get(kind, [])]
            for group, members in GROUPS.items()
            if set(members) & set(wanted)
        }

    def metakernel(self, span: Interval) -> Metakernel:
        """Choose the kernels for a span.

        Raises
        ------
        ConfigError
            The span ends before it starts.
        NoData
            There is no kernel for it at all.
        """
        if span.stop < span.start:
            ends = " ".join(span.text())
            raise ConfigError(f"the metakernel's span ends before it starts: {ends}")
        chosen, gaps = dict(self._single), []
        wider = Interval(span.start - self._margin, span.stop + self._margin)
        for group, ranked in self._ranked.items():
            chosen[group], _ = _filling(ranked, wider)
            _, left = _filling(ranked, span)
            gaps += [Gap(group, one) for one in left if group in TIMED]
        ordered = tuple(k for group in _LOADED for k in reversed(chosen.get(group, [])))
        if not ordered:
            raise NoData("the store has no kernels for it; fetch some: gnomon imap fetch spice")
        return Metakernel(span, ordered, tuple(gaps))


def build(kernels: Iterable[KernelFile], span: Interval, types: Sequence[str] = ()) -> Metakernel:
    """Choose the kernels for one span; see `Choice`."""
    return Choice(kernels, types).metakernel(span)


def _highest(kernels: Iterable[KernelFile]) -> list[KernelFile]:
    """Keep the highest version of each root."""
    best: dict[tuple[str, str], KernelFile] = {}
    for kernel in kernels:
        at = kernel.type, kernel.root
        if at not in best or (kernel.number, kernel.ingested) > (
            best[at].number,
            best[at].ingested,
        ):
            best[at] = kernel
    return list(best.values())


def _newest_first(kernels: list[KernelFile]) -> list[KernelFile]:
    return sorted(kernels, key=lambda k: (k.ingested, k.number, k.name), reverse=True)


def _filling(
    ranked: Sequence[KernelFile], span: Interval
) -> tuple[list[KernelFile], list[Interval]]:
    """Take each kernel that covers something that those before it leave open."""
    left, taken = [span], []
    for kernel in ranked:
        if not kernel.intervals:
            taken.append(kernel)
            left = []
        elif any(overlaps(kernel.intervals, gap) for gap in left):
            taken.append(kernel)
            left = without(left, kernel.intervals)
    return taken, left


def attitude_days(kernels: Iterable[KernelFile]) -> list[Interval]:
    """Return the UTC days that reconstructed attitude touches."""
    return _days(k for k in kernels if k.type in {"attitude_history", "attitude"} and k.intervals)


def end_of_attitude(kernels: Iterable[KernelFile]) -> Interval | None:
    """Return the span of all reconstructed attitude; None where there is none."""
    known = [i for k in kernels if k.type == "attitude_history" for i in k.intervals]
    return Interval(min(known).start, max(i.stop for i in known)) if known else None


def _days(kernels: Iterable[KernelFile]) -> list[Interval]:
    day = timedelta(days=1)
    found = []
    for one in joined(interval for kernel in kernels for interval in kernel.intervals):
        at = one.start.replace(hour=0, minute=0, second=0, microsecond=0)
        while at < one.stop:
            found.append(Interval(at, at + day))
            at += day
    return sorted(set(found))


def shortened(gaps: Sequence[Gap], most: int = 3) -> str:
    """Return gaps in a few words."""
    told = [_gap_text(gap) for gap in gaps[:most]]
    more = f"and {len(gaps) - most} more" if len(gaps) > most else ""
    return textwrap.shorten("; ".join(filter(None, [*told, more])), 400, placeholder=" …")
