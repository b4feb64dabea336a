"""`gnomon sky objects`, as users type it."""

import pyarrow.parquet as pq
import pytest

from gnomon.instruments.sky.simulate.services import Services
from gnomon.sim.faults import Status
from terminal import gnomon, snapshot


@pytest.fixture
def services(sky):
    with Services(sky) as running:
        yield running


@pytest.fixture
def objects(tmp_path, services, sky):
    lines = [f"{name}={value}\n" for name, value in services.environment().items()]
    (tmp_path / ".env").write_text("".join(lines))
    (tmp_path / "gnomon.toml").write_text("[loop]\nmost_tries = 1\n[network]\ntries = 1\n")

    def run(*words, ra=sky.ra_deg, code=0):
        place = ("--ra", ra, "--dec", sky.dec_deg, "--radius", 0.1)
        return gnomon("sky", "objects", *place, *words, "-C", tmp_path, code=code)

    run.folder = tmp_path
    return run


def tables(folder):
    return sorted((folder / "store" / "ztf" / "objects").glob("*.parquet"))


def test_objects_of_a_place(objects, services):
    objects("--filter", "g", "--filter", "zr", "--nobs-min", 5, "--mag-range", 12, 20)
    (path,) = tables(objects.folder)
    found = pq.read_table(path)
    wanted = [one.oid for one in services.irsa.survey.objects if one.band in ("g", "r")]
    assert found["oid"].to_pylist() == sorted(wanted)
    assert (
        objects(
            "--filter", "g", "--filter", "r", "--nobs-min", 5, "--mag-range", 12, 20, "--json"
        ).data["jobs"]
        == 0
    )


def test_a_few_columns_of_a_few_objects_of_a_release(objects):
    objects("--column", "oid", "--column", "medianmag", "--limit", 3, "--collection", "ztf_dr22")
    found = pq.read_table(tables(objects.folder)[0])
    assert found.column_names == ["oid", "medianmag"]
    assert found.num_rows == 3


def test_a_dry_run_changes_nothing(objects):
    before = snapshot(objects.folder)
    objects("--dry-run")
    after = {path: body for path, body in snapshot(objects.folder).items() if body is not None}
    assert {path for path in after if path.endswith(".parquet")} == set()
    assert before.items() <= snapshot(objects.folder).items()


def test_a_place_without_objects_is_no_error(objects):
    said = objects("--json", ra=10)
    assert said.data["no_data"] == 1
    assert tables(objects.folder) == []


def test_an_archive_that_fails_ends_with_1(objects, services):
    services.faults.add(Status(code=500, pattern="*/TAP/*"))
    objects(code=1)
    assert tables(objects.folder) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [(("--filter", "u"), "unknown band 'u'"), (("--collection", "dr24"), "no release of ZTF")],
)
def test_what_makes_no_sense_ends_with_2(objects, words, told):
    assert told in objects(*words, code=2).err
