"""From a GDAC mirror to Parquet, end to end, on the real sample and over real sockets."""

import math
import shutil
from pathlib import Path

import pytest

from gnomon.sim import Archive
from oceans import STEPS, TABLES, moved, new_ocean
from terminal import gnomon

FLOATS = 12
FILES = 342  # 333 cycles and the aggregates of 9 floats
LISTED = FILES + 3  # three floats have no aggregate, and it is asked for
MEASURED = ("pres", "temp", "psal")
KEY = "platform_number, cycle_number, direction, n_prof"
LEVELS = (
    [("platform_number", "INTEGER"), ("cycle_number", "INTEGER"), ("direction", "VARCHAR")]
    + [("n_prof", "SMALLINT"), ("level", "INTEGER")]
    + [
        (name + tail, kind)
        for name in MEASURED
        for tail, kind in (
            ("", "FLOAT"),
            ("_qc", "TINYINT"),
            ("_adjusted", "FLOAT"),
            ("_adjusted_qc", "TINYINT"),
            ("_adjusted_error", "FLOAT"),
        )
    ]
)
PROFILES = [
    ("platform_number", "INTEGER"),
    ("cycle_number", "INTEGER"),
    ("direction", "VARCHAR"),
    ("n_prof", "SMALLINT"),
    ("juld", "TIMESTAMP WITH TIME ZONE"),
    ("juld_qc", "TINYINT"),
    ("latitude", "DOUBLE"),
    ("longitude", "DOUBLE"),
    ("position_qc", "TINYINT"),
    ("data_mode", "VARCHAR"),
    ("date_update", "TIMESTAMP WITH TIME ZONE"),
    ("source_file", "VARCHAR"),
    ("sha256", "VARCHAR"),
    ("n_levels", "INTEGER"),
    ("vertical_sampling_scheme", "VARCHAR"),
]


@pytest.fixture(scope="session")
def home(real, tmp_path_factory):
    """A project that has the whole sample, from its path; copy it before changing it."""
    ocean = new_ocean(tmp_path_factory.mktemp("home") / "project")
    assert ocean.sync(mirror=real)["done"] == {"argo.gdac": FILES}
    assert ocean.export()["done"]["argo.tables"] == FLOATS
    return ocean


@pytest.fixture
def ocean(home, tmp_path):
    return home.copy(tmp_path / "project")


def check_against_truth(ocean, truth):
    counts, checked = ocean.counts(), 0
    assert len(counts) == FLOATS
    for name, told in truth.items():
        dac, wmo = name.split("/")
        if "prof_nc" in told:
            # The sample has few of the cycles one by one; these may hold further samplings.
            n_prof = told["prof_nc"]["netcdf4"]["n_prof"]
            expert = told["prof_nc"]["argopy"]["expert"]
            where = f"platform_number = {wmo} AND n_prof = 0"
            check_expert(ocean, where, expert)
            ((primary,),) = ocean.query(f"SELECT count(*) FROM {{profiles}} WHERE {where}")
            assert primary == n_prof, name
        else:
            files = told["files"]
            (listed,) = zip(*ocean.query(
                f"SELECT DISTINCT source_file FROM {{profiles}} WHERE platform_number = {wmo}"
            ), strict=True)  # fmt: skip
            told_files = [files[Path(path).name] for path in listed]
            assert counts[int(wmo)] == (
                sum(f["n_prof"] for f in told_files), sum(f["n_points"] for f in told_files)
            )  # fmt: skip
            assert all(path.startswith(f"{dac}/{wmo}/profiles/") for path in listed)
        checked += 1
    assert checked == FLOATS


def check_expert(ocean, where, expert):
    sums = ", ".join(f"count({n}), avg({n}::DOUBLE), min({n}), max({n})" for n in MEASURED)
    ((points, *found),) = ocean.query(f"SELECT count(*), {sums} FROM {{levels}} WHERE {where}")
    assert points == expert["n_points"], where
    for name, at in zip(MEASURED, (0, 4, 8), strict=True):
        told = expert.get(name.upper())
        if told is None:
            assert found[at] == 0
            continue
        # argopy rounds pressures to 0.1 dbar.
        slack = 0.05 if name == "pres" else 1e-5
        count, mean, low, high = found[at : at + 4]
        assert count == told["n"], (where, name)
        for value, key in ((mean, "mean"), (low, "min"), (high, "max")):
            assert math.isclose(value, told[key], abs_tol=slack), (where, name, key)


@pytest.mark.parametrize("way", ["http", pytest.param("ftp", marks=pytest.mark.slow)])
def test_a_mirror_becomes_the_tables_of_the_truth_and_a_second_run_does_nothing(
    way, real, truth, tmp_path
):
    ocean = new_ocean(tmp_path / "project")
    with Archive(real) as archive:
        mirror = archive.http_url if way == "http" else archive.ftp_url
        first = ocean.sync(mirror=mirror)
        assert (first["ok"], first["listed"], first["no_data"]) == (True, LISTED, 3)
        assert first["done"] == {"argo.gdac": FILES}
        assert len(moved(archive.requests)) == FILES
        archive.requests.clear()
        # Over the other protocol nothing moves either: an archive is known by what it lists.
        for url in (mirror, archive.ftp_url, archive.http_url):
            again = ocean.sync(mirror=url)
            assert (again["jobs"], again["bytes_fetched"], again["ok"]) == (0, 0, True)
        assert moved(archive.requests) == []
    done = ocean.export()["done"]
    assert [done[step] for step in STEPS] == [FLOATS] * len(STEPS)
    assert ocean.export()["jobs"] == 0
    check_against_truth(ocean, truth)


def test_a_path_becomes_the_tables_of_the_truth(home, truth):
    check_against_truth(home, truth)
    assert len(home.exported()) == len(TABLES) * FLOATS


def test_the_tables_have_exactly_the_columns_of_the_issue(home):
    shape = "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {})"
    assert home.query(shape.format("{levels}")) == LEVELS
    assert home.query(shape.format("{profiles}")) == PROFILES


def test_every_profile_and_every_level_stands_once(home):
    for table, key in (("profiles", KEY), ("levels", f"{KEY}, level")):
        twice = f"SELECT {key} FROM {{{table}}} GROUP BY ALL HAVING count(*) > 1"
        assert home.query(twice) == []
    orphans = f"SELECT count(*) FROM {{levels}} ANTI JOIN {{profiles}} USING ({KEY})"
    assert home.query(orphans) == [(0,)]
    told = "SELECT sum(n_levels) FROM {profiles}"
    assert home.query(told) == home.query("SELECT count(*) FROM {levels}")


def test_single_cycle_files_lead_and_the_aggregate_fills_in(home):
    found = dict(home.query(
        "SELECT platform_number, count(DISTINCT source_file)"
        " FILTER (source_file LIKE '%/profiles/%') FROM {profiles} GROUP BY ALL"
    ))  # fmt: skip
    assert found == {
        13857: 41, 1900857: 38, 2901780: 84, 2902226: 0, 2902227: 0, 2902269: 57,
        2902696: 51, 3902131: 8, 4902252: 10, 5900865: 30, 6901929: 10, 6903247: 4,
    }  # fmt: skip
    both = (
        f"SELECT {KEY} FROM {{profiles}} WHERE source_file LIKE '%/profiles/%' INTERSECT "
        f"SELECT {KEY} FROM {{profiles}} WHERE source_file LIKE '%_prof.nc'"
    )
    assert home.query(both) == []


def test_an_update_moves_61_files_and_remakes_two_floats_and_going_back_runs_nothing(ocean, real):
    with Archive(real) as archive:
        assert ocean.sync(mirror=archive.http_url)["jobs"] == 0
        archive.requests.clear()
        archive.overlay = real / "updates-2026"
        update = ocean.sync(mirror=archive.http_url)
        assert (update["done"], update["ok"]) == ({"argo.gdac": 61}, True)
        assert len(moved(archive.requests)) == 61
        assert all("/D13857_" in p or "/D2902269_" in p for p in moved(archive.requests))
        done = ocean.export()["done"]
        assert [done[step] for step in STEPS] == [2] * len(STEPS)
        assert set(ocean.current("argo.levels").values()) == {1, 2}
        changed = {k for k, v in ocean.current("argo.levels").items() if v == 2}
        assert changed == {"wmo=13857", "wmo=2902269"}
        check_predecessors(ocean)
        archive.requests.clear()
        archive.overlay = None
        back = ocean.sync(mirror=archive.http_url)
        assert (back["jobs"], back["reused"], back["ok"]) == (0, 61, True)
        assert moved(archive.requests) == []
        exported = ocean.export()
        assert not exported["done"].keys() & set(STEPS)
        positions = 1
        assert (exported["reused"], exported["ok"]) == (2 * len(STEPS) + positions, True)
        assert set(ocean.current("argo.levels").values()) == {1}


def check_predecessors(ocean):
    rows = gnomon("show", "argo.cycle", "wmo=13857,cycle=001", "--json", folder=ocean.folder).data
    assert [(row["version"], row["tags"]["mode"], row["current"]) for row in rows] == [
        (1, "R", False),
        (2, "D", True),
    ]
    assert len(ocean.current("argo.cycle")) == 333
    sources = ocean.query(
        "SELECT DISTINCT source_file FROM {profiles} WHERE platform_number = 13857"
        " AND cycle_number IN (1, 2, 3, 90)"
    )
    assert {Path(path).name for (path,) in sources} == {
        f"D13857_{cycle}.nc" for cycle in ("001", "002", "003", "090")
    }


@pytest.mark.parametrize(
    ("words", "cycles", "floats"),
    [
        (("--float", 6903247, "--float", 4902252), 14, {6903247, 4902252}),
        (("--dac", "jma", "--dac", "bodc"), 20, {4902252, 6901929}),
        (("--box", 10, 30, 30, 40), 4, {6903247}),
        (("--since", "2023-01-01"), 4, {6901929, 6903247}),
    ],
    ids=lambda value: str(value[0]) if isinstance(value, tuple) else "",
)
def test_a_selection_brings_what_it_names(words, cycles, floats, real, tmp_path):
    ocean = new_ocean(tmp_path / "project")
    ocean.sync(*words, "--no-aggregates", mirror=real)
    keys = ocean.current("argo.cycle")
    assert (len(keys), {int(k.split(",")[0][4:]) for k in keys}) == (cycles, floats)


def test_a_selection_retires_nothing_and_leaves_pending_floats_alone(ocean, real):
    for words in (("--float", 4902252), ("--dac", "jma"), ("--box", 0, 1, 0, 1),
                  ("--since", "2030-01-01")):  # fmt: skip
        some = ocean.sync(*words, mirror=real)
        assert (some["jobs"], some["retired"], some["ok"]) == (0, 0, True)
    assert len(ocean.current("argo.cycle")) == 333
    assert ocean.export()["jobs"] == 0


def test_a_run_for_one_float_leaves_others_pending(real, tmp_path):
    ocean = new_ocean(tmp_path / "project")
    with Archive(real) as archive:
        ocean.sync("--float", 4902252, mirror=archive.http_url)
        archive.requests.clear()
        ocean.sync("--float", 6903247, mirror=archive.http_url)
        assert {path.split("/")[3] for path in moved(archive.requests)} == {"6903247"}


def test_an_unknown_float_is_an_error_and_no_selection_is_a_usage_error(real, tmp_path):
    ocean = new_ocean(tmp_path / "project")
    said = ocean.sync("--float", 9999999, mirror=real, code=1)
    assert "lists no float 9999999" in said["problems"][0]["message"]
    gnomon("argo", "sync", "--mirror", real, folder=ocean.folder, code=2)
    gnomon("argo", "sync", "--all", "--dac", "jma", folder=ocean.folder, code=2)


def test_a_float_that_leaves_the_archive_takes_its_tables_along(real, tmp_path):
    ocean, mirror = new_ocean(tmp_path / "project"), tmp_path / "gdac"
    for wmo in ("jma/4902252", "coriolis/6903247"):
        shutil.copytree(real / "dac" / wmo, mirror / "dac" / wmo)
    name = "ar_index_global_prof.txt"
    lines = (real / name).read_text().splitlines(keepends=True)
    both = [li for li in lines if li[0] == "#" or li.startswith(("file", "jma/", "coriolis/6903"))]
    (mirror / name).write_text("".join(both))
    ocean.sync(mirror=mirror)
    ocean.export()
    assert len(ocean.exported()) == 2 * len(TABLES)
    (mirror / name).write_text("".join(li for li in both if not li.startswith("coriolis")))
    assert ocean.sync(mirror=mirror)["ok"]
    assert {key[:11] for key in ocean.current("argo.cycle")} == {"wmo=4902252"}
    ocean.export()
    assert ocean.exported() == {f"{folder}/jma/4902252.parquet" for folder in TABLES}
    assert list(ocean.current("argo.levels")) == ["wmo=4902252"]
