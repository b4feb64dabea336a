"""Drivers are optional, and nobody pays for those that are not used."""

import subprocess
import sys

import pytest

from gnomon.errors import MissingExtra
from gnomon.instruments.argo.load.publisher import open_database
from gnomon.instruments.argo.load.redis import Hot, RedisConfig
from gnomon.publish.databases.address import Address


@pytest.mark.parametrize(
    ("library", "extra", "opens"),
    [
        ("psycopg", "postgres", lambda f: open_database(Address("postgresql://h/d"), f)),
        ("duckdb", "duckdb", lambda f: open_database(Address("duckdb:///x.db"), f)),
        ("redis", "redis", lambda _: Hot(RedisConfig(url="redis://h"))),
    ],
)
def test_a_driver_that_is_absent_is_named_with_its_extra(
    tmp_path, monkeypatch, library, extra, opens
):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra, match=rf"{library}.*gnomon\[{extra}\]"):
        opens(tmp_path)


def test_drivers_are_imported_when_they_are_used():
    text = (
        "import sys, gnomon.instruments.argo.cli.load;"
        " print(*sorted({'psycopg', 'duckdb', 'redis', 'sqlite3'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", text]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    assert said.stdout.split() in ([], ["sqlite3"])  # the catalogue's own
