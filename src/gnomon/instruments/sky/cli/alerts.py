"""`gnomon sky alerts`: alert packets as light curves, in one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from gnomon.cli.app import FAILURES, AsJson, Screen, ending, screen
from gnomon.errors import BadData, ConfigError
from gnomon.instruments.sky.alerts.source import SUFFIX
from gnomon.instruments.sky.cli.tabling import check_suffix, provenance_of, write
from gnomon.instruments.sky.steps.alerts import alert_parts

if TYPE_CHECKING:
    import pyarrow as pa

Files = Annotated[
    list[Path],
    typer.Argument(help="Avro files of ZTF or LSST, or folders of them.", exists=True),
]
Output = Annotated[Path, typer.Option("--output", "-o", help="FILE.parquet or FILE.csv.")]


@dataclass
class _Read:
    """What was read.

    Attributes
    ----------
    paths : list of Path
        Those that could be.
    parts : list of pyarrow.Table
        One a file.
    rejected : list of str
        What is wrong with the others.
    """

    paths: list[Path] = field(default_factory=list)
    parts: list[pa.Table] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    n_alerts: int = 0


def alerts(files: Files, output: Output = Path("alerts.parquet"), as_json: AsJson = False) -> None:
    """Write what alert packets say as light curves in the one schema, each measurement once.

    Files that cannot be read are told, and keep no other back; then the exit code is 1.
    """
    view = screen(as_json=as_json)
    with ending(view):
        # NumPy and Arrow take long to load.
        from gnomon.instruments.sky.curves.merging import merge  # noqa: PLC0415

        check_suffix(output)
        found = _read(list(_all_files(files)))
        n_rows = 0
        if found.parts:
            merged = merge(found.parts)
            made = provenance_of("sky.alert_parts", alert_parts.version, {}, found.paths)
            write(output, merged.table, made)
            n_rows = merged.table.num_rows
        _say(view, found, n_rows, output)
        if found.rejected:
            raise typer.Exit(FAILURES)


def _all_files(files: Sequence[Path]) -> Iterator[Path]:
    """Return the files, of a folder all that are alerts.

    Raises
    ------
    ConfigError
        A folder has none.
    """
    for path in files:
        inside = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
        if not inside:
            raise ConfigError(f"{path} has no file {SUFFIX}")
        yield from inside


def _read(paths: Sequence[Path]) -> _Read:
    from gnomon.instruments.sky.alerts.packets import read_alerts  # noqa: PLC0415 - late
    from gnomon.instruments.sky.alerts.rows import alerts_table  # noqa: PLC0415  as above
    from gnomon.instruments.sky.curves.schema import Answer  # noqa: PLC0415  as above
    from gnomon.store.hashing import sha256_of  # noqa: PLC0415  as above

    found = _Read()
    for path in paths:
        try:
            some = read_alerts(path)
            url = path.resolve().as_uri()
            answer = Answer(url=url, release=some[0].release, sha256=sha256_of(path))
            found.parts.append(alerts_table(some, answer))
        except BadData as error:
            text = str(error)
            found.rejected.append(text if path.name in text else f"{path.name}: {text}")
        else:
            found.paths.append(path)
            found.n_alerts += len(some)
    return found


def _say(view: Screen, found: _Read, n_rows: int, output: Path) -> None:
    if view.as_json:
        view.document(
            {
                "files": len(found.paths),
                "alerts": found.n_alerts,
                "rows": n_rows,
                "rejected": found.rejected,
                "file": str(output) if found.parts else None,
            }
        )
        return
    for text in found.rejected:
        view.err.print(f"[red]rejected:[/] {escape(text)}", soft_wrap=True)
    if found.parts:
        text = f"{found.n_alerts} alerts, {n_rows} measurements: {output}"
        view.out.print(escape(text), soft_wrap=True)
