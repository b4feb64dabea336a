"""`gnomon packets decode`: tables on disk, losses in the exit code, nothing left unsaid."""

import csv

import pyarrow.parquet as pq
import pytest

from gnomon.formats.packets import encode, read_definition
from terminal import gnomon
from xtce_documents import comparison, container, document, enumerated, header, integer, polynomial


@pytest.fixture
def mission(tmp_path):
    """A definition of two packets, its path, and some packets of both."""
    types = {"V": integer(16, inside=polynomial(0.0, 0.5)), "M": enumerated(8, {1: "ON"})}
    heirs = [
        container("VOLTS", ["V"], "CCSDSPacket", comparison("APID", 500)),
        container("MODES", ["M"], "CCSDSPacket", comparison("APID", 600)),
    ]
    path = tmp_path / "mission.xml"
    path.write_text(document(types, heirs))
    definition = read_definition(path)
    volts = encode(definition, "VOLTS", {"V": range(10)}, count=16380)
    modes = encode(definition, "MODES", {"M": [1, 2, 1]}, count=[1, 2, 5])
    return path, volts, modes


def decode(tmp_path, mission, *sources, words=(), code=0):
    paths = []
    for number, source in enumerate(sources):
        paths.append(tmp_path / f"{number}.bin")
        paths[-1].write_bytes(source)
    command = ("packets", "decode", *paths, "--xtce", mission[0], "--output", tmp_path / "out")
    return gnomon(*command, *words, code=code)


def test_one_csv_and_one_parquet_per_apid(tmp_path, mission):
    _, volts, modes = mission
    said = decode(tmp_path, mission, volts[:40] + modes, volts[40:], words=["--json"])
    out = tmp_path / "out"
    names = ["MODES.csv", "MODES.parquet", "VOLTS.csv", "VOLTS.parquet"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert said.data["packets"] == said.data["decoded"] == 13
    assert said.data["lost"] == said.data["refused"] == []
    five, six = said.data["apids"]
    assert (five["name"], five["packets"], five["wraps"], five["gaps"]) == ("VOLTS", 10, 1, 0)
    assert (six["name"], six["packets"], six["missing"], six["gaps"]) == ("MODES", 3, 2, 1)
    assert pq.read_table(out / "VOLTS.parquet")["V"].to_pylist() == [n / 2 for n in range(10)]
    with (out / "MODES.csv").open() as file:
        assert [row["M"] for row in csv.DictReader(file)] == ["ON", "2", "ON"]
    assert said.data["files"] == [str(out / name) for name in [*names[2:], *names[:2]]]


def test_some_apids_and_raw_values(tmp_path, mission):
    _, volts, modes = mission
    said = decode(tmp_path, mission, volts + modes, words=["--apid", 600, "--raw"])
    assert [path.name for path in sorted((tmp_path / "out").iterdir())] == [
        "MODES.csv", "MODES.parquet"
    ]  # fmt: skip
    assert pq.read_table(tmp_path / "out/MODES.parquet")["M"].to_pylist() == [1, 2, 1]
    assert "MODES" in said.out
    assert "VOLTS" not in said.out


def test_lost_bytes_end_with_a_failure_and_the_rest_is_written(tmp_path, mission):
    _, volts, modes = mission
    spoilt = volts[:32] + b"\xff\xff\xff" + volts[32:] + modes + header(900, 0, b"?")
    said = decode(tmp_path, mission, spoilt + b"\1\xf4", code=1)
    assert "0.bin: bytes 32 to 35 are lost: no packet" in said.err
    assert "5 bytes lost" in said.err
    assert "APID 900: 1 packets, and no container for them" in said.err
    assert pq.read_table(tmp_path / "out/VOLTS.parquet").num_rows == 10
    told = decode(tmp_path, mission, spoilt, words=["--json"], code=1).data
    assert told["unknown"] == {"900": 1}
    assert told["lost"] == [{"file": "0.bin", "start": 32, "stop": 35, "reason": "no packet"}]


def test_packets_that_do_not_fit_end_with_a_failure(tmp_path, mission):
    said = decode(tmp_path, mission, mission[1] + header(500, 6, b"\1"), code=1)
    assert "APID 500: 1 packets are no good VOLTS: ends within V" in said.err


def test_only_the_first_losses_are_told(tmp_path, mission):
    spoilt = b"".join(b"\xf0\xf1" + mission[1][n : n + 8] for n in range(0, 80, 8))
    spoilt += b"".join(b"\xf0\xf1" + mission[1][n : n + 8] for n in range(0, 80, 8))
    said = decode(tmp_path, mission, spoilt, code=1)
    assert "and 10 more" in said.err
    assert "40 bytes lost" in said.err


def test_a_dry_run_writes_nothing(tmp_path, mission):
    said = decode(tmp_path, mission, mission[1], words=["--dry-run", "--json"])
    assert said.data["decoded"] == 10
    assert said.data["files"] == []
    assert not (tmp_path / "out").exists()


def test_an_empty_file_has_no_tables(tmp_path, mission):
    assert decode(tmp_path, mission, b"", words=["--json"]).data["packets"] == 0


def test_a_definition_that_is_none(tmp_path, mission):
    mission[0].write_text("<html/>")
    said = decode(tmp_path, mission, b"", code=1)
    assert "mission.xml: the root element is html, not SpaceSystem" in said.err


def test_what_is_missing_is_a_wrong_use(tmp_path, mission):
    command = ("packets", "decode", tmp_path / "none", "--xtce", mission[0], "--output", tmp_path)
    gnomon(*command, code=2)
