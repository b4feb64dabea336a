"""Run every benchmark and print all tables: ``python -m benchmarks.run [--quick] [NAME ...]``."""

from __future__ import annotations

import argparse
import os
import platform
import time

from benchmarks import (
    acquisition,
    argo_floats,
    argo_index,
    argo_loading,
    argo_reading,
    argo_sync,
    comap_gain,
    comap_level2,
    comap_sql,
    comap_streams,
    imap_apply,
    imap_hk,
    imports,
    overhead,
    packets,
    planning,
    sky_cleaning,
    sky_features,
    sky_fits,
    sky_ingest,
    sky_irsa,
    sky_mast,
    sky_periods,
    tables,
)

BENCHMARKS = {
    "planning": planning.run,
    "overhead": overhead.run,
    "acquisition": acquisition.run,
    "argo_index": argo_index.run,
    "argo_sync": argo_sync.run,
    "argo_reading": argo_reading.run,
    "argo_floats": argo_floats.run,
    "argo_loading": argo_loading.run,
    "comap_level2": comap_level2.run,
    "comap_sql": comap_sql.run,
    "comap_streams": comap_streams.run,
    "comap_gain": comap_gain.run,
    "imap_apply": imap_apply.run,
    "imap_hk": imap_hk.run,
    "packets": packets.run,
    "sky_cleaning": sky_cleaning.run,
    "sky_fits": sky_fits.run,
    "sky_ingest": sky_ingest.run,
    "sky_irsa": sky_irsa.run,
    "sky_mast": sky_mast.run,
    "sky_features": sky_features.run,
    "sky_periods": sky_periods.run,
    "tables": tables.run,
    "imports": imports.run,
}


def main() -> None:
    """Run what the command line names; everything when it names nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less work, for a first look")
    parser.add_argument("name", nargs="*", help=f"of {', '.join(BENCHMARKS)}; default: all")
    chosen = parser.parse_args()
    if unknown := set(chosen.name) - set(BENCHMARKS):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(f"Python {platform.python_version()}, {cores} cores, load {load:.1f}")
    for name, run in BENCHMARKS.items():
        if not chosen.name or name in chosen.name:
            start_s = time.perf_counter()
            tables = run(chosen.quick)
            for table in tables:
                table.show()
            print(f"  ({name} took {time.perf_counter() - start_s:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
