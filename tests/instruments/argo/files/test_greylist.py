"""Rows of the greylist, as they are and as they should not be."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from gnomon.errors import BadData
from gnomon.instruments.argo.files.greylist import HEADER, flags_at, read_greylist, write_greylist
from gnomon.instruments.argo.files.variables import EPOCH


def days(*texts):
    """Return dates as days since 1950."""
    dates = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in texts]
    return np.array([(date - EPOCH) / timedelta(days=1) for date in dates])


@pytest.fixture
def read(tmp_path):
    def call(*rows, raw=None):
        path = tmp_path / "ar_greylist.txt"
        path.write_bytes(raw if raw is not None else ("\n".join([HEADER, *rows, ""])).encode())
        return read_greylist(path)

    return call


def test_the_real_list(real):
    entries = read_greylist(real / "ar_greylist.txt")
    assert len(entries) == 2330
    assert sum(entry.stop is None for entry in entries) == 1974
    assert {entry.flag for entry in entries} == {2, 3, 4}
    assert all(entry.dac and entry.parameter for entry in entries)


def test_commas_and_semicolons_stay_in_the_comment(read):
    (entry,) = read("1900951,PSAL,20140409,20150101,2,poor; serial 6000-7100, or so,AO")
    assert entry.comment == "poor; serial 6000-7100, or so"
    assert (entry.wmo, entry.flag, entry.dac) == (1900951, 2, "AO")
    assert entry.stop == datetime(2015, 1, 2, tzinfo=UTC), "its last day counts"


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "latin-1"])
def test_comments_beyond_ascii(read, coding):
    line = "1,PSAL,20140409,,2,dérive du capteur,IF"
    (entry,) = read(raw=f"{HEADER}\r\n{line}\r\n".encode(coding))
    assert entry.comment == "dérive du capteur"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "is no greylist"),
        (b"<html>404</html>\n", "is no greylist"),
        (f"{HEADER}\n1,PSAL,20140409,,2".encode(), "truncated"),
        (f"{HEADER}\n1,PSAL,20140409,,2,x\n".encode(), "line 2: 6 columns"),
        (f"{HEADER}\nQ1,PSAL,20140409,,2,x,IF\n".encode(), "PLATFORM_CODE"),
        (f"{HEADER}\n1,PSAL,2014,,2,x,IF\n".encode(), "line 2: '2014' is no date"),
        (f"{HEADER}\n1,PSAL,20140409,never,2,x,IF\n".encode(), "'never' is no date"),
        (f"{HEADER}\n1,PSAL,20140409,,bad,x,IF\n".encode(), "QUALITY_CODE"),
        (f"{HEADER}\n1,,20140409,,3,x,IF\n".encode(), "PARAMETER_NAME"),
    ],
)
def test_what_is_no_greylist_is_refused(read, raw, reason):
    with pytest.raises(BadData, match=rf"ar_greylist\.txt: .*{reason}"):
        read(raw=raw)


def test_written_rows_read_back_in_one_order(read, tmp_path):
    entries = read("2,PSAL,20140409,,3,a,IF", "2,DOXY,20130101,20140101,4,b;c,IF")
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    write_greylist(one, entries)
    write_greylist(other, entries[::-1])
    assert one.read_bytes() == other.read_bytes()
    assert set(read_greylist(one)) == set(entries)


def test_flags_hold_from_the_first_day_to_the_end_of_the_last(read):
    entries = read("1,PSAL,20200101,20200103,3,x,IF", "1,PSAL,20200103,,4,y,IF")
    times = days("2019-12-31T23:59", "2020-01-01", "2020-01-03T12:00", "2020-01-04", "2030-01-01")
    assert flags_at(entries[:1], "PSAL", times).tolist() == [-1, 3, 3, -1, -1]
    assert flags_at(entries, "PSAL", times).tolist() == [-1, 3, 4, 4, 4], "the worse of two"
    assert flags_at(entries, "TEMP", times).tolist() == [-1] * 5
    assert flags_at(entries, "PSAL", np.array([np.nan])).tolist() == [-1]
