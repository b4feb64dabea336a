"""The servers as other programs see them: http.client and ftplib, not our own transports."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from contextlib import closing
from ftplib import FTP, error_perm, error_temp
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected
from urllib.parse import urlsplit

import pytest

from gnomon.errors import ConfigError
from gnomon.sim import (
    Archive,
    Cut,
    Lacks,
    Refuse,
    Reissue,
    Stale,
    Stall,
    Status,
    WrongSize,
)

MTIME_S = 1_600_000_000


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "archive"
    (root / "dac").mkdir(parents=True)
    for name, content in {"dac/1.nc": b"0123456789", "index.txt": b"old index"}.items():
        (root / name).write_bytes(content)
        os.utime(root / name, (MTIME_S, MTIME_S))
    return root


@pytest.fixture
def archive(folder):
    with Archive(folder) as running:
        yield running


@pytest.fixture
def http(archive):
    with closing(HTTPConnection(urlsplit(archive.http_url).netloc, timeout=0.5)) as connection:
        yield connection


@pytest.fixture
def ftp(archive):
    session = FTP(timeout=0.5)
    session.connect("127.0.0.1", urlsplit(archive.ftp_url).port)
    session.login()
    session.voidcmd("TYPE I")
    yield session
    session.close()


def get(http, path, verb="GET", **headers):
    http.request(
        verb, path, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )
    response = http.getresponse()
    return response.status, response.headers, response.read()


def retr(ftp, path, rest=None):
    chunks = []
    ftp.retrbinary(f"RETR {path}", chunks.append, rest=rest)
    return b"".join(chunks)


def test_a_file_over_http(http, archive):
    status, headers, body = get(http, "/dac/1.nc")
    assert (status, body) == (200, b"0123456789")
    assert headers["Last-Modified"] == "Sun, 13 Sep 2020 12:26:40 GMT"
    assert headers["ETag"].startswith('"')
    (request,) = archive.requests
    assert (request.verb, request.path, request.bytes_sent, request.code) == (
        "GET",
        "/dac/1.nc",
        10,
        200,
    )


def test_head_has_no_body(http):
    status, headers, body = get(http, "/dac/1.nc", "HEAD")
    assert (status, headers["Content-Length"], body) == (200, "10", b"")


@pytest.mark.parametrize(
    ("span", "status", "body", "content_range"),
    [
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=4-5", 206, b"45", "bytes 4-5/10"),
        ("bytes=4-99", 206, b"456789", "bytes 4-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=1-2,4-5", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
def test_ranges(http, span, status, body, content_range):
    found, headers, content = get(http, "/dac/1.nc", Range=span)
    assert (found, content, headers["Content-Range"]) == (status, body, content_range)


def test_validators(http):
    etag = get(http, "/dac/1.nc", "HEAD")[1]["ETag"]
    assert get(http, "/dac/1.nc", If_None_Match=etag)[0] == 304
    assert get(http, "/dac/1.nc", If_None_Match='"other"')[0] == 200
    assert get(http, "/dac/1.nc", Range="bytes=4-", If_Range=etag)[0] == 206
    assert get(http, "/dac/1.nc", Range="bytes=4-", If_Range='"other"')[0] == 200


def test_listings_and_what_is_not_there(http):
    assert (
        b'<a href="1.nc">1.nc</a></td><td align="right">2020-09-13 12:26' in get(http, "/dac/")[2]
    )
    status, headers, _ = get(http, "/dac")
    assert (status, headers["Location"]) == (301, "/dac/")
    assert (
        get(http, "/none")[0]
        == get(http, "/dac/1.nc/")[0]
        == get(http, "/../../etc/passwd")[0]
        == 404
    )


def test_ftp_is_anonymous_and_read_only(ftp, archive):
    assert retr(ftp, "/dac/1.nc") == b"0123456789"
    assert retr(ftp, "dac/1.nc", rest=4) == b"456789"
    assert ftp.size("/dac/1.nc") == 10
    assert ftp.sendcmd("MDTM /dac/1.nc") == "213 20200913122640"
    assert sorted(name for name, _ in ftp.mlsd("/")) == ["dac", "index.txt"]
    assert ftp.nlst("/dac") == ["1.nc"]
    for command in (
        "DELE /dac/1.nc",
        "STOR /new",
        "SIZE /../../etc/passwd",
        "RETR /dac",
        "CWD /no",
    ):
        with pytest.raises(error_perm, match="550"):
            ftp.voidcmd(command)
    sent = [one.bytes_sent for one in archive.requests if one.verb == "RETR"]
    assert sent == [10, 6, 0]


def test_an_overlay_stands_in_front(archive, http, ftp, tmp_path):
    (tmp_path / "update/dac").mkdir(parents=True)
    (tmp_path / "update/dac/1.nc").write_bytes(b"new")
    (tmp_path / "update/dac/2.nc").write_bytes(b"two")
    archive.overlay = tmp_path / "update"
    assert get(http, "/dac/1.nc")[2] == retr(ftp, "/dac/1.nc") == b"new"
    assert ftp.nlst("/dac") == ["1.nc", "2.nc"]
    archive.overlay = None
    assert get(http, "/dac/1.nc")[2] == b"0123456789"


@pytest.mark.parametrize(
    ("code", "reply"), [(429, "421"), (500, "451"), (503, "450"), (404, "550")]
)
def test_statuses(archive, http, ftp, code, reply):
    archive.faults.add(Status(code=code, retry_after_s=3, times=2))
    status, headers, _ = get(http, "/dac/1.nc")
    assert (status, headers["Retry-After"]) == (code, "3")
    with pytest.raises((error_temp, error_perm), match=reply):
        retr(ftp, "/dac/1.nc")
    assert get(http, "/dac/1.nc")[0] == 200


def test_cut(archive, http, ftp):
    archive.faults.add(Cut(after_bytes=4))
    with pytest.raises(IncompleteRead, match="4 bytes read, 6 more"):
        get(http, "/dac/1.nc")
    with pytest.raises(error_temp, match="426"):
        retr(ftp, "/dac/1.nc")
    assert [one.bytes_sent for one in archive.requests] == [4, 4]


def test_stall(archive, http, ftp):
    archive.faults.add(Stall(after_bytes=4))
    with pytest.raises(TimeoutError):
        get(http, "/dac/1.nc")
    with pytest.raises(TimeoutError):
        retr(ftp, "/dac/1.nc")


def test_refuse(archive, http):
    archive.faults.add(Refuse())
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        get(http, "/dac/1.nc")
    with pytest.raises((EOFError, ConnectionResetError)), FTP(timeout=0.5) as session:
        session.connect("127.0.0.1", urlsplit(archive.ftp_url).port)


def test_stale_files_and_listings(archive, http, ftp, folder):
    archive.faults.add(Stale(pattern="/index.txt"), Stale(pattern="/dac"))
    (folder / "index.txt").write_bytes(b"newer index")
    (folder / "dac/2.nc").write_bytes(b"two")
    assert get(http, "/index.txt")[2] == retr(ftp, "/index.txt") == b"old index"
    assert ftp.size("/index.txt") == 9
    assert ftp.nlst("/dac") == ["1.nc"]
    assert b"2.nc" not in get(http, "/dac/")[2]
    assert get(http, "/dac/2.nc")[2] == b"two"
    archive.faults.clear()
    assert get(http, "/index.txt")[2] == b"newer index"
    assert ftp.nlst("/dac") == ["1.nc", "2.nc"]


def test_a_file_that_came_after_is_not_in_a_stale_archive(archive, http, folder):
    archive.faults.add(Stale(pattern="*"))
    (folder / "dac/2.nc").write_bytes(b"two")
    assert get(http, "/dac/2.nc")[0] == 404
    assert b"dac/" in get(http, "/")[2]


def test_reissue(archive, http, ftp, tmp_path):
    (tmp_path / "other.nc").write_bytes(b"other")
    etag = get(http, "/dac/1.nc", "HEAD")[1]["ETag"]
    archive.faults.add(Reissue(pattern="/dac/1.nc", content=b"bytes", times=1))
    archive.faults.add(Reissue(pattern="/dac/1.nc", content=tmp_path / "other.nc"))
    assert get(http, "/dac/1.nc", "HEAD")[1]["ETag"] != etag
    assert get(http, "/dac/1.nc")[2] == b"bytes"
    assert retr(ftp, "/dac/1.nc") == b"other"


def test_wrong_size(archive, http, ftp):
    archive.faults.add(WrongSize(by_bytes=2))
    assert ftp.size("/dac/1.nc") == 12
    with pytest.raises(IncompleteRead, match="10 bytes read, 2 more"):
        get(http, "/dac/1.nc")


def test_lacks(archive, http, ftp):
    for feature in ("MLSD", "MDTM", "SIZE", "RANGE", "ETAG"):
        archive.faults.add(Lacks(feature=feature))
    for command in ("MLSD /", "MDTM /dac/1.nc", "SIZE /dac/1.nc"):
        with pytest.raises(error_perm, match="500"):
            ftp.voidcmd(command)
    status, headers, _ = get(http, "/dac/1.nc", Range="bytes=4-")
    assert (status, headers["ETag"]) == (200, None)


@pytest.mark.parametrize("protocol", ["http_port", "ftp_port"])
def test_a_port_in_use_is_named(folder, protocol):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port}"), Archive(folder, **{protocol: port}):
            pass


def test_no_folder_no_archive(tmp_path):
    with pytest.raises(ConfigError, match="none"):
        Archive(tmp_path / "none")


def test_a_protocol_may_be_left_out(folder):
    with Archive(folder, http_port=None) as archive:
        assert archive.ftp_url
        with pytest.raises(ConfigError):
            _ = archive.http_url
    with Archive(folder, ftp_port=None) as archive, pytest.raises(ConfigError):
        _ = archive.ftp_url


def test_it_stops_while_clients_wait(folder):
    with Archive(folder, faults=[Stall()]) as archive:
        connection = HTTPConnection(urlsplit(archive.http_url).netloc, timeout=5)
        connection.request("GET", "/dac/1.nc")
        response = connection.getresponse()
    with pytest.raises(IncompleteRead):
        response.read()
    connection.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_runs_until_a_signal(folder, number):
    code = f"""
        from pathlib import Path
        from gnomon.sim import serve
        serve(Path({str(folder)!r}), 0, 0, announce=lambda url: print(url, flush=True))
        print("done")
    """
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        urls = [run.stdout.readline().strip() for _ in range(2)]
        with closing(HTTPConnection(urlsplit(urls[0]).netloc, timeout=1)) as http:
            assert get(http, "/dac/1.nc")[0] == 200
        run.send_signal(number)
        out, err = run.communicate()
    assert [url.partition(":")[0] for url in urls] == ["http", "ftp"]
    assert (out, err, run.returncode) == ("done\n", "", 0)
