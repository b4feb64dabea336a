import gzip
from datetime import UTC, datetime

import pytest

from gnomon.errors import BadData
from gnomon.instruments.argo.gdac.index import (
    floats,
    items,
    read_meta_index,
    read_profile_index,
)
from gnomon.instruments.argo.kinds import CYCLE

NAMES = "file,date,latitude,longitude,ocean,profiler_type,institution,date_update"
HEAD = f"# Title : t\n# Date of update : 20230427112425\n{NAMES}\n"


def row(name, date="20200101000000", lat="1.0", lon="2.0", updated="20210101000000"):
    return f"aoml/1900857/profiles/{name},{date},{lat},{lon},A,846,AO,{updated}\n"


def index(*rows):
    return read_profile_index((HEAD + "".join(rows)).encode())


def test_the_real_index(real):
    plain = read_profile_index((real / "ar_index_global_prof.txt").read_bytes())
    packed = read_profile_index((real / "ar_index_global_prof.txt.gz").read_bytes())
    assert plain.updated == datetime(2023, 4, 27, 11, 24, 25, tzinfo=UTC)
    assert plain.rows.num_rows == 333
    assert packed.rows.equals(plain.rows)
    listed = items(plain)
    assert len(listed) == 333
    assert all((real / item.ref).exists() for item in listed)
    assert floats(plain).items() <= floats(meta(real)).items()


def meta(real):
    return read_meta_index((real / "ar_index_global_meta.txt").read_bytes())


def test_a_float_may_stand_in_the_meta_index_only(real):
    profiles = read_profile_index((real / "ar_index_global_prof.txt").read_bytes())
    only = set(floats(meta(real))) - set(floats(profiles))
    assert only == {2902226, 2902227}


def test_an_update_changes_the_stamps_of_what_it_changed(real):
    old, new = (
        {(i.key["wmo"], i.key["cycle"]): i for i in items(read_profile_index(path.read_bytes()))}
        for path in (
            real / "ar_index_global_prof.txt",
            real / "updates-2026" / "ar_index_global_prof.txt",
        )
    )
    assert old.keys() == new.keys()
    changed = [
        key for key in new if (old[key].ref, old[key].stamp) != (new[key].ref, new[key].stamp)
    ]
    assert len(changed) == 61
    assert {new[key].tags["mode"] for key in changed} == {"D"}


def test_damaged_gzip_is_refused_and_double_gzip_is_read(real):
    cut = (real / "damaged" / "ar_index_global_prof.trunc.txt.gz").read_bytes()
    with pytest.raises(BadData, match=r"trunc\.txt\.gz: damaged gzip"):
        read_profile_index(cut, "ar_index_global_prof.trunc.txt.gz")
    double = read_profile_index(
        (real / "damaged" / "ar_index_global_prof.double.txt.gz").read_bytes()
    )
    assert double.rows.num_rows == 2702
    assert len(items(double)) <= 2702


def test_an_item_names_the_cycle_and_where_it_lies():
    (item,) = items(index(row("D1900857_001D.nc")))
    assert item.kind == CYCLE.name
    assert CYCLE.check(item.key) == {"wmo": 1900857, "cycle": "001D"}
    assert item.ref == "dac/aoml/1900857/profiles/D1900857_001D.nc"
    assert item.stamp == "20210101000000"
    assert item.tags == {
        "dac": "aoml",
        "mode": "D",
        "name": "D1900857_001D.nc",
        "date_update": "20210101000000",
    }
    path = CYCLE.format(item.key, 1, item.tags)
    assert CYCLE.parse(path).key == item.key


@pytest.mark.parametrize("turn", [1, -1])
def test_delayed_mode_leads_whatever_its_date_and_order(turn):
    rows = [row("R1900857_001.nc", updated="20250101000000"), row("D1900857_001.nc")]
    (item,) = items(index(*rows[::turn]))
    assert item.tags["mode"] == "D"


@pytest.mark.parametrize("turn", [1, -1])
def test_of_a_file_listed_twice_the_newer_row_leads(turn):
    rows = [row("R1900857_001.nc", updated="20250101000000"), row("R1900857_001.nc")]
    (item,) = items(index(*rows[::turn]))
    assert item.stamp == "20250101000000"


def test_ascending_and_descending_profiles_and_four_digit_cycles_are_apart():
    names = ("R1900857_001.nc", "R1900857_001D.nc", "R1900857_1001.nc", "R1900857_000.nc")
    assert {i.key["cycle"] for i in items(index(*map(row, names)))} == {
        "001",
        "001D",
        "1001",
        "000",
    }


def test_other_than_core_files_are_left_out():
    names = ("BR1900857_001.nc", "SD1900857_001.nc", "MD1900857_001.nc")
    assert items(index(*map(row, names))) == []


@pytest.mark.parametrize(
    ("lat", "lon"),
    [("", ""), ("-99.999", "-999.999"), ("99999", "99999"), ("1.0", "99999."), ("91", "0")],
)
def test_impossible_positions_and_empty_dates_are_null(lat, lon):
    rows = index(row("R1900857_001.nc", date="", lat=lat, lon=lon)).rows
    assert rows["latitude"].null_count == rows["longitude"].null_count == 1
    assert rows["date"].null_count == 1


def test_an_index_without_rows_is_empty():
    assert items(index()) == []
    assert floats(index()) == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HEAD + row("R1900857_001.nc")[:-1], "its last line has no end"),
        (HEAD.replace("# Date of update", "# Date") + row("R1900857_001.nc"), "lacks the line"),
        (HEAD.replace("20230427112425", "yesterday"), "date of update"),
        (HEAD.replace(",ocean", ""), "its columns are"),
        (row("R1900857_001.nc"), "lacks the line"),
        (HEAD + "aoml/1900857/profiles/R1900857_001.nc,1,2\n", "columns"),
        (HEAD + row("R1900857_001.nc", lat="north"), "north"),
        (HEAD + row("R1900857_001.nc", updated=""), "without date_update"),
        (HEAD + row("R1900857_001.nc").replace("aoml/1900857/profiles/", ""), "path"),
        (HEAD + row("R1900857_001.nc").replace("aoml/1900857", "aoml/x"), "x"),
        ("", "no end"),
        ("<html>\n", "lacks the line"),
    ],
)
def test_a_damaged_index_is_refused(text, reason):
    with pytest.raises(BadData, match=reason) as caught:
        read_profile_index(text.encode())
    assert str(caught.value).startswith("ar_index_global_prof.txt: ")


def test_a_strange_name_is_left_out_with_a_warning(caplog):
    listed = items(index(row("R1900858_001.nc"), row("R1900857_002.nc")))
    assert [item.tags["name"] for item in listed] == ["R1900857_002.nc"]
    assert "1 rows are no paths of profile files" in caplog.text


@pytest.mark.parametrize("cut", [1, 10, 50])
def test_gzip_cut_anywhere_is_refused(cut):
    packed = gzip.compress((HEAD + row("R1900857_001.nc")).encode())
    with pytest.raises(BadData):
        read_profile_index(packed[:-cut])
