"""Store files that change behind our back are reported, and never replaced in silence."""

import os

import pytest

from gnomon.engine import upkeep
from gnomon.engine.events import Happened
from gnomon.errors import Corrupt
from lab import Lab

KEY = "day=1,part=0"


def alter(path):
    path.chmod(0o644)
    path.write_text("other")


def truncate(path):
    path.chmod(0o644)
    os.truncate(path, 1)


def rot(path):
    """Change a bit, so that neither size nor time tell."""
    before = path.stat()
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def delete(path):
    path.unlink()


DAMAGES = [alter, truncate, rot, delete]
VISIBLE = [alter, truncate, delete]


def content(path):
    return path.read_bytes() if path.exists() else None


@pytest.fixture
def done(lab: Lab):
    lab.fill(days=1)
    lab.run()
    return lab


def dataset(lab, kind, key):
    (found,) = [
        d for d, _ in lab.catalog.changes(0).datasets if (d.kind, d.key_text) == (kind, key)
    ]
    return found


@pytest.mark.parametrize("damage", DAMAGES)
def test_verify_tells(done, damage):
    damage(done.path("toy.clean", KEY))
    with pytest.raises(Corrupt, match="clean/1_0_v1"):
        done.store.verify(dataset(done, "toy.clean", KEY))


@pytest.mark.parametrize("damage", VISIBLE)
def test_a_corrupt_input_fails_its_job_and_stays_as_it_is(done, damage):
    path = done.path("toy.clean", KEY)
    damage(path)
    before = content(path)
    done.put(raw_1_1="new")  # the stack needs all parts again
    summary = done.run()
    (problem,) = summary.problems
    assert (problem.what, problem.name) == (Happened.FAILED, "toy.stack")
    assert "clean/1_0_v1" in problem.message
    assert content(path) == before


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_explicit_request_makes_it_anew(done, damage, tmp_path):
    path = done.path("toy.clean", KEY)
    before = path.read_bytes()
    damage(path)
    done.put(raw_1_1="new")
    done.reopen(done.good()["toy.clean", KEY])
    assert done.run().problems == []
    assert path.read_bytes() == before
    done.assert_equals_batch(tmp_path / "batch")


@pytest.mark.parametrize("damage", VISIBLE)
def test_a_corrupt_file_is_reported_when_it_is_promoted(done, damage, tmp_path):
    path = done.path("toy.clean", KEY)
    done.put(raw_1_0="new")
    done.run()
    damage(path)
    before = content(path)
    done.put(raw_1_0="d1p0")
    summary = done.run()
    assert [problem.what for problem in summary.problems][:1] == [Happened.CORRUPT]
    assert content(path) == before
    done.reopen(done.good()["toy.clean", KEY])
    assert done.run().problems == []
    done.assert_equals_batch(tmp_path / "batch")


def test_a_corrupt_product_is_not_published(done):
    alter(done.path("toy.book", ""))
    (done.out / "book.txt").unlink()
    (problem,) = done.run().problems
    assert (problem.what, problem.act) == (Happened.FAILED, "publish")
    assert not (done.out / "book.txt").exists()


def test_a_store_that_was_emptied_is_filled_again_from_the_archive(done):
    before = {path: path.read_bytes() for path in done.store.root.rglob("*") if path.is_file()}
    for path in before:
        path.unlink()
    versions = done.good()
    assert upkeep.restore(done.catalog, done.store, lambda d: d.kind == "none") == []
    jobs = upkeep.restore(done.catalog, done.store)
    assert len(jobs) == sum(done.states().values())
    summary = done.run()
    assert summary.ok
    assert {path: path.read_bytes() for path in before} == before
    assert done.good() == versions
    assert upkeep.restore(done.catalog, done.store) == []
