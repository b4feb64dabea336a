"""The verdict on a Level-1 file: whether it could be used, and if not, why."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from gnomon.errors import Corrupt


class Status(StrEnum):
    """How far an observation has come, as SQL says it."""

    PENDING = "pending"
    COMPLETE = "complete"
    FAILED = "failed"


@dataclass(frozen=True)
class Verdict:
    """What became of a Level-1 file.

    Attributes
    ----------
    obsid : int
    status : Status
        ``complete`` or ``failed``.
    error : str
        Why it failed; empty where it did not.
    remarks : tuple of str
        What people should know though it could be used: feeds that were left out.
    metrics : mapping of str to float
        Figures of the observation; names carry their units. NaN where not measured.
    """

    obsid: int
    status: Status
    error: str = ""
    remarks: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def failed(cls, obsid: int, error: str, remarks: tuple[str, ...] = ()) -> Verdict:
        """Return the verdict on a file that cannot be used."""
        return cls(obsid, Status.FAILED, error, remarks)

    @property
    def is_failed(self) -> bool:
        """Whether the file could not be used."""
        return self.status is Status.FAILED

    def write(self, path: Path) -> None:
        """Write it as JSON, the same bytes every time; a metric that is no number is null."""
        metrics = {name: _finite(value) for name, value in self.metrics.items()}
        said = {**asdict(self), "metrics": metrics}
        text = json.dumps(said, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Verdict:
        """Read it back.

        Raises
        ------
        Corrupt
            The file is no verdict.
        """
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                int(said["obsid"]),
                Status(said["status"]),
                str(said["error"]),
                tuple(str(remark) for remark in said["remarks"]),
                {str(name): _number(value) for name, value in said["metrics"].items()},
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Corrupt(f"{path} is no verdict: {error}") from error


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
