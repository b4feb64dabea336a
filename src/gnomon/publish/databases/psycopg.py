"""Psycopg: how PostgreSQL is reached, and what its errors mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gnomon.errors import ConfigError, Full, MissingExtra, PublishError
from gnomon.publish.databases.address import Address
from gnomon.publish.databases.transactions import Transactional

_PATIENCE_S = 10
_CONNECTIONS = 4
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


class OnPostgres(Transactional):
    """What databases in PostgreSQL have in common; stands before the class that says what for.

    Parameters
    ----------
    address : Address
        What libpq takes, user and password inside or not.
    """

    def __init__(self, address: Address) -> None:
        super().__init__(address, _CONNECTIONS)
        self._driver = load_driver()

    def _connect(self) -> Any:
        return connect(self._driver, self.address)

    def _columns(self, connection: Any, table: str) -> list[str]:
        """Return the names of a table's columns; none where it is absent."""
        query = (
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s)"
            " AND attnum > 0 AND NOT attisdropped"
        )
        return [name for (name,) in connection.execute(query, (table,)).fetchall()]

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except self._driver.Error as error:
            raise ours(error, self.address) from None
