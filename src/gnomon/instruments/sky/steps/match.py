"""`sky.match`: the objects of light curves are looked up in catalogues by position."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from gnomon.core.dataset import Input, Provenance, Report
from gnomon.core.steps import In, Out, StepConfig, step
from gnomon.errors import BadData
from gnomon.instruments.sky.kinds import CATALOGUE, CURVES, MATCHES


class MatchConfig(StepConfig):
    """What counts as a match."""

    radius_arcsec: float = Field(2.0, gt=0, le=648_000, description="the farthest that one is")
    nearest: bool = Field(False, description="of each catalogue the nearest entry only")
    catalogues: tuple[str, ...] = Field((), description="names of those to use; default: all")


@step("sky.match", version=1)
def match(
    curves: Annotated[Input, In(CURVES)],
    catalogue: Annotated[Path, In(CATALOGUE)],
    out: Annotated[Path, Out(MATCHES)],
    config: MatchConfig,
    provenance: Provenance,
) -> Report:
    """Write which entries of the catalogues lie near the objects of a group; see `catalogues`.

    Raises
    ------
    BadData
        A file is no Parquet, or lacks columns.
    UnknownName
        No catalogue is called so.
    """
    # What these load takes long, and every command loads this module.
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    from gnomon.formats.parquet import write_table  # noqa: PLC0415
    from gnomon.instruments.sky.catalogues.matching import looked_up, objects_of  # noqa: PLC0415

    try:
        rows = pq.ParquetFile(curves.path).read(["object", "ra_deg", "dec_deg"])
        entries = pq.ParquetFile(catalogue).read()
    except (pa.ArrowInvalid, OSError) as error:
        raise BadData(f"{curves.path.name}, {catalogue.name}: {error}") from None
    objects, only = objects_of(rows), set(config.catalogues)
    found = looked_up(objects, entries, config.radius_arcsec, nearest=config.nearest, only=only)
    write_table(out, found, provenance)
    return Report(
        {
            "n_objects": objects.num_rows,
            "n_without_place": pc.sum(pc.is_nan(objects["ra_deg"])).as_py() or 0,
            "n_matched": len(pc.unique(found["object"])),
            "n_rows": found.num_rows,
        }
    )
