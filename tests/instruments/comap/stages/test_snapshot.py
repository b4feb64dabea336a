"""`finalize_level2_metadata`: what SQL would say, in the file."""

import ast
from contextlib import contextmanager

import h5py
import numpy as np
import pytest
from tests.instruments.comap.published import OBSID, record_of, write_level2

from gnomon.instruments.comap.database.rows import data_of
from gnomon.instruments.comap.level1.flagged import Flagged
from gnomon.instruments.comap.level2.file import changing
from gnomon.instruments.comap.level2.layout import ATMOSPHERE_TAU, LAYOUT, SNAPSHOT
from gnomon.instruments.comap.stages.snapshot import FinalizeLevel2Metadata
from gnomon.instruments.comap.stages.stage import Observation

FLAGS = (Flagged((2,), (0, 7), "side\0lobes"),)


@contextmanager
def written(path, *, flags=FLAGS, record=None, **options):
    """Write the snapshot of a Level-2 file, and open it."""
    write_level2(path, nan=5)
    with changing(path) as out:
        obs = Observation(record or record_of(), out, None, (1, 2), flags=flags)
        FinalizeLevel2Metadata(**options).finish(obs)
    with h5py.File(path) as held:
        yield held


@pytest.fixture
def path(tmp_path):
    return tmp_path / "Level2.hd5"


def test_every_dataset_of_the_layout_is_written(path):
    with written(path) as held:
        for name in (name for name in LAYOUT if name.startswith(f"{SNAPSHOT}/")):
            assert held[name].shape == (152,), name


def test_flags_stand_by_feed_and_frequency_band(path):
    with written(path) as held:
        group = held[SNAPSHOT]
        rows = np.flatnonzero(~group["is_good"][...])
        found = [(group["pixel"][row], group["frequency_band"][row]) for row in rows]
        assert found == [(2, 0), (2, 7)]
        comments = group["comment"].asstr()[...]
        assert set(comments[rows]) == {"sidelobes"}
        assert set(np.delete(comments, rows)) == {""}


def test_statistics_are_those_of_their_feed_and_band(path):
    with written(path) as held:
        group = held[SNAPSHOT]
        row = 8 + 3  # feed 2, band 1, half 1
        assert group["filtered_red_noise"][row] == 5000.0 + row
        assert group["mean_atm_temp"][row] == 1.5 + row
        assert group["n_spikes"][row] == 3 * row
        assert group["n_nan_values"][3] == 5
        assert np.isnan(group["filtered_red_noise"][16:]).all()
        assert (group["n_spikes"][16:] == -1).all()
        assert (group["n_nan_values"][16:] == -1).all()


def test_attributes_are_the_columns_that_are_known(path):
    with written(path) as held:
        attributes = dict(held[SNAPSHOT].attrs)
    summary = ast.literal_eval(attributes.pop("summary"))
    expected = {"obsid": OBSID, **data_of(record_of())}
    assert attributes == {name: value for name, value in expected.items() if value is not None}
    assert summary["processing_status"] == "complete"
    assert summary["n_scans"] == 3
    assert summary["pointing_offset_el"] is None


def test_attributes_that_are_absent_are_left_out(path):
    record = record_of(attributes={"nchan": "1024", "bw": "broad", "tsamp": float("nan")})
    with written(path, record=record) as held:
        attributes = dict(held[SNAPSHOT].attrs)
    assert attributes["nchan"] == 1024
    assert attributes["utc_start"] == "2024-12-01-10:30:00"
    assert not {"bw", "tsamp", "features", "level1_path"} & attributes.keys()


def test_a_group_may_have_another_name(path):
    with written(path, group_name="level2/told") as held:
        assert SNAPSHOT not in held
        assert held["level2/told/pixel"][-1] == 19


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_snapshot_that_is_there_is_replaced_or_left(path, overwrite):
    with written(path):
        pass
    with changing(path) as out:
        obs = Observation(record_of(source="CasA"), out, None, (1, 2))
        FinalizeLevel2Metadata(overwrite=overwrite).finish(obs)
        assert out.held[SNAPSHOT].attrs["source"] == ("CasA" if overwrite else "TauA")


def test_a_file_of_which_little_is_known_has_a_snapshot_too(path):
    with changing_empty(path) as out:
        FinalizeLevel2Metadata().finish(Observation(record_of(), out, None, ()))
        assert np.isnan(out.array(f"{SNAPSHOT}/mean_atm_temp")).all()
        assert (out.array(f"{SNAPSHOT}/n_spikes") == -1).all()
        assert "'median_tsys': None" in out.held[SNAPSHOT].attrs["summary"]


@contextmanager
def changing_empty(path):
    """Open a file that has nothing yet."""
    h5py.File(path, "w").close()
    with changing(path) as out:
        yield out


def test_an_opacity_that_was_not_fitted_is_not_measured(path):
    write_level2(path)
    with changing(path) as out:
        out[ATMOSPHERE_TAU][0] = 0.0  # elevation did not change
        FinalizeLevel2Metadata().finish(Observation(record_of(), out, None, (1, 2)))
        found = out.array(f"{SNAPSHOT}/mean_atm_temp")
    assert np.isnan(found[:8]).all()
    assert np.isfinite(found[8:16]).all()
