"""`imap.apply`: a day of science and its layers become offsets and Level 2-pre."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from gnomon.core.dataset import Input, Report
from gnomon.core.steps import In, Out, Sink, StepConfig, step
from gnomon.instruments.imap.kinds import (
    CALIBRATION,
    GRADIOMETER,
    L1B,
    L1C,
    L2_PRE,
    LAYER,
    MANUAL,
    METAKERNEL,
    OFFSETS,
    QUALITY,
)
from gnomon.instruments.imap.steps.science import GROUP, chosen_layers, mode_and_day, science_of

Frame = Literal["srf", "dsrf", "gse", "gsm", "rtn"]
Sensor = Literal["mago", "magi"]


class ApplyConfig(StepConfig):
    """What is applied, and into which frames."""

    sensor: Sensor = Field("mago", description="whose vectors")
    frames: tuple[Frame, ...] = Field(
        ("srf", "gse", "gsm", "rtn", "dsrf"), description="one Level 2-pre file for each"
    )
    layers: tuple[str, ...] = Field(
        ("*",),
        description="methods or names of layers, * and ? allowed, in the order in which they act",
    )
    tolerance_ns: int = Field(
        1_000, ge=0, description="how far a layer's row may lie from its vector, nanoseconds"
    )


@step("imap.apply", version=1)
def apply(
    *,
    l1c: Annotated[list[Input], In(L1C, by=GROUP, at_least=0, optional=True)],
    l1b: Annotated[list[Input], In(L1B, by=GROUP, at_least=0, optional=True)],
    gradiometer: Annotated[Path | None, In(GRADIOMETER, optional=True)],
    others: Annotated[list[Input], In(LAYER, by=GROUP, at_least=0, optional=True)],
    quality: Annotated[Path | None, In(QUALITY, optional=True)],
    manual: Annotated[Path | None, In(MANUAL, optional=True)],
    calibration: Annotated[Path | None, In(CALIBRATION, covers=True, optional=True)],
    metakernel: Annotated[Path | None, In(METAKERNEL, covers=True, optional=True)],
    offsets: Annotated[Path, Out(OFFSETS)],
    l2_pre: Annotated[Sink, Out(L2_PRE)],
    config: ApplyConfig,
) -> Report:
    """Add up a day's layers and apply them; see `calibration.apply_files`.

    Layers act in this order: gradiometer, those of other methods by name, quality, manual.

    Raises
    ------
    BadData
        A file is damaged, or a layer is not of these vectors.
    NoData
        The day has no science of the sensor.
    """
    # NumPy and cdflib take long to load, and every command loads this module.
    from gnomon.instruments.imap.calibration.apply_files import (  # noqa: PLC0415
        Task,
        apply_files,
    )

    science = science_of(l1b, l1c, config.sensor)
    there = [gradiometer, *(layer.path for layer in others), quality, manual]
    layers = chosen_layers([path for path in there if path is not None], config.layers)
    mode, day = mode_and_day(science)
    task = Task(
        science.path,
        mode,
        day,
        config.sensor,
        layers,
        calibration,
        metakernel,
        config.frames,
        config.tolerance_ns,
    )
    made = apply_files(task, offsets, lambda frame: l2_pre.new(mode=mode, frame=frame, day=day))
    return Report(made.metrics, note=_note(layers, calibration), flaw="; ".join(made.lost))


def _note(layers: tuple[Path, ...], calibration: Path | None) -> str:
    told = f"layers: {', '.join(path.stem for path in layers) or 'none'}"
    return told if calibration else f"{told}; no rotation file covers the day: identity"
