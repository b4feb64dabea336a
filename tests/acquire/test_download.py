import errno
import hashlib
import os
import signal
import subprocess
import sys
import textwrap

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gnomon.acquire.connect import connect
from gnomon.acquire.download import download, download_if_changed
from gnomon.acquire.transport import Limits
from gnomon.errors import (
    ChecksumMismatch,
    Full,
    NotAuthorised,
    NotFound,
    RateLimited,
    ServerFault,
    StoreError,
    Truncated,
    Unreachable,
)
from gnomon.sim import (
    Archive,
    Cut,
    Lacks,
    Latency,
    Refuse,
    Reissue,
    Slow,
    Stale,
    Stall,
    Status,
    WrongSize,
)

PATH = "dac/a/1.nc"
HASTY = Limits(read_timeout_s=0.2)


@pytest.fixture(params=["http", "ftp"])
def transport(request, archive):
    made = connect(archive.http_url if request.param == "http" else archive.ftp_url, HASTY)
    yield made
    made.close()


@pytest.fixture
def content(folder):
    return (folder / PATH).read_bytes()


def sent(archive):
    """The bytes of each transfer so far."""
    return [one.bytes_sent for one in archive.requests if one.verb in ("GET", "RETR")]


def test_a_file_arrives_whole(transport, dest, content, retry):
    steps = []
    arrived = download(transport, PATH, dest, retry=retry, progress=steps.append)
    assert dest.read_bytes() == content
    assert arrived.size == sum(steps) == len(content)
    assert arrived.sha256 == hashlib.sha256(content).hexdigest()
    assert arrived.stamp == transport.stat(PATH).stamp
    assert list(dest.parent.iterdir()) == [dest]


def test_it_replaces_what_is_there(transport, dest, content, retry):
    dest.write_bytes(b"old")
    download(transport, PATH, dest, retry=retry)
    assert dest.read_bytes() == content


def test_a_break_is_resumed_where_it_broke(archive, transport, dest, content, retry, waits):
    archive.faults.add(Cut(after_bytes=70_000, times=1))
    download(transport, PATH, dest, retry=retry, size=len(content))
    assert dest.read_bytes() == content
    assert sent(archive) == [70_000, len(content) - 70_000]
    assert len(waits) == 1


def test_repeated_breaks_are_resumed_too(archive, transport, dest, content, retry):
    archive.faults.add(Cut(after_bytes=60_000, times=3))
    download(transport, PATH, dest, retry=retry)
    assert dest.read_bytes() == content
    assert sent(archive) == [60_000, 60_000, 60_000, 20_000]


def test_without_proof_that_it_is_the_same_it_starts_over(archive, transport, dest, content, retry):
    archive.faults.add(Cut(after_bytes=70_000, times=1))
    archive.faults.add(Lacks(feature="RANGE"), Lacks(feature="MDTM"))
    download(transport, PATH, dest, retry=retry)
    assert dest.read_bytes() == content
    assert sent(archive) == [70_000, len(content)]


def test_a_file_reissued_in_mid_download_starts_over(archive, transport, dest, content, retry):
    other = bytes(reversed(content))
    archive.faults.add(Cut(after_bytes=70_000, times=1))

    def reissue(_):
        archive.faults.add(Reissue(pattern="*/1.nc", content=other))

    arrived = download(transport, PATH, dest, retry=retry, progress=reissue)
    assert dest.read_bytes() == other
    assert arrived.sha256 == hashlib.sha256(other).hexdigest()
    assert sent(archive) == [70_000, len(other)]


def test_a_reissue_of_other_size_than_listed_is_refused(archive, transport, dest, content, retry):
    archive.faults.add(Reissue(content=b"short"))
    with pytest.raises(Truncated, match=f"announces 5 bytes, listed {len(content)}"):
        download(transport, PATH, dest, size=len(content), retry=retry)
    assert list(dest.parent.iterdir()) == []


@pytest.mark.parametrize("by_bytes", [-1, 1, 100])
def test_a_wrong_size_is_truncation_after_retries(
    archive, transport, dest, content, retry, waits, by_bytes
):
    archive.faults.add(WrongSize(by_bytes=by_bytes))
    with pytest.raises(Truncated):
        download(transport, PATH, dest, size=len(content), retry=retry)
    assert len(waits) == 3
    assert list(dest.parent.iterdir()) == []


def test_too_large_a_size_is_noticed_without_a_listing(archive, transport, dest, retry):
    archive.faults.add(WrongSize(by_bytes=1))
    with pytest.raises(Truncated):
        download(transport, PATH, dest, retry=retry)


def test_a_wrong_size_that_passes_does_no_harm(archive, transport, dest, content, retry):
    archive.faults.add(WrongSize(by_bytes=7, times=1))
    download(transport, PATH, dest, size=len(content), retry=retry)
    assert dest.read_bytes() == content


def test_other_bytes_than_the_checksum_says(transport, archive, dest, content, retry):
    sha256 = hashlib.sha256(content).hexdigest()
    archive.faults.add(Reissue(content=b"x" * len(content), times=1))
    download(transport, PATH, dest, sha256=sha256.upper(), retry=retry)
    assert dest.read_bytes() == content
    with pytest.raises(ChecksumMismatch):
        download(transport, PATH, dest, sha256="0" * 64, retry=retry)
    assert dest.read_bytes() == content


def test_a_stall_is_a_timeout_and_resumes(archive, transport, dest, content, retry):
    archive.faults.add(Stall(after_bytes=65_536, times=1))
    download(transport, PATH, dest, retry=retry)
    assert dest.read_bytes() == content
    assert sent(archive) == [65_536, len(content) - 65_536]


def test_a_server_that_stays_silent_is_unreachable(archive, transport):
    archive.faults.add(Latency(latency_s=5.0))
    with pytest.raises(Unreachable):
        transport.stat(PATH)


def test_latency_below_the_timeout_is_borne(archive, transport, dest, content, retry, waits):
    archive.faults.add(Latency(latency_s=0.02))
    download(transport, PATH, dest, retry=retry)
    assert (dest.read_bytes(), waits) == (content, [])


def test_a_slow_archive_is_borne(archive, transport, dest, content, retry, waits):
    archive.faults.add(Slow(bytes_per_s=1_000_000))
    download(transport, PATH, dest, retry=retry)
    assert (dest.read_bytes(), waits) == (content, [])


def test_dropped_connections_are_tried_again(archive, transport, dest, content, retry, waits):
    archive.faults.add(Refuse(times=2))
    download(transport, PATH, dest, retry=retry)
    assert (dest.read_bytes(), len(waits)) == (content, 2)


@pytest.mark.parametrize(
    ("code", "error"), [(429, RateLimited), (500, ServerFault), (503, ServerFault)]
)
def test_faults_of_the_server_pass(archive, transport, dest, content, retry, waits, code, error):
    archive.faults.add(Status(code=code))
    with pytest.raises(error):
        transport.read(PATH)
    archive.faults.clear()
    archive.faults.add(Status(code=code, times=1))
    download(transport, PATH, dest, retry=retry)
    assert (dest.read_bytes(), len(waits)) == (content, 1)


def test_what_is_not_there_is_not_asked_for_again(archive, transport, dest, retry, waits):
    archive.faults.add(Status(code=404, pattern="*/1.nc"))
    with pytest.raises(NotFound):
        download(transport, PATH, dest, retry=retry)
    with pytest.raises(NotFound):
        download(transport, "no/such.nc", dest, retry=retry)
    assert waits == []
    assert list(dest.parent.iterdir()) == []


def test_retry_after_is_honoured(archive, dest, retry, waits):
    archive.faults.add(Status(code=429, retry_after_s=17, times=1))
    archive.faults.add(Status(code=503, retry_after_s=9, times=1))
    download(connect(archive.http_url), PATH, dest, retry=retry)
    assert waits == [17.0, 9.0]


def test_no_server_is_unreachable(folder, dest, retry, waits):
    with Archive(folder) as gone:
        urls = gone.http_url, gone.ftp_url
    for url in urls:
        with pytest.raises(Unreachable):
            download(connect(url), PATH, dest, retry=retry)
    assert len(waits) == 6


def test_a_stale_file_stays_as_it_was(archive, transport, folder, dest, content, retry):
    archive.faults.add(Stale(pattern="*/1.nc"))
    (folder / PATH).write_bytes(b"newer")
    download(transport, PATH, dest, retry=retry)
    assert dest.read_bytes() == content
    archive.faults.clear()
    download(transport, PATH, dest, retry=retry)
    assert dest.read_bytes() == b"newer"


def test_an_index_is_downloaded_when_it_changes(archive, transport, folder, dest, retry):
    first = download_if_changed(transport, PATH, dest, stamp="", retry=retry)
    archive.requests.clear()
    assert download_if_changed(transport, PATH, dest, stamp=first.stamp, retry=retry) is None
    assert sum(sent(archive)) == 0
    (folder / PATH).write_bytes(b"longer index" * 10)
    again = download_if_changed(transport, PATH, dest, stamp=first.stamp, retry=retry)
    assert again.size == 120
    assert list(dest.parent.iterdir()) == [dest]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(0, 200_000), max_size=3))
def test_any_cuts_give_the_same_bytes(archive, transport, dest, content, retry, cuts):
    archive.faults.clear()
    archive.faults.add(*(Cut(after_bytes=cut, times=1) for cut in cuts))
    download(transport, PATH, dest, size=len(content), retry=retry)
    assert dest.read_bytes() == content


def test_a_full_disk_is_full(transport, dest, retry, waits, monkeypatch):
    def write(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(Full, match="make room"):
        download(transport, PATH, dest, retry=retry)
    assert waits == []
    assert list(dest.parent.iterdir()) == []


@pytest.fixture
def tiny_disk(tmp_path):
    place = tmp_path / "tiny"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs is not permitted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_really_full_disk_is_full(transport, tiny_disk, retry):
    with pytest.raises(Full):
        download(transport, PATH, tiny_disk / "1.nc", retry=retry)
    assert list(tiny_disk.iterdir()) == []


def test_a_folder_that_is_missing_is_an_error_of_the_store(transport, tmp_path, retry):
    with pytest.raises(StoreError, match="No such file"):
        download(transport, PATH, tmp_path / "none/1.nc", retry=retry)


def test_a_killed_process_leaves_no_file_of_that_name(archive, dest):
    archive.faults.add(Stall(after_bytes=100_000))
    code = f"""
        from pathlib import Path
        from gnomon.acquire.connect import connect
        from gnomon.acquire.download import download
        tell = lambda n: print(n, flush=True)
        download(connect({archive.http_url!r}), {PATH!r}, Path({str(dest)!r}), progress=tell)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not dest.exists()
    assert [left.suffix for left in dest.parent.iterdir()] == [".part"]


def test_wrong_tokens_are_not_authorised(archive, dest, retry, waits):
    archive.faults.add(Status(code=403))
    with pytest.raises(NotAuthorised) as caught:
        download(connect(archive.http_url, token="s3cret"), PATH, dest, retry=retry)
    assert "s3cret" not in str(caught.value)
    assert waits == []


@pytest.mark.parametrize(("lasting", "syncs"), [(True, 2), (False, 0)])
def test_what_need_not_last_is_not_synced(transport, dest, content, monkeypatch, lasting, syncs):
    seen = []
    monkeypatch.setattr(os, "fsync", seen.append)
    download(transport, PATH, dest, lasting=lasting)
    assert (dest.read_bytes(), len(seen)) == (content, syncs)
    assert [path.name for path in dest.parent.iterdir()] == [dest.name]
