"""What the names of files say."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.errors import ConfigError
from gnomon.publish.tables.filenames import (
    Pattern,
    identifier,
    parse_version,
    template_of,
    title_of,
    version_in,
    without_version,
)

HK = "imap_mag_l1_hsk-pw_20251102_v001.csv"
SCIENCE = "imap_mag_l1c_norm-mago_20251017_v001.0004.cdf"


def test_a_template_reads_day_and_version():
    pattern = Pattern("imap_mag_l1_hsk-pw_[date]_v[version].csv", dates={"date"})
    named = pattern.read(HK)
    assert named.values == {"date": "20251102", "version": "001"}
    assert named.version == (1, 0)
    assert pattern.read(HK.replace("pw", "sci")) is None
    assert pattern.read("x" + HK) is None


@pytest.mark.parametrize(
    "spelled", ["imap_mag_l1_hsk-pw_[date]_v002.csv", "imap_mag_l1_hsk-pw_[date]_v001.0002.csv"]
)
def test_a_version_that_a_template_spells_out_stands_for_any(spelled):
    """`crump prepare` leaves the version of the file that it saw: no other one was ever loaded."""
    pattern = Pattern(spelled, dates={"date"})
    for text, version in (("v001", (1, 0)), ("v017", (17, 0)), ("v002.0003", (2, 3))):
        assert pattern.read(f"imap_mag_l1_hsk-pw_20251102_{text}.csv").version == version
    assert pattern.fields == {"date"}


def test_a_regular_expression_finds_its_groups():
    text = r"(?P<mission>[a-z]+)_level2_(?P<sensor>[a-z]+)_(?P<date>\d{8})_v(?P<version>\d+)\.cdf"
    pattern = Pattern(text, is_template=False, dates={"date"})
    named = pattern.read("imap_level2_primary_20240115_v002.cdf")
    assert named.values == {
        "mission": "imap",
        "sensor": "primary",
        "date": "20240115",
        "version": "002",
    }
    assert named.version == (2, 0)
    with pytest.raises(ConfigError, match="no regular expression"):
        Pattern("(", is_template=False).read("x")


def test_a_day_matches_nothing_but_a_day():
    """So that `mag_[date]` does not take the housekeeping of `mag`."""
    pattern = Pattern("imap_ialirt_mag_[date].csv", dates={"date"})
    assert pattern.read("imap_ialirt_mag_hk_20251021.csv") is None
    assert pattern.read("imap_ialirt_mag_2025-10-21.csv").values == {"date": "2025-10-21"}
    assert pattern.read("imap_ialirt_mag_2025-1021.csv") is None


def test_a_field_may_stand_twice():
    pattern = Pattern("[day]_[day].csv")
    assert pattern.read("a_a.csv").values == {"day": "a"}
    assert pattern.read("a_b.csv") is None


@pytest.mark.parametrize(
    ("name", "version", "bare"),
    [
        (HK, (1, 0), "imap_mag_l1_hsk-pw_20251102.csv"),
        (SCIENCE, (1, 4), "imap_mag_l1c_norm-mago_20251017.cdf"),
        ("x_v2.0010", (2, 10), "x"),
        ("a_v000-vectors.csv", (0, 0), "a-vectors.csv"),
        ("ACE_mag_noaa_20260722.csv", None, "ACE_mag_noaa_20260722.csv"),
        ("hk3v3.csv", None, "hk3v3.csv"),
        ("v12.csv", (12, 0), ".csv"),
        ("x_v1b.csv", None, "x_v1b.csv"),
    ],
)
def test_versions_in_names(name, version, bare):
    assert version_in(name) == version
    assert without_version(name) == bare


def test_versions_are_ordered_by_their_parts():
    assert parse_version("v001.0009") < parse_version("v002.0001") < parse_version("v002.0010")
    assert parse_version("v9") < parse_version("v10")
    for text in ("", "v", "vx", "1.x", "-1"):
        with pytest.raises(ConfigError, match="is no version"):
            parse_version(text)


@pytest.mark.parametrize(
    ("name", "title", "template"),
    [
        (HK, "imap_mag_l1_hsk_pw", "imap_mag_l1_hsk-pw_[date]_v[version].csv"),
        (SCIENCE, "imap_mag_l1c_norm_mago", "imap_mag_l1c_norm-mago_[date]_v[version].cdf"),
        ("ACE_mag_noaa_20260722.csv", "ace_mag_noaa", "ACE_mag_noaa_[date].csv"),
        ("sales 2024-01-15.csv", "sales", "sales [date].csv"),
        ("x286_1234.csv", "x286_1234", "x286_1234.csv"),
        ("2024.csv", "t_2024", "2024.csv"),
    ],
)
def test_titles_keep_their_digits_and_templates_their_fields(name, title, template):
    """`crump prepare` calls the first two `imap_mag_l_hsk-pw_v` and `imap_mag_lc_norm-mago_v`."""
    assert title_of(name) == title
    assert template_of(name) == template


@given(st.text(max_size=30))
def test_identifiers_need_no_quotes(text):
    assert identifier(text).isidentifier()
    assert identifier(identifier(text)) == identifier(text)


DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))


@given(st.integers(0, 999), st.integers(0, 9999), DAYS, st.sampled_from(["csv", "cdf"]))
def test_a_template_made_of_a_name_reads_it(major, minor, day, suffix):
    name = f"imap_mag_l2-norm_{day:%Y%m%d}_v{major:03d}.{minor:04d}.{suffix}"
    named = Pattern(template_of(name), dates={"date"}).read(name)
    assert named.version == (major, minor)
    assert named.values["date"] == f"{day:%Y%m%d}"
