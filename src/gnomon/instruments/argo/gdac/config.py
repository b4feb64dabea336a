"""Which mirror of the GDAC to use, and which part of it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from gnomon.core.steps import StepConfig
from gnomon.instruments.argo.gdac.selection import Selection

HTTPS_MIRROR = "https://data-argo.ifremer.fr"
FTP_MIRROR = "ftp://ftp.ifremer.fr/ifremer/argo"
ALL = "all"
Data = Literal["core", "bgc", "synthetic", "metadata", "technical", "trajectory", "greylist", "all"]
"""What a GDAC holds."""
DATA = ("core", "bgc", "synthetic", "metadata", "technical", "trajectory", "greylist")


class GdacConfig(StepConfig):
    """Which mirror, and which part of it."""

    mirror: str = Field(HTTPS_MIRROR, description="http(s)://, ftp://, or a path")
    fallback: str = Field("", description="taken when the mirror is unavailable")
    data: tuple[Data, ...] = Field(("core",), min_length=1, description="what to bring, or all")
    floats: tuple[int, ...] = Field((), description="WMO numbers; all when empty")
    dacs: tuple[str, ...] = Field((), description="data centres; all when empty")
    box: tuple[float, float, float, float] | None = Field(
        None, description="west, east, south, north [degrees]"
    )
    since: AwareDatetime | None = Field(None, description="files updated then or later")
    after: AwareDatetime | None = Field(None, description="profiles taken then or later")
    before: AwareDatetime | None = Field(None, description="profiles taken earlier")
    parameters: tuple[str, ...] = Field(
        (), description="profiles with any of these, such as DOXY; all when empty"
    )
    aggregates: bool = Field(True, description="fetch <wmo>_prof.nc and <wmo>_Sprof.nc too")
    most_gone: float = Field(
        0.5, ge=0, le=1, description="a listing that lost more than this share is not believed"
    )

    @model_validator(mode="after")
    def _selects(self) -> Self:
        """Refuse an impossible box or span of time before anything is listed."""
        _ = self.selection
        return self

    @property
    def selection(self) -> Selection:
        """The floats and profiles to take."""
        return Selection(
            frozenset(self.floats),
            frozenset(self.dacs),
            self.box,
            self.since,
            self.after,
            self.before,
            frozenset(self.parameters),
        )

    def brings(self, data: str) -> bool:
        """Tell whether one sort of data is asked for."""
        return data in self.data or ALL in self.data
