"""The step `argo.synthetic`: what it writes and says, and the ocean that comes back."""

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from gnomon.core.dataset import Input, Provenance
from gnomon.errors import BadData, NoData
from gnomon.formats.parquet import read_provenance
from gnomon.instruments.argo.steps.synthetic import synthetic
from gnomon.instruments.argo.steps.writing import TablesConfig

PROVENANCE = Provenance("argo.synthetic", 1, "0" * 64, "{}", ())


def inputs(folder, pattern="S*.nc"):
    """Return a float's files as the catalogue would hand them to the step."""
    wmo, tags = int(folder.name), {"dac": folder.parent.name}
    cycles = [
        Input(
            path,
            "argo.synthetic_cycle",
            {"wmo": wmo, "cycle": path.stem.partition("_")[2]},
            {**tags, "mode": path.name[1]},
            1,
            "0" * 64,
        )
        for path in sorted(folder.glob(f"profiles/{pattern}"))
    ]
    whole = [
        Input(path, "argo.synthetic_aggregate", {"wmo": wmo}, tags, 1, "0" * 64)
        for path in folder.glob("*_Sprof.nc")
    ]
    return cycles, whole


@pytest.fixture
def make(tmp_path):
    def call(cycles, whole):
        paths = tmp_path / "synthetic.parquet", tmp_path / "synthetic_parameters.parquet"
        return synthetic(cycles, whole, *paths, TablesConfig(), PROVENANCE), *paths

    return call


def test_a_real_float_becomes_two_tables(real, make):
    cycles, whole = inputs(real / "dac" / "coriolis" / "3902131", "SD*.nc")
    report, levels, parameters = make(cycles, whole)
    assert report.metrics == {
        "n_profiles": 162,
        "n_levels": 113_744,
        "n_files": 9,
        "n_parameters": 4,
    }
    assert report.tags == {"dac": "coriolis"}
    assert pq.read_metadata(parameters).num_rows == 4 * 162
    assert read_provenance(levels)["step"] == "argo.synthetic"
    table = pq.read_table(levels, columns=["cycle_number", "direction", "level"])
    assert table.group_by(table.column_names).aggregate([]).num_rows == 113_744


def test_a_float_of_cycles_only(real, make):
    report, levels, _ = make(*inputs(real / "dac" / "coriolis" / "6903247"))
    table = pq.read_table(levels)
    assert report.metrics["n_profiles"] == 4
    assert set(table["chla_mode"].to_pylist()) == {"A", None}
    assert table.schema.field("down_irradiance380").metadata[b"units"] == b"W/m^2/nm"
    assert table["absolute_salinity_g_kg"].drop_null().to_numpy().mean() == pytest.approx(
        39.2, abs=0.3
    )


def test_no_file_is_no_data(make):
    with pytest.raises(NoData):
        make([], [])


def test_a_damaged_aggregate_is_named_as_in_the_archive(real, make):
    path = real / "damaged" / "3902131_Sprof.trunc50.nc"
    broken = Input(path, "argo.synthetic_aggregate", {"wmo": 3902131}, {"dac": "coriolis"}, 1, "")
    with pytest.raises(BadData, match=r"^3902131_Sprof.nc: damaged HDF5"):
        make([], [broken])


@pytest.mark.parametrize("name", ["temp", "psal", "doxy", "nitrate", "ph_in_situ_total", "chla"])
def test_the_true_ocean_comes_back(bgc_gdac, make, name):
    """Chosen, good values are the ocean's within noise, whatever the mode."""
    wmo, ocean = max(w for w in bgc_gdac.floats if bgc_gdac.has_bgc(w)), bgc_gdac.ocean
    _, path, _ = make(*inputs(next(bgc_gdac.folder.glob(f"dac/*/{wmo}"))))
    table = pq.read_table(path)
    truth = {
        "temp": lambda p, r: ocean.temperature(p, r.latitude, r.juld),
        "psal": lambda p, r: ocean.salinity(p, r.latitude),
        "doxy": lambda p, r: ocean.oxygen(p, r.latitude),
        "nitrate": lambda p, r: ocean.nitrate(p, r.latitude),
        "ph_in_situ_total": lambda p, r: ocean.ph(p, r.latitude),
        "chla": lambda p, r: ocean.chlorophyll(p, r.latitude, r.juld),
    }[name]
    noise = {
        "temp": 0.002, "psal": 0.002, "doxy": 0.5, "nitrate": 0.2, "ph_in_situ_total": 0.002,
        "chla": 0.004,
    }[name]  # fmt: skip
    for record in (r for r in bgc_gdac.records if r.wmo == wmo and r.mode != "R"):
        rows = table.filter(
            pc.and_(
                pc.equal(table["cycle_number"], record.cycle),
                pc.and_(
                    pc.equal(table["direction"], record.direction),
                    pc.equal(table[f"{name}_qc"], 1),
                ),
            )
        )
        if rows.num_rows == 0:
            assert (name, record.mode) == ("ph_in_situ_total", "A")  # still in real time
            continue
        off = rows[name].to_numpy() - truth(rows["pres"].to_numpy().astype(float), record)
        assert np.abs(off.mean()) < 5 * noise / np.sqrt(len(off)) + 1e-3
        assert np.abs(off).max() < 6 * noise + 1e-3
