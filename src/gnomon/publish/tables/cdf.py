"""CDF files as tables: one for each axis of records, arrays as a column for each element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats.cdf import TT2000, Variable, read_cdf
from gnomon.publish.tables.reading import Raw, types_of
from gnomon.timescales.tt2000 import utc_of_tt2000

_AXES = "xyzw"
_EPOCH = "CDF_EPOCH"
_EPOCH_OF_1970_MS = 62_167_219_200_000
"""CDF_EPOCH counts milliseconds from the year 0 (CDF User's Guide)."""
_MOST_ELEMENTS = 256


def read_axes(path: Path) -> list[Raw]:
    """Read what varies by record, the table of most columns first.

    Raises
    ------
    BadData
        The file is no CDF, or nothing in it varies by record.
    """
    variables = read_cdf(path).variables
    axes: dict[tuple[str, int], dict[str, Variable]] = {}
    for name, variable in variables.items():
        if variable.by_record:
            axis = variable.attributes.get("DEPEND_0")
            named = axis if isinstance(axis, str) and axis in variables else name
            axes.setdefault((named, len(variable.values)), {})[name] = variable
    if not axes:
        raise BadData(f"{path.name}: nothing in it varies by record")
    tables = [_table(path, axis, group, variables) for (axis, _), group in axes.items()]
    return sorted(tables, key=lambda raw: -raw.table.num_columns)


def _table(
    path: Path, axis: str, group: Mapping[str, Variable], others: Mapping[str, Variable]
) -> Raw:
    columns: dict[str, pa.Array] = {}
    for name in sorted(group, key=lambda one: one != axis):  # the axis first, the rest as it was
        for column, values in _elements(path, name, group[name], others):
            columns[column] = _array(values, group[name])
    ticks = {
        name: pa.array(variable.values)
        for name, variable in group.items()
        if variable.type == TT2000 and variable.values.ndim == 1
    }
    made = pa.table(columns)
    return Raw(path, made, axis, types_of(made.schema), ticks)


def _elements(
    path: Path, name: str, variable: Variable, others: Mapping[str, Variable]
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Return a variable as columns: one, or one for each element of its arrays."""
    values = variable.values
    shape = values.shape[1:]
    if not shape:
        yield name, values
        return
    if int(np.prod(shape)) > _MOST_ELEMENTS:
        raise BadData(f"{path.name}: {name} has {shape} elements a record: too many for columns")
    labels = _labels(name, variable, others, shape)
    for number, at in enumerate(np.ndindex(*shape)):
        yield f"{name}_{labels[number]}", values[(slice(None), *at)]


def _labels(
    name: str, variable: Variable, others: Mapping[str, Variable], shape: tuple[int, ...]
) -> list[str]:
    numbers = ["_".join(map(str, at)) for at in np.ndindex(*shape)]
    if len(shape) > 1:
        return numbers
    told = others.get(str(variable.attributes.get("LABL_PTR_1")))
    if told is not None:
        labels = [str(label).strip() for label in np.ravel(told.values)]
        plain = [label for label in labels if label.isidentifier()]
        if len(set(plain)) == len(numbers) == len(labels):
            return labels
    is_vector = "vec" in name.lower() or name.lower().startswith("b_")
    return list(_AXES[: shape[0]]) if is_vector and shape[0] in {3, 4} else numbers


def _array(values: NDArray[Any], variable: Variable) -> pa.Array:
    if variable.type == TT2000:
        return pa.array(utc_of_tt2000(values))
    if variable.type == _EPOCH:
        ms = np.where(np.isfinite(values), values, -1) - _EPOCH_OF_1970_MS
        return pa.array(np.round(ms).astype("M8[ms]"), mask=~np.isfinite(values) | (values <= 0))
    if values.dtype.kind not in "biuf":
        return pa.array([str(value).strip() for value in values], pa.string())
    return pa.array(np.ascontiguousarray(values), mask=_is_fill(values, variable))


def _is_fill(values: NDArray[Any], variable: Variable) -> NDArray[np.bool_]:
    fill = variable.attributes.get("FILLVAL")
    stated = isinstance(fill, np.generic | int | float)
    # 0 stands as FILLVAL in flight files whose zeros mean zero.
    missing = values == fill if stated and fill != 0 else np.zeros(len(values), bool)
    if values.dtype.kind == "f":
        missing = missing | (values == values.dtype.type(-1e31))  # ISTP's fill of every float
    return np.asarray(missing)
