"""From files to the two tables: counts of the truth, uniqueness, types, and the known ocean."""

import dataclasses
import hashlib
from datetime import UTC, datetime
from itertools import pairwise

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.errors import BadData, NoData
from gnomon.formats.parquet import read_provenance
from gnomon.instruments.argo.files.core import read_profiles
from gnomon.instruments.argo.gdac.index import read_profile_index
from gnomon.instruments.argo.steps.core import tables
from gnomon.instruments.argo.tables.columns import coverage
from gnomon.instruments.argo.tables.core import LEVELS_SCHEMA, PROFILES_SCHEMA

KEY = "platform_number, cycle_number, direction, n_prof"


def query(text, *paths):
    with duckdb.connect() as connection:
        return connection.execute(text.format(*(f"'{path}'" for path in paths))).fetchall()


def float_folders(root):
    return sorted(p for p in root.glob("dac/*/*") if p.is_dir())


def test_aggregates_give_the_points_of_argopy(real, truth, gather, run):
    checked = 0
    for name, told in truth.items():
        if "prof_nc" not in told:
            continue
        report, levels, _ = run([], gather(real / "dac" / name)[1])
        expert = told["prof_nc"]["argopy"]["expert"]
        assert report.metrics["n_levels"] == expert["n_points"]
        assert report.metrics["n_profiles"] == told["prof_nc"]["netcdf4"]["n_prof"]
        ((n, low, high),) = query("SELECT count(pres), min(pres), max(pres) FROM {}", levels)
        assert n == expert["n_points"]
        assert low <= high
        checked += 1
    assert checked == 9


def test_single_cycle_files_give_the_points_of_the_truth(real, truth, gather, run):
    for name, told in truth.items():
        cycles, _ = gather(real / "dac" / name)
        if not cycles:
            continue
        expected = [told["files"][c.path.name] for c in cycles if c.path.name in told["files"]]
        assert len(expected) == len(cycles)
        report, levels, profiles = run(cycles, [])
        assert report.metrics["n_levels"] == sum(e["n_points"] for e in expected)
        assert report.metrics["n_profiles"] == sum(e["n_prof"] for e in expected)
        check_tables(levels, profiles)


def test_single_cycle_files_lead_and_the_aggregate_fills_in(real, gather, run):
    for folder in float_folders(real):
        cycles, aggregate = gather(folder)
        if not cycles or not aggregate:
            continue
        report, levels, profiles = run(cycles, aggregate)
        check_tables(levels, profiles)
        single = {
            (int(p.cycle_number[0]), p.direction[0].decode())
            for p in (read_profiles(c.path) for c in cycles)
        }
        rows = query("SELECT cycle_number, direction, source_file FROM {}", profiles)
        assert {(c, d) for c, d, source in rows if "/profiles/" in source} == single
        assert not {(c, d) for c, d, source in rows if source.endswith("_prof.nc")} & single
        assert report.metrics["n_profiles"] == len(rows)


def check_tables(levels, profiles):
    """Each profile and each level stands once, in order, and every level has its profile."""
    for path, key in ((profiles, KEY), (levels, f"{KEY}, level")):
        rows = query(f"SELECT {key} FROM {{}}", path)
        assert rows == sorted(set(rows))
    counts = f"SELECT {KEY}, count(*) FROM {{}} GROUP BY ALL"
    told = f"SELECT {KEY}, n_levels FROM {{}} WHERE n_levels > 0"
    assert sorted(query(counts, levels)) == sorted(query(told, profiles))


def test_the_kordi_levels_without_pressure_are_left_out(real, gather, run):
    """Eight levels of 2901780 have a temperature but no pressure; argopy drops them too."""
    report, _, _ = run([], gather(real / "dac" / "kordi" / "2901780")[1])
    assert report.metrics["n_levels"] == 6956


def test_duckdb_reads_names_types_and_times(gdac, gather, run):
    folder = float_folders(gdac.folder)[0]
    cycles, aggregate = gather(folder)
    _, levels, profiles = run(cycles, aggregate)
    shape = "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {})"
    wanted = dict.fromkeys(("platform_number", "cycle_number", "level"), "INTEGER")
    wanted |= {"direction": "VARCHAR", "n_prof": "SMALLINT"}
    for name in ("pres", "temp", "psal"):
        wanted |= {name: "FLOAT", f"{name}_qc": "TINYINT", f"{name}_adjusted": "FLOAT"}
        wanted |= {f"{name}_adjusted_qc": "TINYINT", f"{name}_adjusted_error": "FLOAT"}
    assert dict(query(shape, levels)) == wanted
    times = dict(query(shape, profiles))
    assert times["juld"] == times["date_update"] == "TIMESTAMP WITH TIME ZONE"
    assert [name for name, _ in query(shape, profiles)] == PROFILES_SCHEMA.names
    assert [name for name, _ in query(shape, levels)] == LEVELS_SCHEMA.names


def test_parameters_beyond_the_core_ones_stand_beside_them(real, gather, run):
    """6903247 has medians, deviations and times of measurement in its core files."""
    cycles, _ = gather(real / "dac" / "coriolis" / "6903247")
    _, levels, profiles = run(cycles, [])
    table = pq.read_table(levels)
    assert table.column_names[: len(LEVELS_SCHEMA)] == LEVELS_SCHEMA.names
    more = set(table.column_names[len(LEVELS_SCHEMA) :])
    named = {"mtime", "pres_med", "psal_med", "psal_std", "temp_med", "temp_std"}
    assert {*named, *(f"{name}_qc" for name in named)} <= more
    assert table.schema.field("mtime").type == pa.float64()
    assert table.schema.field("psal_std").metadata[b"units"] == b"psu"
    read = [read_profiles(cycle.path) for cycle in cycles]
    for name in named:
        expected = [p.others[name.upper()].raw[p.stands] for p in read if name.upper() in p.others]
        finite = np.concatenate(expected)
        assert table[name].null_count < table.num_rows
        assert table[name].drop_null().to_numpy().sum() == pytest.approx(np.nansum(finite))
    schemes = query("SELECT DISTINCT vertical_sampling_scheme FROM {}", profiles)
    assert any(text.startswith("Near-surface sampling") for (text,) in schemes)


def test_duckdb_skips_row_groups(gdac, gather, run):
    cycles, aggregate = gather(float_folders(gdac.folder)[0])
    _, levels, _ = run(cycles, aggregate, row_group_rows=1_024)
    meta = pq.read_metadata(levels)
    ends = [meta.row_group(i).column(1).statistics for i in range(meta.num_row_groups)]
    assert len(ends) == 1 + (meta.num_rows - 1) // 1_024
    assert all(a.max <= b.min for a, b in pairwise(ends))
    assert meta.row_group(0).column(1).compression == "ZSTD"


def test_profiles_carry_source_sum_and_the_time_to_the_millisecond(gdac, gather, run):
    folder = float_folders(gdac.folder)[0]
    cycles, _ = gather(folder)
    report, _, profiles = run(cycles, [])
    rows = {row["source_file"]: row for row in pq.read_table(profiles).to_pylist()}
    for record in gdac.records:
        if str(record.wmo) == folder.name:
            row = rows[record.path]
            content = (gdac.folder / "dac" / record.path).read_bytes()
            assert row["sha256"] == hashlib.sha256(content).hexdigest()
            assert row["date_update"] == record.date_update
            assert (row["juld"] is None) == (record.lacks == "time")
            assert (row["latitude"] is None) == (record.lacks == "position")
            assert row["juld"] is None or row["juld"].minute == row["juld"].second == 0
    assert report.tags == {"dac": folder.parent.name}
    times = [row["juld"].timestamp() * 1e6 for row in rows.values() if row["juld"]]
    assert (report.coverage.start_us, report.coverage.stop_us) == (min(times), max(times))


def test_real_times_are_those_of_the_index_to_the_second(real, gather, run):
    index = read_profile_index((real / "ar_index_global_prof.txt").read_bytes()).rows
    listed = dict(zip(index["file"].to_pylist(), index["date"].to_pylist(), strict=True))
    compared = 0
    for folder in float_folders(real):
        cycles, _ = gather(folder)
        if not cycles:
            continue
        _, _, profiles = run(cycles, [])
        table = pq.read_table(profiles, filters=[("n_prof", "=", 0)])
        for source, juld in zip(
            *(table[n].to_pylist() for n in ("source_file", "juld")), strict=True
        ):
            if source in listed:
                date = datetime.strptime(str(listed[source]), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
                assert abs((juld - date).total_seconds()) <= 1
                compared += 1
    assert compared > 250


def test_two_runs_give_the_same_bytes_whatever_the_order(gdac, gather, run):
    cycles, aggregate = gather(float_folders(gdac.folder)[1])
    _, *paths = run(cycles, aggregate)
    first = [path.read_bytes() for path in paths]
    _, *paths = run(cycles[::-1], aggregate)
    assert [path.read_bytes() for path in paths] == first


def test_provenance_and_units_stand_inside(gdac, gather, run):
    cycles, aggregate = gather(float_folders(gdac.folder)[0])
    _, levels, profiles = run(cycles, aggregate)
    assert read_provenance(levels)["step"] == read_provenance(profiles)["step"] == "argo.tables"
    schema = pq.read_schema(levels)
    assert all(field.metadata[b"long_name"] for field in schema)
    assert schema.field("pres").metadata[b"units"] == b"decibar"


def test_the_known_ocean_is_recovered(gdac, gather, run):
    """Inject, run, recover: adjusted values are the ocean's within noise, raw ones are off."""
    for folder in float_folders(gdac.folder):
        wmo = int(folder.name)
        report, levels, profiles = run(*gather(folder))
        assert (report.metrics["n_profiles"], report.metrics["n_levels"]) == gdac.counts()[wmo]
        rows = query(
            "SELECT l.cycle_number, l.direction, pres, temp, psal, pres_adjusted, temp_adjusted,"
            f" psal_adjusted FROM {{}} l JOIN {{}} p USING ({KEY})"
            " WHERE data_mode != 'R' AND temp_adjusted_qc = 1",
            levels,
            profiles,
        )
        records = {(r.cycle, r.direction): r for r in gdac.records if r.wmo == wmo}
        misfit = np.array([_misfit(gdac, records[row[:2]], *row[2:]) for row in rows])
        assert len(misfit) > 100
        temp, psal, pres_off, psal_off = misfit.T
        for values, noise in ((temp, 0.002), (psal, 0.002)):
            assert abs(values.mean()) < 4 * noise / np.sqrt(len(values))
            assert values.std() == pytest.approx(noise, rel=0.15)
        np.testing.assert_allclose(pres_off, gdac.pressure_offset(wmo), atol=2e-4)
        drift = [gdac.salinity_drift(row[0]) for row in rows]
        np.testing.assert_allclose(psal_off, drift, atol=1e-5)


def _misfit(gdac, record, pres, temp, psal, pres_adjusted, temp_adjusted, psal_adjusted):
    ocean, at = gdac.ocean, np.array(pres_adjusted)
    true = ocean.temperature(at, record.latitude, record.juld), ocean.salinity(at, record.latitude)
    assert temp == temp_adjusted
    return (
        temp_adjusted - true[0],
        psal_adjusted - true[1],
        pres - pres_adjusted,
        psal - psal_adjusted,
    )


def test_the_aggregate_alone_gives_the_primary_profiles(gdac, gather, run):
    folder = float_folders(gdac.folder)[0]
    report, _, profiles = run([], gather(folder)[1])
    primary = [r for r in gdac.records if r.wmo == int(folder.name)]
    assert report.metrics["n_profiles"] == len(primary)
    assert query("SELECT DISTINCT n_prof FROM {}", profiles) == [(0,)]


def test_one_damaged_file_refuses_the_float_by_name(gdac, gather, run, tmp_path):
    cycles, aggregate = gather(float_folders(gdac.folder)[0])
    cut = tmp_path / "cut.nc"
    cut.write_bytes(cycles[3].path.read_bytes()[:-100])
    damaged = [*cycles[:3], dataclasses.replace(cycles[3], path=cut), *cycles[4:]]
    with pytest.raises(BadData, match=f"{cycles[3].path.name}: truncated"):
        run(damaged, aggregate)


def test_files_that_exclude_each_other_are_refused(gdac, gather, run):
    first, second = (gather(folder)[0] for folder in float_folders(gdac.folder)[:2])
    with pytest.raises(BadData, match="hold the same cycle"):
        run([*first, first[0]], [])
    with pytest.raises(BadData, match="several floats"):
        run([*first, *second], [])
    with pytest.raises(NoData):
        run([], [])


def test_profiles_without_any_time_cover_nothing():
    assert coverage(np.array([np.nan])) is None
    span = coverage(np.array([np.nan, 7305.0, 7306.5]))  # 1970-01-01 and a day and a half later
    assert (span.start_us, span.stop_us) == (0, 129_600_000_000)


def test_the_step_declares_its_contract():
    assert tables.name == "argo.tables"
    assert tables.cell_keys == ("wmo",)
    assert set(tables.outputs) == {"levels", "profiles"}
    assert all(mark.optional for mark in tables.inputs.values())
