"""The identity of a job: a digest of everything that its result depends on.

The fingerprint of a step covers its name, its explicit version, its configuration and the bytes
of its inputs; that of a fetch what the archive says of the file; that of a publication the target
and the bytes. No clock, no machine, no release of gnomon, and no secret: a `SecretStr` is
written as asterisks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from pydantic import BaseModel

from gnomon.core.dataset import Dataset
from gnomon.core.items import Item

Bound = tuple[str, Dataset]
"""(role, dataset): one input of a job."""


def canonical(config: BaseModel) -> str:
    """Return the one spelling of a configuration, with its defaults written out."""
    return json.dumps(config.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))


def digest(*parts: str) -> str:
    """Return the sha256 of parts, each after its length, so that no two lists look alike."""
    encoded = [part.encode() for part in parts]
    return hashlib.sha256(b"".join(b"%d:%b" % (len(e), e) for e in encoded)).hexdigest()


def of_step(recipe: str, key_text: str, inputs: Iterable[Bound]) -> str:
    """Return the fingerprint of one step on one group of inputs.

    Parameters
    ----------
    recipe : str
        `digest` of the step's name, version and canonical configuration.
    key_text : str
        The cell's key.
    inputs : iterable of (role, Dataset)
        In any order.
    """
    lines = sorted((role, d.kind, d.key_text, d.sha256) for role, d in inputs)
    return digest("step", recipe, key_text, *(part for line in lines for part in line))


def of_fetch(source: str, item: Item, key_text: str) -> str:
    """Return the fingerprint of fetching one state of one remote file."""
    return digest("fetch", source, item.kind, key_text, item.ref, item.stamp)


def of_publication(recipe: str, dataset: Dataset) -> str:
    """Return the fingerprint of publishing one version of a dataset to one target."""
    return digest("publish", recipe, dataset.kind, dataset.key_text, dataset.sha256)
