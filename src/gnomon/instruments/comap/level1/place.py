"""Where a Level-1 file is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from gnomon.errors import Corrupt


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file was found, and how it was then.

    Attributes
    ----------
    path : Path
        Absolute.
    size : int
        Bytes.
    mtime_ns : int
        Of its last change, nanoseconds since 1970-01-01 UTC.
    """

    path: Path
    size: int
    mtime_ns: int

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        said = {**asdict(self), "path": str(self.path)}
        path.write_text(json.dumps(said, indent=2, sort_keys=True) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Place:
        """Read it back.

        Raises
        ------
        Corrupt
            The file holds no place.
        """
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            return cls(Path(said["path"]), int(said["size"]), int(said["mtime_ns"]))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise Corrupt(f"{path} holds no place: {error}") from error
