"""The step `sky.clean`: its options, and the file that it writes."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.core.dataset import Input, Provenance
from gnomon.core.pipeline import validated
from gnomon.errors import ConfigError, UnknownName
from gnomon.formats.parquet import read_provenance
from gnomon.instruments.sky.curves.schema import MJD_UTC, Answer, answers_of, part_table
from gnomon.instruments.sky.curves.stages import QualityStage
from gnomon.instruments.sky.science.cleaning import Reason, reasons_of
from gnomon.instruments.sky.steps.clean import CleanConfig, clean

PROVENANCE = Provenance("sky.clean", 1, "f", "{}", ())


def config(**options):
    return validated(CleanConfig, options, "sky.clean")


def curves(tmp_path, survey="ztf"):
    columns = {
        "object": ["a", "b", "a"],
        "band": ["g"] * 3,
        "time": [1.0, 2.0, 0.5],
        "value": [15.0, 16.0, 15.5],
        "quality": [0, 32768, 0],
    }
    answer = Answer("http://archive", "q", "dr24", "2026-01-01T00:00:00Z", "00")
    table = part_table(columns, survey=survey, time=MJD_UTC, unit="mag", answer=answer)
    path = tmp_path / "curves.parquet"
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table.slice(0, 2))
        writer.write_table(table.slice(2))
    return Input(path, "sky.curves", {"survey": survey, "group": "x"}, {}, 1, "00")


def run(tmp_path, wanted, survey="ztf"):
    out = tmp_path / "clean.parquet"
    return clean(curves(tmp_path, survey), out, wanted, PROVENANCE), out


def test_the_file_keeps_rows_groups_and_answers_and_names_its_bits(tmp_path):
    report, out = run(tmp_path, config())
    table = pq.read_table(out)
    assert table["object"].to_pylist() == ["a", "b", "a"]
    assert table["mask"].to_pylist() == [0, Reason.QUALITY, 0]
    assert table.schema.field("mask").type == pa.uint32()
    meta = pq.read_metadata(out)
    assert [meta.row_group(n).num_rows for n in range(meta.num_row_groups)] == [2, 1]
    assert answers_of(table.schema)[0].release == "dr24"
    assert reasons_of(table.schema)[8] == "quality"
    assert read_provenance(out)["step"] == "sky.clean"
    assert report.metrics == {"n_curves": 2, "n_rows": 3, "n_used": 2, "n_quality": 1}


def test_the_same_input_gives_the_same_bytes(tmp_path):
    wanted = config(stages=[{"use": "detrend", "window_d": 2.0, "least": 1}])
    first = run(tmp_path, wanted)[1].read_bytes()
    assert run(tmp_path, wanted)[1].read_bytes() == first


def test_a_survey_can_have_stages_of_its_own(tmp_path):
    wanted = config(stages=[], surveys={"ztf": [{"use": "window", "times": [[2.0, 3.0]]}]})
    out = run(tmp_path, wanted)[1]
    assert pq.read_table(out)["mask"].to_pylist() == [0, Reason.WINDOW, 0]
    out = run(tmp_path, wanted, "ztf-alerts")[1]
    assert pq.read_table(out)["mask"].to_pylist() == [0, 0, 0]


def test_without_options_the_flags_of_the_survey_count():
    assert config().stages == (QualityStage(),)


@pytest.mark.parametrize(
    ("stages", "error", "message"),
    [
        ([{"use": "detrned"}], UnknownName, "did you mean 'detrend'"),
        ([{"mask": 1}], ConfigError, "says by `use`"),
        ([{"use": "detrend"}], ConfigError, "window_d"),
        ([{"use": "detrend", "window_d": -1}], ConfigError, "window_d"),
        ([{"use": "detrend", "window_d": 1.0, "method": "loess"}], ConfigError, "method"),
        ([{"use": "sigma", "uper": 3}], ConfigError, "uper"),
        ([{"use": "quality", "mask": "soft"}], ConfigError, "mask"),
        ("quality", ConfigError, "stages"),
    ],
)
def test_wrong_stages_are_refused(stages, error, message):
    with pytest.raises(error, match=message):
        config(stages=stages)
    with pytest.raises(error):
        config(surveys={"ztf": stages})


def test_a_real_curve_keeps_its_mean(tmp_path, real, truth):
    import pyarrow.csv as pa_csv  # noqa: PLC0415 - beside its use

    for name, known in truth["ztf_dr"].items():
        rows = pa_csv.read_csv(real / "ztf_dr" / name)
        columns = {
            "object": [name] * rows.num_rows,
            "band": rows["band"].to_pylist(),
            "time": rows["time"].to_numpy(),
            "value": rows["mag"].to_numpy(),
            "error": rows["magerr"].to_numpy(),
            "quality": rows["catflags"].to_numpy(),
        }
        table = part_table(columns, survey="ztf", time=MJD_UTC, unit="mag", answer=Answer())
        pq.write_table(table, tmp_path / "real.parquet")
        key = {"survey": "ztf", "group": "x"}
        source = Input(tmp_path / "real.parquet", "sky.curves", key, {}, 1, "00")
        wanted = config(stages=[{"use": "quality"}, {"use": "normalise", "method": "mean"}])
        clean(source, tmp_path / "made.parquet", wanted, PROVENANCE)
        made = pq.read_table(tmp_path / "made.parquet")
        assert np.count_nonzero(made["mask"].to_numpy() == 0) == known["n"] - known["n_flagged"]
        assert made["trend"][0].as_py() == pytest.approx(known["mean_mag"], rel=1e-9)
        assert np.std(made["flat"].to_numpy(), ddof=1) == pytest.approx(known["std1"], rel=1e-6)
