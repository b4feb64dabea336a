"""PostgreSQL: rows go in by binary COPY.

A float's position is a ``point`` (longitude, latitude), computed from the columns, under a GiST
index that, without PostGIS, serves ``ORDER BY position <-> point(-20, 40)`` and
``position <@ box '((-30,30),(-10,50))'``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import pyarrow as pa

from gnomon.errors import ConfigError, Full, MissingExtra, PublishError
from gnomon.instruments.argo.load.binary import copy_stream
from gnomon.instruments.argo.load.database import Database
from gnomon.instruments.argo.load.schema import PROFILE_TABLE, Table, Type
from gnomon.publish.databases.address import Address

_CONNECTIONS = 4
_PATIENCE_S = 10
_LOCKS = 1_095_911_247  # the namespace of our advisory locks, "ARGO" in ASCII
_POSITION = (
    "position point GENERATED ALWAYS AS (CASE WHEN latitude IS NOT NULL AND longitude IS NOT NULL"
    " THEN point(longitude, latitude) END) STORED"
)
_FULL = "53100"
_REFUSED = {"42501", "28000", "28P01", "3D000", "3F000", "42P16", "42809"}
_REFUSALS = ("authentication failed", "no password", "does not exist", "no pg_hba.conf entry")


class Postgres(Database):
    """A PostgreSQL database; `address` is what libpq takes, user and password inside or not."""

    types: ClassVar = {
        **{kind: kind.value for kind in Type},
        Type.LETTER: '"char"',
        Type.TIME: "timestamptz",
    }
    mark = "%s"
    days_since = "extract(epoch FROM now() - {}) / 86400"
    millis = "(extract(epoch FROM {}) * 1000)::bigint"

    def __init__(self, address: Address) -> None:
        super().__init__(address, _CONNECTIONS)
        try:
            import psycopg  # noqa: PLC0415  an optional library
        except ModuleNotFoundError as error:
            raise MissingExtra(error.name or "psycopg", "postgres") from error
        self._driver = psycopg

    def _connect(self) -> Any:
        _, _, rest = self.address.get_secret_value().partition("://")
        return self._driver.connect(
            f"postgresql://{rest}", autocommit=True, connect_timeout=_PATIENCE_S
        )

    def _columns(self, connection: Any, table: str) -> list[str]:
        query = (
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s)"
            " AND attnum > 0 AND NOT attisdropped"
        )
        return [name for (name,) in connection.execute(query, (table,)).fetchall()]

    def _more_columns(self, table: Table) -> Sequence[str]:
        return [_POSITION] if table is PROFILE_TABLE else []

    def _definition(self, table: Table) -> list[str]:
        statements = super()._definition(table)
        if table is PROFILE_TABLE:
            index = f"CREATE INDEX {table.name}_position ON {table.name} USING gist (position)"
            statements.append(index)
        return statements

    def _lock(self, connection: Any, number: int) -> None:
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCKS, number))

    def _insert(self, connection: Any, into: str, table: Table, rows: pa.Table) -> None:
        command = f"COPY {into} ({', '.join(table.names)}) FROM STDIN (FORMAT binary)"
        with connection.cursor() as cursor, cursor.copy(command) as copy:
            for piece in copy_stream(rows):
                copy.write(piece)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except self._driver.Error as error:
            raise self._ours(error) from None  # the driver's own words may tell the password

    def _ours(self, error: Any) -> Exception:
        state, text = error.sqlstate or "", self.address.clean(str(error).strip())
        if state == _FULL:
            return Full(f"no space left in {self.address}: {text}")
        if state in _REFUSED or (not state and any(word in text for word in _REFUSALS)):
            return ConfigError(f"{self.address} refuses us: {text}")
        return PublishError(f"{self.address}: {text}")
