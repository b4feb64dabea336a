"""`sky.ztf_parts`: from the simulated archive to parts, in a run and by itself."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from gnomon.core.dataset import Input, Provenance
from gnomon.errors import BadData, NoData
from gnomon.formats.parquet import read_provenance
from gnomon.instruments.sky.curves.schema import Answer, answers_of
from gnomon.instruments.sky.irsa.request import Cone, CurveQuery
from gnomon.instruments.sky.kinds import ZTF_ANSWER
from gnomon.instruments.sky.simulate.irsa import Irsa
from gnomon.instruments.sky.steps.ztf import ztf_parts
from gnomon.sim.requests import Request

PROVENANCE = Provenance("sky.ztf_parts", 1, "f" * 64, "{}", ())
TAGS = {"url": "http://irsa", "parameters": "q", "release": "ztf_dr24", "retrieved": "now"}


class Folder:
    """A sink: parts by their keys."""

    def __init__(self, folder):
        self._folder, self.paths = folder, {}

    def new(self, *, tags=None, coverage=None, **key):
        assert tags is coverage is None
        path = self._folder / f"{len(self.paths)}.parquet"
        self.paths[key["survey"], key["group"], key["piece"]] = path
        return path


@pytest.fixture
def irsa(sky):
    return Irsa(sky, nights=12)


@pytest.fixture
def run(tmp_path, irsa, sky):
    """Call the step with the answer to a cone; return its report and the parts."""

    def call(body=None, form="csv", cone="", radius=0.1):
        query = CurveQuery(Cone(ra_deg=sky.ra_deg, dec_deg=sky.dec_deg, radius_deg=radius))
        path = tmp_path / "answer.csv"
        found = irsa(Request("http", "GET", "/", query=f"{query.selection}&FORMAT={form}")).body
        path.write_bytes(found if body is None else body)
        extension = {"csv": "csv", "ipac_table": "tbl", "votable": "xml"}[form]
        tags = TAGS | {"format": extension, "cone": cone}
        given = Input(path, ZTF_ANSWER.name, {"query": query.slug}, tags, 1, "a" * 64)
        sink = Folder(tmp_path)
        report = ztf_parts(given, sink, PROVENANCE)
        return report, {key: pq.read_table(at) for key, at in sink.paths.items()}

    return call


def test_parts_by_field_and_channel(run, irsa):
    report, parts = run()
    assert {group for _, group, _ in parts} == {one.group for one in irsa.survey.objects}
    assert len(parts) == 4
    for (survey, group, _), table in parts.items():
        assert survey == "ztf"
        there = {str(one.oid) for one in irsa.survey.objects if one.group == group}
        assert set(table["object"].to_pylist()) == there
        assert answers_of(table.schema) == [Answer("http://irsa", "q", "ztf_dr24", "now", "a" * 64)]
    assert report.metrics == {
        "n_rows": 12 * len(irsa.survey.objects),
        "n_outside_cone": 0,
        "n_without_time": 0,
        "n_groups": 4,
    }


def test_what_is_measured_is_the_truth(run, irsa, sky):
    _, parts = run()
    star = next(one for one in sky.stars if one.variability == "constant")
    for one in irsa.truth(star).objects:
        (table,) = [t for t in parts.values() if str(one.oid) in t["object"].to_pylist()]
        rows = table.filter(np.asarray(table["object"].to_pylist()) == str(one.oid))
        good = np.asarray(rows["quality"]) == 0
        off = np.asarray(rows["value"]) - star.magnitude(one.band, np.asarray(rows["time"]))
        assert np.all(np.abs(off[good] / np.asarray(rows["error"])[good]) < 5)
        assert set(rows["band"].to_pylist()) == {one.band}


def test_other_formats_make_the_same_parts(run):
    _, parts = run()
    _, others = run(form="ipac_table")
    assert parts.keys() == others.keys()
    for key, table in parts.items():
        assert table.equals(others[key])


def test_traps(run, irsa):
    irsa.hex_integers = irsa.nan_hjd = irsa.unreadable_flags = True
    _, parts = run()
    for table in parts.values():
        assert np.isfinite(np.asarray(table["time"])).all()
        assert set(table["ccdid"].to_pylist()) == {6}
    quality = np.concatenate([np.asarray(table["quality"]) for table in parts.values()])
    assert np.mean(quality == -1) == pytest.approx(0.2, abs=0.01)


def test_a_tile_keeps_what_lies_in_the_wanted_cone(run, sky):
    report, parts = run(cone=f"{sky.ra_deg} {sky.dec_deg} 0.05")
    inside = {star.ra_deg for star in sky.within(sky.ra_deg, sky.dec_deg, 0.05)}
    assert {ra for table in parts.values() for ra in table["ra_deg"].to_pylist()} <= inside
    assert report.metrics["n_outside_cone"] > 0


def test_a_tile_beside_the_cone_is_no_data(run):
    with pytest.raises(NoData):
        run(cone="10 20 0.3")


def test_a_row_without_a_time_is_told_of(run, irsa, sky):
    body = _body(irsa, sky)
    lines = body.decode().splitlines()
    values = lines[1].split(",")
    values[3] = "nan"
    lines[1] = ",".join(values)
    report, _ = run("".join(f"{line}\n" for line in lines).encode())
    assert report.flaw == "1 rows have no time"


def test_a_damaged_answer_is_refused(run, irsa, sky):
    with pytest.raises(BadData):
        run(_body(irsa, sky)[:-30])


def test_the_same_answer_makes_the_same_bytes(tmp_path, irsa, sky):
    path = tmp_path / "answer.csv"
    path.write_bytes(_body(irsa, sky))
    given = Input(path, ZTF_ANSWER.name, {"query": "q"}, TAGS | {"format": "csv"}, 1, "a" * 64)
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        sink = Folder(tmp_path / name)
        ztf_parts(given, sink, PROVENANCE)
        made.append({key: at.read_bytes() for key, at in sink.paths.items()})
        assert read_provenance(next(iter(sink.paths.values())))["step"] == "sky.ztf_parts"
    assert made[0] == made[1]


def _body(irsa, sky):
    cone = Cone(ra_deg=sky.ra_deg, dec_deg=sky.dec_deg, radius_deg=0.1)
    return irsa(Request("http", "GET", "/", query=CurveQuery(cone).text)).body
