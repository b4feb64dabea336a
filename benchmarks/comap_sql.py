"""COMAP: observations into SQL, statement by statement and row by row.

The peer is the plain way, as pipelines that talk to SQL through sessions have it: one transaction
for each of the 152 flags of an observation, which looks for the row and then changes it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import sqlalchemy as sa

from benchmarks.report import Table, best, main, scratch, times
from gnomon.instruments.comap.database.observations import Load, Observations
from gnomon.instruments.comap.database.opening import open_observations
from gnomon.instruments.comap.database.overview import Choice, overviews
from gnomon.instruments.comap.database.rows import Rows, Sql, data_of
from gnomon.instruments.comap.database.schema import FLAGS, MEASURED
from gnomon.instruments.comap.database.settling import EVERYWHERE
from gnomon.instruments.comap.kinds import LEVEL1, LEVEL2
from gnomon.instruments.comap.level1.record import Level1Record, Value
from gnomon.publish.databases.address import Address

_FIRST = 45_285
_TRIES = 3


def run(quick: bool) -> list[Table]:  # noqa: FBT001  all benchmarks have it
    """Write observations into a SQLite file of a folder that is gone afterwards."""
    number = 20 if quick else 200
    with scratch() as folder:
        database = open_observations(Address("sqlite:///own.db"), folder)
        with database.sessions.kept():
            return [_writing(database, folder, number)]


def _writing(database: Observations, folder: Path, number: int) -> Table:
    table = Table(
        f"COMAP in SQLite: {number} observations of 152 flags, figures for one of them",
        ("", "CPU", "on the clock", "times"),
        ("times: what the plain way takes, in CPU, over what ours takes",),
    )
    obsids = range(_FIRST, _FIRST + number)
    measured = _measured()
    new = best(1, lambda: _insert(database, obsids))
    table.add("new observation, all its rows", *_each(new.cpu_s, new.wall_s, number), "-")
    own = best(_TRIES, lambda: _own_statistics(database, obsids, measured))
    few = obsids[:3]
    engine = sa.create_engine(f"sqlite:///{folder / 'plain.db'}")
    _make_plain(engine, few)
    plain = best(_TRIES, lambda: _plain_statistics(engine, few, measured))
    engine.dispose()
    ratio = times(plain.cpu_s / len(few), own.cpu_s / number)
    table.add("its figures, one statement a table", *_each(own.cpu_s, own.wall_s, number), ratio)
    table.add("its figures, row by row", *_each(plain.cpu_s, plain.wall_s, len(few)), "1.0x")
    seen = best(_TRIES, lambda: overviews(database, Choice()))
    table.add("overview, an observation", *_each(seen.cpu_s, seen.wall_s, number), "-")
    return table


def _each(cpu_s: float, wall_s: float, number: int) -> tuple[str, str]:
    return f"{1e3 * cpu_s / number:.2f} ms", f"{1e3 * wall_s / number:.2f} ms"


def _measured() -> list[tuple[Sql, ...]]:
    numbers = np.random.default_rng(1).normal(size=(len(EVERYWHERE), len(MEASURED)))
    return [tuple(row) for row in numbers.tolist()]


def _insert(database: Observations, obsids: range) -> None:
    attributes: dict[str, Value] = {
        "nchan": 1024,
        "features": 512,
        "utc_start": "2024-12-01-10:30:00",
    }
    for obsid in obsids:
        name = f"comap-{obsid:07d}-2024-12-01-103000"
        record = Level1Record(obsid, name, 1, "", source="TauA", attributes=attributes)
        database.replace(Load(LEVEL1.name, obsid, ""), Rows(data_of(record)))


def _own_statistics(database: Observations, obsids: range, measured: list[tuple[Sql, ...]]) -> None:
    for obsid in obsids:
        database.replace(Load(LEVEL2.name, obsid, ""), Rows(measured=measured))


# -- the plain way


def _make_plain(engine: sa.Engine, obsids: range) -> None:
    columns = ", ".join(f"{name} FLOAT" for name in MEASURED)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                f"CREATE TABLE {FLAGS.name} (id INTEGER PRIMARY KEY, obsid INTEGER, pixel INTEGER,"
                f" frequency_band INTEGER, {columns}, UNIQUE (obsid, pixel, frequency_band))"
            )
        )
        insert = f"INSERT INTO {FLAGS.name} (obsid, pixel, frequency_band) VALUES (:o, :p, :f)"
        rows = [{"o": obsid, "p": p, "f": f} for obsid in obsids for p, f in EVERYWHERE]
        connection.execute(sa.text(insert), rows)


def _plain_statistics(engine: sa.Engine, obsids: range, measured: list[tuple[Sql, ...]]) -> None:
    where = "obsid = :o AND pixel = :p AND frequency_band = :f"
    find = sa.text(f"SELECT id FROM {FLAGS.name} WHERE {where}")
    values = ", ".join(f"{name} = :{name}" for name in MEASURED)
    update = sa.text(f"UPDATE {FLAGS.name} SET {values} WHERE id = :id")
    for obsid in obsids:
        for (pixel, band), row in zip(EVERYWHERE, measured, strict=True):
            with engine.begin() as connection:
                place = {"o": obsid, "p": pixel, "f": band}
                number = connection.execute(find, place).scalar_one()
                named = dict(zip(MEASURED, row, strict=True))
                connection.execute(update, {"id": number, **named})


if __name__ == "__main__":
    main(__doc__, run)
