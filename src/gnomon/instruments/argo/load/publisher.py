"""The publishers: `argo.database` (PostgreSQL, SQLite, DuckDB) and `argo.redis`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from pydantic import Field

from gnomon.core.dataset import Dataset
from gnomon.core.instrument import PublisherType
from gnomon.core.steps import StepConfig
from gnomon.errors import ConfigError, Corrupt
from gnomon.instruments.argo.kinds import ANALYSIS
from gnomon.instruments.argo.load.database import Database, Load
from gnomon.instruments.argo.load.latest import float_fields, latest_of
from gnomon.instruments.argo.load.redis import KINDS, Hot, RedisConfig
from gnomon.instruments.argo.load.rows import rows_of
from gnomon.instruments.argo.load.schema import FILLED_BY
from gnomon.publish.databases.address import Address
from gnomon.publish.databases.snapshot import Snapshot
from gnomon.publish.publisher import Receipt

_SCHEMES = "postgresql://user@host/name, sqlite:///file.db or duckdb:///file.duckdb"


class DatabaseConfig(StepConfig):
    """Where to."""

    url: Address = Field(description=_SCHEMES)


def open_database(address: Address, folder: Path) -> Database:
    """Return the database of an address; nothing is connected to yet.

    Parameters
    ----------
    address : Address
    folder : Path
        What the path of a file is relative to.
    """
    # Each brings a library, and only one of them is wanted.
    if address.scheme in {"postgresql", "postgres"}:
        from gnomon.instruments.argo.load.postgres import Postgres  # noqa: PLC0415

        return Postgres(address)
    if address.scheme == "sqlite":
        from gnomon.instruments.argo.load.sqlite import Sqlite  # noqa: PLC0415

        return Sqlite(address, address.file(folder, _SCHEMES))
    if address.scheme == "duckdb":
        from gnomon.instruments.argo.load.duckdb import DuckDb  # noqa: PLC0415

        return DuckDb(address, address.file(folder, _SCHEMES))
    raise ConfigError(f"{str(address)!r} is no database that can be loaded; write {_SCHEMES}")


class DatabasePublisher:
    """Loads datasets into a database; see `load.schema` for the tables."""

    def __init__(self, config: DatabaseConfig, folder: Path) -> None:
        self.database = open_database(config.url, folder)
        self._snapshot = Snapshot(self.database.loaded)

    def check(self) -> None:
        """Reach the database, and make the tables that are absent."""
        self.database.prepare()

    def publish(self, dataset: Dataset, path: Path) -> Receipt:
        """Load a dataset in one transaction."""
        wmo = _float_of(dataset, FILLED_BY)
        rows = rows_of(dataset.kind, path, wmo)
        self.database.replace(Load(wmo, dataset.kind, dataset.sha256, dataset.version), rows)
        self._snapshot.forget()
        number = sum(table.num_rows for table in rows.values())
        return Receipt.of(dataset, self.target(dataset), f"{number} rows")

    def target(self, dataset: Dataset) -> str:
        """Return the tables and the float."""
        wmo = _float_of(dataset, FILLED_BY)
        return f"{' '.join(table.name for table in FILLED_BY[dataset.kind])} wmo={wmo}"

    def holds(self, receipt: Receipt) -> bool:
        """Compare what `argo_load` says; the rows themselves are not looked at."""
        return self._snapshot.holds((_float_of_key(receipt.key), receipt.kind), receipt.sha256)

    def retract(self, receipt: Receipt) -> None:
        """Delete the rows."""
        self.database.remove(receipt.kind, _float_of_key(receipt.key))
        self._snapshot.forget()


class RedisPublisher:
    """Keeps the latest profile of each float in Redis; see `load.redis`."""

    def __init__(self, config: RedisConfig, _folder: Path) -> None:
        self.hot = Hot(config)
        self._snapshot = Snapshot(self.hot.loaded)

    def check(self) -> None:
        """Reach the server."""
        self.hot.reach()

    def publish(self, dataset: Dataset, path: Path) -> Receipt:
        """Write what a dataset says of its float, at once."""
        wmo = _float_of(dataset, KINDS)
        said = latest_of(path) if dataset.kind == ANALYSIS.name else float_fields(path)
        self.hot.write(wmo, dataset.kind, dataset.sha256, said)
        self._snapshot.forget()
        return Receipt.of(dataset, self.target(dataset))

    def target(self, dataset: Dataset) -> str:
        """Return what the float's hash is called, but for the prefix."""
        return f"float:{_float_of(dataset, KINDS)}"

    def holds(self, receipt: Receipt) -> bool:
        """Compare the hash's sum; it is gone when the hash expired, and prolonged when not."""
        return self._snapshot.holds((_float_of_key(receipt.key), receipt.kind), receipt.sha256)

    def retract(self, receipt: Receipt) -> None:
        """Remove what the dataset said."""
        self.hot.remove(_float_of_key(receipt.key), receipt.kind)
        self._snapshot.forget()


def _float_of(dataset: Dataset, kinds: Collection[str]) -> int:
    wmo = dataset.key.get("wmo")
    if dataset.kind not in kinds or not isinstance(wmo, int):
        raise ConfigError(f"{dataset.kind} cannot be loaded; these can: {', '.join(sorted(kinds))}")
    return wmo


def _float_of_key(key_text: str) -> int:
    name, _, number = key_text.partition("=")
    if name != "wmo" or not number.isdigit():
        raise Corrupt(f"the receipt's key {key_text!r} names no float")
    return int(number)


DATABASE = PublisherType("argo.database", DatabaseConfig, DatabasePublisher)
REDIS = PublisherType("argo.redis", RedisConfig, RedisPublisher)
