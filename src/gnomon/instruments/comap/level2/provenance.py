"""What made a Level-2 file, inside it: attributes of the group ``provenance``."""

from __future__ import annotations

import json
from dataclasses import asdict

from gnomon.core.dataset import Provenance
from gnomon.instruments.comap.level2.file import Level2File
from gnomon.version import VERSION

GROUP = "provenance"


def embed(out: Level2File, provenance: Provenance, **more: str) -> None:
    """Write the provenance of a step; that of the steps before it stays beside it.

    Parameters
    ----------
    **more : str
        Further texts, such as where the Level-1 file was.
    """
    group = out.held.require_group(f"{GROUP}/{provenance.step}")
    group.attrs["provenance"] = json.dumps(asdict(provenance), sort_keys=True)
    group.attrs["gnomon_version"] = VERSION
    for name, text in more.items():
        group.attrs[name] = text
