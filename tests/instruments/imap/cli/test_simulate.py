"""`gnomon imap simulate`: a folder of archives, made and served."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import urllib3
from typer.testing import CliRunner

from gnomon.cli.main import app

pytest.importorskip("spiceypy")


def call(*words):
    return CliRunner().invoke(app, ["imap", "simulate", *map(str, words)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("cli") / "archives"
    ended = call(made, "--days", "1", "--start", "2026-01-05", "--seed", "7")
    assert ended.exit_code == 0, ended.output
    return made


def test_archives_are_made_as_asked_for(folder):
    about = json.loads((folder / "archive.json").read_text())
    assert about == {"start": "2026-01-05", "days": 1, "seed": 7, "gap": False}
    assert list(folder.glob("sdc/imap/spice/ck/imap_2026_005_2026_006_001.ah.bc"))


def test_a_folder_with_files_is_left_alone(folder, tmp_path):
    assert call(folder).exit_code == 2
    (tmp_path / "mine").touch()
    ended = call(tmp_path, "--serve")
    assert ended.exit_code == 2
    assert "no simulated archives" in ended.output


def test_archives_are_served_until_interrupted(folder, tmp_path):
    env = tmp_path / "project" / ".env"
    command = [Path(sys.executable).with_name("gnomon"), "imap", "simulate", folder]
    options = ["--serve", "--env", env, "--fault", "503:*/query:times=1"]
    with subprocess.Popen(
        [*map(str, [*command, *options])],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as server:
        deadline = time.monotonic() + 60
        while not env.exists() and server.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        said = dict(line.split("=", 1) for line in env.read_text().splitlines())
        url = f"{said['IMAP_DATA_ACCESS_URL']}/api-key/query?instrument=mag"
        headers = {"x-api-key": said["IMAP_API_KEY"]}
        codes = [
            urllib3.request("GET", url, headers=headers, retries=False).status for _ in range(2)
        ]
        server.send_signal(signal.SIGTERM)
        output = server.communicate(timeout=30)[0].decode()
    assert codes == [503, 200]
    assert server.returncode == 0
    assert "WEBPODA_DATA_ACCESS_URL=http://127.0.0.1:" in output
