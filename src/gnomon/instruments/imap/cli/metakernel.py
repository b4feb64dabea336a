"""`gnomon imap fetch metakernel`: which kernels of the store a span of time needs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gnomon.cli.app import FAILURES, HERE, AsJson, DryRun, Folder, Screen, project
from gnomon.core.dataset import Coverage
from gnomon.engine.adopt import Brought, adopt
from gnomon.engine.project import Project
from gnomon.errors import BadData, ConfigError, NoData
from gnomon.instruments.imap.cli.stored import Holdings
from gnomon.instruments.imap.kernels.coverage import Interval
from gnomon.instruments.imap.kernels.metakernel import (
    KernelFile,
    Metakernel,
    build,
    end_of_attitude,
    shortened,
)
from gnomon.instruments.imap.kinds import KERNEL, LSK, METAKERNEL, SCLK
from gnomon.instruments.imap.steps.metakernel import kernel_file

_J2000_UTC = datetime(2000, 1, 1, 11, 58, 55, 816000, tzinfo=UTC)
_LEAP_SECONDS = timedelta(seconds=5)
"""Of UTC between 2000 and any day since 2017."""


@dataclass(frozen=True)
class Wish:
    """What to write, and where.

    Attributes
    ----------
    output : Path
        A folder, or a file.
    base : str
        Stands before every path of the metakernel.
    """

    output: Path
    base: str = ""
    publishes: bool = False
    wants_all: bool = False
    verifies: bool = True


def metakernel(
    start_time: Annotated[
        str | None,
        typer.Option(help="UTC, or TDB seconds since J2000. Default: where attitude begins."),
    ] = None,
    end_time: Annotated[
        str | None,
        typer.Option(help="UTC, or TDB seconds since J2000. Default: where attitude ends."),
    ] = None,
    output_path: Annotated[Path, typer.Option(help="A folder or a file to write.")] = HERE,
    file_types: Annotated[
        list[str] | None,
        typer.Option(help="Kernel types, such as leapseconds; repeatable. Default: all."),
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish", "-p", help="Keep it in the store, not in a folder.")
    ] = False,
    as_list: Annotated[
        bool, typer.Option("--list", "-l", help="Name the kernels and the gaps; write nothing.")
    ] = False,
    require_coverage: Annotated[
        bool, typer.Option("--require-coverage", "-c", help="Where something is not covered, fail.")
    ] = False,
    verify: Annotated[bool, typer.Option(help="Load it with SPICE.")] = True,
    base_path: Annotated[
        str, typer.Option(help="Stands before every path in it. Default: relative to the store.")
    ] = "",
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Write a metakernel for a span of time, and tell what the kernels of the store do not cover.

    Without --base-path its paths are relative to the store, so load it there.
    """
    with project(folder, as_json=as_json) as (opened, screen):
        if not base_path.isascii():
            raise ConfigError(f"--base-path {base_path}: a metakernel holds ASCII only")
        known = _kernels(opened)
        made = build(known, _span(known, start_time, end_time), file_types or ())
        wish = Wish(output_path, base_path, publish, require_coverage, verify)
        written = None
        if (not made.gaps or not require_coverage) and not as_list:
            written = _written(opened, made, wish, dry_run=dry_run)
        _show(screen, made, written, names=as_list)
        if made.gaps and require_coverage:
            raise typer.Exit(FAILURES)


def _kernels(opened: Project) -> list[KernelFile]:
    with opened.catalog_or_empty() as catalog:
        holdings = Holdings(opened, catalog)
        found = [
            kernel_file(kind, opened.store.as_input(dataset))
            for kind in (KERNEL, SCLK, LSK)
            for dataset in holdings.current(kind)
        ]
    return [one for one in found if one is not None]


def _span(known: Iterable[KernelFile], start: str | None, end: str | None) -> Interval:
    usual = None if start and end else end_of_attitude(known)
    if usual is None and not (start and end):
        raise NoData("the store has no attitude_history, so name --start-time and --end-time")
    first = _instant(start) if start else usual.start if usual else _J2000_UTC
    last = _instant(end) if end else usual.stop if usual else _J2000_UTC
    return Interval(first, last)


def _instant(text: str) -> datetime:
    try:
        return _J2000_UTC - _LEAP_SECONDS + timedelta(seconds=float(text))
    except (ValueError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no time: 2025-10-17T00:00:00, or TDB seconds") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


# -- writing


def _written(opened: Project, made: Metakernel, wish: Wish, *, dry_run: bool) -> str:
    """Write it; return where it is, or would be."""
    start, stop = made.name
    key = {"start": start, "stop": stop}
    name = Path(METAKERNEL.format(key, 1)).name
    target = wish.output / name if wish.output.is_dir() else wish.output
    with tempfile.TemporaryDirectory(prefix="gnomon-") as folder:
        draft = Path(folder) / name
        if wish.verifies:
            draft.write_text(made.text(), encoding="ascii")
            _verify(draft, opened.store.root)
        draft.write_text(made.text(wish.base), encoding="ascii")
        if dry_run:
            return str(opened.store.root / METAKERNEL.format(key, 1) if wish.publishes else target)
        if wish.publishes:
            covered = Coverage.between(made.span.start, made.span.stop)
            with opened.catalog() as catalog:
                taken = adopt(
                    catalog, opened.store, Brought(draft, METAKERNEL, key, {}, coverage=covered)
                )
            return str(opened.store.path(taken.dataset))
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        part.write_bytes(draft.read_bytes())
        part.replace(target)
    return str(target)


def _verify(draft: Path, root: Path) -> None:
    # SPICE is optional, and takes long to load.
    from gnomon.instruments.imap.kernels.pool import borrowed, kernels_of  # noqa: PLC0415

    wanted = kernels_of(draft, root.resolve())
    with borrowed(wanted) as spice:
        count = spice.ktotal("ALL")
    if count != len(wanted):
        raise BadData(f"SPICE loaded {count} of {len(wanted)} kernels")


def _show(screen: Screen, made: Metakernel, written: str | None, *, names: bool) -> None:
    if screen.as_json:
        screen.document(
            {
                "path": written,
                "span": made.span.text(),
                "kernels": [k.path for k in made.kernels],
                "gaps": [{"group": g.group, "interval": g.interval.text()} for g in made.gaps],
            }
        )
        return
    if names:
        for kernel in made.kernels:
            screen.out.print(f"{kernel.type:<24} {escape(kernel.path)}", soft_wrap=True)
    if written:
        screen.out.print(escape(written), soft_wrap=True)
    if made.gaps:
        screen.err.print(f"not covered: {escape(shortened(made.gaps, 20))}", soft_wrap=True)
