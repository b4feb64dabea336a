"""The tables of synthetic profiles: the truth of argopy, netCDF4, any order of files."""

import netCDF4
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argo_files import as_read
from gnomon.errors import BadData
from gnomon.instruments.argo.files.synthetic import read_synthetic
from gnomon.instruments.argo.science.selection import good
from gnomon.instruments.argo.science.statistics import PARAMETERS_SCHEMA
from gnomon.instruments.argo.tables.synthetic import assemble_synthetic


@pytest.fixture(scope="module")
def sprof(real):
    return assemble_synthetic([], [read_synthetic(real / "dac/coriolis/3902131/3902131_Sprof.nc")])


@pytest.fixture(scope="module")
def told(truth):
    return truth["coriolis/3902131"]["Sprof_nc"]


def flags(column):
    return column.fill_null(-1).to_numpy()


def test_the_aggregate_gives_the_truth_of_the_manuals_rule(sprof, told):
    expected = told["netcdf4"]
    assert sprof.levels.num_rows == expected["n_points"] == 113_744
    assert sprof.n_profiles == expected["n_prof"]
    for name in expected["params"]:
        values = sprof.levels[name.lower()].to_numpy()
        pressures = good(flags(sprof.levels["pres_qc"]))
        chosen = values[good(flags(sprof.levels[f"{name.lower()}_qc"])) & pressures]
        chosen = chosen[~np.isnan(chosen)]
        best = expected[f"best_{name}_qc1258"]
        assert len(chosen) == best["n"], name
        if best["n"]:
            assert chosen.mean(dtype=np.float64) == pytest.approx(best["mean"], abs=1e-5)
        modes = sprof.parameters.filter(pc.equal(sprof.parameters["parameter"], name))
        counts = {m["values"]: m["counts"] for m in modes["data_mode"].value_counts().to_pylist()}
        assert counts == expected[f"{name}_modes"]


@pytest.mark.parametrize("name", ["PRES", "TEMP", "PSAL", "DOXY"])
def test_the_aggregate_gives_the_figures_of_argopy(sprof, told, name):
    expert, column = told["argopy"]["expert"], name.lower()
    raw = sprof.levels[f"{column}_raw"]
    found = raw.drop_null().to_numpy()
    assert len(found) == expert[name]["n"]
    tolerance = 0.05 if name == "PRES" else 1e-4
    for figure, ours in (("mean", found.mean(dtype=np.float64)), ("min", found.min())):
        assert ours == pytest.approx(expert[name][figure], rel=1e-5, abs=tolerance)
    assert found.max() == pytest.approx(expert[name]["max"], rel=1e-5, abs=tolerance)
    for suffix, ours in (("_QC", f"{column}_raw_qc"), ("_ADJUSTED_QC", f"{column}_qc")):
        if name == "DOXY" and suffix == "_ADJUSTED_QC":
            continue  # real time: the chosen flag is the raw one
        shown = sprof.levels[ours].fill_null(9)  # argopy shows 9 for a blank flag
        counts = pc.value_counts(shown).to_pylist()
        seen = {str(float(c["values"])): c["counts"] for c in counts}
        assert seen == expert[name + suffix]
    if name in ("TEMP", "PSAL", "DOXY"):
        moved = sprof.levels[f"{column}_dpres"].drop_null().to_numpy()
        assert len(moved) == expert[f"{name}_dPRES"]["n"]
        assert moved.mean() == pytest.approx(expert[f"{name}_dPRES"]["mean"], abs=1e-5)


def test_single_cycle_files_are_what_netcdf4_reads(real):
    folder = real / "dac" / "coriolis" / "6903247" / "profiles"
    paths = sorted(folder.glob("S*.nc"))
    levels = assemble_synthetic([read_synthetic(path) for path in paths]).levels
    compared = 0
    for path in paths:
        with netCDF4.Dataset(path) as reference:
            cycle = int(reference["CYCLE_NUMBER"][0])
            letter = bytes(reference["DIRECTION"][0]).decode()
            rows = levels.filter(
                pc.and_(
                    pc.equal(levels["cycle_number"], cycle), pc.equal(levels["direction"], letter)
                )
            )
            _compare(rows, reference)
            compared += rows.num_rows
    assert compared == levels.num_rows


def _compare(rows, reference):
    stated = netCDF4.chartostring(reference["STATION_PARAMETERS"][0].filled(b" "))
    modes = reference["PARAMETER_DATA_MODE"][0].filled(b" ")
    level = rows["level"].to_numpy()
    for name, mode in zip(np.char.strip(stated), modes, strict=True):
        suffix = "" if mode == b"R" else "_ADJUSTED"
        for ours, theirs in (
            ("", suffix),
            ("_qc", f"{suffix}_QC"),
            ("_raw", ""),
            ("_raw_qc", "_QC"),
            ("_dpres", "_dPRES"),
        ):
            expected = as_read(reference, name, theirs)
            if expected is not None:
                found = rows[f"{name.lower()}{ours}"]
                found = flags(found) if ours.endswith("qc") else found.to_numpy()
                np.testing.assert_array_equal(found, expected[0, level])
        errors = rows[f"{name.lower()}_error"]
        if mode == b"R":
            assert errors.null_count == len(errors)
        assert set(rows[f"{name.lower()}_mode"].to_pylist()) == {mode.decode()}


def test_cycles_lead_and_the_aggregate_fills_in(bgc_gdac):
    wmo = min(bgc_gdac.floats)
    folder = next(bgc_gdac.folder.glob(f"dac/*/{wmo}"))
    cycles = [read_synthetic(p) for p in sorted(folder.glob("profiles/S*.nc"))]
    whole = read_synthetic(folder / f"{wmo}_Sprof.nc")
    everything = assemble_synthetic(cycles)
    assert assemble_synthetic([], [whole]).levels.equals(everything.levels)
    assert assemble_synthetic(cycles[1::2], [whole]).levels.equals(everything.levels)
    assert assemble_synthetic(cycles[::3], [whole]).parameters.equals(everything.parameters)
    with pytest.raises(BadData, match="hold the same cycle"):
        assemble_synthetic([*cycles, cycles[2]], [whole])


def test_statistics_are_those_of_the_good_values(sprof):
    table = sprof.parameters
    assert table.schema.equals(PARAMETERS_SCHEMA)
    doxy = table.filter(pc.equal(table["parameter"], "DOXY"))
    assert doxy["n_good"].to_numpy().sum() == 0
    assert doxy["mean"].null_count == doxy.num_rows
    psal = table.filter(pc.equal(table["parameter"], "PSAL"))
    weighted = (psal["mean"].to_numpy() * psal["n_good"].to_numpy())[psal["n_good"].to_numpy() > 0]
    total = psal["n_good"].to_numpy().sum()
    assert weighted.sum() / total == pytest.approx(35.07072, abs=1e-4)
    assert psal["n_dac_bad"].to_numpy().sum() == 52_468 + 7_644
    assert psal["n_levels"].to_numpy().sum() == 113_744


def test_what_follows_needs_good_values_and_a_position(bgc_gdac):
    wmo = min(bgc_gdac.floats)
    folder = next(bgc_gdac.folder.glob(f"dac/*/{wmo}"))
    levels = assemble_synthetic([], [read_synthetic(folder / f"{wmo}_Sprof.nc")]).levels
    known = pc.and_(
        pc.is_in(levels["psal_qc"], pa.array([1], pa.int8())), levels["latitude"].is_valid()
    )
    assert levels["sigma0_kg_m3"].is_valid().equals(known)
    assert levels["depth_m"].is_valid().equals(levels["latitude"].is_valid())


@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_any_order_of_files_gives_the_same_tables(bgc_gdac, data):
    wmo = min(bgc_gdac.floats)
    folder = next(bgc_gdac.folder.glob(f"dac/*/{wmo}"))
    cycles = [read_synthetic(p) for p in sorted(folder.glob("profiles/S*.nc"))]
    whole = read_synthetic(folder / f"{wmo}_Sprof.nc")
    some = data.draw(st.lists(st.sampled_from(range(len(cycles))), unique=True, max_size=4))
    mixed = assemble_synthetic([cycles[i] for i in some], [whole])
    plain = assemble_synthetic(cycles)
    assert mixed.levels.equals(plain.levels)
    assert mixed.parameters.equals(plain.parameters)
