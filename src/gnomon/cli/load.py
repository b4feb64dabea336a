"""`gnomon load`: files of any sort into tables of PostgreSQL or SQLite, as a job file says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from gnomon.cli.app import FAILURES, HERE, AsJson, DryRun, Folder, Screen, ending, screen
from gnomon.publish.databases.address import Address
from gnomon.publish.tables.publisher import VARIABLE, address_of, needing_extra

if TYPE_CHECKING:
    from gnomon.publish.tables.changes import Change
    from gnomon.publish.tables.database import Database
    from gnomon.publish.tables.jobs import Job
    from gnomon.publish.tables.loading import Outcome
    from gnomon.publish.tables.reading import Raw

app = typer.Typer(
    help="Load CSV, CDF and Parquet files into tables of PostgreSQL or SQLite.",
    no_args_is_help=True,
)
Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV, Parquet or CDF.")]
Config = Annotated[
    Path, typer.Option("--config", "-c", help="The job file: YAML as crump writes it, or TOML.")
]
JobName = Annotated[str, typer.Option("--job", "-j", help="A job; by the files' names if absent.")]
Url = Annotated[
    str,
    typer.Option(
        "--db-url",
        help=f"postgresql://user@host/name or sqlite:///file.db; {VARIABLE} when absent."
        " Leave passwords to ~/.pgpass, PGPASSWORD or .env: a command line is no secret.",
    ),
]
_SHOWN = 5
_WIDEST = 40


@contextmanager
def _screen(*, as_json: bool) -> Iterator[Screen]:
    view = screen(as_json=as_json)
    with ending(view), needing_extra():
        yield view


def open_url(url: str, folder: Path, *, dry: bool = False) -> Database:
    """Return the database of a URL, whose path is relative to where the user is.

    Parameters
    ----------
    url : str
        `VARIABLE` of the environment, or of the folder's ``.env``, where it is empty.
    dry : bool
        For a look only.
    """
    from gnomon.publish.tables.loading import open_tables  # noqa: PLC0415  an extra

    address = address_of(Address(url), folder)
    return open_tables(address, Path() if url else folder, dry=dry)


# -- prepare


@app.command()
def prepare(
    files: Files,
    config: Config,
    job: JobName = "",
    table: Annotated[str, typer.Option(help="The table; by the files' names if absent.")] = "",
    identify: Annotated[
        list[str] | None,
        typer.Option("--id", help="A column that identifies a row; found if absent."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Overwrite jobs.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Write a job for each sort of file: types, what identifies a row, what names say.

    Types are those of all rows of all files, or of the Parquet that lies beside a CSV. Files
    whose names differ in day and version only are of one sort.
    """
    with _screen(as_json=as_json) as view:
        from gnomon.publish.tables import jobfile, preparing  # noqa: PLC0415  an extra

        made = preparing.prepare(files, key=identify or (), name=job, table=table)
        described = {name: jobfile.described(one) for name, one in made.items()}
        if dry_run and not as_json:
            view.out.print(jobfile.dump_jobs(config, described), markup=False, end="")
        if not dry_run:
            jobfile.add_jobs(config, made, overwrite=force)
        if as_json:
            view.document({"jobs": described})
        elif not dry_run:
            for one in made.values():
                _tell_job(view, one)


def _tell_job(view: Screen, job: Job) -> None:
    columns = len(job.columns or ()) + len(job.key)
    view.out.print(
        f"[bold]{escape(job.name)}[/]: {columns} columns, identified by"
        f" {escape(', '.join(job.key_columns))}"
    )
    if job.pattern is not None:
        view.out.print(f"  from {escape(job.pattern.text)}")


# -- sync


@app.command()
def sync(
    files: Files,
    config: Config,
    job: JobName = "",
    db_url: Url = "",
    history: Annotated[
        bool, typer.Option("--history/--no-history", help="Record what happens in a table.")
    ] = False,
    max_records: Annotated[
        int | None, typer.Option(min=1, help="The most rows to take of a file.")
    ] = None,
    older: Annotated[
        bool, typer.Option("--older", help="Load a version though a newer one is there.")
    ] = False,
    allow_functions: Annotated[
        bool, typer.Option("--allow-functions", help="Let the job file call Python functions.")
    ] = False,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring files into their tables: each in one transaction, so it is there whole or not at all.

    Rows that a newer version of a file no longer has are deleted, where the job says by which
    column. A file that fails does not stop the others, and ends the command with 1. A dry run
    compares each file with what is there now, and shows some of the rows that would change.
    """
    with _screen(as_json=as_json) as view:
        from gnomon.publish.tables.jobfile import read_jobs  # noqa: PLC0415  an extra
        from gnomon.publish.tables.jobs import choose  # noqa: PLC0415
        from gnomon.publish.tables.loading import How, load_files  # noqa: PLC0415

        jobs = read_jobs(config)
        if job:
            choose(jobs, Path(), job)  # a name that is wrong is told once
        how = How(
            dry_run,
            history,
            newest_only=not older,
            most_rows=max_records,
            allow_functions=allow_functions,
        )
        database = open_url(db_url, folder, dry=dry_run)
        tell = (lambda _: None) if as_json else (lambda one: _tell(view, one, dry=dry_run))
        outcomes = load_files(database, files, lambda path: choose(jobs, path, job), how, tell)
        if as_json:
            view.document([_values(outcome) for outcome in outcomes])
        if any(outcome.error or (outcome.change and outcome.change.lost) for outcome in outcomes):
            raise typer.Exit(FAILURES)


def _tell(view: Screen, outcome: Outcome, *, dry: bool) -> None:
    name, change = escape(outcome.path.name), outcome.change
    if outcome.error is not None:
        text = str(outcome.error)
        said = text if outcome.path.name in text else f"{outcome.path.name}: {text}"
        view.err.print(f"[red]failed[/] {escape(said)}", soft_wrap=True)
    if change is None:
        return
    if change.older_than is not None:
        newer = escape(change.older_than.name)
        view.out.print(f"{name}: left out, {newer} is there", soft_wrap=True)
        return
    would = "would be " if dry else ""
    view.out.print(
        f"{name} -> {escape(change.table)}: {change.rows} rows, {would}{change.inserted} inserted,"
        f" {change.updated} updated, {change.deleted} deleted",
        soft_wrap=True,
    )
    for line in change.schema:
        view.out.print(f"  {'would ' if dry else ''}{escape(line)}", soft_wrap=True)
    for note in change.notes:
        view.err.print(f"  [yellow]{escape(note)}[/]", soft_wrap=True)
    _tell_samples(view, change)


def _tell_samples(view: Screen, change: Change) -> None:
    for sample in change.samples:
        key = ", ".join(f"{name}={value}" for name, value in sample.key.items())
        differing = list(sample.values.items())
        told = ", ".join(f"{name}: {old} -> {new}" for name, (old, new) in differing[:_SHOWN])
        more = f" and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
        view.out.print(f"  {escape(f'{key}: {told}{more}')}", soft_wrap=True)


def _values(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as values for JSON."""
    change = outcome.change
    said: dict[str, Any] = {
        "file": str(outcome.path),
        "job": outcome.job,
        "state": "failed" if outcome.error else "loaded",
        "error": str(outcome.error) if outcome.error else None,
        "duration_s": outcome.duration_s,
    }
    if change is None:
        return said
    if change.older_than is not None:
        return said | {"state": "older", "table": change.table, "newer": change.older_than.name}
    return said | {
        "table": change.table,
        "rows": change.rows,
        "inserted": change.inserted,
        "updated": change.updated,
        "unchanged": change.unchanged,
        "deleted": change.deleted,
        "lost": change.lost,
        "schema": list(change.schema),
        "notes": list(change.notes),
        "changed": [
            {"key": dict(one.key), "values": {n: list(v) for n, v in one.values.items()}}
            for one in change.samples
        ],
    }


# -- looking


@app.command()
def inspect(
    files: Files,
    max_records: Annotated[int, typer.Option("-n", "--max-records", min=0)] = 10,
    as_json: AsJson = False,
) -> None:
    """Show what files hold: columns, types, and the first rows."""
    with _screen(as_json=as_json) as view:
        from gnomon.publish.tables.reading import read_file  # noqa: PLC0415  an extra

        found = [raw for path in files for raw in read_file(path)]
        if as_json:
            view.document([_about(raw, max_records) for raw in found])
            return
        for raw in found:
            _show(view, raw, max_records)


def _columns(raw: Raw) -> list[dict[str, Any]]:
    from gnomon.publish.tables.preparing import columns_of  # noqa: PLC0415  an extra

    if not raw.table.num_rows:
        return [{"name": name, "type": None, "nullable": None} for name in raw.table.column_names]
    return [
        {"name": one.name, "type": str(one.type), "nullable": one.has_null}
        for one in columns_of([raw])
    ]


def _about(raw: Raw, most: int) -> dict[str, Any]:
    return {
        "file": str(raw.path),
        "group": raw.group,
        "size": raw.path.stat().st_size,
        "rows": raw.table.num_rows,
        "columns": _columns(raw),
        "first": raw.table.slice(0, most).to_pylist(),
    }


def _show(view: Screen, raw: Raw, most: int) -> None:
    group = f" [{raw.group}]" if raw.group else ""
    size = raw.path.stat().st_size / 1e3
    heading = f"{raw.path.name}{group}: {raw.table.num_rows} rows, {size:.1f} kB"
    view.out.print(f"[bold]{escape(heading)}[/]")
    first = raw.table.slice(0, most).to_pylist()
    table = Table("column", "type", "null", *(str(at + 1) for at in range(len(first))), box=None)
    for one in _columns(raw):
        values = [_short(row[one["name"]]) for row in first]
        null = {True: "yes", False: "no", None: ""}[one["nullable"]]
        table.add_row(escape(one["name"]), one["type"] or "", null, *map(escape, values))
    view.out.print(table)


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


@app.command()
def history(
    db_url: Url = "",
    most: Annotated[int, typer.Option("-n", "--last", min=1, help="How many to show.")] = 20,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show what was loaded: what the tables hold now, and what `sync --history` recorded."""
    with _screen(as_json=as_json) as view:
        database = open_url(db_url, folder, dry=True)
        held, recorded = database.loaded(), database.history()[-most:]
        if as_json:
            view.document(
                {
                    "loaded": [
                        {"table": one.table, "place": one.place, "file": one.name,
                         "rows": one.rows, "sha256": one.sha256, "at": one.loaded_at}
                        for one in held
                    ],
                    "history": recorded,
                }
            )  # fmt: skip
            return
        now = Table("table", "file", "rows", "loaded", box=None, pad_edge=False)
        for one in held:
            now.add_row(escape(one.table), escape(one.name), str(one.rows), one.loaded_at[:19])
        view.out.print(now)
        for row in recorded:
            mark = "[green]done[/]" if row["success"] else "[red]failed[/]"
            what = row["error"] or f"{row['rows_upserted']} written, {row['rows_deleted']} deleted"
            told = f"{row['timestamp'][:19]} {row['filename']} -> {row['table_name']}: {what}"
            view.out.print(f"{mark} {escape(told)}", soft_wrap=True)
