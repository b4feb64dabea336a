"""Files of the store, as commands look for them: by day, or by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from gnomon.catalog.catalog import Catalog
from gnomon.catalog.queries import datasets
from gnomon.core.dataset import Dataset
from gnomon.core.kinds import Kind
from gnomon.engine.project import Project
from gnomon.errors import UnknownName


@dataclass(frozen=True)
class Holdings:
    """What a project has now."""

    opened: Project
    catalog: Catalog

    def current(self, kind: Kind, where: Mapping[str, str] | None = None) -> list[Dataset]:
        """Return the current datasets of a kind whose keys have these texts, by key."""
        found = datasets(self.catalog, kind.name, where)
        return [stored.dataset for stored in found if stored.current]

    def by_day(
        self, kind: Kind, days: Iterable[date], where: Mapping[str, str] | None = None
    ) -> list[Path]:
        """Return the files of some days, in the order of the days."""
        wanted = set(days)
        found = [d for d in self.current(kind, where) if d.key["day"] in wanted]
        ordered = sorted(found, key=lambda dataset: str(dataset.key["day"]))
        return [self.opened.store.path(dataset) for dataset in ordered]

    def path_of(self, name: Path, *kinds: Kind) -> Path:
        """Return a file that exists, or the one of the store that is called so.

        Raises
        ------
        UnknownName
            It is neither; names the nearest.
        """
        if name.is_file():
            return name
        named: dict[str, Path] = {}
        for kind in kinds:
            for dataset in self.current(kind):
                path = self.opened.store.path(dataset)
                named[path.name] = path
                if kind.alias:
                    named[PurePosixPath(kind.alias_of(dataset.key, dataset.tags)).name] = path
        if name.name not in named:
            raise UnknownName("file", name.name, named)
        return named[name.name]
