"""The service as other programs see it: http.client, not our own transport."""

import json
from contextlib import closing
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected
from urllib.parse import urlsplit

import pytest

from gnomon.errors import ConfigError
from gnomon.sim import Cut, Lacks, Latency, Refuse, Reissue, Slow, Stale, Stall, Status, WrongSize
from gnomon.sim.service import Answer, Service, as_json, as_text


def echo(request):
    return as_json({"path": request.path, "query": request.query, "body": request.body.decode()})


@pytest.fixture
def service():
    routes = {
        "/api": echo,
        "/api/deep": lambda _: as_text("0123456789"),
        "/moved": lambda _: Answer(status=302, headers=(("Location", "/api"),)),
        "/empty": lambda _: Answer(content_type=""),
    }
    with Service(routes) as running:
        yield running


@pytest.fixture
def http(service):
    with closing(HTTPConnection(urlsplit(service.url).netloc, timeout=0.5)) as connection:
        yield connection


def ask(http, path, method="GET", body=None, headers=None):
    http.request(method, path, body=body, headers=headers or {})
    answer = http.getresponse()
    return answer.status, answer.read()


def test_the_longest_prefix_answers(http):
    assert ask(http, "/api/deep/er") == (200, b"0123456789")
    assert json.loads(ask(http, "/api/other")[1])["path"] == "/api/other"


@pytest.mark.parametrize("path", ["/", "/apiary", "/ap"])
def test_what_no_route_answers_is_not_found(http, path):
    assert ask(http, path)[0] == 404


def test_a_query_is_handed_on_as_it_was_sent(http):
    query = "time%3E=2025-05-02T00:00:00&project(packet)"
    assert json.loads(ask(http, f"/api/a%20b?{query}")[1]) == {
        "path": "/api/a b",
        "query": query,
        "body": "",
    }


def test_everything_is_recorded(http, service):
    ask(http, "/api/x?y=1", "PUT", b"abc", {"X-Api-Key": "k"})
    (request,) = service.requests
    assert (request.verb, request.path, request.query) == ("PUT", "/api/x", "y=1")
    assert (request.body, request.headers["x-api-key"], request.code) == (b"abc", "k", 200)
    assert request.bytes_sent > 0


def test_a_put_without_a_length_is_refused(http):
    http.putrequest("PUT", "/api")
    http.putheader("Transfer-Encoding", "chunked")
    http.endheaders()
    assert http.getresponse().status == 411


def test_one_connection_serves_many_requests(http, service):
    for _ in range(3):
        assert ask(http, "/empty") == (200, b"")
    assert ask(http, "/api", "HEAD") == (200, b"")
    assert len(service.requests) == 4


def test_a_redirect_names_its_target(http):
    http.request("GET", "/moved")
    answer = http.getresponse()
    answer.read()
    assert (answer.status, answer.headers["Location"]) == (302, "/api")


def test_a_status_comes_with_its_retry_after(http, service):
    service.faults.add(Status(code=429, retry_after_s=7, pattern="/api*", times=1))
    http.request("GET", "/api")
    answer = http.getresponse()
    answer.read()
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    assert ask(http, "/api")[0] == 200


def test_a_fault_may_strike_one_query(http, service):
    service.faults.add(Status(code=500, pattern="/api[?]day>=2*"))
    assert ask(http, "/api?day%3E=1")[0] == 200
    assert ask(http, "/api?day%3E=2")[0] == 500
    assert ask(http, "/api")[0] == 200


def test_a_cut_ends_the_connection_early(http, service):
    service.faults.add(Cut(after_bytes=3, times=1))
    with pytest.raises(IncompleteRead) as caught:
        ask(http, "/api/deep")
    assert caught.value.partial == b"012"


def test_a_wrong_length_is_announced(http, service):
    service.faults.add(WrongSize(by_bytes=5))
    with pytest.raises(IncompleteRead):
        ask(http, "/api/deep")


def test_a_stall_falls_silent(http, service):
    service.faults.add(Stall(after_bytes=3))
    with pytest.raises(TimeoutError):
        ask(http, "/api/deep")


def test_slow_bodies_and_late_answers_arrive(http, service):
    service.faults.add(Slow(bytes_per_s=100), Latency(latency_s=0.01))
    assert ask(http, "/api/deep") == (200, b"0123456789")


def test_html_may_come_with_status_200(http, service):
    service.faults.add(Reissue(content=b"<html>please log in</html>"))
    http.request("GET", "/api")
    answer = http.getresponse()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html")
    assert b"log in" in answer.read()


def test_a_connection_may_be_refused(http, service):
    service.faults.add(Refuse(times=1))
    with pytest.raises((RemoteDisconnected, ConnectionError)):
        ask(http, "/api")


@pytest.mark.parametrize("fault", [Stale(), Lacks(feature="RANGE")])
def test_faults_of_files_are_none_of_a_service(fault):
    with pytest.raises(ConfigError, match="fault of files"):
        Service({}, faults=[fault])


def test_a_taken_port_is_told(service):
    port = urlsplit(service.url).port
    with pytest.raises(ConfigError, match=f"port {port}"), Service({}, port=port):
        pass


def test_it_has_an_address_only_while_it_runs():
    with pytest.raises(ConfigError, match="not answer yet"):
        _ = Service({}).url
