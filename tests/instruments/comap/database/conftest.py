"""Databases of observations, empty, and datasets to publish."""

import json

import pytest
from tests.instruments.comap.published import NAME, OBSID, dataset_of, record_of, write_level2

from gnomon.instruments.comap import kinds
from gnomon.instruments.comap.database.publisher import SqlConfig, SqlPublisher
from gnomon.instruments.comap.level1.flagged import Flagged, write_flags
from gnomon.instruments.comap.level1.verdict import Status, Verdict


@pytest.fixture(scope="session")
def level2_file(tmp_path_factory):
    """Return a Level-2 file of feeds 1 and 2; five samples of feed 1, band 3 are not measured."""
    return write_level2(tmp_path_factory.mktemp("level2") / f"Level2_{NAME}.hd5", nan=5)


@pytest.fixture(scope="session")
def files(tmp_path_factory, level2_file):
    """Return a file of every kind that says something of one observation, and others of it."""
    folder = tmp_path_factory.mktemp("files")

    def at(name):
        return folder / f"{name}.json"

    record_of().write(at("level1"))
    record_of(error="obsid 45285: no pointing").write(at("unreadable"))
    for name in ("here", "there"):
        said = {"path": f"/data/{name}.hd5", "size": 1, "mtime_ns": 1}
        at(name).write_text(json.dumps(said), encoding="utf-8")
    Verdict(OBSID, Status.COMPLETE).write(at("verdict"))
    Verdict.failed(OBSID, "obsid 45285: no vane").write(at("failed"))
    write_flags(at("flags"), [Flagged((1, 19), (0, 7), "sidelobes")])
    found = {path.stem: path for path in folder.glob("*.json")}
    return {**found, "level2": level2_file}


@pytest.fixture(scope="session")
def published_as():
    """Return the kind of each of `files`."""
    return {
        "level1": kinds.LEVEL1,
        "unreadable": kinds.LEVEL1,
        "here": kinds.LEVEL1_PLACE,
        "there": kinds.LEVEL1_PLACE,
        "verdict": kinds.VERDICT,
        "failed": kinds.VERDICT,
        "flags": kinds.FLAGS,
        "level2": kinds.LEVEL2,
    }


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request, tmp_path):
    """Return the URL of an empty database, once of each kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("new_schema")
    return f"sqlite:///{tmp_path / 'comap.db'}"


@pytest.fixture
def publisher(target, tmp_path):
    made = SqlPublisher(SqlConfig(url=target), tmp_path)
    with made.database.sessions.kept():
        yield made


@pytest.fixture
def publish(publisher, files, published_as):
    """Return a function that publishes one of `files`."""

    def published(name):
        kind, path = published_as[name], files[name]
        return publisher.publish(dataset_of(kind, path), path)

    return published


@pytest.fixture
def rows(publisher):
    """Return what a query finds."""
    return publisher.database.rows
