"""From raw observations to published products, for small instrument teams.

The names here are all that an instrument needs; each is imported when it is first used, so that
``import gnomon`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gnomon.core.dataset import Coverage, Input, Provenance, Report
    from gnomon.core.instrument import Instrument, PublisherType, SourceType
    from gnomon.core.items import Item, Listing
    from gnomon.core.kinds import Kind
    from gnomon.core.steps import In, Out, Sink, Step, StepConfig, step
    from gnomon.engine.project import Project
    from gnomon.errors import BadData, GnomonError, NoData
    from gnomon.version import VERSION as __version__  # noqa: N811  the name that Python expects

_HOMES = {
    "__version__": "version",
    "BadData": "errors",
    "Coverage": "core.dataset",
    "GnomonError": "errors",
    "In": "core.steps",
    "Input": "core.dataset",
    "Instrument": "core.instrument",
    "Item": "core.items",
    "Kind": "core.kinds",
    "Listing": "core.items",
    "NoData": "errors",
    "Out": "core.steps",
    "Project": "engine.project",
    "Provenance": "core.dataset",
    "PublisherType": "core.instrument",
    "Report": "core.dataset",
    "Sink": "core.steps",
    "SourceType": "core.instrument",
    "Step": "core.steps",
    "StepConfig": "core.steps",
    "step": "core.steps",
}

__all__ = [
    "BadData",
    "Coverage",
    "GnomonError",
    "In",
    "Input",
    "Instrument",
    "Item",
    "Kind",
    "Listing",
    "NoData",
    "Out",
    "Project",
    "Provenance",
    "PublisherType",
    "Report",
    "Sink",
    "SourceType",
    "Step",
    "StepConfig",
    "__version__",
    "step",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'gnomon' has no attribute {name!r}")
    module = import_module(f"gnomon.{_HOMES[name]}")
    return getattr(module, "VERSION" if name == "__version__" else name)


def __dir__() -> list[str]:
    return sorted(__all__)
