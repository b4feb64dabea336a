import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gnomon.acquire.listing import mdtm_us, parse_autoindex, parse_ls, parse_mlsd
from gnomon.acquire.transport import Entry
from gnomon.errors import BadData

ROOT = Path(__file__).parents[2]
LISTINGS = Path(os.environ.get("GNOMON_SAMPLES", ROOT / "../shared/data")) / "argo/http-listings"


def us(*parts):
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000_000


def real(name):
    if not LISTINGS.is_dir():
        pytest.skip(f"no real listings at {LISTINGS}; set GNOMON_SAMPLES")
    return parse_autoindex((LISTINGS / name).read_text())


def test_the_folders_of_the_real_archive():
    entries = real("dac.html")
    assert len(entries) == 11
    assert all(entry.is_folder and entry.size is None for entry in entries)
    assert entries[0] == Entry("aoml", True, None, us(2026, 6, 16, 19, 10))


def test_the_profiles_of_a_real_float():
    entries = real("dac_aoml_13857_profiles.html")
    assert len(entries) == 140
    assert entries[-1] == Entry("R13857_140.nc", False, None, us(2019, 10, 25, 0, 35))


@pytest.mark.parametrize("name", ["dac_aoml_13857.html", "dac_coriolis_3902131.html"])
def test_floats_have_files_and_a_folder(name):
    entries = real(name)
    assert [entry.name for entry in entries if entry.is_folder] == ["profiles"]
    assert all(entry.mtime_us for entry in entries)


def test_nginx_and_names_that_need_quotes():
    page = """<html><head><title>Index of /</title></head><body><h1>Index of /</h1><hr><pre>
<a href="../">../</a>
<a href="a%20b/">a b/</a>                       18-Jun-2026 09:11       -
<a href="c%26d.nc">c&amp;d.nc</a>               18-Jun-2026 09:11    1234
<a href="old.nc">old.nc</a>                                             -
<a href="http://elsewhere/x">x</a></pre></body></html>"""
    assert parse_autoindex(page) == [
        Entry("a b", True, None, us(2026, 6, 18, 9, 11)),
        Entry("c&d.nc", False, 1234, us(2026, 6, 18, 9, 11)),
        Entry("old.nc", False),
    ]


@pytest.mark.parametrize("page", ["<html>log in, please</html>", "<title>Index of /</title><a"])
def test_other_pages_are_bad_data(page):
    with pytest.raises(BadData):
        parse_autoindex(page)


def test_mlsd():
    lines = [
        "type=cdir;modify=20260101000000; .",
        "Type=dir;Size=4096;Modify=20260618091100; dac",
        "type=file;size=10;modify=20260618091100.123; a b.nc",
        "type=file;size=-; odd",
    ]
    assert parse_mlsd(lines) == [
        Entry("dac", True, None, us(2026, 6, 18, 9, 11)),
        Entry("a b.nc", False, 10, us(2026, 6, 18, 9, 11)),
        Entry("odd", False),
    ]


def test_ls_as_vsftpd_prints_it():
    lines = [
        "total 12",
        "drwxr-xr-x    2 0        0            4096 Jun 18 09:11 .",
        "drwxr-xr-x    2 0        0            4096 Jun 18 09:11 dac",
        "-rw-r--r--    1 ftp      ftp       1234567 Jan 02  2019 a b.nc",
        "lrwxrwxrwx    1 0        0               3 Jan 02  2019 latest -> dac",
    ]
    assert parse_ls(lines) == [
        Entry("dac", True),
        Entry("a b.nc", False, 1234567),
        Entry("latest", False),
    ]


def test_lines_that_make_no_sense_are_bad_data():
    with pytest.raises(BadData):
        parse_ls(["06-18-26  09:11AM  <DIR>  dac"])


@pytest.mark.parametrize("text", ["", "20261340000000", "yesterday"])
def test_times_that_make_no_sense_are_unknown(text):
    assert mdtm_us(text) is None
