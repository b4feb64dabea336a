"""What an archive should not hold: each is named with its reason, and the rest goes on."""

import gzip
import os
import shutil

import pytest

from gnomon.sim import Archive
from oceans import META, PROFILES, moved, new_ocean, piece, write_index
from terminal import gnomon

ALONE = "csiro/5900865/5900865_prof.nc"
CYCLES = [f"csiro/5900865/profiles/D5900865_{cycle:03d}.nc" for cycle in (1, 2, 3)]
OTHER = "jma/4902252/profiles/D4902252_001.nc"
DAY_S = 86_400


@pytest.fixture
def ocean(tmp_path):
    return new_ocean(tmp_path / "project")


@pytest.fixture
def aggregate(real, tmp_path):
    """An archive of one float that only the index of meta files knows, and of one cycle."""
    return piece(real, tmp_path / "gdac", ALONE, OTHER, meta=["csiro/5900865"])


@pytest.fixture
def cycles(real, tmp_path):
    return piece(real, tmp_path / "gdac", *CYCLES, OTHER)


def touch(path, later_s):
    """Give a file another time, as when it is uploaded later."""
    stat = path.stat()
    os.utime(path, (stat.st_mtime + later_s, stat.st_mtime + later_s))


def reindex(folder, old, new):
    text = (folder / PROFILES).read_text()
    assert old in text
    write_index(folder, PROFILES, text.replace(old, new))


def date_update(folder, path):
    lines = (folder / PROFILES).read_text().splitlines()
    return next(line.split(",")[-1] for line in lines if line.startswith(path))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("5900865_prof.trunc50.nc", "truncated"),
        ("5900865_prof.cut_in_TEMP.nc", "truncated"),
        ("5900865_prof.trunc_last1k.nc", "truncated"),
        ("5900865_prof.header_only.nc", "damaged header"),
        ("5900865_prof.empty.nc", "empty"),
        ("5900865_prof.html.nc", "HTML"),
        ("5900865_prof.badmagic.nc", "magic"),
        ("3902131_Sprof.trunc50.nc", "NetCDF-4"),
    ],
)
def test_a_damaged_file_is_rejected_until_it_changes(name, reason, real, ocean, aggregate):
    place = aggregate / "dac" / ALONE
    good = place.read_bytes()
    place.write_bytes((real / "damaged" / name).read_bytes())
    first = ocean.sync(mirror=aggregate, code=1)
    (problem,) = first["problems"]
    assert problem["what"] == "rejected"
    assert "5900865_prof.nc" in problem["message"]
    assert reason.lower() in problem["message"].lower()
    # The other float arrives, and its tables are made.
    assert first["done"] == {"argo.gdac": 1}
    assert ocean.export()["done"]["argo.tables"] == 1
    assert ocean.problems() == [problem["message"]]
    again = ocean.sync(mirror=aggregate, code=1)
    assert (again["jobs"], again["failed_or_rejected"]) == (0, 1)
    assert ocean.problems() == [problem["message"]]
    place.write_bytes(good)
    touch(place, DAY_S)
    assert ocean.sync(mirror=aggregate)["done"] == {"argo.gdac": 1}
    assert ocean.problems() == []
    ocean.export()
    assert ocean.counts()[5900865] == (80, 5680)


def test_a_cycle_that_is_mended_without_a_new_stamp_is_fetched_again(real, ocean, tmp_path):
    mirror = tmp_path / "mirror"
    shutil.copytree(real / "dac" / "kordi", mirror / "dac" / "kordi")
    for name in ("ar_index_global_prof.txt", "ar_index_global_meta.txt"):
        rows = (real / name).read_text().splitlines(keepends=True)
        kept = [row for row in rows if row.startswith(("#", "file", "kordi"))]
        (mirror / name).write_text("".join(kept))
    place = mirror / "dac/kordi/2901780/profiles/R2901780_003.nc"
    good = place.read_bytes()
    place.chmod(0o644)
    place.write_bytes(good[:-1000])
    said = ocean.sync(mirror=mirror, code=1)
    assert [problem["what"] for problem in said["problems"]] == ["rejected"]
    assert ocean.sync(mirror=mirror, code=1)["jobs"] == 0
    place.write_bytes(good)
    assert ocean.sync(mirror=mirror)["done"] == {"argo.gdac": 1}
    assert ocean.problems() == []


@pytest.mark.parametrize("name", ["5900865_prof.bitflip_TEMP.nc", "5900865_prof.bitflip200.nc"])
def test_flipped_bits_are_noticed_beside_the_good_file(name, real, ocean, aggregate):
    ocean.sync(mirror=aggregate)
    ocean.export()
    place = aggregate / "dac" / ALONE
    place.write_bytes((real / "damaged" / name).read_bytes())
    touch(place, DAY_S)
    said = ocean.sync(mirror=aggregate, code=1)
    (problem,) = said["problems"]
    assert "5900865_prof.nc" in problem["message"]
    assert ocean.export()["jobs"] == 0
    assert ocean.counts()[5900865] == (80, 5680)


def test_a_listed_file_that_is_missing_is_reported_and_comes_later(ocean, cycles):
    place = cycles / "dac" / CYCLES[1]
    content = place.read_bytes()
    place.unlink()
    said = ocean.sync(mirror=cycles, code=1)
    assert said["done"] == {"argo.gdac": 3}
    assert "D5900865_002.nc" in said["problems"][0]["message"]
    assert len(ocean.problems()) == 1
    place.write_bytes(content)
    assert ocean.sync(mirror=cycles)["done"] == {"argo.gdac": 1}
    assert ocean.problems() == []


def test_a_file_older_than_the_index_says_is_refused_and_comes_later(ocean, cycles):
    ocean.sync(mirror=cycles)
    ocean.export()
    stamp = date_update(cycles, CYCLES[0])
    reindex(cycles, stamp, "20300101000000")
    said = ocean.sync(mirror=cycles, code=1)
    # All four files have that date, so all four are refused, in any order.
    message = next(p["message"] for p in said["problems"] if "D5900865_001.nc" in p["message"])
    assert f"its DATE_UPDATE is {stamp}, and the index says 20300101000000" in message
    assert ocean.export()["jobs"] == 0
    reindex(cycles, "20300101000000", stamp)
    assert ocean.sync(mirror=cycles)["ok"]
    assert ocean.problems() == []


def test_bytes_that_change_behind_their_date_are_rejected(ocean, cycles):
    ocean.sync(mirror=cycles)
    place = cycles / "dac" / CYCLES[0]
    content = bytearray(place.read_bytes())
    content[-3] ^= 1
    place.write_bytes(content)
    # Only a listing that says so makes anybody look at the file again.
    stamp = date_update(cycles, CYCLES[0])
    reindex(cycles, stamp, str(int(stamp) - 1))
    said = ocean.sync(mirror=cycles, code=1)
    assert "its bytes changed and its DATE_UPDATE" in said["problems"][0]["message"]
    assert "D5900865_001.nc" in said["problems"][0]["message"]


def set_index(folder, plain=None, packed=None):
    for name, content in ((PROFILES, plain), (f"{PROFILES}.gz", packed)):
        if content is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(content)


def test_a_cut_index_changes_nothing(ocean, cycles):
    ocean.sync(mirror=cycles)
    packed = (cycles / f"{PROFILES}.gz").read_bytes()
    set_index(cycles, None, packed[: len(packed) // 2])
    said = ocean.sync(mirror=cycles, code=1)
    assert said["problems"][0]["what"] == "not_listed"
    assert f"{PROFILES}.gz: damaged gzip" in said["problems"][0]["message"]
    assert len(ocean.current("argo.cycle")) == 4


def test_an_index_packed_twice_is_read(ocean, cycles):
    packed = (cycles / f"{PROFILES}.gz").read_bytes()
    set_index(cycles, None, gzip.compress(packed))
    assert ocean.sync(mirror=cycles)["done"] == {"argo.gdac": 4}


def test_an_archive_without_an_index_is_none(ocean, cycles):
    set_index(cycles)
    said = ocean.sync(mirror=cycles, code=1)
    assert "is it the root of a GDAC?" in said["problems"][0]["message"]


def test_an_index_that_lost_most_of_its_rows_is_not_believed(ocean, cycles):
    ocean.sync(mirror=cycles)
    lines = (cycles / PROFILES).read_text().splitlines(keepends=True)
    write_index(cycles, PROFILES, "".join(lines[:-3]))
    said = ocean.sync(mirror=cycles, code=1)
    assert "where it listed 4; nothing was changed" in said["problems"][0]["message"]
    assert len(ocean.current("argo.cycle")) == 4


def test_a_float_that_only_the_meta_index_lists_arrives(ocean, aggregate):
    assert ocean.sync("--float", 5900865, mirror=aggregate)["done"] == {"argo.gdac": 1}
    ocean.export()
    assert ocean.counts() == {5900865: (80, 5680)}
    (aggregate / META).unlink()
    (aggregate / f"{META}.gz").unlink()
    ocean.sync("--float", 5900865, mirror=aggregate, code=1)


def test_status_says_what_is_wrong_in_words(real, ocean, aggregate):
    shutil.copyfile(real / "damaged" / "5900865_prof.empty.nc", aggregate / "dac" / ALONE)
    ocean.sync(mirror=aggregate, code=1)
    said = gnomon("status", folder=ocean.folder)
    (line,) = [line for line in said.out.splitlines() if line.startswith("rejected")]
    assert line.startswith("rejected argo.gdac wmo=5900865: BadData: 5900865_prof.nc")


@pytest.mark.parametrize("way", ["http", "ftp"])
def test_what_is_damaged_over_the_net_is_not_fetched_twice(way, real, ocean, aggregate):
    shutil.copyfile(real / "damaged" / "5900865_prof.trunc50.nc", aggregate / "dac" / ALONE)
    with Archive(aggregate) as archive:
        url = archive.http_url if way == "http" else archive.ftp_url
        ocean.sync(mirror=url, code=1)
        archive.requests.clear()
        ocean.sync(mirror=url, code=1)
        assert moved(archive.requests) == []
