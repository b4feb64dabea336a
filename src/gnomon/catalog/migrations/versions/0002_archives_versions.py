"""Versions that an archive gives, versions inside files, and files that were removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dataset", sa.Column("content", sa.String(64)))
    op.add_column("dataset", sa.Column("removed_us", sa.BigInteger))
    op.add_column("remote", sa.Column("version", sa.BigInteger))
    op.add_column("remote", sa.Column("path", sa.Text, nullable=False, server_default=""))
    replaces = sa.Column("replaces", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("remote", replaces)
