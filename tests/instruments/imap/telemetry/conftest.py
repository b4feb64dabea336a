"""The archives on loopback, and a project that fetches from them under a clock of its own."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from gnomon.acquire.connect import Network
from gnomon.acquire.retry import Retry
from gnomon.acquire.transport import Limits
from gnomon.core.pipeline import Pipeline, SourceSpec
from gnomon.engine.project import How, Project
from gnomon.instruments.imap.simulate.services import Services, Tokens


@pytest.fixture
def services():
    with Services() as running:
        yield running


@pytest.fixture
def secrets():
    """What the user keeps in `.env`, by name; tests may change it."""
    tokens = Tokens()
    return {"IMAP_WEBPODA_TOKEN": tokens.webpoda, "IALIRT_API_KEY": tokens.ialirt}


@pytest.fixture
def network(secrets):
    def secret(name):
        return SecretStr(secrets[name]) if name in secrets else None

    limits = Limits(connect_timeout_s=2, read_timeout_s=0.5)
    return Network(limits, Retry(attempts=3, sleep=lambda _: None), secret)


class Station:
    """A project that fetches from one source, whose clock stands still."""

    def __init__(self, folder, network):
        (folder / "gnomon.toml").write_text("[loop]\nmost_tries = 1\n")
        self.opened, self._network = Project.open(folder), network
        self.now = datetime(2026, 3, 3, 12, tzinfo=UTC)
        self.events = []

    def run(self, source_type, make, **options):
        """Run a source; `make` takes the source that the type opens, and may replace its clock."""
        spec = SourceSpec(source_type.name, self._typed(source_type, make), self._config(
            source_type, options))  # fmt: skip
        self.events.clear()
        with (
            self.opened.catalog() as catalog,
            self.opened.loop(Pipeline("p", (spec,)), catalog, How(), self.events.append) as loop,
        ):
            return loop.run()

    def _config(self, source_type, options):
        return source_type.config.model_validate(options)

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


@pytest.fixture
def station(tmp_path, network):
    return Station(tmp_path, network)
