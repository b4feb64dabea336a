"""What databases that we publish into have in common: whatever is done is one transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar

from gnomon.publish.databases.address import Address
from gnomon.publish.databases.sessions import Sessions


class Transactional(ABC):
    """A database; any number of threads may use it.

    Parameters
    ----------
    most : int
        How many connections there may be.
    """

    begin: ClassVar[str] = "BEGIN"

    def __init__(self, address: Address, most: int) -> None:
        self.address = address
        self.sessions = Sessions(self._connect, most)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        with self._transaction() as connection:
            return [tuple(row) for row in connection.execute(query).fetchall()]

    @abstractmethod
    def _connect(self) -> Any:
        """Open a connection that commits what is no part of a transaction."""

    @abstractmethod
    def _failures(self) -> AbstractContextManager[None]:
        """Raise our own errors for those of the driver."""

    @contextmanager
    def _transaction(self, *, keep: bool = True) -> Iterator[Any]:
        with self._failures(), self.sessions.one() as connection:
            # After an error the connection is closed, which undoes what was begun.
            connection.execute(self.begin)
            yield connection
            connection.execute("COMMIT" if keep else "ROLLBACK")
