"""Reading synthetic profiles: S-files and aggregates against netCDF4, damaged ones refused."""

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argo_files import as_read, describe, put, rewrite, rewrite_hdf5
from gnomon.errors import BadData
from gnomon.formats.netcdf3 import Reader
from gnomon.instruments.argo.files.synthetic import read_synthetic

PARTS = {
    "raw": "",
    "raw_qc": "_QC",
    "adjusted": "_ADJUSTED",
    "adjusted_qc": "_ADJUSTED_QC",
    "error": "_ADJUSTED_ERROR",
    "dpres": "_dPRES",
}


@pytest.fixture
def sprof(bgc_gdac):
    return min(bgc_gdac.folder.glob("dac/*/*/*_Sprof.nc"))


@pytest.fixture
def refuse(sprof, tmp_path):
    """Change one valid aggregate and return why it is refused."""

    def call(change):
        target = rewrite_hdf5(sprof, tmp_path / sprof.name, change)
        with pytest.raises(BadData) as caught:
            read_synthetic(target)
        assert str(caught.value).startswith(f"{sprof.name}: ")
        return str(caught.value)

    return call


def test_every_variable_of_real_files_is_what_netcdf4_reads(real):
    reader = Reader()
    paths = [*real.glob("dac/*/*/profiles/S*.nc"), *real.glob("dac/*/*/*_Sprof.nc")]
    assert len(paths) == 13
    for path in paths:
        ours = read_synthetic(path, reader=reader)
        with netCDF4.Dataset(path) as reference:
            for name, block in ours.parameters.items():
                for part, suffix in PARTS.items():
                    theirs = as_read(reference, name, suffix)
                    if theirs is None:
                        assert (name, part) == ("PRES", "dpres")
                    else:
                        np.testing.assert_array_equal(getattr(block, part), theirs)
            np.testing.assert_array_equal(ours.cycle_number, reference["CYCLE_NUMBER"][...])
            np.testing.assert_array_equal(ours.direction, reference["DIRECTION"][...])
            np.testing.assert_array_equal(ours.juld, reference["JULD"][...])
        assert (ours.n_prof == 0).all()
        assert {"PRES", "TEMP", "PSAL", "DOXY"} <= ours.parameters.keys()


def test_modes_are_by_parameter(real):
    profiles = read_synthetic(real / "dac/coriolis/3902131/3902131_Sprof.nc")
    modes = {name: set(block.mode.tolist()) for name, block in profiles.parameters.items()}
    assert modes == {"PRES": {b"D"}, "TEMP": {b"D"}, "PSAL": {b"D"}, "DOXY": {b"R"}}
    one = read_synthetic(real / "dac/coriolis/6903247/profiles/SR6903247_024.nc")
    assert one.parameters["CHLA"].mode.tolist() == [b"A"]
    assert one.parameters["TEMP"].mode.tolist() == [b"R"]


def test_aggregate_and_cycles_of_the_simulator_agree(bgc_gdac, sprof):
    whole = read_synthetic(sprof)
    wmo = int(sprof.name.partition("_")[0])
    records = [r for r in bgc_gdac.records if r.wmo == wmo]
    assert len(whole.juld) == len(records)
    for i, record in enumerate(records):
        cycle = read_synthetic(bgc_gdac.folder / "dac" / record.path_of("S"))
        assert cycle.parameters.keys() == whole.parameters.keys()
        for name, block in cycle.parameters.items():
            for part in PARTS:
                ours, theirs = getattr(block, part), getattr(whole.parameters[name], part)
                if ours is not None:
                    np.testing.assert_array_equal(ours[0], theirs[i, : ours.shape[1]])
            assert block.mode[0] == whole.parameters[name].mode[i]


def test_damaged_files_are_refused(real):
    for path in (real / "damaged").glob("*.nc"):
        with pytest.raises(BadData) as caught:
            read_synthetic(path)
        assert str(caught.value).startswith(path.name)
    with pytest.raises(BadData, match=r"3902131_Sprof.trunc50.nc: damaged HDF5: .*truncated"):
        read_synthetic(real / "damaged" / "3902131_Sprof.trunc50.nc")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda f: f["DATA_TYPE"].write_direct(np.array(list("Core".ljust(32)), "S1")),
            "DATA_TYPE",
        ),
        (lambda f: f.pop("TEMP"), "TEMP"),
        (lambda f: f.pop("PSAL_QC"), "variable PSAL_QC is missing"),
        (lambda f: f.pop("TEMP_ADJUSTED_ERROR"), "variable TEMP_ADJUSTED_ERROR is missing"),
        (lambda f: f["TEMP"].attrs.__setitem__("units", "kelvin"), "TEMP is in 'kelvin'"),
        (lambda f: f["DOXY"].attrs.__setitem__("units", "ml/l"), "DOXY is in 'ml/l'"),
        (lambda f: f["DOXY"].attrs.__delitem__("_FillValue"), "DOXY has no _FillValue"),
        (lambda f: f["DOXY"].attrs.__delitem__("DIMENSION_LIST"), "damaged HDF5"),
        (lambda f: f["CYCLE_NUMBER"].__setitem__(2, 1), "one cycle stands twice"),
        (lambda f: f["PLATFORM_NUMBER"].__setitem__((0, 0), b"1"), "PLATFORM_NUMBER"),
        (lambda f: f["DOXY"].__setitem__((1, 3), np.inf), "DOXY is infinite at level 3"),
    ],
)
def test_aggregates_that_contradict_themselves_are_refused(refuse, change, reason):
    assert reason in refuse(change)


def test_a_wrong_float_is_refused(sprof, tmp_path):
    path = tmp_path / "download.part"
    path.write_bytes(sprof.read_bytes())
    assert read_synthetic(path, name=sprof.name).name == sprof.name
    with pytest.raises(BadData, match=r"1900857_Sprof.nc: PLATFORM_NUMBER"):
        read_synthetic(path, name="1900857_Sprof.nc")


def test_both_good_and_far_apart_is_damage(bgc_gdac, tmp_path):
    record = next(r for r in bgc_gdac.records if r.mode == "D")
    source = bgc_gdac.folder / "dac" / record.path_of("S")

    def change(_, variables):
        put(variables, "TEMP", (0, slice(None)), np.float32(3.5e3))
        describe(variables, "DOXY", units="umol/kg")

    with pytest.raises(BadData, match="both flagged good"):
        read_synthetic(rewrite(source, tmp_path / source.name, change))


@settings(max_examples=40, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_cut_aggregate_is_always_refused(bgc_gdac, tmp_path_factory, share):
    sprof = min(bgc_gdac.folder.glob("dac/*/*/*_Sprof.nc"))
    content = sprof.read_bytes()
    path = tmp_path_factory.mktemp("cut") / sprof.name
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(BadData, match=sprof.name):
        read_synthetic(path)


@settings(max_examples=15, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_refused_or_harmless_to_the_reader(bgc_gdac, tmp_path_factory, at, bit):
    sprof = min(bgc_gdac.folder.glob("dac/*/*/*_Sprof.nc"))
    content = bytearray(sprof.read_bytes())
    content[int(at * len(content))] ^= 1 << bit
    path = tmp_path_factory.mktemp("flip") / sprof.name
    path.write_bytes(content)
    try:
        profiles = read_synthetic(path)
    except BadData as refusal:
        assert sprof.name in str(refusal)  # noqa: PT017 - both ways are right
    else:
        assert "PRES" in profiles.parameters
