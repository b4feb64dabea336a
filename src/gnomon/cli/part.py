"""What commands of instruments share: a part of a pipeline, with options laid over its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from gnomon.catalog.catalog import Catalog
from gnomon.cli.app import Screen
from gnomon.cli.progress import watching
from gnomon.cli.run import dry, finish, work
from gnomon.core.items import Item
from gnomon.core.kinds import KeyValue
from gnomon.core.pipeline import Pipeline, SourceSpec, StepSpec, validated
from gnomon.engine.events import Event, Happened, Summary
from gnomon.engine.project import How, Project
from gnomon.errors import ConfigError


def part(
    opened: Project,
    pipeline: str,
    *,
    source: str = "",
    options: Mapping[str, Any] | None = None,
    steps: Collection[str] = (),
    step_options: Mapping[str, Any] | None = None,
    only: Mapping[str, frozenset[KeyValue]] | None = None,
) -> Pipeline:
    """Return one source and some steps of a pipeline of the project.

    Parameters
    ----------
    pipeline : str
        Its name, such as ``imap-hk``.
    source : str
        The name of the source to keep; none when empty.
    options : mapping, optional
        Laid over the options that the pipeline gives its source; None says nothing.
    steps : collection of str
        The names of the steps to keep.
    step_options : mapping, optional
        Laid over the options of every kept step that knows them.
    only : mapping, optional
        The keys that this run is for.

    Raises
    ------
    ConfigError
        The pipeline of this project has no such source or step.
    """
    whole = opened.pipeline(pipeline)
    sources = tuple(_source(spec, options or {}) for spec in whole.sources if spec.name == source)
    kept = tuple(_step(spec, step_options or {}) for spec in whole.steps if spec.name in steps)
    if (source and not sources) or len(kept) < len(steps):
        wanted = ", ".join([source, *steps] if source else steps)
        raise ConfigError(f"pipelines/{pipeline}.toml lacks one of {wanted}")
    return replace(Pipeline(whole.name, sources, kept), only=dict(only or {}))


def _source(spec: SourceSpec, options: Mapping[str, Any]) -> SourceSpec:
    values = spec.config.model_dump(exclude_unset=True) | _said(options)
    return replace(spec, config=validated(spec.type.config, values, spec.name))


def _step(spec: StepSpec, options: Mapping[str, Any]) -> StepSpec:
    known = {n: v for n, v in _said(options).items() if n in spec.step.config.model_fields}
    values = spec.config.model_dump(exclude_unset=True) | known
    return StepSpec(spec.step, validated(spec.step.config, values, spec.name))


def _said(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def execute(opened: Project, screen: Screen, pipeline: Pipeline, *, dry_run: bool) -> None:
    """Run it, or show what a run would do; leave with 1 where something failed."""
    if dry_run:
        dry(opened, screen, pipeline)
    else:
        finish(screen, work(opened, screen, pipeline, How()))


def run_listed(
    opened: Project, screen: Screen, pipeline: Pipeline, catalog: Catalog
) -> tuple[list[Item], Summary]:
    """Run a pipeline and show it; return what its sources listed, old and new."""
    items: list[Item] = []
    with watching(screen, pipeline.name) as listen:

        def heard(event: Event) -> None:
            if event.what is Happened.LISTED:
                items.extend(event.items)
            listen(event)

        with opened.loop(pipeline, catalog, How(), heard) as loop:
            return items, loop.run()
