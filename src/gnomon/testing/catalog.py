"""What the catalogue must do on every database.

class TestMine(CatalogSuite):
    @pytest.fixture
    def url(self):
        return "postgresql://…"  # an empty database
"""

# ruff: noqa: S101, PLR2004, PT012  (these are tests)

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from gnomon.catalog import tables
from gnomon.catalog.catalog import Catalog
from gnomon.core.dataset import Dataset
from gnomon.core.items import Item, Listing
from gnomon.core.jobs import Act, Cell, Job, Outcome, Product, State
from gnomon.core.kinds import Kind, key_text
from gnomon.errors import CatalogError, Conflict, SchemaMismatch

THING = Kind("suite.thing", {"n": int}, "thing/{n}_v{version}.txt", tags=("colour",))
KINDS = {THING.name: THING}
LEASE_US = 1000


def job_of(name: str, act: Act = Act.STEP, slot: int = 1) -> Job:
    """Return a job whose fingerprint is its name."""
    key = {"n": slot}
    return Job(name, Cell(0, act, "maker", THING.name, key, key_text(key)), 1, "{}")


def item_of(number: int, stamp: str = "a") -> Item:
    """Return an item of a listing."""
    return Item(THING.name, {"n": number}, f"{number}.txt", stamp, 1, {"colour": "red"})


def product_of(sha256: str, number: int = 1) -> Product:
    """Return a product whose bytes are not looked at."""
    return Product("out", THING.name, {"n": number}, "/nowhere", sha256, 1, {"colour": "é"})


def make(catalog: Catalog, job: Job, sha256: str, *, number: int = 1) -> int:
    """Let a job make one dataset and its cell hold it."""
    with catalog.writing() as writing:
        writing.claim([job], "me", 10**15, 0)
        versions = writing.versions(THING.name, f"n={number}")
        version = len(versions) + 1
        path = THING.format({"n": number}, version)
        same = [dataset.seq for dataset in versions if dataset.sha256 == sha256]
        product = product_of(sha256, number)
        seq = same[0] if same else writing.add(product, version, path, 1, 5, first=version == 1)
        writing.settle(job.cell.slot, job.fingerprint, [("out", seq)])
        writing.finish(Outcome(job.fingerprint, State.DONE, metrics={"m": 1.5}), "0")
    return seq


def current(catalog: Catalog) -> list[Dataset]:
    """Return what is current and good."""
    return [dataset for dataset, good in catalog.changes(0).datasets if good]


class CatalogSuite:
    """A pytest class: override the fixture `url`, the address of an empty database."""

    @pytest.fixture
    def url(self) -> str:
        """Return where the database is."""
        raise NotImplementedError

    @pytest.fixture
    def catalog(self, url: str) -> Iterator[Catalog]:
        """Open it."""
        made = Catalog(url, KINDS)
        made.prepare()
        yield made
        made.close()

    # -- the schema

    def test_preparing_twice_changes_nothing(self, catalog: Catalog) -> None:
        """What is there stays."""
        make(catalog, job_of("a"), "1")
        catalog.prepare()
        assert len(current(catalog)) == 1

    def test_several_may_prepare_at_once(self, url: str) -> None:
        """As loops that start together do."""
        problems: list[CatalogError] = []

        def prepare() -> None:
            catalog = Catalog(url, KINDS)
            try:
                catalog.prepare()
            except CatalogError as error:
                problems.append(error)
            catalog.close()

        threads = [threading.Thread(target=prepare) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []

    def test_a_newer_schema_is_refused(self, catalog: Catalog) -> None:
        """And left as it is."""
        with catalog.writing() as writing:
            writing._connection.execute(  # noqa: SLF001
                sa.text("UPDATE alembic_version SET version_num = '9999'")
            )
        with pytest.raises(SchemaMismatch, match="too old"):
            catalog.prepare()

    # -- datasets

    def test_two_current_versions_are_impossible(self, catalog: Catalog) -> None:
        """The database itself refuses them."""
        make(catalog, job_of("a"), "1")
        make(catalog, job_of("b"), "2")
        with pytest.raises(CatalogError, match="refused"), catalog.writing() as writing:
            everything = sa.update(tables.dataset).values(current=True)
            writing._connection.execute(everything)  # noqa: SLF001
        assert [dataset.sha256 for dataset in current(catalog)] == ["2"]

    def test_what_is_written_is_what_is_read(self, catalog: Catalog) -> None:
        """Keys have their types again, and tags their letters."""
        make(catalog, job_of("a"), "1")
        (found,) = current(catalog)
        assert (found.key, found.tags, found.version) == ({"n": 1}, {"colour": "é"}, 1)
        assert found.arrived_us == 5

    def test_a_transaction_is_all_or_nothing(self, catalog: Catalog) -> None:
        """Whatever it was that went wrong."""
        before = catalog.changes(0)
        with pytest.raises(ZeroDivisionError), catalog.writing() as writing:
            writing.add(product_of("1"), 1, "thing/1_v1.txt", 1, 5, first=True)
            raise ZeroDivisionError
        assert catalog.changes(0) == before

    def test_an_attempt_is_undone_alone(self, catalog: Catalog) -> None:
        """And the rest of the transaction stands."""
        with catalog.writing() as writing:
            writing.claim([job_of("a")], "me", LEASE_US, 0)
            with pytest.raises(ZeroDivisionError), writing.attempt():
                writing.add(product_of("1"), 1, "thing/1_v1.txt", 1, 5, first=True)
                raise ZeroDivisionError
        assert [job.state for job in catalog.changes(0).jobs] == [State.RUNNING]
        with catalog.writing() as writing:
            assert writing.versions(THING.name, "n=1") == []

    def test_an_attempt_that_fails_leaves_what_was_written_before_it(
        self, catalog: Catalog
    ) -> None:
        """Though the attempt is what brings it to the database."""
        with catalog.writing() as writing:
            writing.claim([job_of("a"), job_of("b", slot=2)], "me", LEASE_US, 0)
            seq = writing.add(product_of("1"), 1, "thing/1_v1.txt", 1, 5, first=True)
            writing.settle(job_of("a").cell.slot, "a", [("out", seq)])
            writing.finish(Outcome("a", State.DONE, metrics={"m": 1.5}), "0")
            with pytest.raises(Conflict, match="already made by maker"), writing.attempt():
                again = writing.add(product_of("2"), 2, "thing/1_v2.txt", 1, 5, first=False)
                writing.settle(job_of("b", slot=2).cell.slot, "b", [("out", again)])
            writing.finish(Outcome("b", State.FAILED), "0")
        found = catalog.changes(0)
        states = {job.fingerprint: job.state for job in found.jobs}
        assert states == {"a": State.DONE, "b": State.FAILED}
        assert found.slots == [(job_of("a").cell.slot, "a")]
        with catalog.writing() as writing:
            assert writing.outputs("a") == [seq]

    def test_a_cell_holds_what_its_job_made_and_nothing_else(self, catalog: Catalog) -> None:
        """A, B, and A again; then nothing."""
        first = make(catalog, job_of("a"), "1")
        second = make(catalog, job_of("b"), "2")
        assert [dataset.seq for dataset in current(catalog)] == [second]
        with catalog.writing() as writing:
            writing.settle(job_of("a").cell.slot, "a")
        assert [dataset.seq for dataset in current(catalog)] == [first]
        with catalog.writing() as writing:
            writing.settle(job_of("a").cell.slot, None)
        assert current(catalog) == []

    def test_a_job_that_ran_again_holds_what_it_made_last(self, catalog: Catalog) -> None:
        """And its history is kept."""
        make(catalog, job_of("a"), "1")
        second = make(catalog, job_of("a"), "2")
        assert [dataset.seq for dataset in current(catalog)] == [second]
        ways = sa.select(tables.lineage.c.way).order_by(tables.lineage.c.dataset)
        with catalog.reading() as connection:
            assert list(connection.execute(ways).scalars()) == ["was", "out"]

    def test_a_key_has_one_maker(self, catalog: Catalog) -> None:
        """Another cell that makes it is a conflict."""
        make(catalog, job_of("a"), "1")
        for sha256 in ("1", "2"):
            with pytest.raises(Conflict, match="already made by maker"):
                make(catalog, job_of("b", slot=2), sha256)
        assert [dataset.sha256 for dataset in current(catalog)] == ["1"]

    def test_a_veto_hides_a_dataset_and_keeps_the_reason(self, catalog: Catalog) -> None:
        """Until it is taken back."""
        seq = make(catalog, job_of("a"), "1")
        for quality, count in (("vetoed", 0), ("good", 1)):
            with catalog.writing() as writing:
                writing.judge(seq, quality, "because", 7)
            assert len(current(catalog)) == count
        with catalog.reading() as connection:
            comments = connection.execute(sa.select(tables.flag.c.comment)).scalars()
            assert list(comments) == ["because", "because"]

    # -- jobs

    def test_a_claim_is_exclusive(self, catalog: Catalog) -> None:
        """Until its lease ends."""
        job = job_of("a")
        claims = [("one", 0), ("two", 0), ("two", LEASE_US - 1), ("two", LEASE_US)]
        won = []
        for owner, now_us in claims:
            with catalog.writing() as writing:
                won.append(bool(writing.claim([job], owner, LEASE_US, now_us)))
        assert won == [True, False, False, True]
        with catalog.writing() as writing:
            assert writing.running() == {"a": "two"}
            assert writing.owned("two", ["a"]) == {"a"}
            assert not writing.owned("one", ["a"])

    def test_only_one_of_many_wins_a_claim(self, catalog: Catalog, url: str) -> None:
        """Of loops that want the same jobs at once."""
        assert not catalog.changes(0).jobs
        jobs = [job_of(str(number), slot=number) for number in range(20)]
        won: list[str] = []

        def claim(owner: str) -> None:
            mine = Catalog(url, KINDS)
            for job in jobs:
                with mine.writing() as writing:
                    won.extend(j.fingerprint for j in writing.claim([job], owner, 10**15, 0))
            mine.close()

        threads = [threading.Thread(target=claim, args=(str(n),)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(won) == sorted(job.fingerprint for job in jobs)

    def test_a_lease_can_be_prolonged(self, catalog: Catalog) -> None:
        """By its owner alone."""
        with catalog.writing() as writing:
            writing.claim([job_of("a")], "me", LEASE_US, 0)
            writing.renew("me", 5 * LEASE_US)
            writing.renew("you", 9 * LEASE_US)
        with catalog.writing() as writing:
            assert not writing.claim([job_of("a")], "you", 9 * LEASE_US, 4 * LEASE_US)
            assert writing.claim([job_of("a")], "you", 9 * LEASE_US, 5 * LEASE_US)

    def test_jobs_of_the_dead_are_ready_again(self, catalog: Catalog) -> None:
        """Those of owners that are gone, and those whose lease has ended."""
        for name, owner, lease_us in (("a", "dead", 99), ("b", "late", 10), ("c", "well", 99)):
            with catalog.writing() as writing:
                writing.claim([job_of(name)], owner, lease_us, 0)
        with catalog.writing() as writing:
            writing.release({"dead"}, 20)
            assert writing.running() == {"c": "well"}

    def test_a_job_that_is_done_is_not_to_be_had(self, catalog: Catalog) -> None:
        """Unless it is opened again."""
        make(catalog, job_of("a"), "1")
        with catalog.writing() as writing:
            assert not writing.claim([job_of("a")], "me", LEASE_US, 10**16)
            writing.reopen(["a"])
            assert writing.claim([job_of("a")], "me", LEASE_US, 10**16)

    def test_a_publication_undoes_the_one_before(self, catalog: Catalog) -> None:
        """From when it begins: nobody knows how much of it is there."""
        make(catalog, job_of("a", Act.PUBLISH), "1")
        with catalog.writing() as writing:
            writing.claim([job_of("b", Act.PUBLISH)], "me", LEASE_US, 0)
        states = {job.fingerprint: job.state for job in catalog.changes(0).jobs}
        assert states == {"a": State.READY, "b": State.RUNNING}

    def test_figures_are_those_of_the_last_try(self, catalog: Catalog) -> None:
        """One row a name; what is not a number is no row."""
        make(catalog, job_of("a"), "1")
        with catalog.writing() as writing:
            again = Outcome("a", State.DONE, metrics={"m": 2.5, "none": float("nan")})
            writing.finish(again, "0")
        with catalog.reading() as connection:
            found = connection.execute(sa.select(tables.metric.c.name, tables.metric.c.value))
            assert [tuple(row) for row in found] == [("m", 2.5)]

    # -- what archives have

    def test_a_listing_is_compared_with_the_last(self, catalog: Catalog) -> None:
        """New, changed, gone where the listing covers it, and back again."""

        def take(*items: Item, covered: bool = True, unchanged: bool = False) -> int:
            listing = Listing(items, "x", lambda _item: covered, unchanged)
            with catalog.writing() as writing:
                return writing.record_listing("archive", listing, 1)

        def listed() -> list[tuple[str, str]]:
            return sorted((item.ref, item.stamp) for _, item, _ in catalog.changes(0).items)

        assert take(item_of(1), item_of(2)) == 2
        assert take(item_of(1), item_of(2)) == 0
        assert take(item_of(1, "b"), covered=False) == 1
        assert listed() == [("1.txt", "b"), ("2.txt", "a")]
        assert take(unchanged=True) == 0
        assert listed() == [("1.txt", "b"), ("2.txt", "a")]
        assert take(item_of(1, "b")) == 1
        assert listed() == [("1.txt", "b")]
        assert take(item_of(2)) == 2
        assert listed() == [("2.txt", "a")]
        with catalog.writing() as writing:
            assert (writing.cursor("archive"), writing.cursor("other")) == ("x", "")

    # -- changes

    def test_changes_tell_what_happened_since(self, catalog: Catalog) -> None:
        """Once, and with what is no longer current."""
        make(catalog, job_of("a"), "1")
        seen = catalog.changes(0)
        assert catalog.changes(seen.seq).datasets == []
        make(catalog, job_of("b"), "2")
        news = catalog.changes(seen.seq)
        assert [(d.sha256, good) for d, good in news.datasets] == [("1", False), ("2", True)]
        assert news.slots == [(job_of("a").cell.slot, "b")]
        assert [job.fingerprint for job in news.jobs] == ["b"]

    def test_nobody_misses_what_others_write(self, catalog: Catalog, url: str) -> None:
        """A reader that asks for what is new sees every change of writers that race."""
        writers, each = 3, 15
        seen: set[str] = set()

        def write(writer: int) -> None:
            mine = Catalog(url, KINDS)
            for number in range(each):
                with mine.writing() as writing:
                    writing.claim([job_of(f"{writer}-{number}")], "me", LEASE_US, 0)
            mine.close()

        threads = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
        for thread in threads:
            thread.start()
        seq = 0
        while any(thread.is_alive() for thread in threads):
            news = catalog.changes(seq)
            seq = news.seq
            seen |= {job.fingerprint for job in news.jobs}
        seen |= {job.fingerprint for job in catalog.changes(seq).jobs}
        assert len(seen) == writers * each
