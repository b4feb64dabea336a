"""The reader against netCDF4-python, and against every way to damage a file."""

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import BadData
from gnomon.formats import netcdf3
from gnomon.formats.netcdf3_writer import NewVariable, encode


def sample(records: int = 3, *, wide: bool = False) -> bytes:
    rng = np.random.default_rng(1)
    variables = [
        NewVariable(
            "TEMP",
            ("P", "L"),
            rng.standard_normal((2, 5)).astype("f4"),
            (("units", "degC"), ("_FillValue", np.float32(99999.0)), ("range", np.float64(2.5))),
        ),
        NewVariable("HIST", ("R", "P", "S"), np.full((records, 2, 3), b"x", "S1")),
        NewVariable("NUM", ("P",), np.array([-7, 2_000_000_000], "i4")),
        NewVariable("NAME", ("S",), np.array([b"a", b"b", b"c"], "S1"), (("_FillValue", " "),)),
        NewVariable("WHEN", ("R",), np.arange(records, dtype="f8")),
        NewVariable("SCALAR", (), np.array(4.5)),
        NewVariable("SHORT", ("S",), np.array([1, 2, 3], "i2")),
    ]
    return encode(
        {"P": 2, "L": 5, "S": 3, "R": None}, variables, (("title", "t"),), wide_offsets=wide
    )


def contents(path):
    return {name: v.array().tobytes() for name, v in netcdf3.read(path).items()}


def read_or_refused(path):
    """Return the contents, or None where the file is refused by its name."""
    try:
        return contents(path)
    except BadData as refusal:
        if not str(refusal).startswith(f"{path.name}: "):
            raise
        return None


def check_against_netcdf4(path):
    with netCDF4.Dataset(path) as reference:
        reference.set_auto_maskandscale(False)
        reference.set_auto_chartostring(False)
        ours = netcdf3.read(path)
        assert dict(ours.attributes) == reference.__dict__
        assert list(ours) == list(reference.variables)
        for name, variable in ours.items():
            theirs = reference[name]
            array = variable.array()
            assert variable.dimensions == theirs.dimensions
            assert array.shape == theirs.shape
            assert array.tobytes() == theirs[...].astype(array.dtype).tobytes()
            assert set(variable.attributes) == set(theirs.ncattrs())


@pytest.mark.parametrize("records", [0, 1, 3])
@pytest.mark.parametrize("wide", [False, True])
def test_what_we_write_netcdf4_reads_alike(tmp_path, records, wide):
    path = tmp_path / "a.nc"
    path.write_bytes(sample(records, wide=wide))
    with netCDF4.Dataset(path) as reference:
        model = reference.data_model
    assert model == ("NETCDF3_64BIT_OFFSET" if wide else "NETCDF3_CLASSIC")
    check_against_netcdf4(path)


@pytest.mark.parametrize("model", ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET"])
def test_what_netcdf4_writes_we_read_alike(tmp_path, model):
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w", format=model) as d:
        d.createDimension("r", None)
        d.createDimension("x", 3)
        d.createVariable("lone", "i2", ("r", "x"))[:] = np.arange(15).reshape(5, 3)
        d.createVariable("fixed", "f8", ("x",))[:] = [1, np.nan, 3]
        d.numbers = np.array([1, 2, 3], "i4")
    ours = netcdf3.read(path)
    assert ours["lone"].array().tolist() == np.arange(15).reshape(5, 3).tolist()
    assert ours.attributes["numbers"] == (1, 2, 3)
    assert ours.record_dimension == "r"
    assert ours.dimensions == {"r": 5, "x": 3}


def test_attributes_keep_their_types(tmp_path):
    path = tmp_path / "a.nc"
    path.write_bytes(sample())
    assert netcdf3.read(path)["TEMP"].attributes == {
        "units": "degC",
        "_FillValue": 99999.0,
        "range": 2.5,
    }


def test_arrays_are_read_only(tmp_path):
    path = tmp_path / "a.nc"
    path.write_bytes(sample())
    with pytest.raises(ValueError, match="read-only"):
        netcdf3.read(path)["TEMP"].array()[0, 0] = 0


def test_writing_is_deterministic():
    assert sample() == sample()


def test_one_reader_for_many_files_sees_each_for_itself(tmp_path):
    reader = netcdf3.Reader()
    for records in (1, 0, 3, 3):
        path = tmp_path / f"{records}.nc"
        path.write_bytes(sample(records))
        assert reader.read(path)["HIST"].shape == (records, 2, 3)


def test_unequal_record_counts_are_not_written():
    grown = [NewVariable(n, ("R",), np.zeros(k)) for n, k in (("a", 1), ("b", 2))]
    with pytest.raises(ValueError, match=r"hold \[1, 2\] records"):
        encode({"R": None}, grown)


WHOLE = sample()


@settings(max_examples=150, deadline=None)
@given(cut=st.integers(0, len(WHOLE) - 1))
def test_a_cut_file_is_refused_or_lacks_only_padding(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("cut") / "a.nc"
    path.write_bytes(WHOLE)
    truth = contents(path)
    path.write_bytes(WHOLE[:cut])
    assert read_or_refused(path) in (truth, None)


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 500), bit=st.integers(0, 7))
def test_a_flipped_header_bit_never_crashes_nor_reads_beyond(tmp_path_factory, at, bit):
    damaged = bytearray(WHOLE)
    damaged[at] ^= 1 << bit
    path = tmp_path_factory.mktemp("flip") / "a.nc"
    path.write_bytes(bytes(damaged))
    read_or_refused(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"CD", "wrong magic"),
        (bytes(4096), "wrong magic"),
        (b"\n<!DOCTYPE HTML>", "HTML"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "NetCDF-4"),
        (b"CDF\x05" + WHOLE[4:], "wrong magic"),
        (WHOLE[:100], "header"),
        (WHOLE + bytes(4), "too long"),
        (WHOLE[:4] + b"\xff\xff\xff\xff" + WHOLE[8:], "records was never written"),
        (WHOLE[:4] + b"\x00\x00\x00\x04" + WHOLE[8:], "truncated"),
        (WHOLE[:12] + b"\x80\x00\x00\x01" + WHOLE[16:], "header"),
        (
            WHOLE.replace(b"\0\0\0\x01L\0\0\0\0\0\0\x05", b"\0\0\0\x01L\0\0\0\0\0\0\x06"),
            "dimensions give",
        ),
        (WHOLE.replace(b"SHORT", b"TEMP\0"), "a.nc"),
    ],
)
def test_damage_is_named(tmp_path, content, reason):
    path = tmp_path / "a.nc"
    path.write_bytes(content)
    if reason == "a.nc":  # a name cannot be checked; the variable is then missing
        assert "SHORT" not in netcdf3.read(path)
        return
    with pytest.raises(BadData, match=reason) as caught:
        netcdf3.read(path)
    assert str(caught.value).startswith("a.nc: ")
