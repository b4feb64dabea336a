"""What only PostgreSQL does: COPY, positions, and untouched rows."""

import socket

import psycopg
import pytest

from gnomon.errors import ConfigError, Full, PublishError
from gnomon.instruments.argo.load.publisher import DatabaseConfig, DatabasePublisher
from loads import Float

ANALYSIS = "argo.analysis"


@pytest.fixture
def url(new_schema):
    return new_schema


@pytest.fixture
def publisher(url, tmp_path):
    return DatabasePublisher(DatabaseConfig(url=url), tmp_path)


def ask(url, query):
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def test_rows_that_stay_the_same_are_not_written(publisher, url, tmp_path):
    given = Float(cycles=3)
    publisher.publish(*given.write(ANALYSIS, tmp_path))
    places = "SELECT profile_id, level, ctid::text, xmin::text, xmax::text FROM argo_level"
    before = {row[:2]: row[2:] for row in ask(url, places)}
    given.column("temp", 1, [1.0, 2.0, None, 4.0, 5.0]).about["data_mode"][2] = "D"
    publisher.publish(*given.write(ANALYSIS, tmp_path, 2))
    after = {row[:2]: row[2:] for row in ask(url, places)}
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {key for key in before if key[0] != min(before)[0]}


def test_types_are_those_of_the_manual(publisher, url):
    publisher.check()
    found = ask(
        url,
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_name = 'argo_profile' AND table_schema = current_schema()",
    )
    types = dict(found)
    assert types["juld"] == "timestamp with time zone"
    assert (types["position"], types["profile_id"]) == ("point", "bigint")
    assert (types["latitude"], types["juld_qc"]) == ("double precision", "smallint")


def test_positions_are_points_under_an_index(publisher, url, tmp_path):
    given = Float(cycles=4)
    given.about["latitude"][1] = None
    publisher.publish(*given.write("argo.profiles", tmp_path))
    found = ask(url, "SELECT position::text FROM argo_profile ORDER BY cycle_number")
    assert found == [("(-20,40)",), (None,), ("(-22,42)",), ("(-23,43)",)]
    nearest = "SELECT cycle_number FROM argo_profile ORDER BY position <-> point(-22.4, 42) LIMIT 1"
    inside = "SELECT cycle_number FROM argo_profile WHERE position <@ box '((-30,42.5),(-10,50))'"
    assert (ask(url, nearest), ask(url, inside)) == ([(3,)], [(4,)])
    with psycopg.connect(url) as connection:
        connection.execute("SET enable_seqscan = off")
        plans = [
            "\n".join(line for (line,) in connection.execute("EXPLAIN " + q)).partition("argo_pro")
            for q in (nearest, inside)
        ]
    assert all("position" in plan[2] and "Index" in plan[0] + plan[2] for plan in plans)


def test_a_connection_that_is_cut_leaves_the_old_rows(publisher, url, tmp_path, monkeypatch):
    publisher.publish(*Float().write(ANALYSIS, tmp_path))
    dataset, path = Float(cycles=5).write(ANALYSIS, tmp_path, 2)
    plain = publisher.database._remember

    def cut():
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        ask(url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        return plain()

    monkeypatch.setattr(publisher.database, "_remember", cut)
    with pytest.raises(PublishError) as caught:
        publisher.publish(dataset, path)
    assert caught.value.retry
    assert ask(url, "SELECT count(*) FROM argo_level") == [(15,)]
    monkeypatch.undo()
    publisher.publish(dataset, path)
    assert ask(url, "SELECT count(*) FROM argo_level") == [(25,)]


def raising(url, state):
    """Let every row of argo_level be refused with a SQL state."""
    ask(
        url,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION 'no way' USING ERRCODE = '{state}'; END $$;"
        " CREATE TRIGGER refuse BEFORE INSERT ON argo_level FOR EACH ROW"
        " EXECUTE FUNCTION refuse()",
    )


@pytest.mark.parametrize(
    ("state", "error"), [("53100", Full), ("42501", ConfigError), ("57014", PublishError)]
)
def test_what_the_server_says_becomes_ours(publisher, url, tmp_path, state, error):
    publisher.check()
    raising(url, state)
    with pytest.raises(error, match="no way"):
        publisher.publish(*Float().write(ANALYSIS, tmp_path))
    assert ask(url, "SELECT count(*) FROM argo_load") == [(0,)]


def test_an_absent_server_is_told_without_its_password(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        port = taken.getsockname()[1]
        config = DatabaseConfig(url=f"postgresql://me:sécr/et@127.0.0.1:{port}/db")
        publisher = DatabasePublisher(config, tmp_path)
        with pytest.raises(PublishError, match=r"me:\*\*\*@127") as caught:
            publisher.check()
    assert "sécr" not in str(caught.value)
    assert caught.value.retry


@pytest.mark.parametrize("change", [("database", "absent"), ("user", "nobody")])
def test_a_wrong_name_is_the_users(postgres_url, tmp_path, change):
    what, name = change
    parts = postgres_url.partition("?")
    url = postgres_url if what == "user" else f"{parts[0].rpartition('/')[0]}/{name}?{parts[2]}"
    url += f"&user={name}" if what == "user" else ""
    publisher = DatabasePublisher(DatabaseConfig(url=url), tmp_path)
    with pytest.raises(ConfigError, match=rf"refuses us.*{name}"):
        publisher.check()


def test_a_pipeline_may_spell_the_driver(url, tmp_path):
    for scheme in ("postgresql+psycopg", "postgres"):
        other = url.replace("postgresql", scheme, 1)
        DatabasePublisher(DatabaseConfig(url=other), tmp_path).check()
