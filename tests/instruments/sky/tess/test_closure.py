"""From MAST on loopback to merged light curves, by the engine: the stars that are in the sky."""

from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from gnomon.acquire.connect import Network
from gnomon.acquire.retry import Retry
from gnomon.acquire.transport import Limits
from gnomon.core.pipeline import Pipeline, SourceSpec, StepSpec
from gnomon.engine.project import How, Project
from gnomon.instruments.sky.curves.schema import answers_of
from gnomon.instruments.sky.mast import cutout_source, tess_source
from gnomon.instruments.sky.simulate.mast import Mast
from gnomon.instruments.sky.simulate.mast_holdings import TessFiles
from gnomon.instruments.sky.simulate.tess_files import BTJD_OF_MJD_0
from gnomon.instruments.sky.steps.cutout import cutout_parts
from gnomon.instruments.sky.steps.merge import merge
from gnomon.instruments.sky.steps.tess import tess_parts
from gnomon.sim.service import Service


@pytest.fixture(scope="module")
def archive(sky):
    with Service(Mast(sky, TessFiles(days=0.2)).routes) as service:
        yield service


def curves(folder, archive, source, steps, **options):
    """Run a source and steps in a project; return the merged tables by their group."""
    (folder / "gnomon.toml").write_text("")
    project = Project.open(folder)
    limits = Limits(connect_timeout_s=5, read_timeout_s=20)
    network = Network(limits, Retry(attempts=1, sleep=lambda _: None), lambda _: None)
    config = source.config.model_validate({"url": archive.url, **options})

    def opened(config, _):
        return source.open(config, network)

    pipeline = Pipeline(
        "p",
        (SourceSpec(source.name, replace(source, open=opened), config),),
        tuple(StepSpec(step, step.config()) for step in (*steps, merge)),
    )
    with (
        project.catalog() as catalog,
        project.loop(pipeline, catalog, How(), lambda _: None) as loop,
    ):
        assert loop.run().ok
    with project.catalog() as catalog:
        known = [d for d, current in catalog.changes(0).datasets if current]
    merged = [d for d in known if d.kind == "sky.curves"]
    return {d.key["group"]: pq.read_table(project.store.path(d)) for d in merged}


def test_two_sectors_of_a_star_become_one_curve(tmp_path, archive, sky):
    star = sky.stars[1]
    found = curves(tmp_path, archive, tess_source.SOURCE, [tess_parts], tics=(star.tic,))
    (table,) = found.values()
    assert list(found) == [f"tic{star.tic:016d}"]
    assert set(table["sector"].to_pylist()) == {1, 2}
    time, value, error, quality = (
        table[name].to_numpy() for name in ("time", "value", "error", "quality")
    )
    good = (quality == 0) & np.isfinite(value)
    pull = (value[good] - star.flux_e_s(time[good] - BTJD_OF_MJD_0)) / error[good]
    assert np.std(pull) == pytest.approx(1, abs=0.15)
    assert {one.url for one in answers_of(table.schema)} == {
        f"{archive.url}/api/v0.1/Download/file"
    }
    assert set(table["release"].to_pylist()) == {"dr41", "dr42"}


def test_a_place_is_measured_in_its_cutouts(tmp_path, archive, sky):
    star = sky.stars[1]
    cone = {"ra_deg": star.ra_deg, "dec_deg": star.dec_deg}
    found = curves(
        tmp_path,
        archive,
        cutout_source.SOURCE,
        [cutout_parts],
        cones=(cone,),
        size=11,
        sectors=(1,),
    )
    ((group, table),) = found.items()
    assert set(table["object"].to_pylist()) == {group}
    true = star.flux_e_s(table["time"].to_numpy() - BTJD_OF_MJD_0)
    share = table["value"].to_numpy() / true
    assert np.median(share) == pytest.approx(1, abs=0.05)
