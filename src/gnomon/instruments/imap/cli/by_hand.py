"""Steps run by hand: with files that a person names, or at a version that a person chooses.

The same function runs on the same inputs as in a pipeline, where nothing else is said. What it
makes is adopted into the store, or only written to a folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.markup import escape

from gnomon.catalog import queries
from gnomon.catalog.catalog import Catalog
from gnomon.cli.app import Screen
from gnomon.core.dataset import Coverage, Input, Report
from gnomon.core.fingerprint import Bound
from gnomon.core.gather import gather
from gnomon.core.jobs import Product
from gnomon.core.kinds import Key, KeyValue, Kind, Tags
from gnomon.core.pipeline import StepSpec
from gnomon.core.view import View
from gnomon.engine.adopt import Brought, adopt
from gnomon.engine.execute import product
from gnomon.engine.inscription import inscribed
from gnomon.engine.project import Project
from gnomon.errors import GnomonError, NoData, UnknownName
from gnomon.store.store import Store

Given = Mapping[str, Input | Path | list[Input] | None]


@dataclass(frozen=True)
class Made:
    """One file that was made.

    Attributes
    ----------
    path : Path
        Where it is.
    version : int
    """

    kind: Kind
    key: Key
    path: Path
    version: int


@dataclass
class Told:
    """What a command by hand did.

    Attributes
    ----------
    made : list of Made
    nothing, flaws, failed : list of str
        Days without data; what was lost though files were made; days that failed.
    """

    made: list[Made] = field(default_factory=list)
    nothing: list[str] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything that was asked for is there."""
        return not self.flaws and not self.failed

    def show(self, screen: Screen) -> None:
        """Print it."""
        if screen.as_json:
            screen.document(
                {
                    "made": [
                        {
                            "kind": made.kind.name,
                            "key": made.kind.text(made.key),
                            "version": made.kind.version_text(made.version),
                            "path": str(made.path),
                        }
                        for made in self.made
                    ],
                    "nothing": self.nothing,
                    "flaws": self.flaws,
                    "failed": self.failed,
                }
            )
            return
        for made in self.made:
            screen.out.print(escape(str(made.path)), soft_wrap=True)
        for text in self.nothing:
            screen.err.print(f"no data: {escape(text)}", soft_wrap=True)
        for text in (*self.flaws, *self.failed):
            screen.err.print(f"[red]error:[/] {escape(text)}", soft_wrap=True)


class _Fan:
    """The `Sink` of one output by hand."""

    def __init__(self, role: str, kind: Kind, folder: Path) -> None:
        self._role, self.kind, self._folder = role, kind, folder
        self.parts: list[tuple[Path, Key]] = []

    def new(
        self, *, tags: Tags | None = None, coverage: Coverage | None = None, **key: KeyValue
    ) -> Path:
        """Return the path to write the dataset of `key` to."""
        del tags, coverage  # these kinds have neither
        path = self._folder / f"{self._role}-{len(self.parts)}{Path(self.kind.path).suffix}"
        self.parts.append((path, self.kind.check(key)))
        return path


@dataclass(frozen=True)
class Bench:
    """Where steps are run by hand.

    Attributes
    ----------
    output : Path, optional
        The folder to write to, and nothing else; the store when absent.
    versions : mapping of str to int
        By name of kind: what a person chose.
    """

    opened: Project
    catalog: Catalog
    output: Path | None = None
    versions: Mapping[str, int] = field(default_factory=dict)

    def found(self, name: Path) -> Path:
        """Return a file that exists, or the one of the store, of any version, that is called so.

        Raises
        ------
        UnknownName
            It is neither; names the nearest.
        """
        if name.is_file():
            return name.absolute()
        store = self.opened.store
        named = {Path(path).name: store.root / path for path in queries.paths(self.catalog)}
        if name.name not in named:
            raise UnknownName("file", name.name, named)
        return named[name.name]

    def run(self, spec: StepSpec, keys: Sequence[Key], given: Given) -> Told:
        """Run a step for some keys; one that fails does not stop the rest.

        Parameters
        ----------
        keys : sequence of mapping
            One for each cell.
        given : mapping
            By role, what stands for the inputs that the catalogue has.
        """
        told = Told()
        view = View()
        view.apply(self.catalog.changes(0))
        for key in keys:
            name = ", ".join(str(value) for value in key.values())
            try:
                self._run(spec, key, _inputs(view, spec, key, self.opened.store, given), told, name)
            except NoData as nothing:
                told.nothing.append(f"{name}: {nothing}")
            except GnomonError as error:
                told.failed.append(f"{name}: {error}")
        return told

    def _run(
        self, spec: StepSpec, key: Key, arguments: dict[str, Any], told: Told, name: str
    ) -> None:
        step, outputs = spec.step, spec.step.outputs
        options = {step.config_role: spec.config} if step.config_role else {}
        with self._workspace() as workspace:
            fans = {role: _Fan(role, outputs[role].kind, workspace) for role in step.fan_out}
            paths = {
                role: workspace / f"{role}{Path(out.kind.path).suffix}"
                for role, out in outputs.items()
                if role not in fans
            }
            report: Report = step(**arguments, **paths, **fans, **options)
            kinds = {role: outputs[role].kind for role in paths}
            files = [(kinds[role], _part(kinds[role], key), path) for role, path in paths.items()]
            files += [(fan.kind, own, path) for fan in fans.values() for path, own in fan.parts]
            told.made += self._kept(files)
        if report.flaw:
            told.flaws.append(f"{name}: {report.flaw}")

    @contextmanager
    def _workspace(self) -> Iterator[Path]:
        """Give a folder on the disk that the files are for."""
        if self.output is not None:
            self.output.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(prefix=".gnomon-", dir=self.output) as folder:
                yield Path(folder)
            return
        workspace = self.opened.store.workspace("by-hand")
        try:
            yield workspace
        finally:
            self.opened.store.discard(workspace)

    def _kept(self, files: Sequence[tuple[Kind, Key, Path]]) -> list[Made]:
        """Adopt files, or write them to the folder; what stands beside another comes after it."""
        made: list[Made] = []
        for kind, key, path in sorted(files, key=lambda file: bool(file[0].beside)):
            leading = next((one for one in made if one.kind.name == kind.beside), None)
            version = self.versions.get(kind.name, leading.version if leading else None)
            if self.output is None:
                made.append(self._adopted(kind, key, path, version))
            else:
                made.append(self._written(kind, key, path, version))
        return made

    def _adopted(self, kind: Kind, key: Key, path: Path, version: int | None) -> Made:
        known = self._known(kind, key)
        if version is not None and kind.beside and kind.name not in self.versions:
            # The rows are as they were: so is what describes them.
            for dataset in known:
                if dataset[0] == version:
                    return Made(kind, key, dataset[1], version)
        taken = adopt(
            self.catalog, self.opened.store, Brought(path, kind, key, {}, version=version)
        )
        dataset_path = self.opened.store.path(taken.dataset)
        return Made(kind, key, dataset_path, taken.dataset.version)

    def _written(self, kind: Kind, key: Key, path: Path, version: int | None) -> Made:
        assert self.output is not None  # noqa: S101  the caller looks
        highest = max((number for number, _ in self._known(kind, key)), default=None)
        number = version or kind.version_after(highest)
        done: Product = inscribed(product("file", kind, key, path, {}, None), kind, number)
        target = self.output / Path(kind.format(key, number)).name
        Path(done.path).replace(target)
        return Made(kind, key, target, number)

    def _known(self, kind: Kind, key: Key) -> list[tuple[int, Path]]:
        store = self.opened.store
        found = queries.versions(self.catalog, kind.name, kind.text(key))
        return [(one.dataset.version, store.path(one.dataset)) for one in found]


def _part(kind: Kind, key: Key) -> Key:
    return {name: key[name] for name in kind.keys}


def _inputs(view: View, spec: StepSpec, key: Key, store: Store, given: Given) -> dict[str, Any]:
    """Return the inputs of a cell by role, as a worker would hand them out."""
    found = gather(view, spec.step, key, None)
    arguments: dict[str, Any] = {}
    for role in spec.step.inputs:
        values = [_value(spec, role, bound, store) for bound in found.bound if bound[0] == role]
        arguments[role] = values if role in spec.step.grouped else next(iter(values), None)
    if found.lacks and not given:
        raise NoData(found.lacks)
    return arguments | dict(given)


def _value(spec: StepSpec, role: str, bound: Bound, store: Store) -> Input | Path:
    dataset = bound[1]
    return store.as_input(dataset) if role in spec.step.wants_input else store.path(dataset)
