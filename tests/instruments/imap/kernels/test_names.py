from datetime import datetime

import pytest

from gnomon.instruments.imap.kernels.names import days_of, read_name
from gnomon.instruments.imap.kinds import KERNEL_FOLDERS

NAMES = [
    ("naif0012.tls", "leapseconds", "lsk", "naif.tls", 12),
    ("pck00011.tpc", "planetary_constants", "pck", "pck.tpc", 11),
    ("gm_de440.tpc", "planetary_constants", "pck", "gm_de.tpc", 440),
    ("imap_130.tf", "imap_frames", "fk", "imap_.tf", 130),
    ("imap_science_120.tf", "science_frames", "fk", "imap_science_.tf", 120),
    ("imap_sclk_0136.tsc", "spacecraft_clock", "sclk", "imap_sclk_.tsc", 136),
    ("earth_251201_260301_251130.bpc", "earth_attitude", "bpc", "earth_251201_260301_.bpc", 251130),
    ("earth_latest_high_prec.bpc", "earth_attitude", "bpc", "earth_latest_high_prec.bpc", 0),
    ("de440.bsp", "planetary_ephemeris", "spk", "de.bsp", 440),
    ("L1_de431.bsp", "lagrange_point", "spk", "L1_de.bsp", 431),
    ("imap_recon_20250925_20260101_v02.bsp", "ephemeris_reconstructed", "spk",
     "imap_recon_20250925_20260101_v.bsp", 2),
    ("imap_recon_od012_20250925_20260101_v02.bsp", "ephemeris_reconstructed", "spk",
     "imap_recon_od012_20250925_20260101_v.bsp", 2),
    ("imap_nom_20250925_20260101_v01.bsp", "ephemeris_nominal", "spk",
     "imap_nom_20250925_20260101_v.bsp", 1),
    ("imap_pred_20250925_20260101.bsp", "ephemeris_predicted", "spk",
     "imap_pred_20250925_20260101.bsp", 0),
    ("imap_90days_20250925_20260101_v01.bsp", "ephemeris_90days", "spk",
     "imap_90days_20250925_20260101_v.bsp", 1),
    ("imap_long_20250925_20260101_v01.bsp", "ephemeris_long", "spk",
     "imap_long_20250925_20260101_v.bsp", 1),
    ("imap_launch_20250925_20260101_v01.bsp", "ephemeris_launch", "spk",
     "imap_launch_20250925_20260101_v.bsp", 1),
    ("imap_2025_302_2025_303_001.ah.bc", "attitude_history", "ck",
     "imap_2025_302_2025_303_.ah.bc", 1),
    ("imap_2025_302_2025_303_01.ap.bc", "attitude_predict", "ck",
     "imap_2025_302_2025_303_.ap.bc", 1),
    ("imap_dps_2025_359_2026_076_001.ah.bc", "pointing_attitude", "ck",
     "imap_dps_2025_359_2026_076_.ah.bc", 1),
    ("imap_2025_302_2025_303_02.spin", "spin", "spin", "imap_2025_302_2025_303_.spin", 2),
    ("imap_2025_302_02.repoint.csv", "repoint", "repoint", "imap_2025_302_.repoint.csv", 2),
    ("imap_2025_302_2025_303_hist_01.sff", "thruster", "activities",
     "imap_2025_302_2025_303_hist_.sff", 1),
    ("imap_mag_metakernel_20251017T000000_20251018T000000_v003.tm", "metakernel", "mk",
     "imap_mag_metakernel_20251017T000000_20251018T000000_v.tm", 3),
    ("imap_2025_302_a01.spice.mk", "metakernel", "mk", "imap_2025_302_a.spice.mk", 1),
    ("IMAP_2025_302_e01.mk", "metakernel", "mk", "IMAP_2025_302_e.mk", 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "folder", "root", "version"), NAMES)
def test_what_the_26_sorts_of_names_say(name, kind, folder, root, version):
    found = read_name(name)
    assert (found.type, found.folder, found.root, found.version) == (kind, folder, root, version)
    assert folder in KERNEL_FOLDERS or folder in {"spin", "activities"}


@pytest.mark.parametrize("name", ["readme.txt", "imap_mag_l1c_norm-mago_20251017_v001.cdf", ""])
def test_other_files_are_no_kernels(name):
    assert read_name(name) is None


def test_the_suffix_tells_when_the_name_does_not():
    assert read_name("something.bc").type == "attitude"
    assert read_name("Something.TF") is None  # a suffix in capitals is another file


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("imap_2025_302_2025_303_001.ah.bc", (2025, 10, 29), (2025, 10, 31)),
        ("imap_recon_20250925_20260101_v02.bsp", (2025, 9, 25), (2026, 1, 2)),
    ],
)
def test_the_days_of_a_name(name, first, last):
    assert days_of(name) == (datetime(*first), datetime(*last))  # noqa: DTZ001


@pytest.mark.parametrize(
    "name", ["de440.bsp", "imap_2025_399_2025_400_001.ah.bc", "x_20251399_20251301"]
)
def test_a_name_without_days(name):
    assert days_of(name) is None
