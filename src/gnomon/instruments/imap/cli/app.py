"""`gnomon imap`: the commands of the IMAP magnetometer."""

from __future__ import annotations

import typer

app = typer.Typer(help="IMAP's magnetometer.", no_args_is_help=True)
fetch = typer.Typer(help="Bring in what is new in an archive.", no_args_is_help=True)
plot = typer.Typer(help="Draw.", no_args_is_help=True)
check = typer.Typer(help="Look for anomalies.", no_args_is_help=True)
app.add_typer(fetch, name="fetch")
app.add_typer(plot, name="plot")
app.add_typer(check, name="check")
