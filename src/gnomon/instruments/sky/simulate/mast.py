"""MAST on loopback: ``invoke``, downloads, missions and TESSCut, with its traps on demand.

>>> from gnomon.sim.service import Service
>>> from gnomon.instruments.sky.simulate.stars import make_sky
>>> mast = Mast(make_sky())
>>> with Service(mast.routes) as service:
...     service.url.startswith("http://127.0.0.1:")
True
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qs

from gnomon.instruments.sky.simulate.mast_holdings import (
    OBSERVATION_COLUMNS,
    PRODUCT_COLUMNS,
    Holdings,
    Row,
    Strange,
    TessFiles,
    chosen,
    near,
)
from gnomon.instruments.sky.simulate.mast_missions import Missions
from gnomon.instruments.sky.simulate.mast_tesscut import TessCut
from gnomon.instruments.sky.simulate.stars import Sky
from gnomon.sim.requests import Request
from gnomon.sim.service import Answer, Route, as_json, as_text

INVOKE = "/api/v0/invoke"
DOWNLOAD = "/api/v0.1/Download/file"
LOOKUP = "/api/v0.1/path_lookup"
STORAGE = "/mast-storage"
"""Where downloads are redirected to: under another name of this host."""
_FORM = "application/x-www-form-urlencoded"
_PREFIX = "mast:TESS/product/"
_MOST_LOOKUPS = 40
Question = Mapping[str, object]


@dataclass
class Mast:
    """MAST.

    Attributes
    ----------
    token : str
        The only one that is taken, as ``Authorization: token ...``; without one all is public.
    executing : int
        How often each question is answered with EXECUTING before its answer; one that differs in
        a single byte is a new question.
    error : str
        Every question is answered with this error, and status 200.
    most_page_rows : int
        Pages are smaller than asked for.
    most_rows : int
        A question that finds more rows is not answered: the connection breaks.
    more : sequence of Row
        Further observations, made by `plain_rows`.
    redirects : bool
        Downloads are answered with a redirect to ``localhost``.
    """

    sky: Sky
    tess_files: TessFiles = field(default_factory=TessFiles)
    token: str = "simulated-mast-token"  # noqa: S105  a simulated one
    executing: int = 0
    error: str = ""
    most_page_rows: int = 50_000
    most_rows: int = 500_000
    more: Sequence[Row] = ()
    redirects: bool = True
    tesscut: TessCut = field(init=False)
    missions: Missions = field(init=False)
    _polls: Counter[bytes] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.tesscut = TessCut(self.sky, self.tess_files.sectors, self.tess_files.days)
        self.missions = Missions(self.sky)

    @cached_property
    def holdings(self) -> Holdings:
        """What there is."""
        return Holdings(self.sky, self.tess_files, self.more)

    @property
    def routes(self) -> dict[str, Route]:
        """What answers where."""
        return {
            INVOKE: self._guarded(self._invoke),
            DOWNLOAD: self._guarded(self._download),
            LOOKUP: self._guarded(self._look_up),
            "/whoami": self._whoami,
            STORAGE: self._store,
            "/search": self._guarded(self.missions),
            "/tesscut/api/v0.1": self._guarded(self.tesscut),
        }

    def _guarded(self, route: Route) -> Route:
        def answer(request: Request) -> Answer:
            said = request.headers.get("authorization")
            if said is not None and said != f"token {self.token}":
                return as_json({"message": "Unauthorized"}, 401)
            return route(request)

        return answer

    def _whoami(self, request: Request) -> Answer:
        known = request.headers.get("authorization") == f"token {self.token}"
        return as_json({"anon": not known, "ezid": "anonymous" if not known else "simulated"})

    # -- invoke

    def _invoke(self, request: Request) -> Answer:
        form = request.body if request.verb == "POST" else request.query.encode()
        typed = request.headers.get("content-type", _FORM if request.verb == "GET" else "")
        asked = parse_qs(form.decode()).get("request") if typed.startswith(_FORM) else None
        if not asked:
            return _failed("Request is not valid: no request parameter")
        if self._is_busy(form):
            return as_json({"status": "EXECUTING", "msg": "", "percent complete": 50})
        if self.error:
            return _failed(self.error)
        try:
            return self._answered(json.loads(asked[0]))
        except Strange as strange:
            return _failed(str(strange))

    def _is_busy(self, form: bytes) -> bool:
        with self._lock:
            self._polls[form] += 1
            return self._polls[form] <= self.executing

    def _answered(self, asked: Question) -> Answer:
        service, params = asked.get("service"), asked.get("params")
        if not isinstance(params, dict):
            raise Strange("params are missing")
        if service == "Mast.Name.Lookup":
            return self._resolved(str(params.get("input", "")))
        if service == "Mast.Caom.Products":
            rows = self.holdings.products(str(params["obsid"]).split(","))
            return self._paged(asked, rows, PRODUCT_COLUMNS)
        found, columns = self._found(service, params), dict(OBSERVATION_COLUMNS)
        if service != "Mast.Caom.Filtered":
            columns |= {"distance": "float"}
        wanted = str(params.get("columns", "*"))
        if wanted == "COUNT_BIG(*)":
            return self._paged(asked, [{"Column1": len(found)}], {"Column1": "string"})
        if len(found) > self.most_rows:
            raise ConnectionResetError
        if wanted != "*":
            columns = {name: columns[name] for name in wanted.split(",")}
        return self._paged(asked, found, columns)

    def _found(self, service: object, params: Mapping[str, object]) -> list[Row]:
        rows = self.holdings.observations
        if service == "Mast.Caom.Cone":
            return near(rows, f"{params['ra']},{params['dec']},{params['radius']}")
        if service not in ("Mast.Caom.Filtered", "Mast.Caom.Filtered.Position"):
            raise Strange(f"no service is called {service}")
        filters = params.get("filters")
        found = chosen(rows, filters if isinstance(filters, list) else [])
        return found if service == "Mast.Caom.Filtered" else near(found, str(params["position"]))

    def _paged(self, asked: Question, rows: Sequence[Row], columns: Mapping[str, str]) -> Answer:
        size = min(int(str(asked.get("pagesize", 1000))), self.most_page_rows)
        page = int(str(asked.get("page", 1)))
        part = rows[(page - 1) * size : page * size]
        paging = {
            "page": page,
            "pageSize": size,
            "pagesFiltered": -(-len(rows) // size),
            "rows": len(part),
            "rowsFiltered": len(rows),
            "rowsTotal": len(rows),
        }
        answer = {
            "status": "COMPLETE",
            "msg": "",
            "data": [{name: row[name] for name in columns} | {"_selected_": None} for row in part],
            "fields": [{"name": name, "type": kind} for name, kind in columns.items()],
            "paging": paging,
        }
        answer["fields"].append({"name": "_selected_", "type": "boolean"})  # type: ignore[attr-defined]
        return as_json(answer)

    def _resolved(self, name: str) -> Answer:
        star = self.sky.named(name)
        found = []
        if star is not None:
            where = {"ra": star.ra_deg, "decl": star.dec_deg, "radius": 0.0167}
            found = [{"canonicalName": star.name, "resolver": "SIMBAD", "cached": True, **where}]
        return as_json({"resolvedCoordinate": found, "status": ""})

    # -- files

    def _download(self, request: Request) -> Answer:
        uri = parse_qs(request.query).get("uri", [""])[0]
        name = uri.removeprefix(_PREFIX)
        if self.holdings.body(name) is None:
            return as_json({"message": f"no file {uri}"}, 404)
        if not self.redirects:
            return self._file(name)
        host = request.headers.get("host", "").replace("127.0.0.1", "localhost")
        return Answer(status=302, headers=(("Location", f"http://{host}{STORAGE}/{name}"),))

    def _store(self, request: Request) -> Answer:
        if {"authorization", "cookie"} & set(request.headers):
            return as_text("<Error><Code>InvalidArgument</Code></Error>", 400, "application/xml")
        return self._file(request.path.removeprefix(f"{STORAGE}/"))

    def _file(self, name: str) -> Answer:
        body = self.holdings.body(name)
        if body is None:
            return as_text("<Error><Code>NoSuchKey</Code></Error>", 404, "application/xml")
        return Answer(body, content_type="application/octet-stream")

    def _look_up(self, request: Request) -> Answer:
        uris = parse_qs(request.query).get("uri", [])
        if len(uris) > _MOST_LOOKUPS:
            return as_json({"message": "too many URIs"}, 400)
        found = {}
        for uri in uris:
            name = uri.removeprefix(_PREFIX)
            held = self.holdings.body(name) is not None
            path = f"/tess/public/tid/{name}" if held else None
            found[uri] = {"status_code": 200 if held else 404, "path": path}
        return as_json(found)


def _failed(message: str) -> Answer:
    """Answer as MAST does: status 200, and the error inside."""
    return as_json({"status": "ERROR", "msg": message, "data": [], "fields": [], "paging": {}})


def plain_rows(number: int, *, column: str = "t_min") -> list[Row]:
    """Return many observations that differ in time, for questions over the row limit."""
    return [
        dict.fromkeys(OBSERVATION_COLUMNS)
        | {
            "obs_collection": "GALEX",
            "dataproduct_type": "image",
            "obs_id": f"plain-{n}",
            "s_ra": 360 * (n + 0.5) / number,
            "s_dec": 0.0,
            "obsid": 90_000_000 + n,
            "objID": 90_000_000 + n,
        }
        | ({column: 50_000.0 + n // 2} if column != "s_ra" else {})
        for n in range(number)
    ]
