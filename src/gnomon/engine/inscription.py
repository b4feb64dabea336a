"""Versions inside files: a product that names its own version learns it at its commit."""

from __future__ import annotations

import mmap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gnomon.core.jobs import Product
from gnomon.core.kinds import MAJOR_MARK, MARK, MARK_IN_TWO_PARTS, MINOR_MARK, MINORS, Kind
from gnomon.store.hashing import sha256_of, size_of
from gnomon.store.store import sync


def leading_first(products: Sequence[Product], kinds: Mapping[str, Kind]) -> list[Product]:
    """Return products with those that stand beside others behind them."""
    return sorted(products, key=lambda product: bool(kinds[product.kind].beside))


def inscribed(product: Product, kind: Kind, version: int) -> Product:
    """Write a version where a product's file has marks for it; return the product as it is then.

    The bytes without it stay known as `content`, so that the same content is the same version.
    """
    if not kind.inscribed:
        return product
    path = Path(product.path)
    if not path.is_file() or not _inscribe(path, kind, version):
        return product
    sync(path)
    content = product.content or product.sha256
    return replace(product, sha256=sha256_of(path), size=size_of(path), content=content)


def _inscribe(path: Path, kind: Kind, version: int) -> bool:
    """Replace the marks in a file; those of fixed width in place, as binary formats need."""
    mark = MARK_IN_TWO_PARTS if kind.in_two_parts else MARK
    text = kind.version_text(version).encode()
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as body:
        changed, at = False, body.find(mark)
        while at >= 0 and len(text) == len(mark):
            body[at : at + len(mark)] = text
            changed, at = True, body.find(mark, at + len(mark))
        rest = body.find(MINOR_MARK) >= 0 or body.find(MAJOR_MARK) >= 0
    return _inscribe_numbers(path, kind, version) if rest else changed


def _inscribe_numbers(path: Path, kind: Kind, version: int) -> bool:
    """Replace the marks of a text file that stand for numbers."""
    major, minor = divmod(version, MINORS) if kind.in_two_parts else (0, version)
    body = path.read_bytes()
    body = body.replace(MAJOR_MARK, b"%d" % major).replace(MINOR_MARK, b"%d" % minor)
    path.write_bytes(body)
    return True
