"""Small made-up floats as the files that are loaded into databases, for tests."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gnomon.core.dataset import Dataset, Provenance
from gnomon.instruments.argo import kinds
from gnomon.instruments.argo.science.statistics import PARAMETERS_SCHEMA
from gnomon.instruments.argo.tables.columns import (
    CORE,
    DERIVED,
    LEVEL,
    PROFILE_KEY,
    WHERE_AND_WHEN,
    chosen_fields,
    field,
)
from gnomon.instruments.argo.tables.core import PROFILES_SCHEMA
from gnomon.instruments.argo.tables.floats import FloatRecord
from gnomon.store.hashing import sha256_of

START_US = 1_600_000_000_000_000
DAY_US = 86_400_000_000
KINDS = {kind.name: kind for kind in kinds.KINDS}
PROVENANCE = Provenance("argo.float", 1, "0" * 64, "{}", ())


def analysis_schema(*beyond):
    fields = [*PROFILE_KEY, LEVEL, *WHERE_AND_WHEN]
    for name, about in CORE.items():
        fields += chosen_fields(name, *about)
        fields.append(field(f"{name.lower()}_test_qc", pa.int8(), "our flag"))
    fields += [*DERIVED, field("tests_failed", pa.int32(), "bits")]
    for name in beyond:
        fields += chosen_fields(name, name, "1")
    return pa.schema(fields)


@dataclass
class Float:
    """A float of some cycles; change what you need before you write its files.

    `about` holds the columns that stand once per profile, as lists.
    """

    wmo: int = 6901929
    cycles: int = 3
    levels: int = 5
    beyond: tuple = ("DOXY", "CHLA")

    def __post_init__(self):
        number = self.cycles
        self.about = {
            "platform_number": [self.wmo] * number,
            "cycle_number": list(range(1, number + 1)),
            "direction": ["A"] * number,
            "n_prof": [0] * number,
            "juld": [START_US + 10 * DAY_US * cycle for cycle in range(number)],
            "juld_qc": [1] * number,
            "latitude": [40.0 + cycle for cycle in range(number)],
            "longitude": [-20.0 - cycle for cycle in range(number)],
            "position_qc": [1] * number,
            "data_mode": ["R"] * number,
        }
        self.values = {}
        self.told = {}

    def column(self, name, cycle, values):
        """Say what one column holds in one profile, counted from 0."""
        self.values[name, cycle] = values
        return self

    def tell(self, **told):
        """Say what the float's own record holds."""
        self.told |= told
        return self

    # -- files

    def analysis(self):
        schema = analysis_schema(*self.beyond)
        columns = {one.name: [] for one in schema}
        for cycle in range(self.cycles):
            for one in schema:
                columns[one.name] += self._levels(one.name, cycle)
        return pa.table(
            [pa.array(columns[one.name], one.type, from_pandas=True) for one in schema],
            schema=schema,
        )

    def _levels(self, name, cycle):
        if (name, cycle) in self.values:
            return list(self.values[name, cycle])
        if name == "level":
            return list(range(self.levels))
        level = np.arange(self.levels, dtype=np.float64)
        stem, _, end = name.rpartition("_")
        constant = {"qc": 1, "error": None, "failed": 0, "mode": self.about["data_mode"][cycle]}
        if name in self.about:
            return [self.about[name][cycle]] * self.levels
        if end in constant and stem:
            return [constant[end]] * self.levels
        measured = {
            "pres": 5.0 + 100.25 * level,
            "depth": 4.9 + 99.5 * level,
            "temp": 20.1 - level + cycle,
            "psal": 35.3 + 0.1 * level + cycle,
        }
        return list(measured.get(name.partition("_")[0], 1.5 + level + cycle))

    def profiles(self):
        number = self.cycles
        more = {
            "date_update": [START_US] * number,
            "source_file": [f"x/{self.wmo}/R{self.wmo}_{n:03d}.nc" for n in range(number)],
            "sha256": ["a" * 64] * number,
            "vertical_sampling_scheme": ["Primary sampling: averaged []"] * number,
            "n_levels": [self.levels] * number,
        }
        columns = {**self.about, **more}
        arrays = [pa.array(columns[one.name], one.type) for one in PROFILES_SCHEMA]
        return pa.table(arrays, schema=PROFILES_SCHEMA)

    def parameters(self):
        names = (*CORE, *self.beyond)
        rows = []
        for cycle in range(self.cycles):
            for name in names:
                key = {one.name: self.about[one.name][cycle] for one in PROFILE_KEY}
                row = {"parameter": name, "data_mode": "R", "n_levels": self.levels, "mean": 1.5}
                rows.append(key | row | {"n_values": self.levels, "n_good": 0, "minimum": None})
        return pa.Table.from_pylist(rows, schema=PARAMETERS_SCHEMA)

    def write(self, kind, folder, version=1):
        """Write one file; return the dataset and the path, as the engine hands them over."""
        name = kind.removeprefix("argo.")
        path = Path(folder) / KINDS[kind].format({"wmo": self.wmo}, version, {"dac": "x"})
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == "float":
            FloatRecord(wmo_number=self.wmo, **self.told).write(path, PROVENANCE)
        else:
            pq.write_table(getattr(self, name)(), path)
        return dataset_of(kind, self.wmo, path, version), path


def dataset_of(kind, wmo, path, version=1):
    stat = path.stat()
    key = {"wmo": wmo}
    text = KINDS[kind].text(key)
    sha256 = sha256_of(path)
    return Dataset(
        1, kind, key, text, version, path.name, sha256, stat.st_size, stat.st_mtime_ns
    )  # fmt: skip


def read_json(path):
    return json.loads(path.read_text("utf-8"))
