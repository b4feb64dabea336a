"""The reader against astropy, and against every way to damage a file."""

import gzip
import io

import numpy as np
import pytest
from astropy.io import fits as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import BadData
from gnomon.formats import fits
from gnomon.formats.fits import Fits
from gnomon.formats.fits_writer import Card, Column, image, primary, table


def sample() -> bytes:
    random = np.random.default_rng(1)
    columns = [
        Column("TIME", random.standard_normal(7), "BJD - 2457000, days", "when"),
        Column("FLUX", random.standard_normal((7, 2, 3)).astype("f4"), "e-/s"),
        Column("QUALITY", np.arange(7, dtype="i4")),
        Column("NAME", np.array([b"a", b"bc", b"", b"d e", b"x", b"y", b"z"], "S5")),
    ]
    return (
        primary([Card("OBJECT", "O'Neill"), Card("TEFF", None, "unknown")])
        + table(columns, [Card("EXTNAME", "DATA")])
        + image(np.arange(6, dtype="i2").reshape(2, 3), [Card("EXTNAME", "PIXELS")])
    )


SAMPLE = sample()


def written(*hdus, **options):
    buffer = io.BytesIO()
    reference.HDUList([reference.PrimaryHDU(), *hdus]).writeto(buffer, **options)
    return buffer.getvalue()


def tried(work, data):
    """Return what comes of a file, or None where it is refused by its name."""
    try:
        return work(Fits.of(bytes(data), "x.fits"))
    except BadData as refusal:
        if not str(refusal).startswith("x.fits"):
            raise
        return None


def all_of(file):
    """Read whatever a file holds."""
    for number, hdu in enumerate(file.hdus):
        dict(hdu.header)
        if hdu.kind == "BINTABLE":
            dict(file.table(number))
        elif hdu.data_size:
            file.image(number)


def same(ours, theirs):
    theirs = np.asarray(theirs)
    assert ours.dtype.isnative
    assert ours.shape == theirs.shape
    if theirs.dtype.kind == "U":
        assert (ours.astype("U") == theirs).all()
    else:
        assert ours.dtype == theirs.dtype.newbyteorder("=")
        assert ours.tobytes() == theirs.astype(ours.dtype).tobytes()


def same_header(ours, theirs):
    assert list(ours) == list(dict.fromkeys(k for k in theirs if k not in {"COMMENT", "HISTORY"}))
    for name, value in ours.items():
        undefined = isinstance(theirs[name], reference.card.Undefined)
        assert value == (None if undefined else theirs[name])
        assert type(value) is (type(None) if undefined else type(theirs[name]))


def check_against_astropy(data):
    ours = Fits.of(data, "x.fits")
    with reference.open(io.BytesIO(data)) as theirs:
        assert len(ours.hdus) == len(theirs)
        for n, hdu in enumerate(theirs):
            same_header(ours.hdus[n].header, hdu.header)
            if isinstance(hdu, reference.BinTableHDU):
                assert list(ours.table(n)) == hdu.columns.names
                for name in hdu.columns.names:
                    same(ours.table(n)[name], hdu.data[name])
            elif hdu.data is not None:
                same(ours.image(n), hdu.data)


def test_a_file_of_ours_reads_as_astropy_reads_it():
    check_against_astropy(SAMPLE)


def test_every_type_of_column_reads_as_astropy_reads_it():
    column = reference.Column
    n = 5
    columns = [
        column("L", "L", array=np.array([True, False, True, True, False])),
        column("B", "B", array=np.arange(n, dtype="u1")),
        column("I", "I", array=np.arange(n, dtype="i2") - 2, null=-2),
        column("K", "K", array=np.arange(n, dtype="i8") << 40),
        column("C", "C", array=np.arange(n) + 1j),
        column("M", "M", array=np.arange(n) - 2j),
        column("A", "7A", array=np.array(["", "a", "b c", "xyz", "1234567"])),
        column("U2", "I", array=np.array([0, 1, 32767, 32768, 65535], "u2"), bzero=32768),
        column("U4", "J", array=np.array([0, 1, 2**31, 2**32 - 1, 7], "u4"), bzero=2**31),
        column("CUBE", "12E", dim="(2,3,2)", array=np.ones((n, 2, 3, 2), "f4")),
        column("WIDE", "3D", array=np.arange(3.0 * n).reshape(n, 3)),
    ]
    check_against_astropy(written(reference.BinTableHDU.from_columns(columns)))


def test_scaled_columns_and_images_are_scaled():
    raw = np.array([0, 3, -1], "i2")
    scaled = [Card("TSCAL1", 0.5), Card("TZERO1", 3.0)]
    picture = [Card("BSCALE", 0.5), Card("BZERO", 1)]
    data = primary() + table([Column("S", raw)], scaled) + image(raw[None, :], picture)
    file = Fits.of(data, "x.fits")
    assert file.table(1)["S"].tolist() == [3.0, 4.5, 2.5]
    assert file.image(2).tolist() == [[1.0, 2.5, 0.5]]


def test_signed_bytes_stay_whole_numbers():
    values = np.array([-128, -1, 0, 1, 127], "i1")
    column = reference.Column("I1", "B", array=values, bzero=-128)
    data = written(reference.BinTableHDU.from_columns([column]))
    assert Fits.of(data, "x.fits").table(1)["I1"].tolist() == values.tolist()


def test_unsigned_images_stay_whole_numbers():
    data = written(reference.ImageHDU(np.array([[0, 40_000, 65_535]], "u2")))
    assert fits.Fits.of(data, "x.fits").image(1).tolist() == [[0, 40_000, 65_535]]


def test_long_texts_and_long_keywords():
    hdu = reference.ImageHDU(np.zeros((1, 1), "f4"))
    hdu.header["LONG"] = "it's " * 40 + "end"
    hdu.header["HIERARCH ESO DET ID"] = 3
    hdu.header["WEIRD"] = "a / b & 'c'"
    check_header = Fits.of(written(hdu), "x.fits").hdus[1].header
    assert check_header["LONG"] == "it's " * 40 + "end"
    assert check_header["ESO DET ID"] == 3
    assert check_header["WEIRD"] == "a / b & 'c'"


def test_an_empty_table_has_columns_without_rows():
    data = written(reference.BinTableHDU.from_columns([reference.Column("A", "D", array=[])]))
    assert Fits.of(data, "x.fits").table(1)["A"].shape == (0,)


def test_columns_of_variable_length_are_refused_others_read():
    rows = np.array([np.arange(2), np.arange(3)], dtype=object)
    columns = [
        reference.Column("P", "PJ()", array=rows),
        reference.Column("D", "D", array=[1.0, 2.0]),
    ]
    file = Fits.of(written(reference.BinTableHDU.from_columns(columns)), "x.fits")
    assert file.columns(1, ["D"])["D"].tolist() == [1.0, 2.0]
    with pytest.raises(BadData, match=r"x\.fits, BINTABLE: column P has rows of variable length"):
        file.columns(1, ["P"])


def test_gzipped_files_are_unpacked(tmp_path):
    path = tmp_path / "x.fits.gz"
    path.write_bytes(gzip.compress(SAMPLE))
    assert fits.verify(path) == 3
    assert [hdu.name for hdu in fits.read_hdus(path)] == ["PRIMARY", "DATA", "PIXELS"]
    assert Fits.read(path).columns("data", ["quality"])["quality"].tolist() == list(range(7))
    assert Fits.read(path).image("PIXELS").tolist() == [[0, 1, 2], [3, 4, 5]]


def test_arrays_are_the_callers_own():
    file = Fits.of(SAMPLE, "x.fits")
    file.table(1)["QUALITY"][:] = 0
    assert file.table(1)["QUALITY"].any()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file, zero bytes"),
        (b"<html><body>503</body></html>", "is an HTML page, not FITS"),
        (b' {"msg": "no"}', "is JSON, not FITS"),
        (b"garbage", "not FITS: begins with b'garbage'"),
        (b"\x1f\x8bgarbage" * 9, "damaged gzip stream"),
        (gzip.compress(SAMPLE)[:-40], "truncated: its gzip stream has no end"),
        (SAMPLE[:300], "truncated inside the header at byte 0: it has no END"),
        (SAMPLE[:1000], "truncated inside the header at byte 0: 1000 bytes are left"),
        (SAMPLE + b"x" * 2880, "2880 bytes after the last HDU belong to none"),
        (
            SAMPLE.replace(b"NAXIS2  =                    7", b"NAXIS2  =                   -7"),
            "neg",
        ),
        (
            SAMPLE.replace(b"BITPIX  =                   16", b"BITPIX  =                   17"),
            "17",
        ),
        (
            SAMPLE.replace(b"NAXIS   =                    2", b"NAXIS   =                  'x'"),
            "'x'",
        ),
        (SAMPLE.replace(b"O''Neill", b"O\xe9\xe9Neill"), "damaged header: no text at byte"),
    ],
)
def test_what_is_no_fits_is_refused_by_name(data, reason):
    with pytest.raises(BadData, match=r"^x\.fits") as refusal:
        Fits.of(data, "x.fits")
    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"TFORM1  = 'D ", b"TFORM1  = 'Y ", "column TIME has the unknown format 'Y'"),
        (b"TFORM1  = 'D ", b"TFORM1  = 'E ", "its columns take 37 bytes, its rows 41"),
        (b"TFORM2  = '6E  ", b"TFORM2  = '999E", "its columns take 4004 bytes, its rows 41"),
        (b"(3, 2)", b"(3, 3)", "column FLUX has 6 values and the shape (3, 3)"),
        (b"(3, 2)", b"(3; 2)", "column FLUX has the unknown shape"),
        (b"TFIELDS =  ", b"TFIELDX =  ", "TFIELDS is None"),
        (b"NAXIS1  =                   41", b"NAXIS1  =                    0", "rows of no bytes"),
        (b"GCOUNT  =                    1", b"GCOUNT  =                    0", "not in its data"),
    ],
)
def test_headers_that_contradict_themselves_are_refused(old, new, reason):
    data = SAMPLE.replace(old, new, 1)
    if b"GCOUNT" in old or b"NAXIS1" in old:
        data = data[: 2 * 2880]  # its header has no data behind it
    assert data != SAMPLE
    with pytest.raises(BadData, match=r"^x\.fits") as refusal:
        Fits.of(data, "x.fits").columns("DATA", ["TIME", "FLUX"])
    assert reason in str(refusal.value)


def test_an_absent_column_is_named_with_what_is_there():
    file = Fits.of(SAMPLE, "x.fits")
    wanted = r"x\.fits, DATA: has no column PDCSAP; it has TIME, FLUX, QUALITY, NAME"
    with pytest.raises(BadData, match=wanted):
        file.columns("DATA", ["TIME", "PDCSAP"])
    with pytest.raises(BadData, match=r"x\.fits: has no HDU 'X'; it has PRIMARY, DATA, PIXELS"):
        file.table("X")
    with pytest.raises(BadData, match=r"x\.fits, PIXELS: is no binary table but IMAGE"):
        file.table("PIXELS")
    with pytest.raises(BadData, match=r"x\.fits, PRIMARY: holds no image"):
        file.image(0)
    assert file.table("DATA").unit("time") == "BJD - 2457000, days"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(SAMPLE) - 1))
def test_a_file_cut_anywhere_is_refused_or_ends_at_an_hdu(size):
    assert tried(lambda file: file.hdus[-1].stop, SAMPLE[:size]) in (None, size)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(SAMPLE) - 1), st.integers(1, 255))
def test_any_changed_byte_is_noticed(at, change):
    data = bytearray(SAMPLE)
    data[at] ^= change
    # One that is not noticed is in the keyword CHECKSUM itself: one HDU less is vouched for.
    assert tried(Fits.verify, data) in (None, 2)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 17_279), st.binary(min_size=1, max_size=12)), max_size=4))
def test_no_damage_raises_anything_else(changes):
    data = bytearray(SAMPLE)
    for at, patch in changes:
        data[at : at + len(patch)] = patch
    tried(all_of, data)
