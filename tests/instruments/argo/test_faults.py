"""Archives that misbehave, runs that are killed, and oceans that change meanwhile."""

import signal
import time

import pytest

from gnomon.instruments.argo.simulate.gdac import advance, reissue, simulate_gdac
from gnomon.sim import Archive, Cut, Latency, Refuse, Stale, Status, WrongSize
from oceans import moved, new_ocean
from terminal import gnomon, start


@pytest.fixture
def ocean(tmp_path):
    return new_ocean(tmp_path / "project")


@pytest.fixture
def gdac(tmp_path):
    return simulate_gdac(tmp_path / "gdac", floats=2, cycles=6, seed=5, levels=20)


def files(gdac):
    return len(gdac.records) + len(gdac.floats)


def check(ocean, gdac):
    assert ocean.export()["ok"]
    assert ocean.counts() == gdac.counts()
    assert ocean.problems() == []


@pytest.mark.parametrize("way", ["http", "ftp"])
@pytest.mark.parametrize(
    "fault",
    [
        Status(pattern="*_001.nc", code=429, retry_after_s=1, times=2),
        Status(pattern="*/profiles/*", code=500, times=4),
        Cut(pattern="*_00?.nc", after_bytes=1_000, times=5),
        WrongSize(pattern="*_003.nc", by_bytes=7, times=1),
        Latency(pattern="*_002.nc", latency_s=0.2),
    ],
    ids=lambda fault: type(fault).__name__ + str(getattr(fault, "code", "")),
)
def test_a_fault_that_passes_costs_nothing_but_time(way, fault, ocean, gdac):
    with Archive(gdac.folder, faults=[fault]) as archive:
        url = archive.http_url if way == "http" else archive.ftp_url
        assert ocean.sync(mirror=url)["done"] == {"argo.gdac": files(gdac)}
    check(ocean, gdac)


def test_retry_after_is_waited_for(ocean, gdac):
    fault = Status(pattern="*_001.nc", code=429, retry_after_s=1, times=1)
    with Archive(gdac.folder, faults=[fault]) as archive:
        began = time.monotonic()
        ocean.sync(mirror=archive.http_url)
        assert time.monotonic() - began >= 1


def test_a_stale_listing_is_caught_up_with_later(ocean, gdac):
    with Archive(gdac.folder) as archive:
        ocean.sync(mirror=archive.http_url)
        archive.faults.add(Stale(pattern="/ar_index*"))
        later = advance(gdac)
        assert ocean.sync(mirror=archive.http_url)["jobs"] == 0
        archive.faults.clear()
        new = len(later.records) - len(gdac.records)
        # Advanced floats have newer meta rows or not; their new cycles come in any case.
        assert ocean.sync(mirror=archive.http_url)["done"]["argo.gdac"] >= new
    check(ocean, later)


def test_ftp_that_is_down_is_replaced_by_http_and_it_says_so(ocean, gdac):
    with Archive(gdac.folder, faults=[Refuse(protocol="ftp")]) as archive:
        words = ["--mirror", archive.ftp_url, "--fallback", archive.http_url]
        said = gnomon("argo", "sync", "--all", *words, folder=ocean.folder)
        assert len(moved(archive.requests)) == files(gdac)
    assert archive.http_url in said.err
    assert "ftp" in said.err
    check(ocean, gdac)


@pytest.mark.parametrize("way", ["http", "ftp"])
def test_new_cycles_and_reissues_move_alone(way, ocean, gdac):
    with Archive(gdac.folder) as archive:
        url = archive.http_url if way == "http" else archive.ftp_url
        ocean.sync("--all", "--no-aggregates", mirror=url)
        check(ocean, gdac)
        one, other = sorted(gdac.floats)
        archive.requests.clear()
        later = advance(gdac, floats=[one])
        ocean.sync("--all", "--no-aggregates", mirror=url)
        new = {r.path for r in later.records} - {r.path for r in gdac.records}
        assert {path.removeprefix("/dac/") for path in moved(archive.requests)} == new
        assert ocean.export()["done"]["argo.tables"] == 1
        archive.requests.clear()
        latest = reissue(later, {other: [2, 6]})
        ocean.sync("--all", "--no-aggregates", mirror=url)
        assert {path.split("/")[-1] for path in moved(archive.requests)} == {
            f"D{other}_002.nc", f"D{other}_006.nc",
        }  # fmt: skip
        assert ocean.export()["done"]["argo.tables"] == 1
    check(ocean, latest)


def test_a_sync_that_is_killed_is_finished_by_the_next(ocean, gdac):
    slow = Latency(pattern="*/profiles/*", latency_s=0.3)
    with Archive(gdac.folder, faults=[slow]) as archive:
        url = archive.http_url
        process = start("argo", "sync", "--all", "--mirror", url, folder=ocean.folder)
        wait_for(lambda: len(moved(archive.requests)) > 4)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        archive.faults.clear()
        assert ocean.sync(mirror=url)["ok"]
    assert len(ocean.current("argo.cycle")) == len(gdac.records)
    gnomon("sweep", folder=ocean.folder)
    assert gnomon("sweep", "--json", folder=ocean.folder).data == []
    assert gnomon("verify", "--json", folder=ocean.folder).data["corrupt"] == []
    store = ocean.folder / "store"
    held = [path for path in store.rglob("*") if path.is_file()]
    assert len(held) == files(gdac)
    check(ocean, gdac)


def wait_for(condition, patience_s=30):
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
