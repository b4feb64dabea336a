"""A station for tests of sources: a project that fetches from one source, whose clock stands still.

A source keeps its clock in ``_now``, which returns an aware datetime in UTC.
"""

from dataclasses import replace
from datetime import UTC, datetime

from gnomon.acquire.connect import Network
from gnomon.acquire.retry import Retry
from gnomon.acquire.transport import Limits
from gnomon.core.pipeline import Pipeline, SourceSpec
from gnomon.engine.project import How, Project


def impatient(secret=lambda _: None):
    """Return a network that does not wait: three tries, half a second of silence."""
    limits = Limits(connect_timeout_s=2, read_timeout_s=0.5)
    return Network(limits, Retry(attempts=3, sleep=lambda _: None), secret)


class Station:
    """A project that fetches from one source, whose clock stands still."""

    def __init__(self, folder, network):
        (folder / "gnomon.toml").write_text("[loop]\nmost_tries = 1\n")
        self.opened, self._network = Project.open(folder), network
        self.now = datetime(2026, 3, 3, 12, tzinfo=UTC)
        self.events = []

    def run(self, source_type, make=lambda source: source, **options):
        """Run a source; `make` takes the source that the type opens, and may replace its clock."""
        config = source_type.config.model_validate(options)
        spec = SourceSpec(source_type.name, self._typed(source_type, make), config)
        self.events.clear()
        with (
            self.opened.catalog() as catalog,
            self.opened.loop(Pipeline("p", (spec,)), catalog, How(), self.events.append) as loop,
        ):
            return loop.run()

    def _typed(self, source_type, make):
        def opened(config, _):
            source = source_type.open(config, self._network)
            source._now = lambda: self.now
            return make(source)

        return replace(source_type, open=opened)

    def datasets(self):
        """Return the current datasets, by kind and key."""
        with self.opened.catalog() as catalog:
            known = catalog.changes(0).datasets
        return {(d.kind, d.key_text): d for d, current in known if current}

    def text(self, kind, key):
        return self.opened.store.path(self.datasets()[kind, key]).read_text()

    def messages(self, what):
        return [event.message for event in self.events if event.what == what]
