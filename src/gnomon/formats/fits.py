"""Reads FITS files, strictly and fast; `fits_writer` writes them.

The usual readers take a cut file for a shorter one, or look at it lazily. Here the file is read
once, and the sizes that its headers imply are compared with its own before any value is read;
whatever does not fit is `gnomon.errors.BadData`. The grammar is that of the FITS standard 4.0.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import BadData
from gnomon.formats.fits_checksum import ALL_ONES, added, ones_sum
from gnomon.formats.fits_header import Header, Malformed, padded, read_header
from gnomon.formats.fits_table import Table, scaled

_GZIP = b"\x1f\x8b"
_IMAGES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_MOST_AXES = 999


@dataclass(frozen=True, slots=True)
class Hdu:
    """One header and where its data are.

    Attributes
    ----------
    name : str
        EXTNAME; ``PRIMARY`` for the first one if it has none.
    kind : str
        ``PRIMARY``, ``IMAGE``, ``BINTABLE``, ``TABLE``, ...
    start, data_start, data_size, stop : int
        Bytes: where it begins, where its data begin, how many they are, where it ends.
    """

    name: str
    kind: str
    header: Header
    start: int
    data_start: int
    data_size: int
    stop: int

    @property
    def label(self) -> str:
        """What messages call it."""
        return self.name or self.kind


@dataclass(frozen=True, slots=True)
class Fits:
    """One file in memory.

    Attributes
    ----------
    name : str
        For messages.
    data : bytes
        The whole file, unpacked.
    """

    name: str
    data: bytes
    hdus: tuple[Hdu, ...]

    @classmethod
    def read(cls, path: Path, name: str = "") -> Fits:
        """Read a file, gzipped or not; messages call it by `name`, or by its own.

        Raises
        ------
        BadData
            It is no whole FITS file; the message says why.
        """
        return cls.of(path.read_bytes(), name or path.name)

    @classmethod
    def of(cls, data: bytes, name: str) -> Fits:
        """Take the bytes of a file; raises as `read`."""
        with _naming(name):
            if data.startswith(_GZIP):
                data = _unpacked(data)
            _check_magic(data)
            return cls(name, data, tuple(_hdus(data, name)))

    def hdu(self, which: str | int) -> Hdu:
        """Return an HDU by its name, or by its place from 0.

        Raises
        ------
        BadData
            The file has none such; the message says what it has.
        """
        if isinstance(which, int):
            found = list(self.hdus[which : which + 1])
        else:
            found = [one for one in self.hdus if one.name.upper() == which.upper()]
        if not found:
            known = ", ".join(one.label for one in self.hdus)
            raise BadData(f"{self.name}: has no HDU {which!r}; it has {known}")
        return found[0]

    def table(self, which: str | int) -> Table:
        """Return the columns of a binary table; `BadData` where it is none."""
        hdu = self.hdu(which)
        with _naming(self.name, hdu.label):
            if hdu.kind != "BINTABLE":
                raise Malformed(f"is no binary table but {hdu.kind}")
            data = memoryview(self.data)[hdu.data_start :][: hdu.data_size]
            return Table(hdu.header, data, f"{self.name}, {hdu.label}")

    def columns(self, which: str | int, names: Iterable[str]) -> dict[str, NDArray[Any]]:
        """Return columns of a binary table; see `Table.required`."""
        return self.table(which).required(names)

    def image(self, which: str | int) -> NDArray[Any]:
        """Return an image, shape (rows, columns), native byte order; `BadData` where is none."""
        hdu = self.hdu(which)
        with _naming(self.name, hdu.label):
            shape = tuple(reversed(_sides(hdu.header)))
            if hdu.kind not in {"PRIMARY", "IMAGE"} or not shape:
                raise Malformed("holds no image")
            dtype = np.dtype(_IMAGES[hdu.header.integer("BITPIX")])
            if prod(shape) * dtype.itemsize > hdu.data_size:
                raise Malformed("its image is not in its data")
            raw = np.ndarray(shape, dtype, self.data, hdu.data_start)
            scale, zero = hdu.header.number("BSCALE", 1.0), hdu.header.number("BZERO", 0.0)
            return scaled(raw, scale, zero)

    def verify(self) -> int:
        """Check CHECKSUM and DATASUM of every HDU that has them; return how many have.

        Raises
        ------
        BadData
            One of them is not that of the bytes.
        """
        view, n_checked = memoryview(self.data), 0
        for hdu in self.hdus:
            checksum, datasum = hdu.header.text("CHECKSUM"), hdu.header.text("DATASUM")
            if not (checksum or datasum):
                continue
            n_checked += 1
            header_sum = ones_sum(view[hdu.start : hdu.data_start])
            data_sum = ones_sum(view[hdu.data_start : hdu.stop])
            if checksum and added(header_sum, data_sum) != ALL_ONES:
                raise BadData(f"{self.name}, {hdu.label}: CHECKSUM does not fit: bytes are damaged")
            if datasum and str(data_sum) != datasum.strip():
                raise BadData(f"{self.name}, {hdu.label}: DATASUM does not fit: data are damaged")
        return n_checked


def read_hdus(path: Path) -> list[Hdu]:
    """Return the HDUs of a file; raises as `Fits.read`, which saves reading it again."""
    return list(Fits.read(path).hdus)


def verify(path: Path, name: str = "") -> int:
    """Check a file whole, with the checksums that it has; see `Fits.verify`.

    Libraries that add DATASUM and CHECKSUM in the order in which they write them call files of
    TESS damaged, which have no DATASUM; their HDUs add up to all ones as the standard wants.
    """
    return Fits.read(path, name).verify()


@contextmanager
def _naming(*names: str) -> Iterator[None]:
    try:
        yield
    except Malformed as reason:
        raise BadData(f"{', '.join(names)}: {reason}") from None


def _unpacked(data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except EOFError:
        raise Malformed("truncated: its gzip stream has no end") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise Malformed(f"damaged gzip stream: {error}") from None


def _check_magic(data: bytes) -> None:
    """Say what a file is that is not FITS."""
    if not data:
        raise Malformed("empty file, zero bytes")
    if data.startswith(b"SIMPLE  ="):
        return
    start = data[:64].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html")):
        raise Malformed("is an HTML page, not FITS")
    if start.startswith((b"{", b"[")):
        raise Malformed("is JSON, not FITS")
    raise Malformed(f"not FITS: begins with {data[:9]!r}")


def _hdus(data: bytes, name: str) -> Iterator[Hdu]:
    at = 0
    while at < len(data):
        if at and not data.startswith(b"XTENSION=", at):
            raise Malformed(f"{len(data) - at} bytes after the last HDU belong to none")
        hdu = _hdu(data, at, name)
        yield hdu
        at = hdu.stop


def _hdu(data: bytes, start: int, where: str) -> Hdu:
    header, data_start = read_header(data, start, where)
    kind = header.text("XTENSION") if start else "PRIMARY"
    name = header.text("EXTNAME", "" if start else "PRIMARY")
    size = _data_size(header)
    stop = data_start + padded(size)
    if stop > len(data):
        there = len(data) - data_start
        raise Malformed(f"truncated: {name or kind} has {there} bytes of data instead of {size}")
    return Hdu(name, kind, header, start, data_start, size, stop)


def _data_size(header: Header) -> int:
    """Return how many bytes of data follow a header: section 4.4.1, equations 1 and 2."""
    bits, sides = header.integer("BITPIX"), _sides(header)
    if bits not in _IMAGES:
        raise Malformed(f"damaged header: BITPIX is {bits}")
    if not sides:
        return 0
    groups, more = header.integer("GCOUNT", 1), header.integer("PCOUNT", 0)
    if min(groups, more, *sides) < 0:
        raise Malformed("damaged header: a size is negative")
    if sides[0] == 0 and header.get("GROUPS") is True:
        raise Malformed("random groups are not read")
    return abs(bits) // 8 * groups * (more + prod(sides))


def _sides(header: Header) -> list[int]:
    """Return the lengths of the axes, the fastest first."""
    n_axes = header.integer("NAXIS")
    if not 0 <= n_axes <= _MOST_AXES:
        raise Malformed(f"damaged header: NAXIS is {n_axes}")
    return [header.integer(f"NAXIS{n + 1}") for n in range(n_axes)]
