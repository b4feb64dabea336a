"""The usual stages, in the usual order."""

from __future__ import annotations

from gnomon.instruments.comap.stages.atmosphere import Atmosphere
from gnomon.instruments.comap.stages.calibrator_fit import CalibratorFit
from gnomon.instruments.comap.stages.check_level1 import CheckLevel1
from gnomon.instruments.comap.stages.create_level2 import CreateLevel2
from gnomon.instruments.comap.stages.find_scans import FindScans
from gnomon.instruments.comap.stages.gain_filter_and_bin import GainFilterAndBin
from gnomon.instruments.comap.stages.noise_level1 import NoiseLevel1
from gnomon.instruments.comap.stages.noise_level2 import NoiseLevel2
from gnomon.instruments.comap.stages.post_bin_cleaning import PostBinCleaning
from gnomon.instruments.comap.stages.snapshot import FinalizeLevel2Metadata
from gnomon.instruments.comap.stages.stage import Stage
from gnomon.instruments.comap.stages.system_temperature import SystemTemperature

LEVEL1_STAGES: tuple[Stage, ...] = (
    CheckLevel1(),
    CreateLevel2(),
    SystemTemperature(),
    FindScans(),
    NoiseLevel1(),
    Atmosphere(),
    GainFilterAndBin(),
)
LEVEL2_STAGES: tuple[Stage, ...] = (
    PostBinCleaning(),
    NoiseLevel2(),
    CalibratorFit(),
    FinalizeLevel2Metadata(),
)
