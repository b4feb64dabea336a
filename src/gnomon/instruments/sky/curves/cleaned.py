"""Clean light curves: the rows that came, a mask with reasons, and what is left without trends.

Further columns   What they are
mask              uint32: 0 for a point to use, else the bits of `science.cleaning.Reason`
trend             float64, in the unit of `value`: all that was divided out, or subtracted
flat              float64: ``value / trend``, or ``value - trend``
flat_error        float64: ``error / trend``, or ``error``
flat_unit         text: ``1`` for what was divided, else the unit of `value`

Where nothing was taken away the trend is 1, or 0, and `flat` is `value`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, assert_never

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gnomon.errors import BadData
from gnomon.instruments.sky.curves.batches import floats, truths
from gnomon.instruments.sky.curves.schema import PART_SCHEMA
from gnomon.instruments.sky.curves.stages import (
    DetrendStage,
    ErrorStage,
    NormaliseStage,
    QualityStage,
    SigmaStage,
    Stage,
    WindowStage,
)
from gnomon.instruments.sky.science.cleaning import (
    Floats,
    Ints,
    Masks,
    Reason,
    Truths,
    outliers,
    told,
    with_reasons,
    within,
)
from gnomon.instruments.sky.science.detrending import Smoothing, trend
from gnomon.instruments.sky.science.normalising import middles
from gnomon.instruments.sky.tess.quality import mask_bits

Relative = Literal["auto", "divide", "subtract"]
ALL_BITS = -1
_ZTF_BITS = 32_768
"""The bit of `catflags` by which the archive's documentation chooses."""
_TESS = ("tess", "tesscut")
_CURVE = ("survey", "object", "band")
_SYSTEM = ("time_origin_jd", "time_scale", "time_place", "unit")


@dataclass(frozen=True)
class CurvesFile:
    """A file of light curves, and how many rows each of its row groups has."""

    table: pa.Table
    sizes: tuple[int, ...]

    def groups(self, table: pa.Table) -> Iterator[pa.Table]:
        """Yield the rows of a table of as many rows, in the same groups."""
        start = 0
        for size in self.sizes:
            yield table.slice(start, size)
            start += size


def read(path: Path) -> CurvesFile:
    """Read a file of light curves.

    Raises
    ------
    BadData
        It is no Parquet, lacks columns, or has them of other types.
    """
    try:
        with pq.ParquetFile(path) as file:
            meta = file.metadata
            sizes = tuple(meta.row_group(n).num_rows for n in range(meta.num_row_groups))
            table = file.read()
    except (pa.ArrowInvalid, OSError) as error:
        raise BadData(f"{path.name}: {error}") from None
    if absent := [name for name in PART_SCHEMA.names if name not in table.column_names]:
        raise BadData(f"{path.name}: no light curves: no column {', '.join(absent)}")
    for field in PART_SCHEMA:
        if (there := table.schema.field(field.name).type) != field.type:
            raise BadData(f"{path.name}: column {field.name} is {there}, not {field.type}")
    return CurvesFile(table, sizes)


@dataclass(frozen=True)
class Cleaned:
    """What cleaning made.

    Attributes
    ----------
    table : pyarrow.Table
        The rows that came, in their order, with the further columns.
    metrics : mapping of str to float
        How many points there are, are used, and are masked for each reason.
    """

    table: pa.Table
    metrics: Mapping[str, float]

    @property
    def note(self) -> str:
        """Where nothing is left to use."""
        return "" if self.metrics["n_used"] else "no point of any curve can be used"


def cleaned(
    table: pa.Table,
    stages: Sequence[Stage],
    *,
    relative: Relative = "auto",
    use_conflicts: bool = False,
) -> Cleaned:
    """Clean light curves, each object and band on its own.

    Parameters
    ----------
    table : pyarrow.Table
        Of `schema.SCHEMA`, or of `PART_SCHEMA`; rows in any order.
    stages : sequence of Stage
        Each works on what the ones before it left.
    relative : {"auto", "divide", "subtract"}
        How a trend is taken away: by default e-/s is divided, and what may be negative, as
        differences of flux are, is subtracted. Magnitudes are subtracted always.
    use_conflicts : bool
        Use times for which the archive gave different values.

    Raises
    ------
    BadData
        One object and band has times of different systems, or values of different units.
    UnknownName
        A mask of quality is called otherwise.
    """
    work = _Work(table, relative)
    work.begin(use_conflicts=use_conflicts)
    for stage in stages:
        work.take(stage)
    return Cleaned(work.table(), work.metrics())


class _Work:
    """Light curves one after the other, each in order of time, and what is known of them so far."""

    def __init__(self, table: pa.Table, relative: Relative) -> None:
        self._table = table
        time_d = floats(table, "time")
        curve = _numbers(table, _CURVE)
        self._order = np.lexsort((time_d, curve))
        ordered = curve[self._order]
        n_curves = int(ordered[-1]) + 1 if len(ordered) else 0
        self._offsets = np.searchsorted(ordered, np.arange(n_curves + 1)).astype(np.int64)
        self._refuse_mixtures()
        self._time_d, self._value = time_d[self._order], self._column("value")
        self._error = self._column("error")
        self._mask: Masks = np.zeros(len(curve), np.uint32)
        self._divided = self._is_divided(relative)
        self._trend = np.where(self._divided, 1.0, 0.0)
        self._is_changed = False

    # -- what is known

    @property
    def _used(self) -> Truths:
        return np.asarray(self._mask == 0)

    @property
    def _flat(self) -> Floats:
        return (self._value - np.where(self._divided, 0.0, self._trend)) / self._divisor

    @property
    def _divisor(self) -> Floats:
        return np.where(self._divided, self._trend, 1.0)

    def _column(self, name: str) -> Floats:
        return floats(self._table, name)[self._order]

    def _is_divided(self, relative: Relative) -> Truths:
        if relative == "subtract":
            return np.zeros(len(self._order), np.bool_)
        unit = self._table["unit"]
        divided = pc.equal(unit, "e-/s") if relative == "auto" else pc.not_equal(unit, "mag")
        return truths(divided)[self._order]

    def _refuse_mixtures(self) -> None:
        system = _numbers(self._table, _SYSTEM)[self._order]
        same = np.ones(len(system), np.bool_)
        same[1:] = system[1:] == system[:-1]
        same[self._offsets[:-1]] = True
        if not same.all():
            row = int(self._order[np.flatnonzero(~same)[0]])
            name, band = (self._table[column][row].as_py() for column in ("object", "band"))
            raise BadData(f"{name} in {band}: times of different systems, or different units")

    def _forbid(self, rows: Truths, reason: Reason) -> None:
        self._mask[rows] |= np.uint32(reason)

    # -- stages

    def begin(self, *, use_conflicts: bool) -> None:
        """Mask what is no measurement to use, whatever the stages are."""
        finite = np.isfinite(self._value) & np.isfinite(self._time_d)
        self._forbid(~finite, Reason.NOT_FINITE)
        self._forbid(truths(self._table["is_limit"])[self._order], Reason.LIMIT)
        if "conflict" in self._table.column_names and not use_conflicts:
            self._forbid(truths(self._table["conflict"])[self._order], Reason.CONFLICT)

    def take(self, stage: Stage) -> None:
        """Do what a stage says."""
        match stage:
            case QualityStage():
                self._forbid(self._is_flagged(stage.mask), Reason.QUALITY)
            case ErrorStage():
                most = np.inf if stage.most is None else stage.most
                known = np.isfinite(self._error) & (self._error > 0)
                self._forbid(~(known & (self._error <= most)), Reason.ERROR)
            case WindowStage():
                self._forbid(within(self._time_d, stage.times), Reason.WINDOW)
            case SigmaStage():
                self._forbid(self._outliers(stage), Reason.OUTLIER)
            case DetrendStage():
                now = (self._time_d, self._flat, self._used, self._offsets)
                self._remove(trend(*now, _smoothing(stage)))
            case NormaliseStage():
                self._remove(self._middles(stage))
            case _:
                assert_never(stage)

    def _is_flagged(self, mask: str | int) -> Truths:
        quality = pc.fill_null(self._table["quality"], ALL_BITS).to_numpy()
        surveys = self._table["survey"].combine_chunks().dictionary_encode()
        bits = [flag_bits(name, mask) for name in surveys.dictionary.to_pylist()]
        of_row = np.array(bits, np.int64)[surveys.indices.to_numpy(zero_copy_only=False)]
        return np.asarray((quality & of_row) != 0)[self._order]

    def _outliers(self, stage: SigmaStage) -> Truths:
        return outliers(
            self._flat,
            self._used,
            self._offsets,
            lower=np.inf if stage.lower is None else stage.lower,
            upper=np.inf if stage.upper is None else stage.upper,
            robust=stage.scale == "mad",
            rounds=stage.rounds,
        )

    def _middles(self, stage: NormaliseStage) -> Floats:
        """Return the middle that belongs to each row."""
        flat, used = self._flat, self._used
        n_curves = len(self._offsets) - 1
        part = np.repeat(np.arange(n_curves), np.diff(self._offsets))
        if stage.by == "answer" and "answer" in self._table.column_names:
            answer = pc.fill_null(self._table["answer"], ALL_BITS).to_numpy()[self._order]
            part = part * (int(answer.max(initial=0)) + 2) + answer + 1
        order = np.argsort(part, kind="stable")
        starts = np.flatnonzero(np.diff(part[order], prepend=-1))
        offsets = np.append(starts, len(part)).astype(np.int64)
        found = middles(flat[order], used[order], offsets, stage.method)
        made = np.empty(len(part))
        made[order] = np.repeat(found, np.diff(offsets))
        return made

    def _remove(self, more: Floats) -> None:
        """Take a trend of what is flat so far away; where there is none, say so."""
        known = np.isfinite(more) & ~(self._divided & (more <= 0))
        self._forbid(~known, Reason.NO_TREND)
        more = np.where(known, more, np.nan)
        self._trend = np.where(self._divided, self._trend * more, self._trend + more)
        self._is_changed = True

    # -- what comes out

    def table(self) -> pa.Table:
        """Return the rows in the order in which they came."""
        made = {
            "mask": pa.array(self._back(self._mask)),
            "trend": pa.array(self._back(self._trend)),
            "flat": pa.array(self._back(self._flat)),
            "flat_error": pa.array(self._back(self._error / self._divisor)),
            "flat_unit": self._units(),
        }
        table = self._table
        for name, values in made.items():
            table = table.append_column(name, values)
        return table.cast(with_reasons(table.schema))

    def _back(self, values: Floats | Masks) -> Floats | Masks:
        there = np.empty_like(values)
        there[self._order] = values
        return there

    def _units(self) -> pa.ChunkedArray:
        if not self._is_changed:
            return self._table["unit"]
        divided = np.empty(len(self._order), np.bool_)
        divided[self._order] = self._divided
        return pc.if_else(pa.array(divided), "1", self._table["unit"])

    def metrics(self) -> dict[str, float]:
        """Return how many rows there are, are used, and are masked for each reason."""
        counts = {
            f"n_{name}": int(np.count_nonzero(self._mask & np.uint32(reason)))
            for reason in Reason
            for name in told(reason)
        }
        n_curves = len(self._offsets) - 1
        n_used = int(np.count_nonzero(self._used))
        found = {name: n for name, n in counts.items() if n}
        return {"n_curves": n_curves, "n_rows": len(self._mask), "n_used": n_used, **found}


def flag_bits(survey: str, mask: str | int = "default") -> int:
    """Return the bits of a mask: of TESS as lightkurve has them, of others any flag at all."""
    if isinstance(mask, int) or survey in _TESS:
        return mask_bits(mask)
    named = {"none": 0, "default": ALL_BITS, "hard": ALL_BITS, "hardest": ALL_BITS}
    return _ZTF_BITS if (survey, mask) == ("ztf", "default") else named[mask]


def _smoothing(stage: DetrendStage) -> Smoothing:
    gap_d = stage.window_d if stage.gap_d is None else stage.gap_d
    return Smoothing(stage.method, stage.window_d, gap_d, stage.edge_d, stage.least, stage.reach)


def _numbers(table: pa.Table, names: Sequence[str]) -> Ints:
    """Return a number for each row that tells rows of different texts apart, from 0 on."""
    found = np.zeros(table.num_rows, np.int64)
    for name in names:
        coded = table[name].combine_chunks().dictionary_encode("encode")
        codes = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        found = np.unique(found * (len(coded.dictionary) + 1) + codes, return_inverse=True)[1]
    return found.astype(np.int64)
