"""Every sort of data of the real GDAC, over real servers, and what goes wrong with it."""

import json
import shutil
from collections import Counter

import pytest

from gnomon.acquire.connect import Network
from gnomon.errors import BadData, NotFound
from gnomon.instruments.argo.gdac.config import GdacConfig
from gnomon.instruments.argo.gdac.source import open_gdac
from gnomon.sim import Archive, Reissue, Status
from oceans import moved, new_ocean
from terminal import gnomon

CYCLES, AGGREGATES = 333, 9
COUNTS = {
    "argo.cycle": 333,
    "argo.aggregate": 9,
    "argo.bgc_cycle": 12,
    "argo.synthetic_cycle": 12,
    "argo.synthetic_aggregate": 1,
    "argo.meta": 12,
    "argo.technical": 4,
    "argo.trajectory": 3,
    "argo.greylist": 1,
}
FILES = sum(COUNTS.values())
SPROF = "/dac/coriolis/3902131/3902131_Sprof.nc"
OF_3902131 = ("--float", 3902131, "--data", "synthetic")


@pytest.fixture
def ocean(tmp_path):
    return new_ocean(tmp_path / "project")


@pytest.fixture
def piece(real, tmp_path):
    """A mirror of two BGC floats and one core float, to be changed."""
    folder = tmp_path / "gdac"
    for path in ("coriolis/3902131", "coriolis/6903247", "kordi/2901780"):
        shutil.copytree(real / "dac" / path, folder / "dac" / path)
    for index in real.glob("ar*.txt"):
        shutil.copy(index, folder)
    keep = ("#", "file,", "coriolis/3902131/", "coriolis/6903247/", "kordi/")
    for path in folder.glob("ar*_index*.txt"):
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if line.startswith(keep)))
    return folder


def of_data(requests):
    return [path for path in moved(requests) if path != "/ar_greylist.txt"]


@pytest.mark.slow
@pytest.mark.parametrize("way", ["http", "ftp"])
def test_a_second_sync_of_everything_moves_nothing(way, real, ocean):
    with Archive(real) as archive:
        url = archive.http_url if way == "http" else archive.ftp_url
        first = ocean.sync("--all", "--data", "all", mirror=url)
        assert (first["ok"], first["done"]) == (True, {"argo.gdac": FILES})
        assert len(of_data(archive.requests)) == FILES - 1
        assert {kind: len(ocean.current(kind)) for kind in COUNTS} == COUNTS
        archive.requests.clear()
        for again in (url, archive.ftp_url, archive.http_url):
            second = ocean.sync("--all", "--data", "all", mirror=again)
            assert (second["jobs"], second["bytes_fetched"], second["ok"]) == (0, 0, True)
            assert second["statistics"]["files_skipped"] == second["listed"]
        assert of_data(archive.requests) == []
        # The greylist stands beside `dac`, so it is looked for by itself.
        assert not [r for r in archive.requests if "greylist" in r.path and r.bytes_sent]
        archive.overlay = real / "updates-2026"
        update = ocean.sync("--all", "--data", "all", mirror=url)
        assert update["done"] == {"argo.gdac": 61}
        assert len(of_data(archive.requests)) == 61


def listed(mirror, cursor="", **config):
    """Return how many items of each kind a source lists."""
    source = open_gdac(GdacConfig(mirror=str(mirror), **config), Network())
    return Counter(item.kind for item in source.list(cursor).items)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"data": ["bgc"]}, {"bgc_cycle": 12}),
        # One of the two floats has no aggregate, and it is looked for when it is fetched.
        ({"data": ["synthetic"]}, {"synthetic_cycle": 12, "synthetic_aggregate": 2}),
        ({"data": ["synthetic"], "aggregates": False}, {"synthetic_cycle": 12}),
        ({"data": ["metadata", "greylist"]}, {"meta": 12, "greylist": 1}),
        ({"data": ["technical", "trajectory"]}, {"technical": 4, "trajectory": 3}),
        ({"data": ["bgc"], "parameters": ["NITRATE"]}, {"bgc_cycle": 2}),
        ({"data": ["bgc", "core"], "parameters": ["CHLA", "NITRATE"], "aggregates": False},
         {"bgc_cycle": 2, "cycle": 4}),
        ({"data": ["bgc", "metadata"], "after": "2020-01-01T00:00Z"}, {"bgc_cycle": 2, "meta": 3}),
        ({"data": ["bgc", "synthetic"], "before": "2018-03-16T00:00Z"},
         {"bgc_cycle": 2, "synthetic_cycle": 2, "synthetic_aggregate": 1}),
        ({"data": ["technical"], "since": "2021-01-01T00:00Z"}, {"technical": 1}),
        ({"data": ["metadata"], "box": [10, 30, 30, 40]}, {"meta": 1}),
        ({"data": ["metadata"], "parameters": ["NITRATE"], "box": [-10, 10, -10, 0]}, {}),
        ({"data": ["trajectory"], "dacs": ["csio"]}, {"trajectory": 1}),
        ({"data": ["all"], "floats": [2902226], "aggregates": False}, {"meta": 1, "greylist": 1}),
    ],
    ids=str,
)  # fmt: skip
def test_a_selection_names_the_files_of_each_sort(config, expected, real):
    assert listed(real, **config) == {f"argo.{kind}": n for kind, n in expected.items()}


def test_a_selection_on_the_command_line(real, ocean):
    words = ("--after", "2020-01-01", "--parameter", "DOXY", "--data", "bgc", "--data", "metadata")
    ocean.sync(*words, mirror=real)
    assert len(ocean.current("argo.bgc_cycle")) == 2
    assert list(ocean.current("argo.meta")) == ["wmo=6903247"]


def test_core_files_come_unless_the_pipeline_says_otherwise(real, ocean):
    ocean.sync("--float", 3902131, mirror=real)
    assert (len(ocean.current("argo.cycle")), ocean.current("argo.bgc_cycle")) == (8, {})
    toml = ocean.folder / "pipelines/argo.toml"
    toml.write_text(toml.read_text().replace("mirror =", 'data = ["core", "bgc"]\nmirror ='))
    ocean.sync("--float", 3902131, mirror=real)
    assert len(ocean.current("argo.bgc_cycle")) == 8


def test_what_leaves_an_index_is_retired_and_a_selection_retires_nothing(piece, ocean):
    ocean.sync("--all", "--data", "all", mirror=piece)
    held = {kind: len(ocean.current(kind)) for kind in COUNTS}
    for name in (
        *("argo_bio-profile_index.txt", "argo_synthetic-profile_index.txt"),
        *("ar_index_global_tech.txt", "ar_index_global_traj.txt"),
    ):
        lines = (piece / name).read_text().splitlines(keepends=True)
        (piece / name).write_text("".join(li for li in lines if not li.startswith("coriolis/6903")))
    for words in (
        *(("--float", 2901780), ("--dac", "kordi"), ("--box", 0, 1, 0, 1)),
        *(("--after", "2099-01-01"), ("--since", "2099-01-01"), ("--parameter", "DOXY")),
    ):
        some = ocean.sync(*words, "--data", "all", mirror=piece)
        assert (some["jobs"], some["retired"], some["ok"]) == (0, 0, True), words
    assert ocean.sync("--all", mirror=piece)["retired"] == 0
    assert {kind: len(ocean.current(kind)) for kind in COUNTS} == held
    assert ocean.sync("--all", "--data", "bgc", mirror=piece)["statistics"]["retired"] == 4
    some = ocean.sync("--dac", "coriolis", "--data", "all", mirror=piece)["statistics"]
    assert some["retired"] == 4
    assert len(ocean.current("argo.synthetic_cycle")) == 8
    assert len(ocean.current("argo.meta")) == 3


def test_a_list_of_floats_and_the_statistics(real, ocean, tmp_path):
    (tmp_path / "floats.txt").write_text("# two of them\n2901780  # kordi\n\n4902252\n")
    said = ocean.sync(
        *("--list", tmp_path / "floats.txt", "--data", "core", "--data", "metadata"),
        *("--stats", tmp_path / "stats.json"), mirror=real,
    )  # fmt: skip
    told = json.loads((tmp_path / "stats.json").read_text())
    assert said["statistics"] == told
    assert (told["total_floats"], told["files_downloaded"], told["files_skipped"]) == (2, 97, 0)
    assert told["bytes_downloaded"] == said["bytes_fetched"]
    assert (told["not_found"], told["errors"], told["retries"]) == (1, 0, 0)
    (tmp_path / "floats.txt").write_text("2901780\n29O1780\n")
    words = ("argo", "sync", "--list", tmp_path / "floats.txt")
    said = gnomon(*words, folder=ocean.folder, code=2)
    assert "floats.txt, line 2: '29O1780' is no WMO number" in said.err


def test_some_unknown_floats_are_told_and_all_unknown_ones_are_an_error(real, ocean):
    words = ("argo", "sync", "--mirror", real, "--float", 9999999)
    said = gnomon(*words, "--float", 4902252, folder=ocean.folder)
    assert "lists no float 9999999" in said.err
    gnomon(*words, folder=ocean.folder, code=1)
    said = gnomon(*words[:-2], "--float", 4902252, "--dac", "bodc", folder=ocean.folder, code=1)
    assert "lists no float 4902252" in said.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--dac", "incoiss"), "has no DAC incoiss; it has aoml"),
        (("--parameter", "DOXI"), "did you mean 'DOXY'"),
    ],
)
def test_what_nobody_has_is_an_error(words, message, real, ocean):
    said = ocean.sync(*words, mirror=real, code=1)
    assert message in json.dumps(said, ensure_ascii=False)


def test_a_span_that_ends_before_it_begins_is_a_usage_error(real, ocean):
    words = ("--after", "2020-01-02", "--before", "2020-01-01")
    assert "no time lies" in ocean.sync(*words, mirror=real, code=2)["message"]


def test_an_unknown_sort_of_data_is_a_usage_error(real, ocean):
    said = gnomon(
        "argo", "sync", "--all", "--data", "cores", "--mirror", real, folder=ocean.folder, code=2
    )
    assert "data" in said.err


# -- faults


def truncated(real, folder):
    path = folder / "cut.nc"
    path.write_bytes((real / "damaged/3902131_Sprof.trunc50.nc").read_bytes())
    return path


@pytest.mark.parametrize("way", ["http", "ftp"])
def test_a_truncated_aggregate_of_synthetic_profiles_is_refused(way, real, ocean, tmp_path):
    fault = Reissue(pattern=SPROF, content=truncated(real, tmp_path))
    with Archive(real, faults=[fault]) as archive:
        url = archive.http_url if way == "http" else archive.ftp_url
        said = ocean.sync(*OF_3902131, mirror=url, code=1)
        told = said["statistics"]
        assert (told["corrupt"], told["errors"], told["files_downloaded"]) == (1, 1, 8)
        assert ocean.current("argo.synthetic_aggregate") == {}
        again = ocean.sync(*OF_3902131, mirror=url, code=1)["statistics"]
        # It stands refused, which is an error, and not a file that could be skipped.
        assert (again["errors"], again["corrupt"], again["files_skipped"]) == (1, 0, 8)
        archive.faults.clear()
        healed = ocean.sync(*OF_3902131, mirror=url)
        assert (healed["statistics"]["files_downloaded"], healed["ok"]) == (1, True)


@pytest.mark.parametrize(
    ("pattern", "data"),
    [
        ("*/BR3902131_001.nc", "bgc"),
        ("*/SD3902131_002.nc", "synthetic"),
        ("*/3902131_meta.nc", "metadata"),
        ("*/13857_tech.nc", "technical"),
        ("*/13857_Rtraj.nc", "trajectory"),
        ("/ar_greylist.txt", "greylist"),
    ],
)
def test_a_page_instead_of_a_file_is_refused(pattern, data, real, ocean):
    page = b"<!DOCTYPE html><html><body>login</body></html>"
    with Archive(real, faults=[Reissue(pattern=pattern, content=page)]) as archive:
        said = ocean.sync("--all", "--data", data, mirror=archive.http_url, code=1)
    (refused,) = said["problems"]
    assert (refused["what"], said["statistics"]["corrupt"]) == ("rejected", 1)
    assert pattern.rpartition("/")[2] in refused["message"]


def test_an_absent_aggregate_is_no_error_and_an_absent_listed_file_is_one(real, ocean):
    missing = Status(pattern=SPROF, code=404)
    with Archive(real, faults=[missing]) as archive:
        said = ocean.sync(*OF_3902131, mirror=archive.http_url)
        assert (said["no_data"], said["ok"]) == (1, True)
        assert said["statistics"]["not_found"] == 1
        archive.faults.add(Status(pattern="*/BR3902131_001.nc", code=404))
        said = ocean.sync("--float", 3902131, "--data", "bgc", mirror=archive.http_url, code=1)
        told = said["statistics"]
        assert (told["not_found"], told["errors"], told["files_downloaded"]) == (1, 1, 7)


def test_requests_that_are_sent_again_are_counted(real, ocean):
    fault = Status(pattern="*/BR3902131_00[123].nc", code=503, times=2)
    with Archive(real, faults=[fault]) as archive:
        said = ocean.sync("--float", 3902131, "--data", "bgc", mirror=archive.http_url)
    assert (said["statistics"]["retries"], said["statistics"]["errors"]) == (2, 0)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("argo_bio-profile_index.txt", "bgc"),
        ("argo_synthetic-profile_index.txt", "synthetic"),
        ("ar_index_global_tech.txt", "technical"),
        ("ar_index_global_traj.txt", "trajectory"),
        ("ar_index_global_meta.txt", "metadata"),
        ("argo_bio-traj_index.txt", "trajectory"),
    ],
)
def test_a_cut_index_is_refused(name, data, piece):
    text = (piece / name).read_text()
    (piece / name).write_text(text[:-3])
    with pytest.raises(BadData, match=f"{name}: cut, its last line has no end"):
        listed(piece, data=[data])


def test_a_cut_index_changes_nothing(piece, ocean):
    ocean.sync("--all", "--data", "bgc", mirror=piece)
    path = piece / "argo_bio-profile_index.txt"
    path.write_text(path.read_text()[:-3])
    said = ocean.sync("--all", "--data", "bgc", mirror=piece, code=1)
    assert "cut, its last line has no end" in said["problems"][0]["message"]
    assert (said["retired"], len(ocean.current("argo.bgc_cycle"))) == (0, 12)
    path.unlink()
    said = ocean.sync("--all", "--data", "bgc", mirror=piece, code=1)
    assert "has no argo_bio-profile_index.txt" in said["problems"][0]["message"]
    assert len(ocean.current("argo.bgc_cycle")) == 12


def test_only_the_index_of_bgc_trajectories_may_be_absent(piece, caplog):
    (piece / "argo_bio-traj_index.txt").unlink()
    assert listed(piece, data=["trajectory"]) == {}
    assert "has no argo_bio-traj_index.txt" in caplog.text
    (piece / "ar_index_global_traj.txt").unlink()
    with pytest.raises(NotFound, match=r"has no ar_index_global_traj\.txt"):
        listed(piece, data=["trajectory"])


def test_all_is_what_a_mirror_has_and_proves_nothing_about_the_rest(piece, ocean, caplog):
    ocean.sync("--all", "--data", "all", mirror=piece)
    before = ocean.current("argo.bgc_cycle")
    for name in ("argo_bio-profile_index.txt", "ar_greylist.txt"):
        (piece / name).unlink()
    said = ocean.sync("--all", "--data", "all", mirror=piece)
    assert (said["jobs"], said["retired"], said["ok"]) == (0, 0, True)
    assert ocean.current("argo.bgc_cycle") == before != {}
    assert "argo.bgc_cycle" not in listed(piece, data=["all"])
    assert "has no argo_bio-profile_index.txt" in caplog.text
    (piece / "ar_index_global_prof.txt").unlink()
    with pytest.raises(NotFound):
        listed(piece, data=["all"])


# -- a float that moves to another DAC


def moved_to_kma(folder, *, both):
    """Let kordi's float stand under kma, as a later index has it."""
    (folder / "dac/kma").mkdir()
    shutil.copytree(folder / "dac/kordi/2901780", folder / "dac/kma/2901780")
    if not both:
        shutil.rmtree(folder / "dac/kordi")
    for path in folder.glob("ar_index*.txt"):
        lines = path.read_text().splitlines(keepends=True)
        new = [li.replace("kordi/", "kma/") for li in lines if li.startswith("kordi/")]
        old = [li for li in lines if both or not li.startswith("kordi/")]
        path.write_text("".join(old + new))


@pytest.mark.parametrize("both", [False, True])
def test_a_float_that_moves_to_another_dac_stays_whole(both, piece, ocean):
    words = ("--float", 2901780, "--data", "core", "--data", "metadata", "--data", "technical")
    first = ocean.sync(*words, mirror=piece)
    kinds = ("argo.cycle", "argo.aggregate", "argo.meta", "argo.technical")
    held = {kind: ocean.current(kind) for kind in kinds}
    moved_to_kma(piece, both=both)
    # Selecting the old DAC alone is no reason to take the float back.
    if not both:
        gnomon("argo", "sync", "--dac", "kordi", "--mirror", piece, folder=ocean.folder, code=1)
    second = ocean.sync(*words, mirror=piece)
    assert (second["retired"], second["ok"]) == (0, True)
    assert {kind: ocean.current(kind) for kind in kinds} == held  # the same bytes
    assert len(held["argo.cycle"]) == 84
    assert ocean.sync(*words, mirror=piece)["jobs"] == 0
    assert first["listed"] == second["listed"]
