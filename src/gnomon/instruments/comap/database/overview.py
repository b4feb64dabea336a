"""Questions of people: which observations there are, and how far they have come."""

# ruff: noqa: S608  (names come from `database.schema`, values are parameters)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from gnomon.errors import ConfigError
from gnomon.instruments.comap.database.observations import Observations
from gnomon.instruments.comap.database.schema import DATA, FLAGS, SUMMARY
from gnomon.instruments.comap.level1.verdict import Status
from gnomon.instruments.comap.receiver import N_FEEDS

_ESCAPE = "!"
_STATUS = f"coalesce(s.processing_status, '{Status.PENDING}')"
_BAD = (
    f"(SELECT count(*) FROM {FLAGS.name} AS f WHERE f.obsid = d.obsid"
    f" AND f.pixel BETWEEN 1 AND {N_FEEDS} AND NOT f.is_good)"
)


@dataclass(frozen=True)
class Choice:
    """Which observations; what is empty is not asked for.

    Attributes
    ----------
    sources, groups : sequence of str
        Names or patterns (``fg*``), whether in capitals or not.
    status : Status, optional
    obsids : sequence of int
    """

    sources: Sequence[str] = ()
    groups: Sequence[str] = ()
    status: Status | None = None
    obsids: Sequence[int] = ()


@dataclass(frozen=True)
class Overview:
    """One observation; None where nothing is known.

    Attributes
    ----------
    reason : str, optional
        Why it failed.
    median_tsys_k, mean_tau_k : float, optional
        ``mean_tau_k`` is temperature times opacity at the zenith.
    n_bad : int
        Feeds and frequency bands, of 152, that are not to be used.
    """

    obsid: int
    utc_start: str | None
    source: str | None
    source_group: str | None
    status: str
    reason: str | None
    median_tsys_k: float | None
    mean_tau_k: float | None
    n_scans: int | None
    calibrator_flux_jy: float | None
    n_bad: int
    level1_path: str | None
    level2_path: str | None


_COLUMNS = {
    "obsid": "d.obsid",
    "utc_start": "d.utc_start",
    "source": "d.source",
    "source_group": "d.source_group",
    "status": _STATUS,
    "reason": "s.processing_error",
    "median_tsys_k": "s.median_tsys",
    "mean_tau_k": "s.mean_tau",
    "n_scans": "s.n_scans",
    "calibrator_flux_jy": "s.calibrator_flux",
    "n_bad": _BAD,
    "level1_path": "d.level1_path",
    "level2_path": "d.level2_path",
}


def overviews(database: Observations, choice: Choice) -> list[Overview]:
    """Return the observations of a choice, by obsid.

    Raises
    ------
    ConfigError
        Nothing was ever published there.
    """
    if not database.is_there():
        raise ConfigError(
            f"{database.address} has no observations: run a pipeline that publishes to it by"
            " `comap.sql`, or name another by --database"
        )
    conditions, values = _conditions(choice, database.mark)
    columns = ", ".join(_COLUMNS[field.name] for field in fields(Overview))
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    query = (
        f"SELECT {columns} FROM {DATA.name} AS d LEFT JOIN {SUMMARY.name} AS s"
        f" ON s.obsid = d.obsid{where} ORDER BY d.obsid"
    )
    return [Overview(*row) for row in database.found(query, values)]


def _conditions(choice: Choice, mark: str) -> tuple[list[str], list[str | int]]:
    """Return conditions, and the values that they take in turn."""
    conditions: list[str] = []
    values: list[str | int] = []
    for column, patterns in (("d.source", choice.sources), ("d.source_group", choice.groups)):
        if patterns:
            like = f"lower({column}) LIKE lower({mark}) ESCAPE '{_ESCAPE}'"
            conditions.append(f"({' OR '.join(like for _ in patterns)})")
            values += [_like(pattern) for pattern in patterns]
    if choice.status is not None:
        conditions.append(f"{_STATUS} = {mark}")
        values.append(choice.status.value)
    if choice.obsids:
        conditions.append(f"d.obsid IN ({', '.join(mark for _ in choice.obsids)})")
        values += choice.obsids
    return conditions, values


def _like(pattern: str) -> str:
    """Return a pattern with * and ? as SQL spells it."""
    for special in (_ESCAPE, "%", "_"):
        pattern = pattern.replace(special, _ESCAPE + special)
    return pattern.replace("*", "%").replace("?", "_")
