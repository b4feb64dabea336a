"""A file for libraries that do not survive a full disk, such as HDF5.

HDF5 that cannot flush a file keeps it open for ever, and may end the process with it. So what does
not fit is dropped here and remembered; whoever wrote the file asks afterwards, or in between.
"""

from __future__ import annotations

import errno
import io
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.errors import Full

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class SpaciousFile(io.RawIOBase):
    """A file on disk that always takes what is written.

    Parameters
    ----------
    path : Path
    new : bool
        Begin an empty file, instead of changing one that is there.
    """

    def __init__(self, path: Path, *, new: bool) -> None:
        super().__init__()
        self._path = path
        self._held = path.open("w+b" if new else "r+b", buffering=0)
        self._failure: OSError | None = None

    def check(self) -> None:
        """Tell whether all of it is on disk.

        Raises
        ------
        Full
            Something did not fit.
        """
        if self._failure is not None:
            raise Full(f"no space left for {self._path}") from self._failure

    def readable(self) -> bool:
        """Say yes."""
        return True

    def writable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place."""
        return self._held.seek(offset, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._held.tell()

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read; what was dropped, or never written, is zeros."""
        whole = memoryview(buffer).cast("B")
        done = 0
        while done < len(whole) and (number := self._held.readinto(whole[done:])):
            done += number
        whole[done:] = bytes(len(whole) - done)
        return len(whole)

    def write(self, data: ReadableBuffer, /) -> int:
        """Write all of it, or drop it."""
        left = whole = memoryview(data).cast("B")
        try:
            while left:
                left = left[self._held.write(left) :]
        except OSError as error:
            self._remember(error)
        return len(whole)

    def truncate(self, size: int | None = None, /) -> int:
        """Make it as long as this."""
        try:
            return self._held.truncate(size)
        except OSError as error:
            self._remember(error)
            return size or 0

    def close(self) -> None:
        """Close it."""
        self._held.close()
        super().close()

    def _remember(self, error: OSError) -> None:
        if error.errno not in _NO_SPACE:
            raise error
        self._failure = self._failure or error
