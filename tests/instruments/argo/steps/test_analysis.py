"""The step: what it declares, writes and reports."""

from datetime import timedelta

import duckdb
import pyarrow.parquet as pq
import pytest

from gnomon.core.dataset import Input, Provenance
from gnomon.errors import BadData
from gnomon.formats.parquet import read_provenance
from gnomon.instruments.argo.steps.analysis import AnalysisConfig, analysis
from gnomon.instruments.argo.tables.columns import DERIVED

PROVENANCE = Provenance("argo.analysis", 1, "0" * 64, "{}", ())


@pytest.fixture
def analyse(tmp_path, run, gather):
    def call(folder, *, damage=None, **config):
        wmo, dac = int(folder.name), folder.parent.name
        _, levels, profiles = run(*gather(folder), row_group_rows=1_024)
        if damage:
            {"levels": levels, "profiles": profiles}[damage].write_bytes(b"PAR1 no more")
        out = tmp_path / "analysis.parquet", tmp_path / "parameters.parquet"
        source = Input(levels, "argo.levels", {"wmo": wmo}, {"dac": dac}, 1, "0" * 64)
        report = analysis(source, profiles, None, None, *out, AnalysisConfig(**config), PROVENANCE)
        return report, *out

    return call


@pytest.fixture
def folder(gdac):
    return min(p for p in gdac.folder.glob("dac/*/*") if p.is_dir())


def test_columns_order_and_types(analyse, folder):
    _, table, _ = analyse(folder)
    schema = pq.read_schema(table)
    core = [
        name
        for p in ("pres", "temp", "psal")
        for name in (p, *(f"{p}_{s}" for s in ("qc", "error", "raw", "raw_qc", "mode", "test_qc")))
    ]
    key = ["platform_number", "cycle_number", "direction", "n_prof", "level"]
    where = ["juld", "juld_qc", "latitude", "longitude", "position_qc"]
    derived = [column.name for column in DERIVED]
    assert schema.names == [*key, *where, *core, *derived, "tests_failed"]
    assert all(field.metadata[b"long_name"] and b"units" in field.metadata for field in schema)
    assert schema.field("temp").metadata[b"units"] == b"degree_Celsius"
    assert {str(schema.field(f"{p}_test_qc").type) for p in ("pres", "temp", "psal")} == {"int8"}
    assert str(schema.field("tests_failed").type) == "int32"


def test_the_report_tells_quality_in_figures(analyse, folder):
    report, table, parameters = analyse(folder)
    assert report.metrics["n_levels"] == pq.read_metadata(table).num_rows
    assert 0.9 < report.metrics["temp_agreement_share"] <= 1.0
    assert report.metrics["n_parameters_greylisted"] == 0
    assert report.tags == {"dac": folder.parent.name}
    assert report.coverage is not None
    assert report.note == ""
    assert read_provenance(table)["step"] == read_provenance(parameters)["step"] == "argo.analysis"


def test_two_runs_give_the_same_bytes(analyse, folder):
    _, *paths = analyse(folder)
    first = [path.read_bytes() for path in paths]
    _, *paths = analyse(folder)
    assert [path.read_bytes() for path in paths] == first


def test_a_box_and_a_month_prune_row_groups(analyse, real):
    _, table, _ = analyse(real / "dac/incois/2902226", row_group_rows=1_024)
    meta = pq.read_metadata(table)
    names = pq.read_schema(table).names
    groups = range(meta.num_row_groups)
    times = [meta.row_group(i).column(names.index("juld")).statistics for i in groups]
    assert meta.num_row_groups == 6
    month = times[2].min, times[2].min + timedelta(days=30)
    touched = [s for s in times if s.max >= month[0] and s.min <= month[1]]
    assert len(touched) <= 2
    for name in ("latitude", "longitude"):
        assert all(meta.row_group(i).column(names.index(name)).statistics for i in groups)
    with duckdb.connect() as connection:
        query = f"SELECT count(*) FROM '{table}' WHERE juld BETWEEN ? AND ? AND latitude < -49"
        assert 100 < connection.execute(query, month).fetchone()[0] < 1_000


@pytest.mark.parametrize("damage", ["levels", "profiles"])
def test_a_damaged_table_is_refused_by_name(analyse, folder, damage):
    with pytest.raises(BadData, match=f"{damage}.parquet"):
        analyse(folder, damage=damage)


def test_the_deepest_pressure_is_set_by_configuration(analyse, folder):
    _, table, _ = analyse(folder, deepest_pressure_dbar=500.0)
    failed = pq.read_table(table, columns=["pres_raw", "tests_failed"]).to_pylist()
    assert {row["tests_failed"] >> 19 & 1 for row in failed if row["pres_raw"] > 600} == {1}


def test_the_step_declares_its_contract():
    assert analysis.name == "argo.analysis"
    assert analysis.cell_keys == ("wmo",)
    assert [role for role, mark in analysis.inputs.items() if mark.optional] == [
        "bgc",
        "greylisted",
    ]
    assert set(analysis.outputs) == {"out", "parameters"}
