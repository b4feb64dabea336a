"""`gnomon imap fetch metakernel` over kernels that were put into the store by hand."""

import shutil

import pytest

from terminal import gnomon

DPS = "imap_dps_2026_009_2026_015_001.ah.bc"
SPAN = ("--start-time", "2026-01-12T00:00:00", "--end-time", "2026-01-12T12:00:00")
TYPES = ("leapseconds", "spacecraft_clock", "pointing_attitude", "imap_frames", "science_frames")
FEW = tuple(word for kind in TYPES for word in ("--file-types", kind))


@pytest.fixture
def home(real, tmp_path):
    """A project with real kernels."""
    pytest.importorskip("spiceypy")
    spice = tmp_path / "store" / "spice"
    names = (
        *(("lsk", "naif0012.tls"), ("sclk", "imap_sclk_0136.tsc"), ("fk", "imap_130.tf")),
        *(("fk", "imap_science_120.tf"), ("pck", "pck00011.tpc"), ("ck", DPS)),
    )
    for folder, name in names:
        (spice / folder).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(real / "spice" / name, spice / folder / name)
    gnomon("index", folder=tmp_path)
    return tmp_path


def build(home, *words, code=0):
    return gnomon("imap", "fetch", "metakernel", *words, folder=home, code=code)


def test_it_is_written_and_spice_loads_it(home):
    said = build(home, *SPAN, *FEW, "--output-path", home / "out.tm", "--json").data
    assert said["path"] == str(home / "out.tm")
    assert said["kernels"] == [
        "spice/lsk/naif0012.tls",
        "spice/fk/imap_130.tf",
        "spice/fk/imap_science_120.tf",
        "spice/sclk/imap_sclk_0136.tsc",
        f"spice/ck/{DPS}",
    ]
    assert said["gaps"] == []


def test_a_folder_gets_the_name_that_users_know(home):
    (home / "out").mkdir()
    build(home, *SPAN, *FEW, "--output-path", home / "out")
    (path,) = (home / "out").iterdir()
    assert path.name == "imap_mag_metakernel_20260112T000000_20260112T120000_v001.tm"


def test_gaps_are_told_and_may_be_refused(home):
    said = build(home, *SPAN, "--output-path", home / "out.tm", "--json").data
    assert {gap["group"] for gap in said["gaps"]} == {
        *("attitude", "ephemeris", "planetary_ephemeris"),
    }
    (home / "out.tm").unlink()
    said = build(home, *SPAN, "-c", "--output-path", home / "out.tm", code=1)
    assert "not covered: " in said.err
    assert not (home / "out.tm").exists()


def test_a_list_writes_nothing(home):
    said = build(home, *SPAN, "-l", "--output-path", home / "out.tm")
    assert f"pointing_attitude        spice/ck/{DPS}" in said.out
    assert not (home / "out.tm").exists()


def test_published_it_is_a_dataset_and_the_same_one_again(home):
    for _ in range(2):
        build(home, *SPAN, *FEW, "-p")
    (entry,) = gnomon("ls", "imap.metakernel", "--json", folder=home).data
    assert entry["path"] == ("spice/mk/imap_mag_metakernel_20260112T000000_20260112T120000_v001.tm")


def test_a_base_path_stands_before_every_name(home):
    build(home, *SPAN, *FEW, "--base-path", "/data/", "--output-path", home / "out.tm")
    assert "'/data/spice/lsk/naif0012.tls'" in (home / "out.tm").read_text()
    said = build(home, *SPAN, *FEW, "--base-path", "/J\u00fcrgen", code=2)
    assert "ASCII" in said.err


def test_what_does_not_load_is_refused(home):
    broken = home / "store/spice/ck/imap_dps_2026_016_2026_017_001.ah.bc"
    broken.write_bytes(b"DAF/CK  " + b"\0" * 4000)
    gnomon("index", folder=home)
    span = ("--start-time", "2026-01-12", "--end-time", "2026-01-17")
    said = build(home, *span, "--output-path", home / "out.tm", code=1)
    assert broken.name in said.err
    assert not (home / "out.tm").exists()
    build(home, *span, "--no-verify", "--output-path", home / "out.tm")


def test_without_times_there_must_be_attitude(home):
    said = build(home, code=1)
    assert "name --start-time and --end-time" in said.err
    assert "no time" in build(home, "--start-time", "soon", "--end-time", "later", code=2).err


def test_times_may_be_tdb_seconds(home):
    times = ("--start-time", "821448069.184", "--end-time", "821491269.184")
    said = build(home, *times, "-l", "--json").data
    assert said["span"] == ["2026-01-12T00:00:00.000Z", "2026-01-12T12:00:00.000Z"]


def test_a_dry_run_writes_nothing(home):
    build(home, *SPAN, *FEW, "--dry-run", "--output-path", home / "out.tm")
    build(home, *SPAN, *FEW, "--dry-run", "-p")
    assert not (home / "out.tm").exists()
    assert not (home / "store/spice/mk").exists()
