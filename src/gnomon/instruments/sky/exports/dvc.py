"""A DVC pipeline of the commands: what it consists of, and how it is written.

Every stage is one command that also runs without DVC. ``params.yaml`` is the guide's file with
``data_sources``, so that the command reads the very values whose change makes DVC run it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gnomon.errors import ConfigError

_HEAD = """\
# Light curves and their features, from ZTF, TESS and MAST.
#   dvc repro                         what has changed
#   dvc repro --force ingest_ztf      asks the archive again, though params.yaml is the same
# Every command runs without DVC as well.
stages:
"""
_STAGES = """\
  ingest_{source}:
    cmd: >-
      gnomon sky ingest --source {source} --config params.yaml --limit {limit} --no-records
      --output data/raw
    params:
      - data_sources.{source}
    outs:
      - data/raw/{source}
  build_{source}_features:
    cmd: gnomon sky features data/raw/{source} --output data/processed/{source}/features.csv
    deps:
      - data/raw/{source}
    outs:
      - data/processed/{source}/features.csv
      - data/processed/{source}/features.parquet
"""
_LIMITS = {"ztf": 0, "tess": 0, "mast": 1000}
"""Records of each source; 0 is all, which of MAST's observations would be millions."""

_PARAMS = """\
# What the archives are asked for. Tokens are not written here: public data need none, and others
# come from ZTF_API_TOKEN, TESS_API_TOKEN and MAST_API_TOKEN.
data_sources:
  ztf:
    irsa:
      filters: [zg, zr]
      cone_search: {ra: 255.577, dec: 12.284, radius: 0.05}  # degrees
      mjd_range: [58194, 58483]
  tess:
    targets: [TIC 25155310]
  mast:
    query:
      filters:
        obs_collection: [HST]
        dataproduct_type: [image]
        target_name: [M31]
"""
_IGNORED = tuple(f"/{name}" for name in ("data/", "store/", "gnomon.db*", ".env"))
_GITIGNORE = ".gitignore"


def files() -> Mapping[str, str]:
    """Return the text of ``dvc.yaml`` and ``params.yaml``."""
    stages = [_STAGES.format(source=name, limit=limit) for name, limit in _LIMITS.items()]
    return {"dvc.yaml": _HEAD + "".join(stages), "params.yaml": _PARAMS}


def write_pipeline(folder: Path, *, overwrite: bool = False, dry_run: bool = False) -> list[Path]:
    """Write the files, add what DVC keeps to ``.gitignore``, and return what is, or would be, new.

    Files that are there with the same text are left alone.

    Raises
    ------
    ConfigError
        One is there with another text, and `overwrite` is not set; then nothing is written.
    """
    wanted = {folder / name: text for name, text in files().items()}
    wanted[folder / _GITIGNORE] = _with_ignored(_text(folder / _GITIGNORE) or "")
    changed = {path: text for path, text in wanted.items() if _text(path) != text}
    there = [path.name for path in changed if path.exists() and path.name != _GITIGNORE]
    if there and not overwrite:
        raise ConfigError(f"{folder} has another {' and '.join(there)}; --force replaces it")
    if not dry_run:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in changed.items():
            path.write_text(text, encoding="utf-8")
    return list(changed)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path.exists() else None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None


def _with_ignored(text: str) -> str:
    lines = text.splitlines()
    missing = [line for line in _IGNORED if line not in lines]
    return "".join(f"{line}\n" for line in [*lines, *missing]) if missing else text
