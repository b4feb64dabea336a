"""Objects looked up in catalogues: by the step, and from the source of catalogues."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.core.dataset import Input, Provenance
from gnomon.core.pipeline import validated
from gnomon.errors import BadData, ConfigError, UnknownName
from gnomon.formats.parquet import read_provenance
from gnomon.instruments.sky.catalogues.matching import MATCHES_SCHEMA, looked_up, objects_of
from gnomon.instruments.sky.catalogues.reading import CATALOGUE_SCHEMA, read_catalogue
from gnomon.instruments.sky.catalogues.source import SOURCE
from gnomon.instruments.sky.curves.schema import MJD_UTC, Answer, part_table
from gnomon.instruments.sky.steps.match import MatchConfig, match

ARCSEC = 1 / 3600


def catalogue(*rows):
    names = CATALOGUE_SCHEMA.names
    columns = {name: [row[n] for row in rows] for n, name in enumerate(names)}
    return pa.table(columns, schema=CATALOGUE_SCHEMA)


ENTRIES = catalogue(
    ("A", "a2", "RRL", 10.0, 2 * ARCSEC),
    ("A", "a1", "EB", 10.0, 1 * ARCSEC),
    ("A", "far", "EB", 50.0, 0.0),
    ("B", "b1", "", 10.0, 0.0),
)


def curves(tmp_path):
    columns = {
        "object": ["x", "y", "x", "z"],
        "band": ["g"] * 4,
        "time": [1.0, 1.0, 2.0, 3.0],
        "value": [15.0] * 4,
        "ra_deg": [10.0, 200.0, 10.0, float("nan")],
        "dec_deg": [0.1 * ARCSEC, 5.0, -0.1 * ARCSEC, float("nan")],
    }
    table = part_table(columns, survey="ztf", time=MJD_UTC, unit="mag", answer=Answer())
    pq.write_table(table, tmp_path / "curves.parquet")
    pq.write_table(ENTRIES, tmp_path / "catalogue.parquet")
    key = {"survey": "ztf", "group": "g"}
    return Input(tmp_path / "curves.parquet", "sky.curves", key, {}, 1, "00")


def run(tmp_path, **options):
    config = validated(MatchConfig, options, "sky.match")
    out = tmp_path / "matches.parquet"
    provenance = Provenance("sky.match", 1, "", "{}", ())
    report = match(curves(tmp_path), tmp_path / "catalogue.parquet", out, config, provenance)
    return report, pq.read_table(out)


def test_every_entry_near_an_object_is_told_with_its_catalogue(tmp_path):
    report, table = run(tmp_path, radius_arcsec=3.0)
    assert table.schema == MATCHES_SCHEMA
    told = [
        (row["object"], row["catalogue"], row["entry"], row["label"], row["rank"])
        for row in table.to_pylist()
    ]
    assert told == [("x", "A", "a1", "EB", 1), ("x", "A", "a2", "RRL", 2), ("x", "B", "b1", "", 1)]
    assert table["separation_arcsec"].to_pylist() == pytest.approx([1, 2, 0], abs=1e-9)
    assert report.metrics == {"n_objects": 3, "n_without_place": 1, "n_matched": 1, "n_rows": 3}
    assert read_provenance(tmp_path / "matches.parquet")["step"] == "sky.match"


def test_the_nearest_of_each_catalogue_or_one_catalogue_only(tmp_path):
    assert run(tmp_path, radius_arcsec=3.0, nearest=True)[1]["entry"].to_pylist() == ["a1", "b1"]
    assert run(tmp_path, catalogues=["B"])[1]["entry"].to_pylist() == ["b1"]
    assert run(tmp_path, radius_arcsec=1e-4, catalogues=["A"])[1].num_rows == 0


def test_a_catalogue_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UnknownName):
        run(tmp_path, catalogues=["C"])
    with pytest.raises(ConfigError, match="radius_arcsec"):
        run(tmp_path, radius_arcsec=0)


def test_tables_of_something_else_are_refused(tmp_path):
    with pytest.raises(BadData, match="no column entry, label"):
        looked_up(
            objects_of(pq.read_table(curves(tmp_path).path)),
            pa.table({"catalogue": ["a"], "ra_deg": [1.0], "dec_deg": [1.0]}),
            1.0,
        )
    wrong = ENTRIES.set_column(3, "ra_deg", pa.array(["a", "b", "c", "d"]))
    with pytest.raises(BadData, match="no catalogue: Failed to parse"):
        looked_up(objects_of(pq.read_table(curves(tmp_path).path)), wrong, 1.0)
    with pytest.raises(BadData, match="no column object"):
        objects_of(pa.table({"ra_deg": [1.0], "dec_deg": [1.0]}))
    source = curves(tmp_path)
    pq.write_table(pa.table({"ra_deg": [1.0]}), tmp_path / "other.parquet")
    with pytest.raises(BadData, match="no column catalogue"):
        match(
            source, tmp_path / "other.parquet", tmp_path / "m", MatchConfig(catalogues=("B",)), None
        )
    source.path.write_bytes(b"no")
    with pytest.raises(BadData, match=r"curves\.parquet"):
        match(source, tmp_path / "catalogue.parquet", tmp_path / "m", MatchConfig(), None)


def test_supernovae_are_found_in_their_own_catalogue(real):
    entries = read_catalogue(real / "snia" / "bts.csv", "ZTF BTS")
    objects = objects_of(entries, "entry")
    found = looked_up(objects, entries, 1.0, nearest=True)
    assert (
        found["entry"].to_pylist()
        == found["object"].to_pylist()
        == sorted(entries["entry"].to_pylist())
    )


# -- the source


def test_catalogues_become_one_dataset_that_follows_their_files(station, tmp_path):
    (tmp_path / "a.csv").write_text("ra,dec,type\n1,2,AGN\n")
    (tmp_path / "b.csv").write_text("name,lon,lat\nq,3,4\n")
    wanted = [
        {"name": "A", "file": str(tmp_path / "a.csv")},
        {"name": "B", "file": str(tmp_path / "b.csv"), "ra": "lon", "dec": "lat"},
    ]
    assert station.run(SOURCE, catalogues=wanted).ok
    (first,) = station.datasets().values()
    table = pq.read_table(station.opened.store.path(first))
    assert table["catalogue"].to_pylist() == ["A", "B"]
    assert table["label"].to_pylist() == ["AGN", ""]
    assert station.run(SOURCE, catalogues=wanted).ok
    assert list(station.datasets().values()) == [first]
    (tmp_path / "b.csv").write_text("name,lon,lat\nq,3,4\nr,5,6\n")
    assert station.run(SOURCE, catalogues=wanted).ok
    (second,) = station.datasets().values()
    assert second.version == 2


def test_a_catalogue_that_cannot_be_read_is_rejected_and_the_last_stays(station, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("ra,dec\n1,2\n")
    wanted = [{"name": "A", "file": str(path)}]
    assert station.run(SOURCE, catalogues=wanted).ok
    path.write_text("ra,dec\n1,200\n")
    assert not station.run(SOURCE, catalogues=wanted).ok
    assert len(station.datasets()) == 1


def test_two_catalogues_of_one_name_are_refused():
    two = [{"name": "A", "file": "a.csv"}, {"name": "A", "file": "b.csv"}]
    with pytest.raises(ConfigError, match="one name"):
        validated(SOURCE.config, {"catalogues": two}, "sky.catalogues")
