"""What MAST is asked for: filters on the columns of its table of observations, and a cone."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from gnomon.core.steps import StepConfig
from gnomon.errors import ConfigError

FILTERED, CONE = "Mast.Caom.Filtered", "Mast.Caom.Cone"
"""Services: observations by filters, which may name a place too; all around a place."""
Described = dict[str, object]
"""A part of a question as JSON."""


class Range(StepConfig):
    """Values from one to another, both in."""

    min: float
    max: float


class Place(StepConfig):
    """A place in the sky; right ascension is taken into 0 to 360 degrees."""

    ra_deg: float = Field(allow_inf_nan=False)
    dec_deg: float = Field(ge=-90, le=90)
    name: str = Field("", description="of what is there")

    @property
    def ra(self) -> float:
        """Right ascension, degrees, from 0 to below 360."""
        return self.ra_deg % 360.0


class Cone(Place):
    """A place and how far around it."""

    radius_deg: float = Field(gt=0, le=30)

    @property
    def text(self) -> str:
        """``ra, dec, radius`` as MAST takes them."""
        return f"{self.ra!r}, {self.dec_deg!r}, {self.radius_deg!r}"


class Filter(StepConfig):
    """Which values a column may have; a text with ``%`` in it is compared as a pattern."""

    column: str
    values: tuple[int | float | str | Range, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_clear(self) -> Self:
        if self.pattern and len(self.values) > 1:
            raise ConfigError(f"{self.column}: {self.pattern!r} is a pattern, and stands alone")
        return self

    @property
    def pattern(self) -> str:
        """The text with ``%`` in it; empty where there is none."""
        return next((v for v in self.values if isinstance(v, str) and "%" in v), "")

    def described(self) -> Described:
        """Return it as JSON."""
        if self.pattern:
            return {"paramName": self.column, "values": [], "freeText": self.pattern}
        values = [v.model_dump() if isinstance(v, Range) else v for v in self.values]
        return {"paramName": self.column, "values": values}


class Search(StepConfig):
    """A question to the table of observations.

    Attributes
    ----------
    columns : tuple of str
        Empty: all.
    """

    filters: tuple[Filter, ...] = ()
    cone: Cone | None = None
    columns: tuple[str, ...] = ()

    def params(self, columns: str = "") -> Described:
        """Return the parameters of the service."""
        asked: Described = {
            "columns": columns or ",".join(self.columns) or "*",
            "filters": [one.described() for one in self.filters],
        }
        return asked | ({} if self.cone is None else {"position": self.cone.text})

    @property
    def service(self) -> str:
        """The name of the service: that of a place has a name of its own."""
        return FILTERED if self.cone is None else f"{FILTERED}.Position"

    def within(self, column: str, low: float, high: float) -> Search:
        """Return the part of it where a column lies between two values, both in."""
        others = tuple(one for one in self.filters if one.column != column)
        part = Filter(column=column, values=(Range(min=low, max=high),))
        return self.model_copy(update={"filters": (*others, part)})
