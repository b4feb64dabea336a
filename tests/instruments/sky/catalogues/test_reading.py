"""Catalogues of any form: degrees, sexagesimal, CSV, Parquet, VOTable; and what is wrong."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

from gnomon.errors import BadData, ConfigError, UnknownName
from gnomon.instruments.sky.catalogues.reading import (
    CATALOGUE_SCHEMA,
    PlaceColumns,
    read_catalogue,
)


def csv(tmp_path, text, name="x.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_sexagesimal_positions_are_those_of_astropy(real):
    table = read_catalogue(real / "snia" / "bts.csv", "ZTF BTS")
    theirs = Table.read(real / "snia" / "bts.csv", format="ascii.csv")
    places = SkyCoord(theirs["RA"], theirs["Dec"], unit=("hourangle", "deg"))
    assert table["ra_deg"].to_numpy() == pytest.approx(places.ra.deg, rel=1e-12)
    assert table["dec_deg"].to_numpy() == pytest.approx(places.dec.deg, rel=1e-12)
    assert table["entry"].to_pylist() == list(theirs["ZTFID"])
    assert table["label"].to_pylist() == list(theirs["type"])
    assert set(table["catalogue"].to_pylist()) == {"ZTF BTS"}
    assert table.schema == CATALOGUE_SCHEMA


@pytest.mark.parametrize(
    ("ra", "dec", "expected"),
    [
        ("10.5", "-3.25", (10.5, -3.25)),
        ("-164.7", "1", (195.3, 1.0)),
        ("10:00:00", "-00:30:00", (150.0, -0.5)),
        ("10h 12m 42.89s", "+39d22m26s", (153.17870833333333, 39.37388888888889)),
        ("00 00 00", "89 59 60.0", (0.0, 90.0)),
        ("360", "90", (0.0, 90.0)),
        ("", "", (np.nan, np.nan)),
    ],
)
def test_angles_are_read_as_people_write_them(tmp_path, ra, dec, expected):
    path = csv(tmp_path, f'name,RA,DEC\na,"{ra}","{dec}"\nb,01:00:00,02:00:00\n')
    table = read_catalogue(path, "c")
    found = (table["ra_deg"][0].as_py(), table["dec_deg"][0].as_py())
    assert found == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ra,dec\n1.0,91\n", "row 1: 91.0 is no declination"),
        ("ra,dec\n1.0,2\n400,1\n", "row 2: 400.0 is no right ascension"),
        ("ra,dec\n1:2:3,up\n", "row 1: dec 'up' is no angle"),
        ("ra,dec\n1:70:3,1\n", "row 1: ra '1:70:3' is no angle"),
        ("ra,dec\ninf,1\n", "no right ascension"),
        ("x,dec\n1,1\n", "no column of the ra is known: x, dec"),
        ("", "x.csv"),
        ("ra,dec\n1,2,3\n", "x.csv"),
        ("ra,dec,ra\n1,2,3\n", "two columns are called ra"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, text, message):
    with pytest.raises(BadData, match=message):
        read_catalogue(csv(tmp_path, text), "c")


def test_columns_can_be_named(tmp_path):
    path = csv(tmp_path, "who,l,x,y,ra,dec\nx,AGN,00:04:00,2,9,9\n")
    table = read_catalogue(path, "c", PlaceColumns("x", "y", "who", "l"))
    assert table.to_pylist() == [
        {"catalogue": "c", "entry": "x", "label": "AGN", "ra_deg": 1.0, "dec_deg": 2.0}
    ]
    with pytest.raises(UnknownName, match="did you mean 'who'"):
        read_catalogue(path, "c", PlaceColumns(entry="whom"))


def test_entries_without_names_are_numbered_and_labels_are_never_invented(tmp_path):
    table = read_catalogue(csv(tmp_path, "ra,dec\n1,2\n3,4\n"), "c")
    assert table["entry"].to_pylist() == ["1", "2"]
    assert table["label"].to_pylist() == ["", ""]


def test_parquet_and_votable_are_read_alike(tmp_path):
    table = Table({"RAJ2000": [1.5, 2.5], "DEJ2000": [-1.0, 1.0], "Name": ["a", "b"]})
    table.write(tmp_path / "x.vot", format="votable")
    pq.write_table(
        pa.table({name: np.asarray(table[name]) for name in table.colnames}),
        tmp_path / "x.parquet",
    )
    found = [read_catalogue(tmp_path / name, "c") for name in ("x.vot", "x.parquet")]
    assert found[0].equals(found[1])
    assert found[0]["entry"].to_pylist() == ["a", "b"]


def test_the_archives_own_votable_is_read(real):
    table = read_catalogue(real / "irsa" / "Cone.xml", "2MASS")
    assert table.num_rows > 0
    assert np.isfinite(table["ra_deg"].to_numpy()).all()


def test_damaged_files_and_missing_ones_are_refused(tmp_path):
    for name in ("x.vot", "x.parquet"):
        (tmp_path / name).write_bytes(b"<html>")
        with pytest.raises(BadData, match=name):
            read_catalogue(tmp_path / name, "c")
    with pytest.raises(ConfigError, match="there is no file"):
        read_catalogue(tmp_path / "nothing.csv", "c")
    with pytest.raises(ConfigError, match="needs a name"):
        read_catalogue(csv(tmp_path, "ra,dec\n1,2\n"), " ")
