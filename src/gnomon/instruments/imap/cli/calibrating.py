"""What `calibrate` and `apply` share: their options, their days, and the part that they run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from gnomon.catalog.queries import datasets
from gnomon.cli.app import FAILURES, Screen
from gnomon.cli.part import execute
from gnomon.core.kinds import KeyValue
from gnomon.core.pipeline import Pipeline, StepSpec, validated
from gnomon.core.steps import Step
from gnomon.engine.project import Project
from gnomon.errors import ConfigError
from gnomon.instruments.imap.cli.by_hand import Bench, Given
from gnomon.instruments.imap.cli.days import SaveMode, days_or_recent
from gnomon.instruments.imap.kinds import L1B, L1C

PIPELINE = "imap-calibration"


class Mode(StrEnum):
    """Science modes."""

    NORM = "norm"
    BURST = "burst"


ScienceMode = Annotated[
    Mode, typer.Option("--mode", help="norm works on Level 1C, burst on Level 1B.")
]
Save = Annotated[
    SaveMode,
    typer.Option("--save-mode", help="LocalOnly writes to --output, and nothing to the store."),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", file_okay=False, help="The folder of LocalOnly; here if absent."
    ),
]
Metakernel = Annotated[
    Path | None,
    typer.Option(
        help="A file, or a name in the store, in place of the one that covers the day. Paths in a"
        " file elsewhere are relative to the current folder."
    ),
]
Temporary = Annotated[
    bool,
    typer.Option(
        "--cleanup-temp-files-after-run/--no-cleanup-temp-files-after-run",
        hidden=True,
        help="No file is left over.",
    ),
]


def days_from(first: datetime | None, last: datetime | None) -> list[date]:
    """Return the days that are asked for; refuse to guess."""
    if first is None:
        raise ConfigError("name the day: --date, or --start-date and --end-date")
    return days_or_recent(first, last or first, 1)


def spec_of(opened: Project, step: Step, options: Mapping[str, Any]) -> StepSpec:
    """Return a step with the options of the project's pipeline, and those of the command on top.

    A pipeline need not name the step: layers made by a command stay what they are, since no
    pipeline that lacks the step makes them again.
    """
    known: dict[str, Any] = {}
    if PIPELINE in opened.pipeline_names():
        for spec in opened.pipeline(PIPELINE).steps:
            if spec.name == step.name:
                known = spec.config.model_dump(exclude_unset=True)
    said = {name: value for name, value in options.items() if value is not None}
    return StepSpec(step, validated(step.config, known | said, step.name))


def check_there(opened: Project, screen: Screen, mode: str, days: Sequence[date]) -> list[date]:
    """Return the days that have science; say which have none, and leave with 1 if none has."""
    kind = L1B if mode == Mode.BURST else L1C
    with opened.catalog_or_empty() as catalog:
        found = {d.dataset.key["day"] for d in datasets(catalog, kind.name, {"mode": mode})}
    there = [day for day in days if day in found]
    for day in days:
        if day not in found:
            screen.err.print(f"no data: the store has no {kind.name} of {mode} {day}")
    if not there:
        if screen.as_json:
            screen.document({"error": "NoData", "message": f"no {kind.name} of these days"})
        raise typer.Exit(FAILURES)
    return there


def run_in_store(
    opened: Project, screen: Screen, spec: StepSpec, mode: str, days: Sequence[date], *, dry: bool
) -> None:
    """Run a step as a pipeline does, for some days."""
    only: dict[str, frozenset[KeyValue]] = {"mode": frozenset({mode}), "day": frozenset(days)}
    pipeline = replace(Pipeline(PIPELINE, (), (spec,)), only=only)
    execute(opened, screen, pipeline, dry_run=dry)


def run_by_hand(
    screen: Screen,
    bench: Bench,
    spec: StepSpec,
    mode: str,
    days: Sequence[date],
    given: Given,
    *,
    dry: bool,
) -> None:
    """Run a step with named files or versions, and leave with 1 if anything is missing."""
    if dry:
        where = bench.output or "the store"
        names = [str(day) for day in days]
        if screen.as_json:
            plan = {"step": spec.name, "mode": mode, "days": names, "into": str(where)}
            screen.document({"would_run": plan})
        else:
            line = f"would run {spec.name} on {mode} {', '.join(names)} into {where}"
            screen.out.print(line, soft_wrap=True)
        return
    told = bench.run(spec, [{"mode": mode, "day": day} for day in days], given)
    told.show(screen)
    if not told.ok:
        raise typer.Exit(FAILURES)


def major_minor(pair: tuple[int, int] | None) -> int | None:
    """Return a version of two parts as one number."""
    if pair is None:
        return None
    major, minor = pair
    if not (0 <= major <= 999 and 0 <= minor <= 9999):  # noqa: PLR2004  three and four digits
        raise ConfigError(f"version {major} {minor}: a major is 0 to 999, a minor 0 to 9999")
    return major * 10_000 + minor
