"""Tables of one float, made by hand after the schema of the products, for tests."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

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

START = datetime(2020, 3, 1, 12, 0, 5, tzinfo=UTC)
BGC = {"DOXY": ("dissolved oxygen", "micromole/kg"), "NITRATE": ("nitrate", "micromole/kg")}
PROVENANCE_HASH = "ab" * 32


def profiles_table(
    n_profiles=4, *, wmo=1900857, levels=5, modes="RADD", missing=(), dac="coriolis"
):
    """Return profiles; those in `missing` have neither time nor position."""
    rows = []
    for cycle in range(n_profiles):
        known = cycle not in missing
        rows.append(
            {
                "platform_number": wmo,
                "cycle_number": cycle,
                "direction": "A",
                "n_prof": 0,
                "juld": START + timedelta(days=10 * cycle) if known else None,
                "juld_qc": 1 if known else 4,
                "latitude": -40.25 + 0.5 * cycle if known else None,
                "longitude": 20.0 + cycle if known else None,
                "position_qc": 1 if known else 9,
                "data_mode": modes[cycle % len(modes)],
                "date_update": START,
                "source_file": f"{dac}/{wmo}/profiles/R{wmo}_{cycle:03d}.nc",
                "sha256": PROVENANCE_HASH,
                "n_levels": levels,
            }
        )
    return pa.Table.from_pylist(rows, PROFILES_SCHEMA)


def analysis_schema(bgc=()):
    """Return the columns of `argo.analysis`."""
    columns = [*PROFILE_KEY, LEVEL, *WHERE_AND_WHEN]
    for name, (meaning, units) in CORE.items():
        columns += chosen_fields(name, meaning, units)
        columns.append(field(f"{name.lower()}_test_qc", pa.int8(), "flag of our tests"))
    columns += [*DERIVED, field("tests_failed", pa.int32(), "tests failed, as bits")]
    for name in bgc:
        columns += chosen_fields(name, *BGC.get(name, (name, "1")))
    return pa.schema(columns)


def analysis_table(profiles, *, bgc=(), salinity=True):
    """Return plausible levels for every profile; the third level's temperature is bad."""
    counts = profiles["n_levels"].to_numpy()
    take = np.repeat(np.arange(profiles.num_rows), counts)
    level = np.concatenate([np.arange(n) for n in counts]) if len(counts) else np.zeros(0, int)
    columns = {name: profiles[name].take(take) for name in profiles.column_names}
    columns["level"] = pa.array(level.astype(np.int32))
    pres = (level * 100 + 4.6).astype(np.float32)
    values = {
        "PRES": pres,
        "TEMP": (20 * np.exp(-pres / 300) + 2.1234567).astype(np.float32),
        "PSAL": (35 - pres / 1000).astype(np.float32) if salinity else np.full(len(pres), np.nan),
        **{name: (200 + level).astype(np.float32) for name in bgc},
    }
    for name, value in values.items():
        columns |= _chosen(name, value, level, columns["data_mode"])
    schema = analysis_schema(bgc)
    known = columns["latitude"].is_valid()
    for column in DERIVED:
        made = pa.array(pres * np.float32(0.99), from_pandas=True)
        columns[column.name] = pa.array(
            np.where(known.to_numpy(), made.to_numpy(), np.nan), pa.float32(), from_pandas=True
        )
    columns["tests_failed"] = pa.array(np.zeros(len(level), np.int32))
    return pa.table([columns[f.name].cast(f.type) for f in schema], schema=schema)


def _chosen(name, value, level, modes):
    column = name.lower()
    there = ~np.isnan(value)
    bad = (level == 2) & (name == "TEMP")
    qc = pa.array(np.where(bad, 4, 1).astype(np.int8), mask=~there)
    array = pa.array(value.astype(np.float32), from_pandas=True)
    return {
        column: array,
        f"{column}_qc": qc,
        f"{column}_error": pa.array(np.where(there, 0.5, np.nan), pa.float32(), from_pandas=True),
        f"{column}_raw": array,
        f"{column}_raw_qc": qc,
        f"{column}_mode": modes if there.any() else pa.nulls(len(level), pa.string()),
        f"{column}_test_qc": pa.array(np.where(there, 1, 0).astype(np.int8), mask=~there),
    }
