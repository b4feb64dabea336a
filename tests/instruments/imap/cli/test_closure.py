"""The field of a simulated spacecraft comes back, through gradiometry, layers and every frame."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from gnomon.core.dataset import Coverage
from gnomon.engine.adopt import Brought, adopt
from gnomon.engine.project import Project
from gnomon.formats.cdf import read_cdf
from gnomon.formats.cdf_istp import istp_flaws
from gnomon.instruments.imap.kinds import FRAMES, L2_PRE, METAKERNEL
from gnomon.instruments.imap.simulate import corrections
from gnomon.instruments.imap.simulate.closure import field_closed
from gnomon.instruments.imap.simulate.kernels import kernel_files
from gnomon.instruments.imap.simulate.mission import NOISE_NT, SENSORS, Mission
from gnomon.instruments.imap.simulate.science import calibration_file, science_file
from terminal import gnomon

MISSION = Mission(days=1)
DAY = str(MISSION.start)
FIRST = ("leapseconds", "planetary_constants", "imap_frames", "science_frames", "spacecraft_clock")
MK = "spice/mk/imap_mag_metakernel_20260301T000000_20260302T000000_v001.tm"


def files():
    """Every file of the store, by its path."""
    for sensor in SENSORS:
        made = science_file(MISSION, sensor, "l1b", "burst", 0)
        yield made.path.replace("imap/mag", "science/mag"), made.body
    name, body = calibration_file(MISSION)
    yield f"science-ancillary/l2-rotation/{name}", body
    yield from corrections.offset_layers(MISSION)
    kernels = kernel_files(MISSION)
    kernels.sort(key=lambda k: FIRST.index(k.kernel_type) if k.kernel_type in FIRST else len(FIRST))
    for kernel in kernels:
        yield f"spice/{kernel.name}", kernel.body
    names = "\n".join(f"'spice/{kernel.name}'" for kernel in kernels)
    yield MK, f"KPL/MK\n\\begindata\nKERNELS_TO_LOAD = ( {names} )\n\\begintext\n".encode()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("closure")
    for relative, body in files():
        path = folder / "store" / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    opened = Project.open(folder)
    coverage = Coverage.between(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    key = {"start": "20260301T000000", "stop": "20260302T000000"}
    with opened.catalog() as catalog:
        brought = Brought(opened.store.root / MK, METAKERNEL, key, {}, coverage, 1)
        adopt(catalog, opened.store, brought)
    gnomon("index", "-C", folder)
    kappa = json.dumps({"kappa": corrections.FACTOR})
    for words in (
        ("calibrate", "--method", "gradiometer", "--configuration", kappa),
        ("apply",),
    ):
        gnomon("imap", *words, "--date", DAY, "--mode", "burst", "-C", folder)
    return folder


@pytest.mark.parametrize("frame", FRAMES)
def test_the_field_comes_back_within_the_noise(project, frame):
    (path,) = (project / "store").rglob(f"*l2-pre_burst-{frame}_*_v001.0001.cdf")
    closed = field_closed(MISSION, frame, path)
    # MAGo's noise times 1 - factor, and that of MAGi times the factor.
    noise = NOISE_NT * np.hypot(1 - corrections.FACTOR, corrections.FACTOR)
    assert closed.count == 19_200
    assert closed.rms < 1.05 * noise
    assert closed.most < 6 * noise
    assert istp_flaws(read_cdf(path), path.stem) == []


def test_again_makes_nothing(project):
    before = sorted((project / "store").rglob("*.cdf"))
    gnomon("imap", "apply", "--date", DAY, "--mode", "burst", "-C", project)
    assert sorted((project / "store").rglob("*.cdf")) == before
    found = gnomon("ls", L2_PRE.name, "--json", "-C", project).data
    assert len(found) == len(FRAMES)


def test_other_options_make_the_next_version(project):
    """Without the layer of offsets the field is off by them."""
    words = ("--layers", "gradiometer", "--frames", "srf")
    gnomon("imap", "apply", *words, "--date", DAY, "--mode", "burst", "-C", project)
    (path,) = (project / "store").rglob("*l2-pre_burst-srf_*_v001.0002.cdf")
    closed = field_closed(MISSION, "srf", path)
    assert closed.most == pytest.approx(np.abs(corrections.offset_to_add(MISSION)).max(), abs=0.02)
