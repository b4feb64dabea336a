"""The folder of the archives, and services that answer from it."""

import json
from http.client import HTTPConnection
from urllib.parse import quote, urlsplit

import numpy as np
import pytest

from gnomon.errors import ConfigError
from gnomon.formats.cdf import read_cdf
from gnomon.instruments.imap.kinds import CALIBRATION, L1B, L1C, LAYER, LAYER_DATA, XTCE
from gnomon.instruments.imap.simulate import archive, science
from gnomon.instruments.imap.simulate.feeds import LO_PIVOT
from gnomon.instruments.imap.simulate.services import Services


@pytest.fixture(scope="module")
def services(archive_folder):
    filled = Services()
    archive.fill(filled, archive_folder)
    with filled:
        yield filled


def get(services, path):
    connection = HTTPConnection(urlsplit(services.urls.root).netloc, timeout=10)
    tokens = services.tokens
    key = tokens.ialirt if path.startswith("/ialirt") else tokens.sdc
    headers = {"Authorization": f"Basic {tokens.webpoda}", "x-api-key": key}
    connection.request("GET", quote(path, safe="/?=&<>%:(),'\""), headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert answer.status == 200
    return content


def test_a_folder_remembers_its_mission(archive_folder, mission):
    assert archive.mission_of(archive_folder) == mission


def test_a_folder_that_holds_something_else_is_told(tmp_path, mission):
    with pytest.raises(ConfigError, match="no simulated archives"):
        archive.fill(Services(), tmp_path)
    (tmp_path / "mine").touch()
    with pytest.raises(ConfigError, match="not empty"):
        archive.simulate_archive(tmp_path, mission)


def test_packets_are_served_as_they_were_made(services, mission):
    said = archive.housekeeping.told(mission)[0]
    made = archive.housekeeping.poda_packets(said)
    path = "/webpoda/dap2/packets/SID2/MAG_HSK_PW.bin?time>=2026-01-01T00:00:00&project(packet)"
    assert get(services, path) == b"".join(packet.body for packet in made)
    empty = path.replace("HSK_PW", "HSK_SID15")
    assert get(services, empty) == b""


def test_every_other_archive_answers_too(services):
    day = "&time,value&time>=2026-03-01T00:00:00.000Z&time<2026-03-02T00:00:00.000Z"
    path = f"/webtcad/latis/dap/AnalogTelemetryItem_SID1.csv?TMID={LO_PIVOT}{day}"
    assert len(get(services, path).splitlines()) == 1441
    found = json.loads(get(services, "/sdc/api-key/query?instrument=mag&descriptor=norm-mago"))
    assert [record["start_date"] for record in found] == ["20260301", "20260302"]
    kernels = json.loads(get(services, "/sdc/spice-query"))
    assert len({kernel["kernel_type"] for kernel in kernels}) == 9
    body = get(services, f"/sdc/api-key/download/imap/spice/{kernels[-1]['file_name']}")
    assert body.startswith(b"DAF/CK")
    window = "&time_utc_start=2026-03-01T00:00:00&time_utc_end=2026-03-01T04:00:00"
    weather = json.loads(get(services, f"/ialirt/space-weather?instrument=mag{window}"))
    assert len(weather["data"]) == 3600
    assert len(json.loads(get(services, "/noaa/json/rtsw/rtsw_mag_1m.json"))) == 2 * 1440


def test_science_files_are_downloaded(services):
    held = next(file for file in services.sdc.science if "l1c_norm-mago_20260302" in file.path)
    path = "/sdc/api-key/download/" + held.path
    assert get(services, path) == held.body


def test_science_files_are_read_back(archive_folder, mission):
    (path,) = archive_folder.glob("sdc/imap/mag/l1c/2026/03/*norm-mago_20260301*.cdf")
    cdf = read_cdf(path)
    epochs = science.normal_epochs("mago", mission.start)
    np.testing.assert_array_equal(cdf.variables["epoch"].values, epochs)
    vectors = cdf.variables["vectors"].values
    expected, ranges = mission.raw("mago", epochs, 1)
    full = ~np.isin(epochs, science.filled("mago", mission.start))
    np.testing.assert_array_equal(vectors[full, :3], expected[full])
    np.testing.assert_array_equal(vectors[:, 3], ranges)
    assert np.all(vectors[~full, :3] == science.VECTOR_FILL)
    assert cdf.first("Logical_file_id") == path.stem


def test_names_are_those_of_the_store(archive_folder):
    local = archive_folder / "local"
    kinds = (XTCE, CALIBRATION, LAYER, LAYER_DATA)
    for path in local.rglob("*_v0*"):
        relative = path.relative_to(local).as_posix()
        assert any(kind.parse(relative) for kind in kinds), relative
    for path in archive_folder.glob("sdc/imap/mag/*/2026/03/*.cdf"):
        relative = f"science/mag/{path.relative_to(archive_folder / 'sdc/imap/mag').as_posix()}"
        assert L1C.parse(relative) or L1B.parse(relative), relative


def test_time_passes(archive_folder, mission):
    later = Services()
    archive.fill(later, archive_folder)
    before = len(later.webpoda.packets["MAG_HSK_PW"])
    archive.advance(later, mission)
    assert len(later.webpoda.packets["MAG_HSK_PW"]) == before + 14
    assert later.sdc.science[-1].path.endswith("norm-mago_20260301_v001.0002.cdf")
    newest = max(file.ingested for file in later.sdc.science[:-1])
    assert later.sdc.science[-1].ingested > newest
