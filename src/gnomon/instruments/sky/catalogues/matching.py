"""Looks objects up in catalogues: a row for each object and each entry near it."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gnomon.errors import BadData, UnknownName
from gnomon.instruments.sky.catalogues.reading import CATALOGUE_SCHEMA
from gnomon.instruments.sky.curves.batches import floats
from gnomon.instruments.sky.science.crossmatch import Floats, Ints, match, mean_places

MATCHES_SCHEMA = pa.schema(
    [
        ("object", pa.string()),
        ("ra_deg", pa.float64()),
        ("dec_deg", pa.float64()),
        ("catalogue", pa.string()),
        ("entry", pa.string()),
        ("label", pa.string()),
        ("entry_ra_deg", pa.float64()),
        ("entry_dec_deg", pa.float64()),
        ("separation_arcsec", pa.float64()),
        ("rank", pa.int32()),
    ]
)
"""`rank` counts the entries of one catalogue near one object, from 1, the nearest first."""


def objects_of(table: pa.Table, name: str = "object") -> pa.Table:
    """Return the objects of a table, by name, each at the middle of its rows.

    Parameters
    ----------
    table : pyarrow.Table
        With ra_deg and dec_deg.
    name : str
        The column that tells objects apart.

    Returns
    -------
    pyarrow.Table
        object, ra_deg, dec_deg; NaN for an object without a place.

    Raises
    ------
    BadData
        A column is missing.
    """
    if absent := [n for n in (name, "ra_deg", "dec_deg") if n not in table.column_names]:
        raise BadData(f"no objects: there is no column {', '.join(absent)}")
    coded = pc.fill_null(table[name], "").combine_chunks().dictionary_encode()
    ra, dec = _places(table)
    which = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    ra, dec = mean_places(ra, dec, which, len(coded.dictionary))
    found = {"object": coded.dictionary, "ra_deg": pa.array(ra), "dec_deg": pa.array(dec)}
    return pa.table(found).sort_by("object")


def looked_up(
    objects: pa.Table,
    catalogue: pa.Table,
    radius_arcsec: float,
    *,
    nearest: bool = False,
    only: Collection[str] = (),
) -> pa.Table:
    """Return the entries near objects as a table of `MATCHES_SCHEMA`.

    Parameters
    ----------
    objects : pyarrow.Table
        As `objects_of` returns them.
    catalogue : pyarrow.Table
        Of `CATALOGUE_SCHEMA`; several catalogues are looked into each on its own.
    radius_arcsec : float
    nearest : bool
        Of each catalogue the nearest entry only.
    only : collection of str
        Names of the catalogues to look into; default: all.

    Raises
    ------
    BadData
        The catalogue lacks columns, or they are of other types.
    ConfigError
        The radius makes no sense.
    UnknownName
        No catalogue is called so.
    """
    if absent := [n for n in CATALOGUE_SCHEMA.names if n not in catalogue.column_names]:
        raise BadData(f"no catalogue: there is no column {', '.join(absent)}")
    try:
        catalogue = catalogue.select(CATALOGUE_SCHEMA.names).cast(CATALOGUE_SCHEMA)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BadData(f"no catalogue: {error}") from None
    names = [str(one) for one in pc.unique(catalogue["catalogue"]).to_pylist()]
    parts = [MATCHES_SCHEMA.empty_table()]
    for name in sorted(only or names):
        if name not in names:
            raise UnknownName("catalogue", name, names)
        entries = catalogue.filter(pc.equal(catalogue["catalogue"], name))
        pairs = match(_places(objects), _places(entries), radius_arcsec, nearest=nearest)
        parts.append(_rows(objects, entries, pairs.object, pairs.entry, pairs.separation_arcsec))
    return pa.concat_tables(parts).sort_by(
        [("object", "ascending"), ("catalogue", "ascending"), ("rank", "ascending")]
    )


def _rows(
    objects: pa.Table, entries: pa.Table, left: Ints, right: Ints, separation_arcsec: Floats
) -> pa.Table:
    ours, theirs = objects.take(pa.array(left)), entries.take(pa.array(right))
    first = np.flatnonzero(np.diff(left, prepend=-1))
    rank = np.arange(len(left)) - np.repeat(first, np.diff(first, append=len(left))) + 1
    return pa.table(
        {
            **{name: ours[name] for name in ("object", "ra_deg", "dec_deg")},
            **{name: theirs[name] for name in ("catalogue", "entry", "label")},
            "entry_ra_deg": theirs["ra_deg"],
            "entry_dec_deg": theirs["dec_deg"],
            "separation_arcsec": pa.array(separation_arcsec),
            "rank": pa.array(rank.astype(np.int32)),
        },
        schema=MATCHES_SCHEMA,
    )


def _places(table: pa.Table) -> tuple[Floats, Floats]:
    return floats(table, "ra_deg"), floats(table, "dec_deg")
