"""`gnomon imap calibrate` and `apply`, on real files and on small ones of our own."""

import json
import shutil
from datetime import date

import numpy as np
import pytest

from gnomon.formats.cdf import TT2000, Cdf, Variable, floats, read_cdf
from gnomon.formats.cdf_istp import istp_flaws
from gnomon.formats.cdf_writer import write_cdf
from gnomon.instruments.imap.calibration.layer_files import read_layer
from gnomon.instruments.imap.kinds import CALIBRATION, L1B, L1C, L2_PRE, OFFSETS, QUALITY
from gnomon.timescales.tt2000 import day_bounds
from terminal import gnomon, snapshot

DAY = date(2025, 10, 17)
NS = 1_000_000_000
MK = """KPL/MK
\\begindata
KERNELS_TO_LOAD = ( 'spice/lsk/naif0012.tls', 'spice/fk/imap_130.tf' )
\\begintext
"""


class World:
    """A project whose store is filled by hand."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.store = folder / "store"

    def bring(self, source, relative):
        target = self.store / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)

    def science(self, kind, mode, sensor, tt2000, vectors, day=DAY, version=10_001):
        path = self.store / kind.format({"mode": mode, "sensor": sensor, "day": day}, version)
        path.parent.mkdir(parents=True, exist_ok=True)
        values = np.column_stack([vectors, np.zeros(len(tt2000))])
        write_cdf(
            path, Cdf({}, {"epoch": Variable(tt2000, {}, TT2000), "vectors": Variable(values)})
        )
        return path

    def matrices(self, outboard, inboard, version=1):
        path = self.store / CALIBRATION.format({"start": date(2025, 1, 1)}, version)
        path.parent.mkdir(parents=True, exist_ok=True)
        by_range = [np.repeat(m[:, :, np.newaxis], 4, axis=2) for m in (outboard, inboard)]
        names = ("URFTOORFO", "URFTOORFI")
        write_cdf(path, Cdf({}, {n: Variable(v) for n, v in zip(names, by_range, strict=True)}))

    def __call__(self, *words, code=0):
        return gnomon("imap", *words, "-C", self.folder, code=code)

    def index(self):
        gnomon("index", "-C", self.folder)

    def files(self, kind):
        found = gnomon("ls", kind.name, "--json", "-C", self.folder).data
        return [self.store / entry["path"] for entry in found]


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "project")


def write_metakernel(real, world):
    world.bring(real / "spice" / "naif0012.tls", "spice/lsk/naif0012.tls")
    world.bring(real / "spice" / "imap_130.tf", "spice/fk/imap_130.tf")
    path = world.store / "spice/mk/imap_mag_metakernel_20251017T000000_20251018T000000_v001.tm"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(MK)
    return path


def rows(layer_json):
    metadata = json.loads(layer_json.read_text())["metadata"]
    return (layer_json.parent / metadata["data_filename"]).read_text().splitlines()[1:]


# -- apply


def test_the_flight_day_without_kernels_has_offsets_and_says_what_is_missing(real, world):
    l1c = "imap_mag_l1c_norm-mago_20251017_v001.0001.cdf"
    world.bring(real / "science" / l1c, f"science/mag/l1c/2025/10/{l1c}")
    for name in (
        "imap_mag_noop-layer_20251017_v001.json",
        "imap_mag_noop-layer-data_20251017_v001.csv",
    ):
        world.bring(real / "layers" / name, f"calibration/layers/2025/10/{name}")
    world.index()
    said = world("apply", "--date", "2025-10-17", code=1)
    (offsets,) = world.files(OFFSETS)
    assert offsets.name == "imap_mag_l2-norm-offsets_20251017_20251017_v001.cdf"
    made = read_cdf(offsets)
    assert istp_flaws(made, offsets.stem) == []
    assert made.first("Data_version") == "v001"
    assert made.attributes["Parents"] == (l1c, "imap_mag_noop-layer_20251017_v001.json")
    assert not made.variables["offsets"].values.any()
    assert world.files(L2_PRE) == []
    assert "srf was not written: no metakernel covers the day" in said.out + said.err


def test_four_vectors_in_srf_by_named_files(real, world):
    """The apply truth through to the CDF, with the mounting of the flight frame kernel on top."""
    mk = write_metakernel(real, world)
    science = real / "science" / "imap_mag_l1c_norm-mago-four-vectors-four-ranges_20251017_v000.cdf"
    layer = real / "layers" / "imap_mag_four-vector-offsets-norm-layer_20251017_v001.json"
    flight = real / "science" / "imap_mag_l2-calibration_20250926_v002.cdf"
    said = world(
        "apply", science, "--layers", layer, "--rotation", flight, "--spice-metakernel", mk,
        "--frames", "srf", "--l2-version-override", "2", "8", "--offset-version-override", "4",
        "--json",
    )  # fmt: skip
    (path,) = world.files(L2_PRE)
    assert path.name == "imap_mag_l2-pre_norm-srf_20251017_v002.0008.cdf"
    (offsets,) = world.files(OFFSETS)
    assert offsets.name == "imap_mag_l2-norm-offsets_20251017_20251017_v004.cdf"
    assert {entry["version"] for entry in said.data["made"]} == {"v002.0008", "v004"}

    made = read_cdf(path)
    assert istp_flaws(made, path.stem) == []
    raw = read_cdf(science).variables["vectors"].values
    m = read_cdf(flight).variables["URFTOORFO"].values
    o = np.array(
        [[3.565, -10.213, 7.622], [-4.723, -2.376, 21.769], [0, 0, 0], [1.384, 17.948, -34.765]]
    )
    expected = np.array([m[:, :, int(v[3])] @ v[:3] for v in raw]) + o
    field = floats(made.variables["b_srf"])
    # A mounting turns, and keeps lengths.
    np.testing.assert_allclose(np.linalg.norm(field, axis=1), np.linalg.norm(expected, axis=1))
    np.testing.assert_allclose(made.variables["magnitude"].values, np.linalg.norm(expected, axis=1))
    assert not np.allclose(field, expected)
    assert made.variables["range"].values.tolist() == [0, 1, 2, 3]


def test_a_misaligned_layer_fails_and_says_why(real, world):
    l1c = "imap_mag_l1c_norm-mago_20251017_v001.0001.cdf"
    world.bring(real / "science" / l1c, f"science/mag/l1c/2025/10/{l1c}")
    world.index()
    layer = real / "layers" / "imap_mag_misaligned-timestamps-norm-layer_20251017_v001.json"
    said = world("apply", "--date", "2025-10-17", "--layers", layer, code=1)
    assert "is not of these vectors: 9 of 16 vectors have no row within 1000 ns" in said.err
    assert world.files(OFFSETS) == []


def test_local_only_writes_to_the_folder_and_nothing_to_the_store(world, tmp_path):
    start, _ = day_bounds(DAY)
    world.science(L1C, "norm", "mago", start + np.arange(10) * NS, np.ones((10, 3)))
    world.index()
    before = snapshot(world.store)
    out = tmp_path / "out"
    world("apply", "--date", "2025-10-17", "--save-mode", "LocalOnly", "-o", out, code=1)
    assert [path.name for path in out.iterdir()] == [
        "imap_mag_l2-norm-offsets_20251017_20251017_v001.cdf"
    ]
    assert snapshot(world.store) == before
    assert read_cdf(next(out.iterdir())).first("Logical_file_id").endswith("_v001")


def test_burst_reads_level_1b_with_its_matrices_and_again_does_nothing(world):
    start, _ = day_bounds(DAY)
    epochs = start + np.arange(1000) * 7_812_500 + 123
    world.science(L1B, "burst", "mago", epochs, np.tile([1.0, 2, 3], (1000, 1)))
    world.matrices(2 * np.eye(3), 3 * np.eye(3))
    world.index()
    first = world("apply", "--date", "2025-10-17", "--mode", "burst", "--json", code=1)
    (offsets,) = world.files(OFFSETS)
    made = read_cdf(offsets)
    assert made.attributes["Parents"] == (
        "imap_mag_l1b_burst-mago_20251017_v001.0001.cdf",
        "imap_mag_l2-calibration_20250101_v001.cdf",
    )
    np.testing.assert_array_equal(made.variables["epoch"].values, epochs)
    assert first.data
    again = world("apply", "--date", "2025-10-17", "--mode", "burst", code=1)
    assert "there is no srf of burst 2025-10-17" in again.err  # and still says so
    assert world.files(OFFSETS) == [offsets]


def test_days_without_science_are_told(world):
    world.index()
    said = world("apply", "--date", "2025-10-17", code=1)
    assert "no imap.l1c of norm 2025-10-17" in said.err
    world("apply", code=2)
    world("apply", "--date", "2025-10-17", "--start-date", "2025-10-17", code=2)
    said = world("apply", "imap_mag_hsk.cdf", code=2)
    assert "unknown file" in said.err


def test_dry_runs_change_nothing(world):
    start, _ = day_bounds(DAY)
    world.science(L1C, "norm", "mago", start + np.arange(10) * NS, np.ones((10, 3)))
    world.index()
    before = snapshot(world.folder)
    world("apply", "--date", "2025-10-17", "--dry-run")
    world("apply", "--date", "2025-10-17", "--offset-version-override", "7", "--dry-run")
    config = '{"windows": [{"start_date": "2025-10-17", "end_date": "2025-10-18"}]}'
    world("calibrate", "--date", "2025-10-17", "--configuration", config, "--dry-run")
    assert {k: v for k, v in snapshot(world.folder).items() if "sqlite" not in k} == {
        k: v for k, v in before.items() if "sqlite" not in k
    }


# -- calibrate


def test_quality_windows_of_a_csv_reach_the_product(real, world):
    start, stop = day_bounds(DAY)
    epochs = np.arange(start, stop, 600 * NS)
    world.science(L1C, "norm", "mago", epochs, np.tile([3.0, 4, 0], (len(epochs), 1)))
    world.index()
    windows = world.folder / "windows.csv"
    windows.write_text(
        "start_date,end_date,quality_flag,quality_bitmask,nan_x,nan_y,nan_z\n"
        "2025-10-17T02:00:00,2025-10-17T06:00:00,1,1,,,\n"
        "2025-10-17T04:00:00,2025-10-17T10:00:00,1,2,,,\n"
        "2025-10-17T10:00:00,2025-10-17T11:00:00,,4,True,False,False\n"
        "2025-10-17T23:00:00.000,2025-10-17T23:59:59.999,1,8,,,\n"
    )
    configuration = world.folder / "quality.yaml"
    configuration.write_text("quality:\n  csv_file: windows.csv\n")
    world("calibrate", "--date", "2025-10-17", "--configuration", configuration)
    (layer,) = world.files(QUALITY)
    assert layer.name == "imap_mag_quality-norm-layer_20251017_v001.0001.json"
    said = json.loads(layer.read_text())
    assert (said["version_major"], said["version"]) == (1, 1)  # as the file's own name says
    assert said["metadata"]["science"] == ["imap_mag_l1c_norm-mago_20251017_v001.0001.cdf"]
    assert [row[11:16] for row in rows(layer)] == [
        "02:00",
        "04:00",
        "06:00",
        "10:00",
        "11:00",
        "23:00",
    ]

    mk = write_metakernel(real, world)
    world("apply", "--date", "2025-10-17", "--frames", "srf", "--spice-metakernel", mk)
    (product,) = world.files(L2_PRE)
    variables = read_cdf(product).variables
    hours = (variables["epoch"].values - start) / NS / 3600
    flag, bits = variables["quality_flags"].values, variables["quality_bitmask"].values
    np.testing.assert_array_equal(flag == 1, ((hours >= 2) & (hours < 10)) | (hours >= 23))
    assert set(bits[(hours >= 4) & (hours < 6)]) == {3}
    assert set(bits[(hours >= 6) & (hours < 10)]) == {2}
    blank = np.isnan(floats(variables["b_srf"])).any(axis=1)
    np.testing.assert_array_equal(blank, (hours >= 10) & (hours < 11))


def test_the_same_windows_again_are_the_same_layer_and_others_the_next_version(world):
    start, _ = day_bounds(DAY)
    world.science(L1C, "norm", "mago", start + np.arange(10) * NS, np.ones((10, 3)))
    world.index()

    def configured(flag):
        window = {"start_date": "2025-10-17", "end_date": "2025-10-18", "quality_flag": flag}
        return (
            "calibrate",
            "--date",
            "2025-10-17",
            "--configuration",
            json.dumps({"windows": [window]}),
        )

    world(*configured(1))
    world(*configured(1))
    assert [path.name[-14:-5] for path in world.files(QUALITY)] == ["v001.0001"]
    world(*configured(-1))
    (second,) = world.files(QUALITY)
    said = json.loads(second.read_text())
    assert second.name.endswith("v001.0002.json")
    assert said["version"] == 2
    assert said["metadata"]["data_filename"].endswith("v001.0002.csv")
    assert len(rows(second)) == 1
    world(*configured(0), "--version-number-override", "3", "17")
    (third,) = world.files(QUALITY)
    assert third.name.endswith("v003.0017.json")
    assert json.loads(third.read_text())["version_major"] == 3


def test_the_windows_that_users_have_blank_their_day(real, world):
    day = date(2026, 1, 15)
    start, stop = day_bounds(day)
    epochs = np.append(np.arange(start, stop, 3600 * NS), stop - 1)
    world.science(L1C, "norm", "mago", epochs, np.ones((len(epochs), 3)), day)
    world.index()
    configuration = real / "layers" / "example_quality_nan_config.csv"
    world("calibrate", "--date", "2026-01-15", "--configuration", configuration)
    (layer,) = world.files(QUALITY)
    assert rows(layer) == ["2026-01-15T00:00:00.000000000,nan,nan,nan,0,1,4"]
    world("apply", "--date", "2026-01-15", code=1)  # no frame, for want of a metakernel
    (path,) = world.files(OFFSETS)
    variables = read_cdf(path).variables
    assert np.isnan(floats(variables["offsets"])).all()
    assert set(variables["quality_flag"].values.tolist()) == {1}
    assert set(variables["quality_bitmask"].values.tolist()) == {4}


def test_local_only_layers_are_whole_and_named_by_their_version(world, tmp_path):
    start, _ = day_bounds(DAY)
    world.science(L1C, "norm", "mago", start + np.arange(10) * NS, np.ones((10, 3)))
    world.index()
    before = snapshot(world.store)
    out = tmp_path / "out"
    window = {"start_date": "2025-10-17T01:00:00", "end_date": "2025-10-18", "quality_flag": 1}
    world(
        "calibrate", "--date", "2025-10-17", "--configuration", json.dumps({"windows": [window]}),
        "--save-mode", "LocalOnly", "--output", out, "--version-number-override", "2", "5",
    )  # fmt: skip
    names = sorted(path.name for path in out.iterdir())
    assert names == [
        "imap_mag_quality-norm-layer-data_20251017_v002.0005.csv",
        "imap_mag_quality-norm-layer_20251017_v002.0005.json",
    ]
    layer = read_layer(out / names[1])
    assert layer.tt2000.tolist() == [start + 3600 * NS]
    assert snapshot(world.store) == before
    said = world(
        "apply", "--date", "2025-10-17", "--layers", out / names[1], "--save-mode", "LocalOnly",
        "--output", out, "--dry-run", "--json",
    )  # fmt: skip
    assert said.data["would_run"]["days"] == ["2025-10-17"]


def test_gradiometry_takes_the_spacecraft_out(world):
    start, _ = day_bounds(DAY)
    epochs = start + np.arange(200) * NS // 2
    ambient, spacecraft = np.array([5.0, -3, 1]), np.array([4.0, 8, -2])
    world.science(L1C, "norm", "mago", epochs, np.tile(ambient + spacecraft, (200, 1)))
    world.science(L1C, "norm", "magi", epochs + 77, np.tile(ambient + 3 * spacecraft, (200, 1)))
    world.index()
    said = world(
        "calibrate", "--date", "2025-10-17", "--method", "gradiometer",
        "--configuration", '{"kappa": -0.5, "sc_interference_threshold": 50}', code=1,
    )  # fmt: skip
    assert "compared in the spinning frame: no metakernel covers the day" in said.out + said.err
    world("apply", "--date", "2025-10-17", code=1)
    (offsets,) = world.files(OFFSETS)
    variables = read_cdf(offsets).variables
    np.testing.assert_allclose(
        variables["offsets"].values + ambient + spacecraft, np.tile(ambient, (200, 1)), atol=1e-6
    )
    assert not variables["quality_flag"].values.any()


def test_manual_change_points_hold_on_later_days(world):
    for number in (17, 18):
        day = date(2025, 10, number)
        start, _ = day_bounds(day)
        world.science(L1C, "norm", "mago", start + np.arange(10) * NS, np.ones((10, 3)), day)
    world.index()
    table = world.folder / "changes.csv"
    table.write_text("time,offset_x,offset_y\n2025-10-17T12:00:00,1.5,\n2025-10-18T06:00:00,,2.5\n")
    world(
        "calibrate", "--date", "2025-10-17", "--end-date", "2025-10-18", "--method", "manual",
        "--configuration", table,
    )  # fmt: skip
    world("apply", "--start-date", "2025-10-17", "--end-date", "2025-10-18", code=1)
    first, second = world.files(OFFSETS)
    assert not read_cdf(first).variables["offsets"].values.any()  # before noon
    assert set(read_cdf(second).variables["offsets"].values[:, 0].tolist()) == {1.5}


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ('{"windows": [{"start_date": "soon", "end_date": "later"}]}', "start_date"),
        ('{"window": []}', "window"),
        ("[1", "No such file"),
        ('{"windows": 3', "configuration"),
        ("nowhere.yaml", "nowhere.yaml"),
    ],
)
def test_bad_configurations_are_usage_errors(world, text, tells):
    start, _ = day_bounds(DAY)
    world.science(L1C, "norm", "mago", start + np.arange(3) * NS, np.ones((3, 3)))
    world.index()
    said = world("calibrate", "--date", "2025-10-17", "--configuration", text, code=2)
    assert tells in said.err


def test_the_older_spelling_works(world):
    said = world("calibration", "apply", "--date", "2025-10-17", code=1)
    assert "no imap.l1c" in said.err


def test_layers_of_a_command_outlast_the_pipeline(world):
    """The pipeline as it comes has no windows: it must not take back what a person made."""
    start, _ = day_bounds(DAY)
    world.science(L1C, "norm", "mago", start + np.arange(10) * NS, np.ones((10, 3)))
    world.index()
    window = {"start_date": "2025-10-17", "end_date": "2025-10-18", "quality_flag": 1}
    world("calibrate", "--date", "2025-10-17", "--configuration", json.dumps({"windows": [window]}))
    (layer,) = world.files(QUALITY)
    gnomon("run", "imap-calibration", "-C", world.folder, code=1)  # frames want a metakernel
    assert world.files(QUALITY) == [layer]
    (offsets,) = world.files(OFFSETS)
    assert read_cdf(offsets).variables["quality_flag"].values.all()


def test_a_magi_that_is_hours_away_corrects_nothing_and_flags_all(world):
    start, _ = day_bounds(DAY)
    epochs = start + np.arange(20) * NS
    world.science(L1C, "norm", "mago", epochs, np.ones((20, 3)))
    world.science(L1C, "norm", "magi", epochs + 7200 * NS, np.ones((20, 3)))
    world.index()
    words = ("calibrate", "--date", "2025-10-17", "--method", "gradiometer")
    world(*words, "--configuration", '{"kappa": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}')
    world("apply", "--date", "2025-10-17", code=1)
    (path,) = world.files(OFFSETS)
    variables = read_cdf(path).variables
    assert not variables["offsets"].values.any()
    assert set(variables["quality_bitmask"].values.tolist()) == {2}
