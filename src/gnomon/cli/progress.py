"""How a run shows itself: bars in a terminal, plain lines in a log, nothing for machines."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from gnomon.cli.app import Screen
from gnomon.engine.events import Event, Happened, Listener, Summary, nobody

_ENDED = {Happened.DONE, Happened.NO_DATA, Happened.FAILED, Happened.REJECTED}
_NO_JOBS = {Happened.LISTED, Happened.NOT_LISTED, Happened.RECONNECTING, Happened.ATTEMPT}
_LINE_EVERY_S = 2.0
_MEGABYTE = 1e6
_TARGET = re.compile(r"-[0-9a-f]{8}$")


@contextmanager
def watching(screen: Screen, title: str) -> Iterator[Listener]:
    """Show a run for as long as it lasts; the listener may be called from any thread."""
    if screen.as_json:
        yield nobody
    elif screen.is_live:
        with Bars(screen.err) as bars:
            yield bars.take
    else:
        lines = Lines(screen.err, title)
        yield lines.take
        lines.flush()


class Counts:
    """Jobs ended and ahead, by name, and bytes."""

    def __init__(self) -> None:
        self.ended: dict[str, int] = {}
        self.ahead: dict[str, int] = {}
        self.flying: dict[str, int] = {}
        self.size = 0

    def take(self, event: Event) -> None:
        """Count an event in."""
        name = event.name
        if event.what is Happened.PLANNED:
            self.ahead[name] = event.count
        elif event.what is Happened.STARTED:
            self.flying[name] = self.flying.get(name, 0) + 1
        elif event.what is Happened.BYTES:
            self.size += event.count
        elif event.what in _ENDED or event.what is Happened.RETRY:
            self.flying[name] = max(self.flying.get(name, 0) - 1, 0)
            if event.what in _ENDED:
                self.ended[name] = self.ended.get(name, 0) + 1

    def total(self, name: str) -> int:
        """Return how many jobs of a name there are, as far as is known now."""
        return sum(counts.get(name, 0) for counts in (self.ended, self.ahead, self.flying))


def title(name: str) -> str:
    """Return what people call a source, step or publisher: without the number of its target."""
    label = _TARGET.sub("", name)
    return name if label == name else f"publish to {label}"


class Bars:
    """One bar per source, step and publisher."""

    def __init__(self, console: Console) -> None:
        self._counts, self._console = Counts(), console
        self._tasks: dict[str, TaskID] = {}
        self._progress = Progress(
            TextColumn("{task.description:<22}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def take(self, event: Event) -> None:
        """Move the bars."""
        self._counts.take(event)
        if (words := _words(event)) is not None:
            self._progress.console.print(words, soft_wrap=True)
        if event.what not in _NO_JOBS:
            self._move(event)

    def _move(self, event: Event) -> None:
        name, counts = event.name, self._counts
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(title(name), total=None, note="")
        task = self._tasks[name]
        self._progress.update(
            task, completed=counts.ended.get(name, 0), total=counts.total(name) or None
        )
        if event.what is Happened.BYTES:
            self._progress.update(task, note=f"{counts.size / _MEGABYTE:.1f} MB")


class Lines:
    """A line every two seconds, and one for everything that needs attention."""

    def __init__(self, console: Console, title: str) -> None:
        self._console, self._title = console, title
        self._counts = Counts()
        self._last_s = time.monotonic()
        self._said = ""

    def take(self, event: Event) -> None:
        """Print what is worth a line."""
        self._counts.take(event)
        if (words := _words(event)) is not None:
            self._console.print(words, soft_wrap=True)
        if time.monotonic() - self._last_s > _LINE_EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Print where the run is, unless that was said already."""
        self._last_s = time.monotonic()
        counts = self._counts
        parts = [
            f"{title(name)} {done}/{counts.total(name)}" for name, done in counts.ended.items()
        ]
        line = f"{self._title}: {', '.join(parts)}"
        if counts.size:
            line += f", {counts.size / _MEGABYTE:.1f} MB fetched"
        if parts and line != self._said:
            self._console.print(escape(line), soft_wrap=True)
            self._said = line


def _words(event: Event) -> str | None:
    """Return what people are told of an event at once; None: nothing."""
    about = escape(f"{event.name} {event.subject}".strip())
    message = escape(event.message)
    match event.what:
        case Happened.LISTED:
            return f"{about}: {event.count} listed, {message}"
        case Happened.NOT_LISTED:
            return f"[red]not listed[/] {about}: {message}"
        case Happened.FAILED | Happened.REJECTED | Happened.CORRUPT | Happened.FLAWED:
            return f"[red]{event.what}[/] {about}: {message}"
        case Happened.RETRY:
            return f"[yellow]failed, to be tried again[/] {about}: {message}"
        case Happened.RECONNECTING:
            return f"[yellow]reconnecting[/] {about}: {message}"
        case _:
            return None


def summary_table(summary: Summary) -> Table:
    """Return what a run did as a table."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    rows: list[tuple[str, object]] = [(title(name), n) for name, n in summary.done.items()]
    rows.append(("jobs run", summary.jobs))
    if summary.bytes_fetched:
        rows.append(("fetched", f"{summary.bytes_fetched / _MEGABYTE:.1f} MB"))
    for label, number in (
        ("nothing there", summary.no_data),
        ("reused", summary.reused),
        ("retired", summary.retired),
        ("failed or rejected", summary.standing),
        ("waiting", summary.waiting),
    ):
        if number:
            rows.append((label, number))
    for label, value in rows:
        table.add_row(label, str(value))
    return table


def summary_json(summary: Summary) -> dict[str, object]:
    """Return what a run did as values."""
    problems = [
        {"what": e.what, "name": e.name, "key": e.subject, "message": e.message}
        for e in summary.problems
    ]
    return {
        "jobs": summary.jobs,
        "done": dict(summary.done),
        "listed": summary.listed,
        "no_data": summary.no_data,
        "reused": summary.reused,
        "retired": summary.retired,
        "bytes_fetched": summary.bytes_fetched,
        "failed_or_rejected": summary.standing,
        "waiting": summary.waiting,
        "reasons": summary.reasons,
        "problems": problems,
        "ok": summary.ok,
    }
