"""Decodes what no plan can express with `space_packet_parser`, packet by packet, where it can."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnomon.errors import MissingExtra
from gnomon.formats.packets.columns import Column
from gnomon.formats.packets.frames import Packets
from gnomon.formats.packets.rows import objects

_LIBRARY, _EXTRA = "space_packet_parser", "packets"


def parse(path: str, packets: Packets) -> dict[str, Column]:
    """Return the columns of packets that are of one container.

    Parameters
    ----------
    path : str
        Of the XTCE document.
    packets : Packets

    Raises
    ------
    MissingExtra
        `space_packet_parser` is not installed.
    NotImplementedError, ValueError
        It cannot decode them either.
    """
    _, own_errors = _library()
    try:
        definition = _definition(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # bits after the last parameter
            parsed = [definition.parse_bytes(packets.packet(n)) for n in range(len(packets))]
    except own_errors as error:
        raise ValueError(str(error)) from error
    names = list(dict.fromkeys(name for packet in parsed for name in packet))
    return {name: _column([packet.get(name) for packet in parsed]) for name in names}


def _library() -> tuple[Any, tuple[type[Exception], ...]]:
    """Return what reads documents, and the errors of the library's own."""
    try:
        from space_packet_parser import exceptions  # noqa: PLC0415 -- optional, heavy
        from space_packet_parser.xtce.definitions import XtcePacketDefinition  # noqa: PLC0415
    except ImportError:
        raise MissingExtra(_LIBRARY, _EXTRA) from None
    found = [one for one in vars(exceptions).values() if isinstance(one, type)]
    return XtcePacketDefinition, tuple(one for one in found if issubclass(one, Exception))


@lru_cache(maxsize=4)
def _definition(path: str) -> Any:
    reader, _ = _library()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # spellings that the standard lacks
        return reader.from_xtce(path)


def _column(found: list[Any]) -> Column:
    """Return the parsed values of one parameter; None where a packet lacks it."""
    present = np.array([one is not None for one in found])
    values = _array([None if one is None else _plain(one) for one in found])
    raw = _array([None if one is None else one.raw_value for one in found])
    return Column(values, raw, present=None if present.all() else present)


def _plain(value: Any) -> Any:
    """Return a value without the class that carries its raw value."""
    plain = next(base for base in (int, float, bytes, str) if isinstance(value, base))
    return bool(value) if type(value).__name__ == "BoolParameter" else plain(value)


def _array(values: list[Any]) -> NDArray[Any]:
    kinds = {type(value) for value in values}
    if kinds <= {int, float} or kinds == {bool}:
        try:
            return np.array(values)
        except OverflowError:
            pass
    return objects(values)
