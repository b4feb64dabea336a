"""What `ingest` and `targets` share: ask each source, say how each went, hand on what came."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer
from pydantic import SecretStr
from rich.markup import escape
from rich.table import Table

from gnomon.cli.app import FAILURES, Screen
from gnomon.cli.part import part, run_listed
from gnomon.core.pipeline import Pipeline
from gnomon.engine.events import Event
from gnomon.engine.project import Project
from gnomon.errors import ConfigError
from gnomon.instruments.sky.cli.names import Names
from gnomon.instruments.sky.exports.texts import Source
from gnomon.instruments.sky.guide_config import from_config
from gnomon.instruments.sky.ingestion.found import Found, Rows, found_of, rows_of
from gnomon.instruments.sky.ingestion.wishes import Asked, Wish, asked_of

_STEPS = {
    "ztf": ("sky.ztf_parts", "sky.merge"),
    "tess": ("sky.tess_parts", "sky.merge"),
    "mast": (),
}
_WANTS = {
    "ztf": "a place: --irsa-ra and --irsa-dec; or --irsa-id, --name, --tic, --config",
    "tess": "a target: --tic, --name or --config",
    "mast": "observations: --name, --tic, or filters in --config or pipelines/sky-mast.toml",
}
_TOKENS = ".env"


@dataclass(frozen=True)
class Destination:
    """Where what came goes to.

    Attributes
    ----------
    output : Path, optional
        Each source has a folder in it; nothing leaves the store without.
    with_records : bool
        Write the guide's JSON files as well.
    limit : int, optional
        Records of each source.
    """

    output: Path | None
    with_records: bool
    limit: int | None


@dataclass
class Outcome:
    """How it went with one source.

    Attributes
    ----------
    status : str
        ``done``, ``nothing`` (the archive has none of it), or ``failed``.
    n_new : int
        Rows that the store did not have before.
    sample : object
        The first record, as JSON.
    """

    source: Source
    status: str = "nothing"
    records: int = 0
    n_new: int = 0
    sample: object = None
    problems: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return it as the guide's summary has it, and how it went."""
        said: dict[str, Any] = {"source": self.source, "records": self.records}
        said |= {"sample": self.sample, "status": self.status, "rows_added": self.n_new}
        return said | ({"problems": self.problems} if self.problems else {})


def ingest_all(
    opened: Project,
    screen: Screen,
    surveys: Sequence[Source],
    wish: Wish,
    config: Path | None,
    where: Destination,
    *,
    dry_run: bool,
) -> None:
    """Ask one source after the other; one that fails does not keep the others back.

    Parameters
    ----------
    config : Path, optional
        The guide's YAML file.

    Raises
    ------
    ConfigError
        Nothing is asked of one of the sources, or what is asked makes no sense.
    typer.Exit
        With 1 where one failed.
    """
    guide = None if config is None else from_config(config)
    with closing(Names(opened)) as names:
        asked = [asked_of(survey, wish, guide, names.places) for survey in surveys]
    works = [_Work(one, _pipeline(opened, one)) for one in asked]
    with _aside(opened) if dry_run else nullcontext(opened) as project:
        outcomes = [_ingest(project, screen, work, where, dry_run=dry_run) for work in works]
    if screen.as_json or dry_run:
        screen.document(document(outcomes))
    else:
        _show(screen, outcomes, where.output)
    if any(outcome.problems for outcome in outcomes):
        raise typer.Exit(FAILURES)


def document(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the guide's summary: of one source, or of all of them."""
    if len(outcomes) == 1:
        return outcomes[0].document()
    sources = {one.source: {n: v for n, v in one.document().items() if n != "source"}
               for one in outcomes}  # fmt: skip
    return {"sources": sources, "total_records": sum(one.records for one in outcomes)}


@contextmanager
def _aside(opened: Project) -> Iterator[Project]:
    """Give a project that is nowhere: what a dry run asks for is gone when it ends."""
    with tempfile.TemporaryDirectory(prefix="gnomon-") as folder:
        there = Path(folder)
        if (opened.folder / _TOKENS).exists():
            (there / _TOKENS).symlink_to((opened.folder / _TOKENS).resolve())
        pipelines = (opened.folder / "pipelines").resolve()
        if pipelines.is_dir():
            (there / "pipelines").symlink_to(pipelines)
        settings = opened.settings.model_copy(
            update={"root": there / "store", "database": SecretStr("sqlite:///gnomon.db")}
        )
        yield Project(there, settings)


@dataclass(frozen=True)
class _Work:
    asked: Asked
    pipeline: Pipeline


def _pipeline(opened: Project, asked: Asked) -> Pipeline:
    """Return the part of the project's pipeline that does it.

    Raises
    ------
    ConfigError
        Neither the command nor the pipeline says what is wanted.
    """
    survey, options = asked.survey, asked.options
    made = part(
        opened,
        f"sky-{survey}",
        source=f"sky.{survey}",
        options=options,
        steps=_STEPS[survey],
        step_options={"flux": asked.flux} if asked.flux else None,
    )
    said = made.sources[0].config.model_dump(exclude_defaults=True)
    if Asked(survey, said).names_nothing and not asked.problems:
        raise ConfigError(f"{survey} wants {_WANTS[survey]}")
    return made


def _ingest(
    opened: Project, screen: Screen, work: _Work, how: Destination, *, dry_run: bool
) -> Outcome:
    survey = work.asked.survey
    outcome = Outcome(survey, problems=list(work.asked.problems))
    with opened.catalog() as catalog:
        rows = Rows(catalog, opened.store, survey)
        items, summary = run_listed(opened, screen, work.pipeline, catalog)
        found = found_of(catalog, opened.store, survey, items)
        outcome.n_new = rows.n_new()
    outcome.problems += [_line(problem) for problem in summary.problems]
    if summary.standing and not summary.problems:
        outcome.problems.append(f"{summary.standing} stand failed or rejected: `gnomon status`")
    if found.paths or not outcome.problems:
        _hand_on(outcome, found, work.asked, how, write=not dry_run)
    outcome.status = "failed" if outcome.problems else "done" if outcome.records else "nothing"
    return outcome


def _line(problem: Event) -> str:
    subject = f" {problem.subject}" if problem.subject else ""
    return f"{problem.name}{subject}: {problem.message}"


def _hand_on(
    outcome: Outcome, found: Found, asked: Asked, how: Destination, *, write: bool
) -> None:
    from gnomon.instruments.sky.exports.handing_on import hand_on  # noqa: PLC0415 - heavy

    given = hand_on(
        rows_of(found, outcome.source),
        outcome.source,
        how.output / outcome.source if write and how.output is not None else None,
        with_records=how.with_records,
        limit=min((n for n in (how.limit, asked.max_records) if n is not None), default=None),
        max_points=asked.max_points,
    )
    outcome.records = given.n_records
    outcome.sample = None if given.first is None else json.loads(given.first.text())


def _show(screen: Screen, outcomes: Sequence[Outcome], output: Path | None) -> None:
    table = Table(title_justify="left")
    for name in ("source", "status"):
        table.add_column(name)
    for name in ("records", "rows added"):
        table.add_column(name, justify="right")
    for one in outcomes:
        table.add_row(one.source, one.status, f"{one.records:,}", f"{one.n_new:,}")
    screen.out.print(table)
    for one in outcomes:
        for problem in one.problems:
            screen.err.print(f"[red]{one.source}:[/] {escape(problem)}", soft_wrap=True)
        if one.records and output is not None:
            screen.out.print(f"{one.source}: {escape(str(output / one.source))}", soft_wrap=True)
