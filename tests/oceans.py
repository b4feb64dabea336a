"""Argo projects, small archives and the tables that come of them, for tests."""

import gzip
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from terminal import gnomon

PROFILES, META = "ar_index_global_prof.txt", "ar_index_global_meta.txt"
STEPS = ("argo.tables", "argo.analysis", "argo.float")
"""The steps of the ready-made pipeline that a core float runs through."""
TABLES = ("levels", "profiles", "analysis", "parameters")
"""The folders of Parquet files that a core float is exported into."""


@dataclass(frozen=True)
class Ocean:
    """A project folder, with the questions that tests ask of it."""

    folder: Path

    def sync(self, *words, mirror, code=0):
        """Sync, and return the summary."""
        said = gnomon(
            "argo", "sync", *(words or ("--all",)), "--mirror", mirror, "--json",
            folder=self.folder, code=code,
        )  # fmt: skip
        return said.data

    def export(self, code=0):
        """Export to ``out``, and return the summary."""
        words = ("argo", "export", "--output", "out", "--json")
        return gnomon(*words, folder=self.folder, code=code).data

    def status(self):
        """Return the status."""
        return gnomon("status", "--json", folder=self.folder).data

    def problems(self):
        """Return the messages of what stands failed or rejected."""
        return [job["message"] for job in self.status()["problems"]]

    def current(self, kind):
        """Return the version of every current dataset of a kind, by key."""
        found = gnomon("ls", kind, "--json", folder=self.folder).data
        return {entry["key"]: entry["version"] for entry in found}

    def query(self, text):
        """Ask DuckDB; ``{levels}`` and ``{profiles}`` are the exported tables."""
        names = {name: f"read_parquet('{self.folder}/out/{name}/**/*.parquet')" for name in TABLES}
        with duckdb.connect() as connection:
            return connection.execute(text.format(**names)).fetchall()

    def counts(self):
        """Return the number of profiles and of levels of every exported float."""
        key = "platform_number, count(*)"
        levels = dict(self.query(f"SELECT {key} FROM {{levels}} GROUP BY ALL"))
        profiles = self.query(f"SELECT {key} FROM {{profiles}} GROUP BY ALL")
        return {wmo: (n, levels[wmo]) for wmo, n in profiles}

    def exported(self):
        """Return the exported tables of floats."""
        out = self.folder / "out"
        return {path.relative_to(out).as_posix() for path in out.glob("*/**/*.parquet")}

    def copy(self, folder):
        """Return the same project elsewhere."""
        shutil.copytree(self.folder, folder)
        return Ocean(folder)


def new_ocean(folder):
    """Start a project."""
    gnomon("init", folder)
    return Ocean(folder)


def moved(requests):
    """Return the paths of the data files whose bytes an archive sent."""
    bodies = [r for r in requests if r.bytes_sent and r.code not in {404, 416}]
    return [r.path for r in bodies if r.path.startswith("/dac/")]


def piece(real, folder, *paths, meta=()):
    """Copy some files of the real GDAC, with indexes of them; `meta` names floats as dac/wmo."""
    rows = {path for path in paths if "/profiles/" in path}
    for path in paths:
        place = folder / "dac" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((real / "dac" / path).read_bytes())
    metas = {f"{name}/{Path(name).name}_meta.nc" for name in meta}
    for name, wanted in ((PROFILES, rows), (META, metas)):
        lines = (real / name).read_text().splitlines(keepends=True)
        kept = [line for line in lines if line[0] == "#" or line.split(",")[0] in {"file", *wanted}]
        write_index(folder, name, "".join(kept))
    return folder


def write_index(folder, name, text):
    """Write an index, plain and compressed."""
    (folder / name).write_text(text)
    (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def read_truth(real):
    """Return the truth by float."""
    return json.loads((real / "truth.json").read_text())["floats"]
