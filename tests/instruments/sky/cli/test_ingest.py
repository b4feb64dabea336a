"""Ingestion from the command line, over real sockets: what comes, what stays, what fails."""

import json

import pyarrow.parquet as pq
import pytest

from gnomon.acquire.api import Api
from gnomon.instruments.sky.simulate.irsa import Irsa
from gnomon.instruments.sky.simulate.mast import Mast
from gnomon.instruments.sky.simulate.mast_holdings import TessFiles
from gnomon.instruments.sky.simulate.services import Services, truth_csv
from gnomon.sim.faults import Cut, Reissue, Slow, Status
from terminal import gnomon, snapshot

SETTINGS = "[network]\ntries = 1\nread_timeout_s = 2\n[loop]\nmost_tries = 1\n"
PLACE = ("--irsa-ra", 255.577, "--irsa-dec", 12.284, "--irsa-radius", 0.08)
ZTF = ("sky", "ingest", "--source", "ztf", *PLACE)
BATCH = {"lightcurves.parquet", "manifest.json"}
TESS = ("sky", "ingest", "--source", "tess", "--tic", 25155312)
MAST = ("sky", "ingest", "--source", "mast", "--name", "SIM-002")


@pytest.fixture
def services(sky):
    mast = Mast(sky, TessFiles(sectors=(1,), days=0.5))
    with Services(sky, irsa=Irsa(sky, nights=25), mast=mast) as running:
        yield running


@pytest.fixture
def home(tmp_path, services):
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "gnomon.toml").write_text(SETTINGS)
    lines = [f"{name}={value}\n" for name, value in services.environment().items()]
    (folder / ".env").write_text("".join(lines))
    return folder


def ingest(home, *words, code=0):
    return gnomon(*words, "--json", folder=home, code=code).data


def curves(home, survey="ztf"):
    return pq.read_table(home / "data" / "raw" / survey / "lightcurves.parquet")


def test_the_guides_summary_and_files(home):
    said = ingest(home, *ZTF)
    assert (said["source"], said["records"], said["status"]) == ("ztf", 10, "done")
    folder = home / "data/raw/ztf"
    names = [f"record_{n:05d}.json" for n in range(10)]
    others = ["README.md", "lightcurves.parquet", "manifest.json"]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*names, *others])
    assert json.loads((folder / "record_00000.json").read_text()) == said["sample"]
    assert {"object_id", "ra", "dec", "mjd", "mag_psf", "filter"} <= said["sample"].keys()
    table = curves(home)
    assert table.num_rows == said["rows_added"] > 10  # light curves are whole, records limited
    assert set(table["release"].to_pylist()) == {"ztf_dr24"}


def test_a_second_run_adds_nothing(home, services):
    ingest(home, *ZTF)
    before = curves(home)
    services.requests.clear()
    assert ingest(home, *ZTF)["rows_added"] == 0
    assert [one.path for one in services.requests] == ["/TAP/sync"]
    assert curves(home).equals(before)


def test_cones_that_overlap_hold_each_measurement_once(home):
    whole = ingest(home, *ZTF)["rows_added"]
    other = ("--irsa-ra", 255.60, "--irsa-dec", 12.284, "--irsa-radius", 0.05)
    assert ingest(home, "sky", "ingest", "--source", "ztf", *other)["rows_added"] == 0
    assert curves(home).num_rows < whole  # the output is what was asked for, no more


def test_fewer_records_leave_no_old_ones(home):
    ingest(home, *ZTF, "--limit", 5)
    ingest(home, *ZTF, "--limit", 2)
    assert len([*(home / "data/raw/ztf").glob("record_*.json")]) == 2
    ingest(home, *ZTF, "--limit", 0, "--no-records")
    assert {path.name for path in (home / "data/raw/ztf").iterdir()} == BATCH


def test_nothing_leaves_nothing_of_an_earlier_question(home):
    ingest(home, *ZTF)
    elsewhere = ("--irsa-ra", 10, "--irsa-dec", -20)
    assert ingest(home, "sky", "ingest", "--source", "ztf", *elsewhere)["status"] == "nothing"
    assert [*(home / "data/raw/ztf").iterdir()] == []


def test_a_dry_run_asks_and_leaves_nothing(home):
    before = snapshot(home)
    said = gnomon(*ZTF, "--dry-run", folder=home).data
    assert (said["records"], said["status"]) == (10, "done")
    assert said["sample"]["filter"] in {"g", "r", "i"}
    assert snapshot(home) == before


def test_all_sources_in_one_summary(home):
    words = ("sky", "ingest", "--source", "all", *PLACE, "--name", "SIM-002", "--limit", 3)
    said = ingest(home, *words, "--dry-run")
    assert list(said["sources"]) == ["ztf", "tess", "mast"]
    assert said["sources"]["tess"]["records"] == 1
    assert said["total_records"] == sum(one["records"] for one in said["sources"].values()) > 2


def test_options_of_irsa_reach_ztf_only(home, services):
    choice = ("--irsa-filter", "g", "--irsa-filter", "zr", "--irsa-mjd-range", 58000, 58210.5)
    said = ingest(home, "sky", "ingest", "--source", "all", *PLACE, *choice, "--tic", 25155312)
    assert said["sources"]["tess"]["status"] == "done"
    bands, times = curves(home)["band"].to_pylist(), curves(home)["time"].to_numpy()
    assert set(bands) == {"g", "r"}
    assert times.max() <= 58210.5
    asked = [one.query for one in services.requests if "nph" in one.path]
    assert all("BANDNAME=g%2Cr" in query or "BANDNAME=g,r" in query for query in asked)
    others = [one for one in services.requests if "nph" not in one.path]
    assert not any("255.577" in one.query or b"255.577" in one.body for one in others)


def test_tess_by_number_and_by_name_is_one_star(home):
    assert ingest(home, *TESS)["records"] == 1
    named = ("sky", "ingest", "--source", "tess", "--name", "SIM-002")
    assert ingest(home, *named)["rows_added"] == 0
    table = curves(home, "tess")
    assert set(table["object"].to_pylist()) == {"TIC 25155312"}
    assert set(table["time_scale"].to_pylist()) == {"TDB"}


def test_mast_has_observations(home):
    said = ingest(home, *MAST)
    assert said["status"] == "done"
    assert said["sample"]["observation_id"]
    assert (home / "data/raw/mast/observations.parquet").exists()
    assert ingest(home, *MAST)["rows_added"] == 0


def test_a_new_release_takes_the_place_of_the_old(home):
    first = ingest(home, *ZTF, "--collection", "ztf_dr23")
    second = ingest(home, *ZTF)
    assert second["rows_added"] >= 0
    assert set(curves(home)["release"].to_pylist()) == {"ztf_dr24"}
    assert first["sample"]["release"] == "ztf_dr23"


def test_a_place_without_stars_is_nothing_and_no_failure(home):
    words = ("sky", "ingest", "--source", "ztf", "--irsa-ra", 10, "--irsa-dec", -20)
    said = ingest(home, *words)
    assert (said["status"], said["records"], said["sample"]) == ("nothing", 0, None)
    assert not (home / "data").exists()


# -- what goes wrong


FAULTS = {
    **{str(code): Status(code=code) for code in (400, 401, 404, 429, 500, 503)},
    "reset": Cut(after_bytes=0),
    "truncated": Cut(after_bytes=200),
    "trickle": Slow(bytes_per_s=60),
    "empty": Reissue(content=b""),
    "garbage": Reissue(content=b"\x00\xfe no answer, \xff\n"),
    "page": Reissue(content=b"<html><body>Please log in</body></html>"),
}
PATHS = {"ztf": "*/nph_light_curves", "tess": "*/invoke", "mast": "*/invoke"}


@pytest.mark.parametrize(
    ("survey", "name"),
    [
        *(("ztf", name) for name in FAULTS),
        *(("tess", name) for name in ("500", "garbage", "trickle")),
        *(("mast", name) for name in ("429", "truncated")),
    ],
)
def test_a_fault_is_told_and_nothing_is_invented(home, services, name, survey, monkeypatch):
    monkeypatch.setitem(Api.__init__.__kwdefaults__, "longest_s", 1.0)
    fault = FAULTS[name]
    services.faults.add(type(fault)(**_values(fault), pattern=PATHS[survey]))
    words = {"ztf": ZTF, "tess": TESS, "mast": MAST}[survey]
    config = home / "base.yaml"
    config.write_text("data_sources:\n  ztf:\n    irsa:\n      timeout: 1\n")
    said = ingest(home, *words, "--config", config, code=1)
    assert (said["status"], said["records"], said["sample"]) == ("failed", 0, None)
    assert said["problems"]
    assert not (home / "data").exists()
    services.faults.clear()
    assert ingest(home, *words)["status"] == "done"


def _values(fault):
    named = {name: getattr(fault, name) for name in type(fault).__dataclass_fields__}
    return {name: value for name, value in named.items() if name != "pattern"}


def test_an_error_with_status_200_is_one(home, services):
    services.mast.error = "the database is down"
    said = ingest(home, *TESS, code=1)
    assert "the database is down" in said["problems"][0]


def test_one_source_that_fails_does_not_keep_the_others_back(home, services):
    services.faults.add(Status(code=500, pattern="*/nph_light_curves"))
    words = ("sky", "ingest", "--source", "all", *PLACE, "--tic", 25155312)
    said = ingest(home, *words, code=1)["sources"]
    assert [said[one]["status"] for one in said] == ["failed", "done", "done"]


def test_a_name_that_nobody_knows_is_told_and_the_others_go_on(home):
    words = ("--name", "SIM-001", "--name", "Nobody's Star")
    said = ingest(home, "sky", "ingest", "--source", "ztf", *words, code=1)
    assert said["records"] == 10
    assert "Nobody's Star" in said["problems"][0]


def test_an_expired_token_is_told_by_its_name(home):
    with (home / ".env").open("a") as file:
        file.write("MAST_API_TOKEN=s3cret-and-old\n")
    said = gnomon(*TESS, "--json", folder=home, code=1)
    assert "MAST_API_TOKEN" in said.out
    assert "s3cret" not in said.out + said.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--source", "ztf"), "ztf wants a place"),
        (("--source", "tess"), "tess wants a target"),
        (("--source", "mast"), "mast wants observations"),
        (("--source", "all", *PLACE), "tess wants a target"),
        (("--source", "ztf", "--irsa-ra", 5), "both --irsa-ra and --irsa-dec"),
        (("--source", "ztf", *PLACE, "--irsa-filter", "u"), "unknown band 'u'"),
        (("--source", "ztf", *PLACE[:4], "--irsa-radius", -1), "radius"),
        (("--source", "ztf", *PLACE, "--collection", "dr5"), "dr5"),
        (("--source", "ztf", *PLACE, "--config", "none.yaml"), "none.yaml"),
        (("--source", "gaia"), "gaia"),
    ],
)
def test_what_makes_no_sense_is_a_matter_of_usage(home, services, words, message):
    said = gnomon("sky", "ingest", *words, folder=home, code=2)
    assert message in said.out + said.err
    assert not services.requests


# -- the guide's file, and lists


GUIDE = """
project: {name: cosmic}
data_sources:
  ztf:
    auth_env: ZTF_API_TOKEN
    irsa:
      timeout: 60
      format: csv
      filters: [zg, zr]
      cone_search: {ra: 255.577, dec: 12.284, radius: 0.08}
  tess:
    targets: [TIC 25155312]
    query: {filters: {obs_collection: [TESS], dataproduct_type: [timeseries]}}
    lightcurve: {flux_columns: [SAP_FLUX], max_points: 100}
  mast:
    query: {pagesize: 50, filters: {obs_collection: [TESS], dataproduct_type: [timeseries]}}
"""


def test_the_guides_file_is_read_as_it_is(home):
    (home / "configs").mkdir()
    (home / "configs/base.yaml").write_text(GUIDE)
    said = ingest(home, "sky", "ingest", "--source", "all")["sources"]
    assert {one["status"] for one in said.values()} == {"done"}
    assert set(curves(home)["band"].to_pylist()) == {"g", "r"}
    assert len(said["tess"]["sample"]["time"]) <= 100
    table = curves(home, "tess")
    assert table["value"].to_pylist()[:50] == table["sap_flux"].to_pylist()[:50]
    assert said["mast"]["sample"]["obs_collection"] == "TESS"


def test_the_guides_file_may_limit_records_of_ztf(home):
    config = home / "base.yaml"
    config.write_text(GUIDE.replace("format: csv", "max_rows: 3"))
    words = ("sky", "ingest", "--source", "ztf", "--config", config, "--limit")
    assert ingest(home, *words, 0)["records"] == 3
    assert ingest(home, *words, 2)["records"] == 2


def test_the_command_wins_over_the_guides_file(home, services):
    config = home / "base.yaml"
    config.write_text(GUIDE)
    words = ("sky", "ingest", "--config", config, "--source")
    assert ingest(home, *words, "tess", "--tic", 25155317)["sample"]["tic_id"] == "TIC25155317"
    services.requests.clear()
    ingest(home, *words, "ztf", "--irsa-ra", 255.6, "--irsa-dec", 12.28, "--irsa-filter", "i")
    (asked,) = (one.query for one in services.requests if "nph" in one.path)
    assert "255.6%20" in asked
    assert "BANDNAME=i" in asked


def test_the_command_wins_over_the_projects_pipeline(home, services):
    gnomon("init", ".", folder=home)
    path = home / "pipelines/sky-ztf.toml"
    cone = 'use = "sky.ztf"\ncones = [[255.577, 12.284, 0.02]]\n'
    path.write_text(path.read_text().replace('use = "sky.ztf"\n', cone, 1))
    ingest(home, "sky", "ingest", "--source", "ztf")
    ingest(home, "sky", "ingest", "--source", "ztf", "--irsa-id", 640106100000006)
    mine, its = ([q for one in services.requests if word in (q := one.query)]
                 for word in ("ID=6401", "CIRCLE"))  # fmt: skip
    assert (len(mine), len(its)) == (1, 1)


def test_a_filter_that_would_be_passed_over_is_refused(home):
    config = home / "base.yaml"
    config.write_text("data_sources: {tess: {targets: [1], query: {filters: {t_min: [5]}}}}")
    said = gnomon(*TESS, "--config", config, folder=home, code=2)
    assert "t_min" in said.err


def test_a_list_of_targets(home, sky):
    (home / "list.csv").write_text(truth_csv(sky))
    said = ingest(home, "sky", "targets", "list.csv", "--source", "ztf", "--irsa-radius", 0.001)
    assert said["status"] == "done"
    bright = {star.name for star in sky.stars if star.mean_mag < 13}
    objects = set(curves(home)["object"].to_pylist())
    assert 0 < len(objects) <= 6 * (len(sky.stars) - len(bright))
    again = ingest(home, "sky", "targets", "list.csv", "--source", "ztf", "--irsa-radius", 0.001)
    assert again["rows_added"] == 0


def test_what_a_person_sees(home):
    said = gnomon(*ZTF, folder=home)
    assert "done" in said.out
    assert "data/raw/ztf" in said.out
    failed = gnomon("sky", "ingest", "--source", "ztf", "--name", "Nobody", folder=home, code=1)
    assert "Nobody" in failed.err
