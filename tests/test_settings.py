"""Settings: `gnomon.toml`, then `.env`, then the environment."""

import time
from datetime import UTC, datetime

import pytest

from gnomon.errors import ConfigError, UnknownName
from gnomon.settings import environment, load_settings


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """Take away what the environment of the tests sets."""
    for name in ("ROOT", "DATABASE", "EXECUTOR", "WORKERS", "NETWORK__TRIES"):
        monkeypatch.delenv(f"GNOMON_{name}", raising=False)


def write(folder, toml="", env=""):
    (folder / "gnomon.toml").write_text(toml)
    (folder / ".env").write_text(env)


def test_everything_has_a_default_and_nothing_is_made(tmp_path):
    settings = load_settings(tmp_path)
    assert str(settings.root) == "store"
    assert settings.executor == "inline"
    assert settings.network.tries == 6
    assert settings.loop.every_s == 300
    assert list(tmp_path.iterdir()) == []


def test_the_environment_wins_over_the_file_of_it_and_that_over_toml(tmp_path, monkeypatch):
    write(
        tmp_path, 'root = "toml"\nexecutor = "dask"\nworkers = 1\n', "GNOMON_EXECUTOR=processes\n"
    )
    monkeypatch.setenv("GNOMON_WORKERS", "3")
    settings = load_settings(tmp_path)
    assert (str(settings.root), settings.executor, settings.workers) == ("toml", "processes", 3)
    monkeypatch.setenv("GNOMON_EXECUTOR", "inline")
    assert load_settings(tmp_path).executor == "inline"


def test_tables_are_merged_key_by_key(tmp_path, monkeypatch):
    toml = "[network]\ntries = 2\nconnections = 3\nread_timeout_s = 9\n[loop]\nstreams = 1\n"
    write(tmp_path, toml, "GNOMON_NETWORK__CONNECTIONS=4\n")
    monkeypatch.setenv("GNOMON_NETWORK__READ_TIMEOUT_S", "1.5")
    network = load_settings(tmp_path).network
    assert (network.tries, network.connections, network.read_timeout_s) == (2, 4, 1.5)
    assert load_settings(tmp_path).loop.streams == 1


@pytest.mark.parametrize(
    ("toml", "nearest"),
    [
        ('databse = "x"', "database"),
        ("[network]\ntrys = 2", "tries"),
        ("[loop]\nstream = 2", "streams"),
        ("[netwrok]\ntries = 2", "network"),
    ],
)
def test_an_unknown_key_of_the_file_names_the_nearest(toml, nearest, tmp_path):
    write(tmp_path, toml)
    with pytest.raises(UnknownName, match=f"did you mean '{nearest}'"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("GNOMON_DATABSE", "database"),
        ("GNOMON_NETWORK__TRYS", "tries"),
        ("GNOMON_NETWROK__TRIES", "GNOMON_NETWORK__TRIES"),
        ("GNOMON_LOOP__A__B", "GNOMON_LOOP__"),
    ],
)
@pytest.mark.parametrize("place", [".env", "environment"])
def test_an_unknown_variable_names_the_nearest(place, name, nearest, tmp_path, monkeypatch):
    if place == ".env":
        write(tmp_path, env=f"{name}=2\n")
    else:
        monkeypatch.setenv(name, "2")
    with pytest.raises(UnknownName, match=f"did you mean '{nearest}"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("workers = 0", "workers"),
        ('executor = "magic"', "executor"),
        ('[network]\ntries = "many"', "tries"),
        ("[network]\nread_timeout_s = -1", "read_timeout_s"),
        ("network = 5", r"\[network\] is a table"),
        ("root = [", "gnomon.toml"),
        ("database = 5", "database"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(toml, message, tmp_path):
    write(tmp_path, toml)
    with pytest.raises(ConfigError, match=message):
        load_settings(tmp_path)


def test_a_table_that_is_no_table_is_refused_beside_a_variable_of_it(tmp_path, monkeypatch):
    monkeypatch.setenv("GNOMON_NETWORK__TRIES", "2")
    write(tmp_path, "network = 5")
    with pytest.raises(ConfigError, match=r"\[network\] is a table, not 5"):
        load_settings(tmp_path)
    write(tmp_path)
    monkeypatch.setenv("GNOMON_NETWORK", "5")
    with pytest.raises(ConfigError, match=r"\[network\] is a table, not '5'"):
        load_settings(tmp_path)


def test_a_wrong_value_of_a_secret_is_not_repeated(tmp_path):
    write(tmp_path, 'database = ["postgresql://u:hunter2@h/d"]')
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path)
    assert "hunter2" not in str(caught.value)


def test_names_of_others_are_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("GNOMON_SAMPLES", "/somewhere")
    monkeypatch.setenv("GNOMONIC", "x")
    write(tmp_path, env="PATH=nowhere\n")
    assert load_settings(tmp_path) == load_settings(tmp_path / "absent")


def test_passwords_do_not_show(tmp_path):
    write(tmp_path, 'database = "postgresql://u:hunter2@h/d"')
    settings = load_settings(tmp_path)
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.database.get_secret_value().endswith("hunter2@h/d")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_time_zone_of_the_machine_changes_nothing(zone, tmp_path, monkeypatch):
    before = load_settings(tmp_path)
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert load_settings(tmp_path) == before
        assert datetime.fromtimestamp(0, UTC).hour == 0
    finally:
        monkeypatch.undo()
        time.tzset()


def test_names_of_others_are_read_when_asked_for(tmp_path, monkeypatch):
    write(tmp_path, env="FTP_SERVER=file\nFTP_PORT=21\nOTHER=x\n")
    monkeypatch.setenv("FTP_SERVER", "environment")
    assert environment(tmp_path, ["FTP_*"]) == {"FTP_PORT": "21", "FTP_SERVER": "environment"}
    assert environment(tmp_path, ["FTP_PORT"]) == {"FTP_PORT": "21"}
    assert environment(tmp_path, ["NO_SUCH_NAME"]) == {}
