"""`comap.quicklook`: pictures of every observation."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from gnomon.core.dataset import Input, Report
from gnomon.core.steps import In, Out, Sink, StepConfig, step
from gnomon.errors import UnknownName
from gnomon.instruments.comap.kinds import LEVEL2, NAMED, QUICKLOOK
from gnomon.instruments.comap.plots.names import NAMES


class QuicklookConfig(StepConfig):
    """Which pictures, of what."""

    figures: tuple[str, ...] = Field(
        (), description=f"of {', '.join(NAMES)}; by default all that there is anything for"
    )
    feeds: tuple[int, ...] = Field((), description="numbers; by default all of the file")

    @field_validator("figures")
    @classmethod
    def _are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in NAMES:
                raise UnknownName("picture", name, NAMES)
        return names


@step("comap.quicklook", version=1)
def quicklook(
    level2: Annotated[Input, In(LEVEL2)],
    out: Annotated[Sink, Out(QUICKLOOK)],
    config: QuicklookConfig,
) -> Report:
    """Draw an observation: streams, spectra, system temperatures, atmosphere, calibrator.

    Raises
    ------
    BadData
        The file lacks what a picture that was asked for needs.
    """
    # What this loads takes long, and every command loads this module.
    from gnomon.instruments.comap.plots.pictures import drawn  # noqa: PLC0415

    obsid = level2.key["obsid"]
    tags = {name: level2.tags[name] for name in NAMED if name in level2.tags}
    made = drawn(
        level2.path,
        lambda name: out.new(tags=tags, obsid=obsid, figure=name),
        config.figures,
        config.feeds,
    )
    return Report({"n_figures": float(len(list(made)))})
