"""Labels of objects, from a catalogue that has a name; never from the light curve itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from gnomon.errors import BadData, ConfigError, UnknownName
from gnomon.formats.parquet import read_rows

_OBJECT = ("object", "object_id", "oid", "ztfid", "tic_id", "id", "name")
_LABEL = ("label", "class", "classification", "type")
_CATALOGUE = "catalogue"
_DISTANCE = "separation_arcsec"


def read_labels(path: Path, catalogue: str) -> dict[str, str]:
    """Return the label of each object of a CSV or Parquet file.

    Columns are found by name: ``object`` (object_id, oid, ztfid, tic_id, id, name) and ``label``
    (class, classification, type). A file with a column ``catalogue``, as ``gnomon sky crossmatch``
    writes it, gives the labels of that catalogue alone; of several entries for an object the
    nearest counts where there is a column ``separation_arcsec``.

    Raises
    ------
    ConfigError
        The file is not there, or has no label of such a catalogue.
    BadData
        It has no such columns, or two different labels of one object.
    """
    if not catalogue:
        raise ConfigError("labels need the name of the catalogue that they are from: --catalogue")
    table = _rows(path)
    names = {name.lower(): name for name in table.column_names}
    objects, labels = (_column(names, usual, path) for usual in (_OBJECT, _LABEL))
    if _CATALOGUE in names:
        table = _of_catalogue(table, names[_CATALOGUE], catalogue)
    if _DISTANCE in names:
        table = table.sort_by([(names[_DISTANCE], "ascending")])
    found: dict[str, str] = {}
    texts = (table[name].cast(pa.string()).to_pylist() for name in (objects, labels))
    for one, label in zip(*texts, strict=True):
        if one is None or label is None:
            continue
        if found.setdefault(one, label) != label and _DISTANCE not in names:
            raise BadData(f"{path.name}: {one} has two labels, {found[one]} and {label}")
    return found


def labelled(table: pa.Table, name: str, labels: Mapping[str, str], catalogue: str) -> pa.Table:
    """Return a table with columns ``label`` and ``label_catalogue``; null where there is none.

    Parameters
    ----------
    name : str
        The column of objects; blanks in names do not count (``TIC 1``, ``TIC1``).
    """
    known = {_plain(one): label for one, label in labels.items()}
    found = [known.get(_plain(one)) for one in table[name].to_pylist()]
    of = [None if label is None else catalogue for label in found]
    table = table.append_column("label", pa.array(found, pa.string()))
    return table.append_column("label_catalogue", pa.array(of, pa.string()))


def _plain(name: str) -> str:
    return name.replace(" ", "")


def _rows(path: Path) -> pa.Table:
    if not path.is_file():
        raise ConfigError(f"there is no file {path}")
    try:
        if path.suffix == ".parquet":
            return read_rows(path)
        return pa_csv.read_csv(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadData(f"{path.name}: {error}") from None


def _column(names: Mapping[str, str], usual: Sequence[str], path: Path) -> str:
    for name in usual:
        if name in names:
            return names[name]
    raise BadData(f"{path.name}: no column {' or '.join(usual)}: {', '.join(names.values())}")


def _of_catalogue(table: pa.Table, column: str, catalogue: str) -> pa.Table:
    rows = table.filter(pc.equal(table[column], catalogue))
    if not rows.num_rows:
        known = pc.drop_null(table[column].unique()).to_pylist()
        raise UnknownName("catalogue", catalogue, map(str, known))
    return rows
