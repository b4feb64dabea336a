"""What sources that ask for tables share: names of questions, and the places to ask about."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.instruments.sky.mast.names import resolve_each
from gnomon.instruments.sky.mast.search import Cone

if TYPE_CHECKING:
    import pyarrow as pa

    from gnomon.instruments.sky.mast.invoke import Mast

_READABLE = 40
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9.+-]+")


def slug(words: Iterable[str], question: str) -> str:
    """Return a name for a question that people can read and a path can hold.

    Parameters
    ----------
    words : iterable of str
        What it is about.
    question : str
        All of it: no two have the same name.
    """
    digest = hashlib.sha256(question.encode()).hexdigest()[:8]
    readable = readable_name("-".join(words))[:_READABLE].strip("-.")
    return f"{readable}-{digest}" if readable else digest


def readable_name(text: str) -> str:
    """Return a text with only what a path can hold."""
    return _NOT_IN_NAMES.sub("-", text).strip("-.").lower()


def place_name(ra_deg: float, dec_deg: float) -> str:
    """Return a place as a key: ``107.2700-70.0000``, degrees."""
    return f"{ra_deg:.4f}{dec_deg:+.4f}"


def places(
    mast: Mast, cones: Sequence[Cone], names: Sequence[str], radius_deg: float
) -> tuple[list[Cone], str]:
    """Return the cones, and those around the names; and which names nobody knows."""
    positions, flaw = resolve_each(mast, names)
    around = (
        Cone(name=one.name, ra_deg=one.ra_deg, dec_deg=one.dec_deg, radius_deg=radius_deg)
        for one in positions
    )
    return [*cones, *around], flaw


def write_answer(table: pa.Table, dest: Path) -> None:
    """Write an answer as Parquet: the same rows give the same bytes."""
    import pyarrow.parquet as pq  # noqa: PLC0415  heavy

    pq.write_table(table, dest, compression="zstd", use_dictionary=False)
