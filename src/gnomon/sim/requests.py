"""The log of what an archive was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Request:
    """One HTTP request or one FTP command that names a path.

    Attributes
    ----------
    protocol : {"http", "ftp"}
    verb : str
        GET, HEAD; RETR, SIZE, MDTM, MLSD, LIST, ...
    path : str
        From the root of the archive, with a leading slash.
    bytes_sent : int
        The bytes of the body that the answer carried.
    code : int
        The HTTP status, or 0 on FTP.
    query : str
        What stood after the question mark, as it was sent; services only.
    headers : mapping of str to str
        By names in lower case; services only.
    body : bytes
        What was sent along; services only.
    """

    protocol: str
    verb: str
    path: str
    bytes_sent: int = 0
    code: int = 0
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
