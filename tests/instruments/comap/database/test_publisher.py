"""`comap.sql`: observations in SQL, whatever order they come in."""

import itertools

import h5py
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.instruments.comap.published import ATTRIBUTES, OBSID, dataset_of, write_level2

from gnomon.errors import BadData, ConfigError, Corrupt
from gnomon.instruments.comap import kinds
from gnomon.instruments.comap.database.publisher import SQL, SqlConfig, SqlPublisher
from gnomon.instruments.comap.database.schema import (
    DATA,
    FLAGS,
    FLUX,
    LOADED,
    OF_OBSERVATION,
    SUMMARY,
)
from gnomon.instruments.comap.database.settling import places_of
from gnomon.instruments.comap.level1.flagged import Flagged
from gnomon.instruments.comap.level2.layout import NOISE2
from gnomon.publish.publisher import Receipt

STATE = f"SELECT processing_status, processing_error FROM {SUMMARY.name}"
PATHS = f"SELECT level1_path, level2_path FROM {DATA.name}"
BAD = f"SELECT pixel, frequency_band, comment FROM {FLAGS.name} WHERE NOT is_good ORDER BY 1, 2"


def everything(rows):
    """Return all rows but their numbers."""
    found = {}
    for table in OF_OBSERVATION:
        query = f"SELECT {', '.join(table.names)} FROM {table.name} ORDER BY {', '.join(table.key)}"
        found[table.name] = rows(query)
    return found


def test_a_level1_file_gives_an_observation_that_is_pending(publish, rows):
    publish("level1")
    columns = [column for column in DATA.names if not column.endswith("_path")]
    ((*values,),) = rows(f"SELECT {', '.join(columns)} FROM {DATA.name}")
    expected = {**ATTRIBUTES, "obsid": OBSID, "source": "TauA", "source_group": "Calibrator"}
    assert dict(zip(columns, values, strict=True)) == {name: expected[name] for name in columns}
    assert rows(STATE) == [("pending", None)]


def test_integers_are_stored_as_integers(publish, publisher, rows):
    publish("level1")
    kind = "pg_typeof" if "postgres" in type(publisher.database).__module__ else "typeof"
    query = ", ".join(f"{kind}({name})" for name in ("obsid", "nchan", "features"))
    ((*found,),) = rows(f"SELECT {query} FROM {DATA.name}")
    assert set(found) <= {"integer", "bigint"}


def test_every_feed_and_frequency_band_has_a_flag(publish, rows):
    publish("level1")
    places = [(feed, band) for feed in range(1, 20) for band in range(8)]
    query = f"SELECT pixel, frequency_band FROM {FLAGS.name} WHERE is_good ORDER BY 1, 2"
    assert rows(query) == places


def test_a_file_that_moves_leaves_its_old_path(publish, rows):
    publish("here")
    assert rows("SELECT * FROM old_path_data") == []
    publish("there")
    assert rows(PATHS) == [("/data/there.hd5", None)]
    assert rows("SELECT * FROM old_path_data") == [(OBSID, "/data/here.hd5")]


def test_a_file_that_vanished_has_no_path(publish, publisher, rows):
    publish("level1")
    publisher.retract(publish("here"))
    assert rows(PATHS) == [(None, None)]
    assert rows("SELECT * FROM old_path_data") == [(OBSID, "/data/here.hd5")]


def test_rows_that_somebody_deleted_are_no_hindrance(publish, publisher, rows):
    receipts = [publish("level1"), publish("here")]
    with publisher.database._transaction() as connection:
        for table in OF_OBSERVATION:
            connection.execute(f"DELETE FROM {table.name}")
    assert not publisher.holds(receipts[0])
    publisher.retract(receipts[1])
    assert not any(everything(rows).values())
    publish("there")
    assert rows(PATHS) == [("/data/there.hd5", None)]
    assert not publisher.holds(receipts[0])  # so it is published anew


@pytest.mark.parametrize("name", ["failed", "unreadable"])
def test_what_failed_is_bad_everywhere_with_its_reason(publish, publisher, rows, name):
    publish("flags")
    receipt = publish(name)
    reason = {"failed": "obsid 45285: no vane", "unreadable": "obsid 45285: no pointing"}[name]
    assert rows(STATE) == [("failed", reason)]
    assert [comment for _, _, comment in rows(BAD)] == [reason] * 152
    publisher.retract(receipt)
    assert rows(STATE) == [("pending", None)]
    assert len(rows(BAD)) == 4


def test_flags_mark_feeds_and_bands_and_are_taken_back(publish, publisher, rows):
    receipt = publish("flags")
    assert rows(BAD) == [(*at, "sidelobes") for at in ((1, 0), (1, 7), (19, 0), (19, 7))]
    publish("level1")
    publisher.retract(receipt)
    assert rows(BAD) == []


def test_a_flag_without_a_comment_says_whose_it_is():
    flags = [Flagged((1, 2), (0,)), Flagged((1,), (0, 1), "ice"), Flagged((1,), (0,), "dew")]
    assert places_of(flags) == {(1, 0): "ice; dew", (2, 0): "Observer Flag", (1, 1): "ice"}


def test_level2_brings_statistics_by_feed_and_frequency_band(publish, rows):
    publish("level2")
    columns = "pixel, frequency_band, unfiltered_white_noise, filtered_noise_index, n_spikes"
    query = f"SELECT {columns}, mean_atm_temp FROM {FLAGS.name} ORDER BY pixel, frequency_band"
    for feed, band, white, index, spikes, atmosphere in rows(query):
        number = (feed - 1) * 8 + band
        wanted = (number, 6000.0 + number, 3 * number, 1.5 + number) if feed < 3 else (None,) * 4
        assert (white, index, spikes, atmosphere) == wanted
    counted = f"SELECT pixel, frequency_band, n_nan_values FROM {FLAGS.name}"
    found = {at[:2]: at[2] for at in rows(counted) if at[2] is not None}
    assert found == {(f, b): 5 * ((f, b) == (1, 3)) for f in (1, 2) for b in range(8)}


def test_level2_completes_the_summary(publish, rows):
    publish("level2")
    assert rows(STATE) == [("complete", None)]
    query = "SELECT median_tsys, mean_tau, n_scans, calibrator_chi2, pointing_offset_el"
    ((tsys, tau, n_scans, chi2, offset),) = rows(f"{query} FROM {SUMMARY.name}")
    assert (tsys, tau, n_scans, offset) == (40.0, 9.0, 3, None)
    assert chi2 == pytest.approx(1.1075)
    query = "SELECT calibrator_flux, calibrator_flux_error, pointing_offset_az"
    ((*found,),) = rows(f"{query} FROM {SUMMARY.name}")
    assert found == pytest.approx([330.0075, 2.0 / 4, 0.0175])


def test_fluxes_of_a_calibrator_are_those_of_its_newest_file(publish, rows):
    for _ in range(2):
        publish("level2")
    columns = "feed, band, channel, source, mjd, measured_flux, flux_error, amplitude, chi2"
    found = rows(f"SELECT {columns} FROM {FLUX.name} ORDER BY 1, 2, 3")
    assert [row[:3] for row in found] == list(itertools.product((1, 2), range(4), (0, 1)))
    assert {row[4] for row in found[:8]} == {60650.0}
    assert found[9][3:] == pytest.approx(("TauA", 60674.5, 330.009, 2.0, 6.009, 1.109))


def test_level2_is_known_by_its_name_without_version(publisher, tmp_path, files, rows):
    version = tmp_path / "Level2_comap-0045285-2024-12-01-103000_v003.hd5"
    version.write_bytes(files["level2"].read_bytes())
    publisher.publish(dataset_of(kinds.LEVEL2, version), version)
    assert rows(PATHS) == [(None, str(version))]
    known = tmp_path / "Level2_comap-0045285-2024-12-01-103000.hd5"
    known.hardlink_to(version)
    publisher.publish(dataset_of(kinds.LEVEL2, version), version)
    assert rows(PATHS) == [(None, str(known))]


def test_retracting_level2_leaves_what_others_say(publish, publisher, rows):
    publish("level1")
    publish("flags")
    before = everything(rows)
    publisher.retract(publish("level2"))
    assert everything(rows) == before


def test_an_observation_of_which_nothing_is_left_is_gone(publish, publisher, rows):
    receipts = [publish(name) for name in ("level1", "here", "verdict", "flags", "level2")]
    for receipt in receipts:
        publisher.retract(receipt)
        publisher.retract(receipt)
    assert not any(everything(rows).values())
    assert rows(f"SELECT * FROM {LOADED.name}") == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["level1", "unreadable", "here", "verdict", "failed", "flags", "level2"]),
        st.booleans(),
    ),
    max_size=8,
)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory, files, published_as):
    """Return a function: all rows after files were published in one certain order; remembered."""
    known = {}

    def rows_after(names):
        if names not in known:
            folder = tmp_path_factory.mktemp("wanted")
            publisher = SqlPublisher(SqlConfig(), folder)
            with publisher.database.sessions.kept():
                for name in names:
                    path = files[name]
                    publisher.publish(dataset_of(published_as[name], path), path)
                known[names] = everything(publisher.database.rows)
        return known[names]

    return rows_after


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_rows_follow_from_what_there_is_not_from_its_order(
    publish, publisher, rows, published_as, wanted, steps
):
    for kind, obsid in publisher.database.loaded():
        publisher.database.remove(kind, obsid)
    current = {}
    for name, stays in steps:
        receipt = publish(name)
        current[published_as[name]] = name
        if not stays:
            publisher.retract(receipt)
            del current[published_as[name]]
    found = {name: sorted(map(repr, held)) for name, held in everything(rows).items()}
    order = tuple(sorted(current.values()))
    expected = {name: list(map(_alike(rows), held)) for name, held in wanted(order).items()}
    assert found == {name: sorted(map(repr, held)) for name, held in expected.items()}


def _alike(rows):
    """Return rows of SQLite as the other database tells them: it has booleans."""
    (((true,),),) = (rows("SELECT 1 = 1"),)
    place = FLAGS.names.index("is_good")

    def told(row):
        if len(row) != len(FLAGS.names):
            return row
        return (*row[:place], true if row[place] else not true, *row[place + 1 :])

    return told if true is True else lambda row: row


def test_what_is_published_is_held_until_it_is_retracted(publish, publisher):
    receipt = publish("level1")
    assert publisher.holds(receipt)
    publisher.retract(receipt)
    assert not publisher.holds(receipt)


def test_a_target_is_the_same_for_all_versions(publisher, files):
    first, second = (dataset_of(kinds.LEVEL2, files["level2"], version=v) for v in (1, 2))
    assert publisher.target(first) == publisher.target(second) == f"comap.level2 obsid={OBSID}"


def test_what_says_nothing_of_observations_is_refused(publisher, files):
    with pytest.raises(ConfigError, match="says nothing of observations"):
        publisher.publish(dataset_of(kinds.BINNED, files["level1"]), files["level1"])
    with pytest.raises(Corrupt, match="names no observation"):
        publisher.retract(Receipt(kinds.LEVEL1.name, "wmo=1", 1, "", ""))


def test_a_file_that_is_no_level2_is_told(publisher, tmp_path):
    path = tmp_path / "Level2.hd5"
    path.write_bytes(b"no HDF5")
    with pytest.raises(BadData, match=r"Level2\.hd5"):
        publisher.publish(dataset_of(kinds.LEVEL2, path), path)
    h5py.File(path, "w").close()
    with pytest.raises(BadData, match=r"Level2\.hd5 is no Level-2 file"):
        publisher.publish(dataset_of(kinds.LEVEL2, path), path)


def test_a_level2_file_of_other_shapes_is_told(publisher, tmp_path):
    path = write_level2(tmp_path / "Level2.hd5")
    name = f"{NOISE2}/binned_data/alpha"
    with h5py.File(path, "r+") as held:
        values = held[name][:2]
        del held[name]
        held[name] = values
    with pytest.raises(BadData, match=r"Level2\.hd5 is no Level-2 file"):
        publisher.publish(dataset_of(kinds.LEVEL2, path), path)


def test_a_table_that_is_another_is_refused(publisher):
    with publisher.database._transaction() as connection:
        connection.execute(f"CREATE TABLE {DATA.name} (obsid INTEGER PRIMARY KEY)")
    with pytest.raises(ConfigError, match="comap_data is another one"):
        publisher.check()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name"])
def test_an_address_of_no_database_is_refused(tmp_path, url):
    with pytest.raises(ConfigError, match="write sqlite:///"):
        SqlPublisher(SqlConfig(url=url), tmp_path)


def test_by_default_it_is_a_file_of_the_project(tmp_path):
    SQL.open(SQL.config(), tmp_path).check()
    assert (tmp_path / "comap.db").is_file()


def test_an_address_may_stand_in_the_environment(tmp_path):
    (tmp_path / ".env").write_text("COMAP_DATABASE_URL=sqlite:///other.db\n", encoding="utf-8")
    SQL.open(SQL.config(), tmp_path).check()
    assert (tmp_path / "other.db").is_file()
