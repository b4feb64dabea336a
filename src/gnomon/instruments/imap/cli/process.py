"""`gnomon imap process`: files of housekeeping packets, of any APIDs and days, become rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from gnomon.catalog import queries
from gnomon.catalog.catalog import Catalog
from gnomon.cli.app import FAILURES, HERE, AsJson, DryRun, Folder, Screen, project
from gnomon.cli.part import part
from gnomon.cli.progress import summary_json, summary_table
from gnomon.cli.run import work
from gnomon.core.dataset import Dataset
from gnomon.core.kinds import KeyValue, Kind
from gnomon.engine.adopt import Brought, adopt
from gnomon.engine.events import Summary
from gnomon.engine.project import How, Project
from gnomon.errors import BadData, ConfigError, NoData
from gnomon.instruments.imap.kinds import HK_L0, HK_L1, LSK, SCLK, XTCE

if TYPE_CHECKING:
    # NumPy is not loaded by every command.
    from gnomon.formats.packets import Definition
    from gnomon.instruments.imap.hk.days import DayPart, Split
    from gnomon.timescales.sclk import SpacecraftClock

PIPELINE, DECODE = "imap-hk", "imap.decode"


class SaveMode(StrEnum):
    """Where the rows go."""

    LOCAL_ONLY = "LocalOnly"
    LOCAL_AND_DATABASE = "LocalAndDatabase"


@dataclass
class Done:
    """What became of the files.

    Attributes
    ----------
    days : list of dict
        What was made: packet, day, number of packets or rows, path.
    notes : list of str
        What to know, such as packets that are not kept.
    flaws : list of str
        What was lost.
    summary : Summary, optional
        Of the run that decoded.
    """

    days: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)
    summary: Summary | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing was lost, and nothing failed."""
        return not self.flaws and (self.summary is None or self.summary.ok)

    def add(self, part_: DayPart, number: int, path: str) -> None:
        """Note a file that was made, or would be."""
        name, day = part_.packet.store_name, f"{part_.day}"
        self.days.append({"packet": name, "day": day, "number": number, "path": path})


def process(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Paths, or names of files of the store.")
    ],
    save_mode: Annotated[
        SaveMode | None,
        typer.Option(
            help="LocalAndDatabase: merge the packets into the store's days, and decode those;"
            " LocalOnly: write CSV and Parquet into a folder, and change nothing else."
            " When absent: LocalOnly with --output, else LocalAndDatabase."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="The folder of LocalOnly; this one when absent."),
    ] = None,
    xtce: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="LocalOnly: not the store's definitions."),
    ] = None,
    sclk: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="LocalOnly: not the store's kernel."),
    ] = None,
    lsk: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="LocalOnly: not the store's kernel."),
    ] = None,
    folder: Folder = HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Decode files of housekeeping packets, by UTC day; ends with 1 where bytes were lost."""
    with project(folder, as_json=as_json) as (opened, screen):
        is_local = save_mode is SaveMode.LOCAL_ONLY or (save_mode is None and output is not None)
        if not is_local and (output or xtce or sclk or lsk):
            raise ConfigError(
                "--output, --xtce, --sclk and --lsk are for --save-mode LocalOnly;"
                " `gnomon adopt` brings definitions and kernels into the store"
            )
        with (
            opened.catalog(dry_run=dry_run or is_local) as catalog,
            tempfile.TemporaryDirectory() as name,
        ):
            shelf = Shelf(opened, catalog)
            given = split_files(shelf, files, sclk, lsk, Path(name))
            if is_local:
                done = _write(shelf, given, xtce or (), output or HERE, dry_run=dry_run)
            else:
                done = _merge(shelf, given, screen, dry_run=dry_run)
        _show(screen, done, dry_run=dry_run)


# -- what is there


@dataclass(frozen=True)
class Shelf:
    """The project's store, as its catalogue knows it."""

    opened: Project
    catalog: Catalog

    def file(self, name: str) -> Path:
        """Return a file by its path, or by its name in the store.

        Raises
        ------
        ConfigError
            There is none, or several.
        """
        if Path(name).is_file():
            return Path(name)
        same = [path for path in queries.paths(self.catalog) if Path(path).name == name]
        if len(same) != 1:
            what = "several: " + ", ".join(sorted(same)) if same else "none of that name"
            raise ConfigError(f"{name}: no such file here, and in the store {what}")
        return self.opened.store.root / same[0]

    def current(self, kind: Kind, **key: KeyValue) -> Path | None:
        """Return the file of a current dataset."""
        texts = {name: str(value) for name, value in key.items()}
        found: list[Dataset] = [
            stored.dataset for stored in queries.datasets(self.catalog, kind.name, texts)
        ]
        return self.opened.store.path(found[0]) if found else None


@dataclass(frozen=True)
class Given:
    """The packets of all files, apart by APID and day, and what tells their time."""

    split: Split
    clock: SpacecraftClock
    kernels: tuple[str, ...]

    def report(self) -> Done:
        """Begin a report with what the files lack."""
        found = self.split
        done = Done(flaws=[str(found.losses)] if found.losses.n_bytes else [])
        done.notes = [
            f"{number} packets of APID {apid}, which is not kept"
            for apid, number in sorted(found.unknown.items())
        ]
        if found.n_timeless:
            done.flaws.append(f"{found.n_timeless} packets have times that the clock cannot show")
        if not self.clock.is_correlated:
            done.notes.append(
                "times are mission elapsed time and leap seconds: the store has no clock kernel"
                " (imap.sclk)"
            )
        return done


def split_files(
    shelf: Shelf, files: Iterable[str], sclk: Path | None, lsk: Path | None, folder: Path
) -> Given:
    """Sort the packets of files by APID and UTC day, into a folder."""
    from gnomon.instruments.imap.hk.days import split  # noqa: PLC0415 - see the top
    from gnomon.timescales.sclk import SpacecraftClock  # noqa: PLC0415 - see the top

    paths = list(dict.fromkeys(shelf.file(name) for name in files))
    kernels = sclk or shelf.current(SCLK), lsk or shelf.current(LSK)
    clock = SpacecraftClock.read(*kernels)
    names = tuple(path.name for path in kernels if path is not None)
    return Given(split(paths, clock, folder), clock, names)


# -- LocalOnly


def _write(
    shelf: Shelf, given: Given, xtce: Iterable[Path], output: Path, *, dry_run: bool
) -> Done:
    """Write rows into a folder, under the names that they would have in the store."""
    done = given.report()
    read = _Definitions(shelf, tuple(xtce))
    for one in given.split.parts:
        if not one.n_inside:
            continue
        definition = read.of(one)
        path = output / Path(HK_L1.format(_key(one), 1)).name
        if dry_run:
            done.add(one, one.n_inside, str(path))
            continue
        try:
            number, flaw = _write_day(one, definition, given, path)
        except (BadData, NoData) as error:
            done.flaws.append(f"{one.packet.store_name} {one.day}: {error}")
            continue
        done.add(one, number, str(path))
        if flaw:
            done.flaws.append(f"{one.packet.store_name} {one.day}: {flaw}")
    return done


def _write_day(one: DayPart, definition: Definition, given: Given, path: Path) -> tuple[int, str]:
    from gnomon.instruments.imap.hk.rows import read_rows  # noqa: PLC0415 - see the top
    from gnomon.instruments.imap.hk.writing import (  # noqa: PLC0415 - see the top
        write_csv,
        write_parquet,
    )

    rows = read_rows([one.path], definition, given.clock, one.packet.apid, one.day)
    path.parent.mkdir(parents=True, exist_ok=True)
    table = path.with_suffix(".parquet")
    parts = [made.with_name(made.name + ".part") for made in (path, table)]
    write_csv(parts[0], rows, given.clock)
    write_parquet(parts[1], rows, given.clock, given.kernels)
    for made, part_ in zip((path, table), parts, strict=True):
        part_.replace(made)
    return len(rows), rows.counts.flaw


class _Definitions:
    """The packet definitions that are given, or else the store's."""

    def __init__(self, shelf: Shelf, paths: tuple[Path, ...]) -> None:
        from gnomon.formats.packets import read_definition  # noqa: PLC0415 - see the top

        self._shelf, self._read = shelf, read_definition
        self._given = [read_definition(path) for path in paths]
        self._known: dict[str, Definition] = {}

    def of(self, one: DayPart) -> Definition:
        """Return the definition of a sort of packet.

        Raises
        ------
        ConfigError
            There is none.
        """
        for definition in self._given:
            if one.packet.apid in definition.apids():
                return definition
        instrument = one.packet.instrument
        if instrument not in self._known:
            self._known[instrument] = self._read(_definition(self._shelf, instrument))
        return self._known[instrument]


def _definition(shelf: Shelf, instrument: str) -> Path:
    path = shelf.current(XTCE, instrument=instrument)
    if path is None:
        raise ConfigError(
            f"the store has no packet definition of {instrument!r}:"
            f" `gnomon adopt FILE --kind {XTCE.name} instrument={instrument}` brings one"
        )
    return path


# -- LocalAndDatabase


def _merge(shelf: Shelf, given: Given, screen: Screen, *, dry_run: bool) -> Done:
    """Merge packets into the store's days, and decode these."""
    for instrument in sorted({one.packet.instrument for one in given.split.parts}):
        _definition(shelf, instrument)  # before anything is changed
    done, merged = merge_days(shelf, given, dry_run=dry_run)
    if merged and not dry_run:
        names = frozenset[KeyValue](one.packet.store_name for one in merged)
        days = frozenset[KeyValue](one.day for one in merged)
        pipeline = part(shelf.opened, PIPELINE, steps=[DECODE], only={"packet": names, "day": days})
        done.summary = work(shelf.opened, screen, pipeline, How())
    return done


def merge_days(shelf: Shelf, given: Given, *, dry_run: bool) -> tuple[Done, list[DayPart]]:
    """Merge packets into the store's days; return which days those are."""
    done = given.report()
    merged = []
    for one in given.split.parts:
        known = shelf.current(HK_L0, **_key(one))
        if not one.n_inside and known is None:
            continue
        merged.append(one)
        if dry_run:
            done.add(one, one.n_inside, "" if known is None else known.name)
        else:
            _merge_day(shelf, one, known, done)
    return done, merged


def _merge_day(shelf: Shelf, one: DayPart, known: Path | None, done: Done) -> None:
    from gnomon.instruments.imap.hk.days import write_day  # noqa: PLC0415 - see the top

    parts = [one.path] if known is None else [known, one.path]
    made = one.path.with_suffix(".day")
    # The part is cut already, and what is known stays, whatever the clock says of it now.
    counts = write_day(made, parts, one.day, None, apid=one.packet.apid)
    adopted = adopt(shelf.catalog, shelf.opened.store, Brought(made, HK_L0, _key(one), {}))
    made.unlink()
    done.add(one, counts.n_packets, adopted.dataset.path)
    if counts.flaw:  # what is known was damaged
        done.flaws.append(f"{one.packet.store_name} {one.day}: {counts.flaw}")


def _key(one: DayPart) -> dict[str, str | date]:
    return {
        "instrument": one.packet.instrument,
        "packet": one.packet.store_name,
        "day": one.day,
    }


# -- what to say


def _show(screen: Screen, done: Done, *, dry_run: bool) -> None:
    if screen.as_json:
        ran = {} if done.summary is None else {"run": summary_json(done.summary)}
        told = {"days": done.days, "notes": done.notes, "flaws": done.flaws, **ran}
        screen.document(told | {"ok": done.ok})
    else:
        verb = "would go to" if dry_run else "->"
        for day in done.days:
            where = escape(day["path"]) or "a new file of the store"
            text = f"{day['packet']} {day['day']}: {day['number']} {verb} {where}"
            screen.out.print(text, soft_wrap=True)
        for note in done.notes:
            screen.err.print(escape(note), soft_wrap=True)
        for flaw in done.flaws:
            screen.err.print(f"[red]lost:[/] {escape(flaw)}", soft_wrap=True)
        if done.summary is not None:
            screen.out.print(summary_table(done.summary))
        if not done.days:
            screen.out.print("no housekeeping packets")
    if not done.ok:
        raise typer.Exit(FAILURES)
