"""Light curves as flat arrays, one after the other: what features, periods and plots work on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.instruments.sky.curves.schema import TimeSystem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]
Use = Literal["value", "flat"]
T = TypeVar("T")

_SPARSE = 16
"""Fewer keys than one in so many that are possible are found by sorting, not by a table."""
_BESIDE = {"value": ("error", "unit"), "flat": ("flat_error", "flat_unit")}
"""The columns of the error and the unit that go with a value."""
_SYSTEM = ("time_origin_jd", "time_scale", "time_place")


@dataclass(frozen=True, slots=True)
class Curve:
    """One object in one band, in order of time.

    Attributes
    ----------
    time_d, value, error : ndarray of float64, shape (n,)
        Days in `time_system`; `value` and `error` in `unit`, the error NaN where it is not known.
    unit : str
        Empty where it is not known; ``1`` for what is normalised.
    time_system : TimeSystem, optional
        None where the file does not say.
    ra_deg, dec_deg : float
        ICRS; NaN where they are not known.
    """

    object: str
    band: str
    time_d: Floats
    value: Floats
    error: Floats
    unit: str = ""
    time_system: TimeSystem | None = None
    ra_deg: float = float("nan")
    dec_deg: float = float("nan")

    def __len__(self) -> int:
        return len(self.time_d)


@dataclass(frozen=True, slots=True)
class Curves:
    """Many curves, sorted by object, band and time; curve `i` is ``offsets[i]:offsets[i + 1]``.

    A curve of which no point can be used is there, with no points.

    Attributes
    ----------
    objects, bands : tuple of str, n each
    offsets : ndarray of int64, shape (n + 1,)
    time_d, value, error : ndarray of float64, shape (N,)
        As in `Curve`; `value` and `time_d` are finite.
    units : tuple of str, n
    time_systems : tuple, n
    ra_deg, dec_deg : ndarray of float64, shape (n,)
    """

    objects: tuple[str, ...]
    bands: tuple[str, ...]
    offsets: Ints
    time_d: Floats
    value: Floats
    error: Floats
    units: tuple[str, ...]
    time_systems: tuple[TimeSystem | None, ...]
    ra_deg: Floats
    dec_deg: Floats

    def __len__(self) -> int:
        return len(self.objects)

    def __iter__(self) -> Iterator[Curve]:
        return (self.curve(n) for n in range(len(self)))

    @property
    def unit(self) -> str:
        """The unit of all curves.

        Raises
        ------
        BadData
            They have different ones.
        """
        return _only(self.units, "units") or ""

    @property
    def time_system(self) -> TimeSystem | None:
        """What the times of all curves are counted in; None where it is not known.

        Raises
        ------
        BadData
            They are counted differently.
        """
        return _only(self.time_systems, "systems of time")

    @property
    def lengths(self) -> Ints:
        """Points of each curve, shape (n,)."""
        return np.diff(self.offsets)

    def curve(self, n: int) -> Curve:
        """Return curve `n`: views, nothing is copied."""
        at = slice(int(self.offsets[n]), int(self.offsets[n + 1]))
        return Curve(
            self.objects[n],
            self.bands[n],
            self.time_d[at],
            self.value[at],
            self.error[at],
            self.units[n],
            self.time_systems[n],
            float(self.ra_deg[n]),
            float(self.dec_deg[n]),
        )


def _only(found: Sequence[T], what: str) -> T | None:
    different = list(dict.fromkeys(found))
    if len(different) > 1:
        raise BadData(f"curves of different {what}: {', '.join(map(str, different))}")
    return different[0] if different else None


def firsts(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """Return the first of the rows that are alike in some columns, in the order of the table."""
    row = pa.array(np.arange(table.num_rows))
    rows = table.select(names).append_column("_row", row)
    first = rows.group_by(names).aggregate([("_row", "min")])["_row_min"]
    if len(first) == table.num_rows:
        return table
    return table.take(first.take(pc.sort_indices(first)))


def curves_of(table: pa.Table, *, use: Use = "value") -> Curves:
    """Return the curves of a table of `schema.SCHEMA`, or of one that is cleaned.

    A point is used where its mask is 0; in a table without masks, where its quality is 0 and it is
    no limit. Either way its time and value must be finite. Rows may come in any order.

    Parameters
    ----------
    table : pyarrow.Table
        At least object, band, time, value.
    use : {"value", "flat"}
        Which column is the value: as measured, or without its trend, as `cleaned` makes it.

    Raises
    ------
    BadData
        A column is missing, or one object and band has times of different systems or values of
        different units.
    """
    error_name, unit = _BESIDE[use]
    if missing := [n for n in ("object", "band", "time", use) if n not in table.column_names]:
        raise BadData(f"no light curves: there is no column {', '.join(missing)}")
    names, which = _curve_numbers(table)
    units, systems = _units(table, names, which, unit), _systems(table, names, which)
    kept = _usable(table, use)
    number, time_d = which[kept], floats(table, "time")[kept]
    value, error = floats(table, use)[kept], floats(table, error_name)[kept]
    if not _in_order(number, time_d):
        order = _order(number, time_d, len(names))
        number, time_d = number[order], time_d[order]
        value, error = value[order], error[order]
    return Curves(
        tuple(name for name, _ in names),
        tuple(band for _, band in names),
        np.searchsorted(number, np.arange(len(names) + 1)).astype(np.int64),
        time_d,
        value,
        error,
        units,
        systems,
        *_positions(table, which, len(names)),
    )


def _curve_numbers(table: pa.Table) -> tuple[list[tuple[str, str]], Ints]:
    """Return object and band of each curve, sorted, and which curve each row is of."""
    objects, object_of = _ranked(table, "object")
    bands, band_of = _ranked(table, "band")
    found, which = _numbered(object_of * max(len(bands), 1) + band_of, len(objects) * len(bands))
    pairs = (divmod(int(key), len(bands)) for key in found)
    return [(objects[one], bands[band]) for one, band in pairs], which


def _numbered(keys: Ints, size: int) -> tuple[Ints, Ints]:
    """Return the different keys below `size`, sorted, and the place of each row's among them."""
    if size > _SPARSE * len(keys):
        found, place = np.unique(keys, return_inverse=True)
        return found, place.astype(np.int64)
    there = np.zeros(size, np.bool_)
    there[keys] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[keys]


def _ranked(table: pa.Table, name: str) -> tuple[list[str], Ints]:
    """Return the different texts of a column, sorted, and the place of each row's among them."""
    return _encoded(pc.fill_null(table[name].cast(pa.string()), ""))


def _encoded(column: pa.ChunkedArray) -> tuple[list[Any], Ints]:
    coded = column.combine_chunks().dictionary_encode()
    values = coded.dictionary.to_pylist()
    order = sorted(range(len(values)), key=values.__getitem__)
    rank = np.empty(len(values), np.int64)
    rank[order] = np.arange(len(values))
    return [values[n] for n in order], rank[coded.indices.to_numpy()]


def floats(table: pa.Table, name: str) -> Floats:
    """Return a column as float64; nulls are NaN, and a column that is not there is all NaN."""
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    column = table[name].cast(pa.float64())
    return np.asarray(pc.fill_null(column, float("nan")).to_numpy(), np.float64)


def _usable(table: pa.Table, use: Use) -> Truths:
    kept: Truths = np.isfinite(floats(table, "time")) & np.isfinite(floats(table, use))
    if "mask" in table.column_names:
        return kept & truths(pc.equal(table["mask"], 0))
    if "quality" in table.column_names:
        kept &= truths(pc.equal(table["quality"], 0))
    if "is_limit" in table.column_names:
        kept &= ~truths(table["is_limit"])
    return kept


def truths(column: pa.ChunkedArray) -> Truths:
    """Return a column as bool; nulls are false."""
    return np.asarray(pc.fill_null(column, False).to_numpy(), np.bool_)


def known(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of any type with null in place of NaN."""
    if not pa.types.is_floating(column.type):
        return column
    return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)


def _in_order(number: Ints, time_d: Floats) -> bool:
    step = np.diff(number)
    return bool(np.all((step > 0) | ((step == 0) & (np.diff(time_d) >= 0))))


def _order(number: Ints, time_d: Floats, n_curves: int) -> Ints:
    """Return rows by curve, and by time within each; those of one time stay as they were.

    Numbers of 16 bits are sorted by radix, which takes a tenth of the time of a lexsort.
    """
    order = np.argsort(time_d, kind="stable")
    for shift in range(0, max(n_curves - 1, 1).bit_length(), 16):
        digit = (number[order] >> shift).astype(np.uint16)
        order = order[np.argsort(digit, kind="stable")]
    return order


def _units(
    table: pa.Table, names: Sequence[tuple[str, str]], which: Ints, column: str
) -> tuple[str, ...]:
    if column not in table.column_names:
        return ("",) * len(names)
    units, unit_of = _ranked(table, column)
    return tuple(units[n] for n in _same(unit_of, names, which, "units", units))


def _systems(
    table: pa.Table, names: Sequence[tuple[str, str]], which: Ints
) -> tuple[TimeSystem | None, ...]:
    if not set(_SYSTEM) <= set(table.column_names):
        return (None,) * len(names)
    origins, origin_of = _encoded(pc.fill_null(table["time_origin_jd"], float("nan")))
    scales, scale_of = _ranked(table, "time_scale")
    places, place_of = _ranked(table, "time_place")
    keys = (origin_of * len(scales) + scale_of) * len(places) + place_of
    found, system_of = _numbered(keys, len(origins) * len(scales) * len(places))
    systems = []
    for key in found:
        rest, place = divmod(int(key), len(places))
        origin, scale = divmod(rest, len(scales))
        systems.append(TimeSystem(float(origins[origin]), scales[scale], places[place]))
    return tuple(systems[n] for n in _same(system_of, names, which, "systems of time", systems))


def _same(
    value_of: Ints,
    names: Sequence[tuple[str, str]],
    which: Ints,
    what: str,
    values: Sequence[object],
) -> Ints:
    """Return the one value that each curve's rows share."""
    one = np.zeros(len(names), np.int64)
    one[which] = value_of
    if len(different := np.flatnonzero(one[which] != value_of)):
        row = different[0]
        name, band = names[which[row]]
        both = f"{values[int(value_of[row])]} and {values[int(one[which[row]])]}"
        raise BadData(f"{name} in {band or 'no band'}: different {what}: {both}")
    return one


def _positions(table: pa.Table, which: Ints, n_curves: int) -> tuple[Floats, Floats]:
    """Return where the first row of each curve that has a position has it."""
    ra, dec = floats(table, "ra_deg"), floats(table, "dec_deg")
    there = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))[::-1]
    found = np.full((2, n_curves), np.nan)
    found[0, which[there]], found[1, which[there]] = ra[there], dec[there]
    return found[0], found[1]
