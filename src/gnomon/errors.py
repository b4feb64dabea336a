"""Every error that gnomon raises on purpose.

    GnomonError                          act            a retry helps
    ├── ConfigError                      the user       no
    │   ├── UnknownName                  the user       no   (names the nearest)
    │   ├── CycleInPipeline              the user       no
    │   ├── Conflict                     the user       no
    │   └── MissingExtra                 the user       no   (names the extra)
    ├── SourceError                      the archive    yes
    │   ├── Unreachable                  the network    yes
    │   ├── RateLimited                  the clock      yes  (after `after_s`)
    │   ├── ServerFault                  the archive    yes
    │   ├── Truncated                    the archive    yes
    │   ├── ChecksumMismatch             the archive    yes
    │   ├── StaleListing                 the archive    in a later run
    │   ├── NotFound                     the archive    in a later run
    │   ├── NotAuthorised                the user       no
    │   ├── Refused                      the user       no   (another 4xx of HTTP)
    │   └── NoData                       nobody         no   (an outcome: there is nothing)
    ├── BadData                          the producer   no   (rejected until its inputs change)
    ├── StepError                        the developer  yes
    │   ├── OutputMissing                the developer  no
    │   ├── InputModified                the developer  no
    │   └── WorkerLost                   the machine    yes
    ├── PublishError                     the target     yes
    ├── StoreError                       the operator   no
    │   ├── Corrupt                      the operator   no
    │   └── Full                         the operator   yes
    └── CatalogError                     the operator   no
        ├── Busy                         the clock      yes
        ├── ConnectionLost               the network    yes
        └── SchemaMismatch               the operator   no

`retry` says whether the engine tries the same job again within one run; a job that failed for
good is tried once more by the next run, a rejected one only when its inputs change.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


class GnomonError(Exception):
    """The root of the tree; its message says what, which one, and what to do."""

    retry: ClassVar[bool] = False
    rejects: ClassVar[bool] = False

    @property
    def slug(self) -> str:
        """A stable name for logs and JSON: the class name."""
        return type(self).__name__


class ConfigError(GnomonError):
    """A setting, an option or a pipeline is wrong; the command line exits with 2."""


class UnknownName(ConfigError):
    """A name that nothing answers to; the message offers the nearest that exists."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        self.what, self.name, self.known = what, name, sorted(known)
        super().__init__(f"unknown {what} {name!r}{self._hint()}")

    def __reduce__(self) -> tuple[type[UnknownName], tuple[str, str, list[str]]]:
        return type(self), (self.what, self.name, self.known)

    def _hint(self) -> str:
        near = difflib.get_close_matches(self.name, self.known, n=1, cutoff=0.5)
        if near:
            return f"; did you mean {near[0]!r}?"
        return f"; known: {', '.join(self.known)}" if self.known else ""


class CycleInPipeline(ConfigError):
    """The kinds of a pipeline feed each other in a circle."""


class Conflict(ConfigError):
    """Two steps, or two jobs, make the same dataset."""


class MissingExtra(ConfigError):
    """An optional library is absent."""

    def __init__(self, library: str, extra: str) -> None:
        self.library, self.extra = library, extra
        super().__init__(f"{library} is not installed; pip install 'gnomon[{extra}]'")

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        return type(self), (self.library, self.extra)


class SourceError(GnomonError):
    """An archive did not deliver what it lists."""

    retry = True


class Unreachable(SourceError):
    """No connection, a time-out, or a connection that broke."""


class RateLimited(SourceError):
    """The archive asked us to slow down (HTTP 429, FTP 421)."""

    def __init__(self, message: str, after_s: float | None = None) -> None:
        self.after_s = after_s
        super().__init__(message)

    def __reduce__(self) -> tuple[type[RateLimited], tuple[str, float | None]]:
        return type(self), (str(self), self.after_s)


class ServerFault(SourceError):
    """The archive failed on its own side (HTTP 5xx, FTP 4yz)."""


class Truncated(SourceError):
    """Fewer bytes arrived than the archive announced, or more."""


class ChecksumMismatch(SourceError):
    """The bytes are not those that the archive's checksum describes."""


class StaleListing(SourceError):
    """A listing or a file is older than one that was already seen."""

    retry = False


class NotFound(SourceError):
    """The archive lists a file that it does not have."""

    retry = False


class NotAuthorised(SourceError):
    """The archive wants a token that is missing, wrong or expired."""

    retry = False


class Refused(SourceError):
    """The archive does not do what was asked, and would not the next time either (HTTP 4xx)."""

    retry = False

    def __init__(self, message: str, status: int = 400) -> None:
        self.status = status
        super().__init__(message)

    def __reduce__(self) -> tuple[type[Refused], tuple[str, int]]:
        return type(self), (str(self), self.status)


class NoData(SourceError):
    """The archive has nothing here; recorded as the outcome, never filled with samples."""

    retry = False


class BadData(GnomonError):
    """The bytes arrived and make no sense; rejected until they change."""

    rejects = True


class StepError(GnomonError):
    """A step failed."""

    retry = True


class OutputMissing(StepError):
    """A step returned without having written what it declares."""

    retry = False


class InputModified(StepError):
    """A step changed one of its inputs."""

    retry = False


class WorkerLost(StepError):
    """The process that ran the step died."""


class PublishError(GnomonError):
    """A target did not take a product."""

    retry = True


class StoreError(GnomonError):
    """The store cannot do what was asked."""


class Corrupt(StoreError):
    """A file of the store is absent or is not what the catalogue says."""


class Full(StoreError):
    """No space is left on the device."""

    retry = True


class CatalogError(GnomonError):
    """The catalogue cannot do what was asked."""


class Busy(CatalogError):
    """Another writer held the catalogue for too long."""

    retry = True


class ConnectionLost(CatalogError):
    """The database went away."""

    retry = True


class SchemaMismatch(CatalogError):
    """The database holds another schema than this version of gnomon expects."""


def by_slug(slug: str) -> type[GnomonError] | None:
    """Return the class of a slug, or None where it is no error of ours."""
    found = globals().get(slug)
    return found if isinstance(found, type) and issubclass(found, GnomonError) else None
