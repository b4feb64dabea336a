"""Jobs made from files."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.errors import BadData
from gnomon.publish.tables.jobfile import add_jobs, read_jobs
from gnomon.publish.tables.preparing import prepare

PACKETS = [
    {"epoch": 812 * 10**15 + at // 2, "shcoarse": at // 2, "mode": "Config", "src_seq_ctr": at}
    for at in range(8)
]


def only(jobs):
    ((name, job),) = jobs.items()
    assert name == job.name
    return job


def types(job):
    return {rule.source: str(rule.type) for rule in (*job.key, *job.columns)}


def test_names_keep_their_digits_and_any_version_fits(write):
    """crump makes `imap_mag_l_prog-mtran_v` of it, and a template for v002 only."""
    path = write("imap_mag_l1_prog-mtran_20250927_v002.csv", PACKETS)
    job = only(prepare([path]))
    assert job.name == job.table == "imap_mag_l1_prog_mtran"
    assert job.pattern.text == "imap_mag_l1_prog-mtran_[date]_v[version].csv"
    assert job.match == "imap_mag_l1_prog-mtran_*_v*.csv"
    for name in ("20250927_v002", "20250928_v001", "20250928_v001.0004"):
        assert job.matches(path.with_name(f"imap_mag_l1_prog-mtran_{name}.csv"))
        assert job.read_name(f"imap_mag_l1_prog-mtran_{name}.csv") is not None
    (rule,) = job.from_name
    assert (rule.column, str(rule.type), rule.deletes) == ("file_date", "date", True)


def test_packets_are_identified_by_clock_and_counter(write):
    """One packet a second is not told by its second; so it is also where a day has no such pair."""
    assert only(prepare([write("a_20250927_v001.csv", PACKETS)])).key_columns == (
        "shcoarse",
        "src_seq_ctr",
    )
    apart = [one for one in PACKETS if one["src_seq_ctr"] % 2]
    assert only(prepare([write("b_20250927_v001.csv", apart)])).key_columns == (
        "shcoarse",
        "src_seq_ctr",
    )
    of_spacecraft = [
        {"epoch": one["epoch"], "hk_low_tpsh_met_sec": one["shcoarse"], "src_seq_ctr": at}
        for at, one in enumerate(PACKETS)
    ]
    assert only(prepare([write("c_20250927_v001.csv", of_spacecraft)])).key_columns == (
        "hk_low_tpsh_met_sec",
        "src_seq_ctr",
    )


@pytest.mark.parametrize(
    ("made", "key"),
    [
        ([{"v": 1.5, "user_id": 3, "n": 7}, {"v": 2.5, "user_id": 4, "n": 8}], ("user_id",)),
        ([{"v": 1.5, "time_utc": "2025-01-02T03:04:05"}], ("time_utc",)),
        ([{"name": "a", "n": 1}, {"name": "b", "n": 1}], ("name",)),
        (
            [{"store_id": s, "item_id": i, "v": 1} for s, i in ((1, 1), (1, 2), (2, 1))],
            ("store_id", "item_id"),
        ),
        (
            [{"day": d, "hour": h, "n": n} for d in (1, 2) for h in (1, 2) for n in (1, 2)],
            ("day", "hour", "n"),
        ),
        # Floats and flags identify nothing, nor does what is empty somewhere.
        (
            [
                {"v": 0.5, "on": "true", "id": "", "n": 3},
                {"v": 1.5, "on": "false", "id": 2, "n": 4},
            ],
            ("n",),
        ),
    ],
)
def test_what_identifies_a_row_is_found(write, made, key):
    assert only(prepare([write("x.csv", made)])).key_columns == key


def test_what_identifies_a_row_may_be_said(write):
    path = write("x.csv", PACKETS)
    job = only(prepare([path], key=["epoch", "src_seq_ctr"], name="mine", table="theirs"))
    assert (job.name, job.table, job.key_columns) == ("mine", "theirs", ("epoch", "src_seq_ctr"))
    with pytest.raises(BadData, match="has no column nonsense"):
        prepare([path], key=["nonsense"])


def test_rows_that_nothing_tells_apart_are_refused_with_words(write):
    with pytest.raises(BadData, match="no columns identify its rows; say which with --id"):
        prepare([write("x.csv", [{"v": 1.5}, {"v": 2.5}])])


def test_types_are_those_of_all_rows_of_all_files(write):
    first = [{"id": 1, "n": 1, "v": 1, "word": "x", "new": ""}] * 1
    second = [{"id": 2, "n": 99999999999, "v": 2.5, "word": "", "new": "2025-01-02"}]
    job = only(prepare([write("x_20250101_v001.csv", first), write("x_20250102_v001.csv", second)]))
    assert types(job) == {
        "id": "integer",
        "n": "bigint",
        "v": "float",
        "word": "text",
        "new": "date",
    }
    assert {rule.source: rule.nullable for rule in job.columns} == {
        "n": False,
        "v": False,
        "word": True,
        "new": True,
    }


def test_an_older_version_of_a_day_does_not_count_against_a_key(write):
    paths = [write(f"x_20250101_v00{version}.csv", [{"id": 1}, {"id": 2}]) for version in (1, 2)]
    assert only(prepare(paths)).key_columns == ("id",)
    other = write("x_20250102_v001.csv", [{"id": 1, "n": 1}, {"id": 2, "n": 2}])
    with pytest.raises(BadData, match="no columns identify"):
        prepare([*paths, other])


def test_types_of_the_parquet_beside_are_taken(write):
    path = write("x_20250101_v001.csv", [{"id": 1, "n": 1, "word": "1"}])
    table = {"id": pa.array([1], pa.uint32()), "n": pa.array([1.0]), "word": pa.array(["1"])}
    pq.write_table(pa.table(table), path.with_suffix(".parquet"))
    assert types(only(prepare([path]))) == {"id": "bigint", "n": "float", "word": "text"}


def test_indexes_are_of_times_and_names_and_named_by_their_table(write):
    made = [{"id": 1, "seen": "2025-01-02", "user_id": 3, "v": 1.5}]
    indexes = only(prepare([write("visits.csv", made)], key=["id"])).indexes
    assert [(one.name, one.columns) for one in indexes] == [
        ("idx_visits_seen", (("seen", True),)),
        ("idx_visits_user_id", (("user_id", False),)),
    ]


def test_files_of_several_sorts_have_several_jobs(write):
    paths = [
        write("ACE_mag_noaa_20260722.csv", [{"time_tag": "2026-07-22T08:57:00", "bx": 1.5}]),
        write("SOLAR1_mag_noaa_20260722.csv", [{"time_tag": "2026-07-22T08:57:00", "bx": 1.5}]),
        write("ACE_mag_noaa_20260723.csv", [{"time_tag": "2026-07-23T08:57:00", "bx": 1}]),
    ]
    jobs = prepare(paths)
    assert list(jobs) == ["ace_mag_noaa", "solar1_mag_noaa"]
    assert types(jobs["ace_mag_noaa"]) == {"time_tag": "datetime", "bx": "float"}


def test_files_without_rows_tell_no_types(write):
    with pytest.raises(BadData, match="no rows to tell the types from"):
        prepare([write("x.csv", [], ["a", "b"])])
    two = [write("x_20250101.csv", [], ["a"]), write("x_20250102.csv", [{"a": 1}])]
    assert types(only(prepare(two))) == {"a": "integer"}


def test_what_is_prepared_loads(write, load, rows, tmp_path):
    path = write("x_20250101_v001.csv", PACKETS)
    add_jobs(tmp_path / "made.yml", prepare([path]))
    text = (tmp_path / "made.yml").read_text().split("  x:\n")[1]
    assert load(path, text.replace("    ", "", 0)).inserted == 8
    assert rows("SELECT count(*) FROM x") == [(8,)]
    assert read_jobs(tmp_path / "made.yml")["x"].key_columns == ("shcoarse", "src_seq_ctr")
