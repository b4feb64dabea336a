"""TAP over a real socket: at once and by a job, and what goes wrong."""

import pytest

from gnomon.errors import Refused, ServerFault, Unreachable
from gnomon.instruments.sky.irsa import access
from gnomon.instruments.sky.irsa.releases import newest, releases, table_of
from gnomon.instruments.sky.irsa.tap import Tap, text
from gnomon.sim.faults import Reissue, Status
from gnomon.sim.service import Answer, Service
from station import impatient

QUESTION = "SELECT oid,nobs FROM ztf_objects_dr24 WHERE fid = 1 ORDER BY oid"


@pytest.fixture
def waits():
    return []


@pytest.fixture
def tap(urls, waits):
    api = access.open_api(urls["tap_url"], impatient(), 5)
    clock = iter(range(0, 10_000, 10))
    found = Tap(api, longest_s=300, sleep=waits.append, clock=lambda: next(clock))
    yield found
    found.close()


def test_releases(tap, irsa):
    assert releases(tap) == ("ztf_dr22", "ztf_dr23", "ztf_dr24")
    assert newest(tap) == "ztf_dr24"
    irsa.releases = ("ztf_dr9", "ztf_dr10")
    assert newest(tap) == "ztf_dr10"
    assert table_of("ztf_dr10") == "ztf_objects_dr10"


def test_no_release_is_a_fault(tap, irsa):
    irsa.releases = ()
    with pytest.raises(ServerFault, match="names no ztf_objects"):
        newest(tap)


def test_a_job_says_what_an_answer_at_once_says(tap, irsa, waits, service):
    irsa.tap.polls = 12
    assert tap.job(QUESTION) == tap.sync(QUESTION)
    assert waits[:3] == [1.0, 1.5, 2.25]
    assert max(waits) == waits[-1] == 30
    assert [one.verb for one in service.requests if one.path == "/TAP/async"] == ["POST"]


def test_a_job_without_end_is_given_up(tap, irsa):
    irsa.tap.polls = 1000
    with pytest.raises(Unreachable, match="not done after 300 s"):
        tap.job(QUESTION)


@pytest.mark.parametrize("way", ["sync", "job"])
def test_a_wrong_question_is_told_in_the_services_words(tap, way):
    with pytest.raises(Refused, match="Column bogus does not exist"):
        getattr(tap, way)("SELECT bogus FROM ztf_objects_dr24")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b'<VOTABLE><INFO name="QUERY_STATUS" value="ERROR">too busy</INFO></VOTABLE>', Refused),
        (b"oid,nobs\n1,", ServerFault),
        (b"", ServerFault),
        (b"<html>busy</html>", ServerFault),
    ],
)
@pytest.mark.parametrize("way", ["sync", "job"])
def test_an_error_with_status_200(tap, service, content, error, way):
    service.faults.add(Reissue(content=content, pattern="*sync"))
    service.faults.add(Reissue(content=content, pattern="*result"))
    with pytest.raises(error):
        getattr(tap, way)(QUESTION)


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\xfe no answer, \xff\n",
        b"table_name,n\nztf_objects_dr24\n",
        b"table_name\nztf_objects_dr24,1\n",
        b'table_name\n"' + b"x" * 200_000 + b'"\n',
    ],
    ids=["bytes", "short", "long", "large"],
)
def test_rows_that_are_no_table_are_the_services_fault(tap, service, content):
    service.faults.add(Reissue(content=content, pattern="*sync", times=1))
    assert newest(tap) == "ztf_dr24", "it is asked again"
    service.faults.add(Reissue(content=content, pattern="*sync"))
    with pytest.raises(ServerFault, match="makes no sense"):
        tap.rows(QUESTION)


def test_a_start_that_fails_is_tried_again(tap, service):
    service.faults.add(Status(code=503, pattern="*async", times=2))
    assert tap.job(QUESTION).startswith(b"oid,nobs\n")


def test_a_job_at_no_place_is_a_fault():
    with (
        Service({"/TAP": lambda _: Answer(b"started", 200, "text/plain")}) as service,
        pytest.raises(ServerFault, match="names no place"),
    ):
        access.open_tap(f"{service.url}/TAP", impatient(), 5).job(QUESTION)


def test_a_job_on_another_host_is_not_followed():
    """Only the path is taken: nothing, and no token, goes elsewhere."""
    elsewhere = Answer(b"", 303, "", (("Location", "http://example.org/jobs/1"),))
    with (
        Service({"/TAP": lambda _: elsewhere}) as service,
        pytest.raises(ServerFault, match="which is no path"),
    ):
        access.open_tap(f"{service.url}/TAP", impatient(), 5).job(QUESTION)


def test_texts_are_quoted():
    assert text("it's") == "'it''s'"
