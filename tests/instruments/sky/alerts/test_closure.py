"""From packets of the simulated sky to clean curves and matches: what comes out is its truth."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from gnomon.core.pipeline import Pipeline, SourceSpec, StepSpec
from gnomon.engine.project import How, Project
from gnomon.instruments.sky.alerts.source import SOURCE as ALERTS
from gnomon.instruments.sky.catalogues.source import SOURCE as CATALOGUES
from gnomon.instruments.sky.curves.batches import curves_of
from gnomon.instruments.sky.kinds import CLEAN, MATCHES
from gnomon.instruments.sky.simulate.alert_files import alert_epochs, lsst_packet, ztf_packet
from gnomon.instruments.sky.steps.alerts import alert_parts
from gnomon.instruments.sky.steps.clean import clean
from gnomon.instruments.sky.steps.match import match
from gnomon.instruments.sky.steps.merge import merge

MJDS = [58_000.0 + 0.93 * n for n in range(12)]


def true_njy(star):
    mean = 10 ** (-0.4 * (star.mean_mag - 31.4))
    return 10 ** (-0.4 * (star.magnitude("g", np.array(MJDS)) - 31.4)) - mean


@pytest.fixture
def pipeline(tmp_path, sky):
    folder = tmp_path / "alerts"
    folder.mkdir()
    star = sky.stars[0]
    epochs = alert_epochs(star, "g", MJDS, error_njy=100.0)
    for n in range(2, len(MJDS) + 1):
        (folder / f"z{n}.avro").write_bytes(ztf_packet(star, epochs[:n]))
        (folder / f"l{n}.avro").write_bytes(lsst_packet(star, epochs[:n]))
    rows = "".join(f"{s.name},{s.ra_deg},{s.dec_deg},{s.variability}\n" for s in sky.stars)
    (tmp_path / "truth.csv").write_text("name,ra,dec,type\n" + rows)
    catalogue = {"name": "truth", "file": str(tmp_path / "truth.csv")}
    return Pipeline(
        "alerts",
        (
            SourceSpec("sky.alerts", ALERTS, ALERTS.config(folder=str(folder))),
            SourceSpec("sky.catalogues", CATALOGUES, CATALOGUES.config(catalogues=(catalogue,))),
        ),
        tuple(StepSpec(one, one.config()) for one in (alert_parts, merge, clean, match)),
    )


def test_many_alerts_of_one_star_are_its_light_curve(tmp_path, pipeline, sky):
    (tmp_path / "gnomon.toml").write_text("")
    opened = Project.open(tmp_path)
    with opened.catalog() as catalog, opened.loop(pipeline, catalog, How("inline")) as loop:
        assert loop.run().ok
        found = [d for d, now in catalog.changes(0).datasets if now]
    tables = {
        (d.kind, str(d.key["survey"])): pq.read_table(opened.store.path(d))
        for d in found
        if d.kind in (CLEAN.name, MATCHES.name)
    }
    for survey in ("ztf-alerts", "lsst-alerts"):
        table = tables[CLEAN.name, survey]
        assert not any(table["conflict"].to_pylist())
        curves = curves_of(table)
        forced = curves.curve(curves.bands.index("g-forced"))
        assert len(forced) == len(MJDS) - 1
        assert forced.value == pytest.approx(true_njy(sky.stars[0])[:-1], rel=1e-5)
        (row,) = tables[MATCHES.name, survey].to_pylist()
        assert (row["catalogue"], row["entry"], row["label"]) == ("truth", "SIM-001", "rrlyrae")
    detected = curves_of(tables[CLEAN.name, "ztf-alerts"]).curve(0)
    flux = true_njy(sky.stars[0])
    # What is fainter than the reference is flagged, and is no point of a curve of magnitudes.
    assert detected.band == "g"
    assert len(detected) == np.count_nonzero(flux > 0)
    assert detected.value == pytest.approx(31.4 - 2.5 * np.log10(flux[flux > 0]), rel=1e-6)
