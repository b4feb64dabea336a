"""The environment names of the system whose job this is, as aliases of gnomon's own.

An installation that has them in its environment, or in `.env`, need not be configured again:

    FTP_SERVER, FTP_PORT         the mirror, ftp://FTP_SERVER:FTP_PORT
    HTTP_BASE_URL                the mirror, or the fallback where there is an FTP server
    FTP_TIMEOUT, HTTP_TIMEOUT    network.read_timeout_s
    FTP_MAX_RETRIES, HTTP_MAX_RETRIES    network.tries
    ARGO_DAC, FLOAT_IDS          the source's dacs and floats; commas between several
    LOCAL_CACHE_PATH, LOCAL_STAGE_PATH   root, where files are kept
    MAX_WORKERS                  loop.streams, downloads at a time
    PG_WRITE_URL, DATABASE_URL   where `gnomon argo load` writes; not gnomon's own catalogue
    LOG_LEVEL                    how much is logged

Gnomon's own names win, and what a command line says wins over both. FTP comes first, unless
FTP_SERVER is the host of the HTTPS mirror: that is the reference system's default, and no FTP
server answers there. What has no meaning here is told in `notes`, not dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from gnomon.core.pipeline import validated
from gnomon.errors import ConfigError
from gnomon.instruments.argo.gdac.config import FTP_MIRROR, HTTPS_MIRROR
from gnomon.instruments.argo.gdac.selection import read_wmos
from gnomon.settings import LoopSettings, NetworkSettings, Settings, environment

_ROOTS = {
    "ftp.ifremer.fr": urlsplit(FTP_MIRROR).path,
    "usgodae.org": "/pub/outgoing/argo",
    "nrlgodae1.nrlmry.navy.mil": "/pub/outgoing/argo",
}
"""Where the GDACs keep the archive on their FTP servers."""
_FTP_PORT = 21
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_USED = (
    *("FTP_SERVER", "FTP_PORT", "HTTP_BASE_URL", "FTP_TIMEOUT", "HTTP_TIMEOUT"),
    *("FTP_MAX_RETRIES", "HTTP_MAX_RETRIES", "ARGO_DAC", "FLOAT_IDS", "LOCAL_CACHE_PATH"),
    *("LOCAL_STAGE_PATH", "MAX_WORKERS", "PG_WRITE_URL", "DATABASE_URL", "LOG_LEVEL"),
)
_OWN_WAY = "gnomon does that in its own way"
_UNUSED = {
    "FTP_RETRY_DELAY": "waits grow by themselves, and Retry-After is obeyed",
    "ENABLE_INCREMENTAL_SYNC": "every sync is incremental",
    "BATCH_SIZE": "batches size themselves",
    "PROFILE_BATCH_LIMIT": "there is no limit",
    "PARQUET_STAGING_PATH": "say `gnomon argo export --output`",
    "OUTPUT_ARROW_FORMAT": "say what to export",
    "ARROW_COMPRESSION": "it is zstd",
    "PARQUET_COMPRESSION": "it is zstd",
    "LOG_FORMAT": _OWN_WAY,
    "ENVIRONMENT": _OWN_WAY,
    **dict.fromkeys(
        ("DB_POOL_SIZE", "DB_MAX_OVERFLOW", "DB_TIMEOUT", "DB_COMMAND_TIMEOUT"), _OWN_WAY
    ),
    **dict.fromkeys(
        ("S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_BUCKET_NAME", "S3_ENDPOINT", "S3_REGION"),
        "object stores are not published to",
    ),
}
_OTHERS = ("FTP_*", "ARGO_*", "HTTP_BASE_*", "HTTP_MAX_*")
_NOT_OURS = {"FTP_PROXY", "ARGO_GDAC"}


@dataclass(frozen=True)
class Aliases:
    """What the other names say.

    Attributes
    ----------
    source : mapping
        Options of the source `argo.gdac`.
    settings : mapping
        Settings, by section: ``{"root": ..., "network": {...}, "loop": {...}}``.
    load_url : SecretStr, optional
        The database that `gnomon argo load` writes to.
    log_level : str
        One of Python's, or nothing.
    notes : tuple of str
        What was taken from where, and what has no meaning here; without passwords.
    """

    source: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    load_url: SecretStr | None = None
    log_level: str = ""
    notes: tuple[str, ...] = ()

    def applied(self, settings: Settings) -> Settings:
        """Return settings with what they leave at its default taken from here."""
        known = settings.model_fields_set
        changed: dict[str, Any] = {}
        for name, value in self.settings.items():
            if isinstance(value, Mapping):
                section = getattr(settings, name)
                new = {k: v for k, v in value.items() if k not in section.model_fields_set}
                changed[name] = section.model_copy(update=new)
            elif name not in known:
                changed[name] = value
        return settings.model_copy(update=changed)


def aliased(folder: Path) -> Aliases:
    """Read the other names from the environment, and from `.env` in a folder.

    Raises
    ------
    ConfigError
        A value makes no sense; the message names its variable.
    """
    said = environment(folder, (*_USED, *_UNUSED, *_OTHERS))
    given = {name: said[name].strip() for name in _USED if said.get(name, "").strip()}
    notes: list[str] = []
    source: dict[str, Any] = {**_archive(given, notes), **_selected(given)}
    url = given.get("PG_WRITE_URL") or given.get("DATABASE_URL")
    settings = _settings(given, ftp_first=str(source.get("mirror")).startswith("ftp:"))
    notes += [f"{name} has no meaning here: {why}" for name, why in _UNUSED.items() if name in said]
    strange = said.keys() - {*_USED, *_UNUSED, *_NOT_OURS}
    notes += [f"{name} is not known" for name in sorted(strange)]
    return Aliases(
        source, settings, SecretStr(url) if url else None, _level(given), (*_taken(given), *notes)
    )


def _taken(given: Mapping[str, str]) -> tuple[str, ...]:
    hidden = {"PG_WRITE_URL", "DATABASE_URL"}
    shown = [name if name in hidden else f"{name}={_public(given[name])}" for name in given]
    return (f"taken from the environment: {', '.join(shown)}",) if shown else ()


def _public(value: str) -> str:
    """Leave user and password out of an address."""
    return value.rpartition("@")[2]


def _archive(given: Mapping[str, str], notes: list[str]) -> dict[str, str]:
    """Return mirror and fallback."""
    http, server = given.get("HTTP_BASE_URL", "").rstrip("/"), given.get("FTP_SERVER", "")
    if http and urlsplit(http).scheme not in {"http", "https"}:
        raise ConfigError(f"HTTP_BASE_URL={_public(http)!r} is no http(s) address")
    if (
        server
        and _host(server) == urlsplit(http or HTTPS_MIRROR).hostname
        and (urlsplit(http or HTTPS_MIRROR).scheme == "https")
    ):
        notes.append(f"FTP_SERVER={server} is the host of the HTTPS mirror, so it is not FTP's")
        http, server = http or HTTPS_MIRROR, ""
    ftp = _ftp_url(server, given.get("FTP_PORT", "")) if server else ""
    if ftp and http:
        return {"mirror": ftp, "fallback": http}
    return {"mirror": ftp or http} if ftp or http else {}


def _host(server: str) -> str | None:
    return urlsplit(server if "://" in server else f"ftp://{server}").hostname


def _ftp_url(server: str, port: str) -> str:
    parts = urlsplit(server if "://" in server else f"ftp://{server}")
    if parts.scheme != "ftp" or not parts.hostname:
        raise ConfigError(f"FTP_SERVER={_public(server)!r} is no FTP server")
    number = _number(port, "FTP_PORT", int) if port else _FTP_PORT
    at = parts.netloc if number == _FTP_PORT or parts.port else f"{parts.netloc}:{number:.0f}"
    return f"ftp://{at}{parts.path.rstrip('/') or _ROOTS.get(parts.hostname, '')}"


def _selected(given: Mapping[str, str]) -> dict[str, tuple[Any, ...]]:
    found: dict[str, tuple[Any, ...]] = {}
    if "FLOAT_IDS" in given:
        found["floats"] = read_wmos(given["FLOAT_IDS"], "FLOAT_IDS")
    if "ARGO_DAC" in given:
        found["dacs"] = tuple(part.strip() for part in given["ARGO_DAC"].split(",") if part.strip())
    return found


def _settings(given: Mapping[str, str], *, ftp_first: bool) -> dict[str, Any]:
    """Return settings; of two names of one thing, that of the protocol in use."""
    protocols = ("FTP", "HTTP") if ftp_first else ("HTTP", "FTP")
    network: dict[str, Any] = {}
    for option, suffix, kind in (
        ("read_timeout_s", "TIMEOUT", float),
        ("tries", "MAX_RETRIES", int),
    ):
        names = [f"{protocol}_{suffix}" for protocol in protocols]
        for name in names:
            if name in given and option not in network:
                network[option] = _number(given[name], name, kind)
    found: dict[str, Any] = {}
    for name in ("LOCAL_STAGE_PATH", "LOCAL_CACHE_PATH"):
        if name in given:
            found["root"] = Path(given[name])
    if network:
        found["network"] = validated(NetworkSettings, network, "network").model_dump(
            include=set(network)
        )
    if "MAX_WORKERS" in given:
        streams = {"streams": _number(given["MAX_WORKERS"], "MAX_WORKERS", int)}
        found["loop"] = validated(LoopSettings, streams, "MAX_WORKERS").model_dump(
            include=set(streams)
        )
    return found


def _number(text: str, name: str, kind: Callable[[str], float]) -> float:
    try:
        value = kind(text)
    except ValueError:
        raise ConfigError(f"{name}={text!r} is no number") from None
    if not value > 0:
        raise ConfigError(f"{name}={text!r} must be above zero")
    return value


def _level(given: Mapping[str, str]) -> str:
    level = given.get("LOG_LEVEL", "").upper()
    if level and level not in _LEVELS:
        raise ConfigError(f"LOG_LEVEL={level!r} is none of {', '.join(_LEVELS)}")
    return level
