"""Files into PostgreSQL and SQLite: one suite for both."""

import threading
from datetime import date, datetime

import pytest

from gnomon.errors import BadData, ConfigError, PublishError
from gnomon.publish.databases.address import Address
from gnomon.publish.tables.loading import How, load_file, load_files, open_tables

DAYS = """
target_table: readings
id_mapping:
  at: {db_column: at, type: bigint, nullable: false}
columns:
  volts: {db_column: volts, type: float, nullable: false}
  mode: {db_column: mode, type: varchar(6), nullable: true}
filename_to_column:
  template: x_[date]_v[version].csv
  columns:
    date: {db_column: file_date, type: date, use_to_delete_old_rows: true}
"""


def day(*at, volts=1.5, mode="Normal"):
    return [{"at": one, "volts": volts, "mode": mode} for one in at]


def days_of(rows):
    return [tuple(row) for row in rows("SELECT at, volts, mode FROM readings ORDER BY at")]


def test_rows_arrive_as_they_are(write, load, rows, is_sqlite):
    made = [*day(1, 2), {"at": 3, "volts": "3.3652049479999997", "mode": ""}]
    change = load(write("x_20251102_v001.csv", made), DAYS)
    assert (change.rows, change.inserted, change.updated, change.deleted) == (3, 3, 0, 0)
    assert change.schema == ("create readings with 4 columns",)
    assert days_of(rows) == [
        (1, 1.5, "Normal"),
        (2, 1.5, "Normal"),
        (3, 3.3652049479999997, None),
    ]
    of_day = rows("SELECT DISTINCT file_date FROM readings")
    assert of_day == [("2025-11-02",) if is_sqlite else (date(2025, 11, 2),)]


def test_the_same_file_twice_changes_nothing(write, load, rows):
    path = write("x_20251102_v001.csv", day(1, 2))
    load(path, DAYS)
    change = load(path, DAYS)
    assert (change.inserted, change.updated, change.deleted, change.unchanged) == (0, 0, 0, 2)
    assert change.schema == ()
    assert len(days_of(rows)) == 2


def test_a_day_that_is_issued_again_loses_its_stale_rows(write, load, rows):
    """Also where the newer version has fewer rows; other days keep theirs."""
    load(write("x_20251101_v001.csv", day(10, 11)), DAYS)
    load(write("x_20251102_v001.csv", day(1, 2, 3)), DAYS)
    change = load(write("x_20251102_v002.csv", day(1) + day(2, volts=9) + day(5)), DAYS)
    assert (change.inserted, change.updated, change.deleted, change.unchanged) == (1, 1, 1, 1)
    assert [at for at, *_ in days_of(rows)] == [1, 2, 5, 10, 11]
    change = load(write("x_20251102_v003.csv", day(5)), DAYS)
    assert (change.rows, change.deleted) == (1, 2)
    assert [at for at, *_ in days_of(rows)] == [5, 10, 11]


def test_a_version_that_holds_only_a_header_empties_its_day(write, load, rows):
    load(write("x_20251101_v001.csv", day(10)), DAYS)
    load(write("x_20251102_v001.csv", day(1, 2)), DAYS)
    change = load(write("x_20251102_v002.csv", [], ["at", "volts", "mode"]), DAYS)
    assert (change.rows, change.deleted) == (0, 2)
    assert [at for at, *_ in days_of(rows)] == [10]
    # And one that holds less than a header is refused.
    empty = write("x_20251101_v002.csv", [], ["at"])
    empty.write_bytes(b"")
    with pytest.raises(BadData, match="is empty"):
        load(empty, DAYS)
    assert [at for at, *_ in days_of(rows)] == [10]


def test_a_header_alone_makes_the_table(write, load, rows):
    change = load(write("x_20251102_v001.csv", [], ["at", "volts", "mode"]), DAYS)
    assert change.schema == ("create readings with 4 columns",)
    assert days_of(rows) == []


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("v002", "v001"),
        ("v010", "v9"),
        ("v001.0010", "v001.0009"),
        ("v002.0001", "v001.0009"),
    ],
)
def test_a_newer_version_stays(write, load, rows, newer, older):
    """Versions are ordered by (major, minor): v001.0009 once beat v002.0001."""
    load(write(f"x_20251102_{newer}.csv", day(1, 2)), DAYS)
    old = write(f"x_20251102_{older}.csv", day(7, volts=0))
    change = load(old, DAYS)
    assert change.older_than.name == f"x_20251102_{newer}.csv"
    assert [at for at, *_ in days_of(rows)] == [1, 2]
    assert load(old, DAYS, newest_only=False).deleted == 2
    assert [at for at, *_ in days_of(rows)] == [7]


def test_a_row_that_another_day_had_is_told(write, load, rows):
    load(write("x_20251101_v001.csv", day(1, 2)), DAYS)
    change = load(write("x_20251102_v001.csv", day(2, 3)), DAYS)
    assert change.notes == ("1 rows were those of other files until now",)
    assert len(days_of(rows)) == 3
    assert load(write("x_20251102_v001.csv", day(2, 3)), DAYS).notes == ()


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (day(3, 4), (2, 0, ())),
        (day(2, 3, volts=7), (1, 1, ("1 rows were those of other files until now",))),
        (day(1, 2, 3) + day(4, mode="Calibration"), (2, 2, ("2 rows were those",))),
        (day(2) + day(3, volts=""), (1, 1, ("1 rows were those",))),
        ([], (0, 0, ())),
    ],
)
def test_a_new_file_goes_straight_into_its_table_and_else_fares_alike(
    write, load, database, rows, monkeypatch, made, told
):
    """Rows whose keys are there already bring it back to the way of those that were here."""
    kinds = ["at", "volts", "mode"]
    first, second = (
        write("x_20251101_v001.csv", day(1, 2)),
        write("x_20251102_v001.csv", made, kinds),
    )
    found = []
    for table in ("straight", "compared"):
        if table == "compared":
            monkeypatch.setattr(database, "_is_free", lambda *_: False)
        job = DAYS.replace("readings", table) + "indexes: [{name: at_mode, columns: [mode]}]\n"
        load(first, job)
        change = load(second, job)
        assert (change.inserted, change.updated, change.deleted) == (*told[:2], 0)
        assert len(change.notes) == len(told[2])
        assert all(
            note.startswith(words) for note, words in zip(change.notes, told[2], strict=True)
        )
        held = [(one.name, one.rows) for one in database.loaded() if one.table == table]
        assert held == [(first.name, 2), (second.name, len(made))]
        said = change.schema, change.notes, change.lost, change.rows
        found.append((said, rows(f"SELECT * FROM {table} ORDER BY at")))
    assert found[0] == found[1]


def test_rows_that_are_new_do_not_wait_to_be_compared(write, load, database, rows, monkeypatch):
    monkeypatch.setattr(database, "_stage", lambda *_: pytest.fail("they wait"))
    load(write("x_20251101_v001.csv", day(1, 2)), DAYS)
    load(write("x_20251102_v001.csv", day(3, volts="")), DAYS)
    assert days_of(rows) == [(1, 1.5, "Normal"), (2, 1.5, "Normal"), (3, None, "Normal")]


def test_a_table_of_others_that_refuses_no_key_twice_gets_none_twice(write, load, rows, database):
    with database._transaction() as connection:
        connection.execute(
            "CREATE TABLE readings (at bigint, volts float, mode text, file_date date)"
        )
        connection.execute("INSERT INTO readings VALUES (1, 9, 'Normal', '2025-11-01')")
    change = load(write("x_20251102_v001.csv", day(1, 2)), DAYS)
    assert (change.inserted, change.updated) == (1, 1)
    assert change.notes == ("1 rows were those of other files until now",)
    assert days_of(rows) == [(1, 1.5, "Normal"), (2, 1.5, "Normal")]


# -- what identifies a row


TWO_KEYS = DAYS.replace("columns:\n  volts", "  count: count\ncolumns:\n  volts", 1)


def test_rows_that_differ_but_have_one_key_are_refused(write, load, rows):
    """crump says that it synced them all, and keeps the last: 16 of 20 mode changes."""
    load(write("x_20251101_v001.csv", day(7)), DAYS)
    rows_of_day = [one | {"count": at} for at, one in enumerate(day(1, 2, 2, 3))]
    path = write("x_20251102_v001.csv", [one | {"volts": at} for at, one in enumerate(rows_of_day)])
    words = r"x_20251102_v001\.csv: rows that differ in volts have the same key at=2$"
    with pytest.raises(BadData, match=words):
        load(path, DAYS)
    assert [at for at, *_ in days_of(rows)] == [7]
    assert load(path, TWO_KEYS.replace("readings", "others")).inserted == 4


def test_the_column_that_tells_rows_apart_is_named(write, load):
    made = [one | {"count": at} for at, one in enumerate(day(1, 2, 2))]
    job = DAYS.replace("columns:\n  volts", "columns:\n  count: count\n  volts", 1)
    with pytest.raises(BadData, match="with count in id_mapping they are told apart"):
        load(write("x_20251102_v001.csv", made), job)


def test_rows_that_stand_there_twice_alike_are_one(write, load, rows):
    change = load(write("x_20251102_v001.csv", day(1, 2, 2, 1)), DAYS)
    assert (change.rows, change.notes) == (2, ("2 rows stand there twice, alike",))
    assert len(days_of(rows)) == 2


@pytest.mark.parametrize("value", ["", "x"])
def test_a_key_that_is_null_is_refused(write, load, value):
    with pytest.raises(BadData, match=r"x_20251102_v001\.csv, row 2: at is null or no bigint"):
        load(write("x_20251102_v001.csv", day(1, value)), DAYS)


def test_a_table_with_another_key_is_refused(write, load):
    load(write("x_20251102_v001.csv", day(1)), DAYS)
    path = write("x_20251103_v001.csv", [day(1)[0] | {"count": 1}])
    with pytest.raises(ConfigError, match="are identified by at, and the job says at, count"):
        load(path, TWO_KEYS)


def test_a_file_without_its_key_columns_is_refused(write, load, rows):
    load(write("x_20251102_v001.csv", day(1)), DAYS)
    with pytest.raises(BadData, match=r"x_20251102_v002\.csv lacks at, which identify its rows"):
        load(write("x_20251102_v002.csv", [{"time": 1, "value": 2}]), DAYS)
    assert len(days_of(rows)) == 1


# -- values that do not fit


def test_columns_widen_and_come_as_they_are_needed(write, load, rows):
    job = DAYS.replace("bigint", "integer").replace("type: float", "type: integer")
    load(write("x_20251101_v001.csv", day(1, volts=2)), job)
    load(write("x_20251102_v001.csv", day(3_000_000_000, volts=2.5, mode="Calibration")), job)
    more = job.replace("columns:\n  volts", "columns:\n  new: {type: date}\n  volts", 1)
    made = [day(5, volts="")[0] | {"new": "2025-11-03"}]
    change = load(write("x_20251103_v001.csv", made), more)
    assert "add new date" in change.schema
    assert days_of(rows) == [
        (1, 2, "Normal"),
        (5, None, "Normal"),
        (3_000_000_000, 2.5, "Calibration"),
    ]
    assert [str(one) for (one,) in rows("SELECT new FROM readings ORDER BY at")] == [
        "None",
        "2025-11-03",
        "None",
    ]


def test_what_happens_to_the_table_is_told(write, load, is_sqlite):
    job = DAYS.replace("bigint", "integer")
    load(write("x_20251101_v001.csv", day(1)), job)
    path = write("x_20251102_v001.csv", day(3_000_000_000, volts="", mode="Calibration"))
    assert load(path, job).schema == (
        *([] if is_sqlite else ["widen at to bigint"]),  # whose integers have 64 bits anyway
        "widen mode to varchar(11)",
        "allow null in volts",
    )
    assert load(path, job).schema == ()


def test_a_table_that_is_made_anew_keeps_its_indexes_and_its_rows(write, load, rows, is_sqlite):
    job = DAYS + "indexes: [{name: idx_mode, columns: [{column: mode, order: DESC}]}]\n"
    load(write("x_20251101_v001.csv", day(1)), job)
    load(write("x_20251102_v001.csv", day(2, mode="Calibration")), job)
    assert len(days_of(rows)) == 2
    if is_sqlite:
        query = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        query = (
            "SELECT indexname FROM pg_indexes WHERE indexname = 'idx_mode'"
            " AND schemaname = current_schema()"
        )
    assert rows(query) == [("idx_mode",)]


def test_what_fits_nowhere_is_null_counted_and_told(write, load, rows):
    job = DAYS.replace("nullable: false}\n  mode", "nullable: true}\n  mode")
    change = load(write("x_20251102_v001.csv", day(1) + day(2, volts="3,5")), job)
    assert change.lost == 1
    assert change.notes == ("1 values of volts do not fit float, such as '3,5': null",)
    assert days_of(rows) == [(1, 1.5, "Normal"), (2, None, "Normal")]


def test_a_column_that_the_file_lacks_is_null_and_told(write, load, rows):
    change = load(write("x_20251102_v001.csv", [{"at": 1, "mode": "Normal"}]), DAYS)
    assert change.notes == ("null, since the file lacks them: volts",)
    assert days_of(rows) == [(1, None, "Normal")]


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (day(1, volts="x"), "the column volts .* 'x' is no float"),
        (day(1, volts=""), "the column volts .* is empty in 1 rows"),
        (day(1, mode="Calibration"), r"needs varchar\(11\), and is varchar\(6\)"),
        ([{"at": 1, "mode": "Normal"}], "lacks the columns volts"),
    ],
)
def test_a_strict_job_refuses_what_does_not_fit(write, load, rows, made, words):
    job = DAYS + "failure_mode: strict\n"
    load(write("x_20251102_v001.csv", day(7)), job)
    with pytest.raises(BadData, match=words):
        load(write("x_20251102_v002.csv", made), job)
    assert [at for at, *_ in days_of(rows)] == [7]


def test_a_table_of_others_keeps_its_own_types(write, load, rows, database, is_sqlite):
    if is_sqlite:
        pytest.skip("SQLite has no such types")
    with database._transaction() as connection:
        connection.execute(
            "CREATE TABLE readings (at bigint PRIMARY KEY, volts numeric(6,2), mode text,"
            " file_date date, seen timestamptz)"
        )
    job = DAYS.replace("columns:\n  volts", "columns:\n  seen: {type: datetime}\n  volts", 1)
    made = [day(1, volts=1.25)[0] | {"seen": "2025-11-02T03:04:05+02:00"}]
    assert load(write("x_20251102_v001.csv", made), job).schema == ()
    ((seen, volts),) = rows("SELECT seen AT TIME ZONE 'UTC', volts FROM readings")
    assert (seen, float(volts)) == (datetime(2025, 11, 2, 1, 4, 5), 1.25)  # noqa: DTZ001


# -- what jobs do to columns


COMPUTED = """
target_table: t
id_mapping: {id: id}
columns:
  size: {db_column: size, type: integer, lookup: {S: 1, M: 2}}
  state: {db_column: state, lookup: {on: "yes"}}
  c: {db_column: f, expression: "float(c) * 1.8 + 32", input_columns: [c], type: float}
  "~": {db_column: label, expression: "f'{id}:{state}'", input_columns: [id, state], type: text}
"""


def test_lookups_and_expressions(write, load, rows):
    made = [
        {"id": 1, "size": "S", "state": "on", "c": 20},
        {"id": 2, "size": "M", "state": "off", "c": -40},
    ]
    load(write("x.csv", made), COMPUTED)
    assert [tuple(row) for row in rows("SELECT id, size, state, f, label FROM t ORDER BY id")] == [
        (1, 1, "yes", 68.0, "1:on"),
        (2, 2, "off", -40.0, "2:off"),
    ]
    with pytest.raises(BadData, match="expression 'float"):
        load(write("x.csv", [made[0] | {"c": "cold"}]), COMPUTED)
    with pytest.raises(BadData, match="lacks state, which label is computed of"):
        load(write("x.csv", [{"id": 1, "size": "S", "c": 1}]), COMPUTED)


def test_functions_are_called_where_that_is_allowed(write, load, rows):
    job = "target_table: t\nid_mapping: {id: id}\ncolumns:\n  a: {db_column: a, function: os.path."
    job += "basename, input_columns: [a]}\n"
    path = write("x.csv", [{"id": 1, "a": "/b/c"}])
    with pytest.raises(ConfigError, match=r"calls os\.path\.basename; allow that"):
        load(path, job)
    load(path, job, allow_functions=True)
    assert rows("SELECT a FROM t") == [("c",)]
    with pytest.raises(ConfigError, match="cannot be found"):
        load(path, job.replace("basename", "nonsense"), allow_functions=True)


def test_all_columns_where_a_job_names_none(write, load, rows):
    made = [{"id": "007", "n": 1, "v": 1.5, "on": "true", "d": "2025-01-02", "50 %": "a"}]
    job = "target_table: 'odd \"name\" %s'\nid_mapping: {id: '% id'}\n"
    for _ in range(2):
        load(write("x.csv", made), job)
    ((key, number, volts, on, _, text),) = rows(
        'SELECT "% id", n, v, "on", d, "50 %" FROM "odd ""name"" %s"'
    )
    assert (key, number, volts, bool(on), text) == ("007", 1, 1.5, True, "a")


def test_a_column_that_was_always_empty_comes_with_its_first_value(write, load, rows):
    """It would be a text for ever, were its type guessed of nothing."""
    job = "target_table: t\nid_mapping: {id: id}\n"
    assert load(write("x.csv", [{"id": 1, "n": ""}]), job).schema == ("create t with 1 columns",)
    assert load(write("x.csv", [{"id": 2, "n": 7}]), job).schema == ("add n integer",)
    load(write("x.csv", [{"id": 3, "n": ""}]), job)
    assert rows("SELECT id, n FROM t ORDER BY id") == [(1, None), (2, 7), (3, None)]


def test_a_slot_may_be_of_several_columns(write, load, rows):
    job = """
target_table: t
id_mapping: {id: "% id"}
filename_to_column:
  regex: (?P<mission>[a-z]+)_(?P<n>\\d+)\\.csv
  columns:
    mission: {db_column: "50 %", use_to_delete_old_rows: true}
    n: {db_column: n, type: integer, use_to_delete_old_rows: true}
"""
    load(write("a_1.csv", [{"id": 1}, {"id": 2}]), job)
    load(write("b_1.csv", [{"id": 3}]), job)
    assert load(write("a_1.csv", [{"id": 2}]), job).deleted == 1
    assert rows('SELECT "% id", "50 %", n FROM t ORDER BY 1') == [(2, "a", 1), (3, "b", 1)]
    with pytest.raises(ConfigError, match="is not named"):
        load(write("1.csv", [{"id": 1}]), job)


@pytest.mark.parametrize(
    ("percentage", "taken"),
    [
        (100, list(range(10))),
        (50, [0, 2, 4, 6, 8, 9]),
        (12.5, [0, 8, 9]),
        (30, [0, 3, 6, 9]),
        (0, [0, 9]),
    ],
)
def test_a_sample_has_the_first_and_the_last_row(write, load, rows, percentage, taken):
    job = f"target_table: t\nid_mapping: {{id: id}}\nsample_percentage: {percentage}\n"
    load(write("x.csv", [{"id": at} for at in range(10)]), job)
    assert [at for (at,) in rows("SELECT id FROM t ORDER BY id")] == taken


def test_the_first_rows_only(write, load, rows):
    job = "target_table: t\nid_mapping: {id: id}\n"
    load(write("x.csv", [{"id": at} for at in range(10)]), job, most_rows=3)
    assert rows("SELECT count(*) FROM t") == [(3,)]


def test_indexes_of_two_tables_may_have_one_name(write, load, rows, is_sqlite):
    """crump gives each table `idx_time_met_iso`, and the second never gets it."""
    index = "indexes: [{name: idx_mode, columns: [{column: mode, order: DESC}]}]\n"
    for name in ("readings", "others"):
        for _ in range(2):
            job = (DAYS + index).replace("readings", name)
            load(write("x_20251102_v001.csv", day(1)), job)
    if is_sqlite:
        query = "SELECT name, tbl_name FROM sqlite_master WHERE name LIKE '%idx_mode' ORDER BY 1"
    else:
        query = (
            "SELECT indexname, tablename FROM pg_indexes WHERE indexname LIKE '%idx_mode'"
            " AND schemaname = current_schema() ORDER BY 1"
        )
    assert rows(query) == [("idx_mode", "readings"), ("others_idx_mode", "others")]


def test_a_row_that_is_too_wide_is_told(write, load, is_sqlite):
    if is_sqlite:
        pytest.skip("SQLite takes them")
    made = [{"id": at} | {f"c{n}": n / 7 for n in range(1100)} for at in range(2)]
    with pytest.raises(BadData, match=r"row is too big: .*name fewer columns in a job file"):
        load(write("x.csv", made), "target_table: t\nid_mapping: {id: id}\n")


def test_a_table_of_a_thousand_columns(write, load, rows):
    made = [{"id": at} | {f"c{n}": n * at for n in range(1125)} for at in range(3)]
    job = "target_table: t\nid_mapping: {id: id}\n"
    load(write("x.csv", made), job)
    change = load(write("x.csv", [made[0], made[1] | {"c7": -1}, made[2]]), job)
    assert (change.updated, change.unchanged) == (1, 2)
    assert rows("SELECT c7, c1124 FROM t WHERE id = 1") == [(-1, 1124)]


# -- many files


def test_a_file_that_fails_does_not_stop_the_others(write, database, rows, job_of):
    paths = [
        write("x_20251101_v001.csv", day(1)),
        write("x_20251102_v001.csv", day(2, 3) + day("bad")),
        write("other.csv", day(4)),
        write("x_20251103_v001.csv", day(5)),
    ]
    job = job_of(DAYS)
    told = []
    outcomes = load_files(database, paths, lambda _: job, How(history=True), told.append)
    assert told == outcomes
    assert [one.error is None for one in outcomes] == [True, False, False, True]
    assert [at for at, *_ in days_of(rows)] == [1, 5]
    # What failed is tried again, and takes nothing from the others.
    paths[1].write_text("at,volts,mode\n2,1.5,Normal\n")
    assert [one.error is None for one in load_files(database, paths, lambda _: job, How())] == [
        True,
        True,
        False,
        True,
    ]
    assert [at for at, *_ in days_of(rows)] == [1, 2, 5]
    recorded = database.history()
    assert [(one["filename"], one["success"], one["rows_upserted"]) for one in recorded] == [
        ("x_20251101_v001.csv", True, 1),
        ("x_20251102_v001.csv", False, 0),
        ("other.csv", False, 0),
        ("x_20251103_v001.csv", True, 1),
    ]
    assert "row 3: at is null" in recorded[1]["error"]
    assert recorded[0]["schema_changed"]
    assert len(recorded[0]["data_hash"]) == 64


def test_a_dry_run_tells_and_changes_nothing(write, load, rows, database):
    made = write("x_20251102_v001.csv", day(1, 2, 3))
    change = load(made, DAYS, dry=True)
    assert (change.inserted, change.schema) == (3, ("create readings with 4 columns",))
    with pytest.raises(PublishError):
        days_of(rows)
    load(made, DAYS)
    before = days_of(rows), database.loaded()
    again = write("x_20251102_v002.csv", day(1) + day(2, volts=9, mode="Calibration") + day(4))
    change = load(again, DAYS, dry=True)
    assert (change.inserted, change.updated, change.deleted) == (1, 1, 1)
    assert change.schema == ("widen mode to varchar(11)",)
    (sample,) = change.samples
    assert sample.key == {"at": 2}
    assert sample.values == {"volts": (1.5, 9.0), "mode": ("Normal", "Calibration")}
    assert (days_of(rows), database.loaded()) == before


def test_threads_may_load_into_one_table_that_is_not_there_yet(write, database, rows, job_of):
    job = job_of(DAYS)
    paths = [write(f"x_202511{at:02d}_v001.csv", day(at)) for at in range(1, 9)]
    failures = []

    def work(path):
        try:
            load_file(database, path, job, How())
        except Exception as error:  # noqa: BLE001  reported by the test
            failures.append(error)

    threads = [threading.Thread(target=work, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [at for at, *_ in days_of(rows)] == list(range(1, 9))
    assert len(database.loaded()) == 8


def test_removing_takes_the_rows_of_a_slot(write, load, rows, database):
    load(write("x_20251101_v001.csv", day(1)), DAYS)
    load(write("x_20251102_v001.csv", day(2, 3)), DAYS)
    first, second = database.loaded()
    assert database.remove("readings", {"file_date": date(2025, 11, 2)}, second.place) == 2
    assert database.remove("readings", {"file_date": date(2025, 11, 2)}, second.place) == 0
    assert database.remove("absent", {"file_date": date(2025, 11, 2)}, "x") == 0
    assert database.loaded() == [first]
    assert [at for at, *_ in days_of(rows)] == [1]


@pytest.mark.parametrize("address", ["mysql://u:pässword@h/d", "x.db", "sqlite:///:memory:", ""])
def test_addresses_that_make_no_sense_are_refused(tmp_path, address):
    with pytest.raises(ConfigError) as caught:
        open_tables(Address(address), tmp_path)
    assert "pässword" not in str(caught.value)


def test_names_that_postgresql_would_cut_are_refused(write, load, is_sqlite):
    if is_sqlite:
        pytest.skip("SQLite cuts no names")
    long = "n" * 64
    job = f"target_table: t\nid_mapping: {{id: id}}\ncolumns: {{v: {long}}}\n"
    with pytest.raises(ConfigError, match="longer than the 63 bytes"):
        load(write("x.csv", [{"id": 1, "v": 2}]), job)
    with pytest.raises(ConfigError, match="longer than the 63 bytes"):
        load(write("x.csv", [{"id": 1}]), job.replace("_table: t", f"_table: {long}"))
