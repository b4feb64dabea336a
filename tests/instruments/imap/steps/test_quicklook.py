from datetime import date

import pytest

from gnomon.core.dataset import Input
from gnomon.errors import BadData, NoData
from gnomon.instruments.imap.steps.quicklook import quicklook

DAY = date(2026, 3, 1)
PNG = b"\x89PNG"


def given(path, kind, text, **key):
    path.write_text(text)
    return Input(path, kind, {"day": DAY, **key}, {}, 1, "")


@pytest.fixture
def science(tmp_path):
    text = "time_utc,mag_B_GSE_x\n2026-03-01T00:00:03,1.5\n2026-03-01T00:00:07,1.25\n"
    return given(tmp_path / "s.csv", "imap.ialirt", text, instrument="mag")


@pytest.fixture
def hk(tmp_path):
    text = "time_utc,mag_hk_hk3v3\n2026-03-01T00:00:03,3.3\n"
    return given(tmp_path / "h.csv", "imap.ialirt_hk", text)


def test_a_day_becomes_a_picture_and_the_same_day_the_same_bytes(tmp_path, science, hk):
    report = quicklook([science], [hk], tmp_path / "a.png")
    assert report.metrics == {"n_vectors": 2, "n_hk_rows": 1}
    quicklook([science], [hk], tmp_path / "b.png")
    content = (tmp_path / "a.png").read_bytes()
    assert content.startswith(PNG)
    assert content == (tmp_path / "b.png").read_bytes()


def test_either_is_enough(tmp_path, science, hk):
    assert quicklook([science], [], tmp_path / "a.png").metrics["n_hk_rows"] == 0
    assert quicklook([], [hk], tmp_path / "b.png").metrics["n_vectors"] == 0


def test_other_instruments_have_no_quicklook(tmp_path):
    text = "time_utc,swe_counts_1\n2026-03-01T00:00:03,1\n"
    other = given(tmp_path / "o.csv", "imap.ialirt", text, instrument="swe")
    with pytest.raises(NoData):
        quicklook([other], [], tmp_path / "a.png")


def test_a_damaged_file_is_refused_by_its_name(tmp_path):
    bad = given(tmp_path / "bad.csv", "imap.ialirt", "<html>", instrument="mag")
    with pytest.raises(BadData, match=r"bad\.csv"):
        quicklook([bad], [], tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()
