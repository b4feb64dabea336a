"""How the steps write their Parquet tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
from pydantic import Field

from gnomon.core.dataset import Provenance
from gnomon.core.steps import StepConfig
from gnomon.formats.parquet import write_table


class TablesConfig(StepConfig):
    """How the Parquet files are written."""

    zstd_level: int = Field(1, ge=1, le=22, description="compression level of zstd")
    row_group_rows: int = Field(65_536, ge=1_024, description="rows per row group")

    def write(self, tables: Mapping[Path, pa.Table], provenance: Provenance) -> None:
        """Write each table to its path."""
        for path, table in tables.items():
            write_table(
                path,
                table,
                provenance,
                zstd_level=self.zstd_level,
                row_group_rows=self.row_group_rows,
            )
