"""Files that describe a float as a whole: the real ones, and damaged ones made of them."""

import numpy as np
import pytest

from gnomon.errors import BadData
from gnomon.instruments.argo.files.metadata import (
    read_float_file,
    read_metadata,
    read_technical,
)


@pytest.fixture
def meta(real):
    return real / "dac/coriolis/3902131/3902131_meta.nc"


@pytest.fixture
def changed(tmp_path, meta):
    """Return the file with some bytes replaced, everywhere."""

    def call(old, new, name="3902131_meta.nc"):
        content = meta.read_bytes()
        assert old in content
        assert len(old) == len(new)
        path = tmp_path / name
        path.write_bytes(content.replace(old, new))
        return path

    return call


def test_all_real_files_say_who_they_are(real):
    found = {}
    for what in ("meta", "tech", "traj"):
        for path in real.glob(f"**/dac/**/*{what}.nc"):
            file = read_float_file(path)
            assert (file.what, file.platform_number) == (what, int(path.parent.name))
            assert 2005 < file.date_update.year < 2027
            found[what] = found.get(what, 0) + 1
    assert found == {"meta": 13, "tech": 7, "traj": 6}


def test_update_times_are_those_of_the_index(real):
    lines = (real / "ar_index_global_meta.txt").read_text().splitlines()
    listed = [line.split(",") for line in lines if line[0] != "#" and not line.startswith("file")]
    compared = 0
    for path, *_, date in listed:
        if (real / "dac" / path).exists():
            file = read_float_file(real / "dac" / path)
            assert file.date_update.strftime("%Y%m%d%H%M%S") == date
            compared += 1
    assert compared > 5


def test_metadata_of_a_deep_float(meta):
    told = read_metadata(meta)
    assert told.texts["PLATFORM_FAMILY"] == "FLOAT_DEEP"
    assert told.texts["PI_NAME"] == "Bernard BOURLES"
    assert "ANOMALY" not in told.texts, "blank"
    assert "TRANS_SYSTEM_ID" not in told.texts
    assert told.dates["LAUNCH_DATE"].isoformat() == "2018-03-13T03:44:00+00:00"
    assert told.launch == (-6.6326, 5.0044)
    assert told.sensors == ("CTD_CNDC", "CTD_PRES", "CTD_TEMP", "OPTODE_DOXY")
    assert "DOXY" in told.parameters
    assert told.problems == ()


def test_technical_data(real):
    told = read_technical(real / "dac/aoml/13857/13857_tech.nc")
    volts = [v for n, v in zip(told.names, told.values, strict=True) if n.startswith("VOLTAGE")]
    assert (len(told.names), told.cycles.dtype) == (421, np.int32)
    assert (volts[0], volts[-1]) == ("14.92", "9.79")


def test_names_beyond_ascii(changed):
    for coding in ("utf-8", "latin-1"):
        new = "Hervé ÉTÉ".encode(coding)
        told = read_metadata(changed(b"Bernard BOURLES".ljust(16), new.ljust(16)))
        assert told.texts["PI_NAME"] == "Hervé ÉTÉ"


def test_a_date_that_is_none_is_told_and_left_out(changed):
    told = read_metadata(changed(b"20180313034400", b"20181313034400"))
    assert "LAUNCH_DATE" not in told.dates
    assert told.problems == ("LAUNCH_DATE '20181313034400' is no date",)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"20210421083642", b"2021-04-21 08:", "DATE_UPDATE '2021-04-21 08:' is no date"),
        (b"3902131 ", b"39O2131 ", "PLATFORM_NUMBER is '39O2131'"),
        (b"3902131 ", b"3902132 ", "the file's name says 3902131"),
        (b"Argo meta-data", b"Argo moto-data", "DATA_TYPE is 'Argo moto-data'"),
    ],
)
def test_what_contradicts_itself_is_refused(changed, old, new, reason):
    path = changed(old, new)
    for read in (read_float_file, read_metadata):
        with pytest.raises(BadData, match=f"3902131_meta.nc: .*{reason}"):
            read(path)


def test_a_file_under_the_name_of_another_sort_is_refused(meta, changed):
    path = changed(b"Argo", b"Argo", name="3902131_tech.nc")
    with pytest.raises(BadData, match="the file's name differs"):
        read_float_file(path)
    with pytest.raises(BadData, match="is a file of meta, expected tech"):
        read_technical(meta, name="x.nc")


@pytest.mark.parametrize("cut", [0, 10, 5_000, -1])
def test_cut_files_are_refused(meta, tmp_path, cut):
    path = tmp_path / meta.name
    path.write_bytes(meta.read_bytes()[:cut])
    with pytest.raises(BadData, match=meta.name):
        read_float_file(path)
