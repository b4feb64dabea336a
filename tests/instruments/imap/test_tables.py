"""Real files into tables: with jobs that crump wrote, with ours, and what its users lost."""

import csv
from datetime import datetime
from pathlib import Path

import pytest

from gnomon.errors import BadData
from gnomon.publish.databases.address import Address
from gnomon.publish.tables.jobfile import read_jobs
from gnomon.publish.tables.jobs import choose
from gnomon.publish.tables.loading import How, load_file, load_files, open_tables
from gnomon.publish.tables.preparing import prepare

BY_CRUMP = Path(__file__).parents[2] / "publish" / "tables" / "by_crump.yml"
"""What `crump prepare` 0.7.1 wrote for four of the real files, as it wrote it."""
PW, MTRAN, HK = "imap_mag_l_hsk-pw_v", "imap_mag_l_prog-mtran_v", "ialirt_hk_plot_data"


@pytest.fixture
def database(url, tmp_path):
    return open_tables(Address(url), tmp_path)


@pytest.fixture
def in_days(url):
    """Return how a database writes a day."""
    return str if url.startswith("sqlite") else (lambda text: datetime.fromisoformat(text).date())


def expected(path, job):
    """Return a CSV as crump puts it into PostgreSQL: columns of the key first, then the others."""
    with path.open(newline="") as stream:
        made = list(csv.DictReader(stream))
    rules = [*job.key, *job.columns]
    return [tuple(value_of(row[rule.source], str(rule.type)) for rule in rules) for row in made]


def value_of(text, kind):
    if not text:
        return None
    if kind in {"integer", "bigint"}:
        return int(text)
    if kind == "float":
        return float(text)
    if kind == "boolean":
        return text == "True"
    if kind == "datetime":
        return datetime.fromisoformat(text)
    return text


def plain(row):
    """Return a row of either database with times and flags as PostgreSQL has them."""
    return tuple(
        datetime.fromisoformat(value) if isinstance(value, str) and value[4:5] == "-" else value
        for value in row
    )


@pytest.mark.parametrize(
    ("job", "name"),
    [
        (PW, "hk/imap_mag_l1_hsk-pw_20251102_v002.csv"),
        ("ace_mag_noaa", "noaa/ACE_mag_noaa_20260722.csv"),
        ("ace_mag_noaa", "noaa/ACE_mag_noaa_20260723.csv"),
        (HK, "ialirt/ialirt_hk_plot_data.csv"),
    ],
)
def test_a_job_that_crump_wrote_gives_the_same_table(real, database, job, name, in_days):
    """Its names, types and values, as PostgreSQL held them after `crump sync`."""
    made = read_jobs(BY_CRUMP)[job]
    change = load_file(database, real / name, made, How())
    columns = [rule.column for rule in (*made.key, *made.columns)]
    listed = ", ".join(f'"{column}"' for column in columns)
    found = database.rows(f'SELECT {listed} FROM "{made.table}" ORDER BY id')
    assert [plain(row) for row in found] == expected(real / name, made)
    assert change.inserted == len(found)
    assert change.lost == 0
    if made.from_name:
        day = Path(name).stem.removesuffix("_v002")[-8:]
        stated = database.rows(f'SELECT DISTINCT file_date FROM "{made.table}"')
        assert stated == [(in_days(f"{day[:4]}-{day[4:6]}-{day[6:]}"),)]


def test_all_mode_changes_of_a_day_survive(real, database):
    """crump says that it synced 20 rows of this file, and its table holds 16."""
    path = real / "hk" / "imap_mag_l1_prog-mtran_20250927_v002.csv"
    with pytest.raises(BadData, match=r"the same key id=812276062184000000; with src_seq_ctr in"):
        load_file(database, path, read_jobs(BY_CRUMP)[MTRAN], How())
    (job,) = prepare([path]).values()
    assert job.key_columns == ("shcoarse", "src_seq_ctr")
    assert load_file(database, path, job, How()).inserted == 20
    ((number, seconds),) = database.rows(
        f"SELECT count(*), count(DISTINCT shcoarse) FROM {job.table}"
    )
    assert (number, seconds) == (20, 16)


def test_versions_of_a_day_with_the_job_of_another_version(real, database):
    """crump's template says `_v002`, so its other versions were never loaded.

    v003 is no housekeeping at all: it is refused, and the day stays as it was.
    """
    jobs = read_jobs(BY_CRUMP)
    paths = [real / "hk" / f"imap_mag_l1_hsk-pw_20251102_v00{n}.csv" for n in (1, 2, 3, 1)]
    first, second, third, again = load_files(
        database, paths, lambda path: choose(jobs, path), How(history=True)
    )
    assert (first.change.inserted, second.change.inserted, second.change.unchanged) == (5, 3, 5)
    assert "lacks epoch, which identify its rows" in str(third.error)
    assert again.change.older_than.name == "imap_mag_l1_hsk-pw_20251102_v002.csv"
    assert database.rows(f'SELECT count(*) FROM "{PW}"') == [(8,)]
    assert [one["success"] for one in database.history()] == [True, True, False]


def test_a_day_that_is_issued_again(real, database):
    paths = sorted((real / "hk").glob("imap_mag_l1_hsk-procstat_*.csv"))
    (job,) = prepare(paths).values()
    assert job.table == "imap_mag_l1_hsk_procstat"
    outcomes = load_files(database, paths, lambda _: job, How())
    assert [one.change.inserted for one in outcomes] == [24, 21, 3]
    assert database.rows(f"SELECT count(*), count(DISTINCT file_date) FROM {job.table}") == [
        (48, 2)
    ]


def test_types_come_from_the_whole_file(real):
    jobs = prepare([real / "ialirt" / "ialirt_science_plot_data.csv"])
    (job,) = jobs.values()
    assert job.key_columns == ("time_utc",)
    assert {str(rule.type) for rule in job.columns} == {"float"}


def test_science_goes_into_a_table(real, database):
    path = real / "science" / "imap_mag_l1c_norm-mago-hundred-vectors_20250421_v001.cdf"
    (job,) = prepare([path]).values()
    change = load_file(database, path, job, How(most_rows=60))
    assert change.rows == 60
    assert load_file(database, path, job, How()).inserted == 40
    ((number, least, most),) = database.rows(
        f"SELECT count(*), min(vectors_x), max(epoch) FROM {job.table}"
    )
    assert number == 100
    assert isinstance(least, float)
    assert str(most).startswith("2025-04-21")
