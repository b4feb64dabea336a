"""What happens outside the catalogue: listings, mended files, and targets that lost theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor

from gnomon.acquire.source import Source
from gnomon.core.dataset import Dataset
from gnomon.core.items import Item, Listing
from gnomon.core.kinds import Kind
from gnomon.engine.events import Event, Happened, Listener
from gnomon.engine.execute import validator_of
from gnomon.errors import BadData, ConfigError, Corrupt, GnomonError, PublishError, SourceError
from gnomon.publish.publisher import Publisher, Receipt
from gnomon.store.store import Store


def listing_of(source: Source, cursor: str, kinds: Mapping[str, Kind]) -> Listing | GnomonError:
    """Return a listing, or why there is none: one silent archive does not stop the others."""
    try:
        return source.list(cursor).checked(kinds)
    except (SourceError, BadData, ConfigError) as error:
        return error


def mended_files(
    source: Source, rejected: Sequence[tuple[str, str, Item]], streams: Executor
) -> list[str]:
    """Return the rejected fetches whose file is another one now.

    Parameters
    ----------
    rejected : sequence of (job, validator, item)
        As they were when they were rejected.
    """
    calls = [streams.submit(validator_of, source, item) for _, _, item in rejected]
    found = zip(rejected, (call.result() for call in calls), strict=True)
    return [job for (job, seen, _), now in found if now and now != seen]


def lost_receipts(
    publishers: Mapping[str, Publisher],
    store: Store,
    receipts: Iterable[Dataset],
    tell: Listener,
) -> list[int]:
    """Return the receipts, by number, whose target no longer holds what they say."""
    lost = []
    for receipt in receipts:
        publisher = publishers.get(str(receipt.key["publisher"]))
        if publisher is not None and _is_lost(publisher, store, receipt, tell):
            lost.append(receipt.seq)
    return lost


def _is_lost(publisher: Publisher, store: Store, receipt: Dataset, tell: Listener) -> bool:
    path = store.path(receipt)
    try:
        # An emptied store is filled again, and the commit says so.
        return not path.exists() or not publisher.holds(Receipt.read(path))
    except Corrupt as error:
        tell(Event(Happened.CORRUPT, receipt.kind, receipt.key_text, str(error)))
        return True
    except PublishError as error:
        tell(Event(Happened.FAILED, receipt.kind, receipt.key_text, str(error)))
        return False
