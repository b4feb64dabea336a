"""What a source lists, before anything is fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gnomon.core.kinds import Key, Kind, Tags
from gnomon.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Item:
    """One remote file.

    Attributes
    ----------
    kind : str
        The kind of the dataset that it becomes.
    key : mapping
        The key of that dataset. A re-issue, or a successor under another name, keeps it.
    ref : str
        Where the archive has it, in the archive's own words.
    stamp : str
        Changes whenever the archive changes the file: its date of update, or etag, or size and
        time. (`ref`, `stamp`) is what "already fetched" means.
    size : int, optional
        Bytes, where the listing says so.
    tags : mapping of str to str
        Describe the dataset; a path template may need them.
    optional : bool
        The archive may lack it: absence is `NoData`, not a failure.
    version : int, optional
        The version that the archive gave it, which is kept. Another body at the same version is
        refused, unless `replace`.
    path : str
        Where in the store to keep it, if not where the kind's template says.
    replace : bool
        The archive's body takes the place of another one at the same version.
    """

    kind: str
    key: Key
    ref: str
    stamp: str
    size: int | None = None
    tags: Tags = field(default_factory=dict)
    optional: bool = False
    version: int | None = None
    path: str = ""
    replace: bool = False

    def checked(self, kinds: Mapping[str, Kind]) -> Item:
        """Return the same with its key in the kind's order, or say what is wrong with it."""
        if self.kind not in kinds:
            raise UnknownName("kind", self.kind, kinds)
        key = kinds[self.kind].check(self.key)
        return self if list(key) == list(self.key) else replace(self, key=key)


def covers_nothing(_: Item) -> bool:
    """Say that a listing is no proof of absence."""
    return False


@dataclass(frozen=True, slots=True)
class Listing:
    """What an archive has now.

    Attributes
    ----------
    items : sequence of Item
        One per (kind, key).
    cursor : str
        Handed to the next call of `list`; sources that cannot list incrementally ignore it.
    covers : callable
        Whether an item known from before would have been listed if it still existed; those
        covered and not listed are gone, and their datasets retire.
    unchanged : bool
        What is known still holds, and is still wanted where it was not fetched: `items` are what
        is new or changed since the cursor, if anything.
    flaw : str
        What could not be listed, though the rest was: the run ends as one that failed.
    """

    items: Sequence[Item]
    cursor: str = ""
    covers: Callable[[Item], bool] = covers_nothing
    unchanged: bool = False
    flaw: str = ""

    def checked(self, kinds: Mapping[str, Kind]) -> Listing:
        """Return the same with every key in its kind's order."""
        return replace(self, items=[item.checked(kinds) for item in self.items])
