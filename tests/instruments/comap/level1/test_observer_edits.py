"""Flags added to an observers' list, and taken back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import BadData
from gnomon.instruments.comap.level1.observer_edits import flagging, unflagging, write_list
from gnomon.instruments.comap.level1.observer_flags import ALL_FEEDS, Flag, flags_in, read_list

LIST = """# ours
ObsID start, ObsID end, Pixels, Sidebands

10, 20, "1, 2", bandA
# an amplifier is broken
50,ongoing,15,all
"""


def said(text):
    """Return the (obsid, feed, frequency band) up to obsid 30 that a list flags."""
    return {
        (obsid, feed, band)
        for flag in flags_in((text or LIST.splitlines()[1]).splitlines(), "list")
        for obsid in range(30)
        if flag.holds_for(obsid)
        for feed in flag.feeds
        for band in flag.frequency_bands
    }


def some(smallest, largest):
    return st.sets(st.integers(smallest, largest), min_size=1, max_size=3).map(sorted).map(tuple)


@st.composite
def flags(draw):
    first = draw(st.integers(1, 20))
    last = draw(st.none() | st.integers(first, 25))
    return Flag(first, last, draw(some(1, 4)), draw(some(0, 3)), draw(st.sampled_from(["", "a,b"])))


def test_a_line_is_added_and_the_others_stay():
    edit = flagging(LIST, [Flag(7, 7, (3,), (0, 7), "dew, on\nthe window")], "list")
    start, *rest = LIST.splitlines()[1:]
    assert edit.text.splitlines() == [
        "# ours",
        f"{start},Comment",
        *rest,
        '7,7,3,"0,7","dew, on the window"',
    ]


def test_columns_may_stand_in_another_order():
    text = "Sidebands,Pixels,Comment,ObsID end,ObsID start\n"
    edit = flagging(text, [Flag(7, 9, (3,), comment="dew")], "list")
    assert edit.text == text + "all,3,dew,9,7\n"


def test_what_a_list_has_is_not_added():
    flag = Flag(50, None, (15,))
    assert not flagging(LIST, [flag], "list").is_change
    assert flagging("", [flag, flag], "list").added == (flag,)


def test_a_line_is_parted_by_what_is_taken_back():
    edit = unflagging(LIST, [Flag(15, 15, (1,))], "list")
    assert edit.text == LIST.replace(
        '10, 20, "1, 2", bandA\n',
        '10,14,"1,2",bandA\n15,15,2,bandA\n16,20,"1,2",bandA\n',
    )
    assert len(edit.added) == 3
    assert edit.removed == (Flag(10, 20, (1, 2), (0, 1, 2, 3)),)


def test_what_goes_on_is_ended():
    edit = unflagging(LIST, [Flag(60, None, ALL_FEEDS)], "list")
    assert "50,59,15,all" in edit.text
    assert edit.text.startswith("# ours")


def test_nothing_is_taken_back_of_what_was_not_said():
    edit = unflagging(LIST, [Flag(1, 9), Flag(10, 20, (3,))], "list")
    assert edit.text == LIST
    assert not edit.is_change


@settings(max_examples=40, deadline=None)
@given(there=st.lists(flags(), max_size=4), other=st.lists(flags(), max_size=2))
def test_lists_are_sets_of_observations_feeds_and_bands(there, other):
    text = flagging("", there, "list").text
    before, added = said(text), said(flagging("", other, "list").text)
    assert said(flagging(text, other, "list").text) == before | added
    assert said(unflagging(text, other, "list").text) == before - added


@pytest.mark.parametrize("edit", [flagging, unflagging])
def test_a_list_that_makes_no_sense_is_left(edit):
    with pytest.raises(BadData, match="list"):
        edit("obsid,feed\n1,2\n", [Flag(1, 1)], "list")
    with pytest.raises(BadData, match="list, line 2"):
        edit(LIST.splitlines()[1] + "\n1,2,30,all\n", [Flag(1, 1)], "list")


def test_a_list_is_written_whole_with_the_rights_that_it_had(tmp_path):
    path, link = tmp_path / "flags.csv", tmp_path / "link.csv"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)
    link.symlink_to(path)
    write_list(link, flagging("", [Flag(7, 7)], "list").text)
    assert read_list(path) == [Flag(7, 7)]
    assert path.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(tmp_path.iterdir()) == [path, link]
