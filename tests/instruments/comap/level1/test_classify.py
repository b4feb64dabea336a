import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.instruments.comap.level1.classify import SourceTable, scan_mode_of, source_of

SHIPPED = SourceTable.shipped()


@pytest.mark.parametrize(
    ("source", "group"),
    [
        ("TauA", "Calibrator"),
        ("taua", "Calibrator"),
        ("CasA", "Calibrator"),
        ("jupiter", "Calibrator"),
        ("co2", "CO"),
        ("CO7", "CO"),
        ("field12", "Galactic"),
        ("Field 3", "Galactic"),
        ("fg4", "Foreground"),
        ("fg11_deep", "Foreground"),
        ("cosmos", "Other"),
        ("Falcon", "Other"),
        ("midfield", "Other"),
        ("TauA2", "Other"),
        ("", "Other"),
    ],
)
def test_groups_of_sources(source, group):
    assert SHIPPED.group_of(source) == group


@pytest.mark.parametrize(
    ("comment", "group"),
    [
        ("Sky nod", "SkyDip"),
        ("a sky  nod, 40 to 60 deg", "SkyDip"),
        ("sky-nod", "SkyDip"),
        ("sky nodding", "Galactic"),
        ("clear sky", "Galactic"),
    ],
)
def test_a_sky_nod_is_told_by_its_comment(comment, group):
    assert SHIPPED.group_of("field01", comment) == group


def test_own_patterns_come_before_the_usual_ones_but_not_before_sky_nods():
    table = SHIPPED.with_sources({"Survey": ("field1", "MWP*")})
    assert table.group_of("field1") == "Survey"
    assert table.group_of("mwp3") == "Survey"
    assert table.group_of("field2") == "Galactic"
    assert table.group_of("field1", "sky nod") == "SkyDip"


@given(st.text(max_size=30), st.text(max_size=30))
def test_every_text_has_a_group(source, comment):
    assert SHIPPED.group_of(source, comment)


@pytest.mark.parametrize(
    ("said", "source"),
    [("TauA,", "TauA"), (" fg4 , x", "fg4"), ("CygA", "CygA"), (",", ""), (7, "7")],
)
def test_a_source_is_the_attribute_up_to_its_first_comma(said, source):
    assert source_of({"source": said}) == source


def test_no_source():
    assert source_of({}) == ""


@pytest.mark.parametrize(
    ("group", "features", "has_lissajous", "mode"),
    [
        ("SkyDip", 2**8, False, "skydip"),
        ("Calibrator", 2**9, True, "lissajous"),
        ("Galactic", 2**9 | 2**13, False, "ces"),
        ("Galactic", 2**5, False, "ces"),
        ("Other", 2**16, False, "stare"),
        ("Other", 2**13, False, ""),
        ("Other", 0, False, ""),
    ],
)
def test_scan_modes(group, features, has_lissajous, mode):
    assert scan_mode_of(group, features=features, has_lissajous=has_lissajous) == mode
