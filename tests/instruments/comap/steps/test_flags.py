import pytest

from gnomon.core.dataset import Input
from gnomon.errors import BadData
from gnomon.instruments.comap.level1.flagged import Flagged, read_flags
from gnomon.instruments.comap.level1.observer_flags import ALL_FEEDS, ALL_FREQUENCY_BANDS, HEADER
from gnomon.instruments.comap.steps.flags import flags


class Folder:
    """A sink that hands out paths below a folder."""

    def __init__(self, folder):
        self.folder, self.made = folder, {}

    def new(self, *, obsid, **_):
        self.made[obsid] = self.folder / f"{obsid}.json"
        return self.made[obsid]


@pytest.fixture
def flagged(tmp_path):
    def run(*lists, obsids=(10, 11, 12)):
        inputs = []
        for number, lines in enumerate(lists):
            path = tmp_path / f"list{number}.csv"
            path.write_text("\n".join([",".join(HEADER), *lines]))
            inputs.append(Input(path, "comap.observer_flags", {"list": path.stem}, {}, 1, "x"))
        known = [Input(tmp_path / "r", "comap.level1", {"obsid": o}, {}, 1, "x") for o in obsids]
        sink = Folder(tmp_path)
        report = flags(inputs, known, sink)
        return report, {obsid: read_flags(path) for obsid, path in sink.made.items()}

    return run


def test_only_observations_with_flags_have_a_file(flagged):
    report, made = flagged(["11,ongoing,3,bandB,cable"])
    one = (Flagged((3,), (4, 5, 6, 7), "cable"),)
    assert made == {11: one, 12: one}
    assert report.metrics == {"n_flags": 1, "n_flagged_observations": 2}


def test_flags_of_several_lists_and_lines_add_up(flagged):
    _, made = flagged(["10,10,all,all,", "10,12,1,0,x"], ["9,10,2,bandA,y"])
    assert set(made[10]) == {
        Flagged(ALL_FEEDS, ALL_FREQUENCY_BANDS, ""),
        Flagged((1,), (0,), "x"),
        Flagged((2,), (0, 1, 2, 3), "y"),
    }
    assert made[12] == (Flagged((1,), (0,), "x"),)


def test_no_flags_no_files(flagged):
    assert flagged([])[1] == {}


def test_a_list_that_makes_no_sense(flagged):
    with pytest.raises(BadData, match=r"list0\.csv, line 2"):
        flagged(["1,2,all,none"])
