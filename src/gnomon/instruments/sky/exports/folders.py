"""Folders whose files change all at once: built beside, then put in place by renaming."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gnomon.errors import ConfigError, StoreError
from gnomon.instruments.sky.exports.records import Record
from gnomon.instruments.sky.exports.texts import Source, readme

README = "README.md"
_RECORDS = ("record_*.json", README)


def write_records(folder: Path, source: Source, records: Iterable[Record]) -> int:
    """Write ``record_00000.json`` and so on, and a README; return how many.

    Records that were there before are gone, and other files stay. An error, also of the iterable,
    leaves the folder as it was.
    """
    n = 0
    with swapped(folder, _RECORDS) as new:
        for n, record in enumerate(records, 1):
            (new / f"record_{n - 1:05d}.json").write_text(record.text() + "\n", encoding="utf-8")
        (new / README).write_text(readme(source), encoding="utf-8")
    return n


def forget_records(folder: Path) -> None:
    """Remove the records of an earlier time, which are not of what is written now."""
    forget(folder, _RECORDS)


def forget(folder: Path, owned: Sequence[str]) -> None:
    """Remove the files of a folder whose names fit one of the patterns."""
    for pattern in owned:
        for path in sorted(folder.glob(pattern)):
            path.unlink()


@contextmanager
def swapped(folder: Path, owned: Sequence[str]) -> Iterator[Path]:
    """Give an empty folder to write to, which then takes the place of `folder`.

    Parameters
    ----------
    owned : sequence of str
        Patterns of the names that are the writer's; what else `folder` has is kept.

    Raises
    ------
    ConfigError
        `folder` is a file.
    StoreError
        The new folder could not be put in place; the message says where the old one is.
    """
    folder = folder.resolve()
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file; name a folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    new, old = work / "new", work / "old"
    new.mkdir()  # with the usual rights, which `work` has not
    try:
        yield new
    except BaseException:
        shutil.rmtree(work)
        raise
    _swap(folder, new, old, owned)
    shutil.rmtree(work)


def _swap(folder: Path, new: Path, old: Path, owned: Sequence[str]) -> None:
    try:
        if folder.exists():
            folder.rename(old)
        else:
            old.mkdir()
        new.rename(folder)
        for kept in old.iterdir():
            if not any(kept.match(pattern) for pattern in owned):
                kept.rename(folder / kept.name)
    except OSError as error:
        raise StoreError(f"{folder}: {error}; what was there lies in {old}") from None
