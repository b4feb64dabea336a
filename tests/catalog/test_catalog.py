"""The catalogue on both databases, and its schema."""

import sqlite3
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from gnomon.catalog import catalog as catalog_module
from gnomon.catalog import schema, tables
from gnomon.catalog.catalog import Catalog
from gnomon.errors import CatalogError, ConfigError
from gnomon.testing.catalog import KINDS, CatalogSuite

MIGRATIONS = Path(schema.__file__).parent / "migrations"


class TestCatalog(CatalogSuite):
    """The suite, once on SQLite and once on PostgreSQL."""

    @pytest.fixture
    def url(self, url):
        return url


@pytest.fixture
def catalog(url):
    made = Catalog(url, KINDS)
    made.prepare()
    yield made
    made.close()


def test_the_newest_migration_is_the_one_that_is_expected():
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [schema.HEAD]


def _spelled(index):
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return str({**index, "dialect_options": options})


def description(connection):
    """Return columns with types and defaults, indexes and constraints, of every table."""
    inspector = sa.inspect(connection)
    found = {}
    for name in set(inspector.get_table_names()) - {"alembic_version"}:
        found[name] = (
            [(c["name"], str(c["type"]), c["nullable"], c["default"])
             for c in inspector.get_columns(name)],
            inspector.get_pk_constraint(name)["constrained_columns"],
            sorted(map(_spelled, inspector.get_indexes(name))),
            sorted(str(unique) for unique in inspector.get_unique_constraints(name)),
        )  # fmt: skip
    return found


def test_tables_and_migrations_describe_one_schema(catalog):
    with catalog.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
        migrated = description(connection)
    with catalog.writing() as writing:
        tables.metadata.drop_all(writing._connection)
        tables.metadata.create_all(writing._connection)
        declared = description(writing._connection)
        writing._connection.execute(tables.clock.insert().values(id=1, seq=0))
    assert migrated == declared


def test_the_index_for_one_current_version_is_partial(catalog):
    with catalog.reading() as connection:
        (index,) = [
            found for found in sa.inspect(connection).get_indexes("dataset")
            if found["name"] == "one_current"
        ]  # fmt: skip
        assert index["unique"]
        condition = index["dialect_options"][f"{connection.dialect.name}_where"]
        assert "current" in str(condition)


def test_processes_may_prepare_at_once(url):
    code = (
        "from gnomon.catalog.catalog import Catalog\n"
        f"catalog = Catalog({url!r}, {{}})\n"
        "catalog.prepare()\n"
        "catalog.close()\n"
    )
    command = [sys.executable, "-c", code]
    several = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    assert [process.communicate()[1] for process in several] == [b""] * 4


@pytest.mark.parametrize("text", ["no url", "oracle://a/b", "sqlite+nothing:///x"])
def test_what_is_no_address_is_refused_without_repeating_it(text):
    with pytest.raises(ConfigError) as caught:
        Catalog(f"{text}?secret", {})
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "gnomon.db").write_bytes(b"something else entirely" * 100)
    with pytest.raises(CatalogError, match="not a database"):
        Catalog(f"sqlite:///{tmp_path / 'gnomon.db'}", {}).prepare()


def test_a_wrong_name_is_refused_and_not_taken_for_a_lost_connection(new_postgres):
    url = sa.make_url(new_postgres()).set(database="nothing")
    catalog = Catalog(url.render_as_string(hide_password=False), {})
    with pytest.raises(CatalogError, match="does not exist") as caught:
        catalog.prepare()
    assert caught.type is CatalogError
    catalog.close()


def test_plain_postgresql_addresses_use_our_driver(new_postgres):
    url = sa.make_url(new_postgres()).set(drivername="postgresql")
    catalog = Catalog(url.render_as_string(hide_password=False), {})
    catalog.prepare()
    catalog.close()


@pytest.mark.parametrize(("text", "tries"), [("database is locked", 3), ("no such thing", 1)])
def test_switching_to_a_log_waits_for_others_that_do(monkeypatch, text, tries):
    asked = []

    class Connection:
        def execute(self, statement):
            asked.append(statement)
            if len(asked) < 3:
                raise sqlite3.OperationalError(text)

    monkeypatch.setattr("time.sleep", lambda _: None)
    with ExitStack() as stack:
        if tries == 1:
            stack.enter_context(pytest.raises(sqlite3.OperationalError))
        catalog_module._log_ahead(Connection())
    assert len(asked) == tries
