"""`gnomon argo`, assembled."""

from __future__ import annotations

import typer

from gnomon.instruments.argo.cli.export import export
from gnomon.instruments.argo.cli.load import load
from gnomon.instruments.argo.cli.package import package
from gnomon.instruments.argo.cli.plot import plot
from gnomon.instruments.argo.cli.profile import profile
from gnomon.instruments.argo.cli.simulate import simulate
from gnomon.instruments.argo.cli.stats import stats
from gnomon.instruments.argo.cli.sync import sync

app = typer.Typer(help="Argo floats.", no_args_is_help=True)
for command in (sync, export, load, stats, profile, plot, simulate, package):
    app.command()(command)
