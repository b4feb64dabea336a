"""`sky.tesscut` against TESSCut on loopback, and a real archive."""

import io
import zipfile

import pytest

from gnomon.errors import BadData, ConfigError
from gnomon.formats.fits import read_hdus
from gnomon.instruments.sky.mast import access, tesscut
from gnomon.instruments.sky.mast.cutout_source import SOURCE
from gnomon.instruments.sky.mast.search import Place
from gnomon.instruments.sky.mast.tesscut import Sector
from gnomon.sim import Cut, Reissue, Status

CUT = "/tesscut/api/v0.1/astrocut*"


def place(sky):
    return {"ra_deg": sky.ra_deg, "dec_deg": sky.dec_deg}


def test_a_place_is_cut_out_in_all_sectors(archive, station, sky):
    assert station.run(SOURCE, cones=(place(sky),)).ok
    found = station.datasets()
    texts = {dataset.path for dataset in found.values()}
    where = f"{sky.ra_deg:.4f}{sky.dec_deg:+.4f}"
    assert texts == {
        f"tess/cutouts/{where}/s000{n}/5x5/tess-s000{n}-{c}_{where}_5x5_astrocut_v001.fits"
        for n, c in ((1, "4-1"), (2, "3-2"))
    }
    first = next(iter(found.values()))
    names = [hdu.name for hdu in read_hdus(station.opened.store.path(first))]
    assert names == ["PRIMARY", "PIXELS", "APERTURE"]
    assert first.tags["url"] == f"{archive.url}/tesscut/api/v0.1/astrocut"
    assert first.tags["retrieved"] == "2026-03-03T12:00:00Z"
    archive.asked()
    station.run(SOURCE, cones=(place(sky),))
    assert not archive.asked("astrocut")


def test_names_sizes_sectors_and_a_limit(archive, station, sky):
    options = {"names": (sky.stars[0].name,), "size": 7, "rows": 3, "most": 1}
    assert station.run(SOURCE, **options).ok
    (dataset,) = station.datasets().values()
    assert dataset.key["size"] == "7x3"
    (request,) = archive.asked("astrocut")
    assert request.query == (
        f"ra={sky.stars[0].ra_deg!r}&dec={sky.stars[0].dec_deg!r}&x=7&y=3&units=px&sector=1"
    )


def test_what_moves_is_asked_for_by_its_name(archive, station, sky):
    archive.mast.tesscut.movers["354 Eleonora"] = (sky.ra_deg, sky.dec_deg)
    assert station.run(SOURCE, movers=({"name": "354 Eleonora"},), sectors=(2,)).ok
    (dataset,) = station.datasets().values()
    assert dataset.key == {"place": "354-eleonora", "sector": 2, "size": "5x5"}
    asked = [(request.path, request.query) for request in archive.asked()]
    query = "obj_id=354%20Eleonora&obj_type=small_body"
    assert asked[0] == ("/tesscut/api/v0.1/moving_target/sector", query)
    assert asked[1][0] == "/tesscut/api/v0.1/moving_target/astrocut"


def test_places_that_tess_never_saw_are_told(station, caplog):
    assert station.run(SOURCE, cones=({"ra_deg": 10.0, "dec_deg": 70.0, "name": "far"},)).ok
    assert not station.datasets()
    assert "TESS has not seen far" in caplog.text


def test_a_message_instead_of_pixels_is_no_data(archive, station, sky):
    archive.faults.add(Reissue(pattern=CUT, content=b'{"msg": "No TESS data found"}'))
    assert station.run(SOURCE, cones=(place(sky),)).ok
    assert not station.datasets()


def zipped(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return packed.getvalue()


@pytest.mark.parametrize(
    "fault",
    [
        Status(pattern=CUT, code=503),
        Status(pattern=CUT, code=429),
        Cut(pattern=CUT, after_bytes=500),
        Reissue(pattern=CUT, content=b""),
        Reissue(pattern=CUT, content=b"garbage"),
        Reissue(pattern=CUT, content=b"{garbage"),
        Reissue(pattern=CUT, content=b"PK garbage"),
        Reissue(pattern=CUT, content=zipped(other=b"x")),
        Reissue(pattern=CUT, content=zipped(**{"tess-s0001-4-1_x_astrocut.fits": b"no FITS"})),
        Status(pattern="*/sector", code=500),
        Reissue(pattern="*/sector", content=b'{"msg": "x"}'),
    ],
)
def test_faults_are_failures(archive, station, sky, fault):
    archive.faults.add(fault)
    assert not station.run(SOURCE, cones=(place(sky),), sectors=(1,)).ok
    assert not station.datasets()
    assert not list((station.opened.folder / "store").rglob("*.zip"))


@pytest.mark.parametrize("place_in_member", ["pixels", "flag of encryption"])
def test_a_damaged_archive_is_bad_data(archive, sky, tmp_path, place_in_member):
    """Packed as TESSCut packs: zlib, not zipfile, finds what is wrong."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("tess-s0001-4-1_x_astrocut.fits", bytes(range(256)) * 300)
    body = bytearray(packed.getvalue())
    if place_in_member == "pixels":
        body[60:80] = bytes(byte ^ 0xFF for byte in body[60:80])
    else:
        body[body.index(b"PK\x01\x02") + 8] |= 1
    archive.faults.add(Reissue(pattern=CUT, content=bytes(body)))
    api = access.tesscut_api("", archive.network)
    there, sector = Place(**place(sky)), Sector("tess-s0001-4-1", 1)
    with pytest.raises(BadData, match="the cutout of tess-s0001-4-1"):
        tesscut.cut(api, there, sector, (5, 5), tmp_path / "cutout.fits", lambda _: None)
    api.close()


def test_the_real_archive_is_unpacked(real, archive, sky, tmp_path, truth):
    path = real / "tesscut" / "astrocut_107.27_-70.0_5x5.zip"
    archive.faults.add(Reissue(pattern=CUT, content=path))
    api = access.tesscut_api("", archive.network)
    dest = tmp_path / "cutout.fits"
    sector = Sector("tess-s0001-4-3", 1)
    there = Place(ra_deg=sky.ra_deg, dec_deg=sky.dec_deg)
    tesscut.cut(api, there, sector, (5, 5), dest, lambda _: None)
    with zipfile.ZipFile(path) as packed:
        (member,) = packed.namelist()
        assert member == truth["tesscut"][path.name]["member"]
        assert dest.read_bytes() == packed.read(member)
    other = Sector("tess-s0002-4-3", 2)
    with pytest.raises(BadData, match="tess-s0002-4-3: not one cutout"):
        tesscut.cut(api, there, other, (5, 5), dest, lambda _: None)
    api.close()


def test_no_target_is_an_error(station):
    with pytest.raises(ConfigError, match="name a target"):
        station.run(SOURCE)
