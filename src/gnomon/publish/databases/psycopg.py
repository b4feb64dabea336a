"""Psycopg: how PostgreSQL is reached, and what its errors mean."""

from __future__ import annotations

from typing import Any

from gnomon.errors import ConfigError, Full, MissingExtra, PublishError
from gnomon.publish.databases.address import Address

_PATIENCE_S = 10
_FULL = "53100"
_REFUSED = {"42501", "28000", "28P01", "3D000", "3F000", "42P16", "42809"}
_REFUSALS = ("authentication failed", "no password", "does not exist", "no pg_hba.conf entry")


def load_driver() -> Any:
    """Return Psycopg, which is an extra."""
    try:
        import psycopg  # noqa: PLC0415  an optional library
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "psycopg", "postgres") from error
    return psycopg


def connect(driver: Any, address: Address) -> Any:
    """Open a connection that commits what is no part of a transaction."""
    _, _, rest = address.get_secret_value().partition("://")
    return driver.connect(f"postgresql://{rest}", autocommit=True, connect_timeout=_PATIENCE_S)


def ours(error: Any, address: Address) -> Exception:
    """Return our own error for one of the driver, whose words may tell the password."""
    state = error.sqlstate or ""
    text = "; ".join(address.clean(str(error)).split("\n")).strip("; ")
    if state == _FULL:
        return Full(f"no space left in {address}: {text}")
    if state in _REFUSED or (not state and any(word in text for word in _REFUSALS)):
        return ConfigError(f"{address} refuses us: {text}")
    return PublishError(f"{address}: {text}")
