"""What is known of a float: from all of its files, from some, and from each alone."""

import json
from datetime import UTC, datetime

import pytest

from gnomon.core.dataset import Input, Provenance
from gnomon.errors import BadData, NoData
from gnomon.instruments.argo.simulate.gdac import simulate_gdac
from gnomon.instruments.argo.steps.analysis import AnalysisConfig, analysis
from gnomon.instruments.argo.steps.float import describe
from gnomon.instruments.argo.tables.floats import FloatRecord
from oceans import new_ocean
from terminal import gnomon

PROVENANCE = Provenance(
    "argo.float", 1, "0" * 64, "{}", (("meta", "argo.meta", "wmo=1", "f" * 64),)
)


@pytest.fixture
def describe_float(tmp_path, gather, run):
    """Describe a float of a GDAC folder, of the given sorts of its files."""

    def call(folder, sorts=("meta", "tech", "profiles", "analysis")):
        wmo, dac = int(folder.name), folder.parent.name
        made = {sort: [] for sort in ("meta", "tech", "profiles", "analysis")}

        def found(sort, path):
            if sort in sorts and path.exists():
                made[sort].append(Input(path, sort, {"wmo": wmo}, {"dac": dac}, 1, "0" * 64))

        for sort in ("meta", "tech"):
            found(sort, folder / f"{wmo}_{sort}.nc")
        cycles, aggregate = gather(folder)
        if cycles or aggregate:
            _, levels, profiles = run(cycles, aggregate)
            table = tmp_path / "analysis.parquet"
            source = Input(levels, "argo.levels", {"wmo": wmo}, {"dac": dac}, 1, "0" * 64)
            outs = table, tmp_path / "parameters.parquet"
            analysis(source, profiles, None, None, *outs, AnalysisConfig(), PROVENANCE)
            found("profiles", profiles)
            found("analysis", table)
        out = tmp_path / "float.json"
        report = describe(*made.values(), out, PROVENANCE)
        return FloatRecord.read(out), report, out

    return call


def test_a_real_float_from_all_its_files(real, describe_float):
    record, report, out = describe_float(real / "dac/csiro/5900865")
    assert record.float_type == "core"
    assert record.end_mission_date == datetime(2007, 10, 27, 6, 41, 18, tzinfo=UTC)
    assert record.launch_date == datetime(2005, 8, 18, 7, 12, tzinfo=UTC)
    assert (record.launch_latitude, record.launch_longitude) == (-10.246, 115.994)
    assert record.last_temp == pytest.approx(27.40, abs=0.05), "the surface, not 2.79 at the bottom"
    assert record.last_depth_m < 20
    assert 1900 < record.max_pressure < 2100
    assert record.n_profiles == report.metrics["n_profiles"] == 80
    assert record.project_name == "Argo Australia"
    assert record.parameters == ("PRES", "PSAL", "TEMP")
    assert record.dac == report.tags["dac"] == "csiro"
    content = json.loads(out.read_text())
    assert content["provenance"]["step"] == "argo.float"
    assert content["float_id"] == "5900865"
    assert report.coverage is not None


def test_a_float_to_4000_dbar_is_deep_though_it_measures_oxygen(real, describe_float):
    record, _, _ = describe_float(real / "dac/coriolis/3902131")
    assert record.float_type == "deep"
    without, _, _ = describe_float(real / "dac/coriolis/3902131", ("profiles", "analysis"))
    assert without.float_type == "deep", "its pressures tell"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("coriolis/6903247", "biogeochemical"), ("aoml/13857", "core"), ("kordi/2901780", "core")],
)
def test_types_of_real_floats(real, describe_float, name, kind):
    assert describe_float(real / "dac" / name)[0].float_type == kind


def test_batteries_of_real_floats(real, describe_float):
    charges = {
        name: describe_float(real / "dac" / name)[0]
        for name in ("aoml/13857", "incois/2902226", "kordi/2901780", "jma/4902252")
    }
    sources = {name: record.battery_from for name, record in charges.items()}
    assert sources == {
        "aoml/13857": "voltage",
        "incois/2902226": "voltage",
        "kordi/2901780": "voltage",
        "jma/4902252": "cycles",
    }
    assert charges["incois/2902226"].battery_percent == 100
    assert charges["aoml/13857"].battery_percent < 50


def test_each_sort_of_file_alone_makes_a_float(real, describe_float):
    folder = real / "dac/aoml/13857"
    meta, report, _ = describe_float(folder, ("meta",))
    assert meta.platform_type == "PALACE"
    assert (meta.n_profiles, meta.last_profile_time, report.coverage) == (0, None, None)
    assert meta.battery_percent is None, "neither voltages nor cycles are known"
    tech, _, _ = describe_float(folder, ("tech",))
    assert (tech.wmo_number, tech.float_type, tech.battery_from) == (13857, "unknown", "voltage")
    alone, _, _ = describe_float(folder, ("profiles",))
    assert alone.last_profile_time.year >= 1999
    assert alone.last_temp is None, "that stands in the analysis"
    with pytest.raises(NoData):
        describe_float(folder, ())


def test_the_same_inputs_give_the_same_bytes(real, describe_float):
    folder = real / "dac/csio/2902696"
    first = describe_float(folder)[2].read_bytes()
    assert describe_float(folder)[2].read_bytes() == first


def test_a_damaged_file_is_refused_by_name(real, describe_float, tmp_path):
    folder = tmp_path / "csio" / "2902696"
    folder.mkdir(parents=True)
    whole = (real / "dac/csio/2902696/2902696_meta.nc").read_bytes()
    (folder / "2902696_meta.nc").write_bytes(whole[:-500])
    with pytest.raises(BadData, match=r"2902696_meta\.nc: truncated"):
        describe_float(folder)


def test_the_step_declares_its_contract():
    assert describe.cell_keys == ("wmo",)
    assert all(mark.optional for mark in describe.inputs.values())


PIPELINE = """
name = "floats"
[[source]]
use = "argo.gdac"
mirror = "{mirror}"
data = ["core", "bgc", "metadata", "technical", "greylist"]
[[step]]
use = "argo.tables"
[[step]]
use = "argo.bgc"
[[step]]
use = "argo.greylist"
[[step]]
use = "argo.analysis"
[[step]]
use = "argo.float"
[[publish]]
use = "folder"
kinds = ["argo.float", "argo.parameters"]
output = "out"
"""


def test_simulated_floats_with_the_engine(tmp_path):
    """Two floats with biogeochemistry, one without; the second run has nothing to do."""
    gdac = simulate_gdac(tmp_path / "gdac", floats=3, cycles=4, levels=30, bgc=2)
    ocean = new_ocean(tmp_path / "project")
    (ocean.folder / "pipelines" / "floats.toml").write_text(
        PIPELINE.format(mirror=gdac.folder), "utf-8"
    )
    done = gnomon("run", "floats", "--json", folder=ocean.folder).data["done"]
    assert (done["argo.analysis"], done["argo.float"]) == (3, 3)
    records = {r.wmo_number: r for r in map(FloatRecord.read, ocean.folder.rglob("out/**/*.json"))}
    assert set(records) == set(gdac.floats)
    types = [records[wmo].float_type for wmo in sorted(records)]
    assert types == ["biogeochemical", "biogeochemical", "core"]
    for wmo, record in records.items():
        assert record.n_profiles == gdac.counts()[wmo][0]
        assert record.battery_from == "voltage"
        own = [r for r in gdac.records if r.wmo == wmo and r.lacks != "time"]
        assert record.last_cycle == max(own, key=lambda r: r.juld).cycle
        assert record.last_depth_m is None or record.last_depth_m < 50
        assert ("DOXY" in record.parameters) == gdac.has_bgc(wmo)
    assert (
        gnomon("run", "floats", "--json", folder=ocean.folder).data["done"].get("argo.float")
        is None
    )
