"""`sky.alert_parts`: what alert packets say becomes rows of the one schema, by object."""

from __future__ import annotations

from typing import Annotated

from gnomon.core.dataset import Input, Provenance, Report
from gnomon.core.steps import In, Out, Sink, step
from gnomon.instruments.sky.kinds import ALERT, PART


@step("sky.alert_parts", version=1)
def alert_parts(
    packet: Annotated[Input, In(ALERT)],
    parts: Annotated[Sink, Out(PART)],
    provenance: Provenance,
) -> Report:
    """Take the alerts of one file apart: a part for every object that they are of.

    Raises
    ------
    BadData
        The file holds no alerts, or damaged ones.
    """
    # What these load takes long, and every command loads this module.
    from gnomon.formats.parquet import write_table  # noqa: PLC0415
    from gnomon.instruments.sky.alerts.packets import read_alerts  # noqa: PLC0415
    from gnomon.instruments.sky.alerts.rows import Alert, alerts_table  # noqa: PLC0415
    from gnomon.instruments.sky.curves.schema import Answer  # noqa: PLC0415

    answer = Answer.of(packet)
    by_object: dict[str, list[Alert]] = {}
    for alert in read_alerts(packet.path):
        by_object.setdefault(alert.object, []).append(alert)
    n_rows = 0
    for name, alerts in sorted(by_object.items()):
        table = alerts_table(alerts, answer)
        n_rows += table.num_rows
        path = parts.new(survey=alerts[0].survey, group=name, piece=packet.key["alert"])
        write_table(path, table, provenance)
    return Report(metrics={"n_objects": len(by_object), "n_rows": n_rows})
