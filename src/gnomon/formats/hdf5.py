"""Reads HDF5 files through h5py, from disks that may be far away and from copies that broke off.

What passes (a lock, a stale handle of NFS, a fault of the disk) is tried again; what stays (no such
file, a cut file, no HDF5 at all) is said at once, by file and reason. Whatever h5py raises while
it reads becomes `BadData`, or `Unreachable` where it may pass, after one more try with the file
opened anew.
"""

from __future__ import annotations

import errno
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData, NotAuthorised, Unreachable

Value = str | int | float
"""What an attribute is read as; integers stay integers."""

_PASSES = {
    errno.EAGAIN,
    errno.EBUSY,
    errno.EINTR,
    errno.EIO,
    errno.ENOLCK,
    errno.ESTALE,
    errno.ETIMEDOUT,
}
_LOCKED = "unable to lock file"
_CUT = re.compile(r"truncated file: eof = (\d+), .*stored_eof = (\d+)")
_NO_SIGNATURE = "file signature not found"
_DAMAGE = (OSError, RuntimeError)
"""What h5py raises where the bytes do not come, or make no sense."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Retry:
    """How often to open a file, and how long to wait in between.

    Before the n-th new attempt it waits between a half and the whole of ``base_s * 2**(n-1)``:
    31 s in all with the defaults.

    Attributes
    ----------
    attempts : int
        In all.
    base_s : float
        The first wait.
    sleep : callable
        In seconds; injected by tests.
    random : Random
        Spreads workers that failed together; injected by tests.
    """

    attempts: int = 6
    base_s: float = 1.0
    sleep: Callable[[float], None] = time.sleep
    random: Random = field(default_factory=Random, repr=False)

    def wait(self, failed: int) -> None:
        """Wait after so many failures."""
        longest_s = self.base_s * 2 ** (failed - 1)
        self.sleep(self.random.uniform(longest_s / 2, longest_s))


class Hdf5:
    """An open file; names are paths inside it, such as ``spectrometer/MJD``.

    Attributes
    ----------
    path : Path
    held : h5py.File
        For what is not offered here; its errors are those of h5py.
    """

    def __init__(self, path: Path, open_: Callable[[], Any]) -> None:
        self.path, self._open = path, open_
        self.held: Any = open_()

    def close(self) -> None:
        """Close the file."""
        self.held.close()

    def __contains__(self, name: str) -> bool:
        return self._sound(name, lambda: name in self.held)

    def names(self, group: str = "/") -> tuple[str, ...]:
        """Return the names of all datasets below a group, with the path from the root."""

        def found() -> tuple[str, ...]:
            names: list[str] = []
            top = self._object(group)
            top.visititems(lambda name, item: names.append(name) if _is_dataset(item) else None)
            return tuple(f"{group.strip('/')}/{name}".lstrip("/") for name in names)

        return self._sound(group, found)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the lengths of a dataset; none of one number, or of nothing."""
        return self._sound(name, lambda: tuple(self._dataset(name).shape or ()))

    def dtype(self, name: str) -> np.dtype[Any]:
        """Return what a dataset holds."""
        return self._sound(name, lambda: np.dtype(self._dataset(name).dtype))

    def chunks(self, name: str) -> tuple[int, ...]:
        """Return the lengths of the pieces that a dataset is stored in; those of all, if in one."""
        return self._sound(name, lambda: tuple((held := self._dataset(name)).chunks or held.shape))

    def read(self, name: str, where: Any = ...) -> NDArray[Any]:
        """Return a dataset, or the part of it that an index picks.

        Raises
        ------
        BadData
            There is none of this name, or its bytes are damaged.
        Unreachable
            The disk failed, twice.
        """
        return self._sound(name, lambda: np.asarray(self._dataset(name)[where]))

    def read_into(self, name: str, into: NDArray[Any], where: Any = ()) -> None:
        """Read a part of a dataset into an array of its shape, C-contiguous, without a copy."""
        self._sound(name, lambda: self._dataset(name).read_direct(into, where))

    def attributes(self, name: str = "/") -> dict[str, Value]:
        """Return the attributes of a group or dataset; of more than one value, as text."""
        return self._sound(
            name, lambda: {key: plain(value) for key, value in self._object(name).attrs.items()}
        )

    def _object(self, name: str) -> Any:
        try:
            return self.held[name]
        except KeyError:
            raise BadData(f"{self.path.name} has no {name}") from None

    def _dataset(self, name: str) -> Any:
        found = self._object(name)
        if not _is_dataset(found):
            raise BadData(f"{self.path.name}: {name} is a group, not a dataset")
        return found

    def _sound(self, name: str, read: Callable[[], _T]) -> _T:
        """Return what `read` returns; where that fails, open the file anew and try once more."""
        try:
            return read()
        except _DAMAGE:
            self.close()
            self.held = self._open()
        try:
            return read()
        except _DAMAGE as error:
            if isinstance(error, OSError) and _passes(error):
                raise Unreachable(f"{self.path}: {name} cannot be read: {error}") from error
            raise BadData(f"{self.path.name}: {name} cannot be read: {error}") from None


def _is_dataset(item: Any) -> bool:
    return hasattr(item, "dtype")


def plain(value: Any) -> Value:
    """Return an attribute as text or one number: never bytes, never a type of NumPy.

    >>> plain(b"TauA,"), plain(np.int64(1024)), plain(np.array([1, 2]))
    ('TauA,', 1024, '1,2')
    """
    values = [_one(each) for each in np.asarray(value).ravel().tolist()]
    return values[0] if len(values) == 1 else ",".join(map(str, values))


def _one(value: Any) -> Value:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    # h5py reads bytes that are no UTF-8 as halves of surrogate pairs, which nothing can write.
    return str(value).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


@contextmanager
def opened(path: Path, retry: Retry | None = None) -> Iterator[Hdf5]:
    """Open a file for reading.

    Parameters
    ----------
    path : Path
    retry : Retry, optional
        Default: `Retry()`.

    Raises
    ------
    BadData
        There is no such file, or it is no whole HDF5 file; the message names it and the reason.
    Unreachable
        It was locked or its disk failed, at every attempt.
    NotAuthorised
        It may not be read.
    """
    import h5py  # noqa: PLC0415 - an extra

    patience = retry or Retry()
    file = Hdf5(path, lambda: _opened(path, lambda: h5py.File(path, "r", locking=False), patience))
    try:
        yield file
    finally:
        file.close()


def _opened(path: Path, open_: Callable[[], Any], retry: Retry) -> Any:
    for failed in range(1, retry.attempts):
        try:
            return open_()
        except OSError as error:
            if not _passes(error):
                raise _reason(path, error) from error
        retry.wait(failed)
    try:
        return open_()
    except OSError as error:
        if _passes(error):
            raise Unreachable(f"{path}: tried {retry.attempts} times: {error}") from error
        raise _reason(path, error) from error


def _passes(error: OSError) -> bool:
    return error.errno in _PASSES or _LOCKED in str(error)


def _reason(path: Path, error: OSError) -> BadData | NotAuthorised:
    if isinstance(error, PermissionError):
        return NotAuthorised(f"{path} may not be read")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return BadData(f"{path}: there is no such file")
    if isinstance(error, IsADirectoryError):
        return BadData(f"{path} is a folder")
    if cut := _CUT.search(str(error)):
        return BadData(
            f"{path.name} is cut short, at {cut[1]} of {cut[2]} bytes: "
            "it is still being copied, or the copy broke off"
        )
    if _NO_SIGNATURE in str(error):
        return BadData(f"{path.name} is no HDF5 file")
    return BadData(f"{path.name} is no sound HDF5 file: {error}")
