"""The simulated MAST speaks as the real one does."""

import json
from urllib.parse import quote, urlencode

import pytest

from gnomon.instruments.sky.simulate.mast import DOWNLOAD, INVOKE, LOOKUP, STORAGE, Mast
from gnomon.instruments.sky.simulate.mast_holdings import TessFiles
from gnomon.sim.requests import Request

FORM = {"content-type": "application/x-www-form-urlencoded", "host": "127.0.0.1:80"}


@pytest.fixture
def mast(sky):
    return Mast(sky, TessFiles(days=0.1))


def ask(mast, service, params, **more):
    question = json.dumps({"service": service, "params": params, "pagesize": 1000} | more)
    body = urlencode({"request": question}).encode()
    request = Request("http", "POST", INVOKE, headers=FORM, body=body)
    return json.loads(mast.routes[INVOKE](request).body)


def get(mast, path, query="", **headers):
    route = next(r for prefix, r in mast.routes.items() if path.startswith(prefix))
    return route(Request("http", "GET", path, query=query, headers={**FORM, **headers}))


def test_a_body_of_json_is_not_understood(mast):
    body = json.dumps({"service": "Mast.Caom.Filtered"}).encode()
    headers = {"content-type": "application/json"}
    answer = mast.routes[INVOKE](Request("http", "POST", INVOKE, headers=headers, body=body))
    assert answer.status == 200
    assert json.loads(answer.body)["status"] == "ERROR"


def test_an_answer_has_the_parts_of_a_real_one(mast, real):
    told = ask(mast, "Mast.Caom.Filtered", {"columns": "*", "filters": []})
    recorded = json.loads((real / "mast" / "caom.json").read_text())
    assert set(told) == set(recorded)
    assert set(told["paging"]) == set(recorded["paging"])
    types = {one["name"]: one["type"] for one in told["fields"]}
    kinds = {one["name"]: one["type"] for one in recorded["fields"]}
    assert {n: t for n, t in types.items() if n in kinds} == {
        n: t for n, t in kinds.items() if n in types
    }
    assert isinstance(told["data"][0]["obsid"], int)  # though declared a string
    assert types["obsid"] == "string"


def test_files_are_those_of_their_observations(mast):
    obsid = mast.holdings.observations[0]["obsid"]
    told = ask(mast, "Mast.Caom.Products", {"obsid": str(obsid)})
    first = told["data"][0]
    body = get(mast, f"{STORAGE}/{first['productFilename']}").body
    assert len(body) == first["size"]


def test_downloads_lead_to_another_host_which_takes_no_token(mast):
    uri = mast.holdings.observations[0]["dataURL"]
    answer = get(mast, DOWNLOAD, f"uri={quote(uri)}")
    assert answer.status == 302
    name = uri.rpartition("/")[2]
    assert answer.headers == (("Location", f"http://localhost:80{STORAGE}/{name}"),)
    assert get(mast, f"{STORAGE}/{name}", authorization="token x").status == 400
    mast.redirects = False
    assert get(mast, DOWNLOAD, f"uri={quote(uri)}").status == 200
    assert get(mast, DOWNLOAD, "uri=mast:TESS/product/none.fits").status == 404


def test_a_wrong_token_is_refused_and_who_one_is_can_be_asked(mast):
    assert get(mast, DOWNLOAD, authorization="token old").status == 401
    assert get(mast, DOWNLOAD, authorization=f"Bearer {mast.token}").status == 401
    assert json.loads(get(mast, "/whoami").body)["anon"]
    known = get(mast, "/whoami", authorization=f"token {mast.token}")
    assert not json.loads(known.body)["anon"]


def test_paths_are_looked_up(mast):
    uri = str(mast.holdings.observations[0]["dataURL"])
    told = json.loads(get(mast, LOOKUP, urlencode([("uri", uri), ("uri", "mast:x")])).body)
    assert told[uri]["status_code"] == 200
    assert told["mast:x"] == {"status_code": 404, "path": None}
    assert get(mast, LOOKUP, urlencode([("uri", uri)] * 41)).status == 400
