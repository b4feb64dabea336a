"""What every transport must do; plug-in authors inherit this suite.

class TestMine(TransportSuite):
    @pytest.fixture
    def transport(self, folder):
        with my_server(folder) as url:
            yield MyTransport(url)
"""

# ruff: noqa: S101  (these are tests)

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gnomon.acquire.download import download
from gnomon.acquire.transport import Transport
from gnomon.errors import BadData, NotFound

FILES = {
    "index.txt": b"a,b\n1,2\n",
    "empty.nc": b"",
    "dac/aoml/13857/13857 prof#1.nc": bytes(range(256)) * 1024,
}
BIG = "dac/aoml/13857/13857 prof#1.nc"
MTIME_S = 1_600_000_020  # a whole minute, which is what web listings tell


class TransportSuite:
    """A pytest class: override the fixture `transport`, which serves the fixture `folder`."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """Make the files to serve."""
        root = tmp_path / "archive"
        for name, content in FILES.items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            os.utime(target, (MTIME_S, MTIME_S))
        return root

    @pytest.fixture
    def transport(self, folder: Path) -> Iterator[Transport]:
        """Serve `folder` and connect to it."""
        raise NotImplementedError(folder)

    def test_url_has_no_slash_at_its_end(self, transport: Transport) -> None:
        """The root is what paths are appended to."""
        assert not transport.url.endswith("/")

    def test_stat_tells_size_and_time_in_utc(self, transport: Transport) -> None:
        """Microseconds since 1970."""
        stat = transport.stat(BIG)
        assert (stat.size, stat.mtime_us) == (len(FILES[BIG]), MTIME_S * 1_000_000)

    @pytest.mark.parametrize("name", FILES)
    def test_read_gives_all_bytes(self, transport: Transport, name: str) -> None:
        """And says beforehand how many."""
        with transport.read(name) as body:
            assert (body.total, body.offset) == (len(FILES[name]), 0)
            assert b"".join(body) == FILES[name]

    def test_read_resumes(self, transport: Transport) -> None:
        """The total stays that of the whole file."""
        stamp = transport.stat(BIG).stamp
        with transport.read(BIG, offset=1000, if_match=stamp) as body:
            assert (body.total, body.offset, body.stat.stamp) == (len(FILES[BIG]), 1000, stamp)
            assert b"".join(body) == FILES[BIG][1000:]

    def test_a_changed_file_is_noticed_on_resume(self, transport: Transport, folder: Path) -> None:
        """Either it starts at 0, or its stamp is another."""
        stamp = transport.stat(BIG).stamp
        (folder / BIG).write_bytes(b"re-issued" * 500)
        with transport.read(BIG, offset=1000, if_match=stamp) as body:
            assert body.offset == 0 or body.stat.stamp != stamp

    def test_unchanged_files_are_not_sent(self, transport: Transport, folder: Path) -> None:
        """Until they change."""
        stamp = transport.stat("index.txt").stamp
        with transport.read("index.txt", unless=stamp) as body:
            assert body.unchanged
            assert list(body) == []
        (folder / "index.txt").write_bytes(b"new")
        with transport.read("index.txt", unless=stamp) as body:
            assert not body.unchanged
            assert b"".join(body) == b"new"

    def test_a_body_may_be_left_early(self, transport: Transport) -> None:
        """More often than there are connections."""
        for _ in range(10):
            with transport.read(BIG) as body:
                assert next(iter(body))
        assert transport.stat(BIG).size == len(FILES[BIG])

    def test_list_tells_names_and_folders_in_order(self, transport: Transport) -> None:
        """Sizes only where they are exact."""
        entries = [(entry.name, entry.is_folder) for entry in transport.list()]
        assert entries == [("dac", True), ("empty.nc", False), ("index.txt", False)]
        (big,) = transport.list("dac/aoml/13857")
        assert big.name == BIG.rpartition("/")[2]
        assert big.size in (None, len(FILES[BIG]))
        assert big.mtime_us in (None, MTIME_S * 1_000_000)

    def test_absence_is_not_found(self, transport: Transport) -> None:
        """For files and for folders; the connection lives on."""
        for ask in (transport.stat, transport.read, transport.list):
            with pytest.raises(NotFound):
                ask("dac/none.nc")
        assert transport.stat("index.txt").size == len(FILES["index.txt"])

    @pytest.mark.parametrize("path", ["../secret", "dac/../../secret", "a\r\nDELE b"])
    def test_paths_stay_inside(self, transport: Transport, path: str) -> None:
        """Whatever an index says."""
        with pytest.raises(BadData):
            transport.read(path)

    def test_download_arrives_whole(self, transport: Transport, tmp_path: Path) -> None:
        """And tells the stamp for the next time."""
        arrived = download(transport, BIG, tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == FILES[BIG]
        assert arrived.stamp == transport.stat(BIG).stamp
