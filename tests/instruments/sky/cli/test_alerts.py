"""`gnomon sky alerts`."""

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from gnomon.instruments.sky.curves.schema import SCHEMA, answers_of
from gnomon.instruments.sky.simulate.alert_files import AlertEpoch, lsst_packet, ztf_packet
from terminal import gnomon

EPOCHS = (
    AlertEpoch("g", 58_000.25, 900.0, 1_000.0),
    AlertEpoch("r", 58_001.25, 5e4, 1e3),
    AlertEpoch("r", 58_002.25, 6e4, 1e3),
)


@pytest.fixture
def folder(tmp_path, sky):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1.avro").write_bytes(ztf_packet(sky.stars[0], EPOCHS[:2], "3.3"))
    (tmp_path / "in" / "2.avro").write_bytes(ztf_packet(sky.stars[0], EPOCHS, "3.3"))
    (tmp_path / "in" / "3.avro").write_bytes(lsst_packet(sky.stars[1], EPOCHS))
    return tmp_path


def test_alerts_of_both_surveys_become_one_table(folder):
    said = gnomon("sky", "alerts", "in", "--json", folder=folder)
    # Of ZTF a limit and two detections; of LSST two detections, and two forced.
    assert said.data == {
        "files": 3,
        "alerts": 3,
        "rows": 3 + 4,
        "rejected": [],
        "file": "alerts.parquet",
    }
    table = pq.read_table(folder / "alerts.parquet")
    assert table.schema.names[: len(SCHEMA)] == SCHEMA.names
    assert {row.as_py() for row in table["survey"]} == {"ztf-alerts", "lsst-alerts"}
    assert {one.release for one in answers_of(table.schema)} == {"3.3", "11.0"}
    assert all(len(one.sha256) == 64 for one in answers_of(table.schema))


def test_csv(folder):
    said = gnomon("sky", "alerts", "in/1.avro", "-o", "out/a.csv", folder=folder)
    assert said.out == "1 alerts, 2 measurements: out/a.csv\n"
    table = pa_csv.read_csv(folder / "out" / "a.csv")
    assert table["is_limit"].to_pylist().count(True) == 1
    assert table["error"].null_count == 1


def test_unreadable_files_are_told_and_keep_no_other_back(folder):
    (folder / "in" / "0.avro").write_bytes(b"no")
    said = gnomon("sky", "alerts", "in", folder=folder, code=1)
    assert "rejected: 0.avro: " in said.err
    assert pq.read_table(folder / "alerts.parquet").num_rows == 7
    (folder / "alerts.parquet").unlink()
    said = gnomon("sky", "alerts", "in/0.avro", "--json", folder=folder, code=1)
    assert said.data["file"] is None
    assert not (folder / "alerts.parquet").exists()


def test_a_field_of_another_type_is_told_with_its_file(folder):
    import fastavro  # noqa: PLC0415 - an extra

    candidate = {"jd": 2458000.5, "fid": 1, "magpsf": 18.0, "sigmapsf": 0.1, "nbad": "few"}
    packet = {"schemavsn": "4.02", "objectId": "ZTF18a", "candid": 7}
    kinds = {str: "string", int: "long", float: "double"}

    def record(name, values):
        fields = [{"name": key, "type": kinds[type(one)]} for key, one in values.items()]
        return {"type": "record", "name": name, "fields": fields}

    schema = record("alert", packet)
    schema["fields"].append({"name": "candidate", "type": record("candidate", candidate)})
    with (folder / "in" / "0.avro").open("wb") as stream:
        fastavro.writer(stream, schema, [packet | {"candidate": candidate}])
    said = gnomon("sky", "alerts", "in", folder=folder, code=1)
    assert "rejected: 0.avro: nbad of the alerts is no int64: " in said.err
    assert pq.read_table(folder / "alerts.parquet").num_rows == 7


def test_what_cannot_be_done_is_told(folder):
    (folder / "empty").mkdir()
    assert "has no file .avro" in gnomon("sky", "alerts", "empty", folder=folder, code=2).err
    assert "written as" in gnomon("sky", "alerts", "in", "-o", "x.txt", folder=folder, code=2).err
