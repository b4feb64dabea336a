"""The greylist taken apart, and what a new one remakes, with the engine."""

import pytest

from gnomon.errors import BadData
from gnomon.instruments.argo.files.greylist import HEADER, read_greylist
from gnomon.instruments.argo.simulate.gdac import simulate_gdac
from gnomon.instruments.argo.steps.greylist import GreylistConfig, greylist
from oceans import new_ocean
from terminal import gnomon

PIPELINE = """
name = "grey"
[[source]]
use = "argo.gdac"
mirror = "{mirror}"
data = ["core", "greylist"]
[[step]]
use = "argo.tables"
[[step]]
use = "argo.greylist"
[[step]]
use = "argo.analysis"
"""


class Folder:
    """A sink that writes into a folder."""

    def __init__(self, folder):
        self.folder, self.floats = folder, []

    def new(self, *, tags=None, coverage=None, wmo):
        assert tags is coverage is None
        self.floats.append(wmo)
        return self.folder / f"{wmo}.csv"


def test_each_float_gets_its_rows(tmp_path, real):
    sink = Folder(tmp_path)
    whole = read_greylist(real / "ar_greylist.txt")
    report = greylist(real / "ar_greylist.txt", sink, GreylistConfig())
    assert report.metrics == {"n_rows": 2330, "n_floats": 1653}
    again = [entry for wmo in sink.floats for entry in read_greylist(tmp_path / f"{wmo}.csv")]
    assert sorted(again, key=repr) == sorted(whole, key=repr)


def test_floats_can_be_chosen(tmp_path, real):
    sink = Folder(tmp_path)
    report = greylist(real / "ar_greylist.txt", sink, GreylistConfig(floats=(6901929, 1)))
    assert sink.floats == [6901929]
    assert report.metrics["n_floats"] == 1


def test_a_damaged_list_is_refused(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text(HEADER + "\n1,PSAL,2022")
    with pytest.raises(BadData, match=r"list\.txt"):
        greylist(path, Folder(tmp_path), GreylistConfig())


@pytest.fixture
def ocean(tmp_path):
    """A project with a mirror of three small floats and a greylist of two of them."""
    gdac = simulate_gdac(tmp_path / "gdac", floats=3, cycles=3, levels=12, bgc=1)
    found = new_ocean(tmp_path / "project")
    text = PIPELINE.format(mirror=gdac.folder)
    (found.folder / "pipelines" / "grey.toml").write_text(text)
    return found, gdac


def test_a_new_list_remakes_only_the_floats_whose_rows_changed(ocean):
    found, gdac = ocean
    first, second, third = sorted(gdac.floats)
    path = gdac.folder / "ar_greylist.txt"

    def run(*rows):
        path.write_text("\n".join([HEADER, *rows]) + "\n")
        return gnomon("run", "grey", "--json", folder=found.folder).data["done"]

    psal = "{},PSAL,19500101,,3,drift,IF"
    done = run(psal.format(first), psal.format(second))
    assert (done["argo.greylist"], done["argo.analysis"]) == (1, 3)
    assert set(found.current("argo.greylisted")) == {f"wmo={first}", f"wmo={second}"}
    before = found.current("argo.analysis")

    done = run(psal.format(second), psal.format(first), psal.format(third))
    assert (done["argo.greylist"], done["argo.analysis"]) == (1, 1), "only the third is new"
    after = found.current("argo.analysis")
    assert {key for key in after if after[key] != before[key]} == {f"wmo={third}"}

    done = run(psal.format(second).replace("drift", "drift, again"), psal.format(third))
    assert done["argo.analysis"] == 2, "one changed, and one was taken off the list"
    assert set(found.current("argo.greylisted")) == {f"wmo={second}", f"wmo={third}"}
    done = run(psal.format(third), psal.format(second).replace("drift", "drift, again"))
    assert "argo.analysis" not in done, "another order is no change"


def test_a_damaged_new_list_changes_no_analysis(ocean):
    found, gdac = ocean
    gnomon("run", "grey", folder=found.folder)
    before = found.current("argo.analysis"), found.current("argo.greylisted")
    (gdac.folder / "ar_greylist.txt").write_text("<html>moved</html>\n")
    said = gnomon("run", "grey", "--json", folder=found.folder, code=1).data
    assert "argo.analysis" not in said["done"]
    assert (found.current("argo.analysis"), found.current("argo.greylisted")) == before
