"""`gnomon argo package`: one zip that a function service runs the handlers from."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from gnomon.cli.app import AsJson, DryRun, ending, screen
from gnomon.errors import ConfigError, GnomonError

LIMIT_MB = 262
"""AWS Lambda takes 262,144,000 bytes unpacked; container images, and other services, more."""
_REQUIREMENT = "gnomon[argo,postgres,redis]"
_ENTRY = "lambda_function.py"
_ENTRY_TEXT = '''\
"""Where function services look for a handler by default."""

from gnomon.instruments.argo.handlers import (
    lambda_handler,
    load_handler,
    process_handler,
    sync_handler,
)

__all__ = ["lambda_handler", "load_handler", "process_handler", "sync_handler"]
'''
_UNUSED = (
    "**/tests",
    "**/__pycache__",
    "bin",
    "pyarrow/include",
    "pyarrow/libarrow_flight*",
    "pyarrow/_flight*",
)
"""What no handler imports, and a service with a limit has no room for."""
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644 << 16
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Packed:
    """What went into the zip."""

    path: str
    files: int
    unpacked_mb: float
    packed_mb: float


def package(
    output: Annotated[Path, typer.Argument(metavar="ZIP", help="The file to write.")],
    requirements: Annotated[
        list[str] | None,
        typer.Option(
            "--requirement",
            help=f"What to install, as for pip; repeatable. [default: {_REQUIREMENT}]",
        ),
    ] = None,
    dependencies: Annotated[
        bool, typer.Option("--dependencies/--no-dependencies", help="With all that it needs.")
    ] = True,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Pack the handlers (sync, process, load) and all that they need into one zip."""
    view = screen(as_json=as_json)
    with ending(view):
        wanted = requirements or [_REQUIREMENT]
        if dry_run:
            view.out.print(f"would install {', '.join(wanted)} into {output}", markup=False)
            return
        made = build(output, wanted, dependencies=dependencies)
        if as_json:
            view.document({name: getattr(made, name) for name in made.__slots__})
            return
        size = f"{made.packed_mb:.1f} MB, {made.unpacked_mb:.1f} MB unpacked"
        view.out.print(f"{made.path}: {made.files} files, {size}", markup=False)
        if made.unpacked_mb > LIMIT_MB:
            view.err.print(f"over {LIMIT_MB} MB: AWS Lambda takes it as a container image only")


def build(output: Path, requirements: Sequence[str], *, dependencies: bool = True) -> Packed:
    """Install requirements into a folder, leave out what is not used, and zip the rest.

    The same installed files give the same bytes.

    Raises
    ------
    GnomonError
        The installer failed; its last words are the message.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _install(root, requirements, dependencies=dependencies)
        for path in _unused(root):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        (root / _ENTRY).write_text(_ENTRY_TEXT, "utf-8")
        files = sorted(path for path in root.rglob("*") if path.is_file())
        unpacked = sum(path.stat().st_size for path in files)
        part = output.with_name(output.name + ".part")
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), _EARLIEST)
                entry.external_attr, entry.compress_type = _MODE, zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
        part.replace(output)
    return Packed(str(output), len(files), unpacked / _MB, output.stat().st_size / _MB)


def _install(root: Path, requirements: Sequence[str], *, dependencies: bool) -> None:
    more = [] if dependencies else ["--no-deps"]
    words = [*_installer(), "--quiet", "--target", str(root), *more, *requirements]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise GnomonError(f"{' '.join(words[:3])} failed: {done.stderr.strip()[-500:]}")


def _installer() -> list[str]:
    """Return the command of pip, or of uv, which makes environments without pip."""
    from importlib.util import find_spec  # noqa: PLC0415 - this command's alone

    if find_spec("pip"):
        return [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--python", sys.executable]
    raise ConfigError("neither pip nor uv is installed; python -m ensurepip brings pip")


def _unused(root: Path) -> Iterator[Path]:
    for pattern in _UNUSED:
        yield from sorted(path for path in root.glob(pattern) if path.exists())
