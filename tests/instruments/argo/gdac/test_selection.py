from datetime import UTC, datetime

import numpy as np
import pytest

from gnomon.errors import ConfigError, UnknownName
from gnomon.instruments.argo.gdac.index import (
    BIO_INDEX,
    floats,
    items,
    read_index,
    read_profile_index,
)
from gnomon.instruments.argo.gdac.selection import Selection, read_floats, read_wmos

NAMES = "file,date,latitude,longitude,ocean,profiler_type,institution,date_update"
HEAD = f"# Title : t\n# Date of update : 20230427112425\n{NAMES}\n"


def row(name, date="20200101000000", lat="1.0", lon="2.0", updated="20210101000000"):
    return f"aoml/1900857/profiles/{name},{date},{lat},{lon},A,846,AO,{updated}\n"


def index(*rows):
    return read_profile_index((HEAD + "".join(rows)).encode())


PLACES = index(
    *(
        row(f"R1900857_{n:03d}.nc", lat=lat, lon=lon, updated=f"202{n}0101000000")
        for n, (lat, lon) in enumerate(
            [("0", "179.5"), ("0", "-179.5"), ("0", "0"), ("10", "180"), ("", ""), ("0", "190")]
        )
    )
)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((170, -170, -5, 5), [0, 1, 5]),
        ((170, 190, -5, 5), [0, 1, 5]),
        ((170, -170, -5, 10), [0, 1, 3, 5]),
        ((-170, 170, -5, 5), [2, 5]),
        ((-10, 10, -5, 5), [2]),
        ((-180, 180, -90, 90), [0, 1, 2, 3, 5]),
        ((0, 360, -5, 5), [0, 1, 2, 5]),
        ((0, 0, 0, 0), [2]),
    ],
)
def test_boxes_also_across_the_antimeridian(box, expected):
    assert np.flatnonzero(Selection(box=box).mask(PLACES)).tolist() == expected


def test_selections_combine():
    when = datetime(2022, 1, 1, tzinfo=UTC)
    assert Selection().all
    assert Selection().mask(PLACES).all()
    assert Selection(since=when).mask(PLACES).tolist() == [False, False, True, True, True, True]
    assert Selection(floats=frozenset({1900857}), dacs=frozenset({"aoml"})).mask(PLACES).all()
    assert not Selection(floats=frozenset({1})).mask(PLACES).any()
    assert not Selection(dacs=frozenset({"bodc"})).mask(PLACES).any()
    chosen = Selection(since=when, box=(170, -170, -5, 5)).mask(PLACES)
    assert [i.key["cycle"] for i in items(PLACES, chosen)] == ["005"]
    assert floats(PLACES, chosen) == {1900857: "aoml"}


@pytest.mark.parametrize("box", [(0, 1, 5, -5), (0, 1, -91, 0), (0, 400, 0, 1), (np.nan, 1, 0, 1)])
def test_impossible_boxes_are_refused(box):
    with pytest.raises(ConfigError):
        Selection(box=box)


def test_a_date_without_zone_is_refused():
    with pytest.raises(ConfigError):
        Selection(since=datetime(2022, 1, 1))  # noqa: DTZ001 - the point


def test_a_span_without_time_is_refused():
    first, last = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
    Selection(after=first, before=last)
    for after, before in ((last, first), (first, first)):
        with pytest.raises(ConfigError, match="no time lies"):
            Selection(after=after, before=before)


def sensors(*parameters):
    columns = NAMES.replace("date_update", "parameters,parameter_data_mode,date_update")
    rows = [
        row(f"BR1900857_{n:03d}.nc").replace(",AO,", f",AO,{names},R,")
        for n, names in enumerate(parameters)
    ]
    text = f"# Date of update : 20230427112425\n{columns}\n" + "".join(rows)
    return read_index(text.encode(), BIO_INDEX)


def test_parameters_are_whole_words_and_any_of_them_will_do():
    rows = sensors("PRES DOXY", "PRES MOLAR_DOXY", "PRES CHLA DOXY", "", "PRES DOXY2")
    for wanted, expected in (({"DOXY"}, [0, 2]), ({"CHLA", "MOLAR_DOXY"}, [1, 2])):
        mask = Selection(parameters=frozenset(wanted)).mask(rows)
        assert np.flatnonzero(mask).tolist() == expected
    with pytest.raises(UnknownName, match="did you mean 'DOXY"):
        Selection(parameters=frozenset({"DOXI"})).mask(rows)


def test_an_index_without_parameters_is_not_restricted_by_them():
    assert Selection(parameters=frozenset({"DOXY"})).mask(PLACES).all()


def test_a_list_of_floats(tmp_path):
    path = tmp_path / "floats.txt"
    path.write_text("# mine\n13857\n\n  6903247  # BGC\r\n")
    assert read_floats(path) == (13857, 6903247)


@pytest.mark.parametrize(
    "line", ["690324x", "1234", "12345678", "6903247 6903248", "-13857", "\u0661" * 5]
)
def test_a_bad_line_of_a_list_is_named(line, tmp_path):
    path = tmp_path / "floats.txt"
    path.write_text(f"13857\n\n{line}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"floats\.txt, line 3: .* is no WMO number"):
        read_floats(path)


def test_a_list_without_floats_or_that_cannot_be_read_is_refused(tmp_path):
    path = tmp_path / "floats.txt"
    path.write_text("# nothing\n")
    with pytest.raises(ConfigError, match="lists no float"):
        read_floats(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_floats(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_floats(tmp_path / "absent.txt")


def test_numbers_with_commas():
    assert read_wmos("2902224, 13857,", "FLOAT_IDS") == (2902224, 13857)
    with pytest.raises(ConfigError, match="FLOAT_IDS: 'x'"):
        read_wmos("13857,x", "FLOAT_IDS")
