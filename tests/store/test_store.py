"""The store: whole files by rename, read-only, and swept of what no row names."""

import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.dataset import Dataset
from gnomon.errors import Corrupt, Full, StoreError
from gnomon.store.hashing import sha256_of, size_of
from gnomon.store.store import Store, sync


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def finished(store, content, name="file"):
    """Write a file, or a folder of files, in a workspace."""
    path = store.workspace("job") / name
    if isinstance(content, dict):
        for leaf, data in content.items():
            (path / leaf).parent.mkdir(parents=True, exist_ok=True)
            (path / leaf).write_bytes(data)
    else:
        path.write_bytes(content)
    sync(path)
    return path


def place(store, content, relative="a/b_v1.txt"):
    path = finished(store, content)
    sha256, size = sha256_of(path), size_of(path)
    mtime_ns = store.place(path, relative).mtime_ns
    return Dataset(1, "k", {}, "", 1, relative, sha256, size, mtime_ns)


def test_a_placed_file_is_whole_and_read_only(store):
    dataset = place(store, b"abc")
    path = store.path(dataset)
    assert path.read_bytes() == b"abc"
    assert path.stat().st_mode & 0o777 == 0o444
    store.check(dataset)
    store.verify(dataset)


def test_a_placed_folder_has_all_its_files(store):
    dataset = place(store, {"one": b"1", "deep/two": b"22"}, "tree_v1")
    assert (dataset.size, (store.path(dataset) / "deep/two").read_bytes()) == (3, b"22")
    store.verify(dataset)
    (store.path(dataset) / "deep/three").write_bytes(b"")
    with pytest.raises(Corrupt):
        store.verify(dataset)


@pytest.mark.parametrize("old", [b"left over", {"left": b"over"}])
@pytest.mark.parametrize("new", [b"new", {"leaf": b"new"}])
def test_what_a_crash_left_behind_is_overwritten(store, old, new):
    place(store, old, "x_v1")
    dataset = place(store, new, "x_v1")
    store.verify(dataset)


def test_placing_what_is_in_its_place_is_nothing(store):
    for content in (b"abc", {"leaf": b"abc"}):
        dataset = place(store, content, "x_v1")
        store.place(store.path(dataset), "x_v1")
        store.verify(dataset)


def test_each_try_has_a_workspace_of_its_own(store):
    one, two = store.workspace("job"), store.workspace("job")
    assert one != two
    store.discard(one)
    store.discard(one)
    assert (one.exists(), two.exists()) == (False, True)


def test_sweep_removes_what_no_row_names_and_no_job_owns(store):
    kept = place(store, b"kept", "a/kept_v1")
    tree = place(store, {"leaf": b"kept"}, "a/tree_v1")
    place(store, b"stray", "b/stray_v1")
    place(store, {"leaf": b"stray"}, "c/tree_v1")
    busy, dead = store.workspace("busy"), store.workspace("dead")
    (dead / "file").write_bytes(b"x")
    known = {kept.path, tree.path}
    found = store.sweep(known, {"busy"}, dry_run=True)
    assert {path.relative_to(store.root).parts[0] for path in found} == {"b", "c", "work"}
    assert dead.exists()
    assert store.sweep(known, {"busy"}, dry_run=False) == found
    assert busy.exists()
    assert {path.name for path in store.root.iterdir()} == {"a", "work"}
    assert store.sweep(known, {"busy"}, dry_run=False) == []
    store.verify(kept)
    store.verify(tree)


def test_there_may_be_nothing_to_sweep(store):
    assert store.sweep(set(), set(), dry_run=False) == []


@pytest.mark.parametrize(("number", "error"), [(errno.ENOSPC, Full), (errno.EIO, StoreError)])
def test_what_the_disk_refuses_is_told_in_our_words(store, monkeypatch, number, error):
    path = finished(store, b"abc")

    def refuse(*_args):
        raise OSError(number, "no", str(path))

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(error) as caught:
        store.place(path, "a/b_v1.txt")
    assert caught.type is error


NAMES = st.text("ab/", min_size=1, max_size=4).map(lambda t: t.strip("/")).filter(bool)
TREES = st.dictionaries(NAMES, st.binary(max_size=3), min_size=1, max_size=4)


@given(TREES, TREES)
def test_folders_have_one_digest_if_and_only_if_they_hold_the_same(tmp_path_factory, one, other):
    digests, read = [], []
    for tree in (one, other):
        root = tmp_path_factory.mktemp("tree")
        for name, data in tree.items():
            path = root / name
            if not any(p.is_file() for p in (path, *path.parents)) and not path.is_dir():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        files = [p for p in root.rglob("*") if p.is_file()]
        read.append({p.relative_to(root): p.read_bytes() for p in files})
        digests.append(sha256_of(root))
        assert size_of(root) == sum(map(len, read[-1].values()))
    assert (digests[0] == digests[1]) == (read[0] == read[1])
