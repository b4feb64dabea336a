"""Packets: their bytes, read back by hand; their times; what is lost and what is double."""

from collections import Counter

import numpy as np
import pytest

from gnomon.instruments.imap.simulate.housekeeping import (
    POWER,
    SCIENCE,
    TRANSFER,
    poda_packets,
    told,
    told_late,
    tolerance,
    xtce,
)
from gnomon.instruments.imap.simulate.packing import Field, Layout, packed


@pytest.fixture(scope="module")
def said(mission):
    return {one.layout.name: one for one in told(mission)}


def number(body, start_bit, bits):
    whole = int.from_bytes(body, "big")
    return whole >> (8 * len(body) - start_bit - bits) & ((1 << bits) - 1)


def test_fields_are_packed_most_significant_bit_first():
    layout = Layout(
        "A", 100, (Field("X", 4), Field("Y", 12, signed=True), Field("F", 32, is_float=True))
    )
    values = {"X": np.array([9]), "Y": np.array([-3]), "F": np.array([1.5])}
    (body,) = packed(layout, values, np.array([16_385]))
    assert body.hex() == "0864" + "c001" + "0005" + "9ffd" + "3fc00000"


def test_a_packet_says_what_it_should(said):
    power = said["MAG_HSK_PW"]
    body = poda_packets(power)[0].body
    assert number(body, 5, 11) == 1063
    assert number(body, 18, 14) == power.counters[0] % 16_384
    assert number(body, 32, 16) == len(body) - 7 == POWER.fixed_bytes - 1
    assert number(body, 48, 32) == power.coarse_s[0]
    assert number(body, 48 + 64, 12) == power.raw["P1V5V"][0]


def test_values_lie_within_half_a_count_of_the_truth(said):
    for name, truth in said["MAG_HSK_PW"].truth.items():
        field = next(one for one in POWER.fields if one.name == name)
        raw = said["MAG_HSK_PW"].raw[name]
        value = np.polynomial.polynomial.polyval(raw, field.polynomial)
        assert np.abs(value - truth).max() <= tolerance(POWER, name) * (1 + 1e-9)
        assert raw.min() > 0
        assert raw.max() < 4096
    assert tolerance(SCIENCE, "FOB_XVEC") == pytest.approx(0.5 / 0.65)


def test_some_packets_are_lost_and_some_come_twice(said):
    power = said["MAG_HSK_PW"]
    made = poda_packets(power)
    gaps = int(power.counters[-1] - power.counters[0]) + 1 - len(power.counters)
    assert gaps == power.n_others == 14
    assert power.counters[0] < 16_384 < power.counters[-1]
    double = [count for count in Counter(p.body for p in made).values() if count == 2]
    assert len(made) == len(power.counters) + len(double)
    assert double


def test_what_was_lost_comes_late(said, mission):
    for late in told_late(mission):
        assert len(late.counters) == said[late.layout.name].n_others
        assert not set(late.counters) & set(said[late.layout.name].counters)


def test_packets_arrive_in_contacts_after_they_were_made(said):
    made = poda_packets(said["MAG_HSK_STATUS"])
    assert all(packet.ert > packet.time for packet in made)
    assert [p.ert for p in made] == sorted(p.ert for p in made)
    assert len({packet.ert for packet in made}) == 7


def test_several_transfers_share_a_reading_of_the_clock(said):
    transfers = said["MAG_PROG_MTRAN"]
    assert Counter(transfers.coarse_s.tolist()).most_common(1)[0][1] == 5
    bodies = {packet.body for packet in poda_packets(transfers)}
    assert len(bodies) == 20
    assert len({len(body) for body in bodies}) > 5
    assert all(len(body) > 6 + TRANSFER.fixed_bytes for body in bodies)


def test_the_definition_names_every_packet():
    text = xtce().decode()
    for name in ("MAG_HSK_PW", "MAG_HSK_STATUS", "MAG_HSK_SCI", "MAG_PROG_MTRAN"):
        assert f'SequenceContainer name="{name}"' in text
    assert text.count("<xtce:ContextCalibrator>") == 12
