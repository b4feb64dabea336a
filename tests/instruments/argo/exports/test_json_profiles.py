import json
import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from argo_products import analysis_table, profiles_table
from gnomon.core.dataset import Provenance
from gnomon.errors import BadData
from gnomon.instruments.argo.exports import json_profiles as module
from gnomon.instruments.argo.exports.json_profiles import json_profiles
from gnomon.instruments.argo.exports.model import (
    PROFILES,
    Measurement,
    Platform,
    ProfileData,
    QcFlags,
)

PROVENANCE = Provenance("argo.json", 1, "f" * 64, "{}", ())
DOCUMENTED = [
    "float_id", "cycle_number", "profile_time", "latitude", "longitude",
    "measurements", "max_depth", "quality_status", "metadata",
]  # fmt: skip


def document(levels, profiles, **options):
    text = "".join(json_profiles(levels, profiles, PROVENANCE, **options))

    def refuse(name):
        raise AssertionError(name)

    return text, json.loads(text, parse_constant=refuse)


@pytest.fixture
def profiles():
    return profiles_table(missing=(1,))


@pytest.fixture
def levels(profiles):
    return analysis_table(profiles, bgc=("DOXY", "NITRATE"))


def test_it_has_the_documented_shape(levels, profiles):
    _, data = document(levels, profiles)
    assert [list(entry) for entry in data] == [DOCUMENTED] * 4
    assert data[0]["float_id"] == "1900857"
    assert [e["quality_status"] for e in data] == ["REAL_TIME", "ADJUSTED", "DELAYED", "DELAYED"]
    assert data[0]["profile_time"] == "2020-03-01T12:00:05Z"


def test_the_models_read_it_and_write_the_same(levels, profiles):
    text, data = document(levels, profiles)
    again = PROFILES.validate_json(text)
    assert json.loads(PROFILES.dump_json(again, exclude_unset=True)) == data


def test_every_member_of_the_models_is_written(levels, profiles):
    _, data = document(levels, profiles, platform={"pi_name": "A"})
    assert set(data[0]) == set(ProfileData.model_fields)
    assert set(data[0]["measurements"][0]) == set(Measurement.model_fields)
    assert set(data[0]["measurements"][0]["qc_flags"]) == set(QcFlags.model_fields)
    metadata = ProfileData.model_fields["metadata"].annotation.model_fields
    assert set(data[0]["metadata"]) == set(metadata)
    assert set(data[0]["metadata"]["platform"]) == set(Platform.model_fields)


def test_values_are_those_of_the_table(levels, profiles):
    _, data = document(levels, profiles)
    measured = [level for entry in data for level in entry["measurements"]]
    for name, column in module.COLUMNS.items():
        if column in levels.column_names:
            read = np.array([m[name] for m in measured], np.float32)  # None becomes NaN
            np.testing.assert_array_equal(read, levels[column].to_numpy())
    flags = [m["qc_flags"]["temperature"] for m in measured]
    assert flags == levels["temp_qc"].to_pylist()
    assert [m["other"]["nitrate"]["value"] for m in measured] == levels["nitrate"].to_pylist()


def test_further_parameters_stand_only_in_profiles_that_have_them(levels, profiles):
    at = levels.column_names.index("nitrate_mode")
    first = pc.equal(levels["cycle_number"], levels["cycle_number"][0])
    modes = pc.if_else(first, pa.scalar(None, pa.string()), levels["nitrate_mode"])
    _, data = document(levels.set_column(at, "nitrate_mode", modes), profiles)
    assert {tuple(m["other"]) for m in data[0]["measurements"]} == {()}
    assert {tuple(m["other"]) for m in data[-1]["measurements"]} == {("nitrate",)}


def test_what_is_missing_is_null_and_never_invented(levels, profiles):
    _, data = document(levels, profiles)
    lost = data[1]
    assert lost["profile_time"] is lost["latitude"] is lost["longitude"] is None
    assert lost["max_depth"] is None
    assert {m["depth"] for m in lost["measurements"]} == {None}
    assert {m["chlorophyll"] for m in lost["measurements"]} == {None}


def test_a_float_without_salinity(profiles):
    _, data = document(analysis_table(profiles, salinity=False), profiles)
    assert {m["salinity"] for m in data[0]["measurements"]} == {None}
    assert "PSAL" not in data[0]["metadata"]["parameter_data_modes"]
    assert "other" not in data[0]["measurements"][0]


def test_good_only_drops_bad_values_and_empty_levels(profiles):
    levels = analysis_table(profiles, salinity=False)
    _, data = document(levels, profiles, good=True)
    assert [len(entry["measurements"]) for entry in data] == [4] * 4  # the third was bad
    assert all(m["temperature"] is not None for entry in data for m in entry["measurements"])
    with_salinity = analysis_table(profiles)
    _, data = document(with_salinity, profiles, good=True)
    assert data[0]["measurements"][2]["temperature"] is None
    assert data[0]["measurements"][2]["qc_flags"]["temperature"] == 4


def test_statistics_are_of_good_values(levels, profiles):
    text, _ = document(levels, profiles)
    found = PROFILES.validate_json(text)[0].statistics()
    temp = levels["temp"].to_numpy()[:5].astype(float)
    good = np.delete(temp, 2)
    assert found["temperature"].count == 4
    assert math.isclose(found["temperature"].mean, good.mean(), rel_tol=1e-6)
    assert math.isclose(found["temperature"].maximum, good.max(), rel_tol=1e-6)
    assert found["chlorophyll"] is None


def test_text_that_is_not_ascii_and_breaks_lines(levels, profiles):
    name = 'José "Pepe"\nNuñez, 黒潮 "measurements": []'
    for indent in (0, 1, 2):
        _, data = document(levels, profiles, platform={"pi_name": name}, indent=indent)
        assert data[0]["metadata"]["platform"]["pi_name"] == name
        assert len(data[3]["measurements"]) == 5


@pytest.mark.parametrize("indent", [0, 2, 4])
def test_lines_are_indented_as_json_does(profiles, indent):
    levels = analysis_table(profiles).slice(0, 0)
    text, data = document(levels, profiles, indent=indent)
    if indent:
        assert text == json.dumps(data, indent=indent) + "\n"
    text, data = document(analysis_table(profiles), profiles, indent=indent)
    starts = {len(line) - len(line.lstrip()) for line in text.splitlines() if '"depth"' in line}
    assert starts == {3 * indent}


def test_chunks_do_not_show(levels, profiles, monkeypatch):
    whole, _ = document(levels, profiles)
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 7)
    assert document(levels, profiles)[0] == whole


def test_profiles_without_levels_stay(profiles, levels):
    _, data = document(levels.slice(5), profiles)
    assert data[0]["measurements"] == []
    assert data[0]["max_depth"] is None
    assert len(data[1]["measurements"]) == 5
    assert document(levels.slice(0, 0), profiles.slice(0, 0))[1] == []


def test_profiles_of_levels_alone_are_kept(levels, profiles):
    text, data = document(levels, profiles.take([0, 2]))
    assert [entry["cycle_number"] for entry in data] == [0, 1, 2, 3]
    assert [len(entry["measurements"]) for entry in data] == [5] * 4
    assert data[3]["profile_time"] == "2020-03-31T12:00:05Z"
    assert data[3]["quality_status"] is data[3]["metadata"]["source_file"] is None
    assert len(PROFILES.validate_json(text)) == 4


def test_levels_out_of_order_are_refused(levels, profiles):
    with pytest.raises(BadData, match="in their order"):
        document(levels.take(list(range(19, -1, -1))), profiles)
