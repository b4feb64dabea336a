"""Which database an address means."""

from __future__ import annotations

from pathlib import Path

from gnomon.errors import ConfigError
from gnomon.instruments.comap.database.observations import Observations
from gnomon.publish.databases.address import Address

SCHEMES = "sqlite:///file.db or postgresql://user@host/name"


def open_observations(address: Address, folder: Path) -> Observations:
    """Return the database of an address; nothing is connected to yet.

    Parameters
    ----------
    folder : Path
        What the path of a file is relative to.

    Raises
    ------
    ConfigError
        It is the address of no database that observations go to.
    """
    # Each brings a library, and only one of them is wanted.
    if address.scheme in {"postgresql", "postgres"}:
        from gnomon.instruments.comap.database.postgres import Postgres  # noqa: PLC0415

        return Postgres(address)
    if address.scheme == "sqlite":
        from gnomon.instruments.comap.database.sqlite import Sqlite  # noqa: PLC0415

        _, _, path = address.get_secret_value().partition(":///")
        if not path or path.startswith(":"):
            raise ConfigError(f"{str(address)!r} names no file; write {SCHEMES}")
        return Sqlite(address, (folder / path).resolve())
    raise ConfigError(f"{str(address)!r} is no database of observations; write {SCHEMES}")
