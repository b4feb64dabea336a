"""Uploads to the science data centre: an address is asked for by name, and the bytes go there.

    GET upload/<name>      -> a signed address, as a JSON string
    PUT <signed address>   with an empty content type, which is part of what is signed

What is there under the same name already cannot be replaced, and need not be when it came from
here: the receipt of an upload is a dataset, so the same bytes are never sent twice.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from pydantic import Field

from gnomon.acquire.connect import network_of
from gnomon.core.dataset import Dataset
from gnomon.core.instrument import PublisherType
from gnomon.core.steps import StepConfig
from gnomon.errors import BadData, NotFound, PublishError, Refused, SourceError
from gnomon.instruments.imap.sdc import access
from gnomon.instruments.imap.sdc.access import Sdc
from gnomon.publish.publisher import Receipt
from gnomon.settings import load_settings
from gnomon.store.hashing import sha256_of

_EXISTS = 409
_SCIENCE = re.compile(
    r"imap_mag_(?P<level>l\d[a-z]?(?:-pre)?)_(?P<descriptor>(?:norm|burst)[^_]*)_"
    r"(?P<year>\d{4})(?P<month>\d\d)\d\d_v(?P<version>[\d.]+)\.\w+"
)
_TWO_PARTS = re.compile(r"\d{3}\.\d{4}")


class SdcConfig(StepConfig):
    """Where to."""

    url: str = Field("", description="the science data centre's when empty")


class SdcPublisher:
    """Uploads datasets under the names that they have in the store.

    Parameters
    ----------
    connect : callable
        Reaches the archive; each upload hangs up when it is done.
    """

    def __init__(self, connect: Callable[[], Sdc]) -> None:
        self._connect = connect

    def publish(self, dataset: Dataset, path: Path) -> Receipt:
        """Upload a file.

        Raises
        ------
        BadData
            The archive takes no name like this one.
        NotAuthorised, Refused
            The key is missing or wrong; the archive does not take this file.
        PublishError
            The upload failed in a way that may pass.
        """
        name = self.target(dataset)
        _check(name, path)
        with closing(self._connect()) as sdc:
            try:
                where = _sent(sdc, name, path)
            except SourceError as error:
                if not error.retry:
                    raise
                raise PublishError(f"{name} was not uploaded: {error}") from error
        return Receipt.of(dataset, name, where)

    def target(self, dataset: Dataset) -> str:
        """Return the name that the archive knows a dataset by."""
        return PurePosixPath(dataset.path).name

    def holds(self, receipt: Receipt) -> bool:  # noqa: ARG002  what was taken is kept
        """Trust the receipt: the archive keeps what it took, and publishing twice asks nothing."""
        return True

    def retract(self, receipt: Receipt) -> None:
        """Leave it: the archive takes nothing back."""


def _check(name: str, path: Path) -> None:
    if not path.is_file():
        raise BadData(f"{name} is no file")
    found = _SCIENCE.fullmatch(name)
    if found is not None and not _TWO_PARTS.fullmatch(found["version"]):
        raise BadData(
            f"{name}: the archive takes science files with versions such as v001.0004 only"
        )


def _sent(sdc: Sdc, name: str, path: Path) -> str:
    """Upload; return where it went, without the signature."""
    try:
        address = sdc.keyed.json(f"upload/{name}")
    except Refused as refused:
        if refused.status == _EXISTS and _is_there(sdc, name, path):
            return f"{sdc.keyed.url}/upload/{name}"
        raise
    if not isinstance(address, str) or urlsplit(address).scheme not in {"http", "https"}:
        raise PublishError(f"upload of {name}: the answer is no address")
    sdc.keyed.put(address, path, {"Content-Type": ""})
    where = urlsplit(address)
    return f"{where.scheme}://{where.netloc}{where.path}"


def _is_there(sdc: Sdc, name: str, path: Path) -> bool:
    """Tell whether the archive has these bytes: an upload whose receipt was lost."""
    with tempfile.TemporaryDirectory(prefix="gnomon-") as folder:
        theirs = Path(folder) / "theirs"
        try:
            sdc.keyed.download(f"download/{_archived(name)}", "", theirs)
        except NotFound:
            return False
        return sha256_of(theirs) == sha256_of(path)


def _archived(name: str) -> str:
    """Return the path that the archive gives to a file of this name."""
    found = _SCIENCE.fullmatch(name)
    if found is None:
        return f"imap/ancillary/mag/{name}"
    return f"imap/mag/{found['level']}/{found['year']}/{found['month']}/{name}"


def open_publisher(config: SdcConfig, folder: Path) -> SdcPublisher:
    """Connect to the science data centre, with the project's limits and its key."""
    network = network_of(load_settings(folder).network, folder)
    return SdcPublisher(partial(access.open_sdc, config.url, network))


PUBLISHER = PublisherType("imap.sdc", SdcConfig, open_publisher)
"""The science data centre."""
