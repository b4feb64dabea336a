"""`imap.decode`: in a run, with the real definition and kernels, and with what is missing."""

from datetime import date

import pyarrow.parquet as pq
import pytest

from gnomon.catalog import queries
from gnomon.core.dataset import Input
from gnomon.engine.adopt import Brought, adopt
from gnomon.engine.project import How, Project
from gnomon.errors import BadData, NoData
from gnomon.instruments.imap.kinds import HK_L0, HK_L1, HK_TABLE, LSK, SCLK, XTCE
from gnomon.instruments.imap.steps.decode import decode
from packets_by_hand import packet

DAY = date(2025, 5, 2)
KEY = {"instrument": "mag", "packet": "hsk-pw", "day": DAY}
PIPELINE = 'name = "hk"\n[[step]]\nuse = "imap.decode"\n'


def given(path, kind, key, version=1):
    return Input(path, kind.name, key, {}, version, "0" * 64)


@pytest.fixture
def run(real, tmp_path):
    """Call the step itself; return its report and the CSV."""
    out = tmp_path / "rows.csv", tmp_path / "rows.parquet"
    xtce = given(real / "definitions" / "mag_17.9.xml", XTCE, {"instrument": "mag"})

    def call(path, key=None, *, kernels=True):
        sclk = given(real / "spice" / "imap_sclk_0136.tsc", SCLK, {}, 136) if kernels else None
        lsk = given(real / "spice" / "naif0012.tls", LSK, {}, 12) if kernels else None
        return decode(given(path, HK_L0, KEY | (key or {})), xtce, sclk, lsk, *out)

    call.csv, call.table = out
    return call


def test_a_real_day(real, run):
    report = run(real / "packets" / "MAG_HSK_PW.pkts")
    assert report.metrics["n_packets"] == 667
    assert report.metrics["n_duplicates"] == 667
    assert report.metrics["clock_is_correlated"] == 1
    assert report.metrics["sclk_version"] == 136
    assert report.metrics["extrapolated_s"] == 0
    assert report.flaw == report.note == ""
    assert len(run.csv.read_text().splitlines()) == 668
    assert pq.read_table(run.table).num_rows == 667


def test_without_kernels_the_clock_is_flagged(real, run):
    assert run(real / "packets" / "MAG_HSK_PW.pkts", kernels=False).metrics[
        "clock_is_correlated"
    ] == 0  # fmt: skip
    metadata = pq.read_schema(run.table).metadata
    assert metadata[b"gnomon.clock"] == b"mission elapsed time + leap seconds"


def test_the_extrapolation_is_told(run, tmp_path):
    # A month after the last correlation, 2026-03-17.
    path = tmp_path / "late.pkts"
    path.write_bytes(packet(514_000_000, 1, bytes(40)))
    report = run(path, {"day": date(2026, 4, 16)})
    assert 20 * 86_400 < report.metrics["extrapolated_s"] < 40 * 86_400


def test_loss_is_a_flaw_and_nothing_is_no_data(real, run, tmp_path):
    data = (real / "packets" / "MAG_HSK_PW.pkts").read_bytes()
    path = tmp_path / "damaged.pkts"
    path.write_bytes(data[:5000] + b"\xff\xff\xff" + data[5000:])
    report = run(path)
    assert report.metrics["n_packets"] == 667
    assert report.flaw.startswith("3 bytes are no packets: damaged.pkts: 5000 to 5003")
    with pytest.raises(NoData):
        run(real / "packets" / "EMPTY_HK.pkts")
    with pytest.raises(BadData, match="none of the packets that are kept"):
        run(path, {"packet": "sci-norm"})


@pytest.fixture
def opened(real, tmp_path):
    """A project that holds the definition, the kernels, and a day of packets."""
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "hk.toml").write_text(PIPELINE)
    project = Project.open(tmp_path)
    with project.catalog() as catalog:
        for path, kind, key, version in (
            (real / "definitions" / "mag_17.9.xml", XTCE, {"instrument": "mag"}, None),
            (real / "spice" / "imap_sclk_0136.tsc", SCLK, {}, 136),
            (real / "spice" / "naif0012.tls", LSK, {}, 12),
            (real / "packets" / "MAG_HSK_PW.pkts", HK_L0, KEY, None),
        ):
            adopt(catalog, project.store, Brought(path, kind, key, {}, version=version))
    return project


def run_once(project):
    with (
        project.catalog() as catalog,
        project.loop(project.pipeline("hk"), catalog, How()) as loop,
    ):
        return loop.run()


def stored(project, kind):
    with project.catalog() as catalog:
        return [one.dataset for one in queries.datasets(catalog, kind.name)]


def test_a_run_makes_both_files_under_the_names_that_users_know(opened):
    assert run_once(opened).ok
    (rows,), (table,) = stored(opened, HK_L1), stored(opened, HK_TABLE)
    assert rows.path == "hk/mag/l1/hsk-pw/2025/05/imap_mag_l1_hsk-pw_20250502_v001.csv"
    assert table.path == rows.path.replace(".csv", ".parquet")
    assert run_once(opened).jobs == 0


def test_a_new_clock_kernel_that_changes_nothing_makes_no_new_version(opened, real, tmp_path):
    run_once(opened)
    text = (real / "spice" / "imap_sclk_0136.tsc").read_text()
    newer = tmp_path / "imap_sclk_0137.tsc"
    newer.write_text(text.replace("imap_sclk_0136", "imap_sclk_0137"))
    with opened.catalog() as catalog:
        adopt(catalog, opened.store, Brought(newer, SCLK, {}, {}, version=137))
    summary = run_once(opened)
    assert summary.ok
    assert summary.jobs == 1
    assert [one.version for kind in (HK_L1, HK_TABLE) for one in stored(opened, kind)] == [1, 1]


def test_a_run_that_lost_bytes_ends_as_one_that_failed(opened, real, tmp_path):
    run_once(opened)
    path = tmp_path / "more.pkts"
    path.write_bytes(b"\xff\xff\xff" + (real / "packets" / "MAG_HSK_PW.pkts").read_bytes())
    with opened.catalog() as catalog:
        adopt(catalog, opened.store, Brought(path, HK_L0, KEY, {}))
    assert not run_once(opened).ok
    assert [one.version for one in stored(opened, HK_L1)] == [1]  # the same rows
