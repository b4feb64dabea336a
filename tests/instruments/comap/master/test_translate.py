import logging
import tomllib

import pytest

from gnomon.errors import ConfigError, UnknownName
from gnomon.instruments.comap.master.modules import STAGES
from gnomon.instruments.comap.master.translate import pipeline_of, translate, translated
from gnomon.instruments.comap.stages import registry

LEVEL2 = """
[Master]
log_file = 'logs/{}_main_run.log'
sql_database = 'databases/COMAP.db'
pipeline = ['modules.ProcessLevel2.CreateLevel2File.CheckLevel1FileExists.CheckLevel1FileExists()',
            'modules.ProcessLevel2.CreateLevel2File.CreateLevel2File.CreateLevel2File()',
            'modules.ProcessLevel2.SystemTemperature.SystemTemperature.SystemTemperature()',
            'modules.ProcessLevel2.FindScans.FindScans.FindScans()',
            'modules.ProcessLevel2.NoiseStats.NoiseStats.NoiseStatsLevel1()',
            'modules.ProcessLevel2.Atmosphere.Atmosphere.AtmosphereInObservation()',
            'modules.ProcessLevel2.GainFilterAndBin.GainFilterAndBin.GainFilterAndBin(end_cut=60)',
            'modules.ProcessLevel2.PostBinCleaning.PostBinCleaning.PostBinCleaning()',
            'modules.ProcessLevel2.NoiseStats.NoiseStats.NoiseStatsLevel2()',
            'modules.ProcessLevel2.CalibratorFitting.CalibratorFitting.CalibratorFitting()']
force_run = false
nprocess = 2
source = 'Field15%'
source_group = 'Galactic'
target_obsid = 'targets.txt'

[modules.ProcessLevel2.CreateLevel2File.CheckLevel1FileExists.CheckLevel1FileExists]
dummy = false

[modules.ProcessLevel2.CreateLevel2File.CreateRebinnedLevel1File.CreateRebinnedLevel1File]
output_dir = 'rebinned/'

[modules.ProcessLevel2.NoiseStats.NoiseStats.NoiseStatsLevel2]
plot = false
overwrite = false
target_tod_datasets=['level2/binned_filtered_data','level2/binned_data']

[modules.ProcessLevel2.CreateLevel2File.CreateLevel2File.CreateLevel2File]
output_dir = 'level2_data'
save_dir_structure = '%Y-%m/{source}/level2/'
level1_attributes = ['comap']
level1_datasets = [['/spectrometer/MJD','1'], ['/hk/antenna0/vane/Tvane','0.1'], ['/hk/more', 1]]

[modules.ProcessLevel2.GainFilterAndBin.GainFilterAndBin.GainFilterAndBin]
n_freq_bin = 2
overwrite = true
filtered_binned_data_name = 'binned_filtered_data_with_prior'
gain_filter_name = 'GainFilterWithPrior'
[modules.ProcessLevel2.GainFilterAndBin.GainFilterAndBin.GainFilterAndBin.gain_filter_kwargs]
end_cut = 100
noise_prior_path = 'ancillary_data/noise_priors.npy'
"""

MAIN = """
[Master]
log_file = 'logs/main_run.log'
sql_database = 'databases/COMAP.db'
pipeline = [
    'modules.DataAcquisition.DataAcquisition.DataAcquisition()',
    'modules.DataAcquisition.DataAssess.DataAssess(overwrite_existing=False)',
    "modules.DataAcquisition.ObserverFlags.ObserverFlags(observer_flags_csv_file='flags.csv')",
    'modules.ProcessLevel2.ProcessLevel2.Level2Pipeline()',
]

[modules.MapMaking.MapMaking.MapMaking]
config_file = 'parameter_files/level2_mapmaking.toml'

[modules.ProcessLevel2.ProcessLevel2.Level2Pipeline]
config_file = 'parameter_files/level2_processing.toml'
MIN_OBSID = 48210

[modules.DataAcquisition.DataAcquisition.DataAcquisition]
sql_file_command = "select 1"
presto_info = {host='comap_analysis@presto.example.org', data_directory='/scr/level1/'}
local_info  = {data_directory='copies'}
n_rsyncs = 2
dry_run = false
min_obsid_download = 48210

[modules.DataAcquisition.DataAssess.DataAssess]
level1_data_paths = ['data', '/elsewhere']
level2_data_paths = ['level2_data']
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "parameter_files").mkdir()
    (tmp_path / "parameter_files/level2_processing.toml").write_text(LEVEL2)
    (tmp_path / "targets.txt").write_text("45285\n 45287 # the second\n\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(folder, text, name="main_run.toml"):
    return translated(tomllib.loads(text), folder / name, folder)


def test_both_files_become_one_pipeline(folder):
    made = translate(tomllib.loads(MAIN), folder / "parameter_files/main_run.toml")
    assert list(made) == ["name", "source", "step", "publish", "select", "run"]
    assert made["name"] == "main_run"
    assert made["source"] == [
        {
            "use": "comap.remote",
            "url": "ssh://comap_analysis@presto.example.org/scr/level1",
            "copy_to": f"{folder}/copies",
            "known": [f"{folder}/data", "/elsewhere"],
            "min_obsid": 48210,
            "leave_out": ["co[0-9]*"],
        },
        {
            "use": "comap.level1",
            "roots": [f"{folder}/data", "/elsewhere", f"{folder}/copies"],
            "min_obsid": 48210,
        },
        {"use": "comap.observer_flags", "file": f"{folder}/flags.csv"},
    ]
    assert [step["use"] for step in made["step"]] == ["comap.flags", "comap.reduce", "comap.level2"]
    assert made["publish"] == [
        {
            "use": "comap.sql",
            "url": f"sqlite:///{folder}/databases/COMAP.db",
            "kinds": [
                *("comap.level1", "comap.level1.place", "comap.verdict"),
                *("comap.level2", "comap.flags"),
            ],
        },
        {"use": "folder", "kinds": ["comap.level2"], "output": f"{folder}/level2_data"},
    ]
    assert made["select"] == {
        "source": ["Field15*"],
        "source_group": ["Galactic"],
        "obsid": [45285, 45287],
    }
    assert made["run"] == {"workers": 2, "executor": "processes", "force": False}


def test_both_files_select_and_the_second_wins(folder):
    text = MAIN.replace("[Master]", "[Master]\nsource = 'TauA'\ntarget_obsid = [7]", 1)
    path = folder / "parameter_files/level2_processing.toml"
    path.write_text(LEVEL2.replace("target_obsid = 'targets.txt'", ""))
    made = pipeline_of(read(folder, text), "x")
    assert made["select"] == {"source": ["Field15*"], "source_group": ["Galactic"], "obsid": [7]}


def test_modules_become_stages_in_their_order(folder):
    made = pipeline_of(read(folder, MAIN), "x")
    reduce, cleaning = made["step"][1]["stages"], made["step"][2]["stages"]
    assert [stage["use"] for stage in reduce] == [
        *("check_level1", "create_level2", "system_temperature", "find_scans", "noise_level1"),
        *("atmosphere", "gain_filter_and_bin"),
    ]
    copied = dict(reduce[1].pop("level1_datasets"))
    assert reduce[1] == {"use": "create_level2", "level1_attributes": ["comap"]}
    assert copied["hk/antenna0/vane/Tvane"] == 0.1
    assert copied["hk/more"] == 1
    assert copied["spectrometer/feeds"] == 1  # not listed, but without it nobody can read the rest
    # The string says 60; the table within the module's own table says 100, and overrides it.
    assert reduce[-1] == {
        "use": "gain_filter_and_bin",
        "end_cut": 100,
        "n_freq_bin": 2,
        "gain_filter": "prior",
    }
    assert [stage["use"] for stage in cleaning] == [
        *("post_bin_cleaning", "noise_level2", "calibrator_fit", "finalize_level2_metadata"),
    ]


def test_what_has_no_effect_is_logged(folder, caplog):
    with caplog.at_level(logging.WARNING):
        translate(tomllib.loads(MAIN), folder / "main_run.toml")
    assert "main_run.toml: GainFilterAndBin: filtered_binned_data_name" in caplog.text
    assert "no SQL runs there" in caplog.text
    assert "overwrite" not in caplog.text


def test_a_level2_file_alone_is_a_pipeline(folder):
    with pytest.raises(ConfigError, match="where are the Level-1 files"):
        pipeline_of(read(folder, LEVEL2), "x")
    text = LEVEL2.replace("nprocess", "level1_data_paths = ['here']\nnprocess")
    made = pipeline_of(read(folder, text), "x")
    assert made["source"] == [{"use": "comap.level1", "roots": [f"{folder}/here"]}]


def test_folders_of_a_module_that_does_not_run_are_known(folder):
    text = MAIN.replace("    'modules.DataAcquisition.DataAssess", "    #")
    assert "/elsewhere" in pipeline_of(read(folder, text), "x")["source"][1]["roots"]


def master(*modules, rest="level1_data_paths = ['data']"):
    return f"[Master]\npipeline = {list(modules)}\n{rest}"


FIND = "modules.ProcessLevel2.FindScans.FindScans.FindScans"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (master("modules.A.FindScan()"), "unknown module.*did you mean 'FindScans'"),
        (master(f"{FIND}(overwite=True)"), "unknown option of FindScans.*'overwrite'"),
        (master(f"{FIND}()", rest=f"[{FIND}]\nplott = true"), "did you mean 'plot'"),
        (master(rest=f"[{FIND}]\nplott = true"), "did you mean 'plot'"),
        (master(rest="[modules.FindScanz]\nplot = true"), "did you mean 'FindScans'"),
        (master(rest="nproces = 3"), "key of .Master.*'nprocess'"),
        ("name = 'x'\n" + master(), "key beside the tables"),
        (master("modules.MapMaking.MapMaking.MapMaking()"), "comes with maps"),
        (master("modules.A.CreateRebinnedLevel1File()"), "leave it out"),
        (master("modules.A.GainFilterAndBin(gain_filter_name='GainFilterBas')"), "GainFilterBase"),
        (master("modules.A.GainFilterAndBin(gain_filter_name=[1])"), "unknown gain filter"),
        (master("modules.A.GainFilterAndBin(gain_filter_kwargs={'x': 1})"), "gain_filter_kwargs"),
        (master("modules.A.GainFilterAndBin(gain_filter_kwargs=1)"), "must be a table"),
        (master("modules.A.CreateLevel2File(level1_datasets=['x'])"), "level1_datasets"),
        (master("modules.A.Level2Pipeline(config_file='none.toml')"), "none.toml.*working folder"),
        (master("modules.A.Level2Pipeline(config_file='targets.txt')"), "is no TOML"),
        (master("modules.A.Level2Pipeline(conf='x')"), "unknown option of Level2Pipeline"),
        (master("modules.A.ObserverFlags()"), "names the list"),
        (master("modules.A.DataAcquisition()"), "must be tables"),
        (master(rest="nprocess = true"), "no whole number"),
        (master(rest="force_run = 'yes'"), "true or false"),
        (master(rest="target_obsid = 'none.txt'"), "cannot be read"),
        (master(rest=r'target_obsid = "none\u0000"'), "cannot be read"),
        (master(rest="target_obsid = ['a']"), "no whole number"),
        (master(), "names no module"),
        ("[Master]\npipeline = 'x'", "list of texts"),
        ("[Masters]\npipeline = []", "no table"),
    ],
)
def test_what_is_wrong_is_told(folder, text, words):
    with pytest.raises(ConfigError, match=words):
        pipeline_of(read(folder, text), "x")


def test_the_nearest_name_survives_the_way_through_both_files(folder):
    path = folder / "parameter_files/level2_processing.toml"
    path.write_text(LEVEL2.replace("nprocess", "nproces"))
    with pytest.raises(UnknownName, match=r"level2_processing.toml.*did you mean 'nprocess'"):
        read(folder, MAIN)


@pytest.mark.parametrize("name", sorted(STAGES))
def test_every_module_is_a_stage_that_there_is(name):
    if STAGES[name].use not in registry.names():
        pytest.skip("not yet registered")
    stage = registry.names()[STAGES[name].use]
    for option in STAGES[name].taken.values():
        assert option.name in stage.model_fields
    assert STAGES[name].step == {"level1": "comap.reduce", "level2": "comap.level2"}[stage.phase]
