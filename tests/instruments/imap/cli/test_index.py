"""Files of an older store become datasets, and parts of days become days."""

import shutil

from terminal import gnomon


def rows_of(path):
    return path.read_text().splitlines()


def test_a_store_of_before_is_taken_in(tmp_path, real):
    gnomon("init", ".", folder=tmp_path)
    store = tmp_path / "store"
    parts = store / "hk/mag/l0/hsk-pw/2025/10"
    parts.mkdir(parents=True)
    packets = real / "packets"
    shutil.copy(packets / "imap_mag_l0_hsk-pw_20251017_001.pkts", parts)
    second = parts / "imap_mag_l0_hsk-pw_20251017_002.pkts"
    shutil.copy(packets / "MAG_HSK_PW_20251017_sclk.pkts", second)
    for folder, pattern in {
        "calibration/layers/2025/10": "layers/*_20251017_v001.*",
        "science/mag/l1c/2025/10": "science/*_20251017_v*.cdf",
        "hk/mag/l1/hsk-pw/2025/11": "hk/*hsk-pw_20251102*.csv",
        "spice/sclk": "spice/*.tsc",
        "spice/lsk": "spice/*.tls",
        "spice/ck": "spice/*.bc",
        "noaa/2026/07": "noaa/ACE*.csv",
    }.items():
        (store / folder).mkdir(parents=True, exist_ok=True)
        for path in real.glob(pattern):
            shutil.copy(path, store / folder)
    xtce = real / "definitions/mag_17.9.xml"
    gnomon("adopt", xtce, "--kind", "imap.xtce", "instrument=mag", folder=tmp_path)

    found = gnomon("imap", "index", "--json", folder=tmp_path).data
    assert (found["unknown"], found["refused"]) == ([], [])
    assert gnomon("imap", "index", "--json", folder=tmp_path).data["adopted"] == []
    assert gnomon("verify", folder=tmp_path).code == 0
    (newest,) = gnomon("ls", "imap.hk.l1", "day=2025-11-02", "--json", folder=tmp_path).data
    assert newest["path"].endswith("_v003.csv")

    # The days of packets hold every packet of both parts, by true UTC.
    name = "imap_mag_l0_hsk-pw_20251017_003.pkts"
    gnomon("imap", "process", name, folder=tmp_path)
    tables = sorted(store.glob("hk/mag/l1/hsk-pw/2025/10/*.csv"))
    assert sum(len(rows_of(path)) - 1 for path in tables) == 920


def test_what_is_superseded_is_cleaned(tmp_path, real):
    gnomon("init", ".", folder=tmp_path)
    folder = tmp_path / "store/hk/mag/l1/hsk-pw/2025/11"
    folder.mkdir(parents=True)
    for path in real.glob("hk/*hsk-pw_20251102*.csv"):
        shutil.copy(path, folder)
    gnomon("imap", "index", folder=tmp_path)
    gone = gnomon("imap", "cleanup", "hk/*", "--json", folder=tmp_path).data
    assert len(gone) == 2
    assert [path.name for path in folder.iterdir()] == ["imap_mag_l1_hsk-pw_20251102_v003.csv"]
