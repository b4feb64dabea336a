import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gnomon.acquire.connect import connect
from gnomon.acquire.http import retry_after_s
from gnomon.acquire.transport import Limits
from gnomon.errors import (
    BadData,
    ConfigError,
    NotAuthorised,
    NotFound,
    RateLimited,
    ServerFault,
    UnknownName,
    Unreachable,
)
from gnomon.sim import Archive

NOW = datetime(2026, 6, 18, 9, 0, tzinfo=UTC)


@pytest.fixture
def scripted():
    """Servers that answer every request with what a test says, and keep the headers they saw."""
    running = []

    def start(status, headers=None, body=b""):
        seen = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append(dict(self.headers))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}", seen

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, NotAuthorised),
        (403, NotAuthorised),
        (404, NotFound),
        (410, NotFound),
        (418, ServerFault),
        (429, RateLimited),
        (500, ServerFault),
        (503, ServerFault),
    ],
)
def test_what_a_status_means(scripted, status, error):
    url, _ = scripted(status)
    with pytest.raises(error, match=f"x.nc: HTTP {status}"):
        connect(url).read("x.nc")


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_makes_it_rate_limited(scripted, status):
    url, _ = scripted(status, {"Retry-After": "7"})
    with pytest.raises(RateLimited) as caught:
        connect(url).read("x.nc")
    assert caught.value.after_s == 7


@pytest.mark.parametrize(
    ("value", "after_s"),
    [
        (None, None),
        ("7", 7),
        (" 0 ", 0),
        ("Thu, 18 Jun 2026 09:01:30 GMT", 90),
        ("Thu, 18 Jun 2026 08:00:00 -0000", 0),
        ("soon", None),
    ],
)
def test_both_forms_of_retry_after(value, after_s):
    assert retry_after_s(value, lambda: NOW) == after_s


def test_a_date_in_retry_after_is_read_against_the_clock():
    later = NOW + timedelta(hours=1)
    assert retry_after_s(later.strftime("%a, %d %b %Y %H:%M:%S GMT"), lambda: NOW) == 3600


def test_the_token_stays_with_its_host(scripted, caplog):
    caplog.set_level(logging.DEBUG)
    other, seen_there = scripted(200, body=b"moved")
    url, seen_here = scripted(302, {"Location": f"{other}/x.nc"})
    transport = connect(url, token="s3cret")
    with transport.read("x.nc") as body:
        assert b"".join(body) == b"moved"
    transport.close()
    assert seen_here[0]["Authorization"] == "Bearer s3cret"
    assert "Authorization" not in seen_there[0]
    assert "s3cret" not in repr(transport) + caplog.text


def test_redirects_end(scripted):
    url, seen = scripted(302, {"Location": "/x.nc"})
    with pytest.raises(ServerFault, match="redirects"):
        connect(url).read("x.nc")
    assert len(seen) == 7  # the first twice: from then on redirects are expected


def test_we_say_who_we_are_and_want_the_bytes_as_stored(scripted):
    url, seen = scripted(200, {"Content-Encoding": "x-gzip"}, body=b"\x1f\x8b not unpacked")
    transport = connect(url, Limits(user_agent="gnomon-test"))
    with transport.read("index.gz") as body:
        assert b"".join(body) == b"\x1f\x8b not unpacked"
    transport.close()
    assert seen[0]["User-Agent"] == "gnomon-test"
    assert seen[0]["Accept-Encoding"] == "identity"


def test_a_part_that_is_not_the_one_asked_for_is_a_fault(scripted):
    url, _ = scripted(206, {"Content-Range": "nonsense"})
    with pytest.raises(ServerFault, match="nonsense"):
        connect(url).read("x.nc", offset=5)


def test_a_page_that_is_no_listing_is_bad_data(scripted):
    url, _ = scripted(200, body=b"<html>log in</html>")
    with pytest.raises(BadData):
        connect(url).list("dac")


def test_a_server_that_speaks_something_else_is_unreachable(archive):
    with pytest.raises(Unreachable):
        connect(archive.ftp_url.replace("ftp:", "http:"), Limits(read_timeout_s=0.2)).stat("x")


def test_no_more_connections_than_allowed(archive):
    transport = connect(archive.http_url, Limits(connections=2))

    def fetch(_):
        with transport.read("dac/a/1.nc") as body:
            return sum(map(len, body))

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(fetch, range(12))) == [200_000] * 12
    transport.close()


def test_a_file_that_became_shorter_starts_at_0(archive):
    transport = connect(archive.http_url)
    with transport.read("dac/a/1.nc", offset=10**6) as body:
        assert body.offset == 0
        assert len(b"".join(body)) == 200_000
    transport.close()


def test_addresses(folder):
    assert connect("https://archive.example/argo/").url == "https://archive.example/argo"
    with pytest.raises(ConfigError, match="token"):
        connect("https://me:s3cret@archive.example")
    with pytest.raises(UnknownName, match="'https'"):
        connect("httpss://archive.example")
    with pytest.raises(ConfigError, match="address"):
        connect("http://archive.example:port")
    with Archive(folder, http_port=None) as archive, pytest.raises(ConfigError):
        _ = archive.http_url
