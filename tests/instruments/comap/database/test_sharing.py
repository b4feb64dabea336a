"""Several workers fill one database, which may be one that others made."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.instruments.comap.published import OBSID, dataset_of, record_of

from gnomon.instruments.comap import kinds
from gnomon.instruments.comap.database.publisher import SqlConfig, SqlPublisher
from gnomon.instruments.comap.database.schema import FLAGS, SUMMARY
from gnomon.instruments.comap.level1.verdict import Verdict

OLD = """
CREATE TABLE comap_data (
    obsid INTEGER NOT NULL PRIMARY KEY, level1_path VARCHAR, level2_path VARCHAR, bof VARCHAR,
    bw FLOAT, coeff_iq INTEGER, features INTEGER, fft_shift INTEGER, instrument VARCHAR,
    iqcalid INTEGER, level INTEGER, nbit INTEGER, nchan INTEGER, nint INTEGER, pixels VARCHAR,
    platform VARCHAR, source VARCHAR, source_group VARCHAR, telescope VARCHAR, tsamp FLOAT,
    utc_start VARCHAR, version VARCHAR, more VARCHAR);
INSERT INTO comap_data (obsid, level1_path, nchan, more) VALUES (45285, '/old', x'0004', 'kept');
"""


def definition_of(table):
    """Return a table as an object-relational mapper makes it: its defaults are in no statement."""
    columns = [f"{column.name} {column.rest.partition(' DEFAULT')[0]}" for column in table.columns]
    if table.numbered:
        columns = ["id INTEGER PRIMARY KEY", *columns]
    return f"CREATE TABLE {table.name} ({', '.join(columns)}, UNIQUE ({', '.join(table.key)}))"


def test_publishers_at_the_same_time_lose_nothing(target, tmp_path):
    publishers = [SqlPublisher(SqlConfig(url=target), tmp_path) for _ in range(3)]

    def publish(obsid):
        path = tmp_path / f"{obsid}.json"
        record_of(obsid).write(path)
        publishers[obsid % 3].publish(dataset_of(kinds.LEVEL1, path, obsid), path)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(publish, range(1, 10)))
    rows = publishers[0].database.rows
    assert rows(f"SELECT count(*) FROM {FLAGS.name}") == [(9 * 152,)]
    assert rows(f"SELECT count(*) FROM {SUMMARY.name}") == [(9,)]


def test_a_database_that_others_made_is_continued(tmp_path):
    with sqlite3.connect(tmp_path / "comap.db") as connection:
        connection.executescript(OLD)
    connection.close()
    publisher = SqlPublisher(SqlConfig(), tmp_path)
    path = tmp_path / "level1.json"
    record_of().write(path)
    publisher.publish(dataset_of(kinds.LEVEL1, path), path)
    query = "SELECT obsid, level1_path, nchan, more FROM comap_data"
    assert publisher.database.rows(query) == [(OBSID, "/old", 1024, "kept")]
    assert len(publisher.database.rows(f"SELECT id FROM {FLAGS.name}")) == 152


def test_flags_of_feeds_counted_from_nought_are_completed_and_left(tmp_path):
    with sqlite3.connect(tmp_path / "comap.db") as connection:
        connection.executescript(OLD)
        for table in (SUMMARY, FLAGS):
            connection.execute(definition_of(table))
        insert = f"INSERT INTO {FLAGS.name} ({', '.join(FLAGS.key)}, is_good) VALUES (?, ?, ?, 1)"
        places = [(OBSID, pixel, band) for pixel in range(19) for band in range(8)]
        connection.executemany(insert, places)
    connection.close()
    publisher = SqlPublisher(SqlConfig(), tmp_path)
    path = tmp_path / "verdict.json"
    Verdict.failed(OBSID, "no vane").write(path)
    publisher.publish(dataset_of(kinds.VERDICT, path), path)
    query = f"SELECT pixel, count(*), sum(is_good) FROM {FLAGS.name} GROUP BY pixel ORDER BY pixel"
    assert publisher.database.rows(query) == [(0, 8, 8), *((feed, 8, 0) for feed in range(1, 20))]
    state = f"SELECT processing_status FROM {SUMMARY.name}"
    assert publisher.database.rows(state) == [("failed",)]


@pytest.mark.parametrize("name", ["absent/folder/comap.db"])
def test_its_folder_is_made(tmp_path, name):
    SqlPublisher(SqlConfig(url=f"sqlite:///{name}"), tmp_path).check()
    assert (tmp_path / name).is_file()
