"""The documented JSON: a list of profiles, each with its measurements.

`json_profiles` writes the text (and does without these models, which take a while to load); they
say what it means, and read it back::

    profiles = PROFILES.validate_json(path.read_bytes())
    profiles[0].statistics()["temperature"].mean
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from gnomon.instruments.argo.science.selection import GOOD_FLAGS

Mode = Literal["R", "A", "D"]
Flag = Annotated[int, Field(ge=0, le=9, description="Argo reference table 2; null where blank")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class QcFlags(_Strict):
    """Quality flags of one measurement."""

    temperature: Flag | None
    salinity: Flag | None
    oxygen: Flag | None
    chlorophyll: Flag | None
    pressure: Flag | None


class OtherValue(_Strict):
    """A value of a parameter that the documented model has no name for, and its flag."""

    value: float | None
    qc: Flag | None


class Measurement(_Strict):
    """One level of a profile; null where there is no value, never NaN."""

    depth: float | None = Field(description="m below the sea surface, TEOS-10")
    pressure: float | None = Field(description="decibar")
    temperature: float | None = Field(description="in situ, degree_Celsius, ITS-90")
    salinity: float | None = Field(description="practical, PSS-78")
    oxygen: float | None = Field(description="dissolved, micromole/kg")
    chlorophyll: float | None = Field(description="chlorophyll-a, mg/m3")
    qc_flags: QcFlags
    other: dict[str, OtherValue] = Field(
        default_factory=dict,
        description="the profile's further parameters by their Argo name in lower case",
    )


class Platform(_Strict):
    """What is known of the float itself."""

    float_type: str | None = None
    platform_type: str | None = None
    platform_maker: str | None = None
    float_serial_no: str | None = None
    firmware_version: str | None = None
    wmo_inst_type: str | None = None
    data_centre: str | None = None
    project_name: str | None = None
    operating_institution: str | None = None
    pi_name: str | None = None
    launch_date: AwareDatetime | None = None


class Made(_Strict):
    """What made the file."""

    step: str
    step_version: int
    fingerprint: str


class ProfileMetadata(_Strict):
    """Where a profile comes from, and how far it was worked on."""

    direction: Literal["A", "D"] = Field(description="A ascending, D descending")
    n_prof: int = Field(description="sampling of the cycle, 0 is the primary one")
    data_mode: Mode | None
    parameter_data_modes: dict[str, Mode] = Field(description="of each parameter the profile has")
    position_qc: Flag | None
    time_qc: Flag | None
    source_file: str | None = Field(
        description="path below the GDAC's dac/; null where there is no core file"
    )
    sha256: str | None = Field(description="of the source file")
    date_update: AwareDatetime | None
    platform: Platform | None
    provenance: Made


class Statistics(_Strict):
    """Figures of one parameter over the good measurements of a profile."""

    minimum: float
    maximum: float
    mean: float
    count: int


class ProfileData(_Strict):
    """One profile of one float."""

    float_id: str = Field(description="WMO number")
    cycle_number: int
    profile_time: AwareDatetime | None = Field(description="UTC; null where the file has none")
    latitude: float | None = Field(description="degree_north")
    longitude: float | None = Field(description="degree_east")
    measurements: list[Measurement]
    max_depth: float | None = Field(description="m, of the levels whose pressure is good")
    quality_status: Literal["REAL_TIME", "ADJUSTED", "DELAYED"] | None
    metadata: ProfileMetadata

    def statistics(self) -> dict[str, Statistics | None]:
        """Return the figures of every parameter; None for one without a good value.

        Good are flags 1, 2, 5 and 8 (reference table 2).
        """
        return {name: self._statistics_of(name) for name in QcFlags.model_fields}

    def _statistics_of(self, name: str) -> Statistics | None:
        values = [
            value
            for level in self.measurements
            if getattr(level.qc_flags, name) in GOOD_FLAGS
            and (value := getattr(level, name)) is not None
        ]
        if not values:
            return None
        mean = sum(values) / len(values)
        return Statistics(minimum=min(values), maximum=max(values), mean=mean, count=len(values))


PROFILES = TypeAdapter(list[ProfileData])
"""Reads the whole document: ``PROFILES.validate_json(text)``; its schema: ``.json_schema()``."""
