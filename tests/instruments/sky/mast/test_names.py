"""Names and files of observations, by MAST on loopback; the real list of files."""

import pytest

from gnomon.errors import NotFound, ServerFault
from gnomon.instruments.sky.mast import access
from gnomon.instruments.sky.mast.names import resolve, resolve_each
from gnomon.instruments.sky.mast.pages import read_page
from gnomon.instruments.sky.mast.products import Product, _products, curves_among, products_of
from gnomon.instruments.sky.simulate.mast import INVOKE
from gnomon.sim import Reissue


@pytest.fixture
def mast(archive):
    client = access.invoke(archive.api(), archive.network)
    yield client
    client.close()


def test_a_name_has_a_position(mast, sky):
    star = sky.stars[3]
    found = resolve(mast, star.name.lower())
    assert (found.ra_deg, found.dec_deg) == (star.ra_deg, star.dec_deg)
    assert (found.name, found.canonical) == (star.name.lower(), star.name)


def test_unknown_names_are_told_and_the_others_found(mast, sky):
    found, flaw = resolve_each(mast, ["who?", sky.stars[0].name, "who?", "nobody"])
    assert [one.name for one in found] == [sky.stars[0].name]
    assert flaw == (
        "no resolver of MAST knows the name 'who?'; no resolver of MAST knows the name 'nobody'"
    )
    with pytest.raises(NotFound, match="'who\\?'"):
        resolve(mast, "who?")


@pytest.mark.parametrize("found", [b'[{"canonicalName": "X"}]', b"3", b'{"ra": 1, "decl": 2}'])
def test_an_answer_without_a_position_is_a_fault(archive, mast, found):
    body = b'{"resolvedCoordinate": %s, "status": ""}' % found
    archive.faults.add(Reissue(pattern=INVOKE, content=body))
    with pytest.raises(ServerFault, match="to no position"):
        resolve(mast, "X")


def test_files_of_many_observations_are_asked_for_in_few_questions(archive, mast):
    obsids = [str(row["obsid"]) for row in archive.mast.holdings.observations] * 20
    archive.asked()
    found = [one for many in products_of(mast, obsids[:401]) for one in many]
    assert len(archive.asked()) == 3
    assert {one.name[-7:] for one in found} == {"lc.fits", "tp.fits"}
    assert all(one.size for one in found)


def test_the_real_list_of_files(real):
    table = read_page((real / "mast" / "products.json").read_bytes()).table
    found = list(_products(table))
    assert len(found) == 22
    assert found[0] == Product(
        "2003738726",
        "HST",
        "u9o40504m_c3m.fits",
        "mast:HST/product/u9o40504m_c3m.fits",
        "",
        207360,
    )
    assert not list(curves_among(found))


@pytest.mark.parametrize(
    ("name", "sector", "made_by"),
    [
        ("tess2018206045859-s0001-0000000025155310-0120-s_lc.fits", 1, "s"),
        ("tess2020186164531-s0027-0000000025155310-0189-a_fast-lc.fits", 27, "a_fast"),
        ("hlsp_tess-spoc_tess_phot_0000000025155310-s0027_tess_v1_lc.fits", 27, "tess-spoc"),
        ("hlsp_qlp_tess_ffi_s0027-0000000025155310_tess_v01_llc.fits", 27, "qlp"),
        ("tess2018206045859-s0001-0000000025155310-0120-s_tp.fits", None, None),
        ("tess2018206190142-s0001-s0003-0000000025155310-00129_dvt.fits", None, None),
    ],
)
def test_light_curves_are_known_by_their_names(name, sector, made_by):
    product = Product("1", "TESS", name, f"mast:TESS/product/{name}", "", None)
    found = [(one.tic, one.sector, one.made_by) for one in curves_among([product])]
    assert found == ([] if sector is None else [(25155310, sector, made_by)])
