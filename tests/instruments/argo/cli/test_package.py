"""The handlers in one zip, as function services want them."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gnomon.instruments.argo.simulate.gdac import simulate_gdac
from gnomon.sim.archive import Archive
from terminal import gnomon

ROOT = Path(__file__).parents[4]
METADATA = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
TAGS = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture
def wheel(tmp_path):
    """A package with tests that no function needs."""
    path = tmp_path / "tiny-1.0-py3-none-any.whl"
    files = {
        "tiny/__init__.py": "ANSWER = 42\n",
        "tiny/tests/test_it.py": "assert False\n",
        "tiny-1.0.dist-info/METADATA": METADATA,
        "tiny-1.0.dist-info/WHEEL": TAGS,
    }
    record = "".join(f"{name},,\n" for name in [*files, "tiny-1.0.dist-info/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**files, "tiny-1.0.dist-info/RECORD": record}.items():
            archive.writestr(name, text)
    return path


def test_the_zip_holds_what_was_asked_for_and_the_entry(wheel, tmp_path):
    zips = [tmp_path / "a.zip", tmp_path / "b.zip"]
    for path in zips:
        said = gnomon(
            *("argo", "package", path, "--requirement", wheel, "--no-dependencies", "--json")
        ).data
        assert said["path"] == str(path)
    assert zips[0].read_bytes() == zips[1].read_bytes()
    with zipfile.ZipFile(zips[0]) as archive:
        names = archive.namelist()
        assert (
            "from gnomon.instruments.argo.handlers" in archive.read("lambda_function.py").decode()
        )
    assert "tiny/__init__.py" in names
    assert not [name for name in names if "/tests/" in name]


def test_a_dry_run_writes_nothing(tmp_path):
    said = gnomon("argo", "package", tmp_path / "a.zip", "--dry-run")
    assert "gnomon[argo,postgres,redis]" in said.out
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_installed_is_told_and_the_old_zip_stays(tmp_path):
    path = tmp_path / "a.zip"
    path.write_text("old")
    words = ("--requirement", tmp_path / "none.whl", "--no-dependencies")
    said = gnomon("argo", "package", path, *words, code=1)
    assert "none.whl" in said.err
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.slow
def test_the_zip_alone_runs_the_handlers(tmp_path):
    packed = tmp_path / "functions.zip"
    gnomon("argo", "package", packed, "--requirement", f"{ROOT}[argo,postgres,redis]")
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path / "task")
    simulate_gdac(tmp_path / "gdac", floats=1, cycles=2, levels=10)
    script = (
        "import json, lambda_function as f\n"
        "print(json.dumps([f.sync_handler({'float_ids': ['3900001']}, None),"
        " f.process_handler({'float_id': '3900001'}, None)]))\n"
    )
    with Archive(tmp_path / "gdac") as archive:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(tmp_path / "task"),
            "LOCAL_CACHE_PATH": str(tmp_path / "cache"),
            "HTTP_BASE_URL": archive.http_url,
        }
        done = subprocess.run(
            [sys.executable, "-s", "-S", "-c", script],
            env=environment, capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    synced, processed = json.loads(done.stdout.splitlines()[-1])
    assert (synced["statusCode"], processed["statusCode"]) == (200, 200)
    assert json.loads(synced["body"])["files_downloaded"] == 4
