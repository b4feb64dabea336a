"""Records of the guide: of tables, as valid JSON, in folders that change all at once."""

import json
import math

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gnomon.errors import BadData, ConfigError, StoreError
from gnomon.instruments.sky.curves.merging import merge
from gnomon.instruments.sky.curves.schema import BTJD, JD_UTC, MJD_UTC, Answer, part_table
from gnomon.instruments.sky.exports import folders
from gnomon.instruments.sky.exports.folders import write_records
from gnomon.instruments.sky.exports.making import mast_records, tess_records, ztf_records
from gnomon.instruments.sky.exports.records import MASTRecord, Record, TESSRecord, ZTFRecord

NAN = float("nan")
ANSWER = Answer("http://irsa/nph", "POS=1", "ztf_dr23", "2026-01-01T00:00:00Z", "1" * 64)
FILE = Answer(
    "http://mast/api/v0.1/Download/file",
    "uri=mast%3ATESS%2Fproduct%2Ftess_s0099_s_lc.fits",
    "spoc-5",
    "2026-01-01T00:00:00Z",
    "2" * 64,
)


def strict(text):
    """Read JSON as the standard has it: no NaN."""

    def refuse(name):
        raise AssertionError(f"bare {name}")

    return json.loads(text, parse_constant=refuse)


def ztf(system=MJD_UTC, unit="mag", **more):
    columns = {
        "object": ["12", "12"],
        "band": ["g", "g"],
        "time": [58202.25, 58203.5],
        "value": [18.5, 20.5],
        "ra_deg": [255.5, 255.5],
        "dec_deg": [12.25, 12.25],
        "is_limit": [False, True],
        "hjd": [2458202.75, NAN],
    }
    part = part_table(columns | more, survey="ztf", time=system, unit=unit, answer=ANSWER)
    return merge([part]).table


def tess(n=10, *, flux=None, answer=FILE, sector=99, cadence_s=120.0):
    columns = {
        "object": ["TIC 987654321"] * n,
        "band": ["TESS"] * n,
        "time": [1000.0 + 0.5 * k for k in range(n)],
        "value": flux or [100.0 + k for k in range(n)],
        "quality": list(range(n)),
        "sector": [sector] * n,
        "cadence_s": [cadence_s] * n,
    }
    return part_table(columns, survey="tess", time=BTJD, unit="e-/s", answer=answer)


# -- of tables


def test_a_row_of_ztf_is_a_record():
    one, two = ztf_records(ztf())
    assert (one.object_id, one.ra, one.dec, one.mjd) == ("12", 255.5, 12.25, 58202.25)
    assert (one.mag_psf, one.filter, two.mag_psf) == (18.5, "g", None)
    told = strict(two.text())
    assert (told["mag_psf"], told["diffmaglim"], told["hjd"], told["magerr"]) == (
        None,
        20.5,
        None,
        None,
    )
    assert (told["release"], told["retrieved"]) == ("ztf_dr23", "2026-01-01T00:00:00Z")


def test_julian_dates_become_modified_ones():
    one, _ = ztf_records(ztf(JD_UTC, time=[2458202.75, 2458203.0]))
    assert one.mjd == 58202.25


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (lambda: ztf(unit="nJy"), "unit mag, not nJy"),
        (lambda: ztf(BTJD), "time_scale UTC, not TDB"),
        (lambda: ztf(ra_deg=[NAN, 1.0]), "ra"),
        (lambda: pa.table({"mag": [1.0]}), "no column"),
    ],
)
def test_what_is_no_light_curve_of_ztf_is_refused(table, told):
    with pytest.raises(BadData, match=told):
        list(ztf_records(table()))


def test_a_file_of_tess_is_a_record_without_its_gaps():
    flux = [NAN if k in {2, 5} else 100.0 + k for k in range(10)]
    (one,) = tess_records(merge([tess(flux=flux)]).table)
    assert (one.tic_id, one.sector, one.cadence) == ("TIC987654321", 99, "short")
    assert len(one.time) == len(one.flux) == 8
    assert one.flux[2] == 103.0
    told = strict(one.text())
    assert told["quality"] == [0, 1, 3, 4, 6, 7, 8, 9]
    assert told["mast_data_uri"] == "mast:TESS/product/tess_s0099_s_lc.fits"
    assert (told["time_origin_jd"], told["time_scale"], told["unit"]) == (2457000, "TDB", "e-/s")


def test_each_sector_is_a_record():
    later = Answer("http://mast", "x", "spoc-5", "2026-02-01T00:00:00Z", "3" * 64)
    second = tess(answer=later, sector=100, cadence_s=20.0)
    second = second.set_column(3, "time", pa.array([2000.0 + k for k in range(10)]))
    found = list(tess_records(merge([second, tess()]).table))
    assert [(one.sector, one.cadence, len(one.time)) for one in found] == [
        (99, "short", 10),
        (100, "fast", 10),
    ]


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60))
def test_no_more_points_than_wanted_and_no_fewer_than_half(n, most):
    (one,) = tess_records(merge([tess(n)]).table, max_points=most)
    assert min(n, most) / 2 <= len(one.time) <= most
    assert one.time[0] == 1000.0


def test_a_cadence_that_is_not_known_is_empty():
    (one,) = tess_records(merge([tess(1, cadence_s=NAN)]).table)
    assert (one.cadence, strict(one.text())["cadence_s"]) == ("", None)


def test_a_table_without_sectors_is_no_tess():
    with pytest.raises(BadData, match="sector"):
        list(tess_records(ztf()))


def test_an_observation_is_a_record_with_all_its_columns():
    table = pa.table(
        {
            "obs_id": ["hst_1", "hst_2"],
            "instrument_name": ["ACS/WFC", None],
            "target_name": ["M31", "M33"],
            "t_exptime": [1200.0, NAN],
            "em_min": [500.0, None],
            "em_max": [700.0, 800.0],
            "t_min": [NAN, 58000.0],
        }
    )
    one, two = mast_records(table)
    assert (one.observation_id, one.instrument, one.exposure_time) == ("hst_1", "ACS/WFC", 1200.0)
    assert (one.spectral_range, two.spectral_range) == ((500.0, 700.0), ())
    assert (two.instrument, two.exposure_time) == ("", None)
    assert strict(one.text())["t_min"] is None
    assert strict(two.text())["em_max"] == 800.0


def test_an_observation_without_a_name_is_refused():
    with pytest.raises(BadData, match="obs_id"):
        list(mast_records(pa.table({"target_name": ["M31"]})))


# -- models


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: TESSRecord(tic_id="TIC1", sector=1, cadence="short", time=(1.0,), flux=(1.0, 2.0)),
        lambda: TESSRecord(tic_id="TIC1", sector=1, cadence="short", time=(NAN,), flux=(1.0,)),
        lambda: MASTRecord(observation_id="a", spectral_range=(1.0,)),
        lambda: ZTFRecord(object_id="a", ra=1.0, dec=NAN, mjd=1.0, filter="g"),
        lambda: ZTFRecord(object_id="", ra=1.0, dec=1.0, mjd=1.0, filter="g"),
    ],
)
def test_what_the_guide_forbids_is_refused(wrong):
    with pytest.raises(ValidationError):
        wrong()


FURTHER = st.recursive(
    st.none() | st.floats() | st.text(max_size=3) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(FURTHER)
def test_whatever_follows_the_json_is_valid(value):
    text = ZTFRecord(object_id="a", ra=1, dec=1, mjd=1, filter="g", extra=value).text()
    assert strict(text)["object_id"] == "a"


# -- in folders


def some(n, **more):
    return [
        MASTRecord(observation_id=f"o{k}", exposure_time=NAN if k else 1.5, **more)
        for k in range(n)
    ]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_five_records_then_two_leave_two(tmp_path):
    folder = tmp_path / "raw" / "mast"
    assert write_records(folder, "mast", some(5)) == 5
    assert write_records(folder, "mast", some(2)) == 2
    assert names(folder) == ["README.md", "record_00000.json", "record_00001.json"]
    assert names(tmp_path / "raw") == ["mast"]
    record = strict((folder / "record_00001.json").read_text())
    assert record == {
        "observation_id": "o1",
        "instrument": "",
        "target": "",
        "exposure_time": None,
        "spectral_range": [],
    }
    assert (folder / "record_00000.json").read_text().startswith('{\n  "observation_id": "o0"')
    assert "MAST" in (folder / "README.md").read_text()


def test_files_of_others_stay(tmp_path):
    folder = tmp_path / "mast"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "mine.txt").write_text("x")
    (folder / ".gitignore").write_text("*")
    write_records(folder, "mast", some(1))
    assert names(folder) == [".gitignore", "README.md", "record_00000.json", "sub"]
    assert (folder / "sub" / "mine.txt").read_text() == "x"


def test_an_error_on_the_way_leaves_the_folder_as_it_was(tmp_path):
    folder = tmp_path / "mast"
    write_records(folder, "mast", some(3))

    def broken():
        yield from some(1, note="new")
        raise BadData("half an answer")

    with pytest.raises(BadData):
        write_records(folder, "mast", broken())
    assert names(folder) == ["README.md", *(f"record_0000{n}.json" for n in range(3))]
    assert "note" not in (folder / "record_00000.json").read_text()
    assert names(tmp_path) == ["mast"]


def test_no_record_leaves_a_readme_alone(tmp_path):
    assert write_records(tmp_path / "ztf", "ztf", []) == 0
    assert names(tmp_path / "ztf") == ["README.md"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "ztf").write_text("x")
    with pytest.raises(ConfigError, match="is a file"):
        write_records(tmp_path / "ztf", "ztf", [])


def test_a_swap_that_fails_says_where_the_old_files_are(tmp_path, monkeypatch):
    folder = tmp_path / "mast"
    write_records(folder, "mast", some(2))
    rename = folders.Path.rename

    def failing(self, target):
        if self.name == "new":
            raise OSError("disk is gone")
        return rename(self, target)

    monkeypatch.setattr(folders.Path, "rename", failing)
    with pytest.raises(StoreError, match="disk is gone; what was there lies in") as caught:
        write_records(folder, "mast", some(1))
    old = folders.Path(str(caught.value).rpartition(" ")[2])
    assert names(old) == ["README.md", "record_00000.json", "record_00001.json"]


def test_records_are_readable_by_others(tmp_path):
    write_records(tmp_path / "ztf", "ztf", [])
    assert (tmp_path / "ztf").stat().st_mode & 0o777 != 0o700


def test_a_record_says_nothing_that_is_not_known():
    assert strict(Record(a=[math.inf, {"b": -math.inf}]).text()) == {"a": [None, {"b": None}]}
