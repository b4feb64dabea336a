"""A Level-2 file that is being made: datasets by the names of `layout`, filled piece by piece.

Streams are as long as the observation, so they are written feed by feed and never held whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from gnomon.errors import ConfigError
from gnomon.formats.spacious import SpaciousFile
from gnomon.instruments.comap.level2.layout import FIXED_AXES, LAYOUT, TEXT

_LIBVER = ("v108", "v110")
_BLOCK = 1  # feeds in a chunk of a stream: feeds that a file lacks take no space


class Level2File:
    """Datasets by name.

    Parameters
    ----------
    held : h5py.File
        Open for writing, or for reading.
    check : callable
        Raises `gnomon.errors.Full` where what was written before did not fit.
    """

    def __init__(self, held: Any, check: Callable[[], None] = lambda: None) -> None:
        self.held, self._check = held, check

    def __contains__(self, name: str) -> bool:
        return name in self.held

    def __getitem__(self, name: str) -> Any:
        """Return a dataset of h5py: index it to read, assign to write."""
        self._check()
        return self.held[name]

    def array(self, name: str) -> NDArray[Any]:
        """Return all of a dataset."""
        values: NDArray[Any] = self.held[name][...]
        return values

    def create(self, name: str, **axes: int) -> Any:
        """Return a new dataset of the layout, filled with what stands for "not measured".

        Parameters
        ----------
        **axes : int
            Lengths of those of its axes that are not fixed. A dataset of that name is replaced.
        """
        self._check()
        spec = LAYOUT[name]
        lengths = FIXED_AXES | axes
        if absent := [axis for axis in spec.axes if axis not in lengths]:
            raise ConfigError(f"{name}: how long is {absent[0]}?")
        shape = tuple(lengths[axis] for axis in spec.axes)
        if name in self.held:
            del self.held[name]
        options: dict[str, Any] = {}
        if spec.axes[0] in ("feed", "position") and all(shape) and "time" in spec.axes:
            options["chunks"] = (_BLOCK, *shape[1:])
        if spec.dtype == TEXT:
            made = self.held.create_dataset(name, shape, _text_type(), track_times=False)
        else:
            made = self.held.create_dataset(
                name, shape, spec.dtype, fillvalue=spec.fill, track_times=False, **options
            )
        made.attrs["axes"] = ",".join(spec.axes)
        if spec.unit:
            made.attrs["units"] = spec.unit
        if spec.about:
            made.attrs["about"] = spec.about
        return made

    def put(self, name: str, values: NDArray[Any]) -> Any:
        """Write a whole dataset of the layout, whose shape gives the lengths of its axes."""
        spec = LAYOUT[name]
        made = self.create(name, **dict(zip(spec.axes, values.shape, strict=True)))
        made[...] = values
        return made

    def copied(self, name: str, values: NDArray[Any], attributes: Mapping[str, Any]) -> Any:
        """Write a dataset that is not of the layout: one that Level 1 has."""
        made = self.held.create_dataset(name, data=values, track_times=False)
        for attribute, value in attributes.items():
            made.attrs[attribute] = value
        return made


def _text_type() -> Any:
    import h5py  # noqa: PLC0415 - heavy, and an extra

    return h5py.string_dtype("utf-8")


@contextmanager
def making(path: Path) -> Iterator[Level2File]:
    """Open a new Level-2 file; the same content gives the same bytes.

    Raises
    ------
    Full
        There is no space for it.
    """
    with SpaciousFile(path, new=True) as file:
        yield from _written(file, "w")


@contextmanager
def changing(path: Path) -> Iterator[Level2File]:
    """Open a Level-2 file in one's own workspace to write further datasets into it.

    Raises
    ------
    Full
        There is no space for them.
    """
    with SpaciousFile(path, new=False) as file:
        yield from _written(file, "r+")


def _written(file: SpaciousFile, mode: str) -> Iterator[Level2File]:
    import h5py  # noqa: PLC0415

    try:
        with h5py.File(file, mode, libver=_LIBVER) as held:
            yield Level2File(held, file.check)
    finally:
        file.check()  # whatever else went wrong, this is why


@contextmanager
def reading(path: Path) -> Iterator[Level2File]:
    """Open a Level-2 file to read.

    Raises
    ------
    BadData
        The file is no whole HDF5 file; the message names it and the reason.
    """
    from gnomon.formats.hdf5 import opened  # noqa: PLC0415

    with opened(path) as file:
        yield Level2File(file.held)
