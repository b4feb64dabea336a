"""Steps and kinds that misbehave on request, and shapes that the toys lack."""

import os
import time
from pathlib import Path
from typing import Annotated

from pydantic import Field

from gnomon.core.dataset import Coverage, Report
from gnomon.core.instrument import Instrument
from gnomon.core.kinds import Kind
from gnomon.core.steps import In, Input, Out, Sink, StepConfig, step
from gnomon.testing.toys import CLEAN, IMAGE, LAMP, RAW, STACK, coverage_of

ECHO = Kind("odd.echo", {"day": int, "part": int}, "echo/{day}_{part}_v{version}.txt")
TREE = Kind("odd.tree", {"day": int}, "tree/{day}_v{version}")
ONE = Kind("odd.one", {"name": str}, "one/{name}_v{version}.txt")
COVER = Kind("odd.cover", {"day": int}, "cover/{day}_v{version}.txt")
EVEN = Kind("odd.even", {}, "even_v{version}.txt")
BLUR = Kind("odd.blur", {"part": int, "day": int}, "blur/{day}{part}_v{version}.txt")


class EchoConfig(StepConfig):
    """Where to note that a job ran."""

    log: Path | None = Field(None, description="gets one line a run")


@step("odd.echo", version=1)
def echo(raw: Annotated[Path, In(RAW)], out: Annotated[Path, Out(ECHO)], cfg: EchoConfig) -> Report:
    """Copy, or do what the text says: an order, a colon, and a path."""
    text = raw.read_text()
    if cfg.log is not None:
        with cfg.log.open("a") as stream:
            stream.write(f"{raw.name}\n")
    order, _, where = text.partition(":")
    if order == "mute":
        return Report()
    out.write_text(text)
    if order == "none":
        return None
    if order == "nan":
        return Report(metrics={"nothing": float("nan"), "one": 1.0})
    ORDERS.get(order, _copy_only)(raw, Path(where))
    return Report()


def _copy_only(_raw: Path, _where: Path) -> None:
    """Obey no order."""


def _edit(raw: Path, _where: Path) -> None:
    raw.chmod(0o644)
    raw.write_text("edited")


def _touch(raw: Path, _where: Path) -> None:
    os.utime(raw, (1, 1))


def _raise(_raw: Path, _where: Path) -> None:
    raise RuntimeError("no idea\0 what \udc80 this is")


def _once(_raw: Path, where: Path) -> None:
    if not where.exists():
        where.touch()
        raise RuntimeError("the first time fails")


def _die(_raw: Path, _where: Path) -> None:
    os._exit(9)


def _die_once(_raw: Path, where: Path) -> None:
    if not where.exists():
        where.touch()
        os._exit(9)


def _wait(_raw: Path, where: Path) -> None:
    where.with_suffix(".part").write_text(str(os.getpid()))
    where.with_suffix(".part").rename(where.with_suffix(".pid"))
    while not where.exists():
        time.sleep(0.01)


ORDERS = {
    "edit": _edit,
    "touch": _touch,
    "raise": _raise,
    "once": _once,
    "die": _die,
    "die once": _die_once,
    "wait": _wait,
}


@step("odd.clock", version=1)
def clock(raw: Annotated[Path, In(RAW)], out: Annotated[Path, Out(ECHO)]) -> Report:
    """Write other bytes each time, as no step should."""
    out.write_text(f"{raw.read_text()} {time.time_ns()}")
    return Report()


@step("odd.grow", version=1)
def grow(
    parts: Annotated[list[Input], In(CLEAN, by=("day",))], tree: Annotated[Path, Out(TREE)]
) -> Report:
    """Write a folder, with one file a part."""
    for part in parts:
        leaf = tree / "leaves" / f"{part.key['part']}.txt"
        leaf.parent.mkdir(parents=True, exist_ok=True)
        leaf.write_bytes(part.path.read_bytes())
    return Report()


@step("odd.collide", version=1)
def collide(raw: Annotated[Path, In(RAW)], out: Annotated[Sink, Out(ONE)]) -> Report:
    """Every raw file says which key it makes."""
    name, _, text = raw.read_text().partition(":")
    out.new(name=name).write_text(text)
    return Report()


@step("odd.shade", version=1)
def shade(
    stack: Annotated[Path, In(STACK)],
    lamp: Annotated[Path, In(LAMP, covers=True)],
    out: Annotated[Path, Out(COVER)],
) -> Report:
    """Take the lamp whose time holds the stack's."""
    out.write_text(f"{lamp.read_text()} over {stack.read_text()}")
    return Report()


@step("odd.even", version=1)
def even(
    images: Annotated[list[Path], In(IMAGE, by=(), where={"parity": "even"})],
    out: Annotated[Path, Out(EVEN)],
) -> Report:
    """Count the images that are tagged even."""
    out.write_text(str(len(images)))
    return Report()


@step("odd.blur", version=1)
def blur(raw: Annotated[Path, In(RAW)], out: Annotated[Path, Out(BLUR)]) -> Report:
    """Write to a path that two keys share: day 1 part 11, and day 11 part 1."""
    out.write_text(raw.read_text())
    return Report()


def span(first: int, last: int) -> Coverage:
    """Return the time from one day's start to another's end."""
    return Coverage(coverage_of(first).start_us, coverage_of(last).stop_us)


SHAPES = Instrument(
    "odd",
    kinds=(ECHO, TREE, ONE, COVER, EVEN, BLUR),
    steps=(echo, clock, grow, collide, shade, even, blur),
)
