"""The days that a fetch is for: those that were asked for, or those since the last poll."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Self

from pydantic import Field, model_validator

from gnomon.core.steps import StepConfig
from gnomon.errors import ConfigError

LAUNCH = date(2025, 9, 24)
"""No archive has anything from before."""
DAY = timedelta(days=1)


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def midnight(day: date) -> datetime:
    """Return the first instant of a UTC day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def days_from(first: date, last: date) -> list[date]:
    """Return the days from one to another, both in."""
    return [first + DAY * number for number in range((last - first).days + 1)]


class Dates(StepConfig):
    """Options that every source by day has."""

    start: date | None = Field(None, description="first UTC day; a poll when neither is given")
    end: date | None = Field(None, description="last UTC day, today when absent")
    since: date = Field(LAUNCH, description="where the first poll begins")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start and self.end and self.end < self.start:
            raise ConfigError(f"the last day, {self.end}, is before the first, {self.start}")
        return self

    def asked(self, today: date) -> list[date]:
        """Return the days that were asked for; none for a poll.

        Raises
        ------
        ConfigError
            The only day that was named is yet to come, or before all.
        """
        if self.start is None and self.end is None:
            return []
        first, last = self.start or self.since, self.end or today
        if last < first:
            raise ConfigError(f"the last day, {last}, is before the first, {first}")
        return days_from(first, last)
