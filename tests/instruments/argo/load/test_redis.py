"""The hot layer, on a real server: what it shows, how it goes, and how it is rebuilt."""

import math
import random
import threading
import time

import pytest

from gnomon.errors import ConfigError, Full, PublishError
from gnomon.instruments.argo.load.latest import Latest
from gnomon.instruments.argo.load.publisher import RedisPublisher
from gnomon.instruments.argo.load.redis import Hot, RedisConfig
from loads import START_US, Float

ANALYSIS, FLOAT = "argo.analysis", "argo.float"
START = "2020-09-13T12:26:40.000Z"


@pytest.fixture
def config(redis_url):
    return RedisConfig(url=redis_url)


@pytest.fixture
def publisher(config, tmp_path):
    return RedisPublisher(config, tmp_path)


@pytest.fixture
def hot(publisher):
    return publisher.hot


def publish(publisher, folder, *floats, kinds=(ANALYSIS, FLOAT), version=1):
    return [
        publisher.publish(*one.write(kind, folder, version)) for one in floats for kind in kinds
    ]


def at(wmo, latitude, longitude):
    made = Float(wmo)
    made.about["latitude"], made.about["longitude"] = [latitude] * 3, [longitude] * 3
    return made


def test_a_float_shows_its_latest_profile(publisher, hot, tmp_path):
    given = Float().tell(float_type="biogeochemical", platform_type="APEX")
    given.column("temp_qc", 2, [4, 1, 2, 1, 3]).column("psal", 2, [None, None, 35.5, None, None])
    receipts = publish(publisher, tmp_path, given)
    fields = hot.latest(6901929)
    assert {fields.pop("profile_sha256"), fields.pop("float_sha256")} == {
        receipt.sha256 for receipt in receipts
    }
    assert fields == {
        "wmo": "6901929",
        "cycle_number": "3",
        "direction": "A",
        "data_mode": "R",
        "profile_time": "2020-10-03T12:26:40.000Z",
        "latitude": "42.0",
        "longitude": "-22.0",
        "position_time": "2020-10-03T12:26:40.000Z",
        "shallow_temperature": "21.1",
        "shallow_temperature_dbar": "105.25",
        "shallow_temperature_m": "104.4",
        "deep_temperature": "19.1",
        "deep_temperature_dbar": "305.75",
        "deep_temperature_m": "303.4",
        "shallow_salinity": "35.5",
        "shallow_salinity_dbar": "205.5",
        "shallow_salinity_m": "203.9",
        "deep_salinity": "35.5",
        "deep_salinity_dbar": "205.5",
        "deep_salinity_m": "203.9",
        "float_type": "biogeochemical",
        "platform_type": "APEX",
    }
    assert all(publisher.holds(receipt) for receipt in receipts)


def test_latest_is_by_time_then_cycle_and_primary(publisher, hot, tmp_path):
    given = Float(cycles=5)
    given.about["cycle_number"] = [1, 2, 3, 4, 4]
    given.about["n_prof"] = [0, 0, 0, 0, 1]
    later = START_US + 10**13
    given.about["juld"] = [START_US, START_US + 10**12, START_US, later, later + 10**12]
    given.about["juld_qc"] = [1, 8, 1, 4, 1]  # the fourth has a bad time, the fifth is no primary
    publish(publisher, tmp_path, given)
    assert hot.latest(6901929)["cycle_number"] == "2"
    given.about["juld_qc"] = [4, 9, 4, 4, 4]
    publish(publisher, tmp_path, given, version=2)
    fields = hot.latest(6901929)
    assert fields["cycle_number"] == "4"
    assert "profile_time" not in fields
    assert hot.newest() == []


def test_a_position_may_be_older_and_is_never_made_up(publisher, hot, tmp_path):
    given = Float()
    given.about["latitude"][2] = given.about["longitude"][2] = None
    given.about["position_qc"] = [1, 1, 9]
    publish(publisher, tmp_path, given)
    fields = hot.latest(6901929)
    assert (fields["cycle_number"], fields["latitude"]) == ("3", "41.0")
    assert fields["position_time"] < fields["profile_time"]
    given.about["position_qc"] = [4, 3, 9]
    publish(publisher, tmp_path, given, version=2)
    assert "latitude" not in hot.latest(6901929)
    assert hot.nearest(40, -20) == []


def test_a_profile_without_good_values_has_none(publisher, hot, tmp_path):
    given = Float().column("pres_qc", 2, [4] * 5)
    publish(publisher, tmp_path, given)
    fields = hot.latest(6901929)
    assert fields["cycle_number"] == "3"
    assert not any("temperature" in name or "salinity" in name for name in fields)


def test_an_empty_product_leaves_only_its_sum(publisher, hot, tmp_path):
    (receipt,) = publish(publisher, tmp_path, Float(), kinds=[ANALYSIS])
    (receipt,) = publish(publisher, tmp_path, Float(cycles=0), kinds=[ANALYSIS], version=2)
    assert hot.latest(6901929) == {"wmo": "6901929", "profile_sha256": receipt.sha256}
    assert hot.nearest(40, -20) == hot.newest() == []


# -- questions


def test_the_nearest_floats_come_first(publisher, hot, tmp_path):
    places = {
        1900001: (0.0, 179.5),
        1900002: (0.0, -179.0),
        1900003: (10.0, 90.0),
        1900004: (-60.0, 0.0),
    }
    publish(publisher, tmp_path, *(at(wmo, *place) for wmo, place in places.items()))
    found = hot.nearest(0, 180, 3)
    assert [near.wmo for near in found] == [1900001, 1900002, 1900003]
    assert found[0].distance_km == pytest.approx(0.5 * 111.195, rel=1e-3)
    assert found[1].fields["longitude"] == "-179.0"
    assert [near.wmo for near in hot.nearest(-50, 360, 1)] == [1900004]
    assert hot.nearest(0, 540, 1)[0].wmo == 1900001


def test_floats_beyond_the_reach_of_the_geo_index_are_found(publisher, hot, tmp_path):
    publish(publisher, tmp_path, at(1, 88.0, 10.0), at(2, 84.0, 10.0), at(3, -70.0, 0.0))
    assert [near.wmo for near in hot.nearest(90, 0)] == [1, 2, 3]
    assert hot.nearest(87, 10, 1)[0].distance_km == pytest.approx(111.195, rel=1e-3)
    assert [near.wmo for near in hot.nearest(-89, 0, 2)] == [3, 2]
    publish(publisher, tmp_path, at(1, 50.0, 10.0), version=2)
    assert hot.nearest(90, 0, 1)[0].wmo == 2
    assert len(hot.nearest(0, 0)) == 3


def test_the_nearest_are_those_of_a_comparison_with_all(hot):
    rng = random.Random(3)
    places = {}
    for wmo in range(1900000, 1900200):
        places[wmo] = (math.degrees(math.asin(rng.uniform(-1, 1))), rng.uniform(-180, 180))
        latest = Latest({"n": "1"}, (places[wmo][1], places[wmo][0]), None)
        hot.write(wmo, ANALYSIS, "x", latest)
    for latitude, longitude in [*places.values()][:40]:
        shifted = latitude * 0.9, longitude + 1
        found = hot.nearest(*shifted, 5)
        expected = sorted((arc(shifted, place), wmo) for wmo, place in places.items())[:5]
        assert [near.wmo for near in found] == [wmo for _, wmo in expected]
        for near, (degrees, _) in zip(found, expected, strict=True):
            assert near.distance_km == pytest.approx(degrees * 111.1951, abs=0.01)


def arc(one, other):
    """Return the angle between (latitude, longitude), degrees, by the vectors' product."""
    a, b = ([math.radians(x) for x in place] for place in (one, other))
    cross = [
        [math.cos(p[0]) * math.cos(p[1]), math.cos(p[0]) * math.sin(p[1]), math.sin(p[0])]
        for p in (a, b)
    ]
    return math.degrees(math.acos(min(1.0, sum(x * y for x, y in zip(*cross, strict=True)))))


@pytest.mark.parametrize("latitude", [90.1, -91, math.nan])
def test_no_such_latitude(hot, latitude):
    with pytest.raises(ConfigError, match="latitude"):
        hot.nearest(latitude, 0)


def test_longitudes_of_either_spelling_are_one(publisher, hot, tmp_path):
    publish(publisher, tmp_path, at(1, 0.0, 350.0))
    assert hot.latest(1)["longitude"] == "-10.0"
    assert hot.nearest(0, -10, 1)[0].distance_km < 0.01


def test_newest(publisher, hot, tmp_path):
    new = Float(1900002)
    new.about["juld"] = [START_US + 10**13] * 3
    publish(publisher, tmp_path, Float(1900001), new)
    assert [wmo for wmo, _ in hot.newest()] == [1900002, 1900001]
    assert hot.newest(1) == [(1900002, START_US / 1e6 + 10**7)]


# -- publishing


def test_publishing_twice_changes_nothing(publisher, hot, tmp_path):
    one, two = (publish(publisher, tmp_path, Float()) for _ in range(2))
    assert one == two
    assert len(hot.nearest(0, 0)) == 1


def test_taking_back_leaves_what_others_said(publisher, hot, tmp_path):
    analysis, about = publish(publisher, tmp_path, Float().tell(float_type="core"))
    publisher.retract(analysis)
    fields = hot.latest(6901929)
    fields.pop("float_sha256")
    assert fields == {"wmo": "6901929", "float_type": "core"}
    assert hot.nearest(40, -20) == hot.newest() == []
    assert [publisher.holds(receipt) for receipt in (analysis, about)] == [False, True]
    for _ in range(2):
        publisher.retract(about)
    assert hot.latest(6901929) is None
    assert hot._redis.keys() == []


def test_a_float_is_written_at_once(publisher, hot, tmp_path):
    """Readers see one version or the other, whenever they look."""
    small, large = Float(cycles=1), Float(cycles=3)
    jobs = [one.write(ANALYSIS, tmp_path, version) for version, one in enumerate((small, large), 1)]
    publisher.publish(*jobs[0])
    seen, stop = set(), threading.Event()

    def read():
        while not stop.is_set():
            fields = hot.latest(6901929)
            seen.add((fields["cycle_number"], fields["latitude"], len(fields)))

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(60):
        publisher.publish(*jobs[turn % 2])
    stop.set()
    reader.join()
    assert {(cycle, latitude) for cycle, latitude, _ in seen} <= {("1", "40.0"), ("3", "42.0")}
    assert len({number for _, _, number in seen}) == 1


# -- going


def test_what_is_not_loaded_again_expires(redis_url, tmp_path):
    publisher = RedisPublisher(RedisConfig(url=redis_url, expire_s=1), tmp_path)
    receipts = publish(publisher, tmp_path, Float())
    assert publisher.hot.nearest(0, 0)
    time.sleep(1.2)
    assert publisher.hot.latest(6901929) is None
    assert publisher.hot.nearest(0, 0) == publisher.hot.newest() == []
    publisher._snapshot.forget()
    assert not any(publisher.holds(receipt) for receipt in receipts)
    assert publisher.hot._redis.keys() == []


def test_expired_floats_are_pruned_and_each_load_prolongs_the_others(redis_url, tmp_path):
    brief = RedisPublisher(RedisConfig(url=redis_url, expire_s=1), tmp_path)
    lasting = RedisPublisher(RedisConfig(url=redis_url), tmp_path)
    kept, lost = Float(1900001), Float(1900002)
    (receipt,) = publish(brief, tmp_path, kept, kinds=[ANALYSIS])
    assert lasting.holds(receipt)  # which is asked at the beginning of each load
    publish(brief, tmp_path, lost)
    publish(lasting, tmp_path, Float(1900003))
    time.sleep(1.2)
    found = {near.wmo for near in lasting.hot.nearest(0, 0)}
    assert found == {1900001, 1900003}
    assert lasting.hot._redis.zscore("argo:positions", "1900002") is not None
    publish(lasting, tmp_path, Float(1900003), version=2)
    for name in ("positions", "latest", "expiry"):
        assert set(lasting.hot._redis.zrange(f"argo:{name}", 0, -1)) == {"1900001", "1900003"}


def test_a_load_after_all_expired_fills_it_again(redis_url, tmp_path):
    publisher = RedisPublisher(RedisConfig(url=redis_url), tmp_path)
    (receipt,) = publish(publisher, tmp_path, Float(), kinds=[ANALYSIS])
    publisher.hot._redis.flushall()
    publisher._snapshot.forget()
    assert not publisher.holds(receipt)
    publish(publisher, tmp_path, Float(), kinds=[ANALYSIS])
    assert publisher.holds(receipt)


def test_prefixes_keep_layers_apart(redis_url, tmp_path):
    one, two = (
        RedisPublisher(RedisConfig(url=redis_url, prefix=p), tmp_path) for p in ("a:", "b:")
    )
    publish(one, tmp_path, Float())
    assert two.hot.latest(6901929) is None
    assert two.hot.nearest(0, 0) == []


# -- failures


def test_an_absent_server_is_told_without_its_password(tmp_path):
    url = "redis://user:sécret@127.0.0.1:1/0"
    publisher = RedisPublisher(RedisConfig(url=url), tmp_path)
    with pytest.raises(PublishError, match=r"redis://user:\*\*\*@127\.0\.0\.1:1/0") as caught:
        publisher.check()
    assert "sécret" not in str(caught.value)
    assert caught.value.retry
    with pytest.raises(PublishError):
        publish(publisher, tmp_path, Float())


def test_a_wrong_password_is_the_users(redis_server, redis_url, tmp_path):
    redis_server.config_set("requirepass", "right")
    try:
        for url in (redis_url, redis_url + "&password=wrong"):
            with pytest.raises(ConfigError, match="refuses us") as caught:
                RedisPublisher(RedisConfig(url=url), tmp_path).check()
            assert "wrong" not in str(caught.value)
        RedisPublisher(RedisConfig(url=redis_url + "&password=right"), tmp_path).check()
    finally:
        redis_server.execute_command("AUTH", "right")
        redis_server.config_set("requirepass", "")


def test_a_server_without_memory_is_full(redis_server, publisher, tmp_path):
    redis_server.config_set("maxmemory", "1")
    try:
        with pytest.raises(Full, match="no memory left"):
            publish(publisher, tmp_path, Float())
    finally:
        redis_server.config_set("maxmemory", "0")
    publish(publisher, tmp_path, Float())


@pytest.mark.parametrize("url", ["http://x", "", "redis://h:port/0"])
def test_addresses_that_make_no_sense_are_refused(url):
    with pytest.raises(ConfigError):
        Hot(RedisConfig(url=url))


def test_other_kinds_are_refused(publisher, tmp_path):
    with pytest.raises(ConfigError, match=r"these can: argo\.analysis, argo\.float"):
        publish(publisher, tmp_path, Float(), kinds=["argo.profiles"])
