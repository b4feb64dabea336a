"""What the pipelines of a project say: where SQL is, which list the observers keep."""

from __future__ import annotations

from collections.abc import Iterator

from gnomon.core.pipeline import Pipeline
from gnomon.core.steps import StepConfig
from gnomon.engine.project import PIPELINES, Project


def source_options(opened: Project, name: str, pipeline: str = "") -> list[StepConfig]:
    """Return the options of every source of a name, without those that repeat.

    Parameters
    ----------
    pipeline : str
        Look there alone; else in all of the project's own, and where none has such a source in
        those that gnomon brings for COMAP.
    """
    return _first(
        [spec.config for one in group for spec in one.sources if spec.type.name == name]
        for group in _groups(opened, pipeline)
    )


def publisher_options(opened: Project, name: str, pipeline: str = "") -> list[StepConfig]:
    """Return the options of every publisher of a name; see `source_options`."""
    return _first(
        [spec.config for one in group for spec in one.publishers if spec.type.name == name]
        for group in _groups(opened, pipeline)
    )


def _groups(opened: Project, pipeline: str) -> Iterator[list[Pipeline]]:
    if pipeline:
        yield [opened.pipeline(pipeline)]
        return
    own = sorted(path.stem for path in (opened.folder / PIPELINES).glob("*.toml"))
    yield [opened.pipeline(name) for name in own]
    brought = {n for bundle in opened.registry.instruments if bundle.name == "comap"
               for n in bundle.pipelines}  # fmt: skip
    yield [opened.pipeline(name) for name in sorted(brought - set(own))]


def _first(groups: Iterator[list[StepConfig]]) -> list[StepConfig]:
    found = next(filter(None, groups), [])
    return [one for place, one in enumerate(found) if one not in found[:place]]
