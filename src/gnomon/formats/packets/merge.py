"""Joins tables of packets that were decoded apart, in the order of the packets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.formats.packets.columns import Column

Index = NDArray[np.intp]
Pieces = Sequence[tuple[Index, dict[str, Column]]]


def merged(pieces: Pieces) -> tuple[Index, dict[str, Column]]:
    """Return the indices of all pieces in order, and their columns in the same order.

    A column that only some pieces have says where it is present.
    """
    if len(pieces) == 1:
        return pieces[0]
    index = np.concatenate([index for index, _ in pieces])
    order = np.argsort(index, kind="stable")
    names = list(dict.fromkeys(name for _, columns in pieces for name in columns))
    return index[order], {name: _joined(name, pieces).take(order) for name in names}


def _joined(name: str, pieces: Pieces) -> Column:
    found = [columns.get(name) for _, columns in pieces]
    some = next(column for column in found if column is not None)
    sizes = [len(index) for index, _ in pieces]
    values = _stacked([None if one is None else one.values for one in found], sizes)
    is_same = all(one is None or one.raw is one.values for one in found)
    raw = values if is_same else _stacked([None if o is None else o.raw for o in found], sizes)
    masks = [
        np.full(size, one is not None) if one is None or one.present is None else one.present
        for one, size in zip(found, sizes, strict=True)
    ]
    present = np.concatenate(masks)
    return Column(values, raw, some.unit, some.labels, None if present.all() else present)


def _stacked(arrays: list[NDArray[Any] | None], sizes: list[int]) -> NDArray[Any]:
    """Stack arrays; zeros (None among objects) stand for those that are absent."""
    dtype = np.result_type(*(one.dtype for one in arrays if one is not None))
    return np.concatenate(
        [
            (np.empty(size, object) if dtype.kind == "O" else np.zeros(size, dtype))
            if one is None
            else one.astype(dtype, copy=False)
            for one, size in zip(arrays, sizes, strict=True)
        ]
    )
