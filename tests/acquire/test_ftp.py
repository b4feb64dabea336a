import time
from concurrent.futures import ThreadPoolExecutor
from ftplib import error_perm, error_proto, error_temp

import pytest

from gnomon.acquire import pipelining
from gnomon.acquire.connect import connect
from gnomon.acquire.ftp import FtpTransport, failure
from gnomon.acquire.transport import Limits
from gnomon.errors import (
    ConfigError,
    NotAuthorised,
    NotFound,
    RateLimited,
    ServerFault,
    Truncated,
    Unreachable,
)
from gnomon.sim import Archive, Lacks, Latency, Status

PATH = "dac/a/1.nc"


@pytest.fixture
def transport(archive):
    made = connect(archive.ftp_url)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (error_temp("421 Too many users"), RateLimited),
        (error_temp("425 No data connection"), Unreachable),
        (error_temp("426 Aborted"), Truncated),
        (error_temp("450 Busy"), ServerFault),
        (error_temp("451 Local error"), ServerFault),
        (error_perm("530 Login incorrect"), NotAuthorised),
        (error_perm("530 Sorry, the maximum number of clients is reached"), RateLimited),
        (error_perm("550 No such file"), NotFound),
        (error_perm("553 Name not allowed"), ServerFault),
        (error_proto("<html>"), ServerFault),
        (EOFError(), Unreachable),
        (TimeoutError("timed out"), Unreachable),
        (ConnectionRefusedError(111, "refused"), Unreachable),
    ],
)
def test_what_a_reply_means(error, kind):
    found = failure(error, "ftp://host/x")
    assert type(found) is kind
    assert str(found).startswith("ftp://host/x: ")


def test_one_connection_serves_many_files(transport):
    for _ in range(5):
        with transport.read(PATH) as body:
            assert len(b"".join(body)) == 200_000
    assert len(transport._sessions._idle) == 1


def test_not_found_does_not_cost_the_connection(transport):
    for _ in range(3):
        with pytest.raises(NotFound):
            transport.read("none.nc")
    assert len(transport._sessions._idle) == 1


def test_a_connection_that_broke_is_not_used_again(transport):
    with transport.read(PATH) as body:
        next(iter(body))
    assert transport._sessions._idle == []


def test_a_connection_that_died_of_age_is_replaced(folder):
    with Archive(folder, http_port=None) as first:
        port = int(first.ftp_url.rpartition(":")[2])
        transport = connect(first.ftp_url)
        transport.stat(PATH)
    with Archive(folder, http_port=None, ftp_port=port):
        assert transport.stat(PATH).size == 200_000
        transport.close()


def test_no_more_connections_than_allowed(archive):
    transport = connect(archive.ftp_url, Limits(connections=2))

    def fetch(_):
        with transport.read(PATH) as body:
            return sum(map(len, body))

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(fetch, range(12))) == [200_000] * 12
    assert len(transport._sessions._idle) <= 2
    transport.close()


def test_without_mlsd_it_lists_with_list_and_mdtm(archive, transport):
    archive.faults.add(Lacks(feature="MLSD"))
    for _ in range(2):
        (entry,) = transport.list("dac/a")
        assert (entry.size, entry.mtime_us) == (200_000, 1_600_000_000_000_000)
    assert [one.verb for one in archive.requests] == ["MLSD", "LIST", "MDTM", "LIST", "MDTM"]


def test_without_mlsd_a_missing_folder_is_not_an_empty_one(archive, transport):
    archive.faults.add(Lacks(feature="MLSD"))
    with pytest.raises(NotFound):
        transport.list("none")


def test_without_size_and_mdtm_the_bytes_come_all_the_same(archive, transport):
    archive.faults.add(Lacks(feature="SIZE"), Lacks(feature="MDTM"))
    stat = transport.stat(PATH)
    assert (stat.size, stat.mtime_us, stat.stamp) == (None, None, "")
    with transport.read(PATH) as body:
        assert len(b"".join(body)) == 200_000


def test_a_file_is_asked_for_in_one_go(archive, transport):
    archive.faults.add(Latency(latency_s=0.2))
    transport.stat("dac/a/1.nc")
    archive.requests.clear()
    began = time.monotonic()
    with transport.read(PATH) as body:
        assert len(b"".join(body)) == body.total == 200_000
    assert 0.2 <= time.monotonic() - began < 0.55  # three answers one after the other: 0.6
    assert [one.verb for one in archive.requests] == ["SIZE", "MDTM", "RETR"]


def test_a_server_that_takes_one_command_at_a_time_is_asked_so_from_then_on(archive):
    transport = connect(archive.ftp_url, Limits(read_timeout_s=0.3))
    archive.faults.add(Latency(pattern="*.nc", latency_s=0.5, times=1))
    with pytest.raises(Unreachable):
        transport.read(PATH)
    archive.requests.clear()
    with transport.read(PATH) as body:
        assert len(b"".join(body)) == 200_000
    assert not transport._pipelines
    transport.close()


def test_a_refused_port_keeps_the_connection(transport, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(pipelining, "_PASSIVE", ("999",))
        with pytest.raises(ServerFault):
            transport.read(PATH)
    with transport.read(PATH) as body:
        assert len(b"".join(body)) == 200_000


def test_421_is_rate_limited(archive, transport):
    archive.faults.add(Status(code=429, times=1))
    with pytest.raises(RateLimited):
        transport.stat(PATH)
    assert transport.stat(PATH).size == 200_000


def test_passwords_stay_inside(archive):
    url = archive.ftp_url.replace("ftp://", "ftp://me:s3cret@")
    transport = connect(url + "/dac")
    assert transport.url == archive.ftp_url + "/dac"
    with pytest.raises(NotAuthorised) as caught:
        transport.stat("a/1.nc")
    assert "s3cret" not in str(caught.value) + repr(transport)


def test_a_root_below_the_servers(archive):
    transport = connect(archive.ftp_url + "/dac/")
    assert transport.stat("a/1.nc").size == 200_000
    transport.close()


def test_a_host_is_needed():
    with pytest.raises(ConfigError):
        FtpTransport("ftp:///argo")
