"""Reading core files: real ones against netCDF4 and the truth, damaged ones refused."""

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argo_files import describe, put, rewrite
from gnomon.errors import BadData
from gnomon.formats import netcdf3
from gnomon.formats.netcdf3_writer import NewVariable
from gnomon.instruments.argo.files.core import FLAGS, PARAMETERS, VALUES, read_profiles
from gnomon.instruments.argo.science.selection import best_values, good


@pytest.fixture
def one(gdac):
    return next(r for r in gdac.records if r.mode == "D" and not r.lacks and r.direction == "A")


@pytest.fixture
def refuse(gdac, one, tmp_path):
    """Change one valid file and return why it is refused."""

    def call(change):
        source = gdac.folder / "dac" / one.path
        target = rewrite(source, tmp_path / source.name, change)
        with pytest.raises(BadData) as caught:
            read_profiles(target)
        assert str(caught.value).startswith(source.name + ": ")
        return str(caught.value)

    return call


@pytest.mark.parametrize(
    "dac", ["aoml", "bodc", "coriolis", "csio", "csiro", "incois", "jma", "kordi"]
)
def test_every_variable_that_we_read_is_what_netcdf4_reads(core_files, dac):
    reader = netcdf3.Reader()
    for path in (path for path in core_files if dac in path.parts):
        ours = read_profiles(path, reader=reader)
        with netCDF4.Dataset(path) as reference:
            reference.set_auto_mask(False)
            _compare(ours, reference)


def _compare(ours, reference):
    def filled(name, fill):
        values = reference[name][...]
        return np.where(values == fill, np.nan, values)

    named = {n[8:-3] for n in reference.variables if n.startswith("PROFILE_")}
    assert ours.others.keys() == named - set(PARAMETERS)
    for name, block in ours.others.items():
        fill = reference[name].getncattr("_FillValue")
        np.testing.assert_array_equal(block.raw, filled(name, fill))
        assert block.mode.tobytes() == reference["DATA_MODE"][:].tobytes()
    if "VERTICAL_SAMPLING_SCHEME" in reference.variables:
        schemes = netCDF4.chartostring(reference["VERTICAL_SAMPLING_SCHEME"][:])
        assert [text.strip() for text in schemes.tolist()] == ours.scheme.tolist()

    for i, name in enumerate(PARAMETERS):
        for j, suffix in enumerate(VALUES):
            if name in reference.variables:
                expected = filled(name + suffix, np.float32(99999.0))
                np.testing.assert_array_equal(ours.values[i, j], expected)
            else:
                assert np.isnan(ours.values[i, j]).all()
        for j, suffix in enumerate(FLAGS):
            if name in reference.variables:
                letters = np.where(ours.qc[i, j] < 0, " ", ours.qc[i, j].astype(str))
                np.testing.assert_array_equal(letters, reference[name + suffix][...].astype(str))
    np.testing.assert_array_equal(ours.cycle_number, reference["CYCLE_NUMBER"][...])
    np.testing.assert_array_equal(ours.direction, reference["DIRECTION"][...])
    np.testing.assert_array_equal(ours.data_mode, reference["DATA_MODE"][...])
    np.testing.assert_array_equal(ours.juld, filled("JULD", 999999.0))
    latitude, longitude = reference["LATITUDE"][...], reference["LONGITUDE"][...]
    none = (np.abs(latitude) > 90) | (np.abs(longitude) > 180)
    np.testing.assert_array_equal(ours.latitude, np.where(none, np.nan, latitude))
    np.testing.assert_array_equal(ours.longitude, np.where(none, np.nan, longitude))
    assert (
        str(ours.date_update.strftime("%Y%m%d%H%M%S"))
        == b"".join(reference["DATE_UPDATE"][...]).decode()
    )
    for name, values in (("JULD_QC", ours.juld_qc), ("POSITION_QC", ours.position_qc)):
        np.testing.assert_array_equal(values.astype(str), reference[name][...].astype(str))


def test_every_file_agrees_with_the_truth(real, truth):
    checked = 0
    for name, told in truth.items():
        folder, wmo = real / "dac" / name, name.split("/")[1]
        files = {folder / "profiles" / k: v for k, v in told.get("files", {}).items()}
        if "prof_nc" in told:
            files[folder / f"{wmo}_prof.nc"] = told["prof_nc"]["netcdf4"]
        for path, expected in files.items():
            _check_truth(read_profiles(path), expected)
            checked += 1
    assert checked == 400


def _check_truth(profiles, expected):
    assert len(profiles.juld) == expected["n_prof"]
    assert profiles.stands.sum() == expected["n_points"]
    assert np.isnan(profiles.juld).sum() == expected["n_juld_missing"]
    modes = [m.decode() for m in profiles.data_mode]
    assert {m: modes.count(m) for m in modes} == expected["modes"]
    best = {}
    for name in PARAMETERS:
        p = profiles.parameter(name)
        best[name] = best_values(p.raw, p.raw_qc, p.adjusted, p.adjusted_qc, profiles.data_mode)
    for which, accept in (("qc1", lambda qc: qc == 1), ("qc1258", good)):
        for name, (values, qc) in best.items():
            told = expected.get(f"best_{name}_{which}")
            if told is None:
                continue
            # The truth counts a temperature or salinity only at a pressure that is good, too.
            chosen = values[accept(qc) & accept(best["PRES"][1]) & ~np.isnan(values)]
            assert len(chosen) == told["n"], (profiles.name, name, which)
            if told["n"]:
                assert chosen.mean(dtype=np.float64) == pytest.approx(
                    told["mean"], rel=1e-6, abs=1e-5
                )
                assert chosen.min() == pytest.approx(told["min"], abs=1e-5)
                assert chosen.max() == pytest.approx(told["max"], rel=1e-6)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("3902131_Sprof.trunc50.nc", "NetCDF-4"),
        ("5900865_prof.badmagic.nc", "wrong magic"),
        ("5900865_prof.bitflip200.nc", "PSAL_QC holds the byte 0xCE"),
        ("5900865_prof.bitflip_TEMP.nc", "both flagged good"),
        ("5900865_prof.cut_in_TEMP.nc", "truncated: 155536 bytes where its header implies 494736"),
        ("5900865_prof.empty.nc", "empty file"),
        ("5900865_prof.header_only.nc", "header"),
        ("5900865_prof.html.nc", "HTML"),
        ("5900865_prof.trunc50.nc", "truncated"),
        ("5900865_prof.trunc_last1k.nc", "truncated"),
    ],
)
def test_damaged_real_files_are_refused(real, name, reason):
    with pytest.raises(BadData, match=reason) as caught:
        read_profiles(real / "damaged" / name)
    assert str(caught.value).startswith(name)


def test_the_original_of_the_flipped_files_is_accepted(real):
    path = real / "dac" / "csiro" / "5900865" / "5900865_prof.nc"
    assert read_profiles(path).stands.sum() == 5680


def test_a_synthetic_profile_is_no_core_file(real):
    path = next((real / "dac").glob("coriolis/3902131/profiles/SD*.nc"))
    with pytest.raises(BadData, match="DATA_TYPE"):
        read_profiles(path)


@pytest.mark.parametrize(
    "name", ["PRES", "TEMP_QC", "PSAL_ADJUSTED", "JULD", "DATA_MODE", "DATE_UPDATE", "LATITUDE"]
)
def test_a_missing_variable_is_named(refuse, name):
    assert f"variable {name} is missing" in refuse(lambda _, variables: variables.pop(name))


def test_dimensions_that_contradict_each_other_are_refused(refuse):
    def shorten(dimensions, variables):
        dimensions["OTHER"] = 3
        n_prof = len(variables["JULD"].data)
        old = variables["TEMP"]
        data = np.zeros((n_prof, 3), "f4")
        variables["TEMP"] = NewVariable("TEMP", ("N_PROF", "OTHER"), data, old.attributes)

    assert "TEMP has dimensions" in refuse(shorten)


@pytest.mark.parametrize(
    ("name", "at", "value", "reason"),
    [
        ("JULD", 0, 1e9, "JULD"),
        ("JULD", 0, np.inf, "JULD"),
        ("JULD", 0, 3.0, "JULD 3.0 is out of range"),
        ("DATE_UPDATE", slice(4, 6), b"9", "is no date"),
        ("DATE_UPDATE", slice(0, 4), b"9", "out of range"),
        ("PRES_QC", (0, 3), b"x", "PRES_QC holds the byte 0x78"),
        ("TEMP_ADJUSTED_QC", (0, 3), b"\0", "TEMP_ADJUSTED_QC holds the byte 0x00"),
        ("JULD_QC", 0, b"A", "JULD_QC"),
        ("CYCLE_NUMBER", 0, 99999, "CYCLE_NUMBER"),
        ("CYCLE_NUMBER", 0, 777, "the file's name says"),
        ("DIRECTION", 0, b"D", "DIRECTION"),
        ("DIRECTION", 0, b"x", "DIRECTION"),
        ("DATA_MODE", 0, b" ", "DATA_MODE"),
        ("PLATFORM_NUMBER", (slice(None), 0), b"4", "the file's name says"),
        ("PLATFORM_NUMBER", (slice(None), 0), b"x", "PLATFORM_NUMBER"),
        ("TEMP", (0, 0), np.inf, "TEMP is infinite"),
        ("DATA_TYPE", 0, b"B", "DATA_TYPE"),
    ],
)
def test_values_that_make_no_sense_are_refused(refuse, name, at, value, reason):
    assert reason in refuse(lambda _, variables: put(variables, name, at, value))


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("TEMP", "kelvin"),
        ("TEMP_ADJUSTED", "degree_Fahrenheit"),
        ("PRES", "Pa"),
        ("PRES_ADJUSTED_ERROR", "metre"),
        ("PSAL", "kg/m3"),
        ("PSAL", "g/kg \N{DEGREE SIGN}"),
    ],
)
def test_units_that_are_not_argos_are_refused(refuse, name, units):
    reason = refuse(lambda _, variables: describe(variables, name, units=units))
    assert reason.endswith(f"{name} is in {units!r}, which is not the unit of Argo")


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("TEMP", "degree celsius"),
        ("TEMP", "degC"),
        ("PRES", "dbar"),
        ("PRES", "decibar "),
        ("PSAL", "1"),
        ("PSAL", "PSU"),
        ("PSAL", None),
    ],
)
def test_other_spellings_of_units_and_none_are_read(gdac, one, tmp_path, name, units):
    source = gdac.folder / "dac" / one.path
    target = tmp_path / source.name
    rewrite(source, target, lambda _, variables: describe(variables, name, units=units))
    assert read_profiles(target).stands.sum() == read_profiles(source).stands.sum()


def test_a_strange_date_that_is_flagged_as_bad_is_none(gdac, one, tmp_path):
    def change(_, variables):
        put(variables, "JULD", slice(None), 1e9)
        put(variables, "JULD_QC", slice(None), b"4")

    source = gdac.folder / "dac" / one.path
    profiles = read_profiles(rewrite(source, tmp_path / source.name, change))
    assert np.isnan(profiles.juld).all()
    assert (profiles.juld_qc == 4).all()


def test_format_2_2_and_files_without_salinity_are_read(gdac, one, tmp_path):
    def change(_, variables):
        put(variables, "FORMAT_VERSION", slice(0, 3), np.array([b"2", b".", b"2"]))
        for name in [n for n in variables if n.startswith(("PSAL", "VERTICAL", "CONFIG"))]:
            del variables[name]

    source = gdac.folder / "dac" / one.path
    profiles = read_profiles(rewrite(source, tmp_path / source.name, change))
    assert np.isnan(profiles.parameter("PSAL").raw).all()
    assert (profiles.parameter("PSAL").raw_qc == -1).all()


def test_impossible_positions_and_nul_padding_are_understood(gdac, one, tmp_path):
    def change(_, variables):
        put(variables, "LATITUDE", 0, -99.999)
        put(variables, "LONGITUDE", 0, -999.999)
        put(variables, "PLATFORM_NUMBER", (slice(None), 7), b"\0")

    source = gdac.folder / "dac" / one.path
    profiles = read_profiles(rewrite(source, tmp_path / source.name, change))
    assert np.isnan(profiles.latitude[0])
    assert np.isnan(profiles.longitude[0])
    assert profiles.platform_number == one.wmo


def test_what_the_simulator_writes_comes_back(gdac):
    for record in gdac.records:
        read = read_profiles(gdac.folder / "dac" / record.path)
        written = gdac.profiles(record)
        assert len(read.juld) == len(written)
        assert read.date_update == record.date_update
        assert read.n_prof.tolist() == list(range(len(written)))
        for i, profile in enumerate(written):
            long = profile.values.shape[-1]
            np.testing.assert_array_equal(read.values[:, :, i, :long], profile.values)
            np.testing.assert_array_equal(read.qc[:, :, i, :long], profile.qc)
            np.testing.assert_array_equal(read.juld[i], profile.juld)


def test_another_name_may_be_given(gdac, one, tmp_path):
    path = tmp_path / "download.part"
    path.write_bytes((gdac.folder / "dac" / one.path).read_bytes())
    assert read_profiles(path, name=f"D{one.wmo}_{one.cycle:03d}.nc").name.startswith("D")
    with pytest.raises(BadData, match=r"D1900857_001.nc: PLATFORM_NUMBER"):
        read_profiles(path, name="D1900857_001.nc")


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_cut_core_file_never_yields_other_values(gdac, tmp_path_factory, share):
    record = gdac.records[0]
    content = (gdac.folder / "dac" / record.path).read_bytes()
    truth = read_profiles(gdac.folder / "dac" / record.path)
    path = tmp_path_factory.mktemp("cut") / record.path.rpartition("/")[2]
    path.write_bytes(content[: int(share * len(content))])
    try:
        cut = read_profiles(path)
    except BadData as refusal:
        named = path.name in str(refusal)
    else:
        named = np.array_equal(cut.values, truth.values, equal_nan=True)
    assert named
