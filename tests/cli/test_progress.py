"""Bars for people, lines for logs, nothing for machines."""

import io

from rich.console import Console

from gnomon.cli.app import Screen
from gnomon.cli.progress import watching
from gnomon.engine.events import Event, Happened

EVENTS = [
    Event(Happened.LISTED, "argo.gdac", message="3 new", count=3),
    Event(Happened.PLANNED, "argo.gdac", count=3),
    Event(Happened.STARTED, "argo.gdac"),
    Event(Happened.BYTES, "argo.gdac", count=2_500_000),
    Event(Happened.PLANNED, "argo.gdac", count=2),
    Event(Happened.DONE, "argo.gdac", count=2_500_000),
    Event(Happened.PLANNED, "argo.gdac", count=0),
    Event(Happened.DONE, "argo.gdac"),
    Event(Happened.REJECTED, "argo.gdac", "wmo=1", "a.nc: [bold]truncated[/]"),
]


def shown(*, terminal, as_json=False):
    out, err = io.StringIO(), io.StringIO()
    screen = Screen(
        Console(file=out, width=100),
        Console(file=err, force_terminal=terminal, width=100, color_system=None),
        as_json,
    )
    with watching(screen, "argo") as listen:
        for event in EVENTS:
            listen(event)
    assert out.getvalue() == ""
    return err.getvalue()


def test_a_terminal_gets_bars_and_what_needs_attention():
    text = shown(terminal=True)
    assert "\x1b[" in text
    assert "━" in text
    assert "3/3" in text
    assert "2.5 MB" in text
    assert "rejected argo.gdac wmo=1: a.nc: [bold]truncated[/]" in text


def test_a_log_gets_plain_lines():
    assert shown(terminal=False).splitlines() == [
        "argo.gdac: 3 listed, 3 new",
        "rejected argo.gdac wmo=1: a.nc: [bold]truncated[/]",
        "argo: argo.gdac 3/3, 2.5 MB fetched",
    ]


def test_a_machine_gets_nothing():
    assert shown(terminal=True, as_json=True) == ""
