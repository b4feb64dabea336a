"""PostgreSQL: rows go in by binary COPY.

A float's position is a ``point`` (longitude, latitude), computed from the columns, under a GiST
index that, without PostGIS, serves ``ORDER BY position <-> point(-20, 40)`` and
``position <@ box '((-30,30),(-10,50))'``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pyarrow as pa

from gnomon.instruments.argo.load.binary import copy_stream
from gnomon.instruments.argo.load.database import Database
from gnomon.instruments.argo.load.schema import PROFILE_TABLE, Table, Type
from gnomon.publish.databases.psycopg import OnPostgres

_LOCKS = 1_095_911_247  # the namespace of our advisory locks, "ARGO" in ASCII
_POSITION = (
    "position point GENERATED ALWAYS AS (CASE WHEN latitude IS NOT NULL AND longitude IS NOT NULL"
    " THEN point(longitude, latitude) END) STORED"
)


class Postgres(OnPostgres, Database):
    """A PostgreSQL database; `address` is what libpq takes, user and password inside or not."""

    types: ClassVar = {
        **{kind: kind.value for kind in Type},
        Type.LETTER: '"char"',
        Type.TIME: "timestamptz",
    }
    mark = "%s"
    days_since = "extract(epoch FROM now() - {}) / 86400"
    millis = "(extract(epoch FROM {}) * 1000)::bigint"

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
