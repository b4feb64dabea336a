"""Reading B-files: real ones against netCDF4, what is strange in them, what is refused."""

import netCDF4
import numpy as np
import pytest

from argo_files import as_read, describe, put, rewrite
from gnomon.errors import BadData
from gnomon.formats.netcdf3 import Reader
from gnomon.formats.netcdf3_writer import NewVariable
from gnomon.instruments.argo.files.bgc import NO_MODE, read_bgc

PARTS = {
    "raw": "",
    "raw_qc": "_QC",
    "adjusted": "_ADJUSTED",
    "adjusted_qc": "_ADJUSTED_QC",
    "error": "_ADJUSTED_ERROR",
    "dpres": "_dPRES",
}


def b_files(folder):
    return sorted(folder.glob("dac/*/*/profiles/B*.nc"))


@pytest.fixture
def one(bgc_gdac):
    return next(
        p for p in b_files(bgc_gdac.folder) if p.name.startswith("BD") and "D.nc" not in p.name
    )


@pytest.fixture
def changed(one, tmp_path):
    """Change one valid file and read it."""
    return lambda change: read_bgc(rewrite(one, tmp_path / one.name, change))


@pytest.fixture
def refuse(changed, one):
    """Change one valid file and return why it is refused."""

    def call(change):
        with pytest.raises(BadData) as caught:
            changed(change)
        assert str(caught.value).startswith(f"{one.name}: ")
        return str(caught.value)

    return call


def test_every_variable_of_real_files_is_what_netcdf4_reads(real):
    reader, shapes = Reader(), set()
    for path in b_files(real):
        ours = read_bgc(path, reader=reader)
        with netCDF4.Dataset(path) as reference:
            _compare(ours, reference)
            shapes.add(reference.dimensions["N_PROF"].size)
    assert shapes == {1, 2, 4, 6}


def _compare(ours, reference):
    stated = netCDF4.chartostring(reference["STATION_PARAMETERS"][...].filled(b" "))
    stated = np.char.strip(stated)
    spectra = {n for n, v in reference.variables.items() if len(v.dimensions) == 3}
    assert set(ours.skipped) == spectra & set(stated.ravel())
    assert ours.parameters.keys() == set(stated.ravel()) - {"", *ours.skipped}
    letters = reference["PARAMETER_DATA_MODE"][...].filled(b" ")
    for name, block in ours.parameters.items():
        for part, suffix in PARTS.items():
            _equal(getattr(block, part), as_read(reference, name, suffix), part)
        profiles, columns = np.nonzero(stated == name)
        assert (block.mode[profiles] == letters[profiles, columns]).all()
        assert (np.delete(block.mode, profiles) == NO_MODE).all()
        assert block.units == reference[name].units
        assert block.long_name == reference[name].long_name
    updated = b"".join(reference["DATE_UPDATE"][...]).decode()
    assert ours.date_update.strftime("%Y%m%d%H%M%S") == updated
    np.testing.assert_array_equal(ours.juld, reference["JULD"][...])
    np.testing.assert_array_equal(ours.n_prof, np.arange(len(ours.juld)))


def _equal(ours, theirs, part):
    if theirs is None and part == "raw_qc":
        assert (ours == -1).all()
    elif theirs is None:
        assert ours is None
    else:
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype.itemsize == theirs.dtype.itemsize


def test_six_samplings_have_their_own_parameters_and_modes(real):
    profiles = read_bgc(real / "dac/coriolis/6903247/profiles/BR6903247_024.nc")
    modes = {name: block.mode.tobytes() for name, block in profiles.parameters.items()}
    assert modes["DOXY"] == b"  A   "
    assert modes["CHLA"] == b"    A "
    assert modes["NITRATE"] == b"     R"
    assert modes["PRES"] == b"RRRRRR"
    assert profiles.skipped == ("UV_INTENSITY_NITRATE",)
    assert profiles.parameters["RAW_DOWNWELLING_PAR"].raw.dtype == np.float64
    assert profiles.parameters["DOXY"].raw.dtype == np.float32
    assert profiles.parameters["C1PHASE_DOXY"].adjusted is None


def test_what_the_simulator_writes_comes_back(bgc_gdac):
    wmo = min(bgc_gdac.floats)
    for record in (r for r in bgc_gdac.records if r.wmo == wmo):
        read = read_bgc(bgc_gdac.folder / "dac" / record.path_of("B"))
        assert read.date_update == record.updated("B")
        for i, profile in enumerate(bgc_gdac.bgc_profiles(record)):
            for name, measured in profile.parameters.items():
                block, long = read.parameters[name], len(measured.raw)
                np.testing.assert_array_equal(block.raw[i, :long], measured.raw)
                np.testing.assert_array_equal(block.raw_qc[i, :long], measured.raw_qc)
                assert np.isnan(block.raw[i, long:]).all()
                assert block.mode[i].decode() == measured.mode
                if block.adjusted is not None:
                    np.testing.assert_array_equal(block.adjusted[i, :long], measured.adjusted)
                    np.testing.assert_array_equal(block.error[i, :long], measured.error)


@pytest.mark.parametrize("name", ["PRES", "STATION_PARAMETERS", "PARAMETER_DATA_MODE", "DOXY"])
def test_a_missing_variable_is_named(refuse, name):
    assert name in refuse(lambda _, variables: variables.pop(name))


@pytest.mark.parametrize(
    ("name", "at", "value", "reason"),
    [
        ("DATA_TYPE", 0, b"X", "DATA_TYPE"),
        ("CYCLE_NUMBER", 0, 77, "CYCLE_NUMBER"),
        ("CYCLE_NUMBER", slice(None), 77, "the file's name says"),
        ("PLATFORM_NUMBER", (slice(None), 0), b"4", "the file's name says"),
        ("DOXY_QC", (0, 3), b"x", "DOXY_QC holds the byte 0x78"),
        ("DOXY", (0, 3), np.inf, "DOXY is infinite at level 3"),
        ("PARAMETER_DATA_MODE", (0, 2), b"X", "PARAMETER_DATA_MODE holds"),
        ("PARAMETER_DATA_MODE", (0, 2), b" ", "says nothing of DOXY, which has values"),
        ("STATION_PARAMETERS", (0, 2, 0), b"X", "names XOXY, of which there is no variable"),
        ("STATION_PARAMETERS", (0, 2, 0), b"\xe9", "which is no name of a parameter"),
        ("STATION_PARAMETERS", (slice(None), 0, 0), b"X", "XRES"),
        ("JULD", 0, 3.0, "JULD 3.0 is out of range"),
    ],
)
def test_values_that_make_no_sense_are_refused(refuse, name, at, value, reason):
    assert reason in refuse(lambda _, variables: put(variables, name, at, value))


def test_a_parameter_named_twice_is_refused(refuse):
    def change(_, variables):
        names = variables["STATION_PARAMETERS"].data
        put(variables, "STATION_PARAMETERS", (0, 3), names[0, 2])

    assert "names DOXY twice in one profile" in refuse(change)


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("DOXY", "ml/l"),
        ("DOXY_ADJUSTED", "mg/l"),
        ("CHLA", "ug/ml"),
        ("NITRATE", "mg/l"),
        ("PRES", "Pa"),
        ("BBP700", "km-1"),
        ("PH_IN_SITU_TOTAL", "volt"),
    ],
)
def test_units_that_are_not_argos_are_refused(refuse, name, units):
    reason = refuse(lambda _, variables: describe(variables, name, units=units))
    assert f"{name} is in {units!r}, which is not the unit of Argo" in reason


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("DOXY", "umol/kg"),
        ("DOXY", "\N{MICRO SIGN}mol/kg"),
        ("CHLA", "mg m-3"),
        ("BBP700", "1/m"),
        ("PH_IN_SITU_TOTAL", "1"),
        ("FLUORESCENCE_CHLA", "whatever \N{DEGREE SIGN}"),
        ("NITRATE", None),
    ],
)
def test_other_spellings_and_unknown_units_are_read(changed, name, units):
    profiles = changed(lambda _, variables: describe(variables, name, units=units))
    assert profiles.parameters[name].units == (units or "")


def test_a_second_sensor_has_the_unit_of_the_first(refuse):
    def change(_, variables):
        old = variables["DOXY"]
        variables["DOXY2"] = NewVariable("DOXY2", old.dimensions, old.data, (("units", "ml/l"),))
        names = np.array([b"DOXY2".ljust(64)]).view("S1")
        put(variables, "STATION_PARAMETERS", (0, 2), names)

    assert "DOXY2 is in 'ml/l'" in refuse(change)


def test_parameters_without_flags_have_blank_ones(changed):
    def change(_, variables):
        for name in ("DOXY_QC", "CHLA_ADJUSTED_QC", "BBP700_ADJUSTED_ERROR"):
            del variables[name]

    profiles = changed(change)
    assert (profiles.parameters["DOXY"].raw_qc == -1).all()
    assert (profiles.parameters["DOXY"].adjusted_qc != -1).any()
    assert (profiles.parameters["CHLA"].adjusted_qc == -1).all()
    assert profiles.parameters["BBP700"].error is None


def test_text_that_is_not_ascii_breaks_nothing(changed, one):
    def change(_, variables):
        put(variables, "PI_NAME", (0, slice(0, 2)), np.array([b"\xc3", b"\xa9"]))
        put(variables, "SCIENTIFIC_CALIB_COMMENT", (0, 0, 0, 0), b"\xe9")
        describe(variables, "DOXY", long_name="Oxyg\N{LATIN SMALL LETTER E WITH GRAVE}ne")

    profiles = changed(change)
    assert profiles.parameters["DOXY"].long_name.startswith("Oxyg")
    np.testing.assert_array_equal(
        profiles.parameters["DOXY"].raw, read_bgc(one).parameters["DOXY"].raw
    )


def test_small_integers_and_doubles_keep_their_values(changed):
    def change(_, variables):
        for name, dtype, fill in (
            ("FLUORESCENCE_CHLA", "i2", np.int16(32767)),
            ("TEMP_DOXY", "f8", np.float64(9.969209968386869e36)),
        ):
            old = variables[name]
            data = np.where(old.data == np.float32(99999.0), fill, old.data).astype(dtype)
            variables[name] = NewVariable(name, old.dimensions, data, (("_FillValue", fill),))

    profiles = changed(change)
    counts = profiles.parameters["FLUORESCENCE_CHLA"].raw
    assert counts.dtype == np.float32
    assert np.nanmax(counts) < 32767
    assert profiles.parameters["TEMP_DOXY"].raw.dtype == np.float64
    assert np.nanmax(profiles.parameters["TEMP_DOXY"].raw) < 40


@pytest.mark.parametrize("fill", [np.float32(-999.0), None])
def test_a_float_without_argos_fill_value_is_refused(refuse, fill):
    reason = refuse(lambda _, variables: describe(variables, "DOXY", _FillValue=fill))
    assert "DOXY has no _FillValue of 99999.0" in reason


def test_parameters_that_no_profile_names_are_read_too(changed):
    def change(_, variables):
        put(variables, "STATION_PARAMETERS", (slice(None), 2), b" ")
        put(variables, "PARAMETER_DATA_MODE", (slice(None), 2), b" ")
        for name in [n for n in variables if n.startswith(("DOXY", "CHLA"))]:
            if not name.endswith("QC"):
                put(variables, name, ..., np.float32(99999.0))

    assert "DOXY" in changed(change).parameters


def test_another_name_may_be_given(one, tmp_path):
    path = tmp_path / "download.part"
    path.write_bytes(one.read_bytes())
    assert read_bgc(path, name=one.name).name == one.name
    with pytest.raises(BadData, match=r"BD1900857_001.nc: PLATFORM_NUMBER"):
        read_bgc(path, name="BD1900857_001.nc")


def test_core_and_damaged_files_are_no_b_files(real, bgc_gdac):
    core = bgc_gdac.folder / "dac" / bgc_gdac.records[0].path
    for path in (core, *(real / "damaged").glob("*.nc")):
        with pytest.raises(BadData) as caught:
            read_bgc(path)
        assert str(caught.value).startswith(path.name)
