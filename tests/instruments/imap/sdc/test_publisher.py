"""`gnomon imap publish`, and the publisher behind it, against a centre on loopback."""

import json
import logging

import pytest

from gnomon.sim import Cut, Status

KEY = "s3cret-key-0123456789"
OFFSETS = "imap_mag_l2-norm-offsets_20251017_20251017_v001.cdf"


@pytest.fixture
def offsets(centre):
    """Adopts offsets of a day; returns the path of the file in the store."""

    def bring(day=17, body="offsets"):
        source = centre.folder / f"{body}-{day}.cdf"
        source.write_bytes(b"\xcd\xf3\x00\x01" + body.encode())
        said = centre.run("adopt", source, "--kind", "imap.l2_offsets", "mode=norm",
                          f"day=2025-10-{day}", "--json").data  # fmt: skip
        return centre.folder / "store" / said["path"]

    return bring


def receipts(centre):
    return [
        json.loads(body)
        for path, body in centre.stored().items()
        if "receipt" in path and path.endswith(".json")
    ]


def test_an_upload_is_a_handshake(centre, offsets):
    path = offsets()
    said = centre.run("imap", "publish", path.name, "--json").data
    assert centre.sdc.uploads == {OFFSETS: path.read_bytes()}
    grant, upload = centre.services.requests
    assert (grant.verb, grant.path) == ("GET", f"/sdc/api-key/upload/{OFFSETS}")
    assert upload.verb == "PUT"
    assert upload.headers["content-type"] == ""
    assert "x-api-key" not in upload.headers
    assert said["ok"]
    assert said["files"] == [
        {
            "file": OFFSETS,
            "outcome": "uploaded",
            "detail": f"{centre.services.urls.root}/sdc-storage/{OFFSETS}",
        }
    ]


def test_twice_uploads_once_and_asks_nothing_the_second_time(centre, offsets):
    path = offsets()
    centre.run("imap", "publish", path)
    centre.asked()
    words = (path, path.name, path.relative_to(centre.folder))
    said = centre.run("imap", "publish", *words, "--json").data
    assert [one["outcome"] for one in said["files"]] == ["known"] * 3
    centre.run("run", "imap-publish")
    assert centre.asked() == []
    assert len(receipts(centre)) == 1


def test_a_new_version_is_sent_as_well(centre, offsets):
    centre.run("imap", "publish", offsets())
    newer = offsets(body="better")
    assert newer.name.endswith("_v002.cdf")
    centre.run("imap", "publish", newer.name)
    assert sorted(centre.sdc.uploads) == [OFFSETS, newer.name]
    said = centre.run("imap", "publish", OFFSETS, code=1)
    assert f"superseded by {newer.name}" in said.err


def test_one_failure_does_not_stop_the_rest(centre, offsets):
    names = [offsets(day).name for day in (16, 17, 18)]
    centre.services.faults.add(Status(pattern=f"*{names[1]}*", code=500))
    said = centre.run("imap", "publish", *names, "absent.cdf", "--json", code=1).data
    assert [one["outcome"] for one in said["files"]] == ["uploaded", "failed", "uploaded", "failed"]
    assert "HTTP 500" in said["files"][1]["detail"]
    assert "unknown file of the store 'absent.cdf'" in said["files"][3]["detail"]
    assert sorted(centre.sdc.uploads) == [names[0], names[2]]
    centre.services.faults.clear()
    said = centre.run("imap", "publish", *names, "--json").data
    assert [one["outcome"] for one in said["files"]] == ["known", "uploaded", "known"]


def test_only_what_is_named_is_sent(centre, offsets):
    offsets(16)
    path = offsets(17)
    centre.run("imap", "publish", path.name)
    assert list(centre.sdc.uploads) == [path.name]


def test_a_file_from_elsewhere_is_refused_with_the_remedy(centre, offsets, tmp_path):
    offsets()
    elsewhere = tmp_path / "elsewhere.cdf"
    elsewhere.write_bytes(b"x")
    said = centre.run("imap", "publish", elsewhere, code=1)
    assert "make it a dataset first: gnomon adopt" in said.err
    assert not centre.asked()


def test_science_files_want_versions_of_two_parts(centre):
    source = centre.folder / "x.cdf"
    source.write_bytes(b"\xcd\xf3\x00\x01")
    folder = centre.folder / "store/science/mag/l2-pre/2025/10"
    folder.mkdir(parents=True)
    old = folder / "imap_mag_l2-pre_norm-gse_20251017_v004.cdf"
    old.write_bytes(b"\xcd\xf3\x00\x01")
    centre.run("index")
    said = centre.run("imap", "publish", old.name, code=1)
    assert "versions such as v001.0004" in said.err
    assert not centre.asked()


def test_an_upload_whose_receipt_was_lost_is_not_sent_again(centre, offsets, monkeypatch):
    """The archive has these very bytes; it refuses a second upload, and that is well."""
    path = offsets()
    centre.sdc.uploads[OFFSETS] = path.read_bytes()
    bodies = {f"imap/ancillary/mag/{OFFSETS}": path.read_bytes()}
    monkeypatch.setattr(centre.sdc, "_bodies", lambda: bodies)
    centre.run("imap", "publish", path)
    assert all(request.verb == "GET" for request in centre.services.requests)
    assert len(receipts(centre)) == 1


def test_other_bytes_under_the_same_name_are_a_failure(centre, offsets):
    path = offsets()
    centre.sdc.uploads[OFFSETS] = b"other"
    said = centre.run("imap", "publish", path, code=1)
    assert "HTTP 409" in said.err
    assert "already exists" in said.err
    assert receipts(centre) == []


@pytest.mark.parametrize("key", ["", "wrong-key"])
def test_a_missing_or_wrong_key_names_its_variable(centre, offsets, key):
    path = offsets()
    centre.set_key(key)
    said = centre.run("imap", "publish", path, code=1)
    assert "IMAP_API_KEY" in said.err
    assert "wrong-key" not in said.err


def test_an_upload_that_breaks_is_tried_again(centre, offsets):
    path = offsets()
    centre.services.faults.add(Status(pattern="/sdc-storage/*", code=503, times=1))
    centre.services.faults.add(Cut(pattern="*upload*", after_bytes=5, times=1))
    centre.run("imap", "publish", path)
    assert centre.sdc.uploads == {OFFSETS: path.read_bytes()}


def test_neither_key_nor_signature_is_shown(centre, offsets, caplog):
    caplog.set_level(logging.DEBUG)
    path = offsets()
    centre.services.faults.add(Status(pattern="/sdc-storage/*", code=500, times=1))
    said = centre.run("imap", "publish", path, "--json")
    signature = centre.sdc._sign(OFFSETS)
    shown = said.out + said.err + caplog.text + json.dumps(receipts(centre))
    assert KEY not in shown
    assert signature not in shown


def test_a_dry_run_sends_nothing(centre, offsets):
    path = offsets()
    said = centre.run("imap", "publish", path, "--dry-run", "--json").data
    assert said["files"][0]["outcome"] == "would upload"
    assert not centre.asked()


def test_a_pipeline_publishes_what_is_new_and_never_stalls(centre, offsets):
    """The seed looked at the next so many changed files and stalled where none was to be sent."""
    for number in range(40):
        source = centre.folder / "spin"
        source.write_text(f"{number}")
        centre.run("adopt", source, "--kind", "imap.spin", f"name={number}.spin")
    path = offsets()
    centre.run("run", "imap-publish")
    assert list(centre.sdc.uploads) == [path.name]
