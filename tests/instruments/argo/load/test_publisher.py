"""Loading into PostgreSQL, SQLite and DuckDB: one suite for all three."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from gnomon.errors import BadData, ConfigError, Corrupt, Full, PublishError
from gnomon.instruments.argo.load.database import STAGE, Load
from gnomon.instruments.argo.load.publisher import (
    DatabaseConfig,
    DatabasePublisher,
    open_database,
)
from gnomon.instruments.argo.load.rows import rows_of
from gnomon.instruments.argo.load.schema import FILLED_BY, TABLES, profile_id
from gnomon.instruments.argo.science.status import float_status
from gnomon.publish.databases.address import Address
from gnomon.publish.publisher import Receipt
from loads import START_US, Float

KINDS = tuple(FILLED_BY)
ANALYSIS = "argo.analysis"


def contents(rows):
    """Return everything that was loaded, but for when."""
    found = {
        table.name: sorted(rows(f"SELECT {', '.join(table.names)} FROM {table.name}"), key=str)
        for table in TABLES[:-1]
        if "juld" not in table.names
    }
    return found | {"argo_load": sorted(rows("SELECT wmo, kind, sha256 FROM argo_load"))}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_published_arrives_whole(publisher, rows, tmp_path, kind):
    dataset, path = Float().write(kind, tmp_path)
    receipt = publisher.publish(dataset, path)
    expected = rows_of(kind, path, 6901929)
    for table in FILLED_BY[kind]:
        assert rows(f"SELECT count(*) FROM {table.name}") == [(len(expected[table.name]),)]
    assert (receipt.kind, receipt.key, receipt.version) == (kind, "wmo=6901929", 1)
    assert receipt.sha256 == dataset.sha256
    assert receipt.target == publisher.target(dataset)
    assert publisher.holds(receipt)


def test_levels_have_their_values_flags_and_modes(publisher, rows, tmp_path):
    given = Float().column("psal", 1, [None, 35.5, 35.25, None, 1.0])
    given.column("psal_qc", 1, [9, 1, 2, 4, 3])
    publisher.publish(*given.write(ANALYSIS, tmp_path))
    number = profile_id(6901929, 2, "A", 0)
    found = rows(
        "SELECT level, pres, psal, psal_qc, psal_mode, psal_error, tests_failed, density_kg_m3"
        f" FROM argo_level WHERE profile_id = {number} ORDER BY level"
    )
    assert [row[0] for row in found] == [0, 1, 2, 3, 4]
    assert [row[1] for row in found] == [5.0 + 1 * 0 + 100.25 * n for n in range(5)]
    assert [row[2] for row in found] == [None, 35.5, 35.25, None, 1.0]
    assert [row[3] for row in found] == [9, 1, 2, 4, 3]
    assert {row[4:7] for row in found} == {("R", None, 0)}
    assert [row[7] for row in found] == [2.5 + n for n in range(5)]


def test_parameters_beyond_the_core_ones_are_rows(publisher, rows, tmp_path):
    given = Float(cycles=1).column("doxy", 0, [None, 201.5, None, 203.5, None])
    given.column("doxy_raw", 0, [None, 200.0, 202.0, None, None])
    for name in ("doxy_qc", "doxy_raw_qc"):
        given.column(name, 0, [None, 1, 4, 2, None])
    publisher.publish(*given.write(ANALYSIS, tmp_path))
    found = rows(
        "SELECT level, value, qc, raw, raw_qc, mode FROM argo_bgc_level"
        " WHERE parameter = 'DOXY' ORDER BY level"
    )
    assert found == [
        (1, 201.5, 1, 200.0, 1, "R"),
        (2, None, 4, 202.0, 4, "R"),
        (3, 203.5, 2, None, 2, "R"),
    ]
    assert rows("SELECT count(*) FROM argo_bgc_level WHERE parameter = 'CHLA'") == [(5,)]


def test_publishing_twice_changes_nothing(publisher, rows, tmp_path):
    dataset, path = Float().write(ANALYSIS, tmp_path)
    first = publisher.publish(dataset, path)
    before = contents(rows)
    assert publisher.publish(dataset, path) == first
    assert contents(rows) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_version_takes_the_place_of_the_old_and_back(publisher, rows, tmp_path, kind):
    small, large = Float(cycles=2), Float(cycles=4, levels=7)
    large.about["data_mode"] = ["D"] * 4
    large.tell(pi_name="Ä\0Ω")
    found = []
    for version, given in ((1, small), (2, large), (3, small)):
        receipt = publisher.publish(*given.write(kind, tmp_path, version))
        assert publisher.holds(receipt)
        found.append({name: rows for name, rows in contents(rows).items() if name != "argo_load"})
    assert found[0] == found[2]
    assert kind in {"argo.profiles", "argo.parameters"} or found[1] != found[0]
    assert rows("SELECT kind, version FROM argo_load") == [(kind, 3)]


def test_a_float_that_shrinks_loses_its_surplus(publisher, rows, tmp_path):
    publisher.publish(*Float(cycles=5, levels=9).write(ANALYSIS, tmp_path))
    publisher.publish(*Float(cycles=2, levels=3, beyond=()).write(ANALYSIS, tmp_path, 2))
    assert rows("SELECT count(*) FROM argo_level") == [(6,)]
    assert rows("SELECT count(*) FROM argo_bgc_level") == [(0,)]


def test_floats_do_not_touch_each_other(publisher, rows, tmp_path):
    receipts = {}
    for wmo in (6901928, 6901929, 6901930, 13857):
        for kind in KINDS:
            receipts[wmo, kind] = publisher.publish(*Float(wmo).write(kind, tmp_path))
    for kind in KINDS:
        publisher.retract(receipts[6901929, kind])
    held = {place for place, receipt in receipts.items() if publisher.holds(receipt)}
    assert held == {place for place in receipts if place[0] != 6901929}
    assert rows("SELECT count(*) FROM argo_level") == [(45,)]
    assert rows("SELECT count(*) FROM argo_float WHERE wmo = 6901929") == [(0,)]


def test_taking_back_twice_is_no_error(publisher, tmp_path):
    receipt = publisher.publish(*Float().write(ANALYSIS, tmp_path))
    publisher.retract(receipt)
    publisher.retract(receipt)
    assert not publisher.holds(receipt)


def test_what_somebody_deleted_is_missed_and_put_back(publisher, rows, target, tmp_path):
    dataset, path = Float().write(ANALYSIS, tmp_path)
    receipt = publisher.publish(dataset, path)
    with publisher.database._transaction() as connection:
        connection.execute("DELETE FROM argo_level")
        connection.execute("DELETE FROM argo_load")
    later = DatabasePublisher(DatabaseConfig(url=target), tmp_path)
    assert not later.holds(receipt)
    later.publish(dataset, path)
    assert later.holds(receipt)
    assert rows("SELECT count(*) FROM argo_level") == [(15,)]


def test_an_empty_product_leaves_no_rows(publisher, rows, tmp_path):
    publisher.publish(*Float().write(ANALYSIS, tmp_path))
    receipt = publisher.publish(*Float(cycles=0).write(ANALYSIS, tmp_path, 2))
    assert publisher.holds(receipt)
    assert rows("SELECT count(*) FROM argo_level") == [(0,)]


def test_texts_may_hold_anything(publisher, rows, tmp_path):
    name = "Ifremer — naïve 海 \U0001f30a 'quoted'; DROP TABLE argo_float; -- \\N \t\n"
    given = Float().tell(pi_name=name, project_name="a\0b", platform_type="", dac="x")
    publisher.publish(*given.write("argo.float", tmp_path))
    found = rows("SELECT pi_name, project_name, platform_type, dac, battery_type FROM argo_float")
    assert found == [(name, "a\\x00b", "", "x", None)]


def test_times_are_exact_and_utc(publisher, rows, tmp_path):
    given = Float(cycles=2)
    given.about["juld"] = [START_US + 123_000, None]
    given.tell(launch_date=datetime(1998, 2, 3, 4, 5, 6, tzinfo=UTC))
    publisher.publish(*given.write("argo.profiles", tmp_path))
    publisher.publish(*given.write("argo.float", tmp_path))
    millis = publisher.database.millis
    found = rows(f"SELECT {millis.format('juld')} FROM argo_profile ORDER BY cycle_number")
    assert found == [(START_US // 1000 + 123,), (None,)]
    found = rows(f"SELECT {millis.format('launch_date')} FROM argo_float")
    assert found == [(886_478_706_000,)]


# -- the view


AGES = [(1, "ACTIVE"), (44.9, "ACTIVE"), (45.1, "INACTIVE"), (539.9, "INACTIVE"), (541, "DEAD")]


@pytest.mark.parametrize(("days", "status"), AGES)
def test_a_float_is_active_by_its_last_profile(publisher, rows, tmp_path, days, status):
    given = Float(cycles=2)
    now_us = int(datetime.now(UTC).timestamp() * 1e6)
    given.about["juld"] = [now_us - int((days + 10) * 86.4e9), now_us - int(days * 86.4e9)]
    publisher.publish(*given.write("argo.profiles", tmp_path))
    found = rows("SELECT wmo, status, last_cycle, latitude, longitude FROM argo_float_status")
    assert found == [(6901929, status, 2, 41.0, -21.0)]
    now = datetime.now(UTC)
    assert float_status(now - timedelta(days=days), None, now) == status
    # A mission that ends some day has not ended.
    for end, told in ((now + timedelta(days=9), status), (now - timedelta(days=9), "INACTIVE")):
        given.tell(end_mission_date=end)
        publisher.publish(*given.write("argo.float", tmp_path))
        assert rows("SELECT status FROM argo_float_status") == [(told,)]
        assert float_status(now - timedelta(days=days), end, now) == told


def test_a_float_without_a_good_time_is_unknown_and_one_that_ended_inactive(
    publisher, rows, tmp_path
):
    given = Float(cycles=2).tell(float_type="deep")
    given.about["juld"], given.about["juld_qc"] = [START_US, None], [4, 9]
    for kind in ("argo.profiles", "argo.float"):
        publisher.publish(*given.write(kind, tmp_path))
    status = "SELECT float_type, status, latitude FROM argo_float_status"
    assert rows(status) == [("deep", "UNKNOWN", None)]
    given.tell(end_mission_date=datetime(2020, 1, 1, tzinfo=UTC))
    publisher.publish(*given.write("argo.float", tmp_path, 2))
    assert rows(status) == [("deep", "INACTIVE", None)]


def test_the_latest_position_may_be_older_than_the_latest_profile(publisher, rows, tmp_path):
    given = Float()
    given.about["latitude"][2] = given.about["longitude"][2] = None
    given.about["position_qc"] = [1, 4, 9]
    publisher.publish(*given.write("argo.profiles", tmp_path))
    found = rows("SELECT last_cycle, latitude, longitude FROM argo_float_status")
    assert found == [(3, 40.0, -20.0)]


# -- all or nothing


class Dies(Exception):
    pass


DEATHS = [
    *[(False, "_insert", 1), (False, "_insert", 2), (False, "_remember", 1)],
    *[(True, "_make_stage", 1), (True, "_insert", 1), (True, "_make_stage", 2)],
    *[(True, "_insert", 2), (True, "_remember", 1)],
]


@pytest.mark.parametrize(("is_known", "point", "call"), DEATHS)
def test_a_load_that_is_cut_short_leaves_the_old_rows(
    publisher, rows, tmp_path, monkeypatch, is_known, point, call
):
    if is_known:
        publisher.publish(*Float().write(ANALYSIS, tmp_path))
    else:
        publisher.database.prepare()
    before = contents(rows)
    calls = 0
    plain = getattr(publisher.database, point)

    def dies(*arguments):
        nonlocal calls
        calls += 1
        result = plain(*arguments)
        if calls == call:
            raise Dies
        return result

    monkeypatch.setattr(publisher.database, point, dies)
    dataset, path = Float(cycles=4).write(ANALYSIS, tmp_path, 2)
    with pytest.raises(Dies):
        publisher.publish(dataset, path)
    assert contents(rows) == before
    monkeypatch.undo()
    assert publisher.holds(publisher.publish(dataset, path))
    assert rows("SELECT count(*) FROM argo_level") == [(20,)]


def test_several_threads_load_at_once(publisher, rows, tmp_path):
    jobs = [
        Float(wmo, levels=50).write(kind, tmp_path)
        for wmo in range(6901900, 6901906)
        for kind in KINDS
    ]
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda job: publisher.publish(*job), jobs))
    assert all(publisher.holds(receipt) for receipt in receipts)
    assert rows("SELECT count(*) FROM argo_level") == [(6 * 3 * 50,)]


def test_two_loads_of_one_float_wait_for_each_other(target, tmp_path):
    jobs = [Float(cycles=n, levels=200).write(ANALYSIS, tmp_path, n) for n in (1, 2, 3, 4)]
    publishers = [DatabasePublisher(DatabaseConfig(url=target), tmp_path) for _ in range(2)]
    barrier = threading.Barrier(2)

    def work(number):
        barrier.wait()
        for job in jobs[number::2]:
            publishers[number].publish(*job)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    query = "SELECT count(*) FROM argo_level"
    (number,) = publishers[0].database.rows(query)[0]
    (said,) = publishers[0].database.rows("SELECT version FROM argo_load")[0]
    assert number == said * 200


# -- what is refused


def test_tables_of_the_same_name_are_left_alone(publisher, tmp_path):
    with publisher.database.sessions.one() as connection:
        connection.execute("CREATE TABLE argo_level (mine INTEGER)")
    with pytest.raises(ConfigError, match=r"argo_level is another one.*mine"):
        publisher.check()
    with pytest.raises(ConfigError):
        publisher.publish(*Float().write(ANALYSIS, tmp_path))
    with publisher.database.sessions.one() as connection:
        assert connection.execute("SELECT count(*) FROM argo_level").fetchone() == (0,)


def test_other_kinds_are_refused(publisher, tmp_path):
    _, path = Float().write(ANALYSIS, tmp_path)
    dataset, _ = Float().write("argo.profiles", tmp_path)
    for kind in ("argo.levels", "x"):
        other = type(dataset)(1, kind, {"wmo": 1}, "wmo=1", 1, "", "", 1, 1)
        with pytest.raises(ConfigError, match=r"cannot be loaded; these can: argo\.analysis"):
            publisher.publish(other, path)
    with pytest.raises(ConfigError, match="no table holds"):
        rows_of("x", path, 1)


def test_a_receipt_of_something_else_is_corrupt(publisher):
    with pytest.raises(Corrupt, match="names no float"):
        publisher.retract(Receipt(ANALYSIS, "only", 1, "", ""))


def test_bad_files_are_rejected_and_change_nothing(publisher, rows, tmp_path):
    publisher.publish(*Float().write(ANALYSIS, tmp_path))
    before = contents(rows)
    dataset, path = Float().write(ANALYSIS, tmp_path, 2)
    good = pq.read_table(path)
    bad = {
        "lacks the columns": good.drop_columns(["psal_mode"]),
        "is of the floats": Float(13857).analysis(),
        "cycle_number 10000": Float(cycles=1).column("cycle_number", 0, [10_000] * 5).analysis(),
        "n_prof -1": Float(cycles=1).column("n_prof", 0, [-1] * 5).analysis(),
    }
    for message, table in bad.items():
        pq.write_table(table, path)
        with pytest.raises(BadData, match=message):
            publisher.publish(dataset, path)
    path.write_bytes(b"no parquet")
    with pytest.raises(BadData, match=path.name):
        publisher.publish(dataset, path)
    assert contents(rows) == before


@pytest.mark.parametrize(
    "url",
    ["mysql://u:pässword@h/d", "file.db", "sqlite://", "sqlite:///:memory:", "duckdb:///", ""],
)
def test_addresses_that_make_no_sense_are_refused(tmp_path, url):
    with pytest.raises(ConfigError) as caught:
        open_database(Address(url), tmp_path)
    assert "pässword" not in str(caught.value)


def test_errors_are_ours(publisher, tmp_path):
    publisher.check()
    with pytest.raises(PublishError, match="nonsense"):
        publisher.database.rows("SELECT nonsense FROM argo_level")
    rows = rows_of(ANALYSIS, Float().write(ANALYSIS, tmp_path)[1], 6901929)
    twice = {name: type(table).from_batches(table.to_batches() * 2) for name, table in rows.items()}
    with pytest.raises(PublishError):  # the primary key holds
        publisher.database.replace(Load(6901929, ANALYSIS, "x", 1), twice)
    assert publisher.database.rows("SELECT count(*) FROM argo_level") == [(0,)]
    assert STAGE not in str(publisher.database.rows("SELECT * FROM argo_load"))
    assert issubclass(Full, Exception)
