"""I-ALiRT's day as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from gnomon.core.dataset import Input, Report
from gnomon.core.steps import In, Out, step
from gnomon.errors import NoData
from gnomon.instruments.imap.kinds import IALIRT, IALIRT_HK, QUICKLOOK


@step("imap.quicklook", version=1)
def quicklook(
    science: Annotated[list[Input], In(IALIRT, by=("day",), at_least=0, optional=True)],
    housekeeping: Annotated[list[Input], In(IALIRT_HK, by=("day",), at_least=0, optional=True)],
    out: Annotated[Path, Out(QUICKLOOK)],
) -> Report:
    """Draw what there is of one day of the magnetometer, over the whole day.

    Raises
    ------
    NoData
        Only other instruments have a file of that day.
    BadData
        A file is no table.
    """
    # Matplotlib and NumPy are loaded where a picture is made.
    from gnomon.instruments.imap.plots.quicklook import draw_quicklook, page_of_days  # noqa: PLC0415
    from gnomon.instruments.imap.plots.style import save  # noqa: PLC0415

    vectors = [one for one in science if one.key["instrument"] == "mag"]
    inputs = [*vectors, *housekeeping]
    if not inputs:
        raise NoData("nothing of the magnetometer on that day")
    day: Any = inputs[0].key["day"]
    page = page_of_days([one.path for one in inputs], [day])
    save(draw_quicklook(page), out)
    return Report(metrics={"n_vectors": len(page.science.time), "n_hk_rows": len(page.hk.time)})
