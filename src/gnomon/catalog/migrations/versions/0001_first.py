"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _catalogue()
    _jobs()
    _archives()


def _catalogue() -> None:
    clock = op.create_table(
        "clock",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(clock, [{"id": 1, "seq": 0}])
    op.create_table(
        "dataset",
        sa.Column("seq", _BIG, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(120), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("path", sa.Text, nullable=False, unique=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("tags", sa.Text, nullable=False, server_default="{}"),
        sa.Column("start_us", sa.BigInteger),
        sa.Column("stop_us", sa.BigInteger),
        sa.Column("quality", sa.String(16), nullable=False, server_default="good"),
        sa.Column("current", sa.Boolean, nullable=False),
        sa.Column("arrived_us", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False, index=True),
        sa.UniqueConstraint("kind", "key", "version"),
        sa.UniqueConstraint("kind", "key", "sha256"),
    )
    op.create_index(
        "one_current",
        "dataset",
        ["kind", "key"],
        unique=True,
        sqlite_where=sa.text("current IS 1"),
        postgresql_where=sa.text("current IS true"),
    )
    op.create_table(
        "flag",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("dataset", sa.BigInteger, nullable=False, index=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
    )


def _jobs() -> None:
    op.create_table(
        "job",
        sa.Column("fingerprint", sa.String(64), primary_key=True),
        sa.Column("slot", sa.Text, nullable=False, index=True),
        sa.Column("act", sa.String(8), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("item", sa.Text, nullable=False, server_default=""),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("owner", sa.String(200), nullable=False, server_default=""),
        sa.Column("lease_us", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("error", sa.String(64), nullable=False, server_default=""),
        sa.Column("message", sa.Text, nullable=False, server_default=""),
        sa.Column("trace", sa.Text, nullable=False, server_default=""),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("code", sa.String(64), nullable=False, server_default=""),
        sa.Column("started_us", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("finished_us", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("changed", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "slot",
        sa.Column("slot", sa.Text, primary_key=True),
        sa.Column("job", sa.String(64)),
        sa.Column("changed", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "lineage",
        sa.Column("job", sa.String(64), primary_key=True),
        sa.Column("way", sa.String(3), primary_key=True),
        sa.Column("role", sa.String(64), primary_key=True),
        sa.Column("dataset", sa.BigInteger, primary_key=True, index=True),
    )
    op.create_table(
        "metric",
        sa.Column("job", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(120), primary_key=True),
        sa.Column("value", sa.Double, nullable=False),
    )


def _archives() -> None:
    op.create_table(
        "remote",
        sa.Column("source", sa.String(120), primary_key=True),
        sa.Column("kind", sa.String(120), primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("stamp", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger),
        sa.Column("tags", sa.Text, nullable=False, server_default="{}"),
        sa.Column("optional", sa.Boolean, nullable=False),
        sa.Column("listed", sa.Boolean, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "source",
        sa.Column("name", sa.String(120), primary_key=True),
        sa.Column("cursor", sa.Text, nullable=False),
        sa.Column("listed_us", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for table in ("source", "remote", "metric", "lineage", "slot", "job", "flag", "dataset"):
        op.drop_table(table)
    op.drop_table("clock")
