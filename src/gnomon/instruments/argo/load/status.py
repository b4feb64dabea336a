"""The view `argo_float_status`: where each float was last, and whether it is active today."""

# ruff: noqa: S608  (names come from `load.schema`, numbers are formatted as such)

from __future__ import annotations

from gnomon.instruments.argo.science.selection import UNUSABLE_FLAGS
from gnomon.instruments.argo.science.status import ACTIVE_DAYS, DEAD_DAYS

STATUS = "argo_float_status"
_LATEST = """(
    SELECT profile_id FROM argo_profile AS p
    WHERE p.wmo = loaded.wmo AND p.juld IS NOT NULL AND coalesce(p.juld_qc, 0) NOT IN {bad}{more}
    ORDER BY p.juld DESC, p.n_prof LIMIT 1)"""
_LOCATED = """
        AND p.latitude IS NOT NULL AND p.longitude IS NOT NULL
        AND coalesce(p.position_qc, 0) NOT IN {bad}"""


def status_view(days_since: str) -> str:
    """Return the statement that makes the view.

    The rules are those of `science.status.float_status`, by the database's clock.

    Parameters
    ----------
    days_since : str
        SQL for the days from ``{}`` until now.
    """
    last = _LATEST.format(bad=UNUSABLE_FLAGS, more="")
    located = _LATEST.format(bad=UNUSABLE_FLAGS, more=_LOCATED.format(bad=UNUSABLE_FLAGS))
    age, ended = (days_since.format(time) for time in ("timed.juld", "f.end_mission_date"))
    return f"""
CREATE VIEW {STATUS} AS
SELECT
    latest.wmo, f.float_type,
    CASE
        WHEN {ended} >= 0 THEN 'INACTIVE'
        WHEN timed.juld IS NULL THEN 'UNKNOWN'
        WHEN {age} < {ACTIVE_DAYS} THEN 'ACTIVE'
        WHEN {age} < {DEAD_DAYS} THEN 'INACTIVE'
        ELSE 'DEAD'
    END AS status,
    timed.juld AS last_profile_time, timed.cycle_number AS last_cycle,
    located.latitude, located.longitude, located.juld AS position_time
FROM (
    SELECT loaded.wmo, {last} AS last_id, {located} AS located_id
    FROM (SELECT DISTINCT wmo FROM argo_load) AS loaded
) AS latest
LEFT JOIN argo_float AS f ON f.wmo = latest.wmo
LEFT JOIN argo_profile AS timed ON timed.profile_id = latest.last_id
LEFT JOIN argo_profile AS located ON located.profile_id = latest.located_id"""
