"""`imap.metakernel`: one metakernel for each UTC day with attitude."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from gnomon.core.dataset import Coverage, Input, coverage_of
from gnomon.errors import NoData
from gnomon.instruments.imap.kinds import KERNEL, L1C, LSK, METAKERNEL, SCLK
from gnomon.instruments.imap.steps.metakernel import MetakernelConfig, metakernel

AH = ("imap_2025_302_2025_303_001.ah.bc", "attitude_history",
      ("2025-10-29T19:07:07Z", "2025-10-31T02:00:00Z"))  # fmt: skip
PRED = ("imap_pred_20251001_20251130_v01.bsp", "ephemeris_predicted",
        ("2025-10-01T00:00:00Z", "2025-11-30T00:00:00Z"))  # fmt: skip


def kernel(name, kind, span, folder="ck"):
    tags = {"type": kind, "root": name, "number": "1", "ingested": "2025-11-01T08:05:12"}
    tags["intervals_utc"] = json.dumps([span])
    return Input(Path(name), KERNEL.name, {"folder": folder, "name": name}, tags, 1, "")


class Made:
    """A sink that keeps what it handed out."""

    def __init__(self, folder):
        self.folder, self.files = folder, {}

    def new(self, *, coverage=None, **key):
        path = self.folder / f"{len(self.files)}.tm"
        self.files[METAKERNEL.text(METAKERNEL.check(key))] = (path, coverage)
        return path

    def texts(self):
        return {key: path.read_text() for key, (path, _) in self.files.items()}


def run(tmp_path, *kernels, config=None):
    out = Made(tmp_path)
    sclk = [Input(Path("c"), SCLK.name, {}, {}, 136, "")]
    lsk = [Input(Path("l"), LSK.name, {}, {}, 12, "")]
    report = metakernel(kernels=list(kernels), sclk=sclk, lsk=lsk, out=out,
                        config=config or MetakernelConfig())  # fmt: skip
    return report, out


def test_each_day_that_attitude_touches(tmp_path):
    report, out = run(tmp_path, kernel(*AH), kernel(*PRED, folder="spk"))
    assert list(out.files) == [
        "start=20251029T000000,stop=20251030T000000",
        "start=20251030T000000,stop=20251031T000000",
        "start=20251031T000000,stop=20251101T000000",
    ]
    assert report.metrics["n_days"] == 3
    text = out.texts()["start=20251030T000000,stop=20251031T000000"]
    paths = [line.strip(" '") for line in text.splitlines() if line.startswith("   'spice")]
    assert paths == [
        "spice/lsk/naif0012.tls",
        "spice/sclk/imap_sclk_0136.tsc",
        "spice/spk/imap_pred_20251001_20251130_v01.bsp",
        "spice/ck/imap_2025_302_2025_303_001.ah.bc",
    ]


def test_gaps_are_data(tmp_path):
    report, out = run(tmp_path, kernel(*AH))
    text = out.texts()["start=20251029T000000,stop=20251030T000000"]
    assert "attitude             2025-10-29T00:00:00.000Z to 2025-10-29T19:07:07.000Z" in text
    assert "ephemeris            2025-10-29T00:00:00.000Z to 2025-10-30T00:00:00.000Z" in text
    assert report.metrics["n_gaps"] > 6
    assert "attitude" in report.note


def test_gaps_are_told_though_the_last_day_has_none(tmp_path):
    whole = (*AH[:2], (AH[2][0], "2025-11-01T00:00:00Z"))
    report, _ = run(tmp_path, kernel(*whole), config=MetakernelConfig(types=(AH[1],)))
    assert report.metrics == {"n_days": 3, "n_gaps": 1}
    assert "gaps: attitude" in report.note
    assert "2025-10-29T00:00:00.000Z to 2025-10-29T19:07:07.000Z" in report.note


def test_a_days_science_lies_inside(tmp_path):
    _, out = run(tmp_path, kernel(*AH))
    _, covered = out.files["start=20251030T000000,stop=20251031T000000"]
    assert isinstance(covered, Coverage)
    key = {"mode": "norm", "sensor": "mago", "day": date(2025, 10, 30)}
    assert covered.holds(coverage_of(L1C, key))


def test_the_same_kernels_make_the_same_bytes(tmp_path):
    given = kernel(*AH), kernel(*PRED, folder="spk")
    for number, kernels in enumerate((given, given[::-1])):
        (tmp_path / f"{number}").mkdir()
        run(tmp_path / f"{number}", *kernels)
    names = sorted(path.name for path in (tmp_path / "0").iterdir())
    for name in names:
        assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "1" / name).read_bytes()


def test_without_attitude_there_is_none(tmp_path):
    with pytest.raises(NoData, match="no attitude"):
        run(tmp_path, kernel(*PRED, folder="spk"))


def test_files_that_no_metakernel_loads_are_left_out(tmp_path):
    key = {"folder": "mk", "name": "imap_sdc_metakernel_2025_v001.tm"}
    extra = Input(Path("r"), KERNEL.name, key, {}, 1, "")
    _, out = run(tmp_path, kernel(*AH), extra)
    assert all(".tm" not in text for text in out.texts().values())


def test_every_day_of_a_year_has_its_own(tmp_path):
    first = datetime(2025, 10, 1, tzinfo=UTC)
    kernels = []
    for number in range(400):
        start = first + timedelta(days=number)
        stop = start + timedelta(days=1, hours=2)
        name = f"imap_{start:%Y_%j}_{stop:%Y_%j}_001.ah.bc"
        kernels.append(kernel(name, "attitude_history", (start.isoformat(), stop.isoformat())))
    report, out = run(tmp_path, *kernels)
    assert report.metrics["n_days"] == len(out.files) == 401
