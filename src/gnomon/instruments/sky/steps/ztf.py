"""`sky.ztf_parts`: an answer of IRSA's is taken apart, by field and readout channel."""

from __future__ import annotations

from typing import Annotated

from gnomon.core.dataset import Input, Provenance, Report
from gnomon.core.steps import In, Out, Sink, step
from gnomon.errors import NoData
from gnomon.instruments.sky.kinds import PART, ZTF_ANSWER

SURVEY = "ztf"


@step("sky.ztf_parts", version=1)
def ztf_parts(
    answer: Annotated[Input, In(ZTF_ANSWER)],
    parts: Annotated[Sink, Out(PART)],
    provenance: Provenance,
) -> Report:
    """Bring the rows of an answer into the schema of light curves, those in the wanted cone.

    Rows without a time are no measurements: they are left out, and told of as a flaw.

    Raises
    ------
    BadData
        The answer makes no sense.
    NoData
        No row lies in the cone: its tile is empty where the cone reaches into it.
    """
    # What these load takes long, and every command loads this module.
    from gnomon.formats.parquet import write_table  # noqa: PLC0415
    from gnomon.instruments.sky.curves.schema import Answer  # noqa: PLC0415
    from gnomon.instruments.sky.irsa.answers import read_answer  # noqa: PLC0415
    from gnomon.instruments.sky.irsa.parts import by_group, parts_of  # noqa: PLC0415
    from gnomon.instruments.sky.irsa.source import format_of  # noqa: PLC0415

    tags, origin = answer.tags, Answer.of(answer)
    table = read_answer(answer.path, format_of(tags.get("format", "csv")))
    found = parts_of(table, answer=origin, cone=tags.get("cone", ""))
    n_groups = 0
    for group, rows in by_group(found.table):
        path = parts.new(survey=SURVEY, group=group, piece=str(answer.key["query"]))
        write_table(path, rows, provenance)
        n_groups += 1
    lost = f"{found.n_without_time} rows have no time" if found.n_without_time else ""
    if not n_groups and not lost:
        raise NoData(f"{answer.path.name}: no row lies in the cone {tags.get('cone', '')}")
    metrics = {
        "n_rows": found.table.num_rows,
        "n_outside_cone": found.n_outside,
        "n_without_time": found.n_without_time,
        "n_groups": n_groups,
    }
    return Report(metrics, flaw=lost)
