"""Kinds: paths and keys, written and read back."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.kinds import Kind
from gnomon.errors import ConfigError

DAYS = st.dates(min_value=date(1000, 1, 1))
PLAIN = st.text("abcXYZ019-", min_size=1)

HK = Kind(
    "hk",
    {"packet": str, "day": date},
    "hk/{instr}/{packet}/{day:%Y/%m}/imap_{instr}_{packet}_{day:%Y%m%d}_v{version:03d}.csv",
    tags=("instr",),
)
ORBIT = Kind("orbit", {"orbit": int, "day": date}, "{day:%Y}/{day:%j}/o{orbit:05d}_v{version}.dat")
SHORT = Kind("short", {"day": date}, "{day:%y%m%d}_v{version}.dat")


@given(packet=PLAIN, day=DAYS, instr=PLAIN, version=st.integers(1, 5000))
def test_a_path_parses_to_what_it_was_formatted_from(packet, day, instr, version):
    key, tags = {"packet": packet, "day": day}, {"instr": instr}
    parsed = HK.parse(HK.format(key, version, tags))
    assert (parsed.key, parsed.tags, parsed.version) == (key, tags, version)


@given(orbit=st.integers(), day=DAYS, version=st.integers(1, 5000))
def test_days_of_the_year_and_signed_numbers_parse(orbit, day, version):
    key = {"orbit": orbit, "day": day}
    parsed = ORBIT.parse(ORBIT.format(key, version))
    assert (parsed.key, parsed.version) == (key, version)


@given(day=st.dates(date(1970, 1, 1), date(2068, 12, 31)))
def test_years_of_two_digits_parse(day):
    assert SHORT.parse(SHORT.format({"day": day}, 1)).key == {"day": day}


@given(st.text())
def test_any_text_is_a_path_or_is_none(path):
    parsed = HK.parse(path)
    assert parsed is None or HK.format(parsed.key, parsed.version, parsed.tags) == path


@pytest.mark.parametrize(
    "path",
    [
        "hk/mag/p/2026/01/imap_mag_p_20260203_v001.csv",  # two days
        "hk/mag/p/2026/01/imap_mag_q_20260103_v001.csv",  # two packets
        "hk/mag/p/2026/13/imap_mag_p_20261301_v001.csv",  # no month
        "hk/mag/p/2026/02/imap_mag_p_20260230_v001.csv",  # no day
        "hk/mag/p/2026/01/imap_mag_p_20260103_v1.csv",  # not as it is written
    ],
)
def test_paths_that_contradict_themselves_are_none(path):
    assert HK.parse(path) is None


@given(packet=st.text(), day=DAYS)
def test_the_text_of_a_key_reads_back(packet, day):
    kind = Kind("k", {"packet": str, "day": date}, "{packet}{day}{version}")
    text = kind.text({"day": day, "packet": packet})
    assert kind.key(text) == {"packet": packet, "day": day}
    assert "|" not in text
    assert list(kind.key(text)) == ["packet", "day"]


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_no_two_keys_have_one_text(one, other):
    kind = Kind("k", {"a": str, "b": str}, "{a}{b}{version}")
    texts = [kind.text(dict(zip("ab", values, strict=True))) for values in (one, other)]
    assert (texts[0] == texts[1]) == (one == other)


@pytest.mark.parametrize("text", ["", "n=1", "n=x,day=2026-01-01", "n=1,day=2026-02-30", "n=1,day"])
def test_what_is_no_key_is_refused(text):
    kind = Kind("k", {"n": int, "day": date}, "{n}{day}{version}")
    with pytest.raises(ConfigError, match="kind k"):
        kind.key(text)


@pytest.mark.parametrize("key", [{}, {"n": "1"}, {"n": True}, {"n": 1, "m": 2}])
def test_a_key_has_the_declared_names_and_types(key):
    with pytest.raises(ConfigError):
        Kind("k", {"n": int}, "{n}{version}").check(key)


@pytest.mark.parametrize("value", ["", ".", "..", "a/b", "a\0b"])
def test_a_value_cannot_leave_its_folder(value):
    with pytest.raises(ConfigError, match="cannot be part of a path"):
        Kind("k", {"name": str}, "{name}/x_v{version}").format({"name": value}, 1)


@pytest.mark.parametrize(
    ("path", "tells"),
    [
        ("{n}_{other}_{version}", "unknown fields"),
        ("{n}_{major}", "both major and minor"),
        ("{n}_{version}_{major}_{minor}", "both major and minor"),
        ("v{version}", "lacks"),
        ("/abs/{n}_{version}", "below the store"),
        ("a/../../{n}_{version}", "below the store"),
        ("work/{n}_{version}", "below the store"),
    ],
)
def test_a_template_is_checked(path, tells):
    with pytest.raises(ConfigError, match=tells):
        Kind("k", {"n": int}, path)


def test_a_tag_that_a_path_needs_must_be_there():
    with pytest.raises(ConfigError, match="no value for 'instr'"):
        HK.format({"packet": "p", "day": date(2026, 1, 1)}, 1)
