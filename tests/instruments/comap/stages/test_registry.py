"""Which stage an entry of a pipeline means."""

import pytest

from gnomon.errors import ConfigError, UnknownName
from gnomon.instruments.comap.level2 import layout
from gnomon.instruments.comap.stages.atmosphere import Atmosphere
from gnomon.instruments.comap.stages.listed import told
from gnomon.instruments.comap.stages.registry import checked, names, stage_of
from gnomon.instruments.comap.stages.stage import Phase


@pytest.mark.parametrize("name", names())
def test_what_is_told_of_a_stage_means_it(name):
    stage = stage_of({"use": name})
    assert told(stage)["use"] == name
    assert stage_of(told(stage)) == stage


@pytest.mark.parametrize("use", ["", ".", ".a.B", "..B", "a..B", "nowhere.Stage", "json.nothing"])
def test_names_of_nothing_are_told(use):
    with pytest.raises(UnknownName):
        stage_of({"use": use})


@pytest.mark.parametrize("use", ["json.loads", "gnomon.instruments.comap.stages.stage.Stage", 3])
def test_what_is_no_stage_is_told(use):
    with pytest.raises(ConfigError):
        stage_of({"use": use})


def test_what_no_stage_gives_is_told():
    with pytest.raises(ConfigError, match=rf"Atmosphere needs .*{layout.VANE_GAIN}"):
        checked((Atmosphere(),), Phase.LEVEL1, [layout.SCAN_EDGES])
    with pytest.raises(ConfigError, match="of the phase level1, not level2"):
        checked((Atmosphere(),), Phase.LEVEL2, [])
    checked((Atmosphere(),), Phase.LEVEL1, Atmosphere.needs)
