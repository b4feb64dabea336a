"""The seed system's own files, run as they stand: the default order of its modules."""

import sqlite3

import h5py
import pytest

from gnomon.instruments.comap.level2 import layout
from terminal import gnomon

CLASSES = (
    *("CreateLevel2File.CheckLevel1FileExists.CheckLevel1FileExists",),
    *("CreateLevel2File.CreateLevel2File.CreateLevel2File",),
    *("SystemTemperature.SystemTemperature.SystemTemperature", "FindScans.FindScans.FindScans"),
    *("NoiseStats.NoiseStats.NoiseStatsLevel1", "Atmosphere.Atmosphere.AtmosphereInObservation"),
    *("GainFilterAndBin.GainFilterAndBin.GainFilterAndBin",),
    *("PostBinCleaning.PostBinCleaning.PostBinCleaning",),
    *("NoiseStats.NoiseStats.NoiseStatsLevel2",),
    *("CalibratorFitting.CalibratorFitting.CalibratorFitting",),
)

MAIN = """
[Master]
log_file = 'logs/main_run.log'
sql_database = 'databases/COMAP.db'
pipeline = ['modules.DataAcquisition.DataAssess.DataAssess()',
            'modules.ProcessLevel2.ProcessLevel2.Level2Pipeline()']
[modules.DataAcquisition.DataAssess.DataAssess]
level1_data_paths = ['data']
[modules.ProcessLevel2.ProcessLevel2.Level2Pipeline]
config_file = 'level2.toml'
"""

LEVEL2 = """
[Master]
sql_database = 'databases/COMAP.db'
pipeline = [{modules}]
force_run = false
source_group = '{group}'
[modules.ProcessLevel2.CreateLevel2File.CreateLevel2File.CreateLevel2File]
output_dir = 'level2_data'
level1_datasets = [['/spectrometer/MJD', '1'], ['/hk/antenna0/vane/Tvane', '0.01']]
[modules.ProcessLevel2.PostBinCleaning.PostBinCleaning.PostBinCleaning]
medfilt_length = 3000
"""


@pytest.fixture
def folder(tmp_path, tiny_level1_file):
    (tmp_path / "data/2024-12").mkdir(parents=True)
    (tmp_path / "data/2024-12" / tiny_level1_file.name).symlink_to(tiny_level1_file)
    (tmp_path / "main_run.toml").write_text(MAIN)
    return tmp_path


def write_level2(folder, group):
    modules = ", ".join(f"'modules.ProcessLevel2.{path}()'" for path in CLASSES)
    (folder / "level2.toml").write_text(LEVEL2.format(modules=modules, group=group))


def test_the_default_order_of_modules_runs(folder, tiny_truth):
    write_level2(folder, "Galactic")
    gnomon("run", "main_run.toml", folder=folder)
    assert not (folder / "level2_data").exists()  # what was observed is a calibrator
    write_level2(folder, "Calibrator")
    gnomon("run", "main_run.toml", folder=folder)
    (made,) = (folder / "level2_data").rglob("Level2_comap-*.hd5")
    with h5py.File(made) as held:
        for name in (layout.FILTERED, layout.NOISE1, layout.CALIBRATOR, layout.SNAPSHOT):
            assert name in held
    with sqlite3.connect(folder / "databases/COMAP.db") as database:
        ((obsid, status),) = database.execute(
            "SELECT obsid, processing_status FROM observation_summary"
        ).fetchall()
    database.close()
    assert (obsid, status) == (tiny_truth.obsid, "complete")
