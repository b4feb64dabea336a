"""Writes CDF files, version 3.9, single file, row major, little-endian (IBMPC encoding).

After the CDF Internal Format Description (SPDF, GSFC): a descriptor record of the file (CDR, GDR),
one of each attribute (ADR) with its entries (ADEDR), one of each variable (zVDR) with an index
(VXR) to blocks of values. Blocks are gzip streams (CVVR), compressed by all processors at once.

Why not cdflib, which reads: it puts the time of day into the header of every gzip stream, so that
equal data make unequal files, and it compresses on one processor. Nothing here depends on a clock
or on the machine. Attributes are never compressed, so that the mark for a version in them can be
found and replaced by a text of the same length; blocks never hold it.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from gnomon.core.kinds import MARK
from gnomon.errors import BadData
from gnomon.formats.cdf import TT2000, TYPES, Cdf, Variable, type_of

LEVEL = 1
"""Of gzip. Measured on a burst day of field vectors: level 6 makes files 2 % smaller in three times
the time, since the low bits of measured doubles are noise."""
_WORTH = 1.03
"""Where looking for repetitions makes a first block smaller by less than this, none are looked for:
of noise that takes half the time."""
_BLOCK_BYTES = 1 << 18
_ATTEMPTS = 8
_THREADS = min(8, os.cpu_count() or 1)

_MAGIC = struct.pack(">II", 0xCDF30001, 0x0000FFFF)
_CDR, _GDR, _ADR, _AGREDR, _VXR, _VVR, _ZVDR, _AZEDR, _CPR, _CVVR = 1, 2, 4, 5, 6, 7, 8, 9, 11, 13
_CDR_BYTES, _GDR_BYTES = 312, 84
_VERSION = (3, 9, 0)
_LITTLE_ENDIAN, _ROW_MAJOR_ONE_FILE = 6, 0b11
_NEWEST_LEAP_SECOND = 20170101
_GLOBAL, _OF_VARIABLES = 1, 2
_VARIES, _PADDED, _COMPRESSED = 1, 2, 4
_GZIP = 5
_NAME_BYTES = 256
_COPYRIGHT = b"\nCommon Data Format (CDF)\nhttps://cdf.gsfc.nasa.gov\nSpace Physics Data Facility\n"
_TIMED = {"FILLVAL", "VALIDMIN", "VALIDMAX", "SCALEMIN", "SCALEMAX"}
"""Attributes that have the type of their variable; of times, that is not the one of their dtype."""


def write_cdf(path: Path, cdf: Cdf, *, level: int = LEVEL) -> None:
    """Write a file under another name first, then rename it.

    Parameters
    ----------
    path : Path
    cdf : Cdf
    level : int
        Of gzip, 0 to 9; 0 does not compress.

    Raises
    ------
    BadData
        A value has no CDF type, or a name is longer than 256 bytes.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as stream:
            _Writer(stream, level).write(cdf)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class _Writer:
    """Writes one file from start to end; what points forward is filled in at the end."""

    def __init__(self, stream: BinaryIO, level: int) -> None:
        self._stream, self._level = stream, level
        self._links: list[tuple[int, bytes]] = []

    def write(self, cdf: Cdf) -> None:
        self._stream.write(_MAGIC)
        self._stream.write(_descriptor())
        gdr = self._stream.tell()
        self._stream.write(bytes(_GDR_BYTES))
        first_attribute, n_attributes = self._attributes(cdf)
        first_variable = self._variables(list(cdf.variables.items()))
        general = struct.pack(
            ">qiqqqqiiiii",
            _GDR_BYTES,
            _GDR,
            0,
            first_variable,
            first_attribute,
            self._stream.tell(),
            0,
            n_attributes,
            -1,
            0,
            len(cdf.variables),
        )
        self._links.append((gdr, general + struct.pack(">qiii", 0, 0, _NEWEST_LEAP_SECOND, -1)))
        for where, data in self._links:
            self._stream.seek(where)
            self._stream.write(data)

    def _append(self, kind: int, body: bytes | bytearray | memoryview, head: bytes = b"") -> int:
        """Write a record; return where it begins."""
        where = self._stream.tell()
        self._stream.write(struct.pack(">qi", 12 + len(head) + len(body), kind) + head)
        self._stream.write(body)
        return where

    # -- attributes

    def _attributes(self, cdf: Cdf) -> tuple[int, int]:
        """Write all attributes; return where the first one is, and how many there are."""
        entries: dict[tuple[int, str], list[tuple[int, str, Any]]] = {}
        for name, values in cdf.attributes.items():
            entries[_GLOBAL, name] = [(i, "", value) for i, value in enumerate(values)]
        for number, variable in enumerate(cdf.variables.values()):
            for name, value in variable.attributes.items():
                typed = variable.type if name in _TIMED and variable.type == TT2000 else ""
                entries.setdefault((_OF_VARIABLES, name), []).append((number, typed, value))
        places = [
            self._attribute(number, scope, name, values)
            for number, ((scope, name), values) in enumerate(entries.items())
        ]
        self._chain(places)
        return (places[0] if places else 0), len(places)

    def _attribute(
        self, number: int, scope: int, name: str, entries: Sequence[tuple[int, str, Any]]
    ) -> int:
        last = max((entry for entry, _, _ in entries), default=-1)
        where = self._stream.tell()
        head = where + 324 if entries else 0
        ours, none = (head, len(entries), last), (0, 0, -1)
        (r_head, r_count, r_last), (z_head, z_count, z_last) = (
            (ours, none) if scope == _GLOBAL else (none, ours)
        )
        body = struct.pack(">qqiiiiiqiii", 0, r_head, scope, number, r_count, r_last, 0,
                           z_head, z_count, z_last, -1)  # fmt: skip
        self._append(_ADR, body + _name(name))
        kind = _AGREDR if scope == _GLOBAL else _AZEDR
        places = [self._entry(kind, number, *entry) for entry in entries]
        self._chain(places)
        return where

    def _entry(self, kind: int, attribute: int, number: int, typed: str, value: Any) -> int:
        name, count, data = _entry_bytes(value, typed)
        texts = value.count("\\N ") + 1 if isinstance(value, str) and kind == _AZEDR else 0
        fixed = (0, attribute, TYPES[name][0], number, count, texts, 0, 0, -1, -1)
        return self._append(kind, struct.pack(">qiiiiiiiii", *fixed) + data)

    def _chain(self, places: Sequence[int]) -> None:
        """Let every record point at the next one; the link stands after size and type."""
        for here, following in pairwise(places):
            self._links.append((here + 12, struct.pack(">q", following)))

    # -- variables

    def _variables(self, variables: Sequence[tuple[str, Variable]]) -> int:
        with ThreadPoolExecutor(_THREADS) as threads:
            places = [
                self._variable(threads, number, name, variable)
                for number, (name, variable) in enumerate(variables)
            ]
        self._chain(places)
        return places[0] if places else 0

    def _variable(
        self, threads: ThreadPoolExecutor, number: int, name: str, variable: Variable
    ) -> int:
        values, n_characters = _plain(variable, name)
        record = max(1, values.dtype.itemsize * int(np.prod(values.shape[1:], dtype=np.int64)))
        per_block = max(1, min(_BLOCK_BYTES // record, len(values)))
        flags = _PADDED | (_VARIES if variable.by_record else 0)
        compressed = self._level > 0 and len(values) > 1
        cpr = -1
        if compressed:
            flags |= _COMPRESSED
            cpr = self._append(_CPR, struct.pack(">iiii", _GZIP, 0, 1, self._level))
        else:
            per_block = max(1, len(values))
        blocks = _blocks(values, per_block * record)
        index = self._index(threads, blocks, per_block, len(values), compressed=compressed)
        sizes = values.shape[1:]
        body = struct.pack(">qiiqqiiiiiiiqi", 0, TYPES[variable.type][0], len(values) - 1, index,
                           index, flags, 0, 0, -1, -1, n_characters, number, cpr,
                           per_block if compressed else 1)  # fmt: skip
        body += _name(name) + struct.pack(
            f">i{2 * len(sizes)}i", len(sizes), *sizes, *[-1] * len(sizes)
        )
        return self._append(_ZVDR, body + _pad(variable.type, n_characters))

    def _index(
        self,
        threads: ThreadPoolExecutor,
        blocks: Sequence[memoryview],
        per_block: int,
        n_records: int,
        *,
        compressed: bool,
    ) -> int:
        """Write the blocks of a variable, then the record that says where each one is."""
        if not n_records:
            return 0
        if compressed:
            strategy = _strategy(blocks, self._level)
            squeezed = threads.map(lambda b: (_gzip(b, self._level, strategy), b), blocks)
            places = [
                self._append(_CVVR, small, struct.pack(">iq", 0, len(small)))
                if len(small) < len(block) or MARK in bytes(block)
                else self._append(_VVR, block)
                for small, block in squeezed
            ]
        else:
            places = [self._append(_VVR, block) for block in blocks]
        firsts = [i * per_block for i in range(len(places))]
        lasts = [min(first + per_block, n_records) - 1 for first in firsts]
        n = len(places)
        body = struct.pack(f">qii{n}i{n}i{n}q", 0, n, n, *firsts, *lasts, *places)
        return self._append(_VXR, body)


def _descriptor() -> bytes:
    version, release, increment = _VERSION
    fixed = struct.pack(
        ">qiqiiiiiiiii", _CDR_BYTES, _CDR, 8 + _CDR_BYTES, version, release, _LITTLE_ENDIAN,
        _ROW_MAJOR_ONE_FILE, 0, 0, increment, 2, -1,
    )  # fmt: skip
    return fixed + _COPYRIGHT.ljust(_CDR_BYTES - len(fixed), b"\0")


def _name(name: str) -> bytes:
    data = name.encode()
    if not data or len(data) >= _NAME_BYTES:
        raise BadData(f"CDF takes no name of {len(data)} bytes: {name[:20]!r}")
    return data.ljust(_NAME_BYTES, b"\0")


def _gzip(block: memoryview, level: int, strategy: int) -> bytes:
    """Compress as RFC 1952 has it, with no time in the header, and never with `MARK` inside.

    Four bytes turn up by chance once in 4 GB, and whoever puts the version into the file would
    write it over them. So the stream is cut where the values have them, or else somewhere.
    """
    found = [match.start() + 2 for match in re.finditer(MARK, block)]
    for attempt in range(_ATTEMPTS):
        cuts = sorted({*found, *(len(block) * i // (attempt + 1) for i in range(1, attempt + 1))})
        made = _deflated(block, cuts, level, strategy)
        if MARK not in made:
            return made
    raise BadData(f"a block of {len(block)} bytes cannot be compressed without {MARK!r} in it")


def _deflated(block: memoryview, cuts: Sequence[int], level: int, strategy: int) -> bytes:
    squeezer = zlib.compressobj(level, zlib.DEFLATED, 31, zlib.DEF_MEM_LEVEL, strategy)
    made = b""
    for start, stop in pairwise((0, *cuts)):
        made += squeezer.compress(block[start:stop]) + squeezer.flush(zlib.Z_FULL_FLUSH)
    return made + squeezer.compress(block[cuts[-1] if cuts else 0 :]) + squeezer.flush()


def _strategy(blocks: Sequence[memoryview], level: int) -> int:
    """Return how to compress the blocks of a variable, by the first of them."""
    plain = len(_gzip(blocks[0], level, zlib.Z_HUFFMAN_ONLY))
    searched = len(_gzip(blocks[0], level, zlib.Z_DEFAULT_STRATEGY))
    return zlib.Z_HUFFMAN_ONLY if plain <= _WORTH * searched else zlib.Z_DEFAULT_STRATEGY


def _blocks(values: NDArray[Any], size: int) -> list[memoryview]:
    data = values.reshape(-1).view(np.uint8).data
    return [data[start : start + size] for start in range(0, len(data), size)]


def _plain(variable: Variable, name: str) -> tuple[NDArray[Any], int]:
    """Return one row per record as the file has it, and the characters of one text."""
    values = variable.values if variable.by_record else variable.values[np.newaxis]
    if variable.type not in TYPES:
        raise BadData(f"variable {name}: type {variable.type} is not one that we write")
    dtype = TYPES[variable.type][1]
    if dtype != "S":
        kept = np.ascontiguousarray(values, dtype)
        return kept, 1
    texts = np.char.encode(values, "utf-8") if values.dtype.kind == "U" else values
    width = max(1, texts.dtype.itemsize)
    return np.ascontiguousarray(texts.astype(f"S{width}")), width


def _entry_bytes(value: Any, typed: str) -> tuple[str, int, bytes]:
    """Return the CDF type, the number of elements and the bytes of an attribute's entry."""
    if isinstance(value, str | bytes | bool):
        data = value if isinstance(value, bytes) else str(value).encode()
        return "CDF_CHAR", max(1, len(data)), data or b"\0"
    array = np.atleast_1d(np.asarray(value))
    if array.dtype.kind in "US":
        return _entry_bytes("\\N ".join(str(text) for text in array), "")
    name = typed or type_of(array)
    return name, array.size, np.ascontiguousarray(array, TYPES[name][1]).tobytes()


def _pad(name: str, n_characters: int) -> bytes:
    """Return what stands for a record that was never written (the library's own defaults)."""
    dtype = TYPES[name][1]
    if dtype == "S":
        return b" " * n_characters
    kind = np.dtype(dtype).kind
    if kind == "f":
        return np.array(-1e30, dtype).tobytes()
    limits = np.iinfo(dtype)
    pad = limits.min + 1 if kind == "i" else limits.max - 1
    return np.array(pad, dtype).tobytes()
