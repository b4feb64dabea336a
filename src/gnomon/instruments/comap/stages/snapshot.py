"""`finalize_level2_metadata`: what SQL would say of an observation, beside its streams.

So a file that is sent to somebody tells its own flags and figures, whatever database there is. Of
``comap_data`` it has all but the paths, which are those of one machine.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from gnomon.instruments.comap.database.rows import data_of, plain
from gnomon.instruments.comap.database.schema import MEASURED
from gnomon.instruments.comap.database.settling import EVERYWHERE, places_of
from gnomon.instruments.comap.level1.verdict import Status
from gnomon.instruments.comap.level2.layout import LAYOUT, SNAPSHOT
from gnomon.instruments.comap.stages.stage import Observation, Phase, Stage


class FinalizeLevel2Metadata(Stage):
    """Writes the snapshot; it comes last, since it tells what the others found."""

    use: Literal["finalize_level2_metadata"] = "finalize_level2_metadata"
    version: ClassVar[int] = 1
    phase: ClassVar[Phase] = Phase.LEVEL2
    gives: ClassVar[tuple[str, ...]] = tuple(n for n in LAYOUT if n.startswith(f"{SNAPSHOT}/"))

    group_name: str = Field(SNAPSHOT, min_length=1, description="the group that it is written to")
    overwrite: bool = Field(True, description="replace a snapshot that is there")

    def finish(self, obs: Observation) -> None:
        """Write the group: attributes of the observation, and one row a flag."""
        if self.group_name in obs.out:
            if not self.overwrite:
                return
            del obs.out.held[self.group_name]
        self._write_flags(obs)
        if self.group_name != SNAPSHOT:
            obs.out.held.move(SNAPSHOT, self.group_name)
        self._write_attributes(obs)

    def _write_flags(self, obs: Observation) -> None:
        import numpy as np  # noqa: PLC0415 - heavy, and every command loads this module

        from gnomon.instruments.comap.database.statistics import of_flags  # noqa: PLC0415

        bad = places_of(obs.flags)
        comments = [plain(bad.get(place, "")) for place in EVERYWHERE]
        feeds, bands = np.array(EVERYWHERE).T
        columns: dict[str, Any] = {
            "pixel": feeds,
            "frequency_band": bands,
            "is_good": np.array([place not in bad for place in EVERYWHERE]),
            "comment": np.array(comments, object),
        }
        measured = of_flags(obs.out)
        for name, values in (columns | {name: measured[name] for name in MEASURED}).items():
            obs.out.put(f"{SNAPSHOT}/{name}", values)

    def _write_attributes(self, obs: Observation) -> None:
        from gnomon.instruments.comap.database.statistics import of_observation  # noqa: PLC0415

        state = {"processing_status": Status.COMPLETE.value, "processing_error": None}
        summary = {"obsid": obs.record.obsid, **state, **of_observation(obs.out)}
        said = {"obsid": obs.record.obsid, **data_of(obs.record), "summary": str(summary)}
        group = obs.out.held[self.group_name]
        for name, value in said.items():
            if value is not None:
                group.attrs[name] = value
