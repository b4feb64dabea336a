"""Which database an address means."""

from __future__ import annotations

from pathlib import Path

from gnomon.errors import ConfigError
from gnomon.instruments.comap.database.observations import Observations
from gnomon.publish.databases.address import Address
from gnomon.settings import secret

SCHEMES = "sqlite:///file.db or postgresql://user@host/name"
USUAL = "sqlite:///comap.db"
VARIABLE = "COMAP_DATABASE_URL"


def address_of(url: Address, folder: Path) -> Address:
    """Return an address; where it is empty that of the environment or ``.env``, else the usual."""
    if url.get_secret_value():
        return url
    told = secret(folder, VARIABLE)
    return Address(USUAL if told is None else told.get_secret_value())


def open_observations(address: Address, folder: Path) -> Observations:
    """Return the database of an address; nothing is connected to yet.

    Parameters
    ----------
    address : Address
        See `address_of` for one that is empty.
    folder : Path
        What the path of a file is relative to.

    Raises
    ------
    ConfigError
        It is the address of no database that observations go to.
    """
    address = address_of(address, folder)
    # Each brings a library, and only one of them is wanted.
    if address.scheme in {"postgresql", "postgres"}:
        from gnomon.instruments.comap.database.postgres import Postgres  # noqa: PLC0415

        return Postgres(address)
    if address.scheme == "sqlite":
        from gnomon.instruments.comap.database.sqlite import Sqlite  # noqa: PLC0415

        return Sqlite(address, address.file(folder, SCHEMES))
    raise ConfigError(f"{str(address)!r} is no database of observations; write {SCHEMES}")
