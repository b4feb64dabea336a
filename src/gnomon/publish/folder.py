"""Publication into a folder, under names without versions."""

from __future__ import annotations

import errno
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from glob import escape
from pathlib import Path

from pydantic import Field

from gnomon.core.dataset import Dataset
from gnomon.core.instrument import PublisherType
from gnomon.core.steps import StepConfig
from gnomon.errors import ConfigError, Full, PublishError
from gnomon.publish.publisher import Receipt

_VERSION = re.compile(r"_v\d+(?=\.[^/]*$|$)")


class FolderConfig(StepConfig):
    """Where to, and under which names."""

    output: Path = Field(description="the folder; made when it is absent")
    names: Mapping[str, str] = Field(
        default_factory=dict,
        description="per kind, a template of keys and tags; else the store's path, unversioned",
    )


class FolderPublisher:
    """Copies datasets into a folder, each by rename.

    Parameters
    ----------
    folder : Path
        What a relative `output` is relative to.
    """

    def __init__(self, config: FolderConfig, folder: Path) -> None:
        self._root, self._names = (folder / config.output).resolve(), config.names

    def publish(self, dataset: Dataset, path: Path) -> Receipt:
        """Copy a file, or a folder as a whole."""
        name = self.target(dataset)
        target = self._root / name
        # Not the store's own inode: what is published may be edited, the store may not.
        part = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
        with _failures(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            _remove_parts(target)
            try:
                _copy(path, part)
                if target.is_dir():
                    shutil.rmtree(target)
                part.replace(target)
            finally:
                _remove(part)
        # Relative, so that a copy of a project does not reach into the output of its model.
        return Receipt.of(dataset, name, str(dataset.size))

    def holds(self, receipt: Receipt) -> bool:
        """Compare the size; a file that somebody edited to the same size is theirs."""
        target = self._root / receipt.target
        return target.exists() and (target.is_dir() or target.stat().st_size == int(receipt.detail))

    def retract(self, receipt: Receipt) -> None:
        """Remove the copy, and folders that this leaves empty."""
        target = self._root / receipt.target
        with _failures(target):
            _remove(target)
            _remove_parts(target)
            for parent in target.parents:
                if parent == self._root or not parent.is_dir() or any(parent.iterdir()):
                    break
                parent.rmdir()

    def target(self, dataset: Dataset) -> str:
        """Return the name below the output folder."""
        template = self._names.get(dataset.kind)
        if template is None:
            return _VERSION.sub("", dataset.path)
        try:
            name = template.format(**{**dataset.tags, **dataset.key})
        except (KeyError, ValueError) as error:
            raise ConfigError(
                f"the name {template!r} does not fit {dataset.kind}: {error}"
            ) from None
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise ConfigError(f"the name {name!r} leaves the folder")
        return name


FOLDER = PublisherType("folder", FolderConfig, FolderPublisher)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_copy_file)
    else:
        _copy_file(source, target)


def _copy_file(source: Path | str, target: Path | str) -> None:
    shutil.copyfile(source, target)
    with Path(target).open("rb") as stream:
        os.fsync(stream.fileno())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _remove_parts(target: Path) -> None:
    """Remove what a publication left behind that was cut short."""
    for part in target.parent.glob(f".{escape(target.name)}.*.part"):
        _remove(part)


@contextmanager
def _failures(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Full(f"no space left to publish {target}") from error
        raise PublishError(f"{target} cannot be written: {error}") from error
