"""What a change of the archive, the options or the code makes the loop do."""

from dataclasses import replace

import pytest

from gnomon.core.instrument import Instrument
from gnomon.core.pipeline import Registry
from gnomon.engine.events import Happened
from gnomon.publish.folder import FOLDER
from gnomon.testing.toys import TOYS


def test_the_first_run_makes_everything_and_the_second_nothing(labs, tmp_path):
    labs.fill()
    summary = labs.run()
    assert summary.done == {
        "toy.folder": 7,
        "toy.clean": 6,
        "toy.stack": 2,
        "toy.calibrate": 2,
        "toy.split": 2,
        "toy.bind": 1,
        labs.pipeline().publishers[0].name: 3,
    }
    assert set(labs.attempts().values()) == {1}
    assert labs.published()["book.txt"] == (
        "L1|D1P0\nD1P1\nD1P2\nmade by toy.calibrate of 2\n"
        "L1|D2P0\nD2P1\nD2P2\nmade by toy.calibrate of 2"
    )
    labs.assert_equals_batch(tmp_path / "batch")


def test_a_reissue_remakes_only_what_came_from_it(lab, tmp_path):
    lab.fill()
    lab.run()
    lab.put(raw_2_1="other")
    done = lab.run().done
    publisher = lab.pipeline().publishers[0].name
    assert done == {
        "toy.folder": 1,
        "toy.clean": 1,
        "toy.stack": 1,
        "toy.calibrate": 1,
        "toy.split": 1,
        "toy.bind": 1,
        publisher: 2,
    }
    lab.assert_equals_batch(tmp_path / "batch")


def test_going_back_promotes_without_running_a_step(lab, tmp_path):
    lab.fill()
    lab.run()
    first = lab.current()
    lab.put(raw_2_1="other")
    lab.run()
    lab.put(raw_2_1="d2p1")
    summary = lab.run()
    publisher = lab.pipeline().publishers[0].name
    assert set(summary.done) == {publisher}
    assert summary.reused == 6
    assert lab.current() == first
    lab.assert_equals_batch(tmp_path / "batch")


def test_a_changed_option_reruns_its_step_and_what_depends_on_it(lab):
    lab.fill()
    lab.run()
    lab.options["toy.clean"] = 'suffix = "!"'
    done = lab.run().done
    assert {name: done.get(name) for name in ("toy.folder", "toy.clean", "toy.bind")} == {
        "toy.folder": None,
        "toy.clean": 6,
        "toy.bind": 1,
    }
    del lab.options["toy.clean"]
    summary = lab.run()
    assert set(summary.done) == {lab.pipeline().publishers[0].name}
    assert summary.reused == 13


def test_early_cut_off_stops_at_equal_bytes(lab):
    lab.fill()
    lab.run()
    lab.put(raw_1_1="D1p1")  # upper-cased, the same
    assert lab.run().done == {"toy.folder": 1, "toy.clean": 1}


def test_a_raised_step_version_reruns_the_step(lab):
    lab.fill()
    lab.run()
    steps = tuple(replace(s, version=2) if s.name == "toy.stack" else s for s in TOYS.steps)
    toys = replace(TOYS, steps=steps)
    lab.registry = Registry([toys, Instrument("core", publishers=(FOLDER,))])
    assert lab.run().done == {"toy.stack": 2}  # whose bytes are the same: nothing else runs


def test_a_fan_out_that_shrinks_leaves_no_ghosts(lab, tmp_path):
    lab.kinds = ("toy.page",)
    lab.fill()
    lab.run()
    assert len(lab.published()) == 8
    lab.remove("raw_2_1")  # two parts are enough once nobody waits
    summary = lab.run()
    assert len(lab.published()) == 7
    assert summary.retired == 3  # the fetch, what was cleaned, and one published page
    lab.assert_equals_batch(tmp_path / "batch")


def test_what_the_archive_drops_is_retired_to_the_end(lab, tmp_path):
    lab.fill()
    lab.run()
    lab.remove(*(path.stem for path in lab.archive.iterdir()))
    lab.run()
    assert lab.current() == set()
    assert lab.published() == {}
    assert not lab.out.exists() or not any(lab.out.iterdir())
    lab.assert_equals_batch(tmp_path / "batch")


def test_a_rejected_input_retires_its_products_until_it_changes(lab, tmp_path):
    lab.fill()
    lab.run()
    lab.put(raw_1_0="bad")
    summary = lab.run()
    (problem,) = summary.problems
    assert (problem.what, problem.name, problem.subject) == (
        Happened.REJECTED,
        "toy.clean",
        "day=1,part=0",
    )
    assert summary.standing == 1
    assert ("toy.clean", "day=1,part=0") not in lab.good()
    assert lab.run().standing == 1
    lab.assert_equals_batch(tmp_path / "batch")


def test_a_bad_reissue_leaves_the_last_good_file_current(lab):
    lab.fill()
    lab.run()
    before = lab.current()
    lab.put(raw_1_0="unreadable")
    summary = lab.run()
    assert [problem.what for problem in summary.problems] == [Happened.REJECTED]
    assert lab.current() == before
    assert lab.run().jobs == 0
    lab.put(raw_1_0="d1p0")
    assert lab.run().standing == 0


def test_an_archive_that_has_nothing_is_an_outcome(lab):
    lab.fill()
    lab.run()
    lab.put(lamp_1="nothing")
    summary = lab.run()
    assert (summary.no_data, summary.problems) == (1, [])
    assert ("toy.lamp", "day=1") not in lab.good()
    assert lab.run().jobs == 0


def test_a_silent_archive_changes_nothing(lab):
    lab.fill()
    lab.run()
    before = lab.current()
    lab.archive.rename(lab.root / "away")
    summary = lab.run()
    assert [problem.what for problem in summary.problems] == [Happened.NOT_LISTED]
    assert lab.current() == before


def test_a_veto_takes_a_dataset_and_its_products_away_and_back(labs):
    labs.fill()
    labs.run()
    before, published = labs.current(), labs.published()
    seq = labs.good()["toy.clean", "day=1,part=1"]
    labs.judge(seq, "vetoed")
    labs.run()
    assert labs.text("toy.stack", "day=1") == "D1P0\nD1P2"
    assert labs.run().jobs == 0
    labs.judge(seq, "good")
    summary = labs.run()
    assert set(summary.done) == {labs.pipeline().publishers[0].name}
    assert (labs.current(), labs.published()) == (before, published)


def test_two_cells_that_make_one_key_are_a_conflict(labs):
    labs.steps, labs.kinds = ("odd.collide",), ()
    labs.put(raw_1_0="x:first", raw_1_1="y:second")
    labs.run()
    labs.put(raw_1_1="x:second")
    summary = labs.run()
    (problem,) = summary.problems
    assert problem.what is Happened.FAILED
    assert "already made by" in problem.message
    assert labs.text("odd.one", "name=x") == "first"
    assert labs.states()["failed"] == 1
    labs.remove("raw_1_0")
    labs.run()
    assert labs.run().problems == []
    assert labs.text("odd.one", "name=x") == "second"


def test_two_keys_that_share_a_path_are_a_conflict_and_nothing_is_overwritten(labs):
    labs.steps, labs.kinds = ("odd.blur",), ()
    labs.put(raw_1_11="one", raw_11_1="two")
    summary = labs.run()
    (problem,) = summary.problems
    assert "would overwrite" in problem.message
    for dataset, _ in labs.catalog.changes(0).datasets:
        labs.store.verify(dataset)


def test_folders_are_datasets_too(lab, tmp_path):
    lab.steps, lab.kinds = ("toy.clean", "odd.grow"), ("odd.tree",)
    lab.fill()
    lab.run()
    assert lab.published()["tree/1/leaves/2.txt"] == "D1P2"
    lab.put(raw_1_2="new")
    lab.run()
    assert lab.published()["tree/1/leaves/2.txt"] == "NEW"
    lab.remove("raw_2_0", "raw_2_1", "raw_2_2")
    lab.run()
    assert not (lab.out / "tree/2").exists()
    lab.assert_equals_batch(tmp_path / "batch")


def test_where_takes_only_what_carries_the_tag(lab, tmp_path):
    lab.steps = (*lab.steps, "odd.even")
    lab.fill(days=3)
    lab.put(raw_2_0="longe")
    lab.run()
    assert lab.text("odd.even", "") == "1"
    lab.put(raw_3_0="again")
    lab.run()
    assert lab.text("odd.even", "") == "2"
    lab.put(raw_2_0="longer", raw_3_0="d3p0")
    lab.run()
    assert ("odd.even", "") not in lab.good()
    lab.assert_equals_batch(tmp_path / "batch")


@pytest.mark.parametrize("late", ["lamp_4", "lamp_2"])
def test_a_nearer_lamp_remakes_what_it_is_nearer_to(lab, tmp_path, late):
    lab.put(**{f"raw_{day}_{part}": f"d{day}p{part}" for day in (2, 3, 9) for part in range(3)})
    lab.put(lamp_1="L1")
    lab.run()
    assert lab.text("toy.image", "day=3").startswith("L1|")
    assert ("toy.image", "day=9") not in lab.good()  # three days are too far
    lab.put(**{late: "near"})
    done = lab.run().done
    assert lab.text("toy.image", "day=3").startswith("near|")
    assert done["toy.calibrate"] == {"lamp_4": 1, "lamp_2": 2}[late]
    lab.assert_equals_batch(tmp_path / "batch")


def test_a_lamp_that_goes_gives_way_to_the_next(lab, tmp_path):
    lab.fill()
    lab.put(lamp_3="L3")
    lab.run()
    assert lab.text("toy.image", "day=2").startswith("L1|")  # of two as near, the earlier
    lab.remove("lamp_1")
    lab.run()
    assert lab.text("toy.image", "day=2").startswith("L3|")
    lab.remove("lamp_3")
    lab.run()
    assert not any(kind == "toy.image" for kind, _ in lab.good())
    lab.assert_equals_batch(tmp_path / "batch")


def test_covers_takes_only_what_holds_the_time(lab):
    lab.steps, lab.kinds = ("toy.clean", "toy.stack", "odd.shade"), ()
    lab.fill()
    lab.run()
    assert lab.text("odd.cover", "day=1").startswith("L1 over")
    assert ("odd.cover", "day=2") not in lab.good()
    lab.put(lamp_2="L2")
    assert lab.run().done == {"toy.folder": 1, "odd.shade": 1}


def test_a_publication_that_somebody_removed_is_made_again(lab):
    lab.fill()
    lab.run()
    (lab.out / "book.txt").unlink()
    assert lab.run().jobs == 1
    assert (lab.out / "book.txt").exists()
    assert lab.run().jobs == 0


def test_a_kind_that_is_no_longer_published_stays_where_it_is(lab):
    lab.fill()
    lab.run()
    lab.kinds = ("toy.book",)
    lab.put(raw_1_0="new")
    assert lab.run().done[lab.pipeline().publishers[0].name] == 1


def test_slots_whose_keys_are_of_old_are_retired(lab):
    lab.fill()
    lab.run()
    with lab.catalog.writing() as writing:
        writing.settle("toy.bind||old=1", None)
        (job,) = writing.makers(lab.good()["toy.book", ""])
        writing.settle("toy.bind||", None)
        writing.settle("toy.bind||old=1", job)
    summary = lab.run()
    assert not summary.problems
    assert ("toy.book", "") in lab.good()
    assert lab.run().jobs == 0
