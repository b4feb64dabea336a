"""Every command: what it prints, what it changes, and how it ends."""

import json
import shutil
import signal
import socket
import time

import pytest

from gnomon.instruments.argo.simulate.gdac import advance, simulate_gdac
from gnomon.version import VERSION
from oceans import STEPS, TABLES, new_ocean
from terminal import gnomon, snapshot, start

FLOAT = "wmo=3900001"
ASKING = [
    ("status",),
    ("ls",),
    ("ls", "argo.cycle"),
    ("ls", "argo.cycle", FLOAT, "--all"),
    ("show", "argo.levels", FLOAT),
    ("why", "argo.levels", FLOAT),
    ("lineage", "argo.levels", FLOAT),
    ("lineage", "argo.cycle", f"{FLOAT},cycle=001", "--down", "--depth", "1"),
    ("plan", "argo"),
    ("plan", "argo", "--no-list"),
]
CHANGING = [
    ("init", "."),
    ("run", "argo"),
    ("argo", "sync", "--all"),
    ("argo", "export"),
    ("retry",),
    ("retry", "argo.levels", FLOAT),
    ("veto", "argo.cycle", f"{FLOAT},cycle=001", "--comment", "fouled"),
    ("verify",),
    ("sweep",),
]


def name(words):
    return " ".join(words)


@pytest.mark.parametrize("words", ASKING + CHANGING, ids=name)
def test_json_is_one_document_and_words_are_words(words, ocean):
    assert gnomon(*words, "--json", folder=ocean.folder).data is not None
    said = gnomon(*words, folder=ocean.folder)
    assert said.out.strip()
    with pytest.raises(json.JSONDecodeError):
        json.loads(said.out)


@pytest.mark.parametrize("words", ASKING, ids=name)
def test_asking_changes_nothing(words, ocean):
    before = snapshot(ocean.folder)
    gnomon(*words, folder=ocean.folder)
    assert content(snapshot(ocean.folder)) == content(before)


@pytest.mark.parametrize("words", CHANGING, ids=name)
def test_a_dry_run_changes_nothing(words, ocean):
    before = snapshot(ocean.folder)
    gnomon(*words, "--dry-run", folder=ocean.folder)
    assert content(snapshot(ocean.folder)) == content(before)


def content(files):
    """Leave out what SQLite itself keeps beside a database that is open."""
    return {n: b for n, b in files.items() if not n.endswith(("-wal", "-shm"))}


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("ls",),
        ("ls", "argo.cycle"),
        ("why", "argo.levels", FLOAT),
        ("plan", "argo", "--no-list"),
        ("init", ".", "--dry-run"),
        ("run", "argo", "--dry-run"),
        ("argo", "sync", "--all", "--dry-run"),
        ("argo", "export", "--dry-run"),
        ("retry", "--dry-run"),
        ("verify", "--dry-run"),
        ("sweep", "--dry-run"),
    ],
    ids=name,
)
def test_in_an_empty_folder_nothing_appears(words, gdac, tmp_path):
    if words[-1] == "--dry-run" and words[0] in {"run", "argo"}:
        # The pipeline that comes with the instrument names the real mirror.
        empty = tmp_path / "empty"
        (empty / "pipelines").mkdir(parents=True)
        text = f'[[source]]\nuse = "argo.gdac"\nmirror = "{gdac.folder}"\n'
        text += '[[step]]\nuse = "argo.tables"\n'
        (empty / "pipelines/argo.toml").write_text(text)
    else:
        empty = tmp_path / "empty"
        empty.mkdir()
    before = snapshot(empty)
    gnomon(*words, folder=empty)
    assert snapshot(empty) == before


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("run", "arg"), "did you mean 'argo'?"),
        (("plan", "agro"), "did you mean 'argo'?"),
        (("ls", "argo.cycel"), "did you mean 'argo.cycle'?"),
        (("ls", "argo.cycle", "wom=3"), "did you mean 'wmo'?"),
        (("ls", "argo.cycle", "3"), "is no NAME=VALUE"),
        (("show", "argo.levels", "wmo=3900011"), "did you mean 'wmo=390000"),
        (("show", "argo.levels", "wno=3900001"), "wmo="),
        (("lineage", "argo.levels", "wmo=3900011"), "did you mean 'wmo=390000"),
        (("veto", "argo.levels", "wmo=3900011"), "did you mean 'wmo=390000"),
        (("demo", "agro"), "did you mean 'argo'?"),
        (("sim", "archive", ".", "--fault", "lateny"), "did you mean 'latency'?"),
        (("sim", "archive", "absent"), "is no folder"),
        (("argo", "sync", "--box", "1", "2", "30", "4"), "a box from 30.0 to 4.0 degrees north"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_unknown_names_are_usage_errors_that_name_the_nearest(words, hint, ocean):
    said = gnomon(*words, folder=ocean.folder, code=2)
    assert hint in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("nonsense",),
        ("run",),
        ("retry", "argo.cycle"),
        ("status", "-C", "absent"),
        ("argo", "sync", "--float", "x", "--mirror", "."),
        ("argo", "sync", "--since", "yesterday"),
        ("run", "argo", "--executor", "magic"),
        ("run", "argo", "--workers", "0"),
    ],
    ids=name,
)
def test_wrong_usage_ends_with_2_and_makes_nothing(words, tmp_path):
    gnomon(*words, folder=tmp_path, code=2)
    assert list(tmp_path.iterdir()) == []


def test_errors_are_json_too(ocean):
    said = gnomon("run", "arg", "--json", folder=ocean.folder, code=2)
    assert said.data["error"] == "UnknownName"


def test_version_and_help(tmp_path):
    assert gnomon("--version").out == f"gnomon {VERSION}\n"
    assert "argo" in gnomon("--help").out
    assert "--box" in gnomon("argo", "sync", "--help").out
    assert list(tmp_path.iterdir()) == []


def test_init_twice_keeps_what_is_there(tmp_path):
    made = gnomon("init", "new", "--json", folder=tmp_path).data["made"]
    assert made[:2] == ["new/gnomon.toml", "new/pipelines/argo.toml"]
    assert all((tmp_path / path).is_file() for path in made)
    settings = tmp_path / "new/gnomon.toml"
    settings.write_text('root = "elsewhere"\n')
    assert "already" in gnomon("init", "new", folder=tmp_path).out
    assert settings.read_text() == 'root = "elsewhere"\n'


def test_a_project_is_worked_on_from_another_folder(gdac, tmp_path):
    new_ocean(tmp_path / "project")
    here = tmp_path / "here"
    here.mkdir()
    words = ("-C", tmp_path / "project")
    gnomon("argo", "sync", "--all", "--mirror", gdac.folder, *words, folder=here)
    gnomon("argo", "export", "--output", "out", *words, folder=here)
    # An output on the command line is relative to where the user is.
    assert len(list((here / "out").rglob("*.parquet"))) == 2 * len(TABLES) + 1
    assert sorted(p.name for p in here.iterdir()) == ["out"]
    again = gnomon("argo", "export", "--output", "out", *words, "--json", folder=here)
    assert again.data["jobs"] == 0


def test_a_copy_of_a_project_leaves_its_model_alone(home, ocean):
    before = content(snapshot(home.folder))
    gnomon("veto", "argo.cycle", f"{FLOAT},cycle=001", folder=ocean.folder)
    ocean.export()
    assert content(snapshot(home.folder)) == before


def test_a_veto_remakes_what_came_of_it_and_can_be_taken_back(ocean):
    n, _ = ocean.counts()[3900001]
    words = ("veto", "argo.cycle", f"{FLOAT},cycle=002")
    gnomon(*words, "--comment", "fouled", folder=ocean.folder)
    said = gnomon("why", "argo.cycle", f"{FLOAT},cycle=002", folder=ocean.folder)
    assert "vetoed" in said.out
    assert "fouled" in gnomon("show", *words[1:], folder=ocean.folder).out
    assert ocean.export()["done"]["argo.tables"] == 1
    gnomon(*words, "--undo", folder=ocean.folder)
    back = ocean.export()
    assert (back["reused"], "argo.tables" in back["done"]) == (len(STEPS) + 1, False)
    assert ocean.counts()[3900001][0] == n


def test_what_is_corrupt_is_told_and_made_anew_by_retry(ocean):
    (told,) = gnomon("ls", "argo.levels", FLOAT, "--json", folder=ocean.folder).data
    path = ocean.folder / "store" / told["path"]
    path.chmod(0o644)
    path.write_bytes(b"not what it was")
    said = gnomon("verify", folder=ocean.folder, code=1)
    assert path.name in said.out
    gnomon("retry", "argo.levels", FLOAT, folder=ocean.folder)
    assert ocean.export()["done"]["argo.tables"] == 1
    gnomon("verify", folder=ocean.folder)


def test_sweep_removes_what_no_row_names(ocean):
    stray = ocean.folder / "store/argo/stray.nc"
    stray.write_bytes(b"x")
    said = gnomon("sweep", "--dry-run", folder=ocean.folder)
    assert "would remove argo/stray.nc" in said.out
    assert stray.exists()
    assert gnomon("sweep", "--json", folder=ocean.folder).data == ["argo/stray.nc"]
    assert not stray.exists()


def test_output_in_a_pipe_is_not_cut(ocean):
    said = gnomon("ls", "argo.levels", folder=ocean.folder)
    assert "argo/levels/coriolis/3900001_levels_v001.parquet" in said.out
    assert "…" not in said.out


@pytest.mark.parametrize(
    "executor",
    ["inline", "processes", pytest.param("dask", marks=pytest.mark.slow)],
)
def test_steps_run_where_they_are_told_to(executor, gdac, tmp_path):
    ocean = new_ocean(tmp_path / "project")
    ocean.sync(mirror=gdac.folder)
    words = ("argo", "export", "--output", "out", "--executor", executor, "--workers", "2")
    assert gnomon(*words, "--json", folder=ocean.folder).data["done"]["argo.tables"] == 2
    assert ocean.counts() == gdac.counts()


def test_a_taken_port_is_a_usage_error(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = gnomon("sim", "archive", tmp_path, "--http-port", port, code=2)
    assert f"port {port} of 127.0.0.1 cannot be served" in said.err


def test_watch_brings_in_what_arrives_and_stops_when_told(tmp_path):
    gdac = simulate_gdac(tmp_path / "gdac", floats=1, cycles=2, levels=10)
    ocean = new_ocean(tmp_path / "project")
    toml = ocean.folder / "pipelines/argo.toml"
    toml.write_text(toml.read_text().replace("https://data-argo.ifremer.fr", str(gdac.folder)))
    exported = ocean.folder / "out/levels/coriolis/3900001.parquet"
    process = start("watch", "argo", "--every-s", "0.2", folder=ocean.folder)
    try:
        wait_for(exported.exists)
        first = exported.read_bytes()
        later = advance(gdac)
        wait_for(lambda: exported.exists() and exported.read_bytes() != first)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert ocean.counts() == later.counts()
    shutil.rmtree(gdac.folder)


def wait_for(condition, patience_s=30):
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
