import re
from datetime import date

import pytest

from gnomon.errors import UnknownName
from gnomon.instruments.imap.kinds import HK_L0
from gnomon.instruments.imap.telemetry.packets import BY_APID, PACKETS, packet_of, packets_of


def test_there_are_fifty_and_every_name_is_of_one():
    assert len(PACKETS) == 50
    for names in ([p.apid for p in PACKETS], [p.name for p in PACKETS]):
        assert len(set(names)) == 50
    assert len({(p.instrument, p.store_name) for p in PACKETS}) == 50


def test_the_store_calls_them_as_users_know():
    names = {p.name: p.store_name for p in PACKETS}
    assert names["MAG_HSK_PW"] == "hsk-pw"
    assert names["SCID_X285"] == "x285"
    assert names["SCGLOBAL"] == "scglobal"
    assert {p.instrument for p in PACKETS} == {"mag", "sc"}


@pytest.mark.parametrize(
    ("name", "apid"),
    [
        ("SID3_PW", 1063),
        ("SID4_STATUS", 1064),
        ("sid5-sci", 1082),
        ("SID11_PROCSTAT", 1051),
        ("SID15", 1053),
        ("hsk-sid15", 1053),
        ("MAG_PROG_MTRAN", 1024),
        ("x286", 646),
        ("SCID_X286", 646),
        ("scglobal", 2047),
        ("995", 995),
    ],
)
def test_a_packet_answers_to_all_its_names(name, apid):
    assert packet_of(name) is BY_APID[apid]


def test_an_unknown_name_is_refused_and_the_nearest_offered():
    with pytest.raises(UnknownName, match="MAG_HSK_PW"):
        packet_of("MAG_HKS_PW")
    with pytest.raises(UnknownName):
        packet_of("1052")  # science


def test_several_names_are_several_packets_each_once():
    assert [p.apid for p in packets_of(["1064,1063", "SID3_PW"])] == [1064, 1063]
    assert packets_of([]) == packets_of(["ALL"]) == packets_of(["1063", "all"]) == PACKETS


def test_the_definition_has_the_same_names(real):
    text = (real / "definitions" / "mag_17.9.xml").read_text()
    containers = re.split(r"<xtce:SequenceContainer ", text)[1:]
    named = {}
    for container in containers:
        name = re.match(r'name="(\w+)"', container)[1]
        if apid := re.search(r'PKT_APID" value="(\d+)"', container):
            named[int(apid[1])] = name
    ours = {p.apid: p.name for p in PACKETS if p.instrument == "mag"}
    assert {apid: name for apid, name in named.items() if apid in ours} == ours
    assert set(named) - set(ours) == {1001}  # science in near real time


def test_every_packet_makes_a_key():
    for packet in PACKETS:
        key = {"instrument": packet.instrument, "packet": packet.store_name}
        path = HK_L0.format(HK_L0.check(key | {"day": date(2026, 1, 31)}), 1)
        assert HK_L0.parse(path).key["packet"] == packet.store_name
