"""What one listing holds, and what it proves, on indexes made here."""

from datetime import UTC, datetime

import pytest

from gnomon.acquire.transport import RemoteStat
from gnomon.core.items import Item
from gnomon.errors import NotFound
from gnomon.instruments.argo.gdac.config import GdacConfig
from gnomon.instruments.argo.gdac.index import (
    BIO_INDEX,
    BIO_TRAJECTORY_INDEX,
    META_INDEX,
    PROFILE_INDEX,
    SYNTHETIC_INDEX,
    TECHNICAL_INDEX,
    TRAJECTORY_INDEX,
    read_index,
)
from gnomon.instruments.argo.gdac.listing import Lister

HEADS = {
    PROFILE_INDEX: "file,date,latitude,longitude,ocean,profiler_type,institution,date_update",
    BIO_INDEX: "file,date,latitude,longitude,ocean,profiler_type,institution,parameters,"
    "parameter_data_mode,date_update",
    META_INDEX: "file,profiler_type,institution,date_update",
    TECHNICAL_INDEX: "file,institution,date_update",
    TRAJECTORY_INDEX: "file,latitude_max,latitude_min,longitude_max,longitude_min,"
    "profiler_type,institution,date_update",
    BIO_TRAJECTORY_INDEX: "file,latitude_max,latitude_min,longitude_max,longitude_min,"
    "profiler_type,institution,parameters,date_update",
}
HEADS[SYNTHETIC_INDEX] = HEADS[BIO_INDEX]
OLD, NEW = "20200101000000", "20210101000000"


def profile(path, updated=OLD, date="20190101000000", lat="1.0", lon="2.0"):
    dac, wmo, name = path.split("/")
    return f"{dac}/{wmo}/profiles/{name},{date},{lat},{lon},A,846,AO,{updated}"


def sensor(path, parameters="PRES DOXY", updated=OLD, **place):
    *front, last = profile(path, updated, **place).rsplit(",", 1)
    return f"{front[0]},{parameters},RR,{last}"


def trajectory(path, updated=OLD):
    return f"{path},1,0,1,0,846,AO,{updated}"


def lister(indexes, stats=(), had=(), **config):
    def read(name):
        if name not in indexes:
            raise NotFound(name)
        text = f"# Date of update : {NEW}\n{HEADS[name]}\n" + "".join(
            f"{row}\n" for row in indexes[name]
        )
        return read_index(text.encode(), name)

    def stat(path):
        if path not in stats:
            raise NotFound(path)
        return RemoteStat(10, 1_600_000_000_000_000)

    options = {"aggregates": False, "data": ["core"], **config}
    return Lister(GdacConfig(**options), read, stat, had)


def refs(*args, **config):
    return sorted(item.ref.removeprefix("dac/") for item in lister(*args, **config).items())


def core(*rows, **config):
    return [(i.ref, i.stamp) for i in lister({PROFILE_INDEX: rows}, **config).items()]


# -- floats under two DACs, or under another one


@pytest.mark.parametrize("turn", [1, -1])
def test_of_a_float_under_two_dacs_the_newer_file_leads_and_it_is_told(turn, caplog):
    rows = [profile("incois/2900001/R2900001_001.nc"),
            profile("csio/2900001/R2900001_001.nc", NEW),
            profile("incois/2900001/R2900001_002.nc")][::turn]  # fmt: skip
    assert sorted(core(*rows)) == [
        ("dac/csio/2900001/profiles/R2900001_001.nc", NEW),
        ("dac/incois/2900001/profiles/R2900001_002.nc", OLD),
    ]
    assert "1 floats stand under two DACs, the newer file leads: 2900001" in caplog.text


@pytest.mark.parametrize("turn", [1, -1])
def test_a_delayed_file_leads_a_newer_one_of_another_dac(turn):
    rows = [profile("incois/2900001/D2900001_001.nc"),
            profile("csio/2900001/R2900001_001.nc", NEW)][::turn]  # fmt: skip
    assert core(*rows) == [("dac/incois/2900001/profiles/D2900001_001.nc", OLD)]


def test_the_files_of_a_float_under_two_dacs_come_from_the_newer():
    rows = [f"incois/2900001/2900001_meta.nc,846,IN,{OLD}",
            f"csio/2900001/2900001_meta.nc,846,HZ,{NEW}"]  # fmt: skip
    found = refs({META_INDEX: rows}, data=["metadata"])
    assert found == ["csio/2900001/2900001_meta.nc"]
    indexes = {META_INDEX: rows, PROFILE_INDEX: [profile("csio/2900001/R2900001_001.nc", NEW)]}
    (cycle, whole) = lister(indexes, aggregates=True).items()
    assert (cycle.tags["dac"], whole.ref) == ("csio", "dac/csio/2900001/2900001_prof.nc")
    assert (whole.stamp, whole.optional) == (NEW, True)


def test_a_float_that_moved_to_another_dac_is_not_gone():
    indexes = {PROFILE_INDEX: [profile("csio/2900001/R2900001_001.nc"),
                               profile("incois/2900002/R2900002_001.nc")]}  # fmt: skip
    chosen = lister(indexes, dacs=["incois"])
    assert [item.key["wmo"] for item in chosen.items()] == [2900002]
    known = {"wmo": 2900001, "cycle": "001"}
    assert not chosen.covers(Item("argo.cycle", known, "", "", tags={"dac": "incois"}))
    gone = {"wmo": 2900003, "cycle": "001"}
    assert chosen.covers(Item("argo.cycle", gone, "", "", tags={"dac": "incois"}))
    assert not chosen.covers(Item("argo.cycle", gone, "", "", tags={"dac": "csio"}))


# -- cycles


def test_a_cycle_in_both_modes_stands_once_and_a_file_listed_twice_is_the_newer():
    rows = [
        profile("kma/2900001/D2900001_001.nc"),
        profile("kma/2900001/R2900001_001.nc", NEW),
        profile("kma/2900001/R2900001_002.nc", NEW),
        profile("kma/2900001/R2900001_002.nc"),
        profile("kma/2900001/R2900001_002D.nc"),
    ]
    assert sorted(core(*rows)) == [
        ("dac/kma/2900001/profiles/D2900001_001.nc", OLD),
        ("dac/kma/2900001/profiles/R2900001_002.nc", NEW),
        ("dac/kma/2900001/profiles/R2900001_002D.nc", OLD),
    ]


def test_each_index_gives_files_of_its_own_letter():
    names = [f"csio/2900001/{kind}R2900001_001.nc" for kind in ("", "B", "S", "M")]
    indexes = {PROFILE_INDEX: [profile(name) for name in names]}
    indexes |= {key: [sensor(name) for name in names] for key in (BIO_INDEX, SYNTHETIC_INDEX)}
    found = lister(indexes, data=["core", "bgc", "synthetic"]).items()
    assert {item.kind: item.tags["name"] for item in found} == {
        "argo.cycle": "R2900001_001.nc",
        "argo.bgc_cycle": "BR2900001_001.nc",
        "argo.synthetic_cycle": "SR2900001_001.nc",
    }


@pytest.mark.parametrize(
    ("place", "box", "span"),
    [
        ({"date": ""}, True, False),  # kma, where JULD_QC is 4
        ({"lat": "-99.999", "lon": "-999.999"}, False, True),  # jma
        ({"lat": "99999", "lon": "99999"}, False, True),
        ({"lat": "", "lon": ""}, False, True),
        ({}, True, True),
    ],
)
def test_without_date_or_position_a_profile_lies_in_no_span_or_box(place, box, span):
    row = profile("kma/2900001/R2900001_001.nc", **place)
    assert len(core(row)) == 1
    assert bool(core(row, box=[-180, 180, -90, 90])) is box
    assert bool(core(row, after=datetime(1900, 1, 1, tzinfo=UTC))) is span
    assert bool(core(row, before=datetime(2100, 1, 1, tzinfo=UTC))) is span


def test_a_span_begins_with_its_first_instant_and_ends_before_its_last():
    row, instant = profile("kma/2900001/R2900001_001.nc"), datetime(2019, 1, 1, tzinfo=UTC)
    assert core(row, after=instant)
    assert not core(row, before=instant)


# -- parameters


def test_parameters_choose_rows_of_sensor_files_and_floats_of_all_others():
    indexes = {
        PROFILE_INDEX: [profile(f"csio/290000{n}/R290000{n}_001.nc") for n in (1, 2)],
        BIO_INDEX: [sensor("csio/2900001/BR2900001_001.nc"),
                    sensor("csio/2900001/BR2900001_002.nc", "PRES CHLA"),
                    sensor("csio/2900002/BR2900002_001.nc", "PRES MOLAR_DOXY")],
        TECHNICAL_INDEX: [f"csio/290000{n}/290000{n}_tech.nc,HZ,{OLD}" for n in (1, 2)],
    }  # fmt: skip
    found = refs(indexes, data=["core", "bgc", "technical"], parameters=["DOXY"])
    assert found == [
        "csio/2900001/2900001_tech.nc",
        "csio/2900001/profiles/BR2900001_001.nc",
        "csio/2900001/profiles/R2900001_001.nc",
    ]


# -- trajectories


@pytest.mark.parametrize("turn", [1, -1])
def test_a_delayed_trajectory_leads_and_sensors_are_apart(turn):
    indexes = {
        TRAJECTORY_INDEX: [trajectory("csio/2900001/2900001_Rtraj.nc", NEW),
                           trajectory("csio/2900001/2900001_Dtraj.nc")][::turn],
        BIO_TRAJECTORY_INDEX: [
            "csio/2900001/2900001_BRtraj.nc,1,0,1,0,846,AO,PRES DOXY," + OLD
        ],
    }  # fmt: skip
    found = {i.key["sensors"]: i for i in lister(indexes, data=["trajectory"]).items()}
    assert found["core"].ref == "dac/csio/2900001/2900001_Dtraj.nc"
    assert found["bgc"].tags["mode"] == "R"
    assert found["bgc"].key == {"wmo": 2900001, "sensors": "bgc"}


def test_a_strange_name_of_a_floats_file_is_left_out_with_a_warning(caplog):
    rows = [trajectory("csio/2900001/2900002_Rtraj.nc"), trajectory("csio/2900001/x.nc")]
    indexes = {TRAJECTORY_INDEX: rows, BIO_TRAJECTORY_INDEX: []}
    assert refs(indexes, data=["trajectory"]) == []
    assert "2 rows are no paths of such files" in caplog.text


# -- proof of absence


CYCLE_1 = Item("argo.cycle", {"wmo": 1, "cycle": "001"}, "", "", tags={"dac": "csio"})
META_1 = Item("argo.meta", {"wmo": 1}, "", "", tags={"dac": "csio"})
CORE_TRAJECTORY = Item("argo.trajectory", {"wmo": 1, "sensors": "core"}, "", "")
BGC_TRAJECTORY = Item("argo.trajectory", {"wmo": 1, "sensors": "bgc"}, "", "")
GREYLIST = Item("argo.greylist", {}, "ar_greylist.txt", "")
WHOLE = Item("argo.aggregate", {"wmo": 1}, "", "", tags={"dac": "csio"})
ALL = {name: [] for name in HEADS}


def covered(items, indexes=ALL, had=(), **config):
    one = lister(indexes, ["ar_greylist.txt"], had, **config)
    one.items()
    return [one.covers(item) for item in items]


def test_a_whole_listing_proves_the_absence_of_every_kind_it_lists():
    known = [CYCLE_1, META_1, CORE_TRAJECTORY, BGC_TRAJECTORY, GREYLIST, WHOLE]
    assert covered(known, data=["all"], aggregates=True) == [True] * 6
    assert covered(known, data=["all"]) == [True] * 5 + [False]
    assert covered(known, data=["core"], aggregates=True) == [True, *[False] * 4, True]


@pytest.mark.parametrize(
    "limit",
    [{"box": [0, 1, 0, 1]}, {"since": "2020-01-01T00:00Z"}, {"after": "2020-01-01T00:00Z"},
     {"before": "2020-01-01T00:00Z"}],
    ids=str,
)  # fmt: skip
def test_a_selection_of_profiles_proves_nothing(limit):
    assert (
        covered([CYCLE_1, META_1, CORE_TRAJECTORY, GREYLIST], data=["all"], **limit) == [False] * 4
    )


def test_an_index_that_vanished_proves_nothing_and_one_that_never_was_does_no_harm():
    without = {n: rows for n, rows in ALL.items() if n not in (META_INDEX, BIO_TRAJECTORY_INDEX)}
    config = {"data": ["core", "trajectory"], "aggregates": True}
    known = [WHOLE, BGC_TRAJECTORY, CORE_TRAJECTORY]
    had = [META_INDEX, BIO_TRAJECTORY_INDEX]
    assert covered(known, without, had, **config) == [False, False, True]
    assert covered(known, without, **config) == [True, True, True]


# -- aggregates


def test_aggregates_of_synthetic_profiles():
    indexes = {
        SYNTHETIC_INDEX: [sensor("csio/2900001/SR2900001_001.nc")],
        BIO_INDEX: [sensor("csio/2900001/BR2900001_001.nc"),
                    sensor("csio/2900002/BR2900002_001.nc"),
                    sensor("csio/2900003/BR2900003_001.nc")],
        META_INDEX: [f"csio/2900001/2900001_meta.nc,846,HZ,{NEW}"],
    }  # fmt: skip
    there = ["dac/csio/2900002/2900002_Sprof.nc"]
    found = lister(indexes, there, data=["synthetic"], aggregates=True).items()
    assert {item.ref: item.stamp for item in found if item.optional} == {
        "dac/csio/2900001/2900001_Sprof.nc": NEW,  # its cycles are listed: as the metadata
        "dac/csio/2900002/2900002_Sprof.nc": "10:1600000000",  # all there is: as the archive says
    }
