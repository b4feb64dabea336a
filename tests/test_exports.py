"""The public names: there, importable, and cheap."""

import subprocess
import sys

import pytest

import gnomon
from gnomon.version import VERSION

HEAVY = {"numpy", "pyarrow", "sqlalchemy", "pydantic", "typer", "urllib3", "h5py", "alembic"}


@pytest.mark.parametrize("name", gnomon.__all__)
def test_every_public_name_is_there(name):
    assert getattr(gnomon, name) is not None


def test_all_names_every_home():
    assert set(gnomon.__all__) == set(gnomon._HOMES)
    assert dir(gnomon) == sorted(gnomon.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = gnomon.nothing


def test_importing_gnomon_imports_nothing_heavy():
    code = "import sys, gnomon; print(','.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.strip().split(","))


def test_the_version_is_that_of_the_distribution():
    from importlib.metadata import version  # noqa: PLC0415  only this test needs it

    assert gnomon.__version__ == VERSION == version("gnomon")
