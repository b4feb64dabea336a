"""`gnomon imap`: the commands of the IMAP magnetometer."""

from __future__ import annotations

import typer

from gnomon.cli.housekeeping import cleanup
from gnomon.instruments.imap.cli.apply import apply
from gnomon.instruments.imap.cli.binary import binary
from gnomon.instruments.imap.cli.calibrate import calibrate
from gnomon.instruments.imap.cli.check import ialirt as check_ialirt
from gnomon.instruments.imap.cli.ialirt import ialirt, ialirt_hk
from gnomon.instruments.imap.cli.index import index
from gnomon.instruments.imap.cli.load import load
from gnomon.instruments.imap.cli.metakernel import metakernel
from gnomon.instruments.imap.cli.noaa import noaa
from gnomon.instruments.imap.cli.plot import hk as plot_hk
from gnomon.instruments.imap.cli.plot import ialirt as plot_ialirt
from gnomon.instruments.imap.cli.plot import science as plot_science
from gnomon.instruments.imap.cli.process import process
from gnomon.instruments.imap.cli.publish import publish
from gnomon.instruments.imap.cli.science import science
from gnomon.instruments.imap.cli.simulate import simulate
from gnomon.instruments.imap.cli.spice import small_forces, spice, spin_tables
from gnomon.instruments.imap.cli.webtcad import hi45_step, hi90_step, lo_pivot_platform

app = typer.Typer(help="IMAP's magnetometer.", no_args_is_help=True)
fetch = typer.Typer(help="Bring in what is new in an archive.", no_args_is_help=True)
plot = typer.Typer(help="Draw.", no_args_is_help=True)
check = typer.Typer(help="Look for anomalies.", no_args_is_help=True)
app.add_typer(fetch, name="fetch")
app.add_typer(plot, name="plot")
app.add_typer(check, name="check")
app.command("simulate")(simulate)
app.command("calibrate")(calibrate)
app.command("apply")(apply)
calibration = typer.Typer(help="The older spelling of calibrate and apply.", no_args_is_help=True)
calibration.command("calibrate")(calibrate)
calibration.command("apply")(apply)
app.add_typer(calibration, name="calibration", hidden=True)
app.command("process")(process)
app.command("index")(index)
app.command("cleanup")(cleanup)
app.command("load")(load)
app.command("publish")(publish)

fetch.command("binary")(binary)
fetch.command("science")(science)
fetch.command("spice")(spice)
fetch.command("metakernel")(metakernel)
fetch.command("spin-tables")(spin_tables)
fetch.command("small-forces")(small_forces)
fetch.command("ialirt")(ialirt)
fetch.command("ialirt-hk")(ialirt_hk)
fetch.command("noaa")(noaa)
for _name, _command in (
    ("lo-pivot-platform", lo_pivot_platform),
    ("hi45-step", hi45_step),
    ("hi90-step", hi90_step),
):
    fetch.command(_name)(_command)
    fetch.command(f"imap-{_name}", hidden=True)(_command)
check.command("ialirt")(check_ialirt)
plot.command("ialirt")(plot_ialirt)
plot.command("science")(plot_science)
plot.command("hk")(plot_hk)
