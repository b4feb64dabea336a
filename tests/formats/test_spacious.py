"""A file that takes what does not fit, and says so afterwards."""

import errno

import pytest

from gnomon.errors import Full
from gnomon.formats.spacious import SpaciousFile


class Small:
    """A file on a disk with room for some bytes."""

    def __init__(self, held, room, number=errno.ENOSPC):
        self._held, self._room, self._number = held, room, number

    def __getattr__(self, name):
        return getattr(self._held, name)

    def write(self, data):
        if self._held.tell() + len(data) > self._room:
            taken = self._room - self._held.tell()
            if taken > 0:
                return self._held.write(data[:taken])
            raise OSError(self._number, "no")
        return self._held.write(data)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.bin"


def test_it_is_a_file(path):
    with SpaciousFile(path, new=True) as file:
        assert file.write(b"abcdef") == 6
        file.seek(2)
        assert file.tell() == 2
        into = bytearray(6)
        assert file.readinto(into) == 6
        assert into == b"cdef\0\0"
        file.truncate(3)
        file.check()
    assert path.read_bytes() == b"abc"
    with SpaciousFile(path, new=False) as file:
        file.seek(0, 2)
        file.write(b"d")
    assert path.read_bytes() == b"abcd"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_what_does_not_fit_is_dropped_and_told(path, number):
    file = SpaciousFile(path, new=True)
    file._held = Small(file._held, 4, number)
    assert file.write(b"abcdefgh") == 8
    with pytest.raises(Full, match="no space left"):
        file.check()
    file.seek(2)
    into = bytearray(4)
    file.readinto(into)
    assert into == b"cd\0\0"
    file.close()


def test_other_failures_are_not_kept_back(path):
    file = SpaciousFile(path, new=True)
    file._held = Small(file._held, 0, errno.EIO)
    with pytest.raises(OSError, match="no"):
        file.write(b"a")
    file.close()
