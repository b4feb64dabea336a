"""An instrument whose archive gives versions, and whose products name their own."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa

from gnomon.catalog import tables
from gnomon.core.dataset import Report
from gnomon.core.instrument import Instrument, SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.kinds import MINORS, Kind, Legacy
from gnomon.core.pipeline import Pipeline, Registry
from gnomon.core.steps import In, Out, StepConfig, step
from gnomon.errors import NotFound
from lab import REGISTRY, Lab

SCIENCE = Kind(
    "ver.science",
    {"day": int},
    "science/s{day:03d}_v{major:03d}.{minor:04d}.txt",
    legacy=(Legacy("science/s{day:03d}_v{minor:03d}.txt", {"major": 1}),),
)
NOTE = Kind(
    "ver.note", {"day": int}, "notes/versions/n{day:03d}_v{version:03d}.txt",
    alias="notes/n{day:03d}.txt",
)  # fmt: skip
FIXED = Kind("ver.fixed", {"name": str}, "fixed/{name}")
DATA = Kind("ver.data", {"day": int}, "layer/d{day:03d}_v{major:03d}.{minor:04d}.csv")
LAYER = Kind(
    "ver.layer", {"day": int}, "layer/d{day:03d}_v{major:03d}.{minor:04d}.json",
    beside="ver.data", inscribed=True,
)  # fmt: skip
BOUND = Kind("ver.bound", {"day": int}, "bound/b{day:03d}_v{version:03d}.bin", inscribed=True)
NAME = re.compile(r"science_(\d+)_v(\d+)\.(\d+)(_legacy)?\.txt")


class FolderConfig(StepConfig):
    folder: Path
    replace: bool = False


class Folder:
    """``science_1_v1.4.txt``, ``note_1.txt``, ``fixed_x.txt``; the content is the stamp."""

    def __init__(self, config: FolderConfig, _network: object) -> None:
        self.config = config

    def list(self, _cursor: str) -> Listing:
        found: dict[tuple[str, str], Item] = {}
        for path in sorted(self.config.folder.glob("*.txt")):
            item = self._item(path)
            found[item.kind, str(item.key)] = item
        return Listing(list(found.values()), covers=lambda _: True)

    def _item(self, path: Path) -> Item:
        stamp = path.read_text()
        if match := NAME.fullmatch(path.name):
            day, major, minor = map(int, match.groups()[:3])
            legacy = f"science/s{day:03d}_v{minor:03d}.txt" if match[4] else ""
            version, replace = major * MINORS + minor, self.config.replace
            return Item(
                *(SCIENCE.name, {"day": day}, path.name, stamp),
                version=version, path=legacy, replace=replace,
            )  # fmt: skip
        what, _, name = path.stem.partition("_")
        if what == "note":
            return Item(NOTE.name, {"day": int(name)}, path.name, stamp)
        return Item(FIXED.name, {"name": name}, path.name, stamp)

    def fetch(self, item, dest, known, progress):
        path = self.config.folder / item.ref
        if not path.exists():
            raise NotFound(item.ref)
        before = "" if known is None else known.path.read_text()
        merged = before + path.read_text() if item.kind == NOTE.name else path.read_text()
        dest.write_text(merged)
        progress(len(merged))
        flaw = "two bytes were lost" if "lost" in merged else ""
        return Report(flaw=flaw)

    def validator(self, _item):
        return ""

    def close(self):
        pass


@step("ver.layer", version=1)
def layer(
    science: Annotated[Path, In(SCIENCE)],
    data: Annotated[Path, Out(DATA)],
    out: Annotated[Path, Out(LAYER)],
) -> Report:
    """Write the first letter as data, and all of it into the description."""
    text = science.read_text()
    data.write_text(text[:1])
    name = '"data": "d_v@@@.@@@@.csv", "version": "@minor@", "version_major": "@major@"'
    out.write_text(f'{{"text": "{text}", {name}}}')
    return Report()


@step("ver.bind", version=1)
def bind(science: Annotated[Path, In(SCIENCE)], out: Annotated[Path, Out(BOUND)]) -> Report:
    """Write a file that names itself, as a CDF does."""
    out.write_bytes(b"\0b_v@@@\0" + science.read_bytes() + b"\0b_v@@@\0")
    return Report()


VERSIONS = Instrument(
    "ver",
    kinds=(SCIENCE, NOTE, FIXED, DATA, LAYER, BOUND),
    sources=(SourceType("ver.folder", FolderConfig, (SCIENCE, NOTE, FIXED), Folder),),
    steps=(layer, bind),
)


REGISTRY_WITH_VERSIONS = Registry((*REGISTRY.instruments, VERSIONS))


@dataclass
class VersionLab(Lab):
    """The laboratory of this instrument."""

    registry: Registry = REGISTRY_WITH_VERSIONS
    replace: bool = False

    def pipeline(self):
        text = f'[[source]]\nuse = "ver.folder"\nfolder = "{self.archive}"\n'
        text += f"replace = {str(self.replace).lower()}\n"
        text += '[[step]]\nuse = "ver.layer"\n[[step]]\nuse = "ver.bind"\n'
        return Pipeline.from_toml(text, self.registry)

    def put(self, **texts):
        """As the archive has them: `science_1_v1__4` is ``science_1_v1.4.txt``."""
        for name, text in texts.items():
            (self.archive / f"{name.replace('__', '.')}.txt").write_text(text)

    def versions(self, kind, key):
        d = tables.dataset
        query = sa.select(d.c.version, d.c.current).where(d.c.kind == kind.name, d.c.key == key)
        return [tuple(row) for row in self.rows(query.order_by(d.c.version))]
