"""What PostgreSQL and SQLite have in common: tables of observations, filled dataset by dataset.

What one dataset says goes in by one transaction, with at most one statement a table; then the
state and the flags are settled by what all datasets of the observation say.
"""

# ruff: noqa: S608  (names come from `database.schema`, values are parameters)

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from gnomon.errors import ConfigError
from gnomon.instruments.comap.database.rows import Rows, Sql, nothing, plain
from gnomon.instruments.comap.database.schema import (
    DATA,
    FLAGS,
    FLUX,
    LOADED,
    MEASURED,
    MODEL,
    OF_OBSERVATION,
    OLD_PATHS,
    SUMMARY,
    TABLES,
    Column,
    Table,
    Type,
)
from gnomon.instruments.comap.database.settling import EVERYWHERE, Place, Say, settle
from gnomon.instruments.comap.kinds import CALIBRATION, LEVEL2
from gnomon.instruments.comap.level1.verdict import Status
from gnomon.instruments.comap.receiver import N_FEEDS
from gnomon.publish.databases.address import Address
from gnomon.publish.databases.transactions import Transactional

NO_OBSID = 0
"""In place of an obsid, of what is of no single observation."""


@dataclass(frozen=True, slots=True)
class Load:
    """Which dataset is loaded; `obsid` is `NO_OBSID` where its kind has none."""

    kind: str
    obsid: int
    sha256: str


class Observations(Transactional):
    """The database of observations; any number of threads and processes may use it.

    Attributes
    ----------
    types : mapping of Type to str
        How it spells the types of columns.
    """

    types: ClassVar[Mapping[Type, str]]
    mark: ClassVar[str] = "?"
    true: ClassVar[str]
    number: ClassVar[str]
    """How it spells a column that it counts itself."""
    now: ClassVar[str]
    """SQL for this instant, UTC."""

    def __init__(self, address: Address, most: int) -> None:
        super().__init__(address, most)
        self._is_prepared = False

    # -- what it is asked for

    def prepare(self) -> None:
        """Make the tables that are absent, and check those that are there; once is enough.

        Raises
        ------
        PublishError
            The database cannot be reached.
        ConfigError
            It refuses us, or has tables of these names without our columns.
        """
        if self._is_prepared:
            return
        with self._transaction() as connection:
            self._lock(connection, NO_OBSID)
            for table in TABLES:
                have = self._columns(connection, table.name)
                if not have:
                    connection.execute(self._definition(table))
                elif lacks := sorted(set(table.names) - set(have)):
                    raise ConfigError(
                        f"{self.address}: the table {table.name} is another one than ours: it"
                        f" lacks {', '.join(lacks)}"
                    )
        self._is_prepared = True

    def replace(self, load: Load, rows: Rows) -> None:
        """Make `rows` all that the tables hold of a dataset, in one transaction."""
        self.prepare()
        with self._transaction() as connection:
            self._lock(connection, load.obsid)
            self._make_rows(connection, load.obsid)
            self._put(connection, load.kind, load.obsid, rows)
            values = (load.kind, load.obsid, load.sha256, rows.say.text())
            self._forget(connection, load.kind, load.obsid)
            connection.execute(self._insert(LOADED), values)
            self._settle(connection, load.obsid)

    def remove(self, kind: str, obsid: int) -> None:
        """Take back what a dataset said; no error where nothing is loaded of it."""
        self.prepare()
        with self._transaction() as connection:
            self._lock(connection, obsid)
            if not self._forget(connection, kind, obsid):
                return
            self._put(connection, kind, obsid, nothing(kind))
            if not self._settle(connection, obsid):
                for table in OF_OBSERVATION:
                    self._delete(connection, table, obsid)

    def replace_model(self, sha256: str, models: Iterable[Sequence[Any]]) -> None:
        """Make these all the rows of ``calibration_model_fit``, but for their times."""
        self.prepare()
        marks = ", ".join(self.mark for _ in MODEL.names[:-1])
        insert = f"INSERT INTO {MODEL.name} ({', '.join(MODEL.names)}) VALUES ({marks}, {self.now})"
        with self._transaction() as connection:
            self._clear_model(connection)
            self._many(connection, insert, models)
            values = (CALIBRATION.name, NO_OBSID, sha256, Say().text())
            connection.execute(self._insert(LOADED), values)

    def remove_model(self) -> None:
        """Empty ``calibration_model_fit``."""
        self.prepare()
        with self._transaction() as connection:
            self._clear_model(connection)

    def loaded(self) -> dict[tuple[str, int], str]:
        """Return the sha256 of every dataset that is loaded, by kind and obsid.

        What was loaded of an observation that somebody deleted is loaded no longer.
        """
        there = f"obsid = {NO_OBSID} OR obsid IN (SELECT obsid FROM {DATA.name})"
        query = f"SELECT kind, obsid, sha256 FROM {LOADED.name} WHERE {there}"
        return {(kind, obsid): sha256 for kind, obsid, sha256 in self.rows(query)}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        self.prepare()
        return super().rows(query)

    def found(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return what a query with parameters finds; tables are not made for it."""
        with self._failures(), self.sessions.one() as connection:
            return [tuple(row) for row in connection.execute(query, tuple(values)).fetchall()]

    def is_there(self) -> bool:
        """Tell whether anything was ever published; nothing is made."""
        with self._failures(), self.sessions.one() as connection:
            return bool(self._columns(connection, DATA.name))

    # -- what each database does its own way

    @abstractmethod
    def _columns(self, connection: Any, table: str) -> list[str]:
        """Return the names of a table's columns; none where it is absent."""

    def _lock(self, connection: Any, obsid: int) -> None:
        """Keep others from an observation until the transaction ends; files have one writer."""
        del connection, obsid

    # -- statements

    def _definition(self, table: Table) -> str:
        columns = [self._defined(column) for column in table.columns]
        keys = ", ".join(table.key)
        if table.numbered:
            columns = [f"id {self.number}", *columns, f"UNIQUE ({keys})"]
        else:
            columns.append(f"PRIMARY KEY ({keys})")
        return f"CREATE TABLE {table.name} ({', '.join(columns)})"

    def _defined(self, column: Column) -> str:
        rest = column.rest.format(true=self.true)
        return f"{column.name} {self.types[column.type]} {rest}".rstrip()

    def _insert(self, table: Table, names: Sequence[str] = ()) -> str:
        names = names or table.names
        marks = ", ".join(self.mark for _ in names)
        return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"

    def _of(self, *names: str) -> str:
        return " AND ".join(f"{name} = {self.mark}" for name in names)

    def _set(self, table: Table, names: Iterable[str], where: Iterable[str] = ("obsid",)) -> str:
        values = ", ".join(f"{name} = {self.mark}" for name in names)
        return f"UPDATE {table.name} SET {values} WHERE {self._of(*where)}"

    def _many(self, connection: Any, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        connection.cursor().executemany(statement, [tuple(row) for row in rows])

    def _delete(self, connection: Any, table: Table, obsid: int) -> None:
        connection.execute(f"DELETE FROM {table.name} WHERE {self._of('obsid')}", (obsid,))

    # -- the rows of one observation

    def _make_rows(self, connection: Any, obsid: int) -> None:
        """Make the rows that every observation has, where they are absent.

        Defaults are written too: the tables of others have them in no statement.
        """
        state = {"processing_status": Status.PENDING.value}
        for table, values in ((DATA, {"obsid": obsid}), (SUMMARY, {"obsid": obsid, **state})):
            insert = f"{self._insert(table, tuple(values))} ON CONFLICT (obsid) DO NOTHING"
            made = connection.execute(insert, tuple(values.values())).rowcount
            if made and table is DATA:  # what is remembered was of rows that somebody deleted
                self._delete(connection, LOADED, obsid)
        count = f"SELECT count(*) FROM {FLAGS.name} WHERE {self._of('obsid')}"
        among = f"{count} AND pixel BETWEEN 1 AND {N_FEEDS}"  # others have a pixel 0
        if connection.execute(among, (obsid,)).fetchone()[0] < len(EVERYWHERE):
            insert = f"{self._insert(FLAGS, (*FLAGS.key, 'is_good'))} ON CONFLICT DO NOTHING"
            self._many(connection, insert, [(obsid, *place, True) for place in EVERYWHERE])

    def _put(self, connection: Any, kind: str, obsid: int, rows: Rows) -> None:
        if "level1_path" in rows.data:
            self._keep_old_path(connection, obsid, rows.data["level1_path"])
        for table, values in ((DATA, rows.data), (SUMMARY, rows.summary)):
            if values:
                connection.execute(self._set(table, values), (*values.values(), obsid))
        if kind != LEVEL2.name:
            return
        measured = rows.measured or [(None,) * len(MEASURED)] * len(EVERYWHERE)
        places = ((*one, obsid, *at) for one, at in zip(measured, EVERYWHERE, strict=True))
        self._many(connection, self._set(FLAGS, MEASURED, FLAGS.key), places)
        self._delete(connection, FLUX, obsid)
        self._many(connection, self._insert(FLUX), [(obsid, *flux) for flux in rows.fluxes])

    def _keep_old_path(self, connection: Any, obsid: int, path: Sql) -> None:
        query = f"SELECT level1_path FROM {DATA.name} WHERE {self._of('obsid')}"
        for (former,) in connection.execute(query, (obsid,)).fetchall():  # others may delete rows
            if former not in (None, path):
                self._delete(connection, OLD_PATHS, obsid)
                connection.execute(self._insert(OLD_PATHS), (obsid, former))

    def _forget(self, connection: Any, kind: str, obsid: int) -> bool:
        """Forget a dataset, and tell whether there was one."""
        delete = f"DELETE FROM {LOADED.name} WHERE {self._of('kind', 'obsid')}"
        return bool(connection.execute(delete, (kind, obsid)).rowcount)

    def _settle(self, connection: Any, obsid: int) -> bool:
        """Write what follows from all that is said, and tell whether anything is."""
        query = f"SELECT kind, said FROM {LOADED.name} WHERE {self._of('obsid')}"
        found = connection.execute(query, (obsid,)).fetchall()
        settled = settle({kind: Say.read(text) for kind, text in found})
        names = ("processing_status", "processing_error")
        values = (settled.status.value, plain(settled.error), obsid)
        connection.execute(self._set(SUMMARY, names), values)
        self._mark(connection, obsid, settled.bad)
        return bool(found)

    def _mark(self, connection: Any, obsid: int, bad: Mapping[Place, str]) -> None:
        """Bring flags and comments to what they should be; most are so already."""
        query = f"SELECT pixel, frequency_band, is_good, comment FROM {FLAGS.name}"
        held = connection.execute(f"{query} WHERE {self._of('obsid')}", (obsid,)).fetchall()
        wanted = {at: (at not in bad, plain(bad.get(at))) for at in EVERYWHERE}
        flags = [
            (*wanted[feed, band], obsid, feed, band)
            for feed, band, is_good, comment in held
            if (feed, band) in wanted and (bool(is_good), comment) != wanted[feed, band]
        ]
        self._many(connection, self._set(FLAGS, ("is_good", "comment"), FLAGS.key), flags)

    def _clear_model(self, connection: Any) -> None:
        self._lock(connection, NO_OBSID)
        self._forget(connection, CALIBRATION.name, NO_OBSID)
        connection.execute(f"DELETE FROM {MODEL.name}")
