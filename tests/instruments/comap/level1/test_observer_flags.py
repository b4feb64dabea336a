import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.engine.events import Happened
from gnomon.errors import BadData, Corrupt
from gnomon.instruments.comap.level1.flagged import Flagged, read_flags, write_flags
from gnomon.instruments.comap.level1.observer_flags import (
    ALL_FEEDS,
    ALL_FREQUENCY_BANDS,
    HEADER,
    SOURCE,
    Flag,
    flagged_of,
    flags_in,
    read_list,
)
from station import Station, impatient

KIND = "comap.observer_flags"
HEAD = ",".join(HEADER)


def subsets(of):
    return st.sets(st.sampled_from(of), min_size=1).map(sorted).map(tuple)


@st.composite
def flags(draw):
    first = draw(st.integers(0, 10**7))
    last = draw(st.none() | st.integers(first, 10**7 + 10))
    words = st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=9)
    comment = draw(st.lists(words, max_size=3).map(", ".join)).strip(", ")
    if comment.lower() in ("all", "banda", "bandb"):
        comment = ""
    return Flag(first, last, draw(subsets(ALL_FEEDS)), draw(subsets(ALL_FREQUENCY_BANDS)), comment)


def read(*lines, head=HEAD):
    return list(flags_in([head, *lines], "list.csv"))


@settings(max_examples=30)
@given(st.lists(flags(), max_size=3))
def test_what_is_written_is_read_back(said):
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *(flag.row() for flag in said)])
    assert list(flags_in(text.getvalue().splitlines(), "list.csv")) == said


def test_the_list_as_observers_keep_it(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        "\ufeffObsID start, ObsID end, Pixels, Sidebands\n"
        '45285, 45290, "5, 12", bandA\n'
        "\n# a remark\n"
        "50001,ongoing,all,ALL\n"
        '7000,7000,"[1-3, 19]",bandB\n'
    )
    assert read_list(path) == [
        Flag(45285, 45290, (5, 12), (0, 1, 2, 3)),
        Flag(50001, None, ALL_FEEDS, ALL_FREQUENCY_BANDS),
        Flag(7000, 7000, (1, 2, 3, 19), (4, 5, 6, 7)),
    ]


def test_single_frequency_bands_may_be_named():
    (flag,) = read('1,2,3,"0-2 7",amplifier')
    assert flag == Flag(1, 2, (3,), (0, 1, 2, 7), "amplifier")
    assert flag.bands == (0, 1, 3)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x,2,all,all", "'x' is no obsid"),
        ("1,,all,all", "'' is no obsid"),
        ("5,2,all,all", "5 to 2 ends before it begins"),
        ("1,2,0,all", "feed 0 is none of 1 to 19"),
        ("1,2,1-20,all", "feed 20 is none of 1 to 19"),
        ("1,2,1-99999999999,all", "feed 99999999999 is none"),
        ("1,2,five,all", "'five' is no feed"),
        ("1,2,,all", "it names no feed"),
        ("1,2,all,bandC", "'bandC' is no frequency band"),
        ("1,2,all,8", "frequency band 8 is none of 0 to 7"),
        ("1,2,all", "it names no frequency band"),
        ("1,2,5,6,bandA", "a list stands in quotes"),
        ("1,2,5,6,7,bandA", "a list stands in quotes"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(line, reason):
    with pytest.raises(BadData, match=rf"list\.csv, line 3: .*{reason}"):
        read("1,2,all,all,", line)


def test_a_list_without_its_columns():
    with pytest.raises(BadData, match="no column 'Pixels'"):
        read(head="ObsID start,ObsID end,Feeds,Sidebands")
    with pytest.raises(BadData, match="is empty"):
        list(flags_in(["", "# nothing"], "list.csv"))


def test_a_list_that_cannot_be_read(tmp_path):
    with pytest.raises(BadData, match="cannot be read"):
        read_list(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("last", "obsid", "held"),
    [(7, 4, False), (7, 5, True), (7, 7, True), (7, 8, False), (None, 4, False), (None, 99, True)],
)
def test_a_flag_holds_for_its_range_with_both_ends(last, obsid, held):
    flag = Flag(5, last, (3,), (1,), "x")
    assert flagged_of([flag], obsid) == ([Flagged((3,), (1,), "x")] if held else [])


def test_flags_of_an_observation_are_read_back(tmp_path):
    path, said = tmp_path / "flags.json", [Flagged((2, 1), (0, 7), "x"), Flagged((1,), (0,), "é")]
    write_flags(path, [*said, *said])
    assert read_flags(path) == tuple(sorted(said))
    first = path.read_bytes()
    write_flags(path, reversed(said))
    assert path.read_bytes() == first


@pytest.mark.parametrize("text", ["", "{}", '{"flags": [{"feeds": 1}]}', '{"flags": 1}'])
def test_a_file_that_holds_no_flags(tmp_path, text):
    path = tmp_path / "flags.json"
    path.write_text(text)
    with pytest.raises(Corrupt):
        read_flags(path)


def test_the_source_fetches_the_list_when_it_changes(tmp_path):
    station, path = Station(tmp_path, impatient()), tmp_path / "bad.csv"
    path.write_text(f"{HEAD}\n1,2,all,all,\n")
    station.run(SOURCE, file=str(path))
    assert station.run(SOURCE, file=str(path)).jobs == 0
    path.write_text(f"{HEAD}\n1,2,3,all,worse\n")
    station.run(SOURCE, file=str(path))
    assert station.datasets()[KIND, "list=bad"].version == 2
    assert "worse" in station.text(KIND, "list=bad")


def test_a_list_that_is_not_there_yet(tmp_path):
    station, path = Station(tmp_path, impatient()), tmp_path / "bad.csv"
    assert not station.run(SOURCE, file=str(path)).ok
    assert station.run(SOURCE, file=str(path), must_exist=False).ok
    path.write_text(f"{HEAD}\n1,2,all,all,\n")
    assert station.run(SOURCE, file=str(path), must_exist=False).ok
    path.unlink()
    assert not station.run(SOURCE, file=str(path), must_exist=False).ok
    assert (KIND, "list=bad") in station.datasets()


def test_a_list_that_makes_no_sense_is_rejected_and_the_last_one_stays(tmp_path):
    station, path = Station(tmp_path, impatient()), tmp_path / "bad.csv"
    path.write_text(f"{HEAD}\n1,2,all,all,\n")
    station.run(SOURCE, file=str(path))
    path.write_text(f"{HEAD}\n1,2,all,bandC,\n")
    station.run(SOURCE, file=str(path))
    assert station.messages(Happened.REJECTED) == [
        "bad.csv, line 2: 'bandC' is no frequency band",
    ]
    assert station.text(KIND, "list=bad") == f"{HEAD}\n1,2,all,all,\n"
