"""`imap.metakernel`: the kernels of the store become one metakernel for each day with attitude."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field

from gnomon.core.dataset import Coverage, Input, Report
from gnomon.core.kinds import Kind
from gnomon.core.steps import In, Out, Sink, StepConfig, step
from gnomon.errors import NoData
from gnomon.instruments.imap.kernels.coverage import read_intervals
from gnomon.instruments.imap.kernels.metakernel import (
    Choice,
    KernelFile,
    attitude_days,
    shortened,
)
from gnomon.instruments.imap.kinds import KERNEL, LSK, METAKERNEL, SCLK

MARGIN = timedelta(hours=1)
"""At both ends of a day: files of science reach beyond theirs."""


class MetakernelConfig(StepConfig):
    """What to load."""

    types: tuple[str, ...] = Field((), description="kernel types to load; all when empty")


@step("imap.metakernel", version=1)
def metakernel(
    *,
    kernels: Annotated[list[Input], In(KERNEL, by=())],
    sclk: Annotated[list[Input], In(SCLK, by=(), at_least=0, optional=True)],
    lsk: Annotated[list[Input], In(LSK, by=(), at_least=0, optional=True)],
    out: Annotated[Sink, Out(METAKERNEL)],
    config: MetakernelConfig,
) -> Report:
    """Write a metakernel for every UTC day that reconstructed attitude touches.

    Gaps are told in each file's comments; `n_gaps` counts them.

    Raises
    ------
    NoData
        There is no attitude yet.
    """
    given = ((KERNEL, kernels), (SCLK, sclk), (LSK, lsk))
    files = [kernel_file(kind, one) for kind, inputs in given for one in inputs]
    known = [file for file in files if file is not None]
    days = attitude_days(known)
    if not days:
        raise NoData("there is no attitude to write a metakernel for")
    choice = Choice(known, config.types, MARGIN)
    gaps, told = 0, ""
    for day in days:
        made = choice.metakernel(day)
        start, stop = made.name
        covered = Coverage.between(day.start, day.stop)
        path: Path = out.new(start=start, stop=stop, coverage=covered)
        path.write_text(made.text(), encoding="ascii", errors="strict")
        gaps += len(made.gaps)
        told = shortened(made.gaps) or told
    note = f"{len(days)} days" + (f"; the last gaps: {told}" if told else "")
    return Report(metrics={"n_days": len(days), "n_gaps": gaps}, note=note)


def kernel_file(kind: Kind, dataset: Input) -> KernelFile | None:
    """Return a kernel of the store, under its path there; None for what no metakernel loads."""
    said = dataset.tags.get("intervals_utc")
    path = kind.format(dataset.key, dataset.version, dataset.tags)
    return KernelFile.named(
        path, dataset.tags, read_intervals(json.loads(said) if said else None, path)
    )
