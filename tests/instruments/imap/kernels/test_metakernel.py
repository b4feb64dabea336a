from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gnomon.errors import BadData, ConfigError, NoData
from gnomon.instruments.imap.kernels.coverage import Interval
from gnomon.instruments.imap.kernels.metakernel import (
    KernelFile,
    attitude_days,
    build,
    end_of_attitude,
)
from gnomon.instruments.imap.kernels.pool import borrowed, kernels_of

T0 = datetime(2026, 1, 12, tzinfo=UTC)
DAY = Interval(T0, T0 + timedelta(days=1))


def at(start, stop):
    return Interval(T0 + timedelta(hours=start), T0 + timedelta(hours=stop))


def kernel(path, *hours, ingested="2026-01-20T00:00:00"):
    made = KernelFile.named(f"spice/{path}", {"ingested": ingested}, tuple(at(*h) for h in hours))
    assert made is not None, path
    return made


STATIC = [
    kernel("lsk/naif0012.tls"),
    kernel("pck/pck00011.tpc"),
    kernel("fk/imap_130.tf"),
    kernel("fk/imap_science_120.tf"),
    kernel("sclk/imap_sclk_0136.tsc"),
    kernel("spk/de440.bsp"),
]
RECON = kernel("spk/imap_recon_20260101_20260112_v01.bsp", (-200, 12))
PRED = kernel("spk/imap_pred_20260110_20260220_v01.bsp", (-48, 900))
DPS = kernel("ck/imap_dps_2026_009_2026_015_001.ah.bc", (-72, 10), (10.05, 72))
AH = kernel("ck/imap_2026_012_2026_013_001.ah.bc", (0, 24))


def names(made):
    return [one.name for one in made.kernels]


def test_the_order_to_load_and_the_better_ones_last():
    given = [AH, DPS, PRED, RECON, *STATIC[::-1]]
    made = build(given, DAY)
    assert names(made) == [
        "naif0012.tls",
        "pck00011.tpc",
        "imap_130.tf",
        "imap_science_120.tf",
        "imap_sclk_0136.tsc",
        "de440.bsp",
        "imap_pred_20260110_20260220_v01.bsp",
        "imap_recon_20260101_20260112_v01.bsp",
        "imap_2026_012_2026_013_001.ah.bc",
        "imap_dps_2026_009_2026_015_001.ah.bc",
    ]
    assert [(gap.group, gap.interval) for gap in made.gaps] == [("pointing", at(10, 10.05))]


def test_the_highest_version_of_each_root():
    newer = kernel("ck/imap_2026_012_2026_013_003.ah.bc", (0, 24), ingested="2026-01-01T00:00:00")
    frames = [kernel("fk/imap_131.tf"), kernel("fk/imap_099.tf")]
    made = build([*STATIC, AH, newer, *frames], DAY)
    assert "imap_2026_012_2026_013_003.ah.bc" in names(made)
    assert "imap_2026_012_2026_013_001.ah.bc" not in names(made)
    assert [n for n in names(made) if n.endswith(".tf")] == ["imap_131.tf", "imap_science_120.tf"]


def test_the_newest_fills_first_and_only_what_adds_is_taken():
    old = kernel("ck/imap_2026_011_2026_013_001.ah.bc", (-24, 24), ingested="2026-01-14T00:00:00")
    new = kernel("ck/imap_2026_012_2026_012_001.ah.bc", (0, 18), ingested="2026-01-15T00:00:00")
    within = kernel("ck/imap_2026_012_2026_014_001.ah.bc", (3, 9), ingested="2026-01-13T00:00:00")
    elsewhere = kernel("ck/imap_2026_022_2026_023_001.ah.bc", (240, 264))
    made = build([old, within, new, elsewhere, *STATIC], DAY)
    assert [n for n in names(made) if n.endswith("bc")] == [old.name, new.name]
    predicted = kernel(
        "ck/imap_2026_012_2026_013_001.ap.bc", (0, 24), ingested="2026-02-01T00:00:00"
    )
    made = build([new, predicted, *STATIC], DAY)
    assert [n for n in names(made) if n.endswith("bc")] == [predicted.name, new.name]


def test_a_group_without_kernels_is_one_gap():
    made = build(STATIC, DAY)
    assert [(gap.group, gap.interval) for gap in made.gaps] == [
        (group, DAY) for group in ("ephemeris", "attitude", "pointing")
    ]
    assert "attitude             2026-01-12T00:00:00.000Z to 2026-01-13" in made.text()


def test_some_types_only():
    made = build([*STATIC, AH], DAY, ["leapseconds", "attitude_history"])
    assert names(made) == ["naif0012.tls", AH.name]
    assert made.gaps == ()
    with pytest.raises(ConfigError, match="unknown kernel type 'ck'; known: leapseconds"):
        build(STATIC, DAY, ["ck"])


def test_nothing_to_load():
    with pytest.raises(NoData, match="gnomon imap fetch spice"):
        build([], DAY)
    with pytest.raises(ConfigError, match="ends before"):
        build(STATIC, Interval(DAY.stop, DAY.start))


def test_what_the_archive_says_wins_over_the_name():
    tags = {"type": "attitude_predict", "root": "r", "number": "7", "ingested": "x"}
    made = KernelFile.named("spice/ck/imap_2026_012_2026_013_001.ah.bc", tags)
    assert (made.type, made.root, made.number) == ("attitude_predict", "r", 7)
    assert made.intervals == (at(0, 48),)  # the days of its name, for want of better
    assert KernelFile.named("spice/mk/x.tm", {}) is None
    assert KernelFile.named("spice/repoint/imap_2026_012_01.repoint", {}) is None


def test_the_days_with_attitude():
    later = kernel("ck/imap_2026_014_2026_015_001.ah.bc", (60, 72))
    assert attitude_days([AH, later, PRED]) == [DAY, at(48, 72)]
    assert end_of_attitude([AH, later]) == at(0, 72)
    assert end_of_attitude([PRED]) is None


def test_the_same_kernels_make_the_same_text():
    given = [*STATIC, AH, DPS, RECON]
    assert build(given, DAY).text() == build(given[::-1], DAY).text()


def test_long_paths_are_split_and_read_back(tmp_path):
    folder = "x" * 60 + "/" + "it's" * 30
    long = KernelFile(f"{folder}/naif0012.tls", "leapseconds", "naif.tls", 12)
    made = build([long, *STATIC[1:]], DAY)
    path = tmp_path / "m.tm"
    path.write_text(made.text())
    assert max(map(len, path.read_text().splitlines())) <= 132
    assert kernels_of(path, Path("/root")) == [Path("/root") / k.path for k in made.kernels]


def test_spice_loads_what_is_split(spice, tmp_path, real, monkeypatch):
    folder = tmp_path / ("deep" * 12) / ("folder" * 8)
    folder.mkdir(parents=True)
    (folder / "naif0012.tls").symlink_to(real / "spice/naif0012.tls")
    relative = (folder / "naif0012.tls").relative_to(tmp_path).as_posix()
    made = build([KernelFile(relative, "leapseconds", "naif.tls", 12)], DAY)
    path = tmp_path / "m.tm"
    path.write_text(made.text())
    assert "+'" in path.read_text()
    monkeypatch.chdir(tmp_path)
    spice.furnsh("m.tm")  # as a user of SPICE does
    assert spice.ktotal("ALL") == 2
    path.write_text(made.text(str(tmp_path)))
    with borrowed(kernels_of(path, Path("/"))) as pool:
        assert pool.ktotal("TEXT") == 1


def test_symbols_of_other_peoples_metakernels(tmp_path):
    path = tmp_path / "m.tm"
    path.write_text(
        "\\begindata\nPATH_VALUES = ('/a', '/b')\nPATH_SYMBOLS = ('K', 'KK')\n"
        "KERNELS_TO_LOAD = ('$K/x.tls' '$KK/y.tf',\n 'z.bc')\n\\begintext\n"
    )
    assert kernels_of(path, Path("/r")) == [Path("/a/x.tls"), Path("/b/y.tf"), Path("/r/z.bc")]


def test_what_is_no_metakernel(tmp_path):
    path = tmp_path / "m.tm"
    path.write_text("\\begindata\nX = 1\n\\begintext\n")
    with pytest.raises(BadData, match="KERNELS_TO_LOAD"):
        kernels_of(path, tmp_path)
