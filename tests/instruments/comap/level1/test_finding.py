import os
from pathlib import Path

import pytest

from gnomon.instruments.comap.level1.finding import found_below, pattern_of

PATTERN = "**/*comap*.hd5"


def put(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)


def names(found):
    return [file.path.name for file in found.files]


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        (PATTERN, "comap-1.hd5", True),
        (PATTERN, "2024/12/x-comap-1.hd5", True),
        (PATTERN, "comap/other.hd5", False),
        (PATTERN, "comap-1.hd5.part", False),
        ("2024-*/*.hd5", "2024-12/a.hd5", True),
        ("2024-*/*.hd5", "2024-12/b/a.hd5", False),
        ("**/a?.hd5", "b/ab.hd5", True),
        ("a.hd5", "axhd5", False),
    ],
)
def test_patterns(pattern, path, fits):
    assert bool(pattern_of(pattern).fullmatch(path)) is fits


def test_files_come_in_the_order_of_roots_and_paths(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    put(one / "b" / "comap-3.hd5", one / "a" / "comap-4.hd5", two / "comap-1.hd5", two / "x.txt")
    found = found_below([two, one], PATTERN)
    assert names(found) == ["comap-1.hd5", "comap-4.hd5", "comap-3.hd5"]
    assert not found.silent
    stat = (two / "comap-1.hd5").stat()
    assert (found.files[0].size, found.files[0].mtime_ns) == (stat.st_size, stat.st_mtime_ns)


def test_links_to_folders_are_followed_once(tmp_path):
    root = tmp_path / "root"
    put(tmp_path / "disk" / "comap-1.hd5", root / "comap-2.hd5")
    (root / "disk").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "back").symlink_to(root)
    (root / "lost").symlink_to(tmp_path / "nothing")
    (root / "comap-lost.hd5").symlink_to(tmp_path / "nothing.hd5")
    found = found_below([root], PATTERN)
    assert sorted(names(found)) == ["comap-1.hd5", "comap-2.hd5"]
    assert not found.silent


def test_a_root_that_shows_nothing_stops_no_other(tmp_path):
    put(tmp_path / "good" / "comap-1.hd5")
    (tmp_path / "empty").mkdir()
    roots = [tmp_path / name for name in ("absent", "empty", "good")]
    found = found_below(roots, PATTERN)
    assert names(found) == ["comap-1.hd5"]
    assert "No such file" in found.silent[roots[0]]
    assert "is empty: is its disk mounted?" in found.silent[roots[1]]
    assert roots[2] not in found.silent


def test_a_folder_without_a_match_is_no_empty_one(tmp_path):
    put(tmp_path / "root" / "readme.txt")
    assert not found_below([tmp_path / "root"], PATTERN).silent


def test_a_folder_that_cannot_be_listed_makes_its_root_silent(tmp_path, monkeypatch):
    put(tmp_path / "a" / "comap-1.hd5", tmp_path / "b" / "comap-2.hd5")
    real = os.scandir

    def scandir(path):
        if Path(path).name == "b":
            raise OSError(5, "Input/output error", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = found_below([tmp_path], PATTERN)
    assert set(names(found)) <= {"comap-1.hd5"}
    assert found.silent[tmp_path] == f"{tmp_path / 'b'} cannot be listed: Input/output error"


@pytest.mark.parametrize("closed", ["a", "b", "c"])
def test_a_folder_that_cannot_be_listed_hides_none_beside_it(tmp_path, monkeypatch, closed):
    put(*(tmp_path / name / f"comap-{name}.hd5" for name in "abc"))
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    real = os.scandir

    def scandir(path):
        if Path(path).name == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = found_below([tmp_path], PATTERN)
    assert names(found) == [f"comap-{name}.hd5" for name in "abc" if name != closed]
    assert "cannot be listed: " in found.silent[tmp_path]


def test_a_path_that_no_database_takes_is_told(tmp_path):
    put(tmp_path / os.fsdecode(b"d\xff") / "comap-1.hd5", tmp_path / "good" / "comap-2.hd5")
    found = found_below([tmp_path], PATTERN)
    assert names(found) == ["comap-2.hd5"]
    assert found.silent[tmp_path].endswith("comap-1.hd5 cannot be listed: its path is no UTF-8")
    assert found.silent[tmp_path].isascii()
