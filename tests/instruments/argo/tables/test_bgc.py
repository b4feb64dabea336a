"""The table of biogeochemical levels: against netCDF4, for any order of files."""

import netCDF4
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argo_files import as_read
from gnomon.errors import BadData
from gnomon.instruments.argo.files.bgc import read_bgc
from gnomon.instruments.argo.files.core import read_profiles
from gnomon.instruments.argo.tables.bgc import assemble_bgc
from gnomon.instruments.argo.tables.core import Part, assemble

FLOATS = {"coriolis/3902131": "BD*.nc", "coriolis/6903247": "BR*.nc"}


def b_files(real, name):
    return sorted((real / "dac" / name / "profiles").glob(FLOATS[name]))


def column(table, name, rows=None):
    values = table[name] if rows is None else table[name].filter(pa.array(rows))
    if pa.types.is_floating(values.type):
        return values.to_numpy()
    return np.array([-1 if v is None else v for v in values.to_pylist()])


@pytest.mark.parametrize("name", sorted(FLOATS))
def test_every_value_of_real_files_is_what_netcdf4_reads(real, name):
    paths = b_files(real, name)
    made = assemble_bgc([read_bgc(path) for path in paths])
    key = {n: column(made.levels, n) for n in ("cycle_number", "direction", "n_prof", "level")}
    compared = 0
    for path in paths:
        with netCDF4.Dataset(path) as reference:
            compared += _compare(made, key, reference)
    assert compared == made.levels.num_rows


def _compare(made, key, reference):
    cycle, direction = int(reference["CYCLE_NUMBER"][0]), bytes(reference["DIRECTION"][0]).decode()
    rows = (key["cycle_number"] == cycle) & (key["direction"] == direction)
    n_prof, level = key["n_prof"][rows], key["level"][rows]
    pres = as_read(reference, "PRES", "")
    assert len(level) == (~np.isnan(pres)).sum()
    np.testing.assert_array_equal(column(made.levels, "pres", rows), pres[n_prof, level])
    for parameter in made.parameters:
        for suffix in ("", "_QC", "_ADJUSTED", "_ADJUSTED_QC", "_ADJUSTED_ERROR"):
            theirs, name = as_read(reference, parameter, suffix), (parameter + suffix).lower()
            if name in made.levels.schema.names:
                ours = column(made.levels, name, rows)
                if theirs is None:
                    assert (np.isnan(ours) if ours.dtype.kind == "f" else ours == -1).all()
                else:
                    np.testing.assert_array_equal(ours, theirs[n_prof, level])
            else:
                assert theirs is None
    return int(rows.sum())


def test_columns_say_what_they_are(real):
    made = assemble_bgc([read_bgc(path) for path in b_files(real, "coriolis/6903247")])
    doxy, schema = made.levels.schema.field("doxy"), made.levels.schema
    assert doxy.metadata[b"units"] == b"micromole/kg"
    assert doxy.metadata[b"long_name"] == b"Dissolved oxygen, as measured"
    assert schema.field("doxy").type == pa.float32()
    assert schema.field("raw_downwelling_par").type == pa.float64()
    assert made.skipped == ["UV_INTENSITY_NITRATE"]
    assert not any(name.startswith("uv_intensity_nitrate") for name in schema.names)
    assert not any(pa.types.is_null(field.type) for field in schema)
    assert "temp_doxy_adjusted" not in schema.names
    modes = set(made.levels.select(["n_prof", "doxy_mode", "doxy"]).to_pydict()["doxy_mode"])
    assert modes == {"A", None}


def test_levels_are_those_of_the_core_files(real):
    folder = real / "dac" / "coriolis" / "6903247" / "profiles"
    core = [Part(read_profiles(p), p.name, "") for p in sorted(folder.glob("R*.nc"))]
    key = ["platform_number", "cycle_number", "direction", "n_prof", "level"]
    ours = assemble_bgc([read_bgc(p) for p in folder.glob("B*.nc")]).levels
    theirs = assemble(core).levels
    assert ours.select([*key, "pres"]).equals(
        theirs.select([*key, "pres"]).cast(ours.select([*key, "pres"]).schema)
    )
    assert ours.group_by(key).aggregate([]).num_rows == ours.num_rows


def test_the_same_cycle_twice_is_refused(real):
    folder = real / "dac" / "coriolis" / "3902131" / "profiles"
    files = [read_bgc(folder / name) for name in ("BR3902131_003.nc", "BD3902131_003.nc")]
    with pytest.raises(BadData, match=r"BR3902131_003.nc and BD3902131_003.nc hold the same cycle"):
        assemble_bgc(files)


def test_files_of_two_floats_are_refused(bgc_gdac):
    paths = sorted(bgc_gdac.folder.glob("dac/*/*/profiles/B*_002.nc"))
    with pytest.raises(BadData, match="several floats"):
        assemble_bgc([read_bgc(path) for path in paths])


def test_parameters_that_some_files_lack_are_null_there(bgc_gdac):
    """Nothing is missing in a union of columns, and nothing is invented."""
    wmo = min(bgc_gdac.floats)
    paths = sorted(bgc_gdac.folder.glob(f"dac/*/{wmo}/profiles/B*.nc"))
    files = [read_bgc(path) for path in paths]
    without = files[3]
    names = [name for name in without.parameters if name != "NITRATE"]
    lacking = dict.fromkeys(names)
    lacking.update({name: without.parameters[name] for name in names})
    files[3] = type(without)(**{
        **{field: getattr(without, field) for field in without.__slots__},
        "parameters": lacking,
    })  # fmt: skip
    table = assemble_bgc(files).levels
    cycle = int(without.cycle_number[0])
    rows = table.filter(pa.compute.equal(table["cycle_number"], cycle))
    assert rows["nitrate"].null_count == rows.num_rows
    assert rows["nitrate_mode"].null_count == rows.num_rows
    assert rows["doxy"].null_count < rows.num_rows


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_order_of_files_gives_the_same_table(bgc_gdac, data):
    wmo = min(bgc_gdac.floats)
    paths = sorted(bgc_gdac.folder.glob(f"dac/*/{wmo}/profiles/B*.nc"))
    files = [read_bgc(path) for path in paths]
    mixed = data.draw(st.permutations(files))
    assert assemble_bgc(mixed).levels.equals(assemble_bgc(files).levels, check_metadata=True)
