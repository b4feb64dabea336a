"""`imap.decode`: the packets of a day become rows, by true UTC."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from gnomon.core.dataset import Input, Report
from gnomon.core.steps import In, Out, step
from gnomon.errors import BadData
from gnomon.instruments.imap.kinds import HK_L0, HK_L1, HK_TABLE, LSK, SCLK, XTCE
from gnomon.instruments.imap.telemetry.packets import BY_STORE_NAME

NS = 1_000_000_000


@step("imap.decode", version=1)
def decode(
    packets: Annotated[Input, In(HK_L0)],
    definition: Annotated[Input, In(XTCE)],
    sclk: Annotated[Input | None, In(SCLK, optional=True)],
    lsk: Annotated[Input | None, In(LSK, optional=True)],
    rows: Annotated[Path, Out(HK_L1)],
    table: Annotated[Path, Out(HK_TABLE)],
) -> Report:
    """Decode the packets of one UTC day into CSV and Parquet, one row each.

    Without a clock kernel, times are mission elapsed time and leap seconds: then the metric
    ``clock_is_correlated`` is 0. ``extrapolated_s`` is by how much the last row is later than the
    kernel's last correlation.

    Raises
    ------
    BadData
        The packets, the definition or a kernel are damaged, or do not fit each other.
    NoData
        No packet is of that day.
    """
    # What these load takes long, and every command loads this module.
    from gnomon.formats.packets import read_definition  # noqa: PLC0415
    from gnomon.instruments.imap.hk.rows import read_rows  # noqa: PLC0415
    from gnomon.instruments.imap.hk.writing import write_csv, write_parquet  # noqa: PLC0415
    from gnomon.timescales.sclk import SpacecraftClock  # noqa: PLC0415

    packet, day = packets.key["packet"], packets.key["day"]
    if packet not in BY_STORE_NAME or not isinstance(day, date):
        raise BadData(f"{packets.path.name}: {packet} is none of the packets that are kept")
    apid = BY_STORE_NAME[str(packet)].apid
    clock = SpacecraftClock.read(sclk.path if sclk else None, lsk.path if lsk else None)
    found = read_rows([packets.path], read_definition(definition.path), clock, apid, day)
    write_csv(rows, found, clock)
    kernels = [one.path.name for one in (sclk, lsk) if one is not None]
    write_parquet(table, found, clock, kernels)
    metrics = found.counts.metrics() | {"clock_is_correlated": float(clock.is_correlated)}
    if sclk is not None:
        beyond_ns = max(0, int(found.tt2000[-1]) - clock.correlated_until)
        metrics |= {"sclk_version": sclk.version, "extrapolated_s": beyond_ns / NS}
    return Report(metrics, note=found.counts.note, flaw=found.counts.flaw)
