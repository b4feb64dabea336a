"""NetCDF-4: what we write netCDF4 reads, and we read it as netCDF4 does."""

import sys

import netCDF4
import numpy as np
import pytest

from gnomon.errors import BadData, MissingExtra
from gnomon.formats.netcdf3_writer import NewVariable
from gnomon.formats.netcdf4 import opened
from gnomon.formats.netcdf4_writer import encode

DIMENSIONS = {"N_PROF": 2, "N_LEVELS": 3, "STRING4": 4}
VARIABLES = [
    NewVariable(
        "TEMP",
        ("N_PROF", "N_LEVELS"),
        np.arange(6, dtype="f4").reshape(2, 3),
        (("units", "degree_Celsius"), ("_FillValue", np.float32(99999.0)), ("pair", np.arange(2))),
    ),
    NewVariable(
        "NAME", ("N_PROF", "STRING4"), np.array(["abcd", "ef  "], "S4").view("S1").reshape(2, 4)
    ),
    NewVariable("LATITUDE", (), np.array(4.5)),
]


@pytest.fixture
def path(tmp_path):
    content = encode(
        DIMENSIONS, VARIABLES, (("title", "simulated \N{LATIN SMALL LETTER E WITH ACUTE}"),)
    )
    assert content == encode(
        DIMENSIONS, VARIABLES, (("title", "simulated \N{LATIN SMALL LETTER E WITH ACUTE}"),)
    )
    file = tmp_path / "made.nc"
    file.write_bytes(content)
    return file


def test_netcdf4_reads_what_we_write(path):
    with netCDF4.Dataset(path) as file:
        assert file.data_model == "NETCDF4_CLASSIC"
        assert {name: len(d) for name, d in file.dimensions.items()} == DIMENSIONS
        np.testing.assert_array_equal(file["TEMP"][...], VARIABLES[0].data)
        assert file["TEMP"].dimensions == ("N_PROF", "N_LEVELS")
        assert file["TEMP"].units == "degree_Celsius"
        assert file["TEMP"].filters()["zlib"]
        assert float(file["LATITUDE"][...]) == 4.5


def test_we_read_what_we_write(path):
    with opened(path) as file:
        assert dict(file.dimensions) == DIMENSIONS
        assert len(file.dimensions) == 3
        assert {v.name for v in VARIABLES} <= set(file)
        assert "NOTHING" not in file
        assert file.dimensions.get("NOTHING") is None
        temp = file["TEMP"]
        assert temp.dimensions == ("N_PROF", "N_LEVELS")
        assert temp.dtype == np.float32
        assert temp.attributes["units"] == "degree_Celsius"
        assert temp.attributes["pair"] == (0, 1)
        assert temp.attributes.get("nothing") is None
        assert {"units", "_FillValue"} <= set(temp.attributes)
        assert len(temp.attributes) >= 3
        np.testing.assert_array_equal(temp.array(), VARIABLES[0].data)
        assert file["NAME"].array().tobytes() == b"abcdef  "
        assert file["LATITUDE"].dimensions == ()


@pytest.mark.parametrize("content", [b"", b"CDF\x01", b"<html>", b"\x89HDF\r\n\x1a\n" + bytes(200)])
def test_what_is_no_hdf5_is_refused(tmp_path, content):
    path = tmp_path / "broken.nc"
    path.write_bytes(content)
    with (
        pytest.raises(BadData, match=r"^2902226_Sprof.nc: damaged HDF5"),
        opened(path, "2902226_Sprof.nc"),
    ):
        pass


def test_damage_in_a_chunk_is_noticed(tmp_path):
    data = np.random.default_rng(1).standard_normal((40, 50)).astype("f4")
    variable = NewVariable("TEMP", ("N_PROF", "N_LEVELS"), data)
    content = bytearray(encode({"N_PROF": 40, "N_LEVELS": 50}, [variable]))
    content[-2000] ^= 0xFF
    path = tmp_path / "flipped.nc"
    path.write_bytes(content)
    with opened(path) as file, pytest.raises(BadData, match=r"^flipped.nc: damaged HDF5"):
        file["TEMP"].array()


def test_without_h5py_the_extra_is_named(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtra, match=r"gnomon\[argo\]"), opened(path):
        pass
    with pytest.raises(MissingExtra, match=r"gnomon\[argo\]"):
        encode(DIMENSIONS, VARIABLES)
