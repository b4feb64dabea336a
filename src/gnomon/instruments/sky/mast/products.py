"""The files of observations, as MAST lists them, and which of them are light curves of TESS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from gnomon.instruments.sky.mast.invoke import Mast

SERVICE = "Mast.Caom.Products"
_AT_ONCE = 200
_CURVES = (
    (r"tess\d{13}-s(?P<sector>\d{4})-(?P<tic>\d{16})-\d{4}-(?P<product>s|a_fast)[-_]lc\.fits", ""),
    (
        r"hlsp_tess-spoc_tess_phot_(?P<tic>\d{16})-s(?P<sector>\d{4})_tess_v\d+_lc\.fits",
        "tess-spoc",
    ),
    (r"hlsp_qlp_tess_ffi_s(?P<sector>\d{4})-(?P<tic>\d{16})_tess_v\d+_llc\.fits", "qlp"),
)
_PATTERNS = tuple((re.compile(pattern), product) for pattern, product in _CURVES)


@dataclass(frozen=True)
class Product:
    """One file.

    Attributes
    ----------
    uri : str
        ``mast:TESS/product/...``.
    version : str
        Of the software that made it, as the archive says; may be empty.
    size : int, optional
        Bytes, as listed.
    """

    obsid: str
    collection: str
    name: str
    uri: str
    version: str
    size: int | None


@dataclass(frozen=True)
class CurveFile:
    """One light curve of TESS.

    Attributes
    ----------
    made_by : str
        ``s`` for 2 minutes and ``a_fast`` for 20 s by SPOC; ``tess-spoc``, ``qlp``.
    """

    tic: int
    sector: int
    made_by: str
    product: Product

    @property
    def key(self) -> tuple[int, int, str]:
        """What no two of them share."""
        return self.tic, self.sector, self.made_by


def products_of(mast: Mast, obsids: Sequence[str]) -> Iterator[list[Product]]:
    """Give the files of observations, those of many observations at a time.

    Parameters
    ----------
    obsids : sequence of str
        MAST's numbers (``obsid``), not the names (``obs_id``).

    Raises
    ------
    SourceError
        As for `Mast.table`.
    """
    for first in range(0, len(obsids), _AT_ONCE):
        batch = obsids[first : first + _AT_ONCE]
        yield list(_products(mast.table(SERVICE, {"obsid": ",".join(batch)})))


def _products(table: pa.Table) -> Iterator[Product]:
    wanted = ("obsID", "obs_collection", "productFilename", "dataURI", "prvversion", "size")
    for row in table.select([name for name in wanted if name in table.column_names]).to_pylist():
        uri = str(row.get("dataURI") or "")
        name = str(row.get("productFilename") or uri.rpartition("/")[2])
        size = row.get("size")
        yield Product(
            str(row.get("obsID") or ""),
            str(row.get("obs_collection") or ""),
            name,
            uri,
            str(row.get("prvversion") or ""),
            int(size) if isinstance(size, int | float) else None,
        )


def curves_among(products: Iterable[Product]) -> Iterator[CurveFile]:
    """Give the light curves among files, by their names; those of several sectors are none."""
    for product in products:
        for pattern, made_by in _PATTERNS:
            found = pattern.fullmatch(product.name)
            if found is not None and product.uri:
                told = found.groupdict()
                made = made_by or told["product"]
                yield CurveFile(int(told["tic"]), int(told["sector"]), made, product)
