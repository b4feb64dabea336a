"""The hot layer from datasets and from SQL is the same."""

import pytest

from gnomon.errors import BadData, PublishError
from gnomon.instruments.argo.load.latest import float_fields, latest_in, latest_of
from gnomon.instruments.argo.load.publisher import RedisPublisher
from gnomon.instruments.argo.load.redis import RedisConfig
from loads import START_US, Float

KINDS = ("argo.float", "argo.profiles", "argo.parameters", "argo.analysis")


def odd_floats():
    """Floats with what is odd about latest profiles."""
    plain = Float(1900001).tell(float_type="core", project_name="Ä", dac="x")
    undated = Float(1900002)
    undated.about["juld"], undated.about["juld_qc"] = [None, START_US, None], [9, 4, None]
    lost = Float(1900003)
    lost.about["latitude"][2] = lost.about["longitude"][2] = None
    lost.about["position_qc"] = [8, 3, 9]
    twins = Float(1900004, cycles=4)
    twins.about["cycle_number"], twins.about["direction"] = [1, 1, 2, 2], ["A", "D", "A", "D"]
    twins.about["juld"] = [START_US + 123_000] * 4
    sampled = Float(1900005)
    sampled.about["cycle_number"], sampled.about["n_prof"] = [7, 7, 7], [0, 1, 2]
    secondary = Float(1900006)
    secondary.about["n_prof"] = [1, 2, 1]
    bad = Float(1900007)
    for name in ("pres", "temp", "psal"):
        bad.column(f"{name}_qc", 2, [4] * 5)
    sparse = Float(1900008)
    sparse.column("temp", 2, [None, 3.1, None, None, None])
    sparse.column("pres", 2, [4.4, 4.4, 4.4, 9.7, 9.7]).column("depth_m", 2, [None] * 5)
    far = Float(1900009)
    far.about["latitude"], far.about["longitude"] = [89.0] * 3, [359.0] * 3
    return [plain, undated, lost, twins, sampled, secondary, bad, sparse, far]


@pytest.fixture
def loaded(publisher, tmp_path):
    """Load the odd floats; return what is published, by (wmo, kind)."""
    files = {}
    for one in odd_floats():
        for kind in KINDS:
            files[one.wmo, kind] = one.write(kind, tmp_path)
            publisher.publish(*files[one.wmo, kind])
    return files


def test_sql_tells_the_same_as_the_files(publisher, loaded):
    found = {wmo: (latest, about) for wmo, latest, about in latest_in(publisher.database)}
    for wmo in {wmo for wmo, _ in loaded}:
        latest = latest_of(loaded[wmo, "argo.analysis"][1])
        about = float_fields(loaded[wmo, "argo.float"][1])
        assert found.pop(wmo) == (latest, about)
    assert found == {}


def test_a_layer_rebuilt_is_the_one_that_was_loaded(publisher, loaded, redis_url, tmp_path):
    hot = RedisPublisher(RedisConfig(url=redis_url), tmp_path)
    receipts = [hot.publish(*job) for (_, kind), job in loaded.items() if kind in KINDS[::3]]
    before = everything(hot.hot._redis)
    for stray in ("argo:float:5", "other"):
        hot.hot._redis.hset(stray, "wmo", "5")
    hot.hot._redis.zadd("argo:expiry", {"5": 2e9})
    hot.hot._redis.delete("argo:float:1900001", "argo:positions")
    assert hot.hot.rebuild(publisher.database) == 9
    assert hot.hot._redis.delete("other") == 1
    assert everything(hot.hot._redis) == before
    hot._snapshot.forget()
    assert all(hot.holds(receipt) for receipt in receipts)


def everything(redis):
    """Return what is there, but for when it expires."""
    found = {}
    for key in redis.scan_iter():
        assert 0 < redis.ttl(key) <= 3 * 86_400 or key.startswith("other")
        kind = redis.type(key)
        if kind == "hash":
            found[key] = redis.hgetall(key)
        elif key == "argo:expiry":
            found[key] = set(redis.zrange(key, 0, -1))
        else:
            found[key] = redis.zrange(key, 0, -1, withscores=True)
    return found


def test_a_rebuild_that_fails_leaves_the_old_layer(
    publisher, loaded, redis_url, tmp_path, monkeypatch
):
    hot = RedisPublisher(RedisConfig(url=redis_url), tmp_path)
    hot.publish(*loaded[1900001, "argo.analysis"])
    before = hot.hot.latest(1900001)

    def fails(*_):
        raise PublishError("gone")

    monkeypatch.setattr(hot.hot, "_swap", fails)
    with pytest.raises(PublishError, match="gone"):
        hot.hot.rebuild(publisher.database)
    assert hot.hot.latest(1900001) == before
    assert [near.wmo for near in hot.hot.nearest(0, 0)] == [1900001]
    left = hot.hot._redis.keys("argo:new:*")
    assert left
    assert all(0 < hot.hot._redis.ttl(key) <= 3 * 86_400 for key in left)


def test_an_empty_database_empties_the_layer(publisher, redis_url, tmp_path):
    hot = RedisPublisher(RedisConfig(url=redis_url), tmp_path)
    hot.publish(*Float().write("argo.analysis", tmp_path))
    assert hot.hot.rebuild(publisher.database) == 0
    assert hot.hot._redis.keys() == []


def test_what_is_no_parquet_is_rejected(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"x")
    with pytest.raises(BadData, match=r"x\.parquet"):
        latest_of(tmp_path / "x.parquet")
