"""`comap.reduce`: one pass over a Level-1 file, through an ordered list of stages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from gnomon.core.dataset import Input, Provenance, Report
from gnomon.core.steps import In, Out, Sink, StepConfig, step
from gnomon.errors import BadData, NotFound, StaleListing
from gnomon.instruments.comap.kinds import BINNED, LEVEL1, VERDICT
from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.level1.verdict import Status, Verdict
from gnomon.instruments.comap.stages.defaults import LEVEL1_STAGES
from gnomon.instruments.comap.stages.listed import Stages
from gnomon.instruments.comap.stages.registry import checked
from gnomon.instruments.comap.stages.stage import Phase, Stage


class ReduceConfig(StepConfig):
    """What is done, in order."""

    stages: Stages = Field(LEVEL1_STAGES, description="in the order in which they act")
    feeds: tuple[int, ...] = Field((), description="numbers of the feeds to process; empty: all")

    @field_validator("stages")
    @classmethod
    def _stages_fit(cls, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
        checked(stages, Phase.LEVEL1, ())
        return stages


@step("comap.reduce", version=1)
def reduce(
    level1: Annotated[Input, In(LEVEL1)],
    verdict: Annotated[Path, Out(VERDICT)],
    binned: Annotated[Sink, Out(BINNED)],
    config: ReduceConfig,
    provenance: Provenance,
) -> Report:
    """Calibrate and bin the spectra of one observation.

    A file that cannot be used gives a verdict that says why, and nothing else; the run that finds
    it ends as one that failed.

    Raises
    ------
    NotFound
        The file is not where it was listed.
    StaleListing
        Another file is there.
    """
    record = Level1Record.read(level1.path)
    made = verdict.with_name("unfinished.hd5")
    try:
        said = _reduced(Path(level1.tags["path"]), record, made, config, provenance)
    except BadData as error:
        said = Verdict.failed(record.obsid, str(error))
    else:
        made.replace(binned.new(tags=record.tags, obsid=record.obsid))
    said.write(verdict)
    # What its record says already was told when that was written.
    flaw = "" if said.error == record.error else said.error
    if flaw and not flaw.startswith("obsid"):
        flaw = f"obsid {record.obsid}: {flaw}"
    return Report(said.metrics, tags=record.tags, note="; ".join(said.remarks), flaw=flaw)


def _reduced(
    path: Path, record: Level1Record, made: Path, config: ReduceConfig, provenance: Provenance
) -> Verdict:
    """Make the binned file; return the verdict on an observation that could be used."""
    # What these load takes long, and every command loads this module.
    from gnomon.instruments.comap.level2.file import changing  # noqa: PLC0415
    from gnomon.instruments.comap.level2.provenance import embed  # noqa: PLC0415
    from gnomon.instruments.comap.reduction import reduce as reduced  # noqa: PLC0415

    if record.error:
        raise BadData(record.error)
    _refuse_another(path, record)
    try:
        obs = reduced(path, record, config.stages, made, feeds=config.feeds or None)
    finally:
        _refuse_another(path, record)  # then what was read, or missed, says nothing of this one
    with changing(made) as out:
        embed(out, provenance, level1=record.name, digest=record.digest)
    return Verdict(
        record.obsid, Status.COMPLETE, remarks=tuple(obs.remarks), metrics=dict(obs.metrics)
    )


def _refuse_another(path: Path, record: Level1Record) -> None:
    """Refuse a file that is not the one of its record; the next run looks where it is."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}") from error
    if size != record.size:
        raise StaleListing(f"{path} has {size} bytes and had {record.size} when it was listed")
