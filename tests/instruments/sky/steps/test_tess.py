"""The steps that take files of TESS apart."""

import pyarrow.parquet as pq
import pytest

from gnomon.core.dataset import Input, Provenance
from gnomon.errors import BadData
from gnomon.formats.parquet import read_provenance
from gnomon.instruments.sky.curves.schema import PART_SCHEMA, answers_of
from gnomon.instruments.sky.simulate.tess_files import cutout_fits, lightcurve_fits
from gnomon.instruments.sky.steps.cutout import CutoutPartsConfig, cutout_parts
from gnomon.instruments.sky.steps.tess import TessPartsConfig, tess_parts

TAGS = {
    "name": "as-the-archive-names-it.fits",
    "url": "https://mast.stsci.edu/api/v0.1/Download/file",
    "parameters": "uri=mast:TESS/product/x",
    "release": "what the archive says",
    "retrieved": "2026-01-01T00:00:00Z",
}
PROVENANCE = Provenance("sky.x", 1, "f", "{}", ())


class Parts:
    """Stands for the engine's fan-out."""

    def __init__(self, folder):
        self.folder, self.made = folder, {}

    def new(self, *, tags=None, coverage=None, **key):  # noqa: ARG002 - the protocol
        self.made[tuple(key.values())] = self.folder / f"{len(self.made)}.parquet"
        return self.made[tuple(key.values())]


@pytest.fixture
def parts(tmp_path):
    return Parts(tmp_path)


def given(tmp_path, data, kind, key):
    path = tmp_path / "in.fits"
    path.write_bytes(data)
    return Input(path, kind, key, TAGS, 1, "5ha")


def of_star(tmp_path, star, *, tic=None, sector=3, data=None):
    made = lightcurve_fits(star, 3, days=0.5) if data is None else data
    key = {"tic": tic or star.tic, "sector": sector, "product": "s"}
    return given(tmp_path, made, "sky.tess.lc", key)


def test_a_light_curve_becomes_a_part(tmp_path, sky, parts):
    star = sky.stars[1]
    report = tess_parts(of_star(tmp_path, star), parts, TessPartsConfig(), PROVENANCE)
    ((key, path),) = parts.made.items()
    assert key == ("tess", f"tic{star.tic:016d}", "s0003-s")
    table = pq.read_table(path)
    assert table.schema.names[: len(PART_SCHEMA)] == PART_SCHEMA.names
    (answer,) = answers_of(table.schema)
    assert (answer.url, answer.parameters) == (TAGS["url"], TAGS["parameters"])
    assert (answer.release, answer.retrieved) == ("dr43", TAGS["retrieved"])
    assert answer.sha256 == "5ha"
    assert read_provenance(path)["fingerprint"] == "f"
    assert table.num_rows == report.metrics["n_rows"] == 360 - report.metrics["n_without_time"]
    assert report.metrics["n_without_time"] == 14
    assert report.metrics["n_flagged"] > 0
    assert report.metrics["n_without_flux"] > 0


def test_another_flux_may_be_chosen(tmp_path, sky, parts):
    source = of_star(tmp_path, sky.stars[1])
    tess_parts(source, parts, TessPartsConfig(flux="sap"), PROVENANCE)
    (path,) = parts.made.values()
    table = pq.read_table(path)
    assert table["value"].equals(table["sap_flux"])


def test_a_file_of_another_star_or_sector_is_refused(tmp_path, sky, parts):
    star = sky.stars[1]
    for other in ({"tic": 7}, {"sector": 4}):
        with pytest.raises(BadData, match=rf"as-the-archive.* is of TIC {star.tic}, sector 3"):
            tess_parts(of_star(tmp_path, star, **other), parts, TessPartsConfig(), PROVENANCE)
    assert parts.made == {}


def test_a_damaged_light_curve_is_refused_by_the_archive_s_name(tmp_path, sky, parts):
    data = lightcurve_fits(sky.stars[1], 3, days=0.5)[:-1]
    source = of_star(tmp_path, sky.stars[1], data=data)
    with pytest.raises(BadData, match=r"^as-the-archive-names-it\.fits: truncated"):
        tess_parts(source, parts, TessPartsConfig(), PROVENANCE)


def test_a_cutout_becomes_a_part(tmp_path, sky, parts):
    star = sky.stars[1]
    data = cutout_fits(sky, star.ra_deg, star.dec_deg, 7, 2, days=1)
    key = {"place": "255.6186+12.2927", "sector": 2, "size": "7x7"}
    source = given(tmp_path, data, "sky.tess.cutout", key)
    report = cutout_parts(source, parts, CutoutPartsConfig(), PROVENANCE)
    ((made, path),) = parts.made.items()
    assert made == ("tesscut", key["place"], "s0002-7x7")
    table = pq.read_table(path)
    assert set(table["object"].to_pylist()) == {key["place"]}
    assert table.num_rows == report.metrics["n_rows"] == 48
    assert report.metrics["aperture_is_square"] == 0
    assert answers_of(table.schema)[0].release == "dr42"


def test_a_cutout_of_another_sector_is_refused(tmp_path, sky, parts):
    data = cutout_fits(sky, 255.6, 12.3, 5, 2, days=0.5)
    key = {"place": "p", "sector": 3, "size": "5x5"}
    source = given(tmp_path, data, "sky.tess.cutout", key)
    with pytest.raises(BadData, match="is of sector 2; the archive said 3"):
        cutout_parts(source, parts, CutoutPartsConfig(), PROVENANCE)
