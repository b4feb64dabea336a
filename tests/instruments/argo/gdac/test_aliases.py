"""The reference system's environment names, alone and on real servers."""

import logging
from pathlib import Path

import pytest

from gnomon.errors import ConfigError
from gnomon.instruments.argo.gdac.aliases import aliased
from gnomon.settings import load_settings
from gnomon.sim import Archive, Refuse
from oceans import moved, new_ocean
from terminal import gnomon

NAMES = (
    *("FTP_SERVER", "FTP_PORT", "FTP_TIMEOUT", "FTP_MAX_RETRIES", "FTP_RETRY_DELAY", "ARGO_DAC"),
    *("LOCAL_CACHE_PATH", "LOCAL_STAGE_PATH", "HTTP_BASE_URL", "HTTP_TIMEOUT", "HTTP_MAX_RETRIES"),
    *("BATCH_SIZE", "MAX_WORKERS", "FLOAT_IDS", "DATABASE_URL", "PG_WRITE_URL", "LOG_LEVEL"),
    *("ENABLE_INCREMENTAL_SYNC", "ENVIRONMENT", "GNOMON_ROOT", "GNOMON_NETWORK__TRIES"),
)


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def say(monkeypatch, tmp_path):
    """Set variables, and read them."""

    def call(**values):
        for name, value in values.items():
            monkeypatch.setenv(name, str(value))
        return aliased(tmp_path)

    return call


def test_without_the_names_there_is_nothing(say):
    found = say()
    assert (found.source, found.settings, found.load_url, found.notes) == ({}, {}, None, ())


@pytest.mark.parametrize(
    ("values", "source"),
    [
        ({"FTP_SERVER": "ftp.ifremer.fr"}, {"mirror": "ftp://ftp.ifremer.fr/ifremer/argo"}),
        ({"FTP_SERVER": "ftp.ifremer.fr", "FTP_PORT": 21, "HTTP_BASE_URL": "https://h/"},
         {"mirror": "ftp://ftp.ifremer.fr/ifremer/argo", "fallback": "https://h"}),
        ({"FTP_SERVER": "usgodae.org"}, {"mirror": "ftp://usgodae.org/pub/outgoing/argo"}),
        ({"FTP_SERVER": "host", "FTP_PORT": 2121}, {"mirror": "ftp://host:2121"}),
        ({"FTP_SERVER": "ftp://host/argo/"}, {"mirror": "ftp://host/argo"}),
        ({"FTP_SERVER": "host/argo"}, {"mirror": "ftp://host/argo"}),
        # The reference system's own default: the host of the HTTPS mirror.
        ({"FTP_SERVER": "data-argo.ifremer.fr"}, {"mirror": "https://data-argo.ifremer.fr"}),
        ({"FTP_SERVER": "data-argo.ifremer.fr", "HTTP_BASE_URL": "https://data-argo.ifremer.fr"},
         {"mirror": "https://data-argo.ifremer.fr"}),
        ({"HTTP_BASE_URL": "http://127.0.0.1:80/", "FTP_SERVER": "127.0.0.1"},
         {"mirror": "ftp://127.0.0.1", "fallback": "http://127.0.0.1:80"}),
        ({"HTTP_BASE_URL": "https://h/argo"}, {"mirror": "https://h/argo"}),
        ({"ARGO_DAC": "incois, csio", "FLOAT_IDS": "2902224, 2902225,"},
         {"dacs": ("incois", "csio"), "floats": (2902224, 2902225)}),
        ({"ARGO_DAC": " ", "FLOAT_IDS": ""}, {}),
    ],
    ids=str,
)  # fmt: skip
def test_names_of_the_archive_and_of_the_selection(values, source, say):
    assert say(**values).source == source


@pytest.mark.parametrize(
    ("values", "settings"),
    [
        ({"LOCAL_CACHE_PATH": "/c/argo"}, {"root": Path("/c/argo")}),
        ({"LOCAL_STAGE_PATH": "s", "LOCAL_CACHE_PATH": "c"}, {"root": Path("c")}),
        ({"HTTP_TIMEOUT": 30, "FTP_TIMEOUT": 300, "HTTP_MAX_RETRIES": 3},
         {"network": {"read_timeout_s": 30.0, "tries": 3}}),
        ({"HTTP_TIMEOUT": 30, "FTP_TIMEOUT": 300, "FTP_SERVER": "h", "FTP_MAX_RETRIES": 2},
         {"network": {"read_timeout_s": 300.0, "tries": 2}}),
        ({"MAX_WORKERS": 4}, {"loop": {"streams": 4}}),
    ],
    ids=str,
)  # fmt: skip
def test_names_of_settings(values, settings, say):
    assert say(**values).settings == settings


def test_gnomons_own_names_win(say, tmp_path, monkeypatch):
    monkeypatch.setenv("GNOMON_NETWORK__TRIES", "9")
    (tmp_path / "gnomon.toml").write_text('root = "mine"\n[loop]\nmost_tries = 2\n')
    found = say(LOCAL_CACHE_PATH="theirs", HTTP_TIMEOUT=5, HTTP_MAX_RETRIES=3, MAX_WORKERS=2)
    settings = found.applied(load_settings(tmp_path))
    assert (str(settings.root), settings.network.tries) == ("mine", 9)
    assert (settings.network.read_timeout_s, settings.loop.streams) == (5, 2)
    assert settings.loop.most_tries == 2


def test_the_environment_wins_over_the_file_of_it(say, tmp_path):
    (tmp_path / ".env").write_text("ARGO_DAC=incois\nMAX_WORKERS=3\n")
    found = say(ARGO_DAC="csio")
    assert (found.source["dacs"], found.settings["loop"]) == (("csio",), {"streams": 3})


def test_databases_are_for_loading_and_stay_secret(say, tmp_path):
    found = say(DATABASE_URL="postgresql://u:hunter2@h/d")
    assert found.load_url.get_secret_value() == "postgresql://u:hunter2@h/d"
    assert "hunter2" not in repr(found)
    assert found.applied(load_settings(tmp_path)).database == load_settings(tmp_path).database
    assert say(PG_WRITE_URL="postgresql://h/w").load_url.get_secret_value().endswith("/w")
    server = say(FTP_SERVER="ftp://me:hunter2@h")
    assert "hunter2" not in " ".join(server.notes)


def test_what_has_no_meaning_or_is_not_known_is_told(say):
    found = say(BATCH_SIZE=10, ENABLE_INCREMENTAL_SYNC="false", ARGO_DACS="x", FTP_PROXY="p")
    assert any(note.startswith("BATCH_SIZE has no meaning here") for note in found.notes)
    assert any("ENABLE_INCREMENTAL_SYNC" in note for note in found.notes)
    assert "ARGO_DACS is not known" in found.notes
    assert not any("FTP_PROXY" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("FTP_PORT", "x"), ("FTP_SERVER", "https://h"), ("HTTP_BASE_URL", "ftp://h")),
        *(("HTTP_TIMEOUT", "-1"), ("HTTP_MAX_RETRIES", "1.5"), ("MAX_WORKERS", "none")),
        *(("FLOAT_IDS", "2902224;1"), ("LOG_LEVEL", "LOUD"), ("FTP_PORT", "0")),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(name, value, say):
    server = {"FTP_SERVER": "host"} if name == "FTP_PORT" else {}
    with pytest.raises(ConfigError, match=name):
        say(**server, **{name: value})


# -- on real servers


def servers(archive):
    host, _, port = archive.ftp_url.removeprefix("ftp://").partition(":")
    return {"FTP_SERVER": host, "FTP_PORT": port, "HTTP_BASE_URL": archive.http_url}


def sync(ocean, *words, code=0):
    return gnomon("argo", "sync", *words, "--json", folder=ocean.folder, code=code)


def test_a_sync_that_is_configured_by_them_alone(real, tmp_path, monkeypatch):
    ocean = new_ocean(tmp_path / "project")
    (ocean.folder / "gnomon.toml").unlink()
    level = logging.getLogger().level
    with Archive(real) as archive:
        values = {**servers(archive), "ARGO_DAC": "jma", "LOCAL_CACHE_PATH": "cache",
                  "LOG_LEVEL": "ERROR", "MAX_WORKERS": 2}  # fmt: skip
        (ocean.folder / ".env").write_text("".join(f"{n}={v}\n" for n, v in values.items()))
        said = sync(ocean, "--all")
        assert said.data["done"] == {"argo.gdac": 10}
        assert "ARGO_DAC=jma" in said.err
        assert {request.protocol for request in archive.requests} == {"ftp"}
        assert len(list((ocean.folder / "cache/argo/dac/jma").rglob("*.nc"))) == 10
        archive.requests.clear()
        assert sync(ocean).data["jobs"] == 0  # ARGO_DAC is a selection
        assert moved(archive.requests) == []
        monkeypatch.setenv("FLOAT_IDS", "2902226")
        monkeypatch.setenv("ARGO_DAC", "incois")
        assert sync(ocean).data["done"] == {"argo.gdac": 1}
        # What the command line says wins over both.
        said = sync(ocean, "--float", 6903247, "--mirror", archive.http_url, "--no-aggregates")
        assert said.data["done"] == {"argo.gdac": 4}
    logging.getLogger().setLevel(level)


def test_http_takes_over_where_ftp_is_down(real, tmp_path, monkeypatch):
    ocean = new_ocean(tmp_path / "project")
    with Archive(real, faults=[Refuse(protocol="ftp")]) as archive:
        for name, value in servers(archive).items():
            monkeypatch.setenv(name, value)
        said = sync(ocean, "--dac", "jma")
        assert said.data["done"] == {"argo.gdac": 10}
        assert len(moved(archive.requests)) == 10


def test_no_selection_is_still_a_usage_error(tmp_path, monkeypatch):
    ocean = new_ocean(tmp_path / "project")
    monkeypatch.setenv("BATCH_SIZE", "10")
    assert "say either --all" in sync(ocean, code=2).err
