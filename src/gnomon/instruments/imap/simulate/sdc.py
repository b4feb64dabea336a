"""The science data centre: query, download, upload, and the tables of kernels."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qsl

from gnomon.instruments.imap.simulate.holdings import (
    SCIENCE_NAME,
    KernelFile,
    ScienceFile,
    TableFile,
)
from gnomon.instruments.imap.simulate.latis import Refused
from gnomon.sim.requests import Request
from gnomon.sim.service import Answer, as_json, as_text

_PREFIX = "/sdc"
STORAGE = "/sdc-storage"
"""Where uploads go; in truth it is another host."""
_ANCILLARY_NAME = re.compile(
    r"imap_(?P<instrument>[a-z0-9]+)_(?P<descriptor>[^_]+)_(?P<start_date>\d{8})_"
    r"(?:(?P<end_date>\d{8})_)?(?P<version>v\d{3})\.(?P<extension>cdf|csv|dat|json)"
)
_VERSION = re.compile(r"latest|v\d{3}(\.\d{4})?")


@dataclass
class Sdc:
    """The science data centre.

    Attributes
    ----------
    key : str
        Wanted as ``x-api-key`` below ``/api-key``; the tables of kernels are public, and refuse a
        wrong key only.
    science, kernels, spin, small_forces : list
        What it has.
    uploads : dict of str to bytes
        What was put there, by name.
    redirects : bool
        Downloads are answered with a redirect to the storage on another host, ``localhost``.
    """

    key: str
    science: list[ScienceFile] = field(default_factory=list)
    kernels: list[KernelFile] = field(default_factory=list)
    spin: list[TableFile] = field(default_factory=list)
    small_forces: list[TableFile] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    redirects: bool = False
    storage_url: str = ""

    def __call__(self, request: Request) -> Answer:
        """Answer below ``/sdc``."""
        try:
            return self._routed(request)
        except Refused as refused:
            gateway = refused.status == _FORBIDDEN
            return as_json({"message": str(refused)} if gateway else str(refused), refused.status)

    def _routed(self, request: Request) -> Answer:
        if request.verb not in {"GET", "HEAD"}:
            raise Refused("Missing Authentication Token", 403)
        path = request.path.removeprefix(_PREFIX)
        given = request.headers.get("x-api-key")
        if given != self.key and not (given is None and path in _TABLES):
            raise Refused("Forbidden", 403)
        return self._answer(path.removeprefix("/api-key"), path, request)

    def _answer(self, short: str, path: str, request: Request) -> Answer:
        asked = dict(parse_qsl(request.query, keep_blank_values=True))
        if short in _TABLES:
            return as_json(_TABLES[short](self, asked))
        if short == path:
            raise Refused("Missing Authentication Token", 403)
        if short == "/query":
            return as_json(self._query(asked))
        verb, _, name = short.lstrip("/").partition("/")
        if verb == "upload":
            return as_json(self._grant(name))
        if verb == "download":
            return self._download(name)
        raise Refused("Missing Authentication Token", 403)

    # -- science

    def _query(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        if stray := set(asked) - _QUERY:
            raise Refused(f"{min(stray)} is not a valid query parameter")
        if asked.get("table", "science") != "science":
            raise Refused(f"table {asked['table']} is not simulated")
        days = {name: _day(asked[name]) for name in _QUERY_DAYS & set(asked)}
        if not _VERSION.fullmatch(asked.get("version", "latest")):
            raise Refused("Invalid version format")
        plain = {n: asked[n] for n in _QUERY_PLAIN & set(asked)}
        if asked.get("version", "latest") != "latest":
            plain["version"] = asked["version"]
        records = [
            record
            for record in (file.record for file in self.science)
            if all(record[name] == value for name, value in plain.items()) and _dated(record, days)
        ]
        latest = asked.get("version") == "latest" or asked.get("latest", "").lower() == "true"
        return _latest(records) if latest else records

    def _download(self, path: str) -> Answer:
        body = self._bodies().get(path)
        if body is None:
            raise Refused(f"{path} not found", 404)
        if self.redirects:
            where = self.storage_url.replace("127.0.0.1", "localhost")
            return Answer(status=302, headers=(("Location", f"{where}/{path}"),))
        return Answer(body, content_type="application/octet-stream")

    def _bodies(self) -> dict[str, bytes]:
        held: list[ScienceFile | KernelFile | TableFile] = [*self.science, *self.kernels]
        return {file.path: file.body for file in [*held, *self.spin, *self.small_forces]}

    # -- upload

    def _grant(self, name: str) -> str:
        if not name or "/" in name:
            raise Refused("No filename given for upload", 400)
        found = SCIENCE_NAME.fullmatch(name)
        if found is not None and "." not in found["version"]:
            raise Refused(f"Invalid filename {name}: its version has one part")
        if found is None and not _ANCILLARY_NAME.fullmatch(name):
            raise Refused(f"Invalid filename {name}")
        if name in self.uploads:
            raise Refused(f"{name} already exists", 409)
        return f"{self.storage_url}/{name}?X-Amz-Signature={self._sign(name)}"

    def _sign(self, name: str) -> str:
        return hashlib.sha256(f"{self.key}/{name}".encode()).hexdigest()

    def store(self, request: Request) -> Answer:
        """Answer the storage: PUT by a signed URL, GET of a redirected download."""
        name = request.path.removeprefix(STORAGE + "/")
        if "x-api-key" in request.headers or "authorization" in request.headers:
            return _storage_error("InvalidArgument", 400)
        if request.verb == "GET":
            body = self._bodies().get(name)
            if body is None:
                return _storage_error("NoSuchKey", 404)
            return Answer(body, content_type="application/octet-stream")
        signed = dict(parse_qsl(request.query)).get("X-Amz-Signature") == self._sign(name)
        # The content type is part of what is signed: the empty one.
        if not signed or request.headers.get("content-type", "") or request.verb != "PUT":
            return _storage_error("SignatureDoesNotMatch", 403)
        self.uploads[name] = request.body
        return Answer(content_type="")


def _storage_error(code: str, status: int) -> Answer:
    return as_text(f"<Error><Code>{code}</Code></Error>", status, "application/xml")


_FORBIDDEN = 403
_QUERY_PLAIN = {"instrument", "data_level", "descriptor", "extension", "repointing"}
_QUERY_DAYS = {"start_date", "end_date", "ingestion_start_date", "ingestion_end_date"}
_QUERY = _QUERY_PLAIN | _QUERY_DAYS | {"table", "version", "latest"}


def _day(text: str) -> str:
    try:
        if re.fullmatch(r"\d{8}", text):
            return f"{datetime.strptime(text, '%Y%m%d').replace(tzinfo=UTC):%Y%m%d}"
    except ValueError:
        pass
    raise Refused(f"{text!r} is no date such as 20251017")


def _dated(record: Mapping[str, Any], days: Mapping[str, str]) -> bool:
    begins, ingested = str(record["start_date"]), str(record["ingestion_date"])[:8]
    return days.get("start_date", begins) <= begins <= days.get("end_date", begins) and days.get(
        "ingestion_start_date", ingested
    ) <= ingested <= days.get("ingestion_end_date", ingested)


def _latest(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    best: dict[tuple[Any, ...], str] = {}
    for record in records:
        series = _series(record)
        best[series] = max(best.get(series, ""), record["version"])
    return [record for record in records if record["version"] == best[_series(record)]]


def _series(record: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(record[name] for name in ("data_level", "descriptor", "start_date", "repointing"))


# -- tables of kernels


def _spice_query(sdc: Sdc, asked: dict[str, str]) -> list[dict[str, Any]]:
    known = {"file_name", "start_time", "end_time", "type", "latest"} | _INGESTED
    _refuse_unknown(asked, known)
    chosen = _ingested([file.record for file in sdc.kernels], asked)
    if "start_time" in asked:
        chosen = [r for r in chosen if r["max_date_j2000"] >= _number(asked["start_time"])]
    if "end_time" in asked:
        chosen = [r for r in chosen if r["min_date_j2000"] <= _number(asked["end_time"])]
    if asked.get("type", "kernels") != "kernels":
        chosen = [r for r in chosen if r["kernel_type"] == asked["type"]]
    if "file_name" in asked:
        chosen = [r for r in chosen if PurePosixPath(r["file_name"]).name == asked["file_name"]]
    if asked.get("latest", "").lower() == "true":
        newest: dict[str, int] = {}
        for file in sdc.kernels:
            newest[file.root] = max(newest.get(file.root, 0), file.version)
        chosen = [r for r in chosen if r["version"] == newest[r["file_root"]]]
    return chosen


def _spin_table(sdc: Sdc, asked: dict[str, str]) -> list[dict[str, Any]]:
    _refuse_unknown(asked, _INGESTED)
    return _ingested([file.record for file in sdc.spin], asked)


def _small_forces_table(sdc: Sdc, asked: dict[str, str]) -> list[dict[str, Any]]:
    _refuse_unknown(asked, _INGESTED)
    return _ingested([file.record for file in sdc.small_forces], asked)


_INGESTED = {"start_ingest_date", "end_ingest_date"}
_TABLES: dict[str, Callable[[Sdc, dict[str, str]], list[dict[str, Any]]]] = {
    "/spice-query": _spice_query,
    "/spin-table": _spin_table,
    "/small-forces-table": _small_forces_table,
}


def _refuse_unknown(asked: Mapping[str, str], known: set[str]) -> None:
    if stray := set(asked) - known:
        raise Refused(
            f"{min(stray)} is not a valid query parameter. "
            f"Valid query parameters are: {sorted(known)}"
        )


def _ingested(records: list[dict[str, Any]], asked: Mapping[str, str]) -> list[dict[str, Any]]:
    """Keep what was ingested from the start of one day to the start of another, both in."""
    first, last = (_midnight(asked[n]) if n in asked else "" for n in sorted(_INGESTED)[::-1])
    return [
        record
        for record in records
        if first <= record["ingestion_date"] and (not last or record["ingestion_date"] <= last)
    ]


def _midnight(day: str) -> str:
    text = _day(day)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}, 00:00:00"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Refused(f"Invalid value: {text}") from None
