"""What PostgreSQL and SQLite have in common: one file, one transaction, and what changed.

A file's rows wait in a temporary table until they are compared with those that are there: rows
of the same slot (such as the same day) that the file no longer holds are deleted, rows that
changed are updated, new ones are inserted, and all others left alone. The same transaction
changes the table's columns, and notes which version of the slot is there. A dry run is this
transaction, taken back.
"""

# ruff: noqa: S608  (names are quoted, values are parameters)

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from gnomon.errors import ConfigError
from gnomon.publish.databases.transactions import Transactional
from gnomon.publish.tables import ledger
from gnomon.publish.tables.changes import Change, Changed, File, Memory
from gnomon.publish.tables.jobs import Index
from gnomon.publish.tables.shaping import Shaped, Table, Wanted
from gnomon.publish.tables.types import Name, Type

STAGE = "gnomon_stage"
"""The temporary table that rows wait in."""
_SAMPLES = 5


def quoted(name: str) -> str:
    """Return a name as SQL takes any."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str], prefix: str = "") -> str:
    """Return quoted names with commas between."""
    return ", ".join(prefix + quoted(name) for name in names)


class Database(Transactional):
    """A database that files are loaded into; any number of threads may do so."""

    mark: ClassVar[str] = "?"
    unlike: ClassVar[str]
    """How rows are compared, nulls being alike: ``{0}`` and ``{1}`` are lists of columns."""
    types: ClassVar[Mapping[Name, str]]
    collision: type[Exception]
    """What the driver raises where a key is there already."""

    # -- what it is asked for

    def load(
        self, file: File, table: str, fit: Callable[[Table | None], Shaped], *, dry: bool = False
    ) -> Change:
        """Make a table hold a file, in one transaction.

        Parameters
        ----------
        table : str
        fit : callable
            Takes the table that is there, or None, and returns rows that fit it.
        dry : bool
            Take everything back, and tell some of the rows that would change.

        Raises
        ------
        PublishError
            The database cannot be reached, or fails.
        ConfigError
            It refuses us, or the table has another key.
        """
        with self._transaction(keep=not dry) as connection:
            self._lock(connection, table)
            self._make_loaded(connection)
            held = ledger.remembered(connection, self.mark, table, file.place)
            if file.newest_only and _is_older(file, held):
                return Change(table, older_than=held)
            there = self._table(connection, table)
            shaped = fit(there)
            self._check(there, shaped)
            self._evolve(connection, shaped)
            # Of a file that was never here the rows are new, but for those of other files.
            is_new = held is None and not dry and self._is_free(connection, there, shaped, file)
            if is_new and self._append(connection, shaped):
                number = shaped.rows.num_rows
                change = Change(
                    table, number, number, schema=shaped.changes, notes=shaped.notes,
                    lost=shaped.lost,
                )  # fmt: skip
            else:
                change = self._merge(connection, shaped, file, dry=dry)
            ledger.remember(connection, self.mark, table, file, shaped.rows.num_rows)
            return change

    def remove(self, table: str, slot: Mapping[str, Any], place: str) -> int:
        """Delete the rows of a slot, and return how many; no error where there are none."""
        with self._transaction() as connection:
            self._lock(connection, table)
            number = 0
            if slot and self._table(connection, table) is not None:
                where, values = self._where(slot)
                delete = self._literal(f"DELETE FROM {quoted(table)} WHERE ") + where
                number = connection.execute(delete, values).rowcount
            self._make_loaded(connection)
            ledger.forget(connection, self.mark, table, place)
            return int(number)

    def key_of(self, table: str) -> tuple[str, ...] | None:
        """Return what identifies the rows of a table; None where it is absent."""
        with self._transaction() as connection:
            there = self._table(connection, table)
            return None if there is None else there.key

    def loaded(self) -> list[Memory]:
        """Return what all tables hold, by table and place."""
        with self._transaction() as connection:
            if self._table(connection, ledger.LOADED) is None:
                return []
            return ledger.all_remembered(connection)

    def record(self, values: Mapping[str, Any]) -> None:
        """Add a row to the history; its columns are `ledger.HISTORY_COLUMNS`."""
        with self._transaction() as connection:
            self._lock(connection, ledger.HISTORY)
            ledger.make_history(connection)
            ledger.record(connection, self.mark, values)

    def history(self) -> list[dict[str, Any]]:
        """Return what was recorded, the oldest first."""
        with self._transaction() as connection:
            if self._table(connection, ledger.HISTORY) is None:
                return []
            return ledger.recorded(connection)

    # -- what each database does its own way

    @abstractmethod
    def _table(self, connection: Any, name: str) -> Table | None:
        """Return a table that is there."""

    @abstractmethod
    def _indexes(self, connection: Any) -> dict[str, str]:
        """Return the table of every index, by the name of the index."""

    @abstractmethod
    def _alter(self, connection: Any, shaped: Shaped) -> None:
        """Widen columns, and let them take null."""

    @abstractmethod
    def _stage(self, connection: Any, shaped: Shaped) -> None:
        """Put the rows into a temporary table `STAGE`, in the types of their table."""

    @abstractmethod
    def _put(self, connection: Any, into: str, shaped: Shaped) -> None:
        """Put the rows into a table, whose name is quoted."""

    def _literal(self, text: str) -> str:
        """Return a part of a statement that has parameters."""
        return text

    def _lock(self, connection: Any, table: str) -> None:
        """Keep others from the same table until the transaction ends; files have one writer."""
        del connection, table

    def _make_loaded(self, connection: Any) -> None:
        ledger.make_loaded(connection)

    # -- the table

    def _check(self, there: Table | None, shaped: Shaped) -> None:
        if there is None or not there.key or set(there.key) == set(shaped.key):
            return
        raise ConfigError(
            f"{self.address}: the rows of {shaped.name} are identified by {', '.join(there.key)},"
            f" and the job says {', '.join(shaped.key)}; change one of them, or load into another"
            " table"
        )

    def _evolve(self, connection: Any, shaped: Shaped) -> None:
        table = quoted(shaped.name)
        if shaped.create:
            columns = ", ".join(self._defined(one) for one in shaped.create)
            key = f"PRIMARY KEY ({listed(shaped.key)})"
            connection.execute(f"CREATE TABLE {table} ({columns}, {key})")
        for one in shaped.add:
            # What was there before the column was has no value for it.
            defined = self._defined(Wanted(one.name, one.type, nullable=True))
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {defined}")
        if shaped.widen or shaped.relax:
            self._alter(connection, shaped)
        self._make_indexes(connection, shaped)

    def _defined(self, column: Wanted) -> str:
        kind = self.spelled(column.type)
        return f"{quoted(column.name)} {kind}{'' if column.nullable else ' NOT NULL'}"

    def spelled(self, kind: Type) -> str:
        """Return how this database spells a type."""
        text = self.types[kind.name]
        return f"{text}({kind.length})" if kind.length and text == "varchar" else text

    def _make_indexes(self, connection: Any, shaped: Shaped) -> None:
        there = self._indexes(connection) if shaped.indexes else {}
        for index in shaped.indexes:
            # Names of indexes are those of a schema, and job files give each table the same.
            for name in (index.name, f"{shaped.name}_{index.name}"):
                if there.get(name) == shaped.name:
                    break
                if name not in there:
                    connection.execute(_index_statement(name, shaped.name, index))
                    break

    # -- the rows

    def _is_free(self, connection: Any, there: Table | None, shaped: Shaped, file: File) -> bool:
        """Tell whether the table has no rows of a file's slot, and refuses a key twice."""
        if there is None:
            return True
        if not there.key:
            return False
        if not file.slot:
            return True
        where, values = self._where(file.slot)
        query = self._literal(f"SELECT 1 FROM {quoted(shaped.name)} WHERE ") + where
        return connection.execute(f"{query} LIMIT 1", values).fetchone() is None

    def _append(self, connection: Any, shaped: Shaped) -> bool:
        """Put rows straight into the table; False, and none put, where a key is there already."""
        connection.execute("SAVEPOINT append")
        try:
            self._put(connection, quoted(shaped.name), shaped)
        except self.collision:
            connection.execute("ROLLBACK TO SAVEPOINT append")
            return False
        return True

    def _merge(self, connection: Any, shaped: Shaped, file: File, *, dry: bool) -> Change:
        self._stage(connection, shaped)
        table, columns = quoted(shaped.name), shaped.rows.column_names
        others = [name for name in columns if name not in shaped.key]
        same = " AND ".join(f"t.{quoted(name)} = s.{quoted(name)}" for name in shaped.key)
        samples = self._samples(connection, shaped, same, others) if dry else ()
        deleted, notes = 0, shaped.notes
        if file.slot:
            where, values = self._where(file.slot, "t.")
            notes += self._moved(connection, shaped, same, file)
            gone = f"NOT EXISTS (SELECT 1 FROM {STAGE} AS s WHERE {same})"
            delete = self._literal(f"DELETE FROM {table} AS t WHERE {gone} AND ") + where
            deleted = connection.execute(delete, values).rowcount
        updated = 0
        if others:
            values_of = ", ".join(f"{quoted(name)} = s.{quoted(name)}" for name in others)
            unlike = self.unlike.format(listed(others, "t."), listed(others, "s."))
            update = f"UPDATE {table} AS t SET {values_of} FROM {STAGE} AS s"
            updated = connection.execute(f"{update} WHERE {same} AND {unlike}").rowcount
        absent = f"NOT EXISTS (SELECT 1 FROM {table} AS t WHERE {same})"
        insert = (
            f"INSERT INTO {table} ({listed(columns)}) SELECT {listed(columns)} FROM {STAGE} AS s"
        )
        inserted = connection.execute(f"{insert} WHERE {absent}").rowcount
        connection.execute(f"DROP TABLE {STAGE}")
        return Change(
            shaped.name, shaped.rows.num_rows, inserted, updated, deleted, shaped.changes,
            notes, samples, shaped.lost,
        )  # fmt: skip

    def _moved(self, connection: Any, shaped: Shaped, same: str, file: File) -> tuple[str, ...]:
        """Tell of rows that were another file's until now."""
        where, values = self._where(file.slot, "t.")
        joined = f"FROM {STAGE} AS s JOIN {quoted(shaped.name)} AS t ON {same}"
        query = self._literal(f"SELECT count(*) {joined} WHERE NOT (") + f"{where})"
        ((number,),) = connection.execute(query, values).fetchall()
        return (f"{number} rows were those of other files until now",) if number else ()

    def _samples(
        self, connection: Any, shaped: Shaped, same: str, others: Sequence[str]
    ) -> tuple[Changed, ...]:
        if not others:
            return ()
        unlike = self.unlike.format(listed(others, "t."), listed(others, "s."))
        query = (
            f"SELECT {listed(shaped.key, 's.')}, {listed(others, 't.')}, {listed(others, 's.')}"
            f" FROM {STAGE} AS s JOIN {quoted(shaped.name)} AS t ON {same}"
            f" WHERE {unlike} ORDER BY {listed(shaped.key, 's.')} LIMIT {_SAMPLES}"
        )
        found = connection.execute(query).fetchall()
        return tuple(_changed(shaped.key, others, row) for row in found)

    def _where(self, slot: Mapping[str, Any], prefix: str = "") -> tuple[str, tuple[Any, ...]]:
        names = (prefix + self._literal(quoted(name)) for name in slot)
        return " AND ".join(f"{name} = {self.mark}" for name in names), tuple(slot.values())


def _is_older(file: File, held: Memory | None) -> bool:
    if held is None or held.version is None or file.version is None:
        return False
    return file.version < held.version


def _index_statement(name: str, table: str, index: Index) -> str:
    columns = ", ".join(quoted(one) + (" DESC" if down else "") for one, down in index.columns)
    return f"CREATE INDEX {quoted(name)} ON {quoted(table)} ({columns})"


def _changed(key: Sequence[str], others: Sequence[str], row: Sequence[Any]) -> Changed:
    """Read (key, old values, new values)."""
    old, new = row[len(key) : len(key) + len(others)], row[len(key) + len(others) :]
    values = {n: (o, v) for n, o, v in zip(others, old, new, strict=True) if o != v}
    return Changed(dict(zip(key, row, strict=False)), values)
