"""The archives of IMAP on loopback: every service on one port, with tokens, records and faults.

>>> services = Services(Tokens(webpoda="dXNlcjpwYXNz"))
>>> services.webpoda.packets["MAG_HSK_PW"] = []
>>> with services:
...     services.urls.webpoda.startswith("http://127.0.0.1:")
True
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from gnomon.instruments.imap.simulate.holdings import KernelFile, ScienceFile, TableFile
from gnomon.instruments.imap.simulate.latis import Packet, Sample, WebPoda, WebTcad
from gnomon.instruments.imap.simulate.sdc import STORAGE, Sdc
from gnomon.instruments.imap.simulate.weather import Ialirt, Noaa
from gnomon.sim.faults import Fault
from gnomon.sim.service import Route, Service

__all__ = [
    "Ialirt",
    "KernelFile",
    "Noaa",
    "Packet",
    "Sample",
    "ScienceFile",
    "Sdc",
    "Services",
    "TableFile",
    "Tokens",
    "Urls",
    "WebPoda",
    "WebTcad",
]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the services want to see.

    Attributes
    ----------
    webpoda : str
        Base 64 of user and password; WebTCAD's too (``IMAP_WEBPODA_TOKEN``).
    sdc : str
        ``IMAP_API_KEY``.
    ialirt : str
        ``IALIRT_API_KEY``.
    """

    webpoda: str = "c2ltdWxhdGVkOnVzZXI="
    sdc: str = "simulated-sdc-key"
    ialirt: str = "simulated-ialirt-key"


@dataclass(frozen=True, slots=True)
class Urls:
    """The base addresses, each as the configuration of its source takes it; root: the port's."""

    root: str
    webpoda: str
    webtcad: str
    sdc: str
    ialirt: str
    noaa: str


class Services(Service):
    """A context manager: WebPODA, WebTCAD, SDC, I-ALiRT and NOAA on 127.0.0.1.

    What they hold is plain data that may change while they answer.

    Parameters
    ----------
    tokens : Tokens
        Anything else is refused: 401 by WebPODA and WebTCAD, 403 by SDC and I-ALiRT.
    port : int
        0: any free one.
    faults : iterable of Fault
        What goes wrong from the start. Patterns are of paths such as
        ``/webpoda/dap2/packets/SID2/MAG_HSK_PW.bin``, or of path and query.

    Attributes
    ----------
    webpoda, webtcad, sdc, ialirt, noaa
        The services.
    """

    def __init__(
        self,
        tokens: Tokens | None = None,
        *,
        port: int = 0,
        faults: Iterable[Fault] = (),
    ) -> None:
        self.tokens = tokens or Tokens()
        self.webpoda = WebPoda(self.tokens.webpoda)
        self.webtcad = WebTcad(self.tokens.webpoda)
        self.sdc = Sdc(self.tokens.sdc)
        self.ialirt = Ialirt(self.tokens.ialirt)
        self.noaa = Noaa()
        routes: dict[str, Route] = {
            "/webpoda": self.webpoda,
            "/webtcad": self.webtcad,
            "/sdc": self.sdc,
            STORAGE: self.sdc.store,
            "/ialirt": self.ialirt,
            "/noaa": self.noaa,
        }
        super().__init__(routes, port=port, faults=faults)

    def __enter__(self) -> Self:
        super().__enter__()
        self.sdc.storage_url = self.url + STORAGE
        return self

    @property
    def urls(self) -> Urls:
        """Where they answer."""
        root = self.url
        return Urls(
            root=root,
            webpoda=f"{root}/webpoda/dap2/packets/SID2/",
            webtcad=f"{root}/webtcad/latis/dap/",
            sdc=f"{root}/sdc",
            ialirt=f"{root}/ialirt",
            noaa=f"{root}/noaa/json/rtsw/",
        )

    def environment(self) -> dict[str, str]:
        """Return the variables that lead gnomon here, as a project's ``.env`` holds them."""
        urls, tokens = self.urls, self.tokens
        return {
            "IMAP_WEBPODA_TOKEN": tokens.webpoda,
            "IMAP_API_KEY": tokens.sdc,
            "IALIRT_API_KEY": tokens.ialirt,
            "WEBPODA_DATA_ACCESS_URL": urls.webpoda,
            "WEBTCAD_DATA_ACCESS_URL": urls.webtcad,
            "IMAP_DATA_ACCESS_URL": urls.sdc,
            "IALIRT_DATA_ACCESS_URL": urls.ialirt,
            "SOLAR1_ACE_DATA_ACCESS_URL": urls.noaa,
        }
