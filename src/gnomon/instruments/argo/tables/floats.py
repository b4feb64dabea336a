"""What is known of one float, as one JSON object."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gnomon.core.dataset import Provenance
from gnomon.errors import BadData
from gnomon.instruments.argo.science.status import FloatType


def _to_utc(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError(f"{time} names no zone")
    return time.astimezone(UTC)


Utc = Annotated[datetime, AfterValidator(_to_utc)]


class FloatRecord(BaseModel):
    """One float: what its files say, and what its profiles show; None where nobody knows.

    Nothing here depends on the time of reading; `science.status.float_status` tells from
    `last_profile_time` and `end_mission_date` whether a float is active today.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    wmo_number: int = Field(description="WMO number")
    float_type: FloatType = Field(
        "unknown", description="deep, else by sensors: biogeochemical, oxygen, core"
    )
    dac: str | None = Field(None, description="folder of the data centre on the GDAC")
    data_centre: str | None = Field(None, description="code of reference table 4")
    project_name: str | None = None
    operating_institution: str | None = None
    pi_name: str | None = None
    platform_type: str | None = None
    platform_family: str | None = None
    platform_maker: str | None = None
    float_serial_no: str | None = None
    firmware_version: str | None = None
    wmo_inst_type: str | None = Field(None, description="code of reference table 8")
    battery_type: str | None = None
    launch_date: Utc | None = None
    launch_latitude: float | None = Field(None, description="degree_north")
    launch_longitude: float | None = Field(None, description="degree_east")
    start_mission_date: Utc | None = None
    end_mission_date: Utc | None = None
    end_mission_status: str | None = Field(None, description="T no more, R retrieved")
    sensors: tuple[str, ...] = Field((), description="of the metadata file, sorted")
    parameters: tuple[str, ...] = Field((), description="of the metadata and the profiles, sorted")
    n_profiles: int = Field(0, description="profiles, all samplings counted")
    first_profile_time: Utc | None = None
    last_profile_time: Utc | None = None
    last_cycle: int | None = Field(None, description="cycle of the last profile in time")
    last_latitude: float | None = Field(None, description="of the last profile that has a position")
    last_longitude: float | None = None
    last_depth_m: float | None = Field(None, description="depth of the shallowest good level")
    last_temp: float | None = Field(None, description="degree_Celsius, shallowest good value")
    last_salinity: float | None = Field(None, description="PSS-78, shallowest good value")
    max_pressure: float | None = Field(None, description="decibar, greatest good value")
    battery_percent: float | None = Field(None, description="estimate, 0 to 100")
    battery_from: Literal["voltage", "cycles"] | None = Field(
        None, description="what battery_percent is estimated from"
    )

    @property
    def float_id(self) -> str:
        """The WMO number as text, as the documented JSON model has it."""
        return str(self.wmo_number)

    def write(self, path: Path, provenance: Provenance) -> None:
        """Write JSON with the provenance inside; the same record gives the same bytes."""
        content = self.model_dump(mode="json")
        content |= {"float_id": self.float_id, "provenance": asdict(provenance)}
        text = json.dumps(content, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
        part = path.with_name(path.name + ".part")
        part.write_text(text + "\n", "utf-8")
        part.replace(path)

    @classmethod
    def read(cls, path: Path) -> FloatRecord:
        """Read it back.

        Raises
        ------
        BadData
            The file is no such JSON.
        """
        try:
            content = json.loads(path.read_text("utf-8"))
            content.pop("provenance", None)
            content.pop("float_id", None)
            return cls.model_validate(content)
        except (ValueError, AttributeError, TypeError) as error:
            raise BadData(f"{path.name}: is no float record: {error}") from None
