"""The whole chain, from archives on loopback to products, gives back what was put in.

A spacecraft is simulated whose field, offsets, gains, interference and clock are known. Its
archives are served with faults; one pipeline fetches, decodes, calibrates and applies. Stated
errors: the field to 5 pT (rms; the sensors' noise is 2 pT, which gradiometry makes 2.9 pT) and
20 pT at most; UTC of packets to a microsecond; housekeeping to half a count.
"""

import csv
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from gnomon.formats.cdf import read_cdf
from gnomon.instruments.imap.simulate import archive, housekeeping, science
from gnomon.instruments.imap.simulate.corrections import FACTOR, WINDOWS, offset_to_add, quality
from gnomon.instruments.imap.simulate.mission import NS, RATIO, Mission
from gnomon.instruments.imap.simulate.motion import midnight
from gnomon.instruments.imap.simulate.services import Services
from gnomon.sim import Cut, Status
from gnomon.timescales.tt2000 import utc_of_tt2000
from terminal import gnomon

pytest.importorskip("spiceypy")
pytestmark = pytest.mark.timeout(300)  # two days of everything, once

RMS_NT, MOST_NT = 0.005, 0.020
FRAMES = ("srf", "dsrf", "gse", "gsm", "rtn")
PACKETS = {"MAG_HSK_PW": "hsk-pw", "MAG_HSK_STATUS": "hsk-status", "MAG_HSK_SCI": "hsk-sci"}
INTERFERENCE_BIT = 2
PIPELINE = """
name = "closure"

[[source]]
use = "imap.webpoda"

[[source]]
use = "imap.spice"

[[source]]
use = "imap.science"
level = "l1c"
modes = ["norm"]

[[step]]
use = "imap.decode"

[[step]]
use = "imap.metakernel"

[[step]]
use = "imap.gradiometer"
kappa = {factor}
sc_interference_threshold = {threshold}
interpolation = "cubic"

[[step]]
use = "imap.quality"
windows = [
{windows}
]

[[step]]
use = "imap.apply"
"""


BURST = """
name = "burst"

[[source]]
use = "imap.science"
level = "l1b"
modes = ["burst"]
"""


@dataclass(frozen=True)
class Home:
    """A project on the simulated archives, after its first run."""

    folder: Path
    mission: Mission
    services: Services
    summary: dict

    def run(self, code=0):
        return gnomon("run", "closure", "--json", folder=self.folder, code=code).data

    def paths(self, kind):
        """Return the current files of a kind, by key."""
        found = gnomon("ls", kind, "--json", folder=self.folder).data
        return {entry["key"]: self.folder / "store" / entry["path"] for entry in found}

    def product(self, mode, frame, day):
        found = self.paths("imap.l2_pre")
        return read_cdf(found[f"mode={mode},frame={frame},day={day}"]).variables


def disagreement(mission, epochs):
    """Return by how much the sensors truly differ, nT, (n,)."""
    offsets = mission.offsets_nt["magi"] - mission.offsets_nt["mago"]
    return np.linalg.norm(offsets + mission.interference("magi", epochs) * (1 - RATIO), axis=1)


def threshold(mission):
    """Return a threshold that some of the vectors are beyond."""
    size = disagreement(mission, np.arange(*mission.span, 100 * NS))
    return round(float(size.min() + size.max()) / 2, 3)


def pipeline(mission):
    rows = csv.DictReader(archive.corrections.quality_windows(mission).splitlines())
    windows = [
        f'    {{ start_date = "{row["start_date"]}", end_date = "{row["end_date"]}",'
        f" quality_flag = 1, quality_bitmask = {row['quality_bitmask']},"
        + ", ".join(f" nan_{axis} = {row[f'nan_{axis}'].lower()}" for axis in "xyz")
        + " },"
        for row in rows
    ]
    return PIPELINE.format(factor=FACTOR, threshold=threshold(mission), windows="\n".join(windows))


@pytest.fixture(scope="module")
def home(archive_folder, mission, tmp_path_factory):
    folder = tmp_path_factory.mktemp("closure") / "project"
    gnomon("init", folder)
    shutil.copytree(archive_folder / archive.LOCAL, folder / "store", dirs_exist_ok=True)
    for name in (archive.QUALITY, archive.GRADIOMETER):
        (folder / "store" / name).unlink()
    (folder / "pipelines/closure.toml").write_text(pipeline(mission))
    (folder / "pipelines/burst.toml").write_text(BURST)
    faults = [
        Status(pattern="*MAG_HSK_PW.bin", code=503, times=2),
        Cut(pattern="*norm-mago_20260301*", after_bytes=50_000, times=2),
        Status(pattern="*/query", code=429, retry_after_s=0, times=1),
    ]
    services = Services(faults=faults)
    archive.fill(services, archive_folder)
    with services:
        env = "\n".join(f"{name}={value}" for name, value in services.environment().items())
        (folder / ".env").write_text(env)
        gnomon("index", folder=folder)
        gnomon("run", "burst", folder=folder)
        # The attitude has a gap, which is no reason to say that all is well.
        said = gnomon("run", "closure", "--json", folder=folder, code=1).data
        yield Home(folder, mission, services, said)


@pytest.fixture(scope="module")
def said(mission):
    return {one.layout.name: one for one in housekeeping.told(mission)}


def table(home, packet, day):
    key = f"instrument=mag,packet={packet},day={day}"
    return pq.read_table(home.paths("imap.hk.table")[key])


# -- housekeeping


@pytest.mark.parametrize("name", PACKETS)
def test_packets_come_back_with_their_utc(home, said, name):
    truth = said[name]
    days = [table(home, PACKETS[name], day) for day in home.mission.dates]
    epochs = np.concatenate([day["epoch"].to_numpy() for day in days])
    np.testing.assert_array_equal(np.concatenate([d["shcoarse"] for d in days]), truth.coarse_s)
    assert np.abs(epochs - truth.tt2000).max() <= 1000
    utc = np.concatenate([day["epoch_iso"].to_numpy() for day in days]).astype("M8[ns]")
    assert np.abs(utc - utc_of_tt2000(truth.tt2000)).max() <= np.timedelta64(1, "us")
    for day, rows in zip(home.mission.dates, days, strict=True):
        starts = rows["epoch_iso"].to_numpy().astype("M8[D]")
        assert set(starts) == {np.datetime64(day)}


def test_the_clock_alone_would_be_seconds_off(home):
    rows = table(home, "hsk-pw", home.mission.start)
    naive = rows["time_met_iso"].to_numpy().astype("M8[ns]")
    off = naive - rows["epoch_iso"].to_numpy().astype("M8[ns]")
    assert off.min() > np.timedelta64(10, "s")
    assert np.ptp(off.astype(np.int64)) > 10_000_000  # and it drifts


@pytest.mark.parametrize("name", ["MAG_HSK_PW", "MAG_HSK_SCI"])
def test_values_come_back_within_half_a_count(home, said, name):
    truth = said[name]
    days = [table(home, PACKETS[name], day) for day in home.mission.dates]
    for column, expected in truth.truth.items():
        values = np.concatenate([day[column.lower()].to_numpy() for day in days])
        within = housekeeping.tolerance(truth.layout, column)
        assert np.abs(values - expected).max() <= within * (1 + 1e-9), column


def test_labels_come_back(home, said):
    rows = table(home, "hsk-status", home.mission.start)
    modes = said["MAG_HSK_STATUS"].raw["MAGMODE"][: len(rows)]
    labels = {5: "Normal", 6: "Burst"}
    assert rows["magmode"].to_pylist() == [labels[mode] for mode in modes.tolist()]
    assert Counter(rows["magmode"].to_pylist())["Burst"] == 3


def test_transfers_of_one_reading_all_stay(home, said):
    rows = table(home, "prog-mtran", home.mission.start)
    assert rows["segment"].to_pylist() == list(range(20))
    data = [int.from_bytes(tail, "big") for tail in said["MAG_PROG_MTRAN"].tails]
    (path,) = (p for key, p in home.paths("imap.hk.l1").items() if "prog-mtran" in key)
    with path.open() as lines:
        assert [int(row["data"]) for row in csv.DictReader(lines)] == data


def test_what_was_lost_and_double_is_counted(home, said):
    key = f"instrument=mag,packet=hsk-pw,day={home.mission.start}"
    shown = gnomon("show", "imap.hk.l1", key, "--json", folder=home.folder).data
    metrics = shown[0]["metrics"]
    first_day = said["MAG_HSK_PW"].tt2000 < midnight(home.mission.dates[1])
    counters = said["MAG_HSK_PW"].counters[first_day]
    assert metrics["n_packets"] == len(counters)
    assert metrics["n_missing"] == counters[-1] - counters[0] + 1 - len(counters)


# -- the field


def expected(mission, sensor, day, epochs):
    """Return the epochs of a day's vectors, and which of them hold none."""
    inside = (epochs >= midnight(day)) & (epochs < midnight(day) + 86_400 * NS)
    kept = epochs[inside]
    _, blank = quality(mission, kept)
    return kept, blank | np.isin(kept, science.filled(sensor, day))


def in_gap(mission, epochs):
    first, last = mission.attitude_gap
    return (epochs > first) & (epochs < last)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("number", [0, 1])
def test_the_field_is_recovered(home, frame, number):
    mission, day = home.mission, home.mission.dates[number]
    found = home.product("norm", frame, day)
    epochs, blank = expected(mission, "mago", day, science.normal_epochs("mago", day))
    np.testing.assert_array_equal(found["epoch"].values, epochs)
    if frame != "srf":  # the sensors are fixed to the spacecraft, so this frame needs no attitude
        blank = blank | in_gap(mission, epochs)
    vectors = found[f"b_{frame}"].values
    gone = ~np.all(np.abs(vectors) < 1e30, axis=1)
    np.testing.assert_array_equal(gone, blank)
    error = (vectors - mission.field(frame, epochs))[~gone]
    steady = ~in_gap(mission, epochs)[~gone]
    assert np.sqrt(np.mean(error[steady] ** 2)) < RMS_NT
    assert np.abs(error[steady]).max() < MOST_NT
    # Where the attitude is not known the sensors are compared in the spinning frame.
    assert np.abs(error).max() < 2 * MOST_NT
    size = np.linalg.norm(vectors[~gone], axis=1)
    np.testing.assert_allclose(found["magnitude"].values[~gone], size, rtol=1e-6)


def test_without_corrections_it_would_be_nanoteslas_off(mission):
    epochs = science.normal_epochs("mago", mission.start)[:5000]
    raw, ranges = mission.raw("mago", epochs, 1)
    there = np.einsum("nij,nj->ni", np.moveaxis(mission.gains["mago"][..., ranges], 2, 0), raw)
    truth = mission.field("srf", epochs)[:, [1, 0, 2]] * -1
    assert np.abs(there - truth).max() > 1
    assert np.abs(there + offset_to_add(mission) - truth).max() > 0.2


def test_burst_mode_is_recovered_too(home):
    day = home.mission.start
    found = home.product("burst", "gse", day)
    epochs, blank = expected(home.mission, "magi", day, science.burst_epochs("mago", day))
    np.testing.assert_array_equal(found["epoch"].values, epochs)
    assert not blank.any()
    error = found["b_gse"].values - home.mission.field("gse", epochs)
    assert np.sqrt(np.mean(error**2)) < RMS_NT
    assert np.abs(error).max() < MOST_NT


@pytest.mark.parametrize("number", [0, 1])
def test_quality_says_what_the_windows_and_the_sensors_say(home, number):
    mission, day = home.mission, home.mission.dates[number]
    found = home.product("norm", "srf", day)
    epochs, _ = expected(mission, "mago", day, science.normal_epochs("mago", day))
    bits, _ = quality(mission, epochs)
    bitmask = found["quality_bitmask"].values.astype(np.int64)
    np.testing.assert_array_equal(bitmask & ~INTERFERENCE_BIT, bits)
    size, limit = disagreement(mission, epochs), threshold(mission)
    clear = np.abs(size - limit) > 0.05
    clear &= ~np.isin(epochs, science.filled("mago", day))
    flagged = bitmask & INTERFERENCE_BIT > 0
    np.testing.assert_array_equal(flagged[clear], (size > limit)[clear])
    assert {True, False} == set(flagged[clear].tolist())
    np.testing.assert_array_equal(found["quality_flags"].values > 0, bitmask > 0)


def test_the_windows_are_more_than_one_layer_could_hide():
    assert WINDOWS[0].stop_h > WINDOWS[1].start_h
    assert WINDOWS[1].stop_h == WINDOWS[2].start_h


# -- the run


def test_the_run_tells_of_the_gap_and_of_nothing_else(home):
    told = home.summary["problems"]
    assert {one["what"] for one in told} == {"flawed"}
    assert {one["name"] for one in told} == {"imap.gradiometer", "imap.apply"}
    assert {one["key"] for one in told} == {f"mode=norm,day={home.mission.dates[1]}"}
    assert all("attitude" in one["message"] for one in told)
    assert home.summary["failed_or_rejected"] == 0
    paths = {request.path for request in home.services.requests}
    assert any("norm-mago_20260301" in path for path in paths)


def test_no_token_is_left_anywhere(home):
    tokens = home.services.tokens
    for path in home.folder.rglob("*"):
        if path.is_file() and path.name != ".env":
            content = path.read_bytes()
            for token in (tokens.webpoda, tokens.sdc, tokens.ialirt):
                assert token.encode() not in content, path


def test_time_passes_and_only_what_is_new_is_done(home, tmp_path):
    home = replace(home, folder=shutil.copytree(home.folder, tmp_path / "project"))
    assert home.run()["jobs"] == 0
    archive.advance(home.services, home.mission)
    before = home.paths("imap.l2_pre")
    done = home.run()["done"]
    assert done["imap.science"] == 1
    assert done["imap.webpoda"] == 6
    assert done["imap.decode"] == 6
    assert done["imap.gradiometer"] == done["imap.apply"] == 1
    after = home.paths("imap.l2_pre")
    changed = {key for key in after if after[key] != before[key]}
    assert changed == {f"mode=norm,frame={f},day={date(2026, 3, 1)}" for f in FRAMES}
    rows = table(home, "hsk-pw", home.mission.start)
    assert np.ptp(np.diff(rows["shcoarse"].to_numpy().astype(np.int64))) == 0
