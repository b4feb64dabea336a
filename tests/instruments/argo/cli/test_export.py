"""`gnomon argo export`: formats beyond the pipeline's own."""

import csv
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.instruments.argo.exports.model import PROFILES
from gnomon.instruments.argo.simulate.gdac import simulate_gdac
from oceans import new_ocean
from terminal import gnomon

CORE_ONLY = """
name = "argo"
[[source]]
use = "argo.gdac"
mirror = "nowhere"
[[step]]
use = "argo.tables"
[[publish]]
use = "folder"
kinds = ["argo.levels"]
output = "mine"
[publish.names]
"argo.levels" = "{wmo}.parquet"
"""


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    root = tmp_path_factory.mktemp("export")
    simulate_gdac(root / "gdac", floats=2, cycles=4, levels=12, seed=5, bgc=1)
    ocean = new_ocean(root / "project")
    ocean.sync("--all", "--data", "all", mirror=root / "gdac")
    return ocean


@pytest.fixture
def ocean(synced, tmp_path):
    return synced.copy(tmp_path / "project")


def export(ocean, *formats, code=0):
    words = [word for name in formats for word in ("--format", name)]
    return gnomon("argo", "export", *words, "--json", folder=ocean.folder, code=code)


def files(ocean, folder="out"):
    root = ocean.folder / folder
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_each_format_brings_its_steps(ocean):
    (ocean.folder / "pipelines" / "argo.toml").write_text(CORE_ONLY)
    done = export(ocean, "json", "csv", "arrow", "geoparquet").data["done"]
    for name in ("argo.analysis", "argo.json", "argo.csv", "argo.arrow", "argo.positions"):
        assert done[name] == (1 if name == "argo.positions" else 2)
    dacs = [entry for entry in files(ocean, "mine") if entry.startswith("json/")]
    assert len(dacs) == 2
    assert len(files(ocean, "mine")) == 7  # the levels were not asked for
    assert "positions.parquet" in files(ocean, "mine")
    assert export(ocean, "json").data["jobs"] == 0


def test_formats_agree_with_the_tables(ocean):
    export(ocean)
    export(ocean, "json", "csv", "arrow", "geoparquet")
    out = ocean.folder / "out"
    for path in out.glob("analysis/*/*.parquet"):
        table, name = pq.read_table(path), f"{path.parent.name}/{path.stem}"
        with pa.memory_map(str(out / "arrow" / f"{name}.arrow")) as source:
            assert pa.ipc.open_file(source).read_all().equals(table)
        read = csv.DictReader(io.StringIO((out / "csv" / f"{name}.csv").read_text("utf-8")))
        assert [row["temp_qc"] for row in read] == [
            "" if flag is None else str(flag) for flag in table["temp_qc"].to_pylist()
        ]
        profiles = PROFILES.validate_json((out / "json" / f"{name}.json").read_bytes())
        assert sum(len(profile.measurements) for profile in profiles) == table.num_rows
        known = pq.read_table(out / "profiles" / f"{name}.parquet")
        times = [None if t is None else t.timestamp() for t in known["juld"].to_pylist()]
        assert [p.profile_time and p.profile_time.timestamp() for p in profiles] == times
    count = ocean.query("SELECT count(*) FROM {profiles}")[0][0]
    assert pq.read_metadata(out / "positions.parquet").num_rows == count


def test_parquet_is_what_the_pipeline_makes(ocean):
    (ocean.folder / "pipelines" / "argo.toml").write_text(CORE_ONLY)
    export(ocean, "parquet")
    found = files(ocean, "mine")
    assert {entry.split("/")[0] for entry in found if "/" in entry} == {"profiles"}
    assert sum("/" not in entry for entry in found) == 2  # levels, as the pipeline names them


def test_without_formats_it_publishes_what_the_pipeline_says(ocean):
    (ocean.folder / "pipelines" / "argo.toml").write_text(CORE_ONLY)
    export(ocean)
    assert all("/" not in entry for entry in files(ocean, "mine"))


def test_an_unknown_format_is_a_usage_error(ocean):
    said = gnomon("argo", "export", "--format", "xml", folder=ocean.folder, code=2)
    assert "geoparquet" in said.err


def test_dry_run_changes_nothing(ocean):
    before = files(ocean, ".")
    gnomon("argo", "export", "--format", "json", "--dry-run", folder=ocean.folder)
    assert files(ocean, ".") == before


def test_an_export_may_be_of_some_floats(ocean):
    words = ("argo", "export", "--float", 3900002, "--json")
    done = gnomon(*words, folder=ocean.folder).data["done"]
    assert (done["argo.tables"], done["argo.analysis"]) == (1, 1)
    assert {path.stem for path in (ocean.folder / "out/analysis").rglob("*.parquet")} == {"3900002"}
    rest = export(ocean).data["done"]
    assert (rest["argo.tables"], rest["argo.bgc"]) == (1, 1)
