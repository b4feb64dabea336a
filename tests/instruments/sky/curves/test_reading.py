"""Light curves from any file: whichever names its columns have."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from gnomon.errors import BadData, ConfigError, UnknownName
from gnomon.instruments.sky.curves.reading import Columns, read_all, read_curves
from gnomon.instruments.sky.curves.schema import BTJD, MJD_UTC, Answer, part_table
from gnomon.instruments.sky.exports.folders import write_records
from gnomon.instruments.sky.exports.making import tess_records
from gnomon.instruments.sky.tess.lightcurves import part_of, read_lightcurve

IRSA = """oid,hjd,mjd,mag,magerr,catflags,filtercode,ra,dec,ccdid
11,2458202.86,58202.36,18.7,0.05,0,zg,255.5,12.3,0x1
11,NaN,58203.36,18.8,0.05,32768,zg,255.5,12.3,0x1
12,2458202.9,58202.4,17.7,0.02,0,zr,255.5,12.3,0x1
"""


def written(folder, name, **columns):
    path = folder / name
    if path.suffix == ".parquet":
        pq.write_table(pa.table(columns), path)
    else:
        pa_csv.write_csv(pa.table(columns), path)
    return path


def records(folder, *some):
    for n, record in enumerate(some):
        (folder / f"record_{n:05d}.json").write_text(json.dumps(record))
    return folder


def detection(name, mjd, mag=17.0, band="g"):
    return {"object_id": name, "ra": 1.0, "dec": 2.0, "mjd": mjd, "mag_psf": mag, "filter": band}


def test_an_answer_of_irsa_as_csv(tmp_path):
    (tmp_path / "answer.csv").write_text(IRSA)
    curves = read_curves(tmp_path / "answer.csv")
    assert (curves.objects, curves.bands) == (("11", "12"), ("g", "r"))
    assert curves.time_d.tolist() == [58202.36, 58202.4]
    assert (curves.unit, curves.ra_deg.tolist()) == ("mag", [255.5, 255.5])


def test_only_some_flags_tell_against_a_point(tmp_path):
    (tmp_path / "answer.csv").write_text(IRSA)
    assert read_curves(tmp_path / "answer.csv", bad_bits=255).lengths.tolist() == [2, 1]
    assert read_curves(tmp_path / "answer.csv", bad_bits=-1).lengths.tolist() == [1, 1]


def test_flags_in_hexadecimal_and_those_that_nobody_can_read(tmp_path):
    flags = ["0x0", "0x10", "what", "0", ""]
    path = written(tmp_path, "a.csv", mjd=[1.0, 2, 3, 4, 5], mag=[1.0] * 5, catflags=flags)
    assert read_curves(path, bad_bits=-1).time_d.tolist() == [1, 4]
    assert read_curves(path, bad_bits=1).time_d.tolist() == [1, 2, 4]


@pytest.mark.parametrize(
    ("time", "value", "error", "unit"),
    [
        ("time", "mag", "magerr", "mag"),
        ("HJD", "Magnitude", "mag_err", "mag"),
        ("hmjd", "magpsf", "sigmapsf", "mag"),
        ("BTJD", "pdcsap_flux", "pdcsap_flux_err", "e-/s"),
        ("bjd", "flux", "flux_err", ""),
        ("midpointMjdTai", "psfFlux", "psfFluxErr", "nJy"),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_usual_names(tmp_path, time, value, error, unit, suffix):
    columns = {time: [2.0, 1.0], value: [7.0, 8.0], error: [0.1, 0.2]}
    curves = read_curves(written(tmp_path, f"star 7.{suffix}", **columns))
    assert curves.objects == ("star 7",)
    assert (curves.value.tolist(), curves.error.tolist()) == ([8, 7], [0.2, 0.1])
    assert curves.unit == unit
    assert curves.time_system == (BTJD if time == "BTJD" else None)


def test_modified_julian_dates_come_before_heliocentric_ones(tmp_path):
    path = written(tmp_path, "a.csv", hjd=[2.0], mjd=[1.0], mag=[1.0])
    assert read_curves(path).time_d.tolist() == [1]


def test_named_columns(tmp_path):
    path = written(tmp_path, "a.csv", when=[1.0], how=[2.0], of=[3.0], who=["x"], time=[9.0])
    columns = Columns(time="when", value="how", error="of", object="who", unit="Jy")
    curves = read_curves(path, columns)
    assert (curves.objects, curves.time_d[0], curves.error[0]) == (("x",), 1, 3)
    assert curves.unit == "Jy"
    with pytest.raises(UnknownName, match="did you mean 'when'"):
        read_curves(path, Columns(time="wen"))


def test_the_schema_is_read_as_it_is(tmp_path):
    columns = {"object": ["a", "a"], "band": ["r", "r"], "time": [1.0, 2.0], "value": [3.0, 4.0]}
    table = part_table(
        {**columns, "quality": [0, 32_768]}, survey="ztf", time=MJD_UTC, unit="mag", answer=Answer()
    )
    pq.write_table(table, tmp_path / "a.parquet")
    curves = read_curves(tmp_path / "a.parquet")
    assert (curves.unit, curves.time_system, curves.value.tolist()) == ("mag", MJD_UTC, [3])
    assert read_curves(tmp_path / "a.parquet", bad_bits=1).value.tolist() == [3, 4]


def test_flags_of_a_known_survey_are_read_as_it_advises(tmp_path):
    columns = {"object": ["a"] * 3, "band": ["r"] * 3, "time": [1.0, 2, 3], "value": [3.0, 4, 5]}
    table = part_table(
        {**columns, "quality": [0, 2, 32_768]},
        survey="ztf",
        time=MJD_UTC,
        unit="mag",
        answer=Answer(),
    )
    pq.write_table(table, tmp_path / "a.parquet")
    assert read_curves(tmp_path / "a.parquet").value.tolist() == [3, 4]
    written(tmp_path, "b.csv", mjd=[1.0, 2.0], mag=[1.0, 2.0], flags=[0, 2])
    both = read_all([tmp_path / "a.parquet", tmp_path / "b.csv"])
    assert both.lengths.tolist() == [2, 1]
    with pytest.raises(BadData, match="no column flat"):
        read_curves(tmp_path / "a.parquet", use="flat")


def test_a_real_file_of_tess(real, truth):
    ((name, known),) = truth["tess"].items()
    (one,) = read_curves(real / "tess" / name)
    assert (one.object, one.band, one.unit) == ("TIC 25155310", "TESS", "e-/s")
    assert len(one) == known["default"]["n_cadences"]
    assert np.median(one.value) == pytest.approx(known["default"]["median_pdcsap"])
    assert one.time_d[0] == pytest.approx(known["default"]["t_first"], abs=1e-9)
    assert one.time_system == BTJD


def test_records_of_detections(tmp_path):
    folder = records(
        tmp_path, detection("a", 2.0), detection("b", 1.0, None), detection("a", 1.0, 18.0, "zr")
    )
    curves = read_curves(folder)
    assert list(zip(curves.objects, curves.bands, strict=True)) == [
        *(("a", "g"), ("a", "r"), ("b", "g")),
    ]
    assert (curves.lengths.tolist(), curves.unit) == ([1, 1, 0], "mag")


def test_records_of_tess(tmp_path):
    one = {"tic_id": "TIC7", "sector": 1, "cadence": "short", "time": [1, 2], "flux": [3, 4.5]}
    nothing = {"tic_id": "TIC8", "sector": 1, "cadence": "short", "time": [], "flux": []}
    curves = read_curves(records(tmp_path, one, nothing))
    assert (curves.objects, curves.bands) == (("TIC7", "TIC8"), ("TESS", "TESS"))
    assert (curves.value.tolist(), curves.lengths.tolist()) == ([3, 4.5], [2, 0])
    assert curves.unit == "e-/s"


def test_flags_and_errors_of_records(tmp_path):
    flagged = detection("a", 1.0) | {"catflags": 32_768, "magerr": 0.1}
    differing = detection("a", 2.0) | {"conflict": True}
    fine = detection("a", 3.0) | {"catflags": 2, "magerr": 0.2}
    curves = read_curves(records(tmp_path, flagged, differing, fine))
    assert (curves.time_d.tolist(), curves.error.tolist()) == ([3], [0.2])
    assert curves.time_system == MJD_UTC
    assert read_curves(tmp_path, bad_bits=2).time_d.tolist() == [1]


def test_a_csv_with_the_columns_of_the_schema(tmp_path):
    table = part_table(
        {"object": ["1", "1"], "band": ["r"] * 2, "time": [1.0, 2.0], "value": [3.0, 4.0]},
        survey="ztf",
        time=MJD_UTC,
        unit="mag",
        answer=Answer(),
    )
    pa_csv.write_csv(table.append_column("is", table["is_limit"]), tmp_path / "a.csv")
    curves = read_curves(tmp_path / "a.csv")
    assert (curves.objects, curves.unit, curves.time_system) == (("1",), "mag", MJD_UTC)


def test_records_that_gnomon_writes(tmp_path, real, truth):
    ((name, known),) = truth["tess"].items()
    table = part_of(read_lightcurve(real / "tess" / name), answer=Answer())
    answer = pa.array(np.zeros(table.num_rows), pa.int32())
    write_records(tmp_path, "tess", tess_records(table.append_column("answer", answer)))
    (one,) = read_curves(tmp_path)
    (same,) = read_curves(real / "tess" / name)
    assert len(one) == known["default"]["n_cadences"]
    np.testing.assert_array_equal(one.value, same.value)
    np.testing.assert_array_equal(one.time_d, same.time_d)


def test_bands_by_number(tmp_path):
    path = written(tmp_path, "a.csv", jd=[1.0, 2.0, 3.0], magpsf=[7.0, 8.0, 9.0], fid=[3, 1, 2])
    assert read_curves(path).bands == ("g", "i", "r")


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (
            {"tic_id": "TIC7", "sector": 1, "cadence": "", "time": [1, 2], "flux": [3]},
            "2 times and 1",
        ),
        ({"observation_id": "x"}, "object_id Field required"),
        ([1], "no TESSRecord: .*; no ZTFRecord: "),
        (detection("a", "soon"), "mjd Input should be a valid number"),
    ],
)
def test_records_that_are_no_light_curves(tmp_path, record, says):
    with pytest.raises(BadData, match=f"record_00000.json: .*{says}"):
        read_curves(records(tmp_path, record))


def test_a_folder_of_files(tmp_path):
    written(tmp_path, "a.csv", mjd=[1.0], mag=[1.0])
    written(tmp_path, "b.parquet", mjd=[1.0, 2.0], mag=[1.0, 2.0])
    (tmp_path / "README.md").write_text("nothing")
    curves = read_curves(tmp_path)
    assert (curves.objects, curves.lengths.tolist()) == (("a", "b"), [1, 2])


def test_the_same_point_in_two_files_counts_once(tmp_path):
    first = written(tmp_path, "1.csv", oid=[5, 5], mjd=[1.0, 2.0], mag=[7.0, 8.0])
    second = written(tmp_path, "2.csv", oid=[5, 6], mjd=[2.0, 3.0], mag=[8.0, 9.0], magerr=[1, 1])
    curves = read_all([first, second])
    assert (curves.objects, curves.time_d.tolist()) == (("5", "6"), [1, 2, 3])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n", "no column of the time and no value is known by its name: a, b"),
        ("mjd,b\n1,2\n", "no column of the value is known"),
        ("mjd,mag\n1,bright\n", "mag is no number"),
        ("mjd,mag\n1,2,3\n", "a.csv: "),
        ("", "a.csv: "),
    ],
)
def test_files_that_hold_no_light_curve(tmp_path, text, says):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(BadData, match=says):
        read_curves(tmp_path / "a.csv")


def test_garbage_is_no_parquet(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1, or not")
    with pytest.raises(BadData, match=r"a\.parquet: "):
        read_curves(tmp_path / "a.parquet")
    (tmp_path / "record_1.json").write_text("{")
    with pytest.raises(BadData, match="Invalid JSON"):
        read_curves(tmp_path / "record_1.json")


def test_what_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="there is no file"):
        read_curves(tmp_path / "a.csv")
    with pytest.raises(ConfigError, match=r"no lightcurves\.parquet"):
        read_curves(tmp_path)


def test_no_rows_are_no_curves(tmp_path):
    (tmp_path / "a.csv").write_text("mjd,mag\n")
    assert len(read_curves(tmp_path / "a.csv")) == 0


# -- real files


def test_supernovae(real, truth):
    for name, known in truth["snia"].items():
        curves = read_curves(real / "snia" / f"{name}.csv")
        assert {one.band: len(one) for one in curves} == {
            band: figures["n"] for band, figures in known["bands"].items()
        }
        for one in curves:
            assert one.object == name
            assert np.mean(one.value) == pytest.approx(known["bands"][one.band]["mean"])


def test_variable_stars(real, truth):
    known = truth["rrlyrae"]["objects"]
    curves = read_all([real / "rrlyrae" / f"{name}.csv" for name in known])
    n_points = dict.fromkeys(known, 0)
    for one in curves:
        n_points[one.object] += len(one)
        if one.band == "g":
            assert len(one) == known[one.object]["n_g"]
    assert n_points == {name: figures["n_points"] for name, figures in known.items()}
