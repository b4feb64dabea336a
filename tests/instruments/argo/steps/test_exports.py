import csv
import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from argo_products import analysis_table, profiles_table
from gnomon.core.dataset import Coverage, Input, Provenance
from gnomon.errors import BadData
from gnomon.formats.parquet import write_table
from gnomon.instruments.argo.exports.model import PROFILES
from gnomon.instruments.argo.steps.exports import (
    ArrowConfig,
    CsvConfig,
    JsonConfig,
    positions,
    to_arrow,
    to_csv,
    to_json,
)
from gnomon.instruments.argo.steps.overview import overview

PROVENANCE = Provenance("argo.json", 1, "f" * 64, "{}", ())
FIRST_US, DAY_US = 1_583_064_005_000_000, 86_400_000_000


@pytest.fixture
def products(tmp_path):
    """Return the paths of a float's analysis, as an input, of its profiles and of its record."""
    profiles = profiles_table(4, missing=(1,))
    paths = [tmp_path / name for name in ("analysis.parquet", "profiles.parquet", "float.json")]
    write_table(paths[0], analysis_table(profiles, bgc=("DOXY",)), PROVENANCE)
    write_table(paths[1], profiles, PROVENANCE)
    paths[2].write_text(json.dumps({"pi_name": "Ørsted, José", "provenance": {}}), "utf-8")
    analysis = Input(paths[0], "argo.analysis", {"wmo": 1900857}, {"dac": "coriolis"}, 1, "")
    return analysis, paths[1], paths[2]


def test_json(products, tmp_path):
    out = tmp_path / "out.json"
    report = to_json(*products, out, JsonConfig(), PROVENANCE)
    assert report.tags == {"dac": "coriolis"}
    assert report.metrics == {"n_rows": 4}
    assert report.coverage == Coverage(FIRST_US, FIRST_US + 30 * DAY_US)
    read = PROFILES.validate_json(out.read_bytes())
    assert [len(profile.measurements) for profile in read] == [5] * 4
    assert read[0].metadata.platform.pi_name == "Ørsted, José"
    assert read[0].metadata.provenance.fingerprint == "f" * 64
    to_json(products[0], products[1], None, out, JsonConfig(good_only=True, indent=0), PROVENANCE)
    read = PROFILES.validate_json(out.read_bytes())
    assert read[0].metadata.platform is None
    assert read[0].measurements[2].temperature is None


def test_all_formats_hold_the_same_values(products, tmp_path):
    table = pq.read_table(products[0].path)
    to_arrow(products[0], tmp_path / "a", ArrowConfig(compression="none"), PROVENANCE)
    with pa.memory_map(str(tmp_path / "a")) as source:
        assert pa.ipc.open_file(source).read_all().equals(table)
    to_csv(products[0], tmp_path / "c", CsvConfig())
    rows = list(csv.DictReader(io.StringIO((tmp_path / "c").read_bytes().decode(), newline="")))
    read = np.array([row["temp"] for row in rows], np.float32)
    np.testing.assert_array_equal(read, table["temp"].to_numpy())
    to_csv(products[0], tmp_path / "c", CsvConfig(good_only=True))
    assert len((tmp_path / "c").read_bytes().splitlines()) == 1 + table.num_rows


def test_positions_of_all_floats(products, tmp_path):
    other = tmp_path / "other.parquet"
    write_table(other, profiles_table(2, wmo=13857), PROVENANCE)
    report = positions([other, products[1]], tmp_path / "p", PROVENANCE)
    assert report.metrics == {"n_profiles": 6, "n_floats": 2}
    assert report.coverage == Coverage(FIRST_US, FIRST_US + 30 * DAY_US)
    assert pq.read_table(tmp_path / "p")["geometry"].null_count == 1


def test_no_time_is_no_coverage(tmp_path):
    write_table(tmp_path / "a", profiles_table(1, missing=(0,)), PROVENANCE)
    assert positions([tmp_path / "a"], tmp_path / "p", PROVENANCE).coverage is None


def test_the_overview_is_the_same_each_time(products, tmp_path):
    for name in ("a.png", "b.png"):
        report = overview(*products, tmp_path / name)
    assert report.metrics == {"n_profiles": 4, "n_parameters": 3}
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_record_that_is_none_is_refused(products, tmp_path):
    products[2].write_text("[]")
    with pytest.raises(BadData, match="is no JSON object"):
        to_json(*products, tmp_path / "out.json", JsonConfig(), PROVENANCE)
