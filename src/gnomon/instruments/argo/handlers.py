"""Handlers for function services: AWS Lambda, and what calls its functions alike.

    lambda_handler    {"operation": "update" | "sync" | "process" | "load", "float_id": …}
    sync_handler      {"float_ids": […]}       fetch what is new of these floats
    process_handler   {"float_id": …}          make the tables of what was fetched
    load_handler      {}                       bring the tables into the database

An answer is ``{"statusCode": …, "body": "…"}`` with JSON in the body: 200 where all went well, 400
where the event or a setting is wrong, 500 where something failed; then the body names each failure
under ``failures``. Other keys of an event are ignored: schedulers send many.

Settings come from the environment, under gnomon's names or the reference system's (`gdac.aliases`).
A function's disk may be empty at every call. With `GNOMON_DATABASE` on a server the catalogue
outlives it; files of the chosen floats that the disk lost are then fetched and made again.
"""

from __future__ import annotations

import json
import logging
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gnomon.catalog import queries
from gnomon.core.dataset import Dataset
from gnomon.core.pipeline import Pipeline
from gnomon.engine.events import Event, Summary
from gnomon.engine.project import How, Project, create
from gnomon.engine.upkeep import restore
from gnomon.errors import ConfigError, GnomonError
from gnomon.instruments.argo.cli.load import load_pipeline
from gnomon.instruments.argo.cli.sync import PIPELINE, counted, sync_pipeline
from gnomon.instruments.argo.gdac.aliases import Aliases, aliased
from gnomon.instruments.argo.kinds import PROFILES

_log = logging.getLogger(__name__)
_DONE, _WRONG, _FAILED = 200, 400, 500
_FOLDER = "argo_data"


class Answer(TypedDict):
    """What a function service passes on; `body` is JSON."""

    statusCode: int
    body: str


class Call(BaseModel):
    """An event; what else stands in it is the scheduler's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    operation: Literal["update", "sync", "process", "load"] = "update"
    float_id: int | None = Field(None, gt=0)
    float_ids: tuple[int, ...] = ()
    days: float = Field(7, gt=0, description="how far an update without floats looks back")

    @property
    def floats(self) -> tuple[int, ...]:
        """The floats that it is about; none where it names none."""
        own = () if self.float_id is None else (self.float_id,)
        return tuple(dict.fromkeys((*own, *self.float_ids)))


def lambda_handler(event: Mapping[str, Any] | None, context: object = None) -> Answer:
    """Do what the event's `operation` says; without one, update."""
    del context
    works = {"update": _update, "sync": _sync, "process": _process, "load": _load}
    return _answer(event, lambda site, call: works[call.operation](site, call))


def sync_handler(event: Mapping[str, Any] | None, context: object = None) -> Answer:
    """Fetch what is new of the event's floats, or of those that the environment names."""
    del context
    return _answer(event, _sync)


def process_handler(event: Mapping[str, Any] | None, context: object = None) -> Answer:
    """Make the tables of what was fetched; answer for the event's float."""
    del context
    return _answer(event, _process)


def load_handler(event: Mapping[str, Any] | None, context: object = None) -> Answer:
    """Bring the tables into the database that `DATABASE_URL` or `PG_WRITE_URL` names."""
    del context
    return _answer(event, _load)


ftp_sync_handler, netcdf_parser_handler = sync_handler, process_handler
"""The names that the reference system's deployments call."""


# -- where and what


@dataclass(frozen=True)
class _Site:
    """The project of this function, and what the environment says of it."""

    project: Project
    aliases: Aliases

    @classmethod
    def open(cls) -> _Site:
        """Open the project in the cache folder, making it on first use."""
        aliases = aliased(Path())
        for note in aliases.notes:
            _log.info("%s", note)
        folder = aliases.settings.get("root") or Path(tempfile.gettempdir()) / _FOLDER
        kept = {name: value for name, value in aliases.settings.items() if name != "root"}
        folder.mkdir(parents=True, exist_ok=True)
        project = Project.open(folder)
        settings = replace(aliases, settings=kept).applied(project.settings)
        project = replace(project, settings=settings)
        create(project)
        return cls(project, aliases)

    @cached_property
    def archive(self) -> dict[str, Any]:
        """Options of the source that say where the archive is."""
        return {n: v for n, v in self.aliases.source.items() if n in {"mirror", "fallback"}}

    def chosen(self, call: Call) -> dict[str, Any]:
        """Options of the source that say which floats: the event's, else the environment's."""
        if call.floats:
            return {"floats": call.floats}
        return {n: v for n, v in self.aliases.source.items() if n in {"floats", "dacs"}}

    def run(self, pipeline: Pipeline) -> Summary:
        """Run a pipeline."""
        with (
            self.project.catalog() as catalog,
            self.project.loop(pipeline, catalog, How()) as loop,
        ):
            return loop.run()

    def restored(self, call: Call, pipeline: Pipeline) -> Pipeline:
        """Let all come again that the disk has lost of some floats; return what brings it.

        That is the same pipeline, with the archive before it where files are gone.
        """
        with self.project.catalog() as catalog:
            lost = restore(catalog, self.project.store, lambda d: _about(d, call.floats))
        if not lost:
            return pipeline
        _log.warning("%d files are gone from the disk and come again", len(lost))
        source = sync_pipeline(self.project, {**self.archive, **self.chosen(call)})
        return replace(pipeline, sources=source.sources)


def _about(dataset: Dataset, floats: Sequence[int]) -> bool:
    return not floats or dataset.key.get("wmo", floats[0]) in floats


# -- the works


def _sync(site: _Site, call: Call) -> _Result:
    options = site.chosen(call)
    if not options:
        raise ConfigError("which floats? Name float_ids, or set FLOAT_IDS or ARGO_DAC")
    return _fetch(site, call, options)


def _update(site: _Site, call: Call) -> _Result:
    """Fetch what changed lately; of named floats, whatever is new."""
    if call.floats:
        return _sync(site, call)
    since = datetime.now(UTC) - timedelta(days=call.days)
    return _fetch(site, None, {**site.chosen(call), "since": since})


def _fetch(site: _Site, call: Call | None, options: Mapping[str, Any]) -> _Result:
    pipeline = sync_pipeline(site.project, {**site.archive, **options})
    if call is not None:
        site.restored(call, pipeline)
    summary, statistics = counted(site.project, pipeline)
    return _Result(statistics.as_dict(), summary)


def _process(site: _Site, call: Call) -> _Result:
    began_s = time.monotonic()
    whole = site.project.pipeline(PIPELINE)
    only = {"wmo": frozenset(call.floats)} if call.floats else {}
    pipeline = Pipeline(PIPELINE, (), whole.steps, only=only)
    summary = site.run(site.restored(call, pipeline))
    total_s = round(time.monotonic() - began_s, 3)
    counts = _profiles(site, call.floats)
    body: dict[str, Any] = {
        "success": summary.ok,
        "float_id": str(call.float_id or ""),
        "timing": {"process_seconds": total_s, "total_seconds": total_s},
        "process_result": {"profiles_count": counts, "files_processed": summary.jobs},
    }
    return _Result(body, summary)


def _profiles(site: _Site, floats: Sequence[int]) -> int:
    """Count the profiles of some floats, or of all."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - the other handlers need none of it

    with site.project.catalog() as catalog:
        found = [stored.dataset for stored in queries.datasets(catalog, PROFILES.name)]
    store = site.project.store
    mine = [store.path(dataset) for dataset in found if _about(dataset, floats)]
    return sum(pq.read_metadata(path).num_rows for path in mine if path.exists())


def _load(site: _Site, call: Call) -> _Result:
    url = site.aliases.load_url
    if url is None:
        raise ConfigError("load where? Set DATABASE_URL or PG_WRITE_URL")
    pipeline = load_pipeline(site.project, url.get_secret_value(), floats=[*call.floats])
    summary = site.run(site.restored(call, pipeline))
    return _Result({"success": summary.ok, "loaded": sum(summary.done.values())}, summary)


# -- answers


@dataclass(frozen=True)
class _Result:
    """What a handler says, and what the engine says of the work."""

    body: Mapping[str, Any]
    summary: Summary


def _answer(event: Mapping[str, Any] | None, work: Callable[[_Site, Call], _Result]) -> Answer:
    """Do the work; our own errors become answers, and others are the service's to report."""
    try:
        result = work(_Site.open(), Call.model_validate(dict(event or {})))
    except ValidationError as error:
        return _reply(_WRONG, {"error": _reason(error), "type": ConfigError.__name__})
    except GnomonError as error:
        _log.error("%s: %s", error.slug, error)
        code = _WRONG if isinstance(error, ConfigError) else _FAILED
        return _reply(code, {"error": str(error), "type": error.slug})
    problems = [_problem(problem) for problem in result.summary.problems]
    body = {**result.body, "failures": problems} if problems else result.body
    return _reply(_DONE if result.summary.ok else _FAILED, body)


def _reason(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"event: {'.'.join(map(str, first['loc']))}: {first['msg']}"


def _problem(event: Event) -> dict[str, str]:
    return {"what": event.what, "name": event.name, "key": event.subject, "message": event.message}


def _reply(code: int, body: Mapping[str, Any]) -> Answer:
    return {"statusCode": code, "body": json.dumps(body, default=str)}
