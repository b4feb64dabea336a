"""The client of `invoke`, against MAST on loopback: polling, paging, splitting, errors."""

import json
from itertools import count
from urllib.parse import parse_qs

import pytest

from gnomon.errors import NotAuthorised, ServerFault, SourceError, Truncated, Unreachable
from gnomon.instruments.sky.mast.invoke import Mast, Patience
from gnomon.instruments.sky.mast.search import Cone, Filter, Range, Search
from gnomon.instruments.sky.simulate.mast import INVOKE, plain_rows
from gnomon.sim import Cut, Reissue, Slow, Status

HST = Search(filters=(Filter(column="obs_collection", values=("HST",)),))
GALEX = Search(filters=(Filter(column="obs_collection", values=("GALEX",)),))


class Clock:
    """Time passes by sleeping."""

    def __init__(self):
        self.now_s, self.slept = 0.0, []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now_s += seconds

    def patience(self, longest_s=600.0):
        return Patience(longest_s, self.sleep, lambda: self.now_s)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(archive, clock):
    made = []

    def make(**more):
        made.append(Mast(archive.api(), patience=more.pop("patience", clock.patience()), **more))
        return made[-1]

    yield make
    for one in made:
        one.close()


def questions(requests):
    return [json.loads(parse_qs(request.body.decode())["request"][0]) for request in requests]


def test_a_question_is_a_form_with_one_field(archive, client):
    client().observations(HST)
    (_, request) = archive.asked()
    assert (request.verb, request.path) == ("POST", "/api/v0/invoke")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert list(parse_qs(request.body.decode())) == ["request"]
    (question,) = questions([request])
    assert question["params"] == {
        "columns": "*",
        "filters": [{"paramName": "obs_collection", "values": ["HST"]}],
    }
    assert question["service"] == "Mast.Caom.Filtered"


def test_a_busy_service_is_asked_again_with_the_same_bytes_later_and_later(archive, client, clock):
    archive.mast.executing = 8
    assert client().count(HST) == len(archive.mast.sky.stars)
    bodies = {request.body for request in archive.asked()}
    assert len(bodies) == 1
    assert clock.slept == [1, 2, 4, 8, 16, 30, 30, 30]


def test_the_same_question_on_another_occasion_has_another_mark(archive, client):
    mast = client()
    mast.count(HST)
    mast.count(HST)
    marks = [question["cacheBreaker"] for question in questions(archive.asked())]
    assert len(set(marks)) == 2


def test_an_answer_that_never_comes_is_given_up(archive, client, clock):
    archive.mast.executing = 1000
    with pytest.raises(Unreachable, match="Filtered: no answer within 100 s"):
        client(patience=clock.patience(100)).count(HST)
    assert 60 < clock.now_s <= 100


def test_an_error_with_status_200_is_an_error_in_its_own_words(archive, client):
    archive.mast.error = "Something went wrong in the database"
    with pytest.raises(ServerFault, match="Filtered: Something went wrong in the database"):
        client().count(HST)
    archive.mast.error = ""
    strange = Search(filters=(Filter(column="no_such", values=(1,)),))
    with pytest.raises(ServerFault, match="Invalid column name 'no_such'"):
        client().observations(strange)


def test_all_pages_are_joined_whatever_their_size(archive, client):
    whole = client().observations(HST)
    archive.mast.most_page_rows = 5
    archive.asked()
    paged = client().observations(HST)
    assert paged.equals(whole)
    asked = [q for q in questions(archive.asked()) if q["params"]["columns"] == "*"]
    assert [q["page"] for q in asked] == [1, 2, 3]
    assert len({q["cacheBreaker"] for q in asked}) == 1


def test_every_value_of_the_archive_arrives(archive, client):
    found = client(page_rows=7).observations(Search()).to_pylist()
    held = archive.mast.holdings.observations
    texts = ("obsid", "objID")
    assert found == [{n: str(v) if n in texts else v for n, v in row.items()} for row in held]


def test_no_more_pages_than_wanted_are_asked_for(archive, client):
    found = client(page_rows=4).observations(HST, most=6)
    assert len(found) == 6
    assert [q["page"] for q in questions(archive.asked())] == [1, 1, 2]


def test_rows_that_are_missing_are_noticed(archive, client):
    body = json.dumps(
        {
            "status": "COMPLETE",
            "data": [{"obsid": 1}],
            "fields": [{"name": "obsid", "type": "string"}],
            "paging": {"page": 1, "pagesFiltered": 1, "rowsFiltered": 2},
        }
    ).encode()
    archive.faults.add(Reissue(pattern=INVOKE, content=body))
    with pytest.raises(ServerFault, match="1 rows arrived of the 2 announced"):
        client().table("Mast.Caom.Products", {"obsid": "1"})


def test_an_answer_without_rows_is_no_empty_answer(archive, client):
    archive.faults.add(Reissue(pattern=INVOKE, content=b'{"status": "COMPLETE"}'))
    with pytest.raises(ServerFault, match="without rows"):
        client().table("Mast.Caom.Products", {"obsid": "1"})
    with pytest.raises(ServerFault, match="does not say how many"):
        client().count(HST)


def test_nothing_found_has_columns_with_types(client):
    nothing = Search(filters=(Filter(column="obs_collection", values=("NONE",)),))
    found = client().observations(nothing)
    assert len(found) == 0
    assert str(found.schema.field("t_min").type) == "double"
    assert str(found.schema.field("obsid").type) == "string"


def test_places_and_patterns_and_ranges(client, sky):
    star = sky.stars[0]
    cone = Cone(ra_deg=star.ra_deg - 360, dec_deg=star.dec_deg, radius_deg=0.0005)
    names = set(client().observations(Search(cone=cone))["target_name"].to_pylist())
    assert names == {star.name, str(star.tic)}
    pattern = Search(filters=(Filter(column="target_name", values=("SIM-00%",)),))
    assert client().count(pattern) == 9
    times = Search(filters=(Filter(column="t_min", values=(Range(min=57001, max=57003),)),))
    assert client().count(times) == 3


@pytest.mark.parametrize("column", ["t_min", "s_ra"])
def test_a_question_over_the_row_limit_is_split_and_loses_nothing(archive, client, column):
    archive.mast.more = plain_rows(300, column=column)
    archive.mast.most_rows = 40
    with pytest.raises(SourceError):
        client(most_rows=500).observations(GALEX)
    found = client(most_rows=40).observations(GALEX)
    numbers = found["obsid"].to_pylist()
    assert len(numbers) == len(set(numbers)) == 300


def test_a_split_stops_where_enough_was_found(archive, client):
    archive.mast.more = plain_rows(300)
    archive.mast.most_rows = 40
    assert len(client(most_rows=40).observations(GALEX, most=50)) == 50


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Status(pattern=INVOKE, code=400), SourceError),
        (Status(pattern=INVOKE, code=401), NotAuthorised),
        (Status(pattern=INVOKE, code=404), SourceError),
        (Status(pattern=INVOKE, code=429), SourceError),
        (Status(pattern=INVOKE, code=500), ServerFault),
        (Status(pattern=INVOKE, code=503), ServerFault),
        (Cut(pattern=INVOKE, after_bytes=0), SourceError),
        (Cut(pattern=INVOKE, after_bytes=100), Truncated),
        (Reissue(pattern=INVOKE, content=b""), ServerFault),
        (Reissue(pattern=INVOKE, content=b"garbage"), ServerFault),
        (Reissue(pattern=INVOKE, content=b"<html>log in</html>"), ServerFault),
        (Reissue(pattern=INVOKE, content=b'{"status": "COMPLETE", "data": [{'), ServerFault),
    ],
)
def test_faults_are_errors_and_never_an_empty_answer(archive, client, fault, error):
    archive.faults.add(fault)
    with pytest.raises(error):
        client().observations(HST)


def test_a_passing_fault_is_asked_again(archive, client):
    archive.faults.add(Status(pattern=INVOKE, code=500, times=1), Cut(pattern=INVOKE, times=1))
    assert len(client().observations(HST)) == 12


def test_a_trickle_is_given_up(archive):
    api = archive.api()
    api._transport._longest_s = 0.2
    archive.faults.add(Slow(pattern=INVOKE, bytes_per_s=200))
    with pytest.raises(Unreachable, match="too slow"):
        Mast(api).observations(HST)
    api.close()


def test_the_token_goes_along_and_an_old_one_is_told(archive, client):
    archive.secrets["MAST_API_TOKEN"] = archive.mast.token
    client().count(HST)
    (request,) = archive.asked()
    assert request.headers["authorization"] == f"token {archive.mast.token}"
    archive.secrets["MAST_API_TOKEN"] = "yesterdays"
    with pytest.raises(NotAuthorised, match="MAST_API_TOKEN is wrong or has expired"):
        client().count(HST)


def test_marks_can_be_chosen(archive, client):
    numbers = count()
    client(mark=lambda: f"mark-{next(numbers)}").count(HST)
    assert questions(archive.asked())[0]["cacheBreaker"] == "mark-0"
