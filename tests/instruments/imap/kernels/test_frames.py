"""Rotations against SPICE itself, one instant at a time; gaps; a pool that is left as it was."""

import threading
import time

import numpy as np
import pytest

from gnomon.errors import BadData, ConfigError
from gnomon.instruments.imap.kernels import frames
from gnomon.instruments.imap.kernels.frames import TARGETS, attitude
from gnomon.timescales.sclk import tdb_minus_tt_ns
from gnomon.timescales.tt2000 import tt2000_of_utc

START, GAP_S, SPAN_S = "2026-01-12T00:00:00", (1200.0, 1300.5), 3000.0
TURN_RAD = 5e-7
"""What is asked for; a double of today's TDB has a spacing of 1.2e-7 s, and so has the turning."""


def tt2000(seconds):
    return int(tt2000_of_utc(np.datetime64(START, "ns"))) + (np.asarray(seconds) * 1e9).astype("i8")


def rotations(*words):
    return attitude(*words).matrices


def truth(spice, sky, frame, epochs):
    """Ask SPICE, with the kernels loaded by hand."""
    for name in sky.names:
        spice.furnsh(str(sky.root / name))
    et = (epochs + tdb_minus_tt_ns(epochs)) / 1e9
    found = np.array([spice.pxform("IMAP_MAG_BASE", TARGETS[frame], float(at)) for at in et])
    spice.kclear()
    return found


@pytest.fixture(autouse=True)
def nothing_kept():
    frames._kept.clear()


@pytest.mark.parametrize("frame", TARGETS)
def test_rotations_are_those_of_spice(spice, sky, frame):
    rng = np.random.default_rng(4)
    inside = np.concatenate([rng.uniform(0.1, GAP_S[0], 400), rng.uniform(1300.6, SPAN_S, 400)])
    epochs = tt2000(inside)  # in no order
    made = attitude(frame, epochs, sky.metakernel(), sky.root)
    assert not made.gaps
    np.testing.assert_allclose(made.matrices, truth(spice, sky, frame, epochs), atol=TURN_RAD)
    product = made.matrices @ made.matrices.transpose(0, 2, 1)
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(3), product.shape), atol=1e-14)


def test_a_vector_is_turned_into_the_frame(sky):
    """The mounting of the real frames kernel: the sensors' frame, seen from the spacecraft."""
    turned = rotations("srf", tt2000([5.0]), sky.metakernel(), sky.root)
    np.testing.assert_allclose(np.linalg.det(turned), 1)
    assert turned.shape == (1, 3, 3)
    assert turned.dtype == np.float64


@pytest.mark.parametrize("frame", ["dsrf", "gse"])
def test_where_no_kernel_covers_it_there_is_a_gap(sky, frame):
    seconds = np.arange(-20.0, SPAN_S + 60, 0.5)
    made = attitude(frame, tt2000(seconds), sky.metakernel(), sky.root)
    known = ((seconds >= 0) & (seconds <= GAP_S[0])) | ((seconds >= GAP_S[1]) & (seconds <= SPAN_S))
    np.testing.assert_array_equal(~np.isnan(made.matrices[:, 0, 0]), known)
    ends = [(seconds[0], -0.5), (GAP_S[0] + 0.5, GAP_S[1] - 0.5), (SPAN_S + 0.5, seconds[-1])]
    assert [(gap.start, gap.stop) for gap in made.gaps] == [
        (int(tt2000(a)), int(tt2000(b))) for a, b in ends
    ]
    assert all("attitude" in gap.reason for gap in made.gaps)


def test_the_mounting_needs_no_attitude(sky):
    """SRF is fixed to the sensors, whatever the attitude is."""
    path = sky.metakernel(*sky.without("turning"))
    assert not attitude("srf", tt2000([0.0, 1e6]), path, sky.root).gaps


def test_without_an_orbit_everything_is_a_gap_and_spice_says_why(sky):
    path = sky.metakernel(*sky.without("399"))
    made = attitude("gse", tt2000(np.arange(0.0, 1000.0)), path, sky.root)
    assert len(made.gaps) == 1
    assert "SPICE(" in made.gaps[0].reason
    assert np.isnan(made.matrices).all()


def test_nothing_is_asked_of_no_epochs(sky):
    made = attitude("gse", np.empty(0, dtype=np.int64), sky.metakernel(), sky.root)
    assert made.matrices.shape == (0, 3, 3)
    assert made.gaps == ()


def test_a_missing_kernel_is_named(sky):
    path = sky.metakernel(also=["spk/absent.bsp"])
    with pytest.raises(BadData, match=r"absent\.bsp is missing"):
        attitude("gse", tt2000([0.0]), path, sky.root)


def test_a_damaged_kernel_is_named(sky):
    (sky.root / "ck/damaged.bc").write_bytes(b"DAF/CK  " + b"\0" * 2000)
    path = sky.metakernel(also=["ck/damaged.bc"])
    with pytest.raises(BadData, match=r"damaged\.bc"):
        attitude("gse", tt2000([0.0]), path, sky.root)


def test_without_a_frames_kernel_it_says_so(sky):
    path = sky.metakernel(*sky.without("imap_130"))
    with pytest.raises(BadData, match=r"test\.tm: SPICE\(UNKNOWNFRAME\)"):
        attitude("srf", tt2000([0.0]), path, sky.root)


def test_unknown_frames_are_refused(sky):
    with pytest.raises(ConfigError, match="srf, dsrf, gse, gsm, rtn"):
        attitude("mso", tt2000([0.0]), sky.metakernel(), sky.root)


def test_the_pool_is_given_back_as_it_was(spice, sky):
    spice.furnsh(str(sky.root / sky.names[0]))
    before = spice.kdata(0, "ALL")[0]
    rotations("gse", tt2000([1.0]), sky.metakernel(), sky.root)
    assert spice.ktotal("ALL") == 1
    assert spice.kdata(0, "ALL")[0] == before
    with pytest.raises(BadData):
        rotations("rtn", tt2000([1.0]), sky.metakernel(also=["absent"]), sky.root)
    assert spice.ktotal("ALL") == 1


def test_threads_do_not_see_each_others_kernels(sky):
    """The seed changed the folder of the process and shared the pool."""
    epochs = tt2000(np.linspace(0.5, 1100, 200))
    path = sky.metakernel()
    alone = {frame: rotations(frame, epochs, path, sky.root) for frame in TARGETS}
    frames._kept.clear()
    found = {}

    def work(frame):
        found[frame] = rotations(frame, epochs, path, sky.root)

    threads = [threading.Thread(target=work, args=(frame,)) for frame in TARGETS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for frame, matrices in alone.items():
        np.testing.assert_array_equal(found[frame], matrices)


def test_what_was_sampled_is_kept_until_the_metakernel_changes(sky):
    epochs = tt2000(np.linspace(0.5, 1100, 50))
    rotations("gse", epochs, sky.metakernel(), sky.root)
    kept = len(frames._kept)
    rotations("gse", epochs, sky.root / "spice/mk/test.tm", sky.root)
    assert len(frames._kept) == kept
    time.sleep(0.01)
    rotations("gse", epochs, sky.metakernel(*sky.names[::-1][::-1], also=[]), sky.root)
    assert len(frames._kept) > kept


def test_many_vectors_have_an_attitude(sky):
    epochs = tt2000(np.linspace(0.5, 1100, 300_000))
    made = attitude("gse", epochs, sky.metakernel(), sky.root)
    assert not made.gaps
    assert np.isfinite(made.matrices).all()
