import pytest

from gnomon.errors import BadData, ConfigError
from gnomon.instruments.sky.targets import Target, read_targets


def read(folder, text):
    path = folder / "targets.csv"
    path.write_text(text)
    return read_targets(path)


def test_places_numbers_and_names(tmp_path):
    text = "name,RA,Dec,TIC\nhere,10.5,-3,\n,,,TIC 25155310\nWASP-126,,,\n# a remark\n,1,2,7\n"
    found = read(tmp_path, text)
    assert [target.words for target in found] == ["here", "TIC 25155310", "WASP-126", "TIC 7"]
    assert [target.place for target in found] == [(10.5, -3.0), None, None, (1.0, 2.0)]
    assert [target.tic for target in found] == [None, 25155310, None, 7]


def test_right_ascension_counts_from_0_to_360():
    """IRSA's documentation itself uses negative ones."""
    assert Target(ra_deg=-164.7, dec_deg=2).place == (pytest.approx(195.3), 2.0)
    assert Target(ra_deg=360, dec_deg=2).words == "360.0 2.0"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ra,dec\n1,2\n10,\n", "line 3: both"),
        ("ra,dec\n1,95\n", "line 2: dec_deg"),
        ("ra,dec\nnan,5\n", "line 2: ra_deg"),
        ("ra,dec\nten,5\n", "line 2: ra_deg"),
        ("name,radius\n,0.1\n", "line 2: a target has"),
        ("tic\nTIC x\n", "line 2: tic"),
        ("ra,dec,radius\n1,2,-1\n", "line 2: radius_deg"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(tmp_path, text, message):
    message = message.replace("both", "a place has both")
    with pytest.raises(BadData, match=message):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "message"), [("", "no target"), ("ra,dec\n", "no target"), ("a,b\n1,2\n", "none of")]
)
def test_a_list_without_targets_is_refused(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        read(tmp_path, text)


def test_an_absent_list_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        read_targets(tmp_path / "x.csv")
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="codec"):
        read_targets(tmp_path / "x.csv")
