"""`gnomon adopt`, `index` and `cleanup`, on the command line."""

import pytest

from terminal import gnomon


@pytest.fixture
def project(tmp_path):
    gnomon("init", ".", folder=tmp_path)
    return tmp_path


def test_a_file_is_adopted_listed_and_known_the_second_time(project):
    (project / "mag.xml").write_text("<a/>")
    words = ["adopt", "mag.xml", "--kind", "imap.xtce", "instrument=mag"]
    assert "would adopt" in gnomon(*words, "--dry-run", folder=project).out
    made = gnomon(*words, "--json", folder=project).data
    assert (made["path"], made["new"]) == ("definitions/imap_mag_xtce_v001.xml", True)
    assert "known already" in gnomon(*words, folder=project).out
    (project / "mag.xml").write_text("<b/>")
    assert "imap_mag_xtce_v002.xml" in gnomon(*words, folder=project).out
    assert len(gnomon("ls", "imap.xtce", "--all", "--json", folder=project).data) == 2
    assert gnomon("why", "imap.xtce", "instrument=mag", folder=project).code == 0
    assert gnomon("show", "imap.xtce", "instrument=mag", folder=project).code == 0
    assert gnomon("lineage", "imap.xtce", "instrument=mag", folder=project).code == 0


def test_a_value_may_have_any_mark(project):
    (project / "k.bc").write_text("k")
    words = ["adopt", "k.bc", "--kind", "imap.kernel", "folder=ck", "name=a,b%20=c.bc"]
    assert gnomon(*words, "--json", folder=project).data["path"] == "spice/ck/a,b%20=c.bc"


@pytest.mark.parametrize(
    ("words", "tells"),
    [
        (["--kind", "imap.nope"], "unknown kind"),
        (["--kind", "imap.xtce"], "wants instrument=…"),
        (["--kind", "imap.xtce", "instrument=hit"], "none of mag, sc"),
        (["--kind", "imap.xtce", "instrument=mag", "colour=red"], "neither key nor tag colour"),
        (["--kind", "imap.xtce", "instrument"], "no NAME=VALUE"),
        (["--kind", "imap.xtce", "instrument=mag", "--version", "1.2"], "write one like v003"),
    ],
)
def test_wrong_words_are_usage_errors(project, words, tells):
    (project / "mag.xml").write_text("<a/>")
    assert tells in gnomon("adopt", "mag.xml", *words, folder=project, code=2).err
    assert not list((project / "store").rglob("*.xml"))


def test_versions_are_written_as_people_do(project):
    (project / "x.cdf").write_text("a")
    words = ["adopt", "x.cdf", "--kind", "imap.l2", "mode=norm", "frame=gse", "day=2026-01-02"]
    made = gnomon(*words, "--version", "1.4", "--json", folder=project).data
    assert made["path"].endswith("imap_mag_l2_norm-gse_20260102_v001.0004.cdf")
    (project / "x.cdf").write_text("b")
    assert "has another v001.0004" in gnomon(*words, "--version", "1.4", folder=project, code=2).err
    made = gnomon(*words, "--version", "v001.0003", "--json", folder=project).data
    assert not made["current"]
    listed = gnomon("ls", "imap.l2", "--all", folder=project).out
    assert "v001.0004" in listed
    assert "(v001.0003)" in listed
    one = ("imap.l2", "mode=norm,frame=gse,day=2026-01-02")
    assert "version v001.0004, current" in gnomon("show", *one, folder=project).out
    assert " v001.0004 by adopted" in gnomon("lineage", *one, folder=project).out


def test_files_put_there_by_hand_are_indexed(project):
    folder = project / "store/science/mag/l2/2026/01"
    folder.mkdir(parents=True)
    for name in (
        "imap_mag_l2_norm-gse_20260102_v001.0004.cdf",
        "imap_mag_l2_norm-gse_20260102_v003.cdf",
    ):
        (folder / name).write_text(name)
    (folder / "notes.txt").write_text("mine")
    assert "would adopt" in gnomon("index", "--dry-run", folder=project).out
    found = gnomon("index", "--json", folder=project).data
    assert len(found["adopted"]) == 2
    assert found["unknown"] == ["science/mag/l2/2026/01/notes.txt"]
    (current,) = gnomon("ls", "imap.l2", "--json", folder=project).data
    assert current["path"].endswith("v001.0004.cdf")
    assert gnomon("index", "--json", folder=project).data["adopted"] == []


def test_superseded_versions_are_cleaned_within_a_limit(project):
    words = ["adopt", "mag.xml", "--kind", "imap.xtce", "instrument=mag"]
    for text in "abc":
        (project / "mag.xml").write_text(text)
        gnomon(*words, folder=project)
    assert (
        "would remove 2 files"
        in gnomon("cleanup", "definitions/*", "--dry-run", folder=project).out
    )
    assert (
        "removed 0 files"
        in gnomon("cleanup", "definitions/*", "--older-than", "1d", folder=project).out
    )
    (project / "tasks.toml").write_text(
        '[[task]]\nname = "xtce"\npaths_to_match = ["definitions/*"]\n'
    )
    assert (
        len(gnomon("cleanup", "--tasks", "tasks.toml", "--most", 1, "--json", folder=project).data)
        == 1
    )
    assert "removed 1 files" in gnomon("cleanup", "definitions/*", folder=project).out
    assert gnomon("verify", folder=project).code == 0


@pytest.mark.parametrize(
    ("words", "tells"),
    [
        ([], "say which files"),
        (["*", "--older-than", "1w"], "is no age"),
        (["--tasks", "bad.toml"], "write [[task]] tables"),
        (["--tasks", "worse.toml"], "worse.toml"),
        (["--tasks", "stray.toml"], "unknown option"),
    ],
)
def test_wrong_cleanups_are_usage_errors(project, words, tells):
    (project / "bad.toml").write_text("x = 1")
    (project / "worse.toml").write_text("[")
    (project / "stray.toml").write_text('[[task]]\npath = "x"\n')
    assert tells in gnomon("cleanup", *words, folder=project, code=2).err
