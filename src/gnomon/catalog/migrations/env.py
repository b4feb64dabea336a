"""Alembic's entry: runs on the connection that `gnomon.catalog.schema` hands over."""

from __future__ import annotations

from alembic import context

from gnomon.catalog.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
