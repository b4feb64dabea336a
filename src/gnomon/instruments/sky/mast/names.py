"""Names of objects, looked up by MAST's resolver."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnomon.errors import NotFound, ServerFault

if TYPE_CHECKING:
    from gnomon.instruments.sky.mast.invoke import Mast

_log = logging.getLogger(__name__)
_SERVICE = "Mast.Name.Lookup"


@dataclass(frozen=True)
class Position:
    """Where an object is.

    Attributes
    ----------
    name : str
        As it was asked for.
    canonical : str
        As the resolver calls it.
    ra_deg, dec_deg : float
        ICRS.
    resolver : str
        Who knew it: ``SIMBAD``, ``NED``, ``TIC``, ...
    """

    name: str
    canonical: str
    ra_deg: float
    dec_deg: float
    resolver: str


def resolve(mast: Mast, name: str) -> Position:
    """Return where an object is.

    Raises
    ------
    NotFound
        Nobody knows the name; it is named.
    ServerFault
        The answer makes no sense.
    """
    head = mast.ask(_SERVICE, {"input": name, "format": "json"}).head
    found = head.get("resolvedCoordinate")
    if not found:
        raise NotFound(f"no resolver of MAST knows the name {name!r}")
    try:
        first = found[0]
        ra_deg, dec_deg = float(first["ra"]), float(first["decl"])
    except (KeyError, TypeError, ValueError):
        raise ServerFault(f"MAST resolves {name!r} to no position: {found!r:.200}") from None
    told = (str(first.get(key) or "") for key in ("canonicalName", "resolver"))
    canonical, resolver = told
    return Position(name, canonical or name, ra_deg % 360.0, dec_deg, resolver)


def resolve_each(mast: Mast, names: Iterable[str]) -> tuple[list[Position], str]:
    """Look up several names: one that nobody knows does not keep the others back.

    Returns
    -------
    positions : list of Position
        Of those that are known, in order.
    flaw : str
        Which are not; empty where all are.
    """
    positions, flaws = [], []
    for name in dict.fromkeys(names):
        try:
            positions.append(resolve(mast, name))
        except NotFound as error:
            _log.warning("%s", error)
            flaws.append(str(error))
    return positions, "; ".join(flaws)
