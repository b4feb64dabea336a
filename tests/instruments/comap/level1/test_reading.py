import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.errors import BadData, NotFound
from gnomon.instruments.comap.level1.classify import SourceTable
from gnomon.instruments.comap.level1.reading import record_of, utc_text
from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.simulate.faults import damaged
from level1_by_hand import NAME, replace, write_small

TABLE = SourceTable.shipped()


def test_the_record_of_a_whole_file(small):
    record, remarks = record_of(small, TABLE)
    assert (record.obsid, record.name) == (45285, NAME.removesuffix(".hd5"))
    assert record.size == small.stat().st_size
    assert (record.source, record.source_group, record.scan_mode) == ("TauA", "Calibrator", "ces")
    assert record.utc_start == "2024-12-01T12:00:00.000Z"
    assert record.duration_s == 0.8
    assert record.feeds == (1, 2, 20)
    assert record.error == ""
    assert len(remarks) == 1


def test_attributes_keep_their_types_through_json(small, tmp_path):
    record, _ = record_of(small, TABLE)
    record.write(tmp_path / "record.json")
    read = Level1Record.read(tmp_path / "record.json")
    assert read == record
    types = {name: type(value) for name, value in read.attributes.items()}
    assert types == {"obsid": int, "source": str, "comment": str, "nchan": int, "tsamp": float}


def test_a_record_does_not_know_where_its_file_is(small, tmp_path):
    moved = tmp_path / "elsewhere" / NAME
    moved.parent.mkdir()
    before, _ = record_of(small, TABLE)
    small.rename(moved)
    assert record_of(moved, TABLE)[0] == before


def test_a_file_without_a_group_keeps_what_could_be_read(changed):
    record, remarks = record_of(changed(lambda file: file.pop("spectrometer/tod")), TABLE)
    assert record.error == f"{NAME} has no spectrometer/tod"
    assert (record.source, record.source_group) == ("TauA", "Calibrator")
    assert remarks == ()


def test_a_cut_file_has_a_record_with_the_reason(small):
    size = small.stat().st_size
    with small.open("r+b") as file:
        file.truncate(size // 2)
    record, _ = record_of(small, TABLE)
    assert record.error.startswith(f"{NAME} is cut short, at {size // 2} of {size} bytes")
    assert record.tags["month"] == "2024-12"
    assert json.dumps(record.tags)


def test_a_sky_nod_and_a_lissajous(tmp_path, changed):
    nod = write_small(tmp_path / NAME, source="field3,", comment="Sky nod")
    assert record_of(nod, TABLE)[0].scan_mode == "skydip"

    def tracked(file):
        replace(file, "hk/antenna0/deTracker/lissajous_status", np.array([0, 2, 1, 0]))

    assert record_of(changed(tracked), TABLE)[0].scan_mode == "lissajous"


def test_a_file_without_a_tracker(changed):
    assert record_of(changed(lambda file: file.pop("hk")), TABLE)[0].scan_mode == "ces"


def test_a_file_that_is_gone_or_has_another_name(tmp_path, small):
    with pytest.raises(NotFound):
        record_of(tmp_path / NAME, TABLE)
    with pytest.raises(BadData, match="is not called"):
        record_of(small.rename(tmp_path / "other.hd5"), TABLE)


def test_the_simulated_file(tiny_level1_file, tiny_truth):
    record, _ = record_of(tiny_level1_file, TABLE)
    assert record.error == ""
    assert record.obsid == tiny_truth.obsid
    assert set(tiny_truth.feeds) == set(record.feeds)


REASONS = {
    "truncated": "is cut short",
    "half-copied": "its end is all zeros",
    "not-hdf5": "is no HDF5 file",
    "empty": "is no HDF5 file",
    "no-spectrometer": "has no spectrometer/feeds",
    "no-attributes": "has no comap",
    "no-pointing": "has no spectrometer/pixel_pointing/pixel_az",
    "mismatched-lengths": "spectrometer/MJD has the shape",
    "wrong-obsid": "its name says obsid",
    "doubled-feed": "feed 1 is there 2 times",
    "time-backwards": "time goes backwards after sample",
}


@pytest.mark.parametrize("fault", REASONS)
def test_what_is_wrong_with_a_file_is_said(tiny_level1_file, tmp_path, fault):
    path = damaged(tiny_level1_file, tmp_path, fault)
    record, _ = record_of(path, TABLE)
    assert path.name in record.error
    assert REASONS[fault] in record.error


@given(st.integers(0, 40_000 * 86_400_000))
def test_times_are_told_to_the_millisecond(milliseconds):
    mjd = 50_000 + milliseconds / 86_400_000
    exact = datetime(1995, 10, 10, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    assert datetime.fromisoformat(utc_text(mjd)) == exact
