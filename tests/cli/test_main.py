"""The top of the command line: every command is where it is said to be, and loads when called."""

import json
import os
import subprocess
import sys
from importlib import import_module

import pytest

from gnomon.cli.app import screen
from gnomon.cli.lazy import as_command
from gnomon.cli.main import OWN
from gnomon.instruments.argo.cli.app import COMMANDS as ARGO
from gnomon.instruments.imap.cli.app import CHECK, COMMANDS, FETCH, PLOT
from gnomon.instruments.sky.cli.app import COMMANDS as SKY
from terminal import GNOMON, gnomon

HEAVY = {"sqlalchemy", "alembic", "pydantic", "numpy", "pyarrow", "matplotlib", "rich.console"}


TABLES = {
    "gnomon": OWN,
    "argo": ARGO,
    "sky": SKY,
    "imap": COMMANDS,
    "fetch": FETCH,
    "plot": PLOT,
    "check": CHECK,
}
ENTRIES = [(group, name) for group, table in TABLES.items() for name in table]


@pytest.mark.parametrize(("group", "name"), ENTRIES)
def test_a_command_is_where_it_is_said_to_be(group, name):
    known = TABLES[group][name]
    module, _, attribute = known.where.partition(":")
    command = as_command(getattr(import_module(module), attribute), name)
    assert (command.name, bool(command.help)) == (name, True)
    assert known.help.endswith(".")
    assert len(known.help) < 60


def test_every_command_is_in_the_help():
    said = gnomon("--help")
    assert all(f"  {name} " in said.out for name in (*OWN, "argo", "imap"))


def test_help_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['gnomon', '--help']\n"
        "from gnomon.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    print(*sys.modules, file=sys.stderr)\n"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(made.stderr.split())


def test_an_unknown_command_is_a_usage_error():
    assert "No such command 'nope'" in gnomon("nope", code=2).err


def test_it_works_from_an_empty_folder(tmp_path):
    """The seed's command line needs its configuration in the current folder to print its help."""
    for words in (["--help"], ["imap", "--help"], ["imap", "fetch", "--help"], ["--version"]):
        clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        made = subprocess.run(
            [GNOMON, *words], cwd=tmp_path, env=clean, capture_output=True, check=False
        )
        assert (made.returncode, made.stderr) == (0, b"")
    assert list(tmp_path.iterdir()) == []


def test_json_has_no_nan(capsys):
    screen(as_json=True).document({"a": [float("nan"), 1.5], "b": {"c": float("-inf")}})
    told = capsys.readouterr().out
    assert json.loads(told) == {"a": [None, 1.5], "b": {"c": None}}
    assert "NaN" not in told
