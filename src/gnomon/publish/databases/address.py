"""The address of a database: shown without its password, wherever it is shown."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import Secret

from gnomon.errors import ConfigError

_PASSWORD = re.compile(r"(?<=://)([^:/@]*):(.*)@")  # to the last @: passwords hold anything
_OPTION = re.compile(r"(?<=[?&]password=)[^&]*")
_MASK = "***"


class Address(Secret[str]):
    """A URL; text, JSON and digests of it have asterisks for the password."""

    def _display(self) -> str:
        masked = _PASSWORD.sub(lambda found: f"{found[1]}:{_MASK}@", self.get_secret_value())
        return _OPTION.sub(_MASK, masked)

    @property
    def scheme(self) -> str:
        """What stands before the colon, without the name of a driver."""
        return self.get_secret_value().partition(":")[0].partition("+")[0].lower()

    def file(self, folder: Path, schemes: str) -> Path:
        """Return the path that an address of SQLite or DuckDB has after its three slashes.

        Parameters
        ----------
        folder : Path
            What it is relative to.
        schemes : str
            What to write instead, for the message.

        Raises
        ------
        ConfigError
            There is none.
        """
        _, _, path = self.get_secret_value().partition(":///")
        if not path or path.startswith(":"):
            raise ConfigError(f"{str(self)!r} names no file; write {schemes}")
        return (folder / path).resolve()

    def clean(self, text: str) -> str:
        """Return a message without the password."""
        value = self.get_secret_value()
        found = _PASSWORD.search(value)
        options = parse_qs(urlsplit(value).query).get("password", []) if "?" in value else []
        for password in {*([found[2], unquote(found[2])] if found else ()), *options} - {""}:
            text = text.replace(password, _MASK)
        return text
