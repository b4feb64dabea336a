"""A project: a folder with settings, a catalogue, a store and pipelines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from gnomon.acquire.connect import network_of
from gnomon.acquire.source import Source
from gnomon.catalog.catalog import IN_MEMORY, Catalog, is_absent
from gnomon.core.pipeline import Pipeline, Registry, read_toml
from gnomon.engine.discover import discover
from gnomon.engine.events import Event, Happened, Listener, nobody
from gnomon.engine.executors import open_workers
from gnomon.engine.loop import Loop
from gnomon.engine.parts import Parts, Tuning
from gnomon.errors import ConfigError, SourceError, UnknownName
from gnomon.settings import FILE, Settings, load_settings
from gnomon.store.store import Store

PIPELINES = "pipelines"
_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class How:
    """Where the steps of one run are executed; what is empty is left to the settings."""

    executor: str = ""
    workers: int | None = None
    scheduler: str = ""


@dataclass(frozen=True)
class Project:
    """The folder that a command works in.

    Attributes
    ----------
    folder : Path
        Where `gnomon.toml` is, or would be: all settings have defaults.
    """

    folder: Path
    settings: Settings

    @classmethod
    def open(cls, folder: Path) -> Project:
        """Read the settings of a folder; nothing is created."""
        return cls(folder, load_settings(folder))

    @cached_property
    def registry(self) -> Registry:
        """What the installed instruments offer."""
        return discover()

    @property
    def store(self) -> Store:
        """The store."""
        return Store(self.folder / self.settings.root)

    @contextmanager
    def catalog(self, *, dry_run: bool = False) -> Iterator[Catalog]:
        """Open the catalogue, making it on first use unless `dry_run`."""
        if dry_run:
            with self.catalog_or_empty() as catalog:
                yield catalog
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        catalog = Catalog(self._url(), self.registry.kinds)
        try:
            catalog.prepare()
            yield catalog
        finally:
            catalog.close()

    @contextmanager
    def catalog_or_empty(self) -> Iterator[Catalog]:
        """Open the catalogue if there is one, else an empty one in memory: nothing is created."""
        url = self._url()
        absent = url.startswith(_SQLITE) and is_absent(url)
        catalog = Catalog(IN_MEMORY if absent else url, self.registry.kinds)
        try:
            catalog.prepare()
            yield catalog
        finally:
            catalog.close()

    def _url(self) -> str:
        text = self.settings.database.get_secret_value()
        if text.startswith(_SQLITE):
            return _SQLITE + str((self.folder / text.removeprefix(_SQLITE)).resolve())
        return text

    def pipeline(self, name: str) -> Pipeline:
        """Load a pipeline: a path, a file below `pipelines/`, or one that an instrument brings."""
        path = self._pipeline_file(name)
        data: Mapping[str, Any] = read_toml(path.read_text("utf-8"))
        for dialect in (d for one in self.registry.instruments for d in one.dialects):
            if dialect.table in data:
                data = dialect.translate(data, path)
        return Pipeline.from_data(with_lists(data, path.parent), self.registry)

    def pipeline_names(self) -> list[str]:
        """Return the names that `pipeline` takes."""
        own = {path.stem for path in (self.folder / PIPELINES).glob("*.toml")}
        return sorted(own | set(self.brought_pipelines()))

    def brought_pipelines(self) -> dict[str, Path]:
        """Return the pipeline files that instruments bring, by name."""
        bundles = self.registry.instruments
        return {name: path for bundle in bundles for name, path in bundle.pipelines.items()}

    def _pipeline_file(self, name: str) -> Path:
        brought, bare = self.brought_pipelines(), name.removesuffix(".toml")
        own = self.folder / PIPELINES / f"{bare}.toml"
        # A file that is named as such comes before one of that name among the pipelines.
        for path in (own, self.folder / name) if bare == name else (self.folder / name, own):
            if path.is_file():
                return path
        if bare not in brought:
            raise UnknownName("pipeline", name, self.pipeline_names())
        return brought[bare]

    @contextmanager
    def loop(
        self, pipeline: Pipeline, catalog: Catalog, how: How, listen: Listener = nobody
    ) -> Iterator[Loop]:
        """Assemble a loop; `how` wins over the settings."""
        settings = self.settings
        with ExitStack() as stack:
            wish = pipeline.run
            workers = open_workers(
                how.executor or wish.executor or settings.executor,
                workers=how.workers or wish.workers or settings.workers,
                scheduler=how.scheduler or settings.scheduler,
            )
            parts = Parts(
                catalog,
                self.store,
                pipeline,
                stack.enter_context(workers),
                stack.enter_context(ThreadPoolExecutor(settings.loop.streams, "gnomon")),
                self.open_sources(pipeline, stack, listen),
                {p.name: p.type.open(p.config, self.folder) for p in pipeline.publishers},
                self._tuning(),
                listen=listen,
            )
            yield Loop(parts)

    def open_sources(
        self, pipeline: Pipeline, stack: ExitStack, listen: Listener = nobody
    ) -> dict[str, Source]:
        """Connect to the pipeline's archives, until the stack closes."""

        def told(what: str, error: SourceError) -> None:
            listen(Event(Happened.ATTEMPT, what, message=str(error), error=error.slug))

        network = network_of(self.settings.network, self.folder, told)
        sources = {spec.name: spec.type.open(spec.config, network) for spec in pipeline.sources}
        for source in sources.values():
            stack.callback(source.close)
        return sources

    def _tuning(self) -> Tuning:
        loop = self.settings.loop
        return Tuning(lease_s=loop.lease_s, most_tries=loop.most_tries, streams=loop.streams)


def with_lists(data: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a pipeline with the lists of ``[select]`` that are files, one entry a line, read.

    Raises
    ------
    ConfigError
        A list cannot be read.
    """
    select = data.get("select")
    if not isinstance(select, dict):
        return dict(data)
    return {**data, "select": {name: _listed(said, folder) for name, said in select.items()}}


def _listed(said: Any, folder: Path) -> Any:
    if not isinstance(said, str):
        return said
    try:
        lines = (folder / said).read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigError(f"the list {folder / said}: {why}") from error
    entries = (line.partition("#")[0].strip() for line in lines)
    return [entry for entry in entries if entry]


def create(project: Project, *, dry_run: bool = False) -> list[Path]:
    """Write the settings and the pipelines of a new project, and make its catalogue.

    Returns
    -------
    list of Path
        What was made; what existed is left as it was.
    """
    brought = {
        project.folder / PIPELINES / f"{name}.toml": path.read_text("utf-8")
        for name, path in project.brought_pipelines().items()
    }
    wanted = {project.folder / FILE: _NEW_SETTINGS, **brought}
    missing = {path: text for path, text in wanted.items() if not path.exists()}
    if not dry_run:
        for path, text in missing.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        with project.catalog():
            pass
    return list(missing)


_NEW_SETTINGS = """\
# A gnomon project. Every setting has a default; the environment (GNOMON_ROOT, …) and .env win.

root = "store"                      # where datasets are kept
database = "sqlite:///gnomon.db"    # or postgresql://user:password@host/name, best in .env
executor = "inline"                 # or "processes", or "dask"
# workers = 2
# scheduler = "tcp://host:8786"     # of Dask

[network]
# connections = 8                   # per host
connect_timeout_s = 10
read_timeout_s = 60
# bytes_per_s = 1_000_000           # shared by all transfers
tries = 6                           # of one transfer
# contact = "you@example.org"       # told to archives that want to know who asks

[loop]
streams = 8                         # fetches and publications at a time
most_tries = 3                      # of one job in one run
every_s = 300                       # between two listings of `gnomon watch`
"""
