import json
import logging
import pickle
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from gnomon.acquire.api import JSON, Api, api_key, basic
from gnomon.acquire.connect import Network
from gnomon.acquire.retry import Retry
from gnomon.acquire.transport import Limits
from gnomon.errors import (
    BadData,
    ConfigError,
    GnomonError,
    NotAuthorised,
    NotFound,
    RateLimited,
    Refused,
    ServerFault,
    Truncated,
    Unreachable,
)

TOKEN = "dG9wOnMzY3JldA=="


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def do_PUT(self):
        self.do_POST()

    def answer(self, body):
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        with self.server.lock:
            answers = self.server.answers
            found = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(found):
            found(self)
            return
        status, headers, content = found
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing it waits for them

    def handle_error(self, *_):
        pass


@pytest.fixture
def service():
    """A service that gives the answers of a test, one after the other, the last for ever."""
    running = []

    def start(*answers):
        server = Server(("127.0.0.1", 0), Answers)
        server.lock, server.seen = threading.Lock(), []
        server.answers = [
            answer if callable(answer) or len(answer) == 3 else answered(*answer)
            for answer in answers
        ]
        server.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


def answered(status=200, content=b"", **headers):
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, content


@pytest.fixture
def api(waits):  # named after `service`, so that it is closed first
    """Makes clients that wait for nothing and try three times."""
    made = []

    def make(server, *, token=TOKEN, limits=None, **more):
        retry = Retry(attempts=3, sleep=waits.append, random=random.Random(1))
        network = Network(limits or Limits(read_timeout_s=5), retry)
        secret = None if token is None else SecretStr(token)
        made.append(Api(f"{server.url}/v1/", network, secret, **{"variable": "X_KEY"} | more))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_answers_in_memory(service, api):
    server = service((200, b"\xff\x00"), (200, b"\xef\xbb\xbfert\n1"), (200, b'{"a": [1]}'))
    client = api(server)
    assert client.content("x.bin") == b"\xff\x00"
    assert client.text("x.csv") == "ert\n1"
    assert client.json("x.json") == {"a": [1]}
    assert client.url == f"{server.url}/v1"


@pytest.mark.parametrize(
    ("header", "name", "value"),
    [(api_key, "x-api-key", TOKEN), (basic, "Authorization", f"Basic {TOKEN}")],
)
def test_the_token_goes_into_its_header(service, api, header, name, value):
    server = service((200, b"x"))
    api(server, header=header).content("x")
    assert server.seen[0][2][name] == value


def test_without_a_token_no_header_is_sent(service, api):
    server = service((200, b"x"))
    api(server, token=None).content("x")
    assert not {"x-api-key", "Authorization"} & set(server.seen[0][2])


def test_a_text_is_sent_as_it_is_and_a_mapping_is_quoted(service, api):
    server = service((200, b"x"))
    client = api(server)
    raw = "time%3E=2025-05-02T00:00:00&project(ert)&formatTime(%22yyyy-MM-dd'T'HH:mm:ss%22)"
    client.content("PKT.csv", raw)
    client.content("/space weather", {"at": "2026-03-01T00:00:00", "a b": "c&d"})
    assert server.seen[0][1] == f"/v1/PKT.csv?{raw}"
    assert server.seen[1][1] == "/v1/space%20weather?at=2026-03-01T00:00:00&a%20b=c%26d"


@pytest.mark.parametrize(("path", "query"), [("../x", ""), ("x", "a b"), ("x", "a\nb"), ("x", "ä")])
def test_what_is_no_path_is_refused(service, api, path, query):
    server = service((200, b"x"))
    with pytest.raises(BadData):
        api(server).content(path, query)
    assert not server.seen


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_names_its_variable(service, api, status):
    server = service((status, TOKEN.encode()))
    with pytest.raises(NotAuthorised, match=r"HTTP 40[13]; the token in X_KEY is wrong") as caught:
        api(server).content("x")
    assert TOKEN not in str(caught.value)
    with pytest.raises(NotAuthorised, match=r"set X_KEY in the environment or in \.env"):
        api(server, token=None).content("x")
    assert len(server.seen) == 2  # no retry helps


def test_what_passes_is_asked_again(service, api, waits):
    server = service((503, b""), (500, b""), (200, b"here"))
    assert api(server).content("x") == b"here"
    assert len(waits) == 2


def test_a_service_that_asks_for_patience_gets_it(service, api, waits):
    server = service(answered(429, Retry_After="17"), (200, b"here"))
    assert api(server).content("x") == b"here"
    assert waits == [17]
    server = service(answered(429, Retry_After="17"))
    with pytest.raises(RateLimited):
        api(server).content("x")


def test_the_words_of_the_service_are_told_without_the_token(service, api):
    server = service((400, f'{{"message": "bad\n key {TOKEN}"}}'.encode()))
    with pytest.raises(Refused, match=r'HTTP 400: \{"message": "bad key …"\}') as caught:
        api(server).content("x")
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("status", [400, 405, 409, 413])
def test_what_is_refused_is_not_asked_again(service, api, status, waits):
    server = service((status, b"no"))
    with pytest.raises(Refused, match="no") as caught:
        api(server).content("x")
    assert caught.value.status == pickle.loads(pickle.dumps(caught.value)).status == status
    assert not waits


def test_a_page_of_an_error_is_not_told(service, api):
    server = service((404, b"<!DOCTYPE html><html>not found</html>"))
    with pytest.raises(NotFound, match=r"HTTP 404$"):
        api(server).content("x")


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html><html>log in</html>",
        b"\n <!-- 2026 -->\n<HTML lang='en'><body>we are down",
    ],
)
def test_a_web_page_is_no_data_whatever_its_status(service, api, tmp_path, page):
    server = service((200, page))
    with pytest.raises(ServerFault, match=r"a web page where data was expected.*X_KEY"):
        api(server).text("x")
    with pytest.raises(ServerFault, match="web page"):
        api(server).download("x", "", tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_text_that_mentions_html_is_data(service, api):
    server = service((200, b"name,page\n1,<html>"))
    assert api(server).text("x").startswith("name")


def test_nothing_is_an_answer_only_where_that_is_said(service, api, tmp_path):
    server = service((200, b""))
    client = api(server)
    with pytest.raises(ServerFault, match="an empty answer"):
        client.content("x")
    with pytest.raises(ServerFault, match="an empty answer"):
        client.download("x", "", tmp_path / "x")
    assert list(tmp_path.iterdir()) == []
    assert client.content("x", empty=True) == b""
    assert client.download("x", "", tmp_path / "x", empty=True).size == 0
    assert (tmp_path / "x").read_bytes() == b""


@pytest.mark.parametrize("body", [b'{"a": [1', b"\xff\xfe"])
def test_an_answer_that_makes_no_sense_is_asked_for_again(service, api, body):
    server = service((200, body), (200, b'{"a": 1}'))
    assert api(server).json("x") == {"a": 1}
    server = service((200, body))
    with pytest.raises(ServerFault, match="makes no sense"):
        api(server).json("x")


def test_a_body_goes_to_disk(service, api, tmp_path):
    content = random.Random(5).randbytes(300_000)
    server = service((200, content))
    counted = []
    found = api(server).download("x", "a=1", tmp_path / "x", counted.append)
    assert (tmp_path / "x").read_bytes() == content
    assert found.size == sum(counted) == 300_000


def short(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"x" * 40)
    handler.close_connection = True


def test_a_body_that_breaks_is_never_visible(service, api, tmp_path):
    server = service(short)
    with pytest.raises(Truncated):
        api(server).download("x", "", tmp_path / "x")
    with pytest.raises(Truncated):
        api(server).content("x")
    assert list(tmp_path.iterdir()) == []
    server = service(short, (200, b"y" * 100))
    api(server).download("x", "", tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"y" * 100


def test_another_size_than_the_listing_said_is_refused(service, api, tmp_path):
    server = service((200, b"four"))
    with pytest.raises(Truncated, match="listed 5"):
        api(server).download("x", "", tmp_path / "x", size=5)


def trickle(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def test_a_body_that_trickles_is_given_up(service, api):
    server = service(trickle)
    begun = time.monotonic()
    with pytest.raises(Unreachable, match="/v1/x: too slow"):
        api(server, longest_s=0.2).content("x")
    assert time.monotonic() - begun < 5


def test_silence_is_given_up(service, api):
    server = service(lambda _: time.sleep(1))
    with pytest.raises(Unreachable, match="fell silent"):
        api(server, limits=Limits(read_timeout_s=0.1)).content("x")


def test_a_chunked_body_that_breaks_is_truncated(service, api):
    def broken(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"5\r\nhello\r\n5\r\nwo")
        handler.close_connection = True

    with pytest.raises(Truncated):
        api(service(broken)).content("x")


@pytest.mark.parametrize("header", [api_key, basic])
def test_another_host_does_not_see_the_token(service, api, header, tmp_path):
    other = service((200, b"moved"))
    here = service(answered(302, Location=f"{other.url}/bucket/x?X-Amz-Signature=abc"))
    client = api(here, header=header)
    for number in range(2):
        client.download("x", "", tmp_path / f"{number}")
    assert (tmp_path / "1").read_bytes() == b"moved"
    for _, _, headers, _ in other.seen:
        assert TOKEN not in json.dumps(headers)


def test_another_host_that_refuses_does_not_blame_the_token(service, api):
    other = service((403, b"<?xml version='1.0'?><Code>Expired</Code>"))
    here = service(answered(302, Location=f"{other.url}/bucket/x?X-Amz-Signature=abc"))
    with pytest.raises(ServerFault, match=r"/v1/x: HTTP 403 of the host it redirects to") as caught:
        api(here).content("x")
    assert "X_KEY" not in str(caught.value)
    assert "abc" not in str(caught.value)


def test_uploads(service, api, tmp_path):
    content = random.Random(5).randbytes(300_000)
    (tmp_path / "x").write_bytes(content)
    bucket = service(answered(200, ETag='"1"'))
    client = api(bucket)
    answer = client.put(f"{bucket.url}/x?X-Amz-Signature=abc", tmp_path / "x", {"Content-Type": ""})
    assert answer["ETag"] == '"1"'
    client.put(f"{bucket.url}/y", b"abc")
    (verb, path, headers, body), second = bucket.seen
    assert (verb, path, body) == ("PUT", "/x?X-Amz-Signature=abc", content)
    assert headers["Content-Type"] == ""
    assert headers["Content-Length"] == "300000"
    assert "x-api-key" not in headers
    assert second[3] == b"abc"


def test_an_upload_is_tried_again_from_its_start(service, api, tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    bucket = service((500, b""), (200, b""))
    api(bucket).put(f"{bucket.url}/x", tmp_path / "x")
    assert [body for *_, body in bucket.seen] == [b"abc", b"abc"]


@pytest.mark.parametrize("status", [302, 403, 409, 500])
def test_an_upload_that_is_refused_shows_no_signature(service, api, status, caplog):
    caplog.set_level(logging.DEBUG)
    bucket = service((status, b"no"))
    with pytest.raises((Refused, ServerFault), match=f"/x: HTTP {status}") as caught:
        api(bucket).put(f"{bucket.url}/x?X-Amz-Signature=abc123&X-Amz-Credential=me", b"")
    assert "abc123" not in str(caught.value) + caplog.text
    assert "=me" not in str(caught.value) + caplog.text


def test_a_bucket_that_is_not_there(service, api):
    server = service((200, b""))
    with pytest.raises(Unreachable, match=r"http://127.0.0.1:9/x: ") as caught:
        api(server).put("http://127.0.0.1:9/x?X-Amz-Signature=abc123", b"")
    assert "abc123" not in str(caught.value)


def test_the_token_is_never_shown(service, api, caplog):
    caplog.set_level(logging.DEBUG)
    server = service((500, TOKEN.encode()), (401, TOKEN.encode()))
    client = api(server)
    with pytest.raises(GnomonError) as caught:
        client.content("x")
    assert TOKEN not in caplog.text + str(caught.value) + repr(client) + repr(vars(client))


def test_an_answer_that_makes_no_sense_is_told_without_the_token(service, api):
    with pytest.raises(ServerFault, match="makes no sense: 'no data for …'") as caught:
        api(service((200, f"no data for {TOKEN}".encode()))).json("x")
    assert TOKEN not in str(caught.value)


def test_a_redirect_logs_no_signature(service, api, caplog):
    caplog.set_level(logging.DEBUG)
    other = service((200, b"moved"))
    here = service(answered(302, Location=f"{other.url}/x?X-Amz-Signature=abc123&a=1"))
    assert api(here).content("x") == b"moved"
    assert "X-Amz-Signature=…&a=1" in caplog.text
    assert "abc123" not in caplog.text


@pytest.mark.parametrize("token", ["s3cret\nX-Other: 1", "s3crät"])
def test_a_token_that_no_header_carries_is_refused_unseen(token):
    with pytest.raises(ConfigError, match="the token in X_KEY") as caught:
        Api("http://127.0.0.1:9", Network(), SecretStr(token), variable="X_KEY")
    assert "s3cr" not in str(caught.value)


def test_blanks_around_a_token_do_not_matter(service, api):
    server = service((200, b"x"))
    api(server, token=f" {TOKEN}\n").content("x")
    assert server.seen[0][2]["x-api-key"] == TOKEN


def test_an_address_of_another_sort_is_refused():
    with pytest.raises(ConfigError, match="http"):
        Api("ftp://example.org", Network())


def test_many_threads_share_a_client(service, api):
    def echo(handler):
        content = handler.path.encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    client = api(service(echo))
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda n: client.text(f"p{n}"), range(200)))
    assert found == [f"/v1/p{n}" for n in range(200)]


def test_two_clients_do_not_know_each_other(service, api):
    """The seed's API configuration is global to the process: one client changed the other's."""
    first, second = service((200, b"1")), service((200, b"2"))
    one, two = api(first, token="first"), api(second, token="second", header=basic)
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit((one, two)[n % 2].content, "x") for n in range(40)]
        assert [answer.result() for answer in found] == [b"1", b"2"] * 20
    assert {headers["x-api-key"] for _, _, headers, _ in first.seen} == {"first"}
    assert {headers["Authorization"] for _, _, headers, _ in second.seen} == {"Basic second"}


def test_a_question_is_a_form_and_asked_again_in_the_same_words(service, api):
    server = service((503, b"busy"), (200, b"<html>busy"), (200, b'{"a": 1}'))
    assert api(server).ask("invoke", {"request": '{"x": "ä b"}'}, json.loads) == {"a": 1}
    (verb, path, headers, body), *others = server.seen
    assert (verb, path) == ("POST", "/v1/invoke")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert body == b"request=%7B%22x%22%3A+%22%C3%A4+b%22%7D"
    assert [one[3] for one in others] == [body] * 2


def test_a_question_may_be_bytes_of_any_type(service, api):
    server = service((200, b"ok"))
    assert api(server).ask("x", b"{}", bytes, JSON) == b"ok"
    assert server.seen[0][2]["Content-Type"] == "application/json"


def test_an_answer_to_a_question_that_makes_no_sense_is_a_fault(service, api):
    with pytest.raises(ServerFault, match="makes no sense"):
        api(service((200, b"never"))).ask("x", b"", json.loads)


def test_a_refused_question_is_told_in_the_services_own_words_without_markup(service, api):
    document = b'<?xml version="1.0"?><VOTABLE><INFO name="QUERY_STATUS">UsageFault: no</INFO>'
    server = service((400, document))
    with pytest.raises(Refused, match="HTTP 400: UsageFault: no"):
        api(server).ask("x", b"", bytes)
    assert len(server.seen) == 1


def test_a_question_is_not_redirected(service, api):
    server = service(answered(302, Location="/v1/y"))
    with pytest.raises(ServerFault, match="HTTP 302"):
        api(server).ask("x", b"", bytes)


def test_a_broken_connection_to_a_question_is_asked_again(service, api, waits):
    def hang_up(handler):
        handler.close_connection = True

    assert api(service(hang_up, (200, b"ok"))).ask("x", b"", bytes) == b"ok"
    assert len(waits) == 1


def test_an_answer_of_no_use_keeps_no_place_among_the_connections(service, api):
    server = service((416, b""), (206, b"x"), (200, b"ok"))
    client = api(server, limits=Limits(read_timeout_s=5, connections=1))
    assert client.ask("x", b"", bytes) == b"ok"


# -- answers that will be elsewhere


def test_where_a_long_answer_will_be(service, api):
    server = service((303, {"Location": "/tap/async/7"}, b"see there"))
    assert api(server).located("async", {"QUERY": "a b"}) == (
        f"http://127.0.0.1:{server.server_port}/tap/async/7"
    )
    ((verb, path, _, body),) = server.seen
    assert (verb, path.endswith("/async"), body) == ("POST", True, b"QUERY=a+b")


def test_what_a_redirect_says_besides_is_not_waited_for(service, api):
    told, chunks = threading.Event(), []

    def trickle(handler):
        handler.send_response(303)
        handler.send_header("Location", "/tap/async/7")
        handler.send_header("Connection", "close")
        handler.end_headers()
        while not told.wait(0.05) and len(chunks) < 60:
            handler.wfile.write(b"x")
            chunks.append(1)

    assert api(service(trickle)).located("async", {}).endswith("/tap/async/7")
    told.set()
    assert len(chunks) < 60


def test_an_answer_that_is_nowhere_is_a_fault(service, api):
    with pytest.raises(ServerFault, match="names no place"):
        api(service((200, b"done"))).located("async", {})


def test_a_refusal_instead_of_a_place(service, api):
    with pytest.raises(Refused, match="no such table"):
        api(service((400, b"no such table"))).located("async", {})


def test_a_place_is_asked_for_again_where_that_may_help(service, api):
    server = service((503, b""), (303, {"Location": "http://other/7"}, b""))
    assert api(server).located("async", {}) == "http://other/7"
    assert len(server.seen) == 2
