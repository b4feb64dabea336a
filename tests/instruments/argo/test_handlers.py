"""The handlers of function services, called with real events against real servers."""

import json
import shutil

import psycopg
import pytest

from gnomon.instruments.argo import handlers
from gnomon.instruments.argo.simulate.gdac import reissue, simulate_gdac
from gnomon.sim.archive import Archive

FIRST, SECOND = 3900001, 3900002
SCHEDULED = {"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}


@pytest.fixture
def gdac(tmp_path):
    return simulate_gdac(tmp_path / "gdac", floats=2, cycles=3, seed=4, levels=12)


@pytest.fixture(autouse=True)
def _site(gdac, tmp_path, monkeypatch):
    """A function's environment: an archive, and a disk of its own."""
    with Archive(gdac.folder) as archive:
        monkeypatch.setenv("HTTP_BASE_URL", archive.http_url)
        monkeypatch.setenv("LOCAL_CACHE_PATH", str(tmp_path / "cache"))
        monkeypatch.chdir(tmp_path)
        yield archive


def said(answer, code=200):
    assert answer["statusCode"] == code, answer
    return json.loads(answer["body"])


def test_the_events_of_the_reference_system():
    stats = said(handlers.sync_handler({"float_ids": [str(FIRST)]}, None))
    words = ("total_floats", "files_downloaded", "files_skipped", "bytes_downloaded", "errors")
    assert {*words, "start_time", "end_time"} <= set(stats)
    assert (stats["total_floats"], stats["errors"]) == (1, 0)
    assert stats["files_downloaded"] > 0
    made = said(handlers.process_handler({"float_id": str(FIRST)}, None))
    assert made["success"]
    assert made["float_id"] == str(FIRST)
    assert made["process_result"]["profiles_count"] >= 3
    assert said(handlers.sync_handler({"float_ids": [FIRST]}))["files_downloaded"] == 0


def test_the_names_of_the_reference_system_call_the_same():
    assert handlers.ftp_sync_handler is handlers.sync_handler
    assert handlers.netcdf_parser_handler is handlers.process_handler


def test_operations(monkeypatch):
    monkeypatch.setenv("ARGO_DAC", "aoml")
    event = {"operation": "sync", "float_id": str(SECOND)}
    assert said(handlers.lambda_handler(event))["total_floats"] == 1
    event = {"operation": "process", "float_id": str(SECOND)}
    assert said(handlers.lambda_handler(event))["process_result"]["profiles_count"] >= 3


def test_a_scheduled_event_updates_what_changed_lately(gdac):
    old = said(handlers.lambda_handler(SCHEDULED))
    assert old["files_downloaded"] == 0  # the simulated floats are of 2010
    reissue(gdac, {FIRST: [2]})
    forever = 40 * 365
    new = said(handlers.lambda_handler({"operation": "update", "days": forever}))
    assert new["total_floats"] == 2


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({}, "which floats"),
        ({"float_ids": ["none"]}, "float_ids.0"),
        ({"float_id": -1}, "float_id"),
        ({"operation": "delete"}, "operation"),
    ],
)
def test_an_event_that_makes_no_sense_is_400(event, reason):
    assert reason in said(handlers.sync_handler(event), 400)["error"]


def test_a_float_that_the_archive_lacks_is_500_with_the_reason():
    body = said(handlers.sync_handler({"float_ids": [1900001]}), 500)
    assert "lists no float 1900001" in json.dumps(body)


def test_an_archive_that_is_away_is_500(monkeypatch):
    monkeypatch.setenv("HTTP_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_MAX_RETRIES", "1")
    assert "failures" in said(handlers.sync_handler({"float_ids": [FIRST]}), 500)


def test_a_load_without_a_database_is_400():
    assert "DATABASE_URL" in said(handlers.load_handler({}), 400)["error"]


def test_the_tables_come_into_the_database(new_postgres, monkeypatch):
    url = new_postgres().replace("postgresql+psycopg://", "postgresql://")
    monkeypatch.setenv("DATABASE_URL", url)
    said(handlers.sync_handler({"float_ids": [FIRST, SECOND]}))
    assert said(handlers.load_handler({"float_id": FIRST}))["loaded"] > 0
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT wmo FROM argo_float").fetchall() == [(FIRST,)]
        levels = connection.execute("SELECT count(*) FROM argo_level").fetchone()[0]
    assert levels > 30


def test_a_disk_that_was_emptied_is_filled_again_as_far_as_needed(
    gdac, new_postgres, tmp_path, monkeypatch
):
    """A function finds an empty disk, and the catalogue on its server as it left it."""
    monkeypatch.setenv("GNOMON_DATABASE", new_postgres())
    said(handlers.sync_handler({"float_ids": [FIRST, SECOND]}))
    before = said(handlers.process_handler({"float_id": FIRST}))
    shutil.rmtree(tmp_path / "cache")
    reissue(gdac, {FIRST: [2]})
    again = said(handlers.sync_handler({"float_ids": [FIRST]}))
    assert again["files_downloaded"] > 1
    after = said(handlers.process_handler({"float_id": FIRST}))
    assert after["process_result"]["profiles_count"] == before["process_result"]["profiles_count"]
    assert not list((tmp_path / "cache").rglob(f"*{SECOND}*"))
