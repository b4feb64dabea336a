"""The simulator's BGC floats: files as real ones, indexes that agree, nothing for core floats."""

import gzip

import netCDF4
import numpy as np
import pytest

from gnomon.instruments.argo.files.bgc import read_bgc
from gnomon.instruments.argo.files.core import read_profiles
from gnomon.instruments.argo.files.metadata import (
    read_float_file,
    read_metadata,
    read_technical,
)
from gnomon.instruments.argo.files.synthetic import read_synthetic
from gnomon.instruments.argo.simulate.gdac import advance, reissue, simulate_gdac

READERS = {"B": read_bgc, "S": read_synthetic}
INDEXES = {"B": "argo_bio-profile_index.txt", "S": "argo_synthetic-profile_index.txt"}


def rows(folder, name):
    """Return the rows of an index, as dictionaries, having compared its gzipped twin."""
    data = (folder / name).read_bytes()
    assert gzip.decompress((folder / f"{name}.gz").read_bytes()) == data
    names, *lines = [line for line in data.decode().splitlines() if line[0] != "#"]
    return [dict(zip(names.split(","), line.split(","), strict=True)) for line in lines]


@pytest.fixture
def small(tmp_path):
    return simulate_gdac(tmp_path / "g", floats=2, cycles=5, seed=1, levels=20, bgc=1)


def test_the_same_seed_gives_the_same_tree(tmp_path, small):
    again = simulate_gdac(tmp_path / "h", floats=2, cycles=5, seed=1, levels=20, bgc=1)
    for path in (p for p in small.folder.rglob("*") if p.is_file()):
        assert (again.folder / path.relative_to(small.folder)).read_bytes() == path.read_bytes()


def test_core_floats_are_the_same_beside_bgc_floats(tmp_path, small):
    core = simulate_gdac(tmp_path / "core", floats=2, cycles=5, seed=1, levels=20)
    assert not list(core.folder.rglob("[BS]*.nc"))
    assert {p.name for p in core.folder.iterdir() if p.suffix == ".txt"} == {
        "ar_index_global_prof.txt",
        "ar_index_global_meta.txt",
    }
    wmo = max(core.floats)
    for path in core.folder.glob(f"dac/*/{wmo}/**/*.nc"):
        same = small.folder / path.relative_to(core.folder)
        assert same.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("kind", ["B", "S"])
def test_index_and_files_agree(bgc_gdac, kind):
    listed = {row["file"]: row for row in rows(bgc_gdac.folder, INDEXES[kind])}
    records = [r for r in bgc_gdac.records if bgc_gdac.has_bgc(r.wmo)]
    assert listed.keys() == {record.path_of(kind) for record in records}
    for path, row in listed.items():
        file = READERS[kind](bgc_gdac.folder / "dac" / path)
        assert f"{file.date_update:%Y%m%d%H%M%S}" == row["date_update"]
        names, modes = row["parameters"].split(" "), row["parameter_data_mode"]
        assert set(names) == set(file.parameters)
        for name, mode in zip(names, modes, strict=True):
            assert mode.encode() in file.parameters[name].mode


def test_every_mode_and_sampling_occurs(bgc_gdac):
    seen, samplings = {}, set()
    for record in (r for r in bgc_gdac.records if bgc_gdac.has_bgc(r.wmo)):
        profiles = bgc_gdac.bgc_profiles(record)
        samplings.add(len(profiles))
        assert len(profiles) == len(bgc_gdac.profiles(record))
        for profile in profiles:
            for name, measured in profile.parameters.items():
                seen.setdefault(name, set()).add(measured.mode)
        assert "CHLA" in profiles[-1].parameters
        assert "DOXY" in profiles[0].parameters
    assert samplings == {2, 3}
    assert seen["DOXY"] == {"R", "A", "D"}
    assert seen["CHLA"] == {"A", "D"}
    assert seen["BBP700"] == {"R"}
    assert seen["PH_IN_SITU_TOTAL"] == {"R", "A"}


def test_core_and_b_files_share_their_levels(bgc_gdac):
    for record in (r for r in bgc_gdac.records if bgc_gdac.has_bgc(r.wmo)):
        core = read_profiles(bgc_gdac.folder / "dac" / record.path)
        bgc = read_bgc(bgc_gdac.folder / "dac" / record.path_of("B"))
        np.testing.assert_array_equal(core.parameter("PRES").raw, bgc.parameters["PRES"].raw)


@pytest.mark.parametrize(
    ("kind", "example"),
    [("B", "BR6903247_024.nc"), ("S", "SR6903247_024.nc")],
)
def test_variables_are_those_of_real_files(bgc_gdac, real, kind, example):
    theirs = real / "dac" / "coriolis" / "6903247" / "profiles" / example
    ours = bgc_gdac.folder / "dac" / bgc_gdac.records[0].path_of(kind)
    with netCDF4.Dataset(ours) as made, netCDF4.Dataset(theirs) as reference:
        for name in set(made.variables) & set(reference.variables):
            assert made[name].dimensions == reference[name].dimensions
            if name != "HISTORY_PREVIOUS_VALUE":  # a double in this one file
                assert made[name].dtype == reference[name].dtype
            assert getattr(made[name], "units", None) in (
                getattr(reference[name], "units", None),
                None,
            )
        lacking = set(reference.variables) - set(made.variables)
        sensors = ("CDOM", "DOWN", "PHASE", "BETA", "NITRATE")
        assert not [n for n in lacking if not any(s in n for s in sensors)]


def test_an_aggregate_is_read_by_netcdf4_as_a_real_one(bgc_gdac, real):
    example = real / "dac" / "coriolis" / "3902131" / "3902131_Sprof.nc"
    for path in bgc_gdac.folder.glob("dac/*/*/*_Sprof.nc"):
        with netCDF4.Dataset(path) as made, netCDF4.Dataset(example) as reference:
            assert made.data_model == reference.data_model == "NETCDF4_CLASSIC"
            assert set(reference.variables) <= set(made.variables)
            for name, variable in reference.variables.items():
                assert made[name].dimensions == variable.dimensions
                assert made[name].dtype == variable.dtype
            values = made["DOXY"][...].filled(np.nan)
        ours = read_synthetic(path).parameters["DOXY"].raw
        np.testing.assert_array_equal(ours, values)


def test_floats_are_described(bgc_gdac, real):
    wanted = read_metadata(real / "dac/coriolis/6903247/6903247_meta.nc")
    for wmo, dac in bgc_gdac.floats.items():
        place = bgc_gdac.folder / "dac" / dac / str(wmo) / str(wmo)
        meta = read_metadata(place.with_name(f"{wmo}_meta.nc"))
        assert not meta.problems
        silent = {"CONTROLLER_BOARD_TYPE_SECONDARY", "CONTROLLER_BOARD_SERIAL_NO_SECONDARY"}
        assert set(wanted.texts) - set(meta.texts) <= silent
        assert meta.launch is not None
        assert ("DOXY" in meta.parameters) == bgc_gdac.has_bgc(wmo)
        technical = read_technical(place.with_name(f"{wmo}_tech.nc"))
        volts = [
            (int(cycle), float(value))
            for cycle, name, value in zip(
                technical.cycles, technical.names, technical.values, strict=True
            )
            if name.startswith("VOLTAGE_Battery")
        ]
        assert volts == [(c, pytest.approx(bgc_gdac.battery(c), abs=0.01)) for c, _ in volts]
        track = read_float_file(place.with_name(f"{wmo}_Rtraj.nc"))
        assert (track.what, track.platform_number) == ("traj", wmo)


def test_files_of_floats_are_listed(bgc_gdac):
    for name, ending in (("tech", "_tech.nc"), ("traj", "_Rtraj.nc")):
        found = rows(bgc_gdac.folder, f"ar_index_global_{name}.txt")
        assert len(found) == len(bgc_gdac.floats)
        for row in found:
            file = read_float_file(bgc_gdac.folder / "dac" / row["file"])
            assert row["file"].endswith(ending)
            assert f"{file.date_update:%Y%m%d%H%M%S}" == row["date_update"]


def test_the_greylist_names_simulated_floats(bgc_gdac):
    lines = (bgc_gdac.folder / "ar_greylist.txt").read_text().splitlines()
    assert lines[0] == "PLATFORM_CODE,PARAMETER_NAME,START_DATE,END_DATE,QUALITY_CODE,COMMENT,DAC"
    assert {int(line.split(",")[0]) for line in lines[1:]} <= set(bgc_gdac.floats)
    assert len(lines) == 3


def test_b_and_s_files_follow_reissues_and_new_cycles(small):
    wmo = min(small.floats)
    before = {p.name for p in small.folder.glob(f"dac/*/{wmo}/profiles/*")}
    later = advance(reissue(small, {wmo: [5]}), 1, floats=[wmo])
    after = {p.name for p in later.folder.glob(f"dac/*/{wmo}/profiles/*")}
    assert before - after == {f"{kind}R{wmo}_005.nc" for kind in ("", "B", "S")}
    assert after - before == {
        f"{kind}{name}" for kind in ("", "B", "S") for name in (f"D{wmo}_005.nc", f"R{wmo}_006.nc")
    }
    aggregate = read_synthetic(next(later.folder.glob(f"dac/*/{wmo}/*_Sprof.nc")))
    assert aggregate.cycle_number.max() == 6
    listed = {row["file"].rpartition("/")[2] for row in rows(later.folder, INDEXES["B"])}
    assert listed == {name for name in after if name.startswith("B")}
