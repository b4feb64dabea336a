"""The protocol of a publisher, and the receipt that it gives."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from gnomon.core.dataset import Dataset
from gnomon.errors import Corrupt


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a version of a dataset was published; itself stored as a dataset.

    Attributes
    ----------
    target : str
        Where it went, in the target's own words.
    detail : str
        What the target answered.
    flaw : str
        What the target did not take of it.
    """

    kind: str
    key: str
    version: int
    sha256: str
    target: str
    detail: str = ""
    flaw: str = ""

    @classmethod
    def of(cls, dataset: Dataset, target: str, detail: str = "", flaw: str = "") -> Receipt:
        """Make the receipt of a dataset."""
        version, sha256 = dataset.version, dataset.sha256
        return cls(dataset.kind, dataset.key_text, version, sha256, target, detail, flaw)

    def write(self, path: Path) -> None:
        """Write it as JSON, the same bytes every time."""
        text = json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Receipt:
        """Read it back."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise Corrupt(f"{path} is no receipt: {error}") from error


class Publisher(Protocol):
    """A place that products go to; publishing twice changes nothing."""

    def publish(self, dataset: Dataset, path: Path) -> Receipt:
        """Put a dataset's bytes at the target, whole, replacing its older version."""

    def target(self, dataset: Dataset) -> str:
        """Tell where `publish` would put a dataset: what the receipt's `target` would be."""

    def holds(self, receipt: Receipt) -> bool:
        """Tell, cheaply, whether what was published is still there."""

    def retract(self, receipt: Receipt) -> None:
        """Take back what was published; no error where it is gone already."""
