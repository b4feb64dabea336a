"""The archives of the simulated sky on loopback: IRSA, MAST and TESSCut on one port."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import fields

from gnomon.instruments.sky.irsa.access import TAP_VARIABLE, URL_VARIABLE
from gnomon.instruments.sky.mast.access import ADDRESS
from gnomon.instruments.sky.simulate.irsa import PATH, TAP_PATH, Irsa
from gnomon.instruments.sky.simulate.mast import Mast
from gnomon.instruments.sky.simulate.stars import Sky, Star
from gnomon.sim.faults import Fault
from gnomon.sim.service import Route, Service


class Services(Service):
    """A context manager: the archives that observed a sky, on 127.0.0.1.

    Parameters
    ----------
    sky : Sky
    irsa, mast : Irsa, Mast, optional
        Others than the usual ones, of the same sky.
    port : int
        0: any free one.
    faults : iterable of Fault
        What goes wrong from the start; patterns are of paths such as ``/api/v0/invoke``.

    Attributes
    ----------
    irsa : Irsa
    mast : Mast
    """

    def __init__(
        self,
        sky: Sky,
        *,
        irsa: Irsa | None = None,
        mast: Mast | None = None,
        port: int = 0,
        faults: Iterable[Fault] = (),
    ) -> None:
        self.sky = sky
        self.irsa = irsa or Irsa(sky)
        self.mast = mast or Mast(sky)
        routes: dict[str, Route] = {PATH: self.irsa, TAP_PATH: self.irsa.tap}
        routes |= self.mast.routes
        super().__init__(routes, port=port, faults=faults)

    def environment(self) -> dict[str, str]:
        """Return the variables that lead gnomon here, as a project's ``.env`` holds them."""
        return {
            URL_VARIABLE: f"{self.url}{PATH}",
            TAP_VARIABLE: f"{self.url}{TAP_PATH}",
            ADDRESS: self.url,
        }


def truth_csv(sky: Sky) -> str:
    """Return the stars as CSV: a list of targets with the truth beside them."""
    names = [field.name for field in fields(Star)]
    shown = {"ra_deg": "ra", "dec_deg": "dec"}
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([shown.get(name, name) for name in names])
    rows.writerows([getattr(star, name) for name in names] for star in sky.stars)
    return text.getvalue()
