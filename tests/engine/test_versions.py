"""Versions of archives, versions inside files, second names, adoption, indexing, cleanup."""

import json

import pytest

from gnomon.catalog.writing import Writing
from gnomon.engine import upkeep
from gnomon.engine.adopt import Brought, adopt
from gnomon.engine.cleanup import CleanupTask, cleanup
from gnomon.engine.index import index
from gnomon.errors import ConfigError, Conflict, ConnectionLost
from versions import BOUND, DATA, FIXED, LAYER, NOTE, SCIENCE, VERSIONS, VersionLab


@pytest.fixture
def lab(tmp_path, url):
    made = VersionLab(tmp_path, url)
    yield made
    made.catalog.close()


def brought(path, kind, text="mine", **key):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return Brought(path, kind, key, {})


def test_the_archives_version_is_kept(lab):
    lab.put(science_1_v1__4="abc")
    assert lab.run().ok
    assert lab.path(SCIENCE.name, "day=1").name == "s001_v001.0004.txt"
    assert lab.versions(SCIENCE, "day=1") == [(10_004, True)]


def test_an_older_name_is_kept_too(lab):
    lab.put(science_1_v1__4_legacy="abc")
    assert lab.run().ok
    assert lab.path(SCIENCE.name, "day=1").name == "s001_v004.txt"
    assert lab.versions(SCIENCE, "day=1") == [(10_004, True)]


def test_another_body_at_the_same_version_is_refused(lab):
    lab.put(science_1_v1__4="abc")
    lab.run()
    lab.put(science_1_v1__4="xyz")
    summary = lab.run()
    assert not summary.ok
    assert "nothing was overwritten" in summary.problems[0].message
    assert lab.text(SCIENCE.name, "day=1") == "abc"


def test_another_body_at_the_same_version_replaces_where_allowed(lab):
    lab.put(science_1_v1__4="abc")
    lab.run()
    lab.put(science_1_v1__4="xyz")
    lab.replace = True
    assert lab.run().ok
    assert lab.text(SCIENCE.name, "day=1") == "xyz"
    assert lab.text(DATA.name, "day=1") == "x"  # what came from it was made anew
    kept = [path for path in lab.files() if path.startswith("replaced/")]
    assert [(lab.store.root / path).read_text() for path in kept] == ["abc"]
    assert upkeep.verify(lab.catalog, lab.store, seen=lambda _: None).corrupt == []


def test_major_comes_before_minor(lab):
    lab.put(science_1_v1__9="old")
    lab.run()
    lab.remove("science_1_v1.9")
    lab.put(science_1_v2__1="new")
    assert lab.run().ok
    assert lab.versions(SCIENCE, "day=1") == [(10_009, False), (20_001, True)]


def test_a_product_names_its_own_version(lab):
    lab.put(science_1_v1__1="abc")
    lab.run()
    layer = json.loads(lab.text(LAYER.name, "day=1"))
    assert (layer["version_major"], layer["version"]) == (1, 1)
    assert layer["data"] == "d_v001.0001.csv"
    assert lab.path(BOUND.name, "day=1").read_bytes() == b"\0b_v001\0abc\0b_v001\0"


def test_what_stands_beside_shares_the_version_of_its_lead(lab):
    lab.put(science_1_v1__1="abc")
    lab.run()
    lab.remove("science_1_v1.1")
    lab.put(science_1_v1__2="axx")  # the same data, another description
    lab.run()
    assert lab.versions(DATA, "day=1") == lab.versions(LAYER, "day=1") == [(10_001, True)]
    lab.remove("science_1_v1.2")
    lab.put(science_1_v1__3="b")
    lab.run()
    both = [(10_001, False), (10_002, True)]
    assert lab.versions(DATA, "day=1") == lab.versions(LAYER, "day=1") == both
    assert json.loads(lab.text(LAYER.name, "day=1"))["version"] == 2


def test_the_same_content_is_the_same_version_though_files_name_it(lab):
    lab.put(science_1_v1__1="abc")
    lab.run()
    path = lab.path(BOUND.name, "day=1")
    seq = lab.good()[BOUND.name, "day=1"]
    path.unlink()
    lab.reopen(seq)
    assert lab.run().ok
    assert path.read_bytes() == b"\0b_v001\0abc\0b_v001\0"
    assert lab.versions(BOUND, "day=1") == [(1, True)]
    lab.assert_clean()


@pytest.mark.parametrize("lost", [1, 2])
def test_a_transaction_that_is_lost_writes_the_version_once(lab, monkeypatch, lost):
    """The file is in its place already, with its version in it."""
    finish, left = Writing.finish, [lost]

    def fail(self, outcome, code):
        if any(product.kind == BOUND.name for product in outcome.products) and left[0]:
            left[0] -= 1
            raise ConnectionLost("cut")
        finish(self, outcome, code)

    monkeypatch.setattr(Writing, "finish", fail)
    monkeypatch.setattr("gnomon.engine.loop._RECONNECT_S", (0.01,) * 3)
    lab.put(science_1_v1__1="abc")
    assert lab.run().ok
    assert left == [0]
    assert lab.path(BOUND.name, "day=1").read_bytes() == b"\0b_v001\0abc\0b_v001\0"
    assert upkeep.verify(lab.catalog, lab.store, seen=lambda _: None).corrupt == []
    lab.assert_clean()


def test_a_kind_without_versions_never_changes(lab):
    lab.put(fixed_k="one")
    lab.run()
    assert lab.path(FIXED.name, "name=k") == lab.store.root / "fixed/k"
    lab.put(fixed_k="two")
    assert not lab.run().ok
    assert lab.text(FIXED.name, "name=k") == "one"


def test_a_second_name_follows_the_current_version(lab):
    alias = lab.store.root / "notes/n001.txt"
    lab.put(note_1="a")
    lab.run()
    assert alias.read_text() == "a"
    lab.put(note_1="b")
    lab.run()
    assert alias.read_text() == "ab"  # a source may merge with what is known
    assert (lab.store.root / "notes/versions/n001_v001.txt").read_text() == "a"
    upkeep.sweep(lab.catalog, lab.store)
    assert alias.read_text() == "ab"
    lab.remove("note_1")
    lab.run()
    assert not alias.exists()


def test_a_second_name_that_was_lost_comes_back(lab):
    lab.put(note_1="a")
    lab.run()
    (lab.store.root / "notes/n001.txt").unlink()
    lab.run()
    assert (lab.store.root / "notes/n001.txt").read_text() == "a"


def test_a_flaw_is_told_and_the_output_stays(lab):
    lab.put(note_1="lost")
    summary = lab.run()
    assert not summary.ok
    assert summary.problems[0].message == "two bytes were lost"
    assert lab.text(NOTE.name, "day=1") == "lost"
    assert lab.run().ok


def test_a_file_from_outside_is_adopted_and_used(lab, tmp_path):
    made = adopt(lab.catalog, lab.store, brought(tmp_path / "x.txt", SCIENCE, "mine", day=7))
    assert (made.is_new, made.is_current, made.dataset.version) == (True, True, 10_001)
    lab.run()
    assert lab.text(DATA.name, "day=7") == "m"
    again = adopt(lab.catalog, lab.store, brought(tmp_path / "x.txt", SCIENCE, "mine", day=7))
    assert not again.is_new
    assert (tmp_path / "x.txt").exists()
    lab.assert_clean()


def test_what_was_adopted_gives_way_to_the_archive_and_the_other_way_round(lab, tmp_path):
    adopt(lab.catalog, lab.store, brought(tmp_path / "x.txt", NOTE, "mine", day=1))
    lab.put(note_1="b")
    assert lab.run().ok
    assert lab.text(NOTE.name, "day=1") == "mineb"
    adopt(lab.catalog, lab.store, brought(tmp_path / "y.txt", NOTE, "other", day=1))
    assert lab.text(NOTE.name, "day=1") == "other"
    assert (lab.store.root / "notes/n001.txt").read_text() == "other"
    lab.assert_clean()
    assert lab.text(NOTE.name, "day=1") == "other"


def test_a_lower_version_is_adopted_beside_a_higher_one(lab, tmp_path):
    lab.put(science_1_v2__1="new")
    lab.run()
    low = brought(tmp_path / "x.txt", SCIENCE, "old", day=1)
    made = adopt(lab.catalog, lab.store, Brought(low.file, SCIENCE, low.key, {}, version=10_009))
    assert not made.is_current
    assert lab.versions(SCIENCE, "day=1") == [(10_009, False), (20_001, True)]
    lab.assert_clean()


def test_another_body_of_a_version_is_not_adopted(lab, tmp_path):
    lab.put(science_1_v1__1="new")
    lab.run()
    other = brought(tmp_path / "x.txt", SCIENCE, "old", day=1)
    with pytest.raises(Conflict, match=r"has another v001\.0001"):
        adopt(lab.catalog, lab.store, Brought(other.file, SCIENCE, other.key, {}, version=10_001))


def test_an_index_adopts_by_name_and_leaves_the_rest(lab):
    root = lab.store.root
    for path, text in {
        "science/s001_v001.0002.txt": "two",
        "science/s001_v003.txt": "three",  # an older name for 1.3
        "notes/n004.txt": "by hand",
        "fixed/k": "fixed",
        "elsewhere/what.txt": "unknown",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    kinds = VERSIONS.kinds
    assert len(index(lab.catalog, lab.store, kinds, dry_run=True).adopted) == 4
    found = index(lab.catalog, lab.store, kinds)
    assert (len(found.adopted), found.unknown, found.refused) == (4, ["elsewhere/what.txt"], [])
    assert lab.versions(SCIENCE, "day=1") == [(10_002, False), (10_003, True)]
    assert lab.path(SCIENCE.name, "day=1").name == "s001_v003.txt"
    assert lab.text(NOTE.name, "day=4") == "by hand"
    assert (root / "notes/n004.txt").read_text() == "by hand"
    assert index(lab.catalog, lab.store, kinds).adopted == []
    lab.run()
    assert lab.text(DATA.name, "day=1") == "t"
    lab.assert_clean()


def test_an_index_takes_over_what_somebody_wrote_over_a_second_name(lab):
    lab.put(note_1="a")
    lab.run()
    alias = lab.store.root / "notes/n001.txt"
    alias.unlink()
    alias.write_text("edited")
    index(lab.catalog, lab.store, VERSIONS.kinds)
    assert lab.text(NOTE.name, "day=1") == "edited"
    assert (lab.store.root / "notes/versions/n001_v001.txt").read_text() == "a"


def test_a_cleanup_removes_superseded_versions_only(lab, tmp_path):
    for text in "abc":
        lab.put(note_1=text)
        lab.run()
    task = CleanupTask(
        paths_to_match=("notes/*",), cleanup_mode="archive", archive_folder=tmp_path / "kept"
    )
    assert len(cleanup(lab.catalog, lab.store, [task], dry_run=True)) == 2
    assert len(cleanup(lab.catalog, lab.store, [task], most=1)) == 1
    assert len(cleanup(lab.catalog, lab.store, [task])) == 1
    assert cleanup(lab.catalog, lab.store, [task]) == []
    assert (tmp_path / "kept/notes/versions/n001_v001.txt").read_text() == "a"
    left = sorted(path for path in lab.files() if path.startswith("notes/"))
    assert left == ["notes/n001.txt", "notes/versions/n001_v003.txt"]
    assert upkeep.verify(lab.catalog, lab.store, seen=lambda _: None).corrupt == []
    lab.assert_clean()


def test_a_cleaned_version_that_is_wanted_again_is_made_anew(lab):
    for text in ("a", "b"):
        lab.put(science_1_v1__1=text)
        lab.replace = True
        lab.run()
    cleanup(lab.catalog, lab.store, [CleanupTask(paths_to_match=("layer/*",))])
    lab.put(science_1_v1__1="a")
    assert lab.run().ok
    assert lab.text(DATA.name, "day=1") == "a"


def test_a_current_file_is_cleaned_on_demand_and_nothing_is_made_again(lab):
    lab.put(science_1_v1__1="abc", note_1="n")
    lab.run()
    every = CleanupTask(paths_to_match=("science/*", "notes/*"), keep_latest_version_only=False)
    assert len(cleanup(lab.catalog, lab.store, [every])) == 2
    assert not any(path.startswith(("science/", "notes/")) for path in lab.files())
    summary = lab.run()
    assert summary.jobs == summary.reused == summary.retired == 0
    assert lab.text(DATA.name, "day=1") == "a"


def test_a_file_that_was_cleaned_comes_back_when_it_is_brought_again(lab, tmp_path):
    for text in ("old", "new"):
        made = adopt(lab.catalog, lab.store, brought(tmp_path / "x.txt", SCIENCE, text, day=1))
    everything = CleanupTask(paths_to_match=("science/*",), keep_latest_version_only=False)
    assert len(cleanup(lab.catalog, lab.store, [everything])) == 2
    assert lab.states() == {"done": 2}  # adoptions are not made ready: nobody can repeat them
    again = adopt(lab.catalog, lab.store, brought(tmp_path / "x.txt", SCIENCE, "new", day=1))
    assert (again.is_new, again.is_current) == (False, True)
    assert (lab.store.root / made.dataset.path).read_text() == "new"
    assert lab.run().ok
    assert lab.text(DATA.name, "day=1") == "n"


def test_an_index_goes_on_where_a_file_cannot_be_taken(lab):
    root = lab.store.root
    for path in ("science/s001_v001.0004.txt", "science/s001_v004.txt", "fixed/k"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    found = index(lab.catalog, lab.store, VERSIONS.kinds)
    assert sorted(path for path, _ in found.adopted) == ["fixed/k", "science/s001_v001.0004.txt"]
    ((refused, why),) = found.refused
    assert refused == "science/s001_v004.txt"
    assert "has another v001.0004" in why


def test_version_nought_keeps_its_name(lab):
    path = lab.store.root / "notes/versions/n001_v000.txt"
    path.parent.mkdir(parents=True)
    path.write_text("nought")
    index(lab.catalog, lab.store, VERSIONS.kinds)
    assert path.read_text() == "nought"
    assert lab.versions(NOTE, "day=1") == [(0, True)]


@pytest.mark.parametrize("age", ["", "30", "d", "1w", "-1d"])
def test_an_age_is_an_age(age):
    with pytest.raises(ValueError, match="is no age"):
        CleanupTask(files_older_than=age)


def test_ages_add_up():
    assert CleanupTask(files_older_than="1d12h").age_s == 129_600


def test_an_archive_needs_a_folder(lab):
    with pytest.raises(ConfigError, match="no archive_folder"):
        cleanup(lab.catalog, lab.store, [CleanupTask(cleanup_mode="archive")])
