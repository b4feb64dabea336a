"""`gnomon argo`: the commands of Argo floats."""

from __future__ import annotations

from gnomon.cli.lazy import Lazy, lazy_app

_HERE = "gnomon.instruments.argo.cli"

COMMANDS = {
    "sync": Lazy(f"{_HERE}.sync:sync", "Bring in what is new or was changed on a GDAC mirror."),
    "export": Lazy(f"{_HERE}.export:export", "Write what was synced as tables and documents."),
    "load": Lazy(f"{_HERE}.load:load", "Load what is new or changed into a database."),
    "stats": Lazy(f"{_HERE}.stats:stats", "Show figures per float and parameter."),
    "profile": Lazy(f"{_HERE}.profile:profile", "Show one profile: values with their flags."),
    "plot": Lazy(f"{_HERE}.plot:plot", "Draw a float."),
    "simulate": Lazy(f"{_HERE}.simulate:simulate", "Write a GDAC of simulated floats."),
    "package": Lazy(f"{_HERE}.package:package", "Pack the handlers of function services."),
}

app = lazy_app(COMMANDS, text="Argo floats.")
