"""`comap.flags`: the observers' list, taken apart by observation."""

from __future__ import annotations

from typing import Annotated

from gnomon.core.dataset import Input, Report
from gnomon.core.steps import In, Out, Sink, step
from gnomon.instruments.comap.kinds import FLAGS, LEVEL1, OBSERVER_FLAGS
from gnomon.instruments.comap.level1.flagged import write_flags
from gnomon.instruments.comap.level1.observer_flags import flagged_of, read_list


@step("comap.flags", version=1)
def flags(
    lists: Annotated[list[Input], In(OBSERVER_FLAGS, by=(), optional=True)],
    observations: Annotated[list[Input], In(LEVEL1, by=())],
    out: Annotated[Sink, Out(FLAGS)],
) -> Report:
    """Write what is flagged of each observation that has a flag, from all lists.

    Only observations whose flags changed are made anew.

    Raises
    ------
    BadData
        A list makes no sense.
    """
    said = [flag for one in lists for flag in read_list(one.path)]
    n_flagged = 0
    for obsid in sorted(int(str(one.key["obsid"])) for one in observations):
        if found := flagged_of(said, obsid):
            write_flags(out.new(obsid=obsid), found)
            n_flagged += 1
    return Report(metrics={"n_flags": len(said), "n_flagged_observations": n_flagged})
