"""A process that dies at any line of a commit, an adoption or a cleanup: the next one mends it."""

import os
import sys
from pathlib import Path

import pytest

import gnomon.engine
from gnomon.engine import upkeep
from gnomon.engine.adopt import Brought, adopt
from gnomon.engine.cleanup import CleanupTask, cleanup
from gnomon.engine.index import index
from versions import BOUND, DATA, LAYER, NOTE, SCIENCE, VERSIONS, VersionLab

ENGINE = Path(gnomon.engine.__file__).parent
WATCHED = {
    str(ENGINE / f"{name}.py") for name in ("adopt", "aliases", "cleanup", "commit", "inscription")
} | {str(ENGINE.parent / "store" / "store.py")}
KILLED = 9


def lines_of(work):
    """Run in a process of its own; return how many watched lines it has."""
    return _child(work, None)


def _child(work, last):
    """Die at the watched line number `last`, if there is one; return the exit code or the count."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        count = 0

        def trace(frame, event, _):
            nonlocal count
            if frame.f_code.co_filename not in WATCHED:
                return None
            if event == "line":
                count += 1
                if count == last:
                    os._exit(KILLED)
            return trace

        sys.settrace(trace)
        try:
            work()
        finally:
            sys.settrace(None)
            os.write(write, str(count).encode())
            os._exit(0)
    os.close(write)
    _, status = os.waitpid(pid, 0)
    said = os.read(read, 100).decode()
    os.close(read)
    return int(said) if os.waitstatus_to_exitcode(status) == 0 else None


def new_lab(folder):
    folder.mkdir()
    return VersionLab(folder, f"sqlite:///{folder}/catalog.db")


# Threads take turns as they like, so the number of lines differs a little from run to run: the last
# points may lie behind the end, and then nothing dies.


def opened(lab, what):
    """Return `what(lab)` as work for a child, which needs connections of its own."""

    def work():
        what(new_view(lab))

    return work


def new_view(lab):
    return VersionLab(lab.root, lab.url, replace=lab.replace)


def points(work_of, tmp_path, prepare):
    """Return every n-th line of the work, so that some fifteen are tried."""
    lab = new_lab(tmp_path / "count")
    prepare(lab)
    lab.catalog.close()
    count = lines_of(opened(lab, work_of))
    assert count > 30
    return range(1, count + 1, max(1, count // 15))


def check(lab):
    assert upkeep.verify(lab.catalog, lab.store, seen=lambda _: None).corrupt == []
    upkeep.sweep(lab.catalog, lab.store)
    summary = lab.run()
    assert summary.ok
    assert summary.jobs == 0


def prepare_reissue(lab):
    lab.put(science_1_v1__1="abc", note_1="n")
    lab.run()
    lab.put(science_1_v1__1="xyz", note_1="m")
    lab.replace = True


def test_a_reissue_that_replaces(tmp_path):
    for point in points(VersionLab.run, tmp_path, prepare_reissue):
        lab = new_lab(tmp_path / str(point))
        prepare_reissue(lab)
        lab.catalog.close()
        _child(opened(lab, VersionLab.run), point)
        again = new_view(lab)
        assert again.run().ok, point
        assert again.text(SCIENCE.name, "day=1") == "xyz"
        assert again.text(NOTE.name, "day=1") == "nm"
        assert (again.store.root / "notes/n001.txt").read_text() == "nm"
        assert again.text(DATA.name, "day=1") == "x"
        assert again.versions(DATA, "day=1") == again.versions(LAYER, "day=1")
        assert again.path(BOUND.name, "day=1").read_bytes() == b"\0b_v002\0xyz\0b_v002\0"
        check(again)
        again.catalog.close()


def bring(lab):
    file = lab.root / "note.txt"
    file.write_text("mine")
    adopt(lab.catalog, lab.store, Brought(file, NOTE, {"day": 1}, {}))


def prepare_adoption(lab):
    lab.put(note_1="n")
    lab.run()


def test_an_adoption(tmp_path):
    for point in points(bring, tmp_path, prepare_adoption):
        lab = new_lab(tmp_path / str(point))
        prepare_adoption(lab)
        lab.catalog.close()
        _child(opened(lab, bring), point)
        again = new_view(lab)
        assert again.text(NOTE.name, "day=1") in {"n", "mine"}
        bring(again)
        assert again.text(NOTE.name, "day=1") == "mine"
        check(again)
        assert (again.store.root / "notes/n001.txt").read_text() == "mine"
        again.catalog.close()


def clean(lab):
    cleanup(lab.catalog, lab.store, [CleanupTask(paths_to_match=("notes/*",))])


def prepare_cleanup(lab):
    for text in "abc":
        lab.put(note_1=text)
        lab.run()


def test_a_cleanup(tmp_path):
    lab = new_lab(tmp_path / "one")
    prepare_cleanup(lab)
    lab.catalog.close()
    count = lines_of(opened(lab, clean))
    for point in range(1, count + 1, max(1, count // 12)):
        lab = new_lab(tmp_path / str(point))
        prepare_cleanup(lab)
        lab.catalog.close()
        _child(opened(lab, clean), point)
        again = new_view(lab)
        clean(again)
        check(again)
        left = sorted(path for path in again.files() if path.startswith("notes/"))
        assert left == ["notes/n001.txt", "notes/versions/n001_v003.txt"]
        again.catalog.close()


@pytest.mark.parametrize("text", ["by hand"])
def test_an_index(tmp_path, text):
    def put(lab):
        path = lab.store.root / "notes/n001.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def take_in(lab):
        index(lab.catalog, lab.store, VERSIONS.kinds)

    for point in points(take_in, tmp_path, put):
        lab = new_lab(tmp_path / str(point))
        put(lab)
        lab.catalog.close()
        _child(opened(lab, take_in), point)
        again = new_view(lab)
        take_in(again)
        assert again.text(NOTE.name, "day=1") == text
        check(again)
        assert (again.store.root / "notes/n001.txt").read_text() == text
        again.catalog.close()
