import errno
from contextlib import suppress
from random import Random

import h5py
import numpy as np
import pytest

from gnomon.errors import BadData, NotAuthorised, Unreachable
from gnomon.formats.hdf5 import Retry, opened, plain


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "one.h5"
    with h5py.File(path, "w") as file:
        file["group/numbers"] = np.arange(10_000.0).reshape(100, 100)
        file.create_dataset("packed", data=np.arange(5000), chunks=(100,), compression="gzip")
        file["group"].attrs.update({"count": np.int64(3), "name": np.bytes_(b"x"), "two": [1, 2]})
    return path


class Faulty:
    """Stands in for h5py.File: fails so often, then opens."""

    def __init__(self, monkeypatch, *errors):
        self.errors, self.real, self.slept = list(errors), h5py.File, []
        monkeypatch.setattr(h5py, "File", self)
        self.retry = Retry(sleep=self.slept.append, random=Random(1))

    def __call__(self, *args, **options):
        if self.errors:
            raise self.errors.pop(0)
        return self.real(*args, **options)


class Fragile:
    """An open file whose datasets fail to read."""

    def __init__(self, held, faults):
        self._held, self._faults = held, faults

    def __getattr__(self, name):
        return getattr(self._held, name)

    def __contains__(self, name):
        return name in self._held

    def __getitem__(self, name):
        if self._faults:
            raise self._faults.pop()
        return self._held[name]


def test_what_is_in_a_file_is_read(path):
    with opened(path) as file:
        assert file.names() == ("group/numbers", "packed")
        assert file.names("group") == ("group/numbers",)
        assert "group" in file
        assert "group/other" not in file
        assert file.shape("group/numbers") == (100, 100)
        assert (file.chunks("packed"), file.chunks("group/numbers")) == ((100,), (100, 100))
        assert file.dtype("packed") == np.dtype("i8")
        assert file.read("group/numbers", np.s_[3, 4]) == 304
        into = np.empty(100, np.float32)
        file.read_into("group/numbers", into, np.s_[2])
        np.testing.assert_array_equal(into, np.arange(200, 300))


def test_attributes_are_plain_values(path):
    with opened(path) as file:
        said = file.attributes("group")
    assert said == {"count": 3, "name": "x", "two": "1,2"}
    assert {type(value) for value in said.values()} == {int, str}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.array([7]), 7),
        (np.bool_(True), 1),
        ("TauA,", "TauA,"),
        (b"\xff", "\\xff"),
        ("\udcff\u2604", "\\xff\u2604"),
        (np.array([b"a", b"b"]), "a,b"),
    ],
)
def test_plain(value, expected):
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)


def test_what_is_absent_is_named(path):
    with opened(path) as file:
        with pytest.raises(BadData, match=r"one\.h5 has no group/other"):
            file.read("group/other")
        with pytest.raises(BadData, match=r"one\.h5 has no nothing"):
            file.attributes("nothing")
        with pytest.raises(BadData, match=r"one\.h5 has no nothing"):
            file.names("nothing")
        with pytest.raises(BadData, match="group is a group"):
            file.read("group")


def test_what_cannot_heal_fails_at_once(path, tmp_path):
    def never(_seconds):
        pytest.fail("waited")

    def refused(where, reason, error=BadData):
        with pytest.raises(error, match=reason), opened(where, Retry(sleep=never)):
            pass

    whole = path.read_bytes()
    refused(tmp_path / "other.h5", "other.h5: there is no such file")
    refused(tmp_path, "is a folder")
    for name, content, reason in (
        ("empty.h5", b"", "no HDF5 file"),
        ("text.h5", b"a,b\n" * 999, "no HDF5 file"),
        ("cut.h5", whole[: len(whole) // 2], rf"cut short, at \d+ of {len(whole)} bytes"),
    ):
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name, reason)


@pytest.mark.parametrize(
    "error",
    [
        BlockingIOError(errno.EAGAIN, "unable to lock file"),
        OSError("unable to lock file, errno = 11"),
        OSError(errno.ESTALE, "Stale file handle"),
        OSError(errno.EIO, "Input/output error"),
    ],
)
def test_what_passes_is_tried_again(path, monkeypatch, error):
    faulty = Faulty(monkeypatch, error, error)
    with opened(path, faulty.retry) as file:
        assert file.shape("packed") == (5000,)
    first_s, second_s = faulty.slept
    assert 0.5 <= first_s <= 1 <= second_s <= 2


def test_what_does_not_pass_is_given_up_within_a_minute(path, monkeypatch):
    faulty = Faulty(monkeypatch, *[OSError(errno.EIO, "Input/output error")] * 9)
    with pytest.raises(Unreachable, match="tried 6 times"), opened(path, faulty.retry):
        pass
    assert len(faulty.slept) == 5
    assert sum(faulty.slept) <= 60


def test_a_file_that_may_not_be_read(path, monkeypatch):
    faulty = Faulty(monkeypatch, PermissionError(errno.EACCES, "Permission denied"))
    with pytest.raises(NotAuthorised), opened(path, faulty.retry):
        pass
    assert not faulty.slept


def test_a_read_that_fails_is_tried_once_more_on_a_fresh_file(path):
    with opened(path) as file:
        first = file.held
        file.held = Fragile(first, [OSError(errno.ESTALE, "Stale file handle")])
        assert file.read("packed")[-1] == 4999
        assert file.held is not first
        assert not first


def test_a_disk_that_fails_twice_says_nothing_of_the_file(path):
    fault = OSError(errno.EIO, "Input/output error")
    with opened(path) as file:
        file.held = Fragile(file.held, [fault])
        file._open = lambda: Fragile(h5py.File(path), [fault])
        with pytest.raises(Unreachable, match=r"one\.h5: packed cannot be read"):
            file.read("packed")


def test_damaged_bytes_are_bad_data(path):
    content = bytearray(path.read_bytes())
    with h5py.File(path) as file:
        chunk = file["packed"].id.get_chunk_info(7)
    middle = chunk.byte_offset + chunk.size // 2
    content[middle : middle + 20] = b"\x55" * 20
    path.write_bytes(bytes(content))
    with opened(path) as file:
        assert file.read("packed", np.s_[:100])[-1] == 99
        with pytest.raises(BadData, match=r"one\.h5: packed cannot be read"):
            file.read("packed")


def test_a_file_that_vanishes_while_it_is_read_is_told(path):
    with suppress(FileNotFoundError), opened(path) as file:
        path.unlink()
        file.held = Fragile(file.held, [OSError(errno.ESTALE, "Stale file handle")])
        with pytest.raises(BadData, match="there is no such file"):
            file.read("packed")
