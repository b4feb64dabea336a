"""SQLite and DuckDB files: who else may use them, and what is full."""

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from gnomon.errors import Full, PublishError
from gnomon.instruments.argo.load.publisher import DatabaseConfig, DatabasePublisher
from loads import Float

ANALYSIS = "argo.analysis"


def opened(name, folder):
    return DatabasePublisher(DatabaseConfig(url=f"{name}:///sub/file.db"), folder)


@pytest.mark.parametrize("name", ["sqlite", "duckdb"])
def test_paths_are_relative_to_the_project_and_folders_are_made(tmp_path, name):
    opened(name, tmp_path).publish(*Float().write(ANALYSIS, tmp_path))
    assert (tmp_path / "sub" / "file.db").stat().st_size > 1000


@pytest.mark.parametrize("name", ["sqlite", "duckdb"])
def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path, name):
    (tmp_path / "sub").mkdir()
    path = tmp_path / "sub" / "file.db"
    path.write_bytes(b"something else" * 1000)
    with pytest.raises(PublishError):
        opened(name, tmp_path).check()
    assert path.read_bytes() == b"something else" * 1000


def test_sqlite_can_be_read_while_it_is_loaded(tmp_path):
    publisher = opened("sqlite", tmp_path)
    publisher.publish(*Float().write(ANALYSIS, tmp_path))
    with publisher.database._transaction() as connection:
        connection.execute("DELETE FROM argo_level")
        other = sqlite3.connect(tmp_path / "sub" / "file.db")
        assert other.execute("SELECT count(*) FROM argo_level").fetchone() == (15,)
        other.close()


def test_sqlite_stores_integers_and_times_as_such(tmp_path):
    publisher = opened("sqlite", tmp_path)
    given = Float().column("temp_qc", 0, [1, None, 4, None, 1])
    publisher.publish(*given.write(ANALYSIS, tmp_path))
    publisher.publish(*given.write("argo.profiles", tmp_path))
    types = "SELECT DISTINCT typeof(temp_qc), typeof(temp), typeof(profile_id) FROM argo_level"
    found = publisher.database.rows(types)
    assert sorted(found) == [("integer", "real", "integer"), ("null", "real", "integer")]
    ((time,),) = publisher.database.rows("SELECT min(juld) FROM argo_profile")
    assert time == "2020-09-13T12:26:40.000000Z"


def test_a_full_sqlite_is_full_and_keeps_what_it_had(tmp_path):
    publisher = opened("sqlite", tmp_path)
    publisher.publish(*Float().write(ANALYSIS, tmp_path))
    with publisher.database.sessions.kept():
        with publisher.database.sessions.one() as connection:
            connection.execute("PRAGMA max_page_count = 60")
        with pytest.raises(Full, match=r"no space left for sqlite:///"):
            publisher.publish(*Float(levels=2000).write(ANALYSIS, tmp_path, 2))
    assert publisher.database.rows("SELECT count(*) FROM argo_level") == [(15,)]


def test_a_full_duckdb_is_full(tmp_path, monkeypatch):
    publisher = opened("duckdb", tmp_path)
    publisher.check()

    def full(*_):
        raise duckdb.IOException("IO Error: Could not write: No space left on device")

    monkeypatch.setattr(publisher.database, "_insert", full)
    with pytest.raises(Full):
        publisher.publish(*Float().write(ANALYSIS, tmp_path))


def test_a_duckdb_that_another_process_has_open_is_told_and_tried_again(tmp_path):
    publisher = opened("duckdb", tmp_path)
    (tmp_path / "sub").mkdir()
    text = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]);"
        " print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", text, tmp_path / "sub" / "file.db"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as other:
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(PublishError, match="lock") as caught:
            publisher.publish(*Float().write(ANALYSIS, tmp_path))
    assert caught.value.retry
    publisher.publish(*Float().write(ANALYSIS, tmp_path))


def test_nobody_holds_the_file_when_nothing_is_published(tmp_path):
    publisher = opened("duckdb", tmp_path)
    publisher.publish(*Float().write(ANALYSIS, tmp_path))
    text = "import duckdb, sys; print(duckdb.connect(sys.argv[1]).sql('FROM argo_load'))"
    command = [sys.executable, "-c", text, tmp_path / "sub" / "file.db"]
    deadline_s = time.monotonic() + 10
    while subprocess.run(command, check=False, capture_output=True).returncode:
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


@pytest.mark.parametrize("linger_s", [0.0, 0.01, 1.0])
def test_a_process_that_ends_leaves_a_whole_file(tmp_path, linger_s):
    """Nothing stays in a log beside it, which who copies the file would miss."""
    text = """
import sys
from pathlib import Path
from gnomon.publish.databases import sessions
from gnomon.instruments.argo.load.publisher import DatabaseConfig, DatabasePublisher
from loads import Float
sessions._LINGER_S = float(sys.argv[2])
folder = Path(sys.argv[1])
publisher = DatabasePublisher(DatabaseConfig(url="duckdb:///x.duckdb"), folder)
publisher.publish(*Float().write("argo.analysis", folder))
"""
    tests = Path(__file__).parents[3]
    env = {**os.environ, "PYTHONPATH": str(tests)}
    subprocess.run([sys.executable, "-c", text, tmp_path, str(linger_s)], check=True, env=env)
    assert [path.name for path in tmp_path.glob("x.*")] == ["x.duckdb"]
