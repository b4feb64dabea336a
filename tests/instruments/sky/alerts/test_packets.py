"""Alert packets: a real one of ZTF, simulated ones of every schema, damaged ones."""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import BadData, UnknownName
from gnomon.instruments.sky.alerts.lsst import QUALITY, WITHDRAWN, lsst_alert, version_of
from gnomon.instruments.sky.alerts.packets import read_alerts, survey_of
from gnomon.instruments.sky.alerts.rows import Alert, AlertRow, alerts_table
from gnomon.instruments.sky.alerts.ztf import BAD_PIXELS, NEGATIVE, WARNED, ztf_alert
from gnomon.instruments.sky.curves.merging import merge
from gnomon.instruments.sky.curves.schema import (
    JD_UTC,
    MJD_TAI,
    PART_SCHEMA,
    UNREADABLE,
    Answer,
    answers_of,
)
from gnomon.instruments.sky.simulate.alert_files import (
    LSST_VERSIONS,
    ZTF_VERSIONS,
    AlertEpoch,
    alert_epochs,
    alert_number,
    lsst_packet,
    ztf_name,
    ztf_packet,
)
from gnomon.instruments.sky.simulate.stars import make_sky

STAR = make_sky().stars[0]
EPOCHS = (
    AlertEpoch("g", 58_000.25, 900.0, 1_000.0),
    AlertEpoch("r", 58_001.25, 50_000.0, 1_000.0),
    AlertEpoch("r", 58_002.25, -20_000.0, 1_000.0),
    AlertEpoch("i", 58_003.25, 80_000.0, 1_000.0),
)


@cache
def packet(survey, version):
    make = {"ztf": ztf_packet, "lsst": lsst_packet}[survey]
    return make(STAR, EPOCHS, version)


def read(tmp_path, content, name="alert.avro"):
    path = tmp_path / name
    path.write_bytes(content)
    return read_alerts(path)


def test_the_real_alert_says_what_fastavro_found(real, truth):
    for name, known in truth["alerts"].items():
        path = real / "ztf_alert" / name
        if known["kind"] != "ZTF" or not path.is_file():
            continue
        (alert,) = read_alerts(path)
        assert (alert.object, alert.number) == (known["objectId"], known["candid"])
        assert (alert.release, alert.time) == (known["schemavsn"], JD_UTC)
        first, *before = alert.rows
        of = known["cand"]
        assert (first.time_d, first.band) == (of["jd"], "r")
        assert (first.value, first.error) == (of["magpsf"], of["sigmapsf"])
        assert (first.ra_deg, first.dec_deg) == (of["ra"], of["dec"])
        assert first.further["is_negative"] is (of["isdiffpos"] == "f")
        assert first.further["real_bogus"] == of["rb"]
        assert first.further["limit_mag"] == of["diffmaglim"]
        kinds = [row.measurement for row in before]
        assert kinds.count("limit") == known["n_prv_upper_limits"]
        assert kinds.count("detection") == known["n_prv_detections"]
        assert survey_of(path.read_bytes()[:4096]) == "ztf-alerts"


@pytest.mark.parametrize("version", ZTF_VERSIONS)
def test_ztf_of_every_schema_is_what_was_simulated(tmp_path, version):
    (alert,) = read(tmp_path, packet("ztf", version))
    assert (alert.survey, alert.object) == ("ztf-alerts", ztf_name(STAR))
    assert (alert.number, alert.release) == (alert_number(STAR, EPOCHS[-1]), version)
    own, limit, bright, faint, *forced = alert.rows
    assert own.value == pytest.approx(EPOCHS[3].magnitude, rel=1e-6)
    assert own.error == pytest.approx(EPOCHS[3].error_mag, rel=1e-6)
    assert own.time_d == EPOCHS[3].mjd + 2_400_000.5
    assert (limit.measurement, limit.value) == ("limit", pytest.approx(EPOCHS[0].limit_mag))
    assert math.isnan(limit.error)
    assert (bright.quality, faint.quality) == (0, NEGATIVE)
    assert faint.further["is_negative"] is True
    assert len(forced) == (3 if version >= "4" else 0)
    for row, epoch in zip(forced, EPOCHS, strict=False):
        assert (row.band, row.unit, row.quality) == (f"{epoch.band}-forced", "nJy", 0)
        assert row.value == pytest.approx(epoch.flux_njy, rel=1e-5)
        assert row.error == pytest.approx(epoch.error_njy, rel=1e-5)
        assert (row.ra_deg, row.dec_deg) == (STAR.ra_deg, STAR.dec_deg)


@pytest.mark.parametrize("version", LSST_VERSIONS)
def test_lsst_of_every_schema_is_what_was_simulated(tmp_path, version):
    (alert,) = read(tmp_path, packet("lsst", version))
    assert (alert.survey, alert.object) == ("lsst-alerts", str(10_000 + STAR.number))
    assert (alert.release, alert.time) == (version, MJD_TAI)
    detections = [row for row in alert.rows if row.measurement == "detection"]
    assert [row.value for row in detections] == [
        pytest.approx(EPOCHS[n].flux_njy) for n in (3, 1, 2)
    ]
    forced = [row for row in alert.rows if row.measurement == "forced"]
    assert [row.band for row in forced] == ["g-forced", "r-forced", "r-forced"]
    assert {row.unit for row in alert.rows} == {"nJy"}
    assert [row.time_d for row in forced] == [epoch.mjd for epoch in EPOCHS[:3]]
    assert {row.dec_deg for row in alert.rows} == {STAR.dec_deg}


def test_the_simulated_star_is_found_again(tmp_path):
    mjds = [58_000.0 + 0.37 * n for n in range(40)]
    epochs = alert_epochs(STAR, "g", mjds)
    (alert,) = read(tmp_path, lsst_packet(STAR, epochs))
    told = {row.time_d: row.value for row in alert.rows if row.measurement == "forced"}
    mean = 10 ** (-0.4 * (STAR.mean_mag - 31.4))
    true = 10 ** (-0.4 * (STAR.magnitude("g", np.array(mjds[:-1])) - 31.4)) - mean
    assert [told[mjd] for mjd in mjds[:-1]] == pytest.approx(true.tolist(), rel=1e-5)


def test_a_table_of_alerts_has_every_measurement_once(tmp_path):
    first = ztf_packet(STAR, EPOCHS[:2])
    second = ztf_packet(STAR, EPOCHS)
    alerts = [*read(tmp_path, first), *read(tmp_path, second)]
    answer = Answer("file:///a", "x.avro", "4.02", "2026-03-03T12:00:00Z", "00")
    table = alerts_table(alerts, answer)
    assert table.schema.names[: len(PART_SCHEMA)] == PART_SCHEMA.names
    assert all(table.schema.field(f.name).type == f.type for f in PART_SCHEMA)
    # 4 candidates; 3 forced epochs, of which the first alert told one already.
    assert table.num_rows == 4 + 3
    assert answers_of(table.schema) == [answer]
    assert set(table["release"].to_pylist()) == {"4.02 2458003.7500000"}
    assert table["is_limit"].to_pylist().count(True) == 1
    assert not [f.name for f in table.schema if str(f.type) == "null"]


def test_what_the_newest_alert_says_of_a_forced_epoch_stays(tmp_path):
    again = (replace(EPOCHS[0], flux_njy=950.0), *EPOCHS[1:])
    parts = [
        alerts_table(read(tmp_path, ztf_packet(STAR, epochs)), Answer(sha256=str(n)))
        for n, epochs in enumerate([EPOCHS[:2], again])
    ]
    for both in (parts, parts[::-1]):
        merged = merge(both)
        assert (merged.n_superseded, merged.n_conflicts) == (1, 0)
        forced = merged.table.filter(pc.equal(merged.table["band"], "g-forced"))
        assert forced["value"].to_pylist() == [pytest.approx(950.0)]
        assert merged.table.num_rows == 4 + 3


def test_alerts_of_two_surveys_are_no_one_table(tmp_path):
    both = [*read(tmp_path, packet("ztf", "3.3")), *read(tmp_path, packet("lsst", "11.0"))]
    with pytest.raises(BadData, match="different surveys"):
        alerts_table(both, Answer())


# -- what a packet may say


CANDIDATE = {"jd": 2458000.5, "fid": 1, "magpsf": 18.0, "sigmapsf": 0.1, "isdiffpos": "t"}
PACKET = {"schemavsn": "4.02", "objectId": "ZTF18a", "candid": 7, "candidate": CANDIDATE}


def test_bad_pixels_and_a_negative_sign_are_said():
    alert = ztf_alert(PACKET | {"candidate": CANDIDATE | {"nbad": 2, "isdiffpos": "0"}})
    assert alert.rows[0].quality == BAD_PIXELS | NEGATIVE


@pytest.mark.parametrize(
    ("status", "quality"), [("0", 0), ("56", WARNED), ("0,61", WARNED), (None, UNREADABLE)]
)
def test_a_warning_of_forced_photometry_is_said(status, quality):
    history = {"jd": 1.0, "fid": 2, "forcediffimflux": 5.0, "procstatus": status}
    row = ztf_alert(PACKET | {"fp_hists": [history]}).rows[1]
    assert row.quality == quality


def test_forced_photometry_that_failed_has_no_value():
    history = {"jd": 1.0, "fid": 2, "forcediffimflux": -99999.0, "magzpsci": 26.0}
    row = ztf_alert(PACKET | {"fp_hists": [history | {"procstatus": "255"}]}).rows[1]
    assert math.isnan(row.value)
    assert row.quality == WARNED


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"candidate": CANDIDATE | {"fid": 9}}, "fid 9 is no band"),
        ({"candidate": CANDIDATE | {"isdiffpos": "x"}}, "isdiffpos"),
        ({"candidate": {"fid": 1}}, "no jd"),
        ({"candidate": CANDIDATE | {"jd": float("nan")}}, "jd is nan"),
        ({"objectId": "../../etc"}, "no name of an object"),
        ({"objectId": ""}, "no name of an object"),
        ({"candid": None}, "no candid"),
    ],
)
def test_a_packet_of_ztf_that_makes_no_sense_is_refused(change, message):
    with pytest.raises(BadData, match=message):
        ztf_alert(PACKET | change)


SOURCE = {"diaSourceId": 5, "midpointMjdTai": 60_000.0, "psfFlux": 1.0, "band": "y"}


def lsst(**more):
    return lsst_alert({"diaSource": SOURCE | more}, "lsst.v11_0.alert")


def test_objects_of_lsst_are_what_they_belong_to():
    assert lsst(diaObjectId=3, ssObjectId=4).object == "3"
    assert lsst(diaObjectId=None, ssObjectId=4).object == "sso4"
    assert lsst(diaObjectId=0).object == "dia5"


def test_flags_of_lsst_are_bits():
    row = lsst(psfFlux_flag=True, isDipole=None, timeWithdrawnMjdTai=60_001.0).rows[0]
    assert row.quality == 1 | WITHDRAWN
    assert QUALITY[1] == "psfFlux_flag"
    assert lsst(psfFlux_flag=False).rows[0].quality == 0


def test_a_source_without_a_band_is_refused():
    with pytest.raises(BadData, match="no band or filterName"):
        lsst(band=None)


def test_versions_of_lsst_are_in_the_name_of_the_schema():
    assert version_of("lsst.v7_4.alert") == "7.4"
    assert version_of("lsst.alert") == ""


def test_names_of_objects_make_no_paths():
    row = AlertRow("g", 1.0, 1.0, 0.1, "mag", "detection")
    for name in ("a/b", "..", ".", "a\0", "a b"):
        with pytest.raises(BadData):
            Alert("ztf-alerts", name, 1, "", JD_UTC, (row,))


# -- damage


@pytest.mark.parametrize("content", [b"", b"Obj\x01", b"<html>no</html>", b"\x00" * 500])
def test_what_is_no_avro_is_refused(tmp_path, content):
    with pytest.raises(BadData, match=r"^alert\.avro: "):
        read(tmp_path, content)
    assert survey_of(content) == ""


def test_avro_of_something_else_is_refused(tmp_path):
    import fastavro  # noqa: PLC0415 - an extra

    schema = {"type": "record", "name": "x", "fields": [{"name": "a", "type": "int"}]}
    for records, message in ((({"a": 1},), "neither"), ((), "holds no alert")):
        with (tmp_path / "x.avro").open("wb") as stream:
            fastavro.writer(stream, schema, records)
        with pytest.raises(BadData, match=message):
            read_alerts(tmp_path / "x.avro")


def test_a_schema_that_is_none_is_refused(tmp_path):
    content = packet("ztf", "4.02").replace(b'"name": "jd"', b'"nome": "jd"')
    with pytest.raises(BadData, match="its schema is none"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "items",
    [
        "null",
        {"type": "null"},
        {"type": "fixed", "name": "none", "size": 0},
        {"type": "record", "name": "none", "fields": []},
        {"type": "record", "name": "none", "fields": [{"name": "b", "type": "null"}]},
    ],
)
def test_lists_of_nothing_do_not_go_on_for_ever(tmp_path, items):
    import fastavro  # noqa: PLC0415 - an extra

    fields = [{"name": "a", "type": ["null", {"type": "array", "items": items}]}]
    with (tmp_path / "x.avro").open("wb") as stream:
        schema = {"type": "record", "name": "x", "fields": fields}
        fastavro.writer(stream, schema, [{"a": None}])
    with pytest.raises(BadData, match="lists of nothing"):
        read_alerts(tmp_path / "x.avro")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_is_bad_data_and_nothing_else(tmp_path_factory, data):
    survey, version = data.draw(st.sampled_from([("ztf", "4.02"), ("lsst", "11.0")]))
    content = bytearray(packet(survey, version))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    path = tmp_path_factory.getbasetemp() / "damaged.avro"
    path.write_bytes(content)
    try:
        said = f"damaged.avro: {len(read_alerts(path))} alerts"
    except BadData as error:
        said = str(error)
    assert said.startswith("damaged.avro: ")


def test_only_known_versions_are_simulated():
    with pytest.raises(UnknownName):
        ztf_packet(STAR, EPOCHS, "9.9")
    with pytest.raises(UnknownName):
        lsst_packet(STAR, EPOCHS, "9.9")


def test_a_packet_is_the_same_every_time():
    assert packet("ztf", "3.3") == ztf_packet(STAR, EPOCHS, "3.3")
