"""Small files, and databases of either kind to load them into."""

import csv
import uuid
from pathlib import Path
from textwrap import indent

import psycopg
import pytest

from gnomon.publish.databases.address import Address
from gnomon.publish.tables.jobfile import read_jobs
from gnomon.publish.tables.loading import How, load_file, open_tables


@pytest.fixture(scope="session")
def postgres_url(new_postgres):
    return new_postgres()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """Return the URL of an empty database, or schema, once of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tables.db'}"
    whole, name = request.getfixturevalue("postgres_url"), f"s{uuid.uuid4().hex}"
    with psycopg.connect(whole.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return f"{whole}&options=-csearch_path%3D{name}"


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a CSV of rows (mappings) and returns its path."""

    def written(name, rows, columns=None):
        path = tmp_path / name
        names = columns or list(rows[0])
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, names)
            writer.writeheader()
            writer.writerows(rows)
        return path

    return written


@pytest.fixture
def database(url, tmp_path):
    """Return an empty database, once of either kind."""
    return open_tables(Address(url), tmp_path)


@pytest.fixture
def is_sqlite(url):
    return url.startswith("sqlite")


@pytest.fixture
def load(database, job_of):
    """Return a function that loads a file as a job, given as YAML, says."""

    def loaded(path, job, **how):
        return load_file(database, Path(path), job_of(job), How(**how))

    return loaded


@pytest.fixture
def job_of(tmp_path):
    """Return a function that reads a job, given as YAML."""

    def read(text):
        path = tmp_path / "jobs.yml"
        path.write_text("jobs:\n  job:\n" + indent(text, "    "))
        return read_jobs(path)["job"]

    return read


@pytest.fixture
def rows(database):
    """Return what a query finds."""
    return database.rows
