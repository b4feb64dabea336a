"""The analysis table against the truth of real floats, and rule by rule on small tables."""

import gsw
import numpy as np
import pyarrow as pa
import pytest

from gnomon.errors import BadData
from gnomon.instruments.argo.files.bgc import read_bgc
from gnomon.instruments.argo.files.core import read_profiles
from gnomon.instruments.argo.files.greylist import read_greylist
from gnomon.instruments.argo.science.selection import good
from gnomon.instruments.argo.tables.analysis import analyse
from gnomon.instruments.argo.tables.bgc import assemble_bgc
from gnomon.instruments.argo.tables.core import Part, assemble

CORE = ("PRES", "TEMP", "PSAL")
BGC_KEYS = ("platform_number", "cycle_number", "direction", "n_prof")


def of_files(paths):
    """Return core tables of single-cycle files, or of an aggregate."""
    parts = [Part(read_profiles(path), path.name, "0" * 64) for path in paths]
    made = assemble([], parts) if "_prof" in paths[0].name else assemble(parts)
    return made.levels, made.profiles


def column(table, name):
    values = table[name]
    return (
        values.fill_null(-1).to_numpy() if pa.types.is_integer(values.type) else values.to_numpy()
    )


@pytest.fixture(scope="module")
def simulated(gdac):
    folder = min(p for p in gdac.folder.glob("dac/*/*") if p.is_dir())
    return of_files(list(folder.glob("*_prof.nc")))


def check_best(table, told):
    """Compare counts and means of good chosen values with the truth's explicit rule."""
    for name in CORE:
        values, qc = column(table, name.lower()), column(table, f"{name.lower()}_qc")
        for flags in ((1,), (1, 2, 5, 8)):
            best = told.get(f"best_{name}_qc{''.join(map(str, flags))}", {"n": 0})
            chosen = values[np.isin(qc, flags) & ~np.isnan(values)].astype("f8")
            assert len(chosen) == best["n"], (name, flags)
            if best["n"]:
                assert chosen.mean() == pytest.approx(best["mean"], abs=1e-5)
                assert (chosen.min(), chosen.max()) == pytest.approx((best["min"], best["max"]))


def test_best_values_of_aggregates_are_those_of_the_truth(real, truth):
    checked = 0
    for name, told in truth.items():
        if "prof_nc" in told:
            made = analyse(*of_files(list((real / "dac" / name).glob("*_prof.nc"))))
            check_best(made.levels, told["prof_nc"]["netcdf4"])
            checked += 1
    assert checked == 9


def test_best_values_of_single_files_are_those_of_the_truth(real, truth):
    checked = 0
    for name, told in truth.items():
        for path in sorted((real / "dac" / name / "profiles").glob("[RD]*.nc"))[::5]:
            if path.name in told["files"]:
                check_best(analyse(*of_files([path])).levels, told["files"][path.name])
                checked += 1
    assert checked > 40


def test_teos10_of_aggregates_is_that_of_argopy(real, truth):
    checked = 0
    for name, told in truth.items():
        wanted = told.get("prof_nc", {}).get("argopy", {}).get("teos10_standard")
        if not wanted:
            continue
        table = analyse(*of_files(list((real / "dac" / name).glob("*_prof.nc")))).levels
        keep = np.logical_and.reduce(
            [np.isin(column(table, f"{p.lower()}_qc"), (1, 2)) for p in CORE]
            + [np.isin(column(table, f"{p}_qc"), (1, 2)) for p in ("juld", "position")]
            + [~np.isnan(column(table, "sigma0_kg_m3"))]
        )
        for ours, theirs in (
            ("absolute_salinity_g_kg", "SA"),
            ("conservative_temperature_c", "CT"),
            ("sigma0_kg_m3", "SIG0"),
        ):
            values = column(table, ours)[keep].astype("f8")
            assert len(values) == wanted[theirs]["n"], name
            assert values.mean() == pytest.approx(wanted[theirs]["mean"], abs=1e-4), name
        checked += 1
    assert checked == 8


def test_depth_is_that_of_gsw(simulated):
    table = analyse(*simulated).levels
    depth = column(table, "depth_m")
    there = ~np.isnan(depth)
    exact = -gsw.z_from_p(column(table, "pres"), column(table, "latitude"))
    assert there.sum() > 500
    assert np.abs(depth - exact)[there].max() < 1e-3
    usable = good(column(table, "pres_qc")) & ~np.isnan(column(table, "latitude"))
    np.testing.assert_array_equal(there, usable)


def test_a_float_without_salinity_has_no_salinity_and_no_density(real):
    made = analyse(*of_files(list((real / "dac/aoml/13857").glob("*_prof.nc"))))
    for name in ("psal", "psal_qc", "psal_mode", "psal_test_qc", "sigma0_kg_m3"):
        assert made.levels[name].null_count == made.levels.num_rows, name
    assert made.levels["depth_m"].null_count < made.levels.num_rows
    assert set(made.parameters["parameter"].to_pylist()) == {"PRES", "TEMP"}


def test_without_a_position_nothing_is_derived(real):
    paths = sorted((real / "dac/jma/4902252/profiles").glob("*.nc"))
    missing = 0
    for path in paths:
        table = analyse(*of_files([path])).levels
        if table["latitude"].null_count:
            assert table["depth_m"].null_count == table["sigma0_kg_m3"].null_count == len(table)
            assert column(table, "pres")[0] > 0
            missing += 1
    assert missing > 0


def test_raw_never_stands_in_for_an_adjusted_value_judged_bad(simulated):
    levels, profiles = simulated
    table = analyse(levels, profiles).levels
    mode = np.array(table["psal_mode"].to_pylist())
    raw, adjusted = column(levels, "psal"), column(levels, "psal_adjusted")
    assert {"R", "A", "D"} >= set(mode) >= {"R", "D"}
    np.testing.assert_array_equal(column(table, "psal"), np.where(mode == "R", raw, adjusted))
    np.testing.assert_array_equal(column(table, "psal_raw"), raw)
    assert np.isnan(column(table, "psal_error")[mode == "R"]).all()


def test_any_order_of_rows_gives_the_same_tables(simulated):
    levels, profiles = simulated
    made, rng = analyse(levels, profiles), np.random.default_rng(1)
    shuffled = [table.take(pa.array(rng.permutation(len(table)))) for table in simulated]
    again = analyse(*shuffled)
    assert again.levels.equals(made.levels)
    assert again.parameters.equals(made.parameters)


def bgc_table(levels, *, extra=()):
    """Return oxygen on all but the first two levels, and on `extra` (cycle, level, pressure)."""
    rows = levels.select([*BGC_KEYS, "level", "pres"]).slice(2)
    more = [
        {**rows.slice(0, 1).to_pylist()[0], "cycle_number": cycle, "level": level, "pres": pres}
        for cycle, level, pres in extra
    ]
    rows = pa.concat_tables([rows, pa.Table.from_pylist(more, rows.schema)])
    rows = rows.sort_by([(n, "ascending") for n in (*BGC_KEYS, "level")])
    n = len(rows)
    first = rows["cycle_number"].to_numpy() < np.median(rows["cycle_number"].to_numpy())
    mode = np.where(first, "A", "R")
    note = {"long_name": "dissolved oxygen, as measured", "units": "micromole/kg"}
    fields = {
        "doxy": (pa.array(np.full(n, 200, "f4")), note),
        "doxy_qc": (pa.array(np.full(n, 3, "i1")), {}),
        "doxy_adjusted": (
            pa.array(np.where(first, 210, np.nan).astype("f4"), from_pandas=True),
            {},
        ),
        "doxy_adjusted_qc": (pa.array(np.where(first, 1, 9).astype("i1")), {}),
        "doxy_mode": (pa.array(mode), {}),
        "temp_doxy": (pa.array(np.full(n, 5, "f4")), {}),
    }
    for name, (values, metadata) in fields.items():
        rows = rows.append_column(pa.field(name, values.type, metadata=metadata), values)
    return rows


def test_oxygen_joins_on_profile_and_level_by_its_own_mode(simulated):
    levels, profiles = simulated
    bgc = bgc_table(levels)
    made = analyse(levels, profiles, bgc)
    table = made.levels
    assert table.num_rows == levels.num_rows
    assert table["doxy_raw"].null_count == 2
    assert "temp_doxy" not in table.column_names, "intermediate parameters stay in bgc_levels"
    mode = np.array(table["doxy_mode"].fill_null("-").to_pylist())
    assert set(mode) == {"A", "R"}
    assert set(column(table, "doxy")[mode == "A"][2:]) == {210.0}
    assert set(column(table, "doxy_qc")[mode == "R"]) == {3}
    assert table.schema.field("doxy").metadata[b"long_name"] == b"dissolved oxygen"
    assert table.schema.field("doxy").metadata[b"units"] == b"micromole/kg"
    rows = made.parameters.filter(pa.compute.equal(made.parameters["parameter"], "DOXY"))
    assert set(rows["n_test_failed"].to_pylist()) == {None}
    assert rows["n_good"].to_numpy().sum() == (column(table, "doxy_qc") == 1).sum()


def test_doubles_stay_doubles(simulated):
    levels, profiles = simulated
    bgc = bgc_table(levels)
    at = bgc.schema.get_field_index("doxy_adjusted")
    wide = pa.array(bgc["doxy_adjusted"].to_numpy().astype("f8") + 1e-9, from_pandas=True)
    bgc = bgc.set_column(at, "doxy_adjusted", wide)
    table = analyse(levels, profiles, bgc).levels
    assert {str(table.schema.field(n).type) for n in ("doxy", "doxy_raw", "doxy_error")} == {
        "double"
    }
    assert table["doxy"].to_numpy()[2] == 210 + 1e-9


def test_a_float_with_profiles_and_no_levels(simulated):
    levels, profiles = simulated
    made = analyse(levels.slice(0, 0), profiles)
    assert made.levels.num_rows == 0
    assert set(made.parameters["n_levels"].to_pylist()) == {0}
    assert analyse(levels.slice(0, 0), profiles.slice(0, 0)).parameters.num_rows == 0


def test_levels_of_b_files_alone_are_kept_without_core_values(simulated):
    levels, profiles = simulated
    last = int(profiles["cycle_number"].to_numpy().max())
    extra = ((last, 900, 1999.5), (last + 1, 0, 5.0))
    made = analyse(levels, profiles, bgc_table(levels, extra=extra))
    table = made.levels
    assert table.num_rows == levels.num_rows + 2
    tail = table.slice(table.num_rows - 2).to_pylist()
    assert [row["level"] for row in tail] == [900, 0]
    assert [row["pres_raw"] for row in tail] == [1999.5, 5.0]
    assert [row["temp"] for row in tail] == [None, None]
    assert (tail[0]["juld"] is None, tail[1]["juld"], tail[1]["latitude"]) == (False, None, None)
    assert [row["doxy_raw"] for row in tail] == [200.0, 200.0]
    assert made.parameters["n_levels"].to_numpy()[-1] == 1


def test_pressures_of_another_state_of_the_core_file_are_counted(simulated):
    levels, profiles = simulated
    bgc = bgc_table(levels)
    moved = bgc["pres"].to_numpy() + np.where(np.arange(len(bgc)) < 7, np.float32(1), 0)
    at = bgc.schema.get_field_index("pres")
    bgc = bgc.set_column(at, bgc.schema.field(at), pa.array(moved.astype("f4")))
    assert analyse(levels, profiles, bgc).n_apart == 7


def test_oxygen_of_a_real_float_follows_its_own_mode(real):
    """Core and B-file of one cycle have modes of their own: D and A beside each other."""
    folder = real / "dac/coriolis/3902131/profiles"
    bgc = assemble_bgc([read_bgc(path) for path in sorted(folder.glob("BD*.nc"))]).levels
    core = of_files(sorted(folder.glob("D*.nc")))
    made = analyse(*core, bgc)
    table, (left, right) = made.levels, (bgc, made.levels)
    assert table.num_rows == core[0].num_rows
    assert made.n_apart == 0
    key = [(name, "ascending") for name in (*BGC_KEYS, "level")]
    left, right = left.sort_by(key), right.filter(right["doxy_mode"].is_valid()).sort_by(key)
    left = left.filter(left["doxy_mode"].is_valid())
    assert set(right["doxy_mode"].to_pylist()) == {"D"}
    np.testing.assert_array_equal(column(right, "doxy"), column(left, "doxy_adjusted"))
    np.testing.assert_array_equal(column(right, "doxy_qc"), column(left, "doxy_adjusted_qc"))
    assert right["doxy"].null_count > 300, "a whole descent was judged bad"
    assert right["doxy_raw"].null_count == 0
    modes = {(r["parameter"], r["n_prof"]): r["data_mode"] for r in made.parameters.to_pylist()}
    assert (modes["DOXY", 1], modes["PRES", 1]) == ("D", "A")


def entries(tmp_path, text):
    path = tmp_path / "greylist.txt"
    head = "PLATFORM_CODE,PARAMETER_NAME,START_DATE,END_DATE,QUALITY_CODE,COMMENT,DAC\n"
    path.write_text(head + text)
    return read_greylist(path)


def test_the_greylist_is_told_always_and_applied_on_demand(simulated, tmp_path):
    levels, profiles = simulated
    listed = entries(tmp_path, "1,PSAL,19500101,,3,drift,IF\n")
    plain = analyse(levels, profiles)
    told = analyse(levels, profiles, greylist=listed)
    applied = analyse(levels, profiles, greylist=listed, apply_greylist=True)
    timed = plain.levels["juld"].is_valid().to_numpy()
    np.testing.assert_array_equal(column(told.levels, "tests_failed") >> 15 & 1, timed)
    for name in ("psal_qc", "psal_test_qc", "sigma0_kg_m3", "temp_qc"):
        np.testing.assert_array_equal(column(told.levels, name), column(plain.levels, name))
    assert told.greylisted == ["PSAL"]
    rows = told.parameters.to_pylist()
    assert {r["greylist_qc"] for r in rows if r["parameter"] == "PSAL"} <= {3, None}
    assert {r["greylist_qc"] for r in rows if r["parameter"] != "PSAL"} == {None}
    mode = np.array(plain.levels["psal_mode"].to_pylist())
    before, after = (column(made.levels, "psal_qc") for made in (plain, applied))
    open_ = (mode != "D") & timed
    assert set(after[open_]) <= {3, 4, 9, -1}
    np.testing.assert_array_equal(after[~open_], before[~open_])
    assert np.isnan(column(applied.levels, "sigma0_kg_m3")[open_]).all()
    np.testing.assert_array_equal(
        column(applied.levels, "temp_qc"), column(plain.levels, "temp_qc")
    )


def test_the_greylist_of_a_real_float_concerns_only_its_dates(real):
    listed = [e for e in read_greylist(real / "ar_greylist.txt") if e.wmo == 6901929]
    paths = sorted((real / "dac/bodc/6901929/profiles").glob("*.nc"))
    made = analyse(*of_files(paths), greylist=listed)
    rows = [r for r in made.parameters.to_pylist() if r["parameter"] == "PSAL"]
    times = dict(
        zip(
            *(made.levels[n].to_pylist() for n in ("cycle_number", "juld")),
            strict=True,
        )
    )
    flagged = {r["cycle_number"] for r in rows if r["greylist_qc"] is not None}
    assert flagged == {c for c, t in times.items() if t >= listed[0].start}


def test_statistics_are_those_of_the_levels(simulated):
    made = analyse(*simulated)
    key = ("cycle_number", "direction", "n_prof")
    levels = made.levels.to_pylist()
    for row in made.parameters.to_pylist()[:60]:
        name = row["parameter"].lower()
        own = [v for v in levels if all(v[k] == row[k] for k in key)]
        values = [v[name] for v in own if v[name] is not None and v[f"{name}_qc"] in (1, 2, 5, 8)]
        assert row["n_levels"] == len(own)
        assert row["n_good"] == len(values)
        assert row["mean"] == pytest.approx(np.mean(values, dtype="f8")) if values else True
        if values:
            assert (row["minimum"], row["maximum"]) == pytest.approx((min(values), max(values)))


def test_tables_that_do_not_belong_together_are_refused(simulated):
    levels, profiles = simulated
    with pytest.raises(BadData, match="lacks"):
        analyse(levels, profiles.slice(3))
    with pytest.raises(BadData, match="twice"):
        analyse(pa.concat_tables([levels, levels.slice(0, 1)]), profiles)
    at = profiles.schema.get_field_index("platform_number")
    other = pa.array(np.full(len(profiles), 99, "i4"))
    with pytest.raises(BadData, match="several floats"):
        analyse(levels, profiles.set_column(at, profiles.schema.field(at), other))


def test_agreement_with_the_data_centre_on_a_failed_ctd(real):
    made = analyse(*of_files(list((real / "dac/incois/2902269").glob("*_prof.nc"))))
    pres = made.agreement["PRES"]
    assert (pres.n_dac, pres.n_both) == (10640, 10636)
    assert all(a.share > 0.98 for a in made.agreement.values())
    rows = [r for r in made.parameters.to_pylist() if r["parameter"] == "PRES"]
    assert sum(r["n_dac_bad"] for r in rows) == pres.n_dac
    assert sum(r["n_both_bad"] for r in rows) == pres.n_both
    assert sum(r["n_test_failed"] for r in rows) == pres.n_ours
