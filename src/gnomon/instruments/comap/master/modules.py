"""What each module of the seed system is in gnomon, and what its options are called there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gnomon.errors import ConfigError, UnknownName
from gnomon.instruments.comap.master.grammar import Call

NO_NEED: Final = ("overwrite", "plot", "plot_dir")
"""Options that nearly all modules take and that mean nothing here: what has changed is made anew,
and `gnomon comap plot` draws."""

FILTERS: Final = {"GainFilterBase": "common_mode", "GainFilterWithPrior": "prior"}


def as_it_is(value: Any) -> Any:
    """Return a value that means the same here."""
    return value


def filter_of(name: Any) -> str:
    """Return the gain filter that a class of the seed system is."""
    if not isinstance(name, str) or name not in FILTERS:
        raise UnknownName("gain filter", str(name), FILTERS)
    return FILTERS[name]


def scaled_datasets(said: Any) -> list[list[Any]]:
    """Return datasets to copy with their factors as numbers: the seed's TOML has them as texts.

    Those that are usually copied are copied too, since later stages and readers want them.
    """
    # The stages import what the pipeline is made of.
    from gnomon.instruments.comap.stages.create_level2 import DATASETS  # noqa: PLC0415

    try:
        listed = {str(name).strip("/"): float(factor) for name, factor in said}
    except (TypeError, ValueError) as error:
        raise ConfigError(f"level1_datasets: a list of [name, factor] is wanted: {error}") from None
    return [[name, factor] for name, factor in {**dict(DATASETS), **listed}.items()]


def arcmin(degrees: Any) -> float:
    """Return an angle in the unit that options of ours have."""
    try:
        return round(float(degrees) * 60, 9)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"an angle in degrees is wanted: {error}") from None


@dataclass(frozen=True)
class Option:
    """An option that a stage of gnomon has too, perhaps by another name."""

    name: str
    convert: Callable[[Any], Any] = as_it_is


@dataclass(frozen=True)
class StageModule:
    """A Level-2 module.

    Attributes
    ----------
    use : str
        The stage.
    step : str
        The step that it belongs to.
    taken : mapping
        Options that the stage has.
    usual : mapping
        Options without a meaning here, and the values that say what gnomon does anyway; another
        value is worth a remark, and so is any where there is None.
    """

    use: str
    step: str = "comap.reduce"
    taken: Mapping[str, Option] = field(default_factory=dict)
    usual: Mapping[str, tuple[Any, ...] | None] = field(default_factory=dict)


_CLEANING = "comap.level2"

STAGES: Final[Mapping[str, StageModule]] = {
    "CheckLevel1FileExists": StageModule("check_level1", usual={"dummy": None}),
    "CreateLevel2File": StageModule(
        "create_level2",
        taken={
            "level1_datasets": Option("level1_datasets", scaled_datasets),
            "level1_attributes": Option("level1_attributes"),
        },
        usual={"output_dir": None, "save_dir_structure": None},
    ),
    "SystemTemperature": StageModule(
        "system_temperature", usual={"plot_vane": (False,), "plot_tsys": (False,)}
    ),
    "FindScans": StageModule("find_scans", usual={"scan_status_code": (1,)}),
    "NoiseStatsLevel1": StageModule(
        "noise_level1", usual={"output_dir": None, "output_group_name": ("level1_noise_stats",)}
    ),
    "AtmosphereInObservation": StageModule("atmosphere"),
    "GainFilterAndBin": StageModule(
        "gain_filter_and_bin",
        taken={
            "end_cut": Option("end_cut"),
            "n_freq_bin": Option("n_freq_bin"),
            "gain_filter_name": Option("gain_filter", filter_of),
        },
        usual={"filtered_binned_data_name": ("binned_filtered_data",)},
    ),
    "PostBinCleaning": StageModule(
        "post_bin_cleaning",
        _CLEANING,
        taken={
            "medfilt_length": Option("medfilt_length"),
            "outlier_sigma": Option("outlier_sigma"),
        },
        usual={
            "target_dataset": ("level2/binned_filtered_data",),
            "output_group": ("level2/post_bin_cleaning",),
        },
    ),
    "NoiseStatsLevel2": StageModule(
        "noise_level2",
        _CLEANING,
        usual={
            "output_dir": None,
            "n_channels": (2,),
            "output_group_name": ("level2_noise_stats",),
            "target_tod_datasets": None,
            "planck_30_path": (None, ""),
            "planck_bright_cut": None,
        },
    ),
    "CalibratorFitting": StageModule(
        "calibrator_fit",
        _CLEANING,
        taken={"fit_radius": Option("fit_radius_arcmin", arcmin)},
        usual={"calibrator_fit_group_name": ("calibrator_fit",)},
    ),
    "FinalizeLevel2Metadata": StageModule(
        "finalize_level2_metadata",
        _CLEANING,
        taken={"group_name": Option("group_name"), "overwrite": Option("overwrite")},
    ),
}
"""By class."""

FILTER_OPTIONS: Final[Mapping[str, tuple[Any, ...] | None]] = {
    "noise_prior_path": None,
    "debug_dir": None,
    "output_mode": ("residual",),
}
"""Of `gain_filter_kwargs`: here a prior is estimated from each observation."""

CHAIN: Final[Mapping[str, tuple[str, ...]]] = {
    "DataCheckRemote": (
        *("sql_file_command", "presto_info", "local_info", "min_obsid_download"),
        *("n_rsyncs", "dry_run"),
    ),
    "DataAcquisition": (
        *("sql_file_command", "presto_info", "local_info", "min_obsid_download"),
        *("n_rsyncs", "dry_run"),
    ),
    "DataAssess": (
        *("level1_data_paths", "level2_data_paths", "overwrite_existing"),
        *("validate_level2_paths", "clear_quality_stats_on_missing"),
    ),
    "ObserverFlags": ("observer_flags_csv_file", "csv", "dbconnect"),
    "Level2Pipeline": ("config_file", "MIN_OBSID", "target_obsid"),
}
"""Modules of the first chain, with their options."""

MAPS: Final = ("MapMaking", "LineMapMaking")
ELSEWHERE: Final = ("CreateRebinnedLevel1File", "CopyVane", "AtmosphereFromVane", "SkyDip")
"""Modules whose tables may stand in a file, and that nothing here does the work of."""

KNOWN: Final = (*STAGES, *CHAIN, *MAPS, *ELSEWHERE)


def stage_entry(call: Call, remarks: list[str]) -> dict[str, Any]:
    """Return the entry of a pipeline that a Level-2 module is.

    Parameters
    ----------
    remarks : list of str
        Grows by what an option asked for that is otherwise here.

    Raises
    ------
    UnknownName
        The module has no such option.
    """
    module = STAGES[call.name]
    own = _options_of_stage(module.use)
    entry: dict[str, Any] = {"use": module.use}
    for name, value in call.options.items():
        if name in module.taken:
            option = module.taken[name]
            entry[option.name] = option.convert(value)
        elif name == "gain_filter_kwargs" and call.name == "GainFilterAndBin":
            entry |= _filter_options(call, value, own, remarks)
        elif name in module.usual:
            _remark(call, name, value, module.usual[name], remarks)
        elif name in own:
            entry[name] = value
        elif name not in NO_NEED:
            known = {*module.taken, *module.usual, *own, *NO_NEED}
            raise UnknownName(f"option of {call.name}", name, known)
    return entry


def _filter_options(
    call: Call, said: Any, own: frozenset[str], remarks: list[str]
) -> dict[str, Any]:
    if not isinstance(said, Mapping):
        raise ConfigError(f"{call.name}: gain_filter_kwargs must be a table")
    known = {"end_cut", *FILTER_OPTIONS, *own}
    if strays := [name for name in said if name not in known]:
        raise UnknownName("option of gain_filter_kwargs", strays[0], known)
    for name in FILTER_OPTIONS:
        if name in said:
            _remark(call, name, said[name], FILTER_OPTIONS[name], remarks)
    return {name: value for name, value in said.items() if name not in FILTER_OPTIONS}


def _options_of_stage(use: str) -> frozenset[str]:
    from gnomon.instruments.comap.stages.registry import names  # noqa: PLC0415 - after the kinds

    stage = names().get(use)
    return frozenset(stage.model_fields) - {"use"} if stage else frozenset()


def _remark(
    call: Call, name: str, value: Any, usual: tuple[Any, ...] | None, remarks: list[str]
) -> None:
    if usual is not None and value not in usual:
        remarks.append(f"{call.name}: {name} = {value!r} has no effect; it is {usual[0]!r} here")
