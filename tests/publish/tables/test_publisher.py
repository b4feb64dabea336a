"""The publisher `tables`: datasets as slots of tables."""

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.core.dataset import Dataset
from gnomon.core.kinds import Kind
from gnomon.core.pipeline import validated
from gnomon.engine.discover import discover
from gnomon.errors import BadData, ConfigError, Corrupt, MissingExtra
from gnomon.publish.publisher import Receipt
from gnomon.publish.tables.publisher import TABLES, TablesConfig, TablesPublisher, needing_extra
from gnomon.store.hashing import sha256_of

DAYS = Kind(
    "suite.days",
    {"packet": str, "day": date},
    "{packet}/{day:%Y%m%d}/x_{packet}_{day:%Y%m%d}_v{version:03d}.csv",
)
JOBS = """
jobs:
  days:
    target_table: readings
    filename_match: x_hsk-pw_*.csv
    id_mapping: {at: {db_column: at, type: bigint}}
    filename_to_column:
      template: x_hsk-pw_[date].csv
      columns: {date: {db_column: file_date, type: date, use_to_delete_old_rows: true}}
  lasting:
    target_table: lasting
    filename_match: x_other_*.csv
    id_mapping: {at: at}
"""


@pytest.fixture
def publisher(url, tmp_path):
    return open_publisher(url, tmp_path)


def open_publisher(url, folder, **options):
    config = validated(TablesConfig, {"url": url, **options}, "publisher tables")
    return TablesPublisher(config, folder)


@pytest.fixture
def put(tmp_path):
    """Return a function that stores one version of a day, and returns dataset and path."""

    def stored(number, version, text, packet="hsk-pw", kind=DAYS):
        key = {"packet": packet, "day": date(2025, 11, number)}
        key = {name: key[name] for name in kind.keys}
        relative = kind.format(key, version)
        path = tmp_path / "store" / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        dataset = Dataset(
            1, kind.name, key, kind.text(key), version, relative, sha256_of(path), len(text), 0
        )
        return dataset, path

    return stored


def csv_of(*at, volts=1.5):
    return "at,volts\n" + "".join(f"{one},{volts}\n" for one in at)


def held(publisher, table="suite_days_hsk_pw"):
    query = f"SELECT at, volts, file_date FROM {table} ORDER BY at"
    return [(at, volts, str(day)) for at, volts, day in publisher.database.rows(query)]


def test_a_dataset_is_a_slot_of_its_kinds_table(publisher, put):
    dataset, path = put(2, 1, csv_of(1, 2))
    receipt = publisher.publish(dataset, path)
    assert receipt.target == 'suite_days_hsk_pw {"file_date": "2025-11-02"}'
    assert receipt.target == publisher.target(dataset)
    assert receipt.detail == "2 rows"
    assert held(publisher) == [(1, 1.5, "2025-11-02"), (2, 1.5, "2025-11-02")]
    assert publisher.holds(receipt)
    assert publisher.publish(dataset, path) == receipt


def test_any_version_takes_the_place_of_the_one_that_is_there(publisher, put):
    """Which one is current is for the catalogue to say: it may go back."""
    publisher.publish(*put(1, 1, csv_of(8, 9)))
    receipts = []
    for version, at in ((1, (1, 2)), (2, (2, 3, 4)), (1, (1, 2))):
        receipts.append(publisher.publish(*put(2, version, csv_of(*at, volts=version))))
        assert [row[:2] for row in held(publisher)[: len(at)]] == [(one, version) for one in at]
        assert [row[0] for row in held(publisher)[len(at) :]] == [8, 9]
        assert publisher.holds(receipts[-1])
    assert not publisher.holds(receipts[1])


def test_datasets_do_not_touch_each_other(publisher, put):
    one = publisher.publish(*put(1, 1, csv_of(1)))
    two = publisher.publish(*put(2, 1, csv_of(2)))
    publisher.publish(*put(1, 1, csv_of(1), packet="hsk-sci"))
    publisher.retract(one)
    assert held(publisher) == [(2, 1.5, "2025-11-02")]
    assert len(held(publisher, "suite_days_hsk_sci")) == 1
    assert (publisher.holds(one), publisher.holds(two)) == (False, True)
    publisher.retract(one)


def test_a_header_alone_is_published_and_taken_back(publisher, put):
    nothing = publisher.publish(*put(1, 1, csv_of()))
    assert nothing.detail == "no rows"
    assert publisher.holds(nothing)
    publisher.retract(nothing)
    publisher.publish(*put(1, 2, csv_of(1, 2)))
    receipt = publisher.publish(*put(1, 3, csv_of()))
    assert held(publisher) == []
    assert publisher.holds(receipt)


def test_a_table_that_is_gone_is_noticed(publisher, put, url, tmp_path):
    receipt = publisher.publish(*put(1, 1, csv_of(1)))
    with publisher.database._transaction() as connection:
        connection.execute("DELETE FROM _gnomon_loaded")
    assert not open_publisher(url, tmp_path).holds(receipt)


def test_the_table_says_what_identifies_its_rows(publisher, put):
    """A day whose rows something else tells apart too does not change that."""
    publisher.publish(*put(1, 1, "at,n\n1,1\n1,2\n"))
    publisher.publish(*put(2, 1, "at,n\n3,1\n4,1\n"))
    query = "SELECT at, n FROM suite_days_hsk_pw ORDER BY at, n"
    assert publisher.database.rows(query) == [(1, 1), (1, 2), (3, 1), (4, 1)]


def test_tables_and_keys_may_be_chosen(url, tmp_path, put):
    tables = {DAYS.name: {"table": "all packets", "key": ["at", "volts"]}}
    publisher = open_publisher(url, tmp_path, tables=tables)
    publisher.publish(*put(1, 1, csv_of(1)))
    publisher.publish(*put(1, 1, csv_of(2), packet="sci"))
    query = "SELECT at, file_packet FROM all_packets ORDER BY at"
    assert publisher.database.rows(query) == [(1, "hsk-pw"), (2, "sci")]
    assert publisher.database.key_of("all_packets") == ("at", "volts")
    publisher = open_publisher(url, tmp_path, tables={DAYS.name: {"table": "{nonsense}"}})
    with pytest.raises(ConfigError, match="does not fit"):
        publisher.publish(*put(1, 1, csv_of(1)))


def test_a_file_without_what_its_kind_has_is_refused(url, tmp_path, put):
    publisher = open_publisher(url, tmp_path, tables={DAYS.name: {"expects": ["volts"]}})
    with pytest.raises(BadData, match=r"lacks volts: it is no suite\.days"):
        publisher.publish(*put(1, 1, "at,value\n1,2\n"))
    publisher.publish(*put(1, 2, csv_of(1)))
    assert len(held(publisher)) == 1


def test_values_that_are_lost_are_told(url, tmp_path, put, caplog):
    said = JOBS.replace("    filename_to", "    columns: {volts: {type: float}}\n    filename_to")
    (tmp_path / "jobs.yml").write_text(said)
    publisher = open_publisher(url, tmp_path, jobs="jobs.yml")
    receipt = publisher.publish(*put(1, 2, csv_of(1, volts="3;5")))
    assert receipt.detail == "1 rows"
    assert receipt.flaw.startswith("1 values of ")
    assert "'3;5': null" in caplog.text


def test_a_column_becomes_a_text_before_it_loses_values(publisher, put, caplog):
    """Where nobody said what it holds."""
    publisher.publish(*put(1, 1, csv_of(1)))
    receipt = publisher.publish(*put(2, 1, csv_of(2, volts="high")))
    assert receipt.detail == "1 rows"
    assert "widen volts to text" in caplog.text
    assert [volts for _, volts, _ in held(publisher)] == ["1.5", "high"]


def test_parquet_is_published_with_its_types(publisher, tmp_path, put):
    dataset, _ = put(1, 1, csv_of(1))
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"at": pa.array([1], pa.uint32()), "volts": pa.array([2.0])}), path)
    assert publisher.publish(dataset, path).detail == "1 rows"
    assert held(publisher) == [(1, 2.0, "2025-11-01")]


def test_a_job_file_says_where_to(url, tmp_path, put):
    """Its names may be without version: users know some files by those alone."""
    (tmp_path / "jobs.yml").write_text(JOBS)
    publisher = open_publisher(url, tmp_path, jobs="jobs.yml")
    publisher.publish(*put(1, 1, csv_of(1, 2)))
    receipt = publisher.publish(*put(1, 2, csv_of(2)))
    assert receipt.target == 'readings {"file_date": "2025-11-01"}'
    assert held(publisher, "readings") == [(2, 1.5, "2025-11-01")]
    publisher.retract(receipt)
    assert held(publisher, "readings") == []
    with pytest.raises(ConfigError, match="no job takes x_sci_20251101_v001"):
        publisher.publish(*put(1, 1, csv_of(1), packet="sci"))
    with pytest.raises(ConfigError, match="has no column with use_to_delete_old_rows"):
        publisher.publish(*put(1, 1, csv_of(1), packet="other"))


def test_the_environment_says_which_database(url, tmp_path, put, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(ConfigError, match="set DATABASE_URL"):
        open_publisher("", tmp_path)
    (tmp_path / ".env").write_text(f"DATABASE_URL={url}\n")
    publisher = open_publisher("", tmp_path)
    publisher.publish(*put(1, 1, csv_of(1)))
    assert len(held(publisher)) == 1


def test_a_password_is_never_shown(tmp_path):
    secret = "postgresql://me:hunter2@nowhere.invalid/db"
    publisher = open_publisher(secret, tmp_path)
    assert "hunter2" not in repr(publisher.__dict__["_config"])
    with pytest.raises(Exception, match="nowhere") as caught:
        publisher.check()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("target", ["readings", 'readings {"a"', "readings {1}"])
def test_what_is_no_receipt_of_ours_is_corrupt(publisher, target):
    with pytest.raises(Corrupt, match="names no slot"):
        publisher.holds(Receipt("k", "n=1", 1, "0" * 64, target))


def test_it_can_be_named_in_a_pipeline():
    assert discover().publishers["tables"] is TABLES


def test_a_library_that_is_absent_names_its_extra():
    with pytest.raises(MissingExtra, match=r"gnomon\[tables\]"), needing_extra():
        raise ModuleNotFoundError(name="pyarrow")
    with pytest.raises(ModuleNotFoundError), needing_extra():
        raise ModuleNotFoundError(name="gnomon.typo")
