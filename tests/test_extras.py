"""A library that is not installed is told by the extra that brings it."""

import subprocess
import sys

import pytest

from gnomon.engine.execute import _failure
from gnomon.extras import missing_extra

CODE = """
import sys
sys.modules[sys.argv[1]] = None
sys.argv = ["gnomon", *sys.argv[2:]]
from gnomon.cli.main import main
main()
"""


@pytest.mark.parametrize(
    ("library", "words", "extra"),
    [
        ("numpy", ["imap", "process", "a.pkts"], "imap"),
        ("numpy", ["packets", "decode", "a.pkts", "--xtce", "x.xml", "--output", "o"], "packets"),
        ("numpy", ["argo", "export"], "argo"),
    ],
)
def test_the_extra_is_named(tmp_path, library, words, extra):
    for name in ("a.pkts", "x.xml"):
        (tmp_path / name).write_text("")
    made = subprocess.run(
        [sys.executable, "-c", CODE, library, *words],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 2
    assert f"gnomon[{extra}]" in made.stderr
    assert "Traceback" not in made.stderr


def test_other_modules_are_no_extras():
    assert missing_extra(ModuleNotFoundError(name="nothing_of_ours")) is None
    assert missing_extra(ModuleNotFoundError(name="yaml")).extra in {"imap", "tables"}


def test_a_job_that_lacks_a_library_names_the_extra():
    told = _failure("f", ModuleNotFoundError("No module named 'fastavro'", name="fastavro"))
    assert (told.error, told.trace) == ("MissingExtra", "")
    assert "gnomon[sky]" in told.message
    other = _failure("f", ModuleNotFoundError("No module named 'x'", name="x"))
    assert other.error == "ModuleNotFoundError"
    assert other.trace
