"""Catalogues as a source: files of any form become one table, each entry with its catalogue."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from pydantic import Field, field_validator

from gnomon.acquire.connect import Network
from gnomon.acquire.download import download
from gnomon.acquire.retry import Retry
from gnomon.acquire.source import Progress
from gnomon.acquire.transport import RemoteStat, Transport
from gnomon.core.dataset import Input, Provenance, Report
from gnomon.core.instrument import SourceType
from gnomon.core.items import Item, Listing
from gnomon.core.steps import StepConfig
from gnomon.instruments.sky.kinds import CATALOGUE


class CatalogueConfig(StepConfig):
    """One catalogue."""

    name: str = Field(min_length=1, description="what labels from it are told to be from")
    file: str = Field(min_length=1, description="path or address: .csv, .parquet, .xml, .vot")
    ra: str = Field("", description="column, degrees or sexagesimal; default: the usual names")
    dec: str = Field("", description="as above")
    entry: str = Field("", description="column with names")
    label: str = Field("", description="column that tells what an object is")


class CataloguesConfig(StepConfig):
    """Which catalogues."""

    catalogues: tuple[CatalogueConfig, ...] = Field(min_length=1)

    @field_validator("catalogues")
    @classmethod
    def _have_different_names(
        cls, catalogues: tuple[CatalogueConfig, ...]
    ) -> tuple[CatalogueConfig, ...]:
        if len({one.name for one in catalogues}) < len(catalogues):
            raise ValueError("two catalogues have one name")
        return catalogues


class CataloguesSource:
    """Reads all catalogues into one dataset, anew when one of them has changed."""

    def __init__(
        self, config: CataloguesConfig, transports: Sequence[Transport], retry: Retry
    ) -> None:
        self._config, self._retry = config, retry
        self._transports = {
            one.name: transport
            for one, transport in zip(config.catalogues, transports, strict=True)
        }

    def list(self, cursor: str) -> Listing:  # noqa: ARG002 - there is one item
        """List the one table, stamped by all files."""
        ref = ", ".join(one.name for one in self._config.catalogues)
        return Listing([Item(CATALOGUE.name, {}, ref, self._stamp())])

    def fetch(self, item: Item, dest: Path, known: Input | None, progress: Progress) -> Report:  # noqa: ARG002
        """Read every catalogue, and write one table."""
        # NumPy and Arrow take long, and every command loads this module.
        import pyarrow as pa  # noqa: PLC0415

        from gnomon.formats.parquet import write_table  # noqa: PLC0415
        from gnomon.instruments.sky.catalogues.reading import (  # noqa: PLC0415
            PlaceColumns,
            read_catalogue,
        )

        tables, inputs = [], []
        with tempfile.TemporaryDirectory() as folder:
            for one in self._config.catalogues:
                path = Path(folder) / "catalogue"
                name = _file_name(one.file)
                got = download(
                    self._transports[one.name],
                    name,
                    path,
                    retry=self._retry,
                    progress=progress,
                    lasting=False,
                )
                columns = PlaceColumns(one.ra, one.dec, one.entry, one.label)
                tables.append(read_catalogue(path, one.name, columns, file_name=name))
                inputs.append((one.name, "file", name, got.sha256))
        table = pa.concat_tables(tables)
        config = self._config.model_dump_json()
        write_table(dest, table, Provenance("sky.catalogues", 1, "", config, tuple(inputs)))
        return Report(metrics={"n_catalogues": len(tables), "n_entries": table.num_rows})

    def validator(self, item: Item) -> str:  # noqa: ARG002 - there is one item
        """Return size and time of every file."""
        return self._stamp()

    def close(self) -> None:
        """Close the connections."""
        for transport in self._transports.values():
            transport.close()

    def _stamp(self) -> str:
        stamps = [self._stat(one).stamp for one in self._config.catalogues]
        said = " ".join([self._config.model_dump_json(), *stamps])
        return hashlib.sha256(said.encode()).hexdigest()

    def _stat(self, one: CatalogueConfig) -> RemoteStat:
        transport = self._transports[one.name]
        return self._retry.call(one.file, lambda: transport.stat(_file_name(one.file)))


def _file_name(file: str) -> str:
    return PurePosixPath(file).name


def open_catalogues(config: CataloguesConfig, network: Network) -> CataloguesSource:
    """Connect to where the catalogues are."""
    folders = [one.file.removesuffix(_file_name(one.file)) or "." for one in config.catalogues]
    return CataloguesSource(config, [network.connect(f) for f in folders], network.retry)


SOURCE = SourceType("sky.catalogues", CataloguesConfig, (CATALOGUE,), open_catalogues)
"""Catalogues with positions and labels, from files."""
