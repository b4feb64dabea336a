"""What the README and the documents say can be typed, works as it stands there."""

import re
import shlex
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pytest

from terminal import gnomon, start

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT = re.compile(r"\b(8099|2121)\b")


def blocks(page, language):
    return [text for name, text in FENCE.findall(page.read_text("utf-8")) if name == language]


def commands(page):
    return [line for text in blocks(page, "console") for line in text.splitlines() if line.strip()]


def test_the_readme_is_short():
    assert len(README.read_text("utf-8").splitlines()) <= 120


@pytest.mark.parametrize("line", [c for page in PAGES for c in commands(page) if c[:5] == "make "])
def test_make_knows_its_targets(line):
    done = subprocess.run(
        [*shlex.split(line), "-n"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.timeout(300)  # a whole session each
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_works_in_an_empty_folder(page, tmp_path):
    free = {"8099": free_port(), "2121": free_port()}
    with ExitStack() as stack:
        for line in commands(page):
            text = PORT.sub(lambda found: free[found.group()], line)
            first, *words = shlex.split(text.removesuffix("&"))
            if text.endswith("&"):
                process = start(*words, folder=tmp_path)
                stack.callback(end, process)
                assert process.stdout.readline().startswith(("serving http", "IMAP_"))
            elif first == "gnomon":
                gnomon(*words, folder=tmp_path)
            elif first == "sed":
                subprocess.run([first, *words], cwd=tmp_path, check=True)
            else:
                assert first in {"make", "pip"}, f"nothing tests {line!r}"


def end(process):
    process.terminate()
    process.communicate()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


@pytest.mark.parametrize("text", blocks(ROOT / "docs/argo.md", "sql"))
def test_the_query_of_the_documents_runs(text, tmp_path, monkeypatch):
    gnomon("init", ".", folder=tmp_path)
    gnomon("argo", "simulate", "gdac", "--floats", 2, "--cycles", 4, folder=tmp_path)
    gnomon("argo", "sync", "--all", "--mirror", "gdac", folder=tmp_path)
    gnomon("argo", "export", folder=tmp_path)
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as connection:
        rows = connection.execute(text).fetchall()
    assert {wmo for wmo, _, _ in rows} <= {3900001, 3900002}
    assert all(n > 100 and 0 < mean < 30 for _, n, mean in rows)
    assert rows


@pytest.mark.parametrize("text", blocks(README, "python"))
def test_the_step_of_the_readme_runs(text, tmp_path):
    names = {"__name__": "readme"}
    exec(compile(text, "README.md", "exec", dont_inherit=True), names)
    raw, out = tmp_path / "raw.txt", tmp_path / "mean.txt"
    raw.write_text("1 2 6\n")
    report = names["mean"](raw, out, names["MeanConfig"](offset_v=0.5))
    assert out.read_text() == "3.5\n"
    assert report.metrics == {"mean_v": 3.5}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_installs_as_it_says(tmp_path):
    (line,) = [line for line in commands(README) if line.startswith("pip install")]
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    pip = [tmp_path / "venv/bin/python", "-m", "pip", *shlex.split(line)[1:], "--quiet"]
    subprocess.run(pip, cwd=ROOT, check=True)
    said = subprocess.run(
        [tmp_path / "venv/bin/gnomon", "argo", "sync", "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "--mirror" in said.stdout
