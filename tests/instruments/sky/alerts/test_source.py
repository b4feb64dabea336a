"""The folder of alerts as a source, and the step that takes them apart."""

import pyarrow.parquet as pq
import pytest

from gnomon.core.dataset import Provenance
from gnomon.core.pipeline import Pipeline, SourceSpec, StepSpec
from gnomon.engine.events import Happened
from gnomon.engine.project import How, Project
from gnomon.formats.parquet import read_provenance
from gnomon.instruments.sky.alerts.source import SOURCE
from gnomon.instruments.sky.curves.schema import answers_of
from gnomon.instruments.sky.kinds import PART
from gnomon.instruments.sky.simulate.alert_files import AlertEpoch, lsst_packet, ztf_packet
from gnomon.instruments.sky.steps.alerts import alert_parts

EPOCHS = (AlertEpoch("g", 58_000.25, 9e4, 1e3), AlertEpoch("r", 58_001.25, 5e4, 1e3))


@pytest.fixture
def folder(tmp_path, sky):
    found = tmp_path / "alerts"
    (found / "20260303").mkdir(parents=True)
    (found / "1.avro").write_bytes(ztf_packet(sky.stars[0], EPOCHS))
    (found / "20260303" / "2.avro").write_bytes(lsst_packet(sky.stars[1], EPOCHS))
    (found / "README.txt").write_text("no alert")
    return found


def test_every_alert_of_a_folder_is_taken_once(station, folder):
    assert station.run(SOURCE, folder=str(folder)).ok
    found = station.datasets()
    assert sorted(found) == [
        ("sky.alert", "survey=lsst-alerts,alert=2"),
        ("sky.alert", "survey=ztf-alerts,alert=1"),
    ]
    tags = found["sky.alert", "survey=ztf-alerts,alert=1"].tags
    assert tags["release"] == "4.02"
    assert tags["retrieved"] == "2026-03-03T12:00:00Z"
    assert (tags["url"], tags["parameters"]) == (folder.as_uri(), "1.avro")
    assert station.run(SOURCE, folder=str(folder)).ok
    assert station.datasets() == found


def test_an_unreadable_alert_keeps_no_other_back_until_it_is_mended(station, folder, sky):
    (folder / "3.avro").write_bytes(b"this is no alert")
    cut = ztf_packet(sky.stars[2], EPOCHS)
    (folder / "4.avro").write_bytes(cut[: len(cut) // 2])
    done = station.run(SOURCE, folder=str(folder))
    assert not done.ok
    assert len(station.datasets()) == 2
    (folder / "3.avro").write_bytes(ztf_packet(sky.stars[3], EPOCHS))
    (folder / "4.avro").write_bytes(cut)
    assert station.run(SOURCE, folder=str(folder)).ok
    assert len(station.datasets()) == 4


def test_a_folder_that_is_emptied_takes_nothing_back(station, folder):
    station.run(SOURCE, folder=str(folder))
    (folder / "1.avro").unlink()
    assert station.run(SOURCE, folder=str(folder)).ok
    assert len(station.datasets()) == 2


def test_two_files_of_one_name_are_told(station, folder, sky):
    (folder / "20260303" / "1.avro").write_bytes(ztf_packet(sky.stars[3], EPOCHS))
    done = station.run(SOURCE, folder=str(folder))
    assert not done.ok
    (told,) = station.messages(Happened.NOT_LISTED)
    assert told == "left out: 20260303/1.avro is called like 1.avro"
    assert len(station.datasets()) == 2


def test_no_more_files_are_taken_than_wanted(station, folder):
    assert station.run(SOURCE, folder=str(folder), most=1).ok
    assert [key for _, key in station.datasets()] == ["survey=ztf-alerts,alert=1"]


def test_a_folder_that_is_not_there_is_an_error(station, tmp_path):
    assert not station.run(SOURCE, folder=str(tmp_path / "nowhere")).ok


def test_alerts_become_parts_by_object(tmp_path, folder):
    (tmp_path / "gnomon.toml").write_text("")
    opened = Project.open(tmp_path)
    config = SOURCE.config(folder=str(folder))
    steps = (StepSpec(alert_parts, alert_parts.config()),)
    pipeline = Pipeline("alerts", (SourceSpec("sky.alerts", SOURCE, config),), steps)
    with opened.catalog() as catalog, opened.loop(pipeline, catalog, How("inline")) as loop:
        assert loop.run().ok
        parts = [d for d, now in catalog.changes(0).datasets if now and d.kind == PART.name]
    assert sorted(d.key_text for d in parts) == [
        "survey=lsst-alerts,group=10002,piece=2",
        "survey=ztf-alerts,group=ZTF18aaaaaab,piece=1",
    ]
    for part in parts:
        path = opened.store.path(part)
        (answer,) = answers_of(pq.read_schema(path))
        assert answer.url == folder.as_uri()
        assert answer.release in {"4.02", "11.0"}
        assert len(answer.sha256) == 64
        assert read_provenance(path)["step"] == "sky.alert_parts"


def test_one_file_of_many_alerts_makes_one_part_an_object(tmp_path, sky):
    import fastavro  # noqa: PLC0415 - an extra

    from gnomon.core.dataset import Input  # noqa: PLC0415 - beside its use

    packets = [ztf_packet(star, EPOCHS) for star in (sky.stars[0], sky.stars[1], sky.stars[0])]
    records = []
    for content in packets:
        (tmp_path / "one.avro").write_bytes(content)
        with (tmp_path / "one.avro").open("rb") as stream:
            reader = fastavro.reader(stream)
            records += list(reader)
    with (tmp_path / "many.avro").open("wb") as stream:
        fastavro.writer(stream, reader.writer_schema, records)
    made = {}

    class Parts:
        def new(self, *, tags=None, coverage=None, **key):  # noqa: ARG002 - the protocol
            made[key["group"]] = tmp_path / f"{key['group']}.parquet"
            return made[key["group"]]

    source = Input(tmp_path / "many.avro", "sky.alert", {"survey": "z", "alert": "m"}, {}, 1, "ab")
    report = alert_parts(source, Parts(), Provenance("s", 1, "", "{}", ()))
    assert report.metrics == {"n_objects": 2, "n_rows": 2 * 3}
    assert [pq.read_table(path).num_rows for path in made.values()] == [3, 3]
    assert sorted(made) == ["ZTF18aaaaaab", "ZTF18aaaaaac"]
