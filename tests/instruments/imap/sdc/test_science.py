"""`gnomon imap fetch science` against a science data centre on loopback."""

import logging

import pytest

from gnomon.errors import ConfigError
from gnomon.instruments.imap.sdc.science import ScienceConfig
from gnomon.instruments.imap.sdc.versions import number_of
from gnomon.sim import Cut, Status

DAY = "l1c_norm-mago_20251017"
PATH = "science/mag/l1c/2025/10/imap_mag_l1c_norm-mago_20251017"
L1C = ("--level", "l1c", "--modes", "norm", "--sensors", "mago")
DATES = ("--start-date", "2025-10-17", "--end-date", "2025-10-18")


def test_a_day_is_kept_under_the_archives_name_and_version(centre):
    centre.science(DAY, "v001.0004")
    centre.fetch("science", *L1C, *DATES)
    assert list(centre.stored()) == [f"{PATH}_v001.0004.cdf"]
    (query, download) = centre.asked()
    assert query == (
        "/sdc/api-key/query?table=science&instrument=mag&data_level=l1c&descriptor=norm-mago"
        "&extension=cdf&start_date=20251017&end_date=20251018"
    )
    assert download.startswith("/sdc/api-key/download/imap/mag/l1c/2025/10/imap_mag_l1c_norm-mago")


def test_one_query_for_each_descriptor(centre):
    centre.fetch("science", "--level", "l1c", *DATES)
    centre.fetch("science", "--level", "l2", "--frame", "gse", "--frame", "rtn", *DATES)
    descriptors = [q.partition("descriptor=")[2].partition("&")[0] for q in centre.asked("query")]
    assert sorted(descriptors[:4]) == ["burst-magi", "burst-mago", "norm-magi", "norm-mago"]
    assert sorted(descriptors[4:]) == ["burst-gse", "burst-rtn", "norm-gse", "norm-rtn"]


def test_a_pipeline_polls_several_levels(centre):
    centre.science("l1c_norm-mago_20251017")
    centre.science("l1b_burst-magi_20251017")
    centre.science("l2_norm-gse_20251017")
    centre.fetch("science")
    assert sorted(path.split("/")[2] for path in centre.stored()) == ["l1b", "l1c"]
    with pytest.raises(ConfigError, match="'l1c norm-gse' names no files"):
        ScienceConfig(descriptors=("l1c norm-gse",))


def test_frames_of_sensors_and_sensors_of_frames_are_refused(centre):
    said = centre.fetch("science", "--level", "l1c", "--frame", "gse", code=2)
    assert "l1c has no frames: name sensors (magi, mago)" in said.err
    said = centre.fetch("science", "--level", "l2", "--sensors", "mago", code=2)
    assert "l2 has no sensors: name frames" in said.err
    assert not centre.asked()


def test_a_poll_resumes_from_its_mark(centre):
    centre.science(DAY)
    centre.fetch("science", *L1C)
    assert "ingestion_start_date=20250924" in centre.asked("query")[0]
    centre.science(
        "l1c_norm-mago_20251018", ingested="2025-10-20T07:00:00"
    )  # late, and out of order
    centre.science("l1c_norm-mago_20251019", ingested="2025-10-21T09:00:00")
    centre.fetch("science", *L1C)
    query, *downloads = centre.asked()
    assert query.endswith("ingestion_start_date=20251020")
    assert len(downloads) == 2
    centre.fetch("science", *L1C)
    (query,) = centre.asked()
    assert query.endswith("ingestion_start_date=20251021")
    assert len(centre.stored()) == 3


def test_progress_keys_are_of_any_length(centre):
    """The seed's key of five frames, MAG_SCI_BURST_L1D_gse_rtn_dsrf_srf_gsm, did not fit."""
    words = [w for frame in ("gse", "rtn", "dsrf", "srf", "gsm") for w in ("--frame", frame)]
    for frame in ("gse", "gsm"):
        centre.science(f"l1d_burst-{frame}_20251017")
    centre.fetch("science", "--level", "l1d", "--modes", "burst", *words)
    assert len(centre.stored()) == 2
    centre.asked()
    centre.fetch("science", "--level", "l1d", "--modes", "burst", *words)
    asked = centre.asked()
    assert len(asked) == 5
    assert sum(query.endswith("ingestion_start_date=20251020") for query in asked) == 2


def test_levels_and_versions_have_marks_of_their_own(centre):
    centre.science(DAY)
    centre.science(DAY.replace("l1c", "l1b"), ingested="2025-10-19T00:00:00")
    centre.fetch("science", *L1C, "--version-str-or-latest", "v009.0001")
    centre.fetch("science", *L1C)
    centre.fetch("science", "--level", "l1b", *L1C[2:])
    asked = centre.asked("query")
    assert all("ingestion_start_date=20250924" in query for query in asked)
    assert len(asked) == 3
    assert len(centre.stored()) == 2


def test_the_latest_is_major_before_minor(centre):
    """The seed took the highest minor: v001.0009 beat v002.0001."""
    centre.science(DAY, "v001.0009", ingested="2025-10-25T00:00:00")
    centre.science(DAY, "v002.0001", ingested="2025-10-20T00:00:00")
    centre.fetch("science", *L1C, *DATES, "--version-str-or-latest", "latest")
    assert list(centre.stored()) == [f"{PATH}_v002.0001.cdf"]


def test_a_lower_version_that_comes_late_is_left_alone(centre):
    centre.science(DAY, "v002.0001")
    centre.fetch("science", *L1C)
    centre.science(DAY, "v001.0010", ingested="2025-10-25T00:00:00")
    centre.fetch("science", *L1C)
    assert list(centre.stored()) == [f"{PATH}_v002.0001.cdf"]
    centre.science(DAY, "v002.0002", ingested="2025-10-26T00:00:00")
    centre.fetch("science", *L1C)
    said = centre.run("ls", "imap.l1c", "--json").data
    assert [entry["path"] for entry in said] == [f"{PATH}_v002.0002.cdf"]


def test_one_version_by_name(centre):
    centre.science(DAY, "v001.0001")
    centre.science(DAY, "v001.0002")
    centre.fetch("science", *L1C, *DATES, "--version-str-or-latest", "v001.0001")
    assert "version=v001.0001" in centre.asked("query")[0]
    assert list(centre.stored()) == [f"{PATH}_v001.0001.cdf"]
    said = centre.fetch("science", *L1C, "--version-str-or-latest", "newest", code=2)
    assert "no version" in said.err


def test_older_names_are_kept(centre):
    centre.science(DAY, "v004")
    centre.fetch("science", *L1C, *DATES)
    assert list(centre.stored()) == [f"{PATH}_v004.cdf"]


def test_another_body_at_a_version_is_refused_unless_that_is_wanted(centre):
    centre.science(DAY, body=b"one")
    centre.fetch("science", *L1C, *DATES)
    before = centre.stored()
    centre.science(DAY, body=b"two", ingested="2025-10-21T00:00:00")
    said = centre.fetch("science", *L1C, *DATES, "--overwrite-option", "FILE_OVERWRITES_BLOCKED",
                        code=1)  # fmt: skip
    assert "nothing was overwritten" in said.err
    assert centre.stored() == before
    centre.fetch("science", *L1C, *DATES, "--overwrite-option", "FILE_OVERWRITES_ALLOWED")
    assert centre.stored()[f"{PATH}_v001.0001.cdf"].endswith(b"two")


@pytest.mark.parametrize("ingested", ["2025-10-{}T00:00:00", "2025-10-20T08:00:00"])
def test_some_at_a_time_and_nothing_is_left_out(centre, ingested):
    """With a limit the mark stays at the first that was not taken, of the same second or not."""
    for day in range(10, 20):
        centre.science(f"l1c_norm-mago_202510{day}", ingested=ingested.format(day + 1))
    for expected in (4, 8, 10, 10):
        centre.fetch("science", *L1C, "--max-downloads", "4")
        assert len(centre.stored()) == expected
    centre.science("l1c_norm-mago_20251020", ingested="2025-10-20T09:00:00")
    centre.fetch("science", *L1C)
    assert len(centre.stored()) == 11


def test_items_are_skipped_oldest_first(centre):
    for day in range(10, 15):
        centre.science(f"l1c_norm-mago_202510{day}", ingested=f"2025-10-{day + 1}T00:00:00")
    dates = ("--start-date", "2025-10-01", "--end-date", "2025-10-31")
    centre.fetch("science", *L1C, *dates, "--skip-items-count", "3", "--max-downloads", "1")
    assert [path[-22:-14] for path in centre.stored()] == ["20251013"]


def test_dates_of_ingestion(centre):
    centre.science(DAY, ingested="2025-11-02T00:00:00")
    centre.fetch("science", *L1C, "--ingestion-date", "--start-date", "2025-11-01",
                 "--end-date", "2025-11-02")  # fmt: skip
    assert "ingestion_start_date=20251101&ingestion_end_date=20251102" in centre.asked("query")[0]
    assert len(centre.stored()) == 1


def test_dates_leave_the_mark_alone_unless_that_is_wanted(centre):
    centre.science(DAY)
    centre.fetch("science", *L1C, *DATES)
    centre.asked()
    centre.fetch("science", *L1C)
    assert centre.asked("query")[0].endswith("ingestion_start_date=20250924")
    centre.fetch("science", *L1C, *DATES, "--fetch-mode", "DownloadAndUpdateProgress")
    centre.asked()
    centre.fetch("science", *L1C)
    assert centre.asked("query")[0].endswith("ingestion_start_date=20251020")


def test_a_download_that_failed_is_tried_again_though_the_mark_moved_on(centre):
    """The seed's progress jumped over what had failed."""
    centre.science(DAY)
    centre.science("l1c_norm-mago_20251018", ingested="2025-10-28T00:00:00")
    centre.services.faults.add(Status(pattern="*download*20251017*", code=500))
    centre.fetch("science", *L1C, code=1)
    assert len(centre.stored()) == 1
    centre.services.faults.clear()
    centre.fetch("science", *L1C)
    assert len(centre.stored()) == 2


def test_a_body_that_is_cut_is_never_visible(centre):
    centre.science(DAY, body=b"x" * 100_000)
    centre.services.faults.add(Cut(pattern="*download*", after_bytes=50_000))
    centre.fetch("science", *L1C, *DATES, code=1)
    assert centre.stored() == {}


@pytest.mark.parametrize("body", [b"<html>log in</html>", b"%PDF", b""])
def test_what_is_no_cdf_is_refused(centre, body):
    centre.science(DAY)
    (file,) = centre.sdc.science
    centre.sdc.science = [type(file)(file.path, body, file.ingested)]
    said = centre.fetch("science", *L1C, *DATES, code=1)
    assert centre.stored() == {}
    assert "web page" in said.err or "no CDF" in said.err or "empty" in said.err


def test_a_download_is_redirected_to_another_host_without_the_key(centre):
    centre.sdc.redirects = True  # it refuses requests that bring the key along
    centre.science(DAY)
    centre.fetch("science", *L1C, *DATES)
    assert len(centre.stored()) == 1


@pytest.mark.parametrize("key", ["", "wrong-key"])
def test_a_missing_or_wrong_key_names_its_variable_and_is_not_shown(centre, key, caplog):
    caplog.set_level(logging.DEBUG)
    centre.set_key(key)
    centre.science(DAY)
    said = centre.fetch("science", *L1C, *DATES, "--json", code=1)
    assert "IMAP_API_KEY" in said.err + said.out
    if key:
        assert key not in said.err + said.out + caplog.text


def test_the_key_is_shown_nowhere(centre, caplog):
    caplog.set_level(logging.DEBUG)
    key = "s3cret-key-0123456789"
    centre.science(DAY)
    centre.services.faults.add(Status(pattern="*download*", code=500, times=1))
    said = centre.fetch("science", *L1C, *DATES, "--json")
    shown = said.out + said.err + caplog.text + centre.run("ls", "--json").out
    shown += "".join(str(body) for body in centre.stored().values())
    assert key not in shown
    assert not any(key.encode() in path.read_bytes() for path in centre.folder.glob("*.db*"))


def test_a_strange_record_does_not_keep_the_others_back(centre, monkeypatch):
    centre.science(DAY)
    file = centre.sdc.science[0]
    strange = {**file.record, "file_path": "imap/mag/l1c/odd.cdf"}
    monkeypatch.setattr(centre.sdc, "_query", lambda _: [strange, file.record])
    said = centre.fetch("science", *L1C, *DATES, code=1)
    assert "odd.cdf" in said.err
    assert len(centre.stored()) == 1


def test_an_answer_that_is_no_list_is_a_fault(centre, monkeypatch):
    monkeypatch.setattr(centre.sdc, "_query", lambda _: {"message": "busy"})
    assert "no list of records" in centre.fetch("science", *L1C, *DATES, code=1).err


def test_a_dry_run_changes_nothing(centre):
    centre.science(DAY)
    said = centre.fetch("science", *L1C, *DATES, "--dry-run")
    assert "1" in said.out
    assert not (centre.folder / "store").exists() or centre.stored() == {}
    assert len(centre.asked("download")) == 0


def test_versions_order_by_major_then_minor():
    texts = ["v002.0001", "v001.0009", "v004", "v001.0010"]
    assert sorted(texts, key=number_of) == ["v004", "v001.0009", "v001.0010", "v002.0001"]
    for wrong in ("", "v1", "v001.1", "1.4", "v001.0004.cdf"):
        with pytest.raises(ConfigError):
            number_of(wrong)


def test_the_options_say_what_is_asked_for():
    assert ScienceConfig(level="l1b").series == [
        "l1b norm-magi",
        "l1b norm-mago",
        "l1b burst-magi",
        "l1b burst-mago",
    ]
    assert len(ScienceConfig().series) == 10
