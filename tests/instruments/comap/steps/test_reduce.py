"""What becomes of a Level-1 file that is not, or no longer, the one of its record."""

import shutil

import pytest

from gnomon.core.dataset import Input, Provenance
from gnomon.errors import BadData, NotFound, StaleListing
from gnomon.instruments.comap import reduction
from gnomon.instruments.comap.level1.record import Level1Record
from gnomon.instruments.comap.level1.verdict import Verdict
from gnomon.instruments.comap.steps.reduce import ReduceConfig, reduce

HOW = Provenance("comap.reduce", 1, "f", "{}", ())


class Folder:
    """A sink that notes what was asked for."""

    def __init__(self, folder):
        self.path, self.made = folder / "binned.hd5", []

    def new(self, *, obsid, **_):
        self.made.append(obsid)
        return self.path


@pytest.fixture
def level1(tmp_path, tiny_level1_file):
    return shutil.copy(tiny_level1_file, tmp_path / tiny_level1_file.name)


@pytest.fixture
def run(tmp_path, level1, tiny_truth):
    def run(**changes):
        size = level1.stat().st_size if level1.exists() else 1
        said = {"size": size, "digest": "", **changes}
        record = Level1Record(tiny_truth.obsid, level1.stem, **said)
        record.write(tmp_path / "record.json")
        tags = {"path": str(level1)}
        made = Input(tmp_path / "record.json", "comap.level1", {"obsid": 1}, tags, 1, "x")
        sink = Folder(tmp_path)
        report = reduce(made, tmp_path / "verdict.json", sink, ReduceConfig(), HOW)
        return report, Verdict.read(tmp_path / "verdict.json"), sink.made

    return run


def test_a_file_that_cannot_be_used_has_a_verdict_and_nothing_else(run, tiny_truth, monkeypatch):
    def failing(*_args, **_options):
        raise BadData("no vane")

    monkeypatch.setattr(reduction, "reduce", failing)
    report, verdict, made = run()
    assert verdict.error == "no vane"
    assert report.flaw == f"obsid {tiny_truth.obsid}: no vane"
    assert not made


def test_what_its_record_says_is_not_told_twice(run, level1):
    level1.unlink()
    report, verdict, made = run(error="cut short")
    assert (verdict.error, report.flaw, made) == ("cut short", "", [])


def test_a_file_that_is_elsewhere_or_another_has_no_verdict(run, level1, tmp_path):
    with pytest.raises(StaleListing, match="had 7 when it was listed"):
        run(size=7)
    level1.unlink()
    with pytest.raises(NotFound, match="No such file"):
        run()
    assert not (tmp_path / "verdict.json").exists()


@pytest.mark.parametrize(("content", "error"), [(None, NotFound), (b"other", StaleListing)])
def test_a_file_that_goes_while_it_is_read_has_no_verdict(
    run, tmp_path, monkeypatch, content, error
):
    def interrupted(path, *_args, **_options):
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        raise BadData("there is no such file")

    monkeypatch.setattr(reduction, "reduce", interrupted)
    with pytest.raises(error):
        run()
    assert not (tmp_path / "verdict.json").exists()
