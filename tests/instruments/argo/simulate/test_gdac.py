"""The simulator writes and changes what the GDAC would, the same every time."""

import netCDF4
import numpy as np
import pytest

from gnomon.instruments.argo.files.core import read_profiles
from gnomon.instruments.argo.gdac.index import floats, items, read_meta_index, read_profile_index
from gnomon.instruments.argo.simulate.gdac import advance, reissue, simulate_gdac


def listing(gdac):
    data = (gdac.folder / "ar_index_global_prof.txt").read_bytes()
    return {item.ref: item.stamp for item in items(read_profile_index(data))}


def snapshot(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def small(tmp_path):
    return simulate_gdac(tmp_path / "g", floats=2, cycles=6, seed=1, levels=20)


def test_the_same_seed_gives_the_same_tree(tmp_path, small):
    again = simulate_gdac(tmp_path / "h", floats=2, cycles=6, seed=1, levels=20)
    other = simulate_gdac(tmp_path / "i", floats=2, cycles=6, seed=2, levels=20)
    assert snapshot(again.folder) == snapshot(small.folder)
    assert snapshot(other.folder) != snapshot(small.folder)


def test_index_and_files_agree(gdac):
    listed = listing(gdac)
    assert listed.keys() == {f"dac/{r.path}" for r in gdac.records}
    for ref, stamp in listed.items():
        profiles = read_profiles(gdac.folder / ref)
        assert profiles.date_update.strftime("%Y%m%d%H%M%S") == stamp
    plain = (gdac.folder / "ar_index_global_meta.txt").read_bytes()
    packed = (gdac.folder / "ar_index_global_meta.txt.gz").read_bytes()
    assert floats(read_meta_index(plain)) == floats(read_meta_index(packed)) == gdac.floats


def test_the_cases_of_the_real_gdac_occur(tmp_path):
    gdac = simulate_gdac(tmp_path, floats=6, cycles=30, levels=10)
    assert {r.mode for r in gdac.records} == set("DAR")
    assert {r.direction for r in gdac.records} == set("AD")
    assert {r.lacks for r in gdac.records} == {"", "time", "position"}
    profiles = [p for r in gdac.records for p in gdac.profiles(r)]
    assert len(profiles) > len(gdac.records)
    assert any((p.qc == 4).any() for p in profiles)


def test_netcdf4_reads_every_variable_that_a_real_file_has(gdac, real):
    simulated = gdac.folder / "dac" / gdac.records[0].path
    example = real / "dac" / "csiro" / "5900865" / "profiles" / "D5900865_001.nc"
    with netCDF4.Dataset(simulated) as ours, netCDF4.Dataset(example) as theirs:
        assert set(ours.variables) == set(theirs.variables)
        for name, variable in theirs.variables.items():
            assert ours[name].dtype == variable.dtype
            assert ours[name].dimensions == variable.dimensions
        assert ours.dimensions["N_HISTORY"].isunlimited()
        np.testing.assert_array_equal(
            ours["TEMP"][0].filled(np.nan), gdac.profiles(gdac.records[0])[0].values[1, 0]
        )


def test_netcdf4_reads_aggregates_and_meta_files(gdac):
    for path in gdac.folder.glob("dac/*/*/*.nc"):
        with netCDF4.Dataset(path) as file:
            number = netCDF4.chartostring(file["PLATFORM_NUMBER"][...].filled(b" "))
            assert str(np.ravel(number)[0]).strip() == path.name.partition("_")[0]


def test_a_reissue_replaces_real_time_by_delayed_mode(small):
    before, old = listing(small), snapshot(small.folder)
    wmo = 3900002
    now = reissue(small, {wmo: [6]})
    gone, new = before.keys() - listing(now).keys(), listing(now).keys() - before.keys()
    assert [ref.rpartition("/")[2] for ref in gone] == [f"R{wmo}_006.nc"]
    assert [ref.rpartition("/")[2] for ref in new] == [f"D{wmo}_006.nc"]
    assert not any((now.folder / ref).exists() for ref in gone)
    changed = {
        str(path.name) for path, data in snapshot(now.folder).items() if old.get(path) != data
    }
    assert f"{wmo}_prof.nc" in changed
    assert f"{wmo - 1}_prof.nc" not in changed
    aggregate = read_profiles(next(now.folder.glob(f"dac/*/{wmo}/*_prof.nc")))
    assert aggregate.data_mode[-1] == b"D"


def test_a_reissue_of_delayed_mode_is_newer(small):
    before = listing(small)
    after = listing(reissue(small, {3900002: [1]}))
    assert before.keys() == after.keys()
    assert sum(before[ref] < after[ref] for ref in after) == 1


def test_floats_advance(small):
    before = listing(small)
    now = advance(small, 2, floats=[3900001])
    new = listing(now).keys() - before.keys()
    assert sorted(ref.rpartition("/")[2] for ref in new) == ["R3900001_007.nc", "R3900001_008.nc"]
    assert before.items() <= listing(now).items()
    assert all((now.folder / ref).exists() for ref in new)
    assert len(listing(advance(now))) == len(before) + 4
