"""Reads NetCDF-4 files (HDF5), through h5py, with the interface of `gnomon.formats.netcdf3`.

A cut file is refused: HDF5 keeps the length of the file in its superblock. Compressed chunks carry
a checksum of their own (zlib), so most damage in them is noticed when they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData, MissingExtra
from gnomon.formats.netcdf3 import AttributeValue

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_DAMAGE = (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError)
"""What h5py raises on files whose structure makes no sense, by where it notices."""

_T = TypeVar("_T")


class _Attributes(Mapping[str, AttributeValue]):
    """Attributes of an HDF5 object, decoded when asked for."""

    def __init__(self, held: Any, name: str) -> None:
        self._held, self._name = held, name

    def __getitem__(self, name: str) -> AttributeValue:
        if name not in self._held:
            raise KeyError(name)
        value: NDArray[Any] = _sound(self._name, lambda: np.asarray(self._held[name]).ravel())
        if value.dtype.kind in "SO":
            raw = value[0] if len(value) else b""
            return raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else str(raw)
        return value[0].item() if len(value) == 1 else tuple(value.tolist())

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


@dataclass(frozen=True)
class Variable:
    """One variable of an open file: names of its dimensions, slowest first, and its values."""

    name: str
    dimensions: tuple[str, ...]
    dtype: np.dtype[Any]
    _file: str
    _held: Any

    @cached_property
    def attributes(self) -> Mapping[str, AttributeValue]:
        """The variable's attributes: text as str, one number as int or float, more as a tuple."""
        return _Attributes(self._held.attrs, self._file)

    def array(self) -> NDArray[Any]:
        """Return the values: shape of the dimensions, dtype as above."""
        values: NDArray[Any] = _sound(self._file, lambda: self._held[...])
        return values


class _Lengths(Mapping[str, int]):
    """Lengths of dimensions, looked up when asked for."""

    def __init__(self, name: str, held: Any) -> None:
        self._name, self._held = name, held

    def __getitem__(self, name: str) -> int:
        if name not in self._held:
            raise KeyError(name)
        length: int = _sound(self._name, lambda: self._held[name].shape[0])
        return length

    def __iter__(self) -> Iterator[str]:
        return (name for name, item in self._held.items() if item.is_scale)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Dataset:
    """The variables of an open file by name; only of its root group.

    Attributes
    ----------
    name : str
        The file's name, for messages.
    dimensions : mapping of str to int
        Lengths.
    """

    def __init__(self, name: str, held: Any, name_of: Callable[[Any, Any], bytes]) -> None:
        self.name, self._held, self._name_of = name, held, name_of
        self.dimensions: Mapping[str, int] = _Lengths(name, held)
        self._names = _sound(name, lambda: dict.fromkeys(held))
        self._opened: dict[str, Variable] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __getitem__(self, name: str) -> Variable:
        if name not in self._opened:
            held = _sound(self.name, lambda: self._held[name])
            scales = self._scales(held)
            self._opened[name] = Variable(name, scales, held.dtype, self.name, held)
        return self._opened[name]

    def _scales(self, held: Any) -> tuple[str, ...]:
        """Return the names of the dimensions of a variable: of the scales attached to it."""

        def names() -> tuple[str, ...]:
            scales = (entry[0] for entry in held.attrs["DIMENSION_LIST"])
            return tuple(
                self._name_of(scale, self._held.id).decode().lstrip("/") for scale in scales
            )

        return _sound(self.name, names) if held.shape else ()


def _sound(name: str, read: Callable[[], _T]) -> _T:
    """Return what `read` returns; whatever h5py raises is a damaged file."""
    try:
        return read()
    except _DAMAGE as error:
        raise BadData(f"{name}: damaged HDF5: {error}") from None


@contextmanager
def opened(path: Path, name: str | None = None) -> Iterator[Dataset]:
    """Open a file for reading.

    Parameters
    ----------
    path : Path
    name : str, optional
        What messages call the file; by default its own name.

    Raises
    ------
    BadData
        The file is no whole HDF5 file; the message names it and the reason.
    MissingExtra
        h5py is not installed.
    """
    try:
        import h5py  # noqa: PLC0415 - the classic files, nearly all, need none of it
    except ImportError:
        raise MissingExtra("h5py", "argo") from None
    name = name or path.name
    held = _sound(name, lambda: h5py.File(path, "r", locking=False))
    with held:
        yield Dataset(name, held, h5py.h5r.get_name)
