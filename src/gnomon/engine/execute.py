"""Running one job: the worker's side, which never sees the database.

A worker reads store files, writes below its own workspace and returns an `Outcome`. Whatever
goes wrong becomes a part of that outcome; nothing escapes.
"""

from __future__ import annotations

import errno
import json
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any

from gnomon.acquire.source import Source
from gnomon.core.dataset import Coverage, Dataset, Report, coverage_of
from gnomon.core.items import Item
from gnomon.core.jobs import Outcome, Product, State
from gnomon.core.kinds import Key, KeyValue, Kind, Tags
from gnomon.core.pipeline import RECEIPT, receipt_key
from gnomon.core.steps import Step
from gnomon.engine.orders import Declared, FetchOrder, PublishOrder, StepOrder
from gnomon.errors import (
    ConfigError,
    Full,
    GnomonError,
    InputModified,
    NoData,
    OutputMissing,
    RateLimited,
    SourceError,
)
from gnomon.extras import missing_extra
from gnomon.store.hashing import sha256_of, size_of
from gnomon.store.store import Signature, Store, sync

Done = tuple[tuple[Product, ...], Report]


def run_step(order: StepOrder) -> Outcome:
    """Run a step on its inputs."""
    return _guarded(order.fingerprint, lambda: _step(order))


def run_fetch(order: FetchOrder) -> Outcome:
    """Bring an item in; of a rejected one, note what the archive says of its file."""
    outcome = _guarded(order.fingerprint, lambda: _fetch(order))
    if outcome.state is State.REJECTED:
        return replace(outcome, note=validator_of(order.source, order.item))
    return outcome


def validator_of(source: Source, item: Item) -> str:
    """Return what an archive says of a file, or nothing where it does not answer."""
    try:
        return source.validator(item)
    except SourceError:
        return ""


def run_publication(order: PublishOrder) -> Outcome:
    """Publish a dataset."""
    return _guarded(order.fingerprint, lambda: _publish(order))


def _guarded(fingerprint: str, work: Callable[[], Done]) -> Outcome:
    """Turn whatever happens into an outcome."""
    started_us = now_us()
    try:
        with _full_disk():
            products, report = work()
            figures = {name: float(value) for name, value in report.metrics.items()}
    except NoData as nothing:
        outcome = Outcome(fingerprint, State.DONE, note=printable(f"no data: {nothing}"))
    except Exception as error:  # noqa: BLE001  a job may fail in any way; the loop must not
        outcome = _failure(fingerprint, error)
    else:
        outcome = Outcome(
            *(fingerprint, State.DONE, products),
            metrics=figures,
            note=printable(report.note),
            flaw=printable(report.flaw),
        )
    return replace(outcome, started_us=started_us, finished_us=now_us())


def _failure(fingerprint: str, error: Exception) -> Outcome:
    if isinstance(error, ModuleNotFoundError):
        error = missing_extra(error) or error
    ours = isinstance(error, GnomonError)
    rejects = isinstance(error, GnomonError) and error.rejects
    trace = "" if ours else "".join(traceback.format_exception(error))
    after_s = error.after_s if isinstance(error, RateLimited) else None
    state = State.REJECTED if rejects else State.FAILED
    message = str(error) or type(error).__name__
    return Outcome(
        fingerprint,
        state,
        error=type(error).__name__[:64],
        message=printable(message),
        trace=printable(trace),
        after_s=after_s,
    )


def printable(text: str) -> str:
    """Return text that every database takes: no NUL, no half of a surrogate pair."""
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


@contextmanager
def _full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Full(f"no space left for {error.filename or 'the workspace'}") from error
        raise


def now_us() -> int:
    """Return the time, microseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1000


# -- steps


class Fan:
    """The `Sink` of one output: hands out paths and remembers what they are for."""

    def __init__(self, declared: Declared, workspace: Path) -> None:
        self._declared, self._workspace = declared, workspace
        self.parts: list[tuple[Path, Key, Tags, Coverage | None]] = []

    def new(
        self, *, tags: Tags | None = None, coverage: Coverage | None = None, **key: KeyValue
    ) -> Path:
        """Return the path to write the dataset of `key` to."""
        checked = self._declared.kind.check(key)
        if any(known == checked for _, known, _, _ in self.parts):
            raise ConfigError(f"{self._declared.role}: {checked} was handed out before")
        name = f"{self._declared.role}-{len(self.parts):06d}{_suffix(self._declared.kind)}"
        path = self._workspace / name
        self.parts.append((path, checked, tags or {}, coverage))
        return path


def _step(order: StepOrder) -> Done:
    step = load_step(order.ref)
    store = Store(order.root)
    seen = [_checked(store, dataset) for _, dataset in order.bound]
    arguments = _inputs(step, order, store)
    fans = {d.role: Fan(d, order.workspace) for d in order.declared if d.key is None}
    paths = {d.role: order.workspace / f"{d.role}{_suffix(d.kind)}" for d in order.declared}
    arguments |= paths | fans
    if step.config_role:
        arguments[step.config_role] = step.config.model_validate(json.loads(order.config))
    if step.provenance_role:
        arguments[step.provenance_role] = order.provenance
    report = step(**arguments)
    _refuse_edits(store, order, seen)
    return tuple(_products(order, paths, fans, report)), report


def load_step(ref: str) -> Step:
    """Return the step that `Step.ref` names."""
    module, _, name = ref.partition(":")
    found = getattr(import_module(module), name, None)
    if not isinstance(found, Step):
        raise ConfigError(f"{ref} is no step; a step stands at the top level of its module")
    return found


def _inputs(step: Step, order: StepOrder, store: Store) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for role in step.inputs:
        found = [dataset for bound, dataset in order.bound if bound == role]
        values = [store.as_input(d) if role in step.wants_input else store.path(d) for d in found]
        arguments[role] = values if role in step.grouped else next(iter(values), None)
    return arguments


def _checked(store: Store, dataset: Dataset) -> Signature:
    store.check(dataset)
    return store.signature(store.path(dataset))


def _refuse_edits(store: Store, order: StepOrder, seen: list[Signature]) -> None:
    for (role, dataset), before in zip(order.bound, seen, strict=True):
        path = store.path(dataset)
        if not path.exists() or store.signature(path) != before:
            raise InputModified(f"{order.ref} changed its input {role!r}: {dataset.path}")


def _products(
    order: StepOrder, paths: dict[str, Path], fans: dict[str, Fan], report: Report
) -> Iterator[Product]:
    for declared in order.declared:
        if declared.key is None:
            for path, key, tags, coverage in fans[declared.role].parts:
                yield product(declared.role, declared.kind, key, path, tags, coverage)
        else:
            path = paths[declared.role]
            yield product(
                declared.role, declared.kind, declared.key, path, report.tags, report.coverage
            )


def product(
    role: str, kind: Kind, key: Key, path: Path, tags: Tags, coverage: Coverage | None
) -> Product:
    """Bring a finished file to the disk and take its measure.

    Only the tags that the kind declares are kept.
    """
    if not path.exists():
        raise OutputMissing(f"{role!r} was not written: {path.name}")
    sync(path)
    kept = {name: str(value) for name, value in tags.items() if name in kind.tags}
    coverage = coverage or coverage_of(kind, key)
    return Product(role, kind.name, key, str(path), sha256_of(path), size_of(path), kept, coverage)


def _suffix(kind: Kind) -> str:
    return PurePosixPath(kind.path).suffix


# -- fetching and publishing


def _fetch(order: FetchOrder) -> Done:
    item = order.item
    dest = order.workspace / f"fetched{_suffix(order.kind)}"
    report = order.source.fetch(item, dest, order.known, order.progress)
    tags = {**item.tags, **report.tags}
    made = product("file", order.kind, item.key, dest, tags, report.coverage)
    made = replace(made, version=item.version, place=item.path, replace=item.replace)
    return (made,), report


def _publish(order: PublishOrder) -> Done:
    store, dataset = Store(order.root), order.dataset
    store.check(dataset)
    receipt = order.publisher.publish(dataset, store.path(dataset))
    if order.previous is not None and order.previous.target != receipt.target:
        order.publisher.retract(order.previous)
    path = order.workspace / "receipt.json"
    receipt.write(path)
    key = receipt_key(order.name, dataset.kind, dataset.key_text)
    done = product("receipt", RECEIPT, key, path, {}, None)
    return (done,), Report(note=receipt.target, flaw=receipt.flaw)
