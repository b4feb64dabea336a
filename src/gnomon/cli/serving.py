"""What commands share that serve simulated archives: their options, and the project's ``.env``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

Serve = Annotated[
    bool, typer.Option("--serve", help="Answer as the archives do, until interrupted.")
]
Port = Annotated[int, typer.Option(min=0, help="To serve on; 0 takes a free one.")]
Env = Annotated[
    Path | None,
    typer.Option(help="Write addresses and tokens of what is served here, as a project's .env"),
]
FaultTexts = Annotated[
    list[str] | None,
    typer.Option("--fault", help="NAME:PATTERN:option=value, such as 429:*/query:times=2."),
]


def lines_of(environment: Mapping[str, str]) -> str:
    """Return variables as a ``.env`` holds them."""
    return "".join(f"{name}={value}\n" for name, value in environment.items())


def write_whole(path: Path, text: str) -> None:
    """Write a file under another name first, then rename it; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, "utf-8")
    part.replace(path)
