"""The tables, for SQLite and PostgreSQL alike.

`changed` numbers every change of a row from one counter, so that a reader can ask for what is
new; `clock` holds that counter, and its row is the lock that lets one writer in at a time.
Times are microseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

metadata = MetaData()
_Seq = BigInteger().with_variant(Integer, "sqlite")

clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

dataset = Table(
    "dataset",
    metadata,
    Column("seq", _Seq, primary_key=True, autoincrement=True),
    Column("kind", String(120), nullable=False),
    Column("key", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("path", Text, nullable=False, unique=True),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("tags", Text, nullable=False, server_default="{}"),
    Column("start_us", BigInteger),
    Column("stop_us", BigInteger),
    Column("quality", String(16), nullable=False, server_default="good"),
    Column("current", Boolean, nullable=False),
    Column("arrived_us", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False, index=True),
    Column("content", String(64)),  # its sha256 before its version was written into it
    Column("removed_us", BigInteger),  # when its file was removed to save space
    UniqueConstraint("kind", "key", "version"),
    UniqueConstraint("kind", "key", "sha256"),
)
# NULLs are distinct in a UNIQUE constraint, so "one current version" must be a partial index.
Index(
    "one_current",
    dataset.c.kind,
    dataset.c.key,
    unique=True,
    sqlite_where=dataset.c.current.is_(true()),
    postgresql_where=dataset.c.current.is_(true()),
)

job = Table(
    "job",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("slot", Text, nullable=False, index=True),
    Column("act", String(8), nullable=False),
    Column("name", String(120), nullable=False),
    Column("key", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("config", Text, nullable=False),
    Column("item", Text, nullable=False, server_default=""),
    Column("state", String(16), nullable=False, index=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("owner", String(200), nullable=False, server_default=""),
    Column("lease_us", BigInteger, nullable=False, server_default="0"),
    Column("error", String(64), nullable=False, server_default=""),
    Column("message", Text, nullable=False, server_default=""),
    Column("trace", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("code", String(64), nullable=False, server_default=""),
    Column("started_us", BigInteger, nullable=False, server_default="0"),
    Column("finished_us", BigInteger, nullable=False, server_default="0"),
    Column("changed", BigInteger, nullable=False, index=True),
)

slot = Table(
    "slot",
    metadata,
    Column("slot", Text, primary_key=True),
    Column("job", String(64)),  # NULL: the cell was retired
    Column("changed", BigInteger, nullable=False, index=True),
)

lineage = Table(
    "lineage",
    metadata,
    Column("job", String(64), primary_key=True),
    Column("way", String(3), primary_key=True),  # "in", "out", or "was": out, before it ran again
    Column("role", String(64), primary_key=True),
    Column("dataset", BigInteger, primary_key=True, index=True),
)

metric = Table(
    "metric",
    metadata,
    Column("job", String(64), primary_key=True),
    Column("name", String(120), primary_key=True),
    Column("value", Double, nullable=False),
)

flag = Table(
    "flag",
    metadata,
    Column("id", _Seq, primary_key=True, autoincrement=True),
    Column("dataset", BigInteger, nullable=False, index=True),
    Column("status", String(16), nullable=False),
    Column("comment", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)

remote = Table(
    "remote",
    metadata,
    Column("source", String(120), primary_key=True),
    Column("kind", String(120), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("ref", Text, nullable=False),
    Column("stamp", Text, nullable=False),
    Column("size", BigInteger),
    Column("tags", Text, nullable=False, server_default="{}"),
    Column("optional", Boolean, nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("changed", BigInteger, nullable=False, index=True),
    Column("version", BigInteger),  # the archive's own
    Column("path", Text, nullable=False, server_default=""),
    Column("replaces", Boolean, nullable=False, server_default=false()),
)

source = Table(
    "source",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("cursor", Text, nullable=False),
    Column("listed_us", BigInteger, nullable=False),
)
