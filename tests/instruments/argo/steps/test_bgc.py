"""The step `argo.bgc`: what it writes and says, and the ocean that comes back."""

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from gnomon.core.dataset import Input, Provenance
from gnomon.errors import BadData
from gnomon.formats.parquet import read_provenance
from gnomon.instruments.argo.science.selection import good
from gnomon.instruments.argo.steps.bgc import bgc
from gnomon.instruments.argo.steps.writing import TablesConfig

PROVENANCE = Provenance("argo.bgc", 1, "0" * 64, "{}", ())


def inputs(folder, pattern="B*.nc"):
    """Return a float's files as the catalogue would hand them to the step."""
    wmo, found = int(folder.name), []
    for path in sorted(folder.glob(f"profiles/{pattern}")):
        key = {"wmo": wmo, "cycle": path.stem.partition("_")[2]}
        tags = {"dac": folder.parent.name, "mode": path.name[1]}
        found.append(Input(path, "argo.bgc_cycle", key, tags, 1, "0" * 64))
    return found


@pytest.fixture
def make(tmp_path):
    def call(cycles):
        path = tmp_path / "bgc_levels.parquet"
        return bgc(cycles, path, TablesConfig(), PROVENANCE), path

    return call


def test_a_real_float_becomes_one_table(real, make):
    report, path = make(inputs(real / "dac" / "coriolis" / "6903247"))
    table = pq.read_table(path)
    assert report.metrics == {
        "n_profiles": 14,
        "n_levels": table.num_rows,
        "n_files": 4,
        "n_parameters": 25,
        "n_spectra_skipped": 1,
    }
    assert report.note == "spectra are left out: UV_INTENSITY_NITRATE"
    assert report.tags == {"dac": "coriolis"}
    assert report.coverage is not None
    assert read_provenance(path)["step"] == "argo.bgc"
    assert table.schema.field("chla").metadata[b"units"] == b"mg/m3"


def test_the_delayed_mode_version_replaces_real_time(real, make):
    """R and D of a cycle are versions of one dataset: the step sees one of them."""
    folder = real / "dac" / "coriolis" / "3902131"
    before = pq.read_table(make(inputs(folder, "BR*.nc"))[1])
    after = pq.read_table(make(inputs(folder, "BD*.nc"))[1])
    key = ["cycle_number", "direction", "n_prof", "level", "pres"]
    assert before.select(key).equals(after.select(key))
    assert set(before["doxy_mode"].to_pylist()) == {"R"}
    assert set(after["doxy_mode"].to_pylist()) == {"D"}
    assert before["doxy_adjusted"].null_count == before.num_rows
    assert after["doxy_adjusted"].null_count < after.num_rows
    with pytest.raises(BadData, match="hold the same cycle"):
        make([*inputs(folder, "BR*_003.nc"), *inputs(folder, "BD*_003.nc")])


@pytest.mark.parametrize("name", ["5900865_prof.html.nc", "5900865_prof.trunc50.nc"])
def test_a_damaged_file_is_named_as_in_the_archive(real, make, name):
    key, tags = {"wmo": 3902131, "cycle": "003"}, {"dac": "coriolis", "mode": "D"}
    broken = Input(real / "damaged" / name, "argo.bgc_cycle", key, tags, 1, "")
    with pytest.raises(BadData, match=r"^BD3902131_003.nc: "):
        make([broken])


TRUTH = {
    "doxy": (lambda o, p, r: o.oxygen(p, r.latitude), "oxygen_noise"),
    "nitrate": (lambda o, p, r: o.nitrate(p, r.latitude), "nitrate_noise"),
    "ph_in_situ_total": (lambda o, p, r: o.ph(p, r.latitude), "ph_noise"),
    "chla": (lambda o, p, r: o.chlorophyll(p, r.latitude, r.juld), "chlorophyll_noise"),
    "bbp700": (lambda o, p, _: o.backscatter(p), "backscatter_noise"),
}


@pytest.mark.parametrize("name", sorted(TRUTH))
def test_the_true_ocean_comes_back_where_it_is_adjusted(bgc_gdac, make, name):
    """Adjusted values are the ocean's within noise; raw ones are off by what is known."""
    wmo = min(bgc_gdac.floats)
    _, path = make(inputs(next(bgc_gdac.folder.glob(f"dac/*/{wmo}"))))
    table, ocean, checked = pq.read_table(path), bgc_gdac.ocean, 0
    function, noise = TRUTH[name]
    for record in (r for r in bgc_gdac.records if r.wmo == wmo):
        rows = table.filter(
            pc.and_(
                pc.equal(table["cycle_number"], record.cycle),
                pc.equal(table["direction"], record.direction),
            )
        )
        pres = rows["pres"].to_numpy().astype(float) - bgc_gdac.pressure_offset(wmo)
        true, mode = (
            function(ocean, pres, record),
            set(rows[f"{name}_mode"].drop_null().to_pylist()),
        )
        column = name if mode == {"R"} else f"{name}_adjusted"
        values = rows[column].to_numpy()
        usable = good(rows[f"{column}_qc"].fill_null(-1).to_numpy())
        if name != "bbp700" and mode == {"R"}:
            assert not usable.any()  # flagged 3: correctable, not good
            continue
        assert usable.sum() >= 20
        off = (values - true)[usable]
        assert np.abs(off.mean()) < 5 * getattr(ocean, noise) / np.sqrt(usable.sum()) + 1e-3
        assert np.abs(off).max() < 6 * getattr(ocean, noise) + 1e-3
        checked += 1
    assert checked >= 6


def test_raw_errors_of_the_sensors_are_as_known(bgc_gdac, make):
    wmo = min(bgc_gdac.floats)
    _, path = make(inputs(next(bgc_gdac.folder.glob(f"dac/*/{wmo}"))))
    table = pq.read_table(path)
    gain = table["doxy_adjusted"].to_numpy() / table["doxy"].to_numpy()
    assert np.nanmean(gain) == pytest.approx(bgc_gdac.oxygen_gain(wmo), rel=1e-5)
    dark = table["chla"].to_numpy() - table["chla_adjusted"].to_numpy()
    assert np.nanmean(dark) == pytest.approx(bgc_gdac.chlorophyll_dark(wmo), rel=1e-3)
