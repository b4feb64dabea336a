"""`gnomon imap load`: the store's tables, in a database."""

import shutil
import sqlite3
from datetime import date
from pathlib import Path

import pytest

from gnomon.instruments.imap.kinds import HK_L1, IALIRT_HK, NOAA
from terminal import gnomon, snapshot

TO = ("--to", "sqlite:///tables.db")


@pytest.fixture(scope="module")
def model(tmp_path_factory, real):
    """Return a project whose store holds real files, adopted."""
    folder = tmp_path_factory.mktemp("imap") / "project"
    folder.mkdir()
    gnomon("init", ".", folder=folder)
    for path in sorted((real / "hk").glob("*_v00[12].csv")):
        packet, day = path.stem.removeprefix("imap_mag_l1_").split("_")[:2]
        keep(folder, path, HK_L1, day, instrument="mag", packet=packet)
    for path in (real / "noaa").glob("ACE_*.csv"):
        keep(folder, path, NOAA, path.stem[-8:], spacecraft="ACE", instrument="mag")
    keep(folder, real / "ialirt" / "ialirt_hk_plot_data.csv", IALIRT_HK, "20251021")
    gnomon("index", folder=folder)
    return folder


@pytest.fixture
def project(model, tmp_path, monkeypatch):
    """Return a copy of the model."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return Path(shutil.copytree(model, tmp_path / "project"))


def keep(folder, path, kind, day, version=None, **key):
    version = version or (int(path.stem[-3:]) if "_v" in path.stem else 1)
    key["day"] = date.fromisoformat(day)
    target = folder / "store" / kind.format(key, version)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)


def rows(folder, query):
    connection = sqlite3.connect(folder / "tables.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def counts(folder):
    """Return the number of rows of every table that is not ours."""
    names = [name for (name,) in rows(folder, "SELECT name FROM sqlite_master WHERE type='table'")]
    counted = {name: rows(folder, f"SELECT count(*) FROM {name}") for name in names}
    return {name: number for name, ((number,),) in counted.items() if name[0] != "_"}


def test_the_store_becomes_the_tables_that_users_know(project):
    gnomon("imap", "load", *TO, folder=project)
    assert counts(project) == {
        "hsk_procstat": 48,
        "hsk_pw": 8,
        "prog_mtran": 20,
        "ace_mag_noaa": 1328,
        "ialirt_mag_hk": 569,
    }
    assert rows(project, "SELECT DISTINCT file_date FROM hsk_pw") == [("2025-11-02",)]
    again = gnomon("imap", "load", *TO, folder=project)
    assert again.out.split() == ["jobs", "run", "0"]


def test_parts_may_be_asked_for(project):
    gnomon("imap", "load", *TO, "--packet", "hsk-pw", folder=project)
    assert counts(project) == {"hsk_pw": 8}
    gnomon("imap", "load", *TO, "--only", "noaa", folder=project)
    assert counts(project) == {"hsk_pw": 8, "ace_mag_noaa": 1328}
    said = gnomon("imap", "load", *TO, "--only", "noa", folder=project, code=2)
    assert "did you mean 'noaa'" in said.err


def test_a_dry_run_changes_nothing(project):
    before = snapshot(project)
    said = gnomon("imap", "load", *TO, "--dry-run", folder=project)
    assert "packet=hsk-pw,day=2025-11-02" in said.out
    after = snapshot(project)
    assert {n: b for n, b in after.items() if not n.endswith(("-wal", "-shm"))} == {
        n: b for n, b in before.items() if not n.endswith(("-wal", "-shm"))
    }


def test_what_failed_is_tried_again(project):
    """A mark of how far a load came once jumped over the files that failed."""
    words = ("imap", "load", "--to", "postgresql://me:hunter2@127.0.0.1:1/no")
    said = gnomon(*words, folder=project, code=1)
    assert "127.0.0.1" in said.err
    assert "hunter2" not in said.err + said.out
    (project / "tables.db").write_bytes(b"no database at all, " * 100)
    gnomon("imap", "load", *TO, "--only", "noaa", folder=project, code=1)
    (project / "tables.db").unlink()
    gnomon("imap", "load", *TO, folder=project)
    assert sum(counts(project).values()) == 48 + 8 + 20 + 1328 + 569


def test_a_day_that_is_no_housekeeping_is_rejected_until_it_changes(project, real):
    """Version 3 of a real day holds a time and a value; it takes nothing from others."""
    folder = real / "hk"
    bad = folder / "imap_mag_l1_hsk-pw_20251102_v003.csv"
    keep(project, bad, HK_L1, "20251102", instrument="mag", packet="hsk-pw")
    gnomon("index", folder=project)
    gnomon("imap", "load", *TO, folder=project, code=1)
    assert "hsk_pw" not in counts(project)
    assert counts(project)["prog_mtran"] == 20
    assert "lacks src_seq_ctr" in gnomon("status", folder=project).out
    gnomon("imap", "load", *TO, folder=project, code=1)
    good = project / "imap_mag_l1_hsk-pw_20251102_v004.csv"
    lines = (folder / "imap_mag_l1_hsk-pw_20251102_v002.csv").read_text().splitlines()
    good.write_text("\n".join(lines[:-1]) + "\n")
    keep(project, good, HK_L1, "20251102", instrument="mag", packet="hsk-pw")
    gnomon("index", folder=project)
    gnomon("imap", "load", *TO, folder=project)
    assert counts(project)["hsk_pw"] == 7


def test_a_job_file_takes_the_place_of_our_tables(project):
    names = ("store/noaa/2026/07/ACE_mag_noaa_20260722.csv",)
    gnomon("load", "prepare", *names, "-c", "jobs.yml", "--table", "theirs", folder=project)
    gnomon("imap", "load", *TO, "-c", "jobs.yml", "--only", "noaa", folder=project)
    assert counts(project) == {"theirs": 1328}
    said = gnomon("imap", "load", *TO, "-c", "no.yml", folder=project, code=2)
    assert "no.yml is no job file" in said.err


def test_the_environment_says_which_database(project, url, monkeypatch):
    assert "set DATABASE_URL" in gnomon("imap", "load", folder=project, code=2).err
    monkeypatch.setenv("DATABASE_URL", url)
    gnomon("imap", "load", folder=project)
    loaded = gnomon("load", "history", "--json", folder=project).data["loaded"]
    assert sum(one["rows"] for one in loaded) == 48 + 8 + 20 + 1328 + 569
