"""Verdicts on Level-1 files."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.errors import Corrupt
from gnomon.instruments.comap.level1.verdict import Status, Verdict

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    obsid=st.integers(1, 10**7),
    error=TEXTS,
    remarks=st.lists(TEXTS, max_size=3),
    metrics=st.dictionaries(TEXTS, st.floats(allow_infinity=False, allow_nan=False), max_size=3),
)
def test_a_verdict_is_read_as_it_was_written(tmp_path_factory, obsid, error, remarks, metrics):
    path = tmp_path_factory.mktemp("verdict") / "verdict.json"
    verdict = Verdict(obsid, Status.COMPLETE, error, tuple(remarks), metrics)
    verdict.write(path)
    assert Verdict.read(path) == verdict


def test_what_was_not_measured_is_null_and_nan(tmp_path):
    path = tmp_path / "verdict.json"
    Verdict(7, Status.COMPLETE, metrics={"tsys_median_k": math.nan}).write(path)
    assert '"tsys_median_k": null' in path.read_text(encoding="utf-8")
    assert math.isnan(Verdict.read(path).metrics["tsys_median_k"])


def test_a_failed_one_says_why():
    verdict = Verdict.failed(7, "no vane")
    assert verdict.is_failed
    assert verdict.error == "no vane"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"obsid": 1, "status": "odd"}'])
def test_what_is_no_verdict_is_told(tmp_path, text):
    path = tmp_path / "verdict.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Corrupt, match="is no verdict"):
        Verdict.read(path)
