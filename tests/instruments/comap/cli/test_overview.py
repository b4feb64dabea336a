"""`gnomon comap overview`."""

import pytest
from tests.instruments.comap.published import dataset_of, record_of, write_level2

from gnomon.core.instrument import Instrument
from gnomon.core.pipeline import Registry
from gnomon.engine import project
from gnomon.instruments.comap import kinds
from gnomon.instruments.comap.database.publisher import SQL, SqlConfig, SqlPublisher
from gnomon.instruments.comap.level1.observer_flags import SOURCE
from gnomon.instruments.comap.level1.verdict import Verdict
from terminal import gnomon

SOURCES = {45285: ("TauA", "Calibrator"), 45287: ("fg_6", "Foreground"), 45289: ("fg16", "Other")}
TOO_MANY = 10**20


def fill(publisher, folder):
    """Publish three observations: one complete, one failed, one pending."""
    for obsid, (source, group) in SOURCES.items():
        path = folder / f"{obsid}.json"
        record_of(obsid, source=source, source_group=group).write(path)
        publisher.publish(dataset_of(kinds.LEVEL1, path, obsid), path)
    path = write_level2(folder / "Level2.hd5")
    publisher.publish(dataset_of(kinds.LEVEL2, path, 45285), path)
    Verdict.failed(45287, "obsid 45287: no vane [at all]").write(folder / "verdict.json")
    path = folder / "verdict.json"
    publisher.publish(dataset_of(kinds.VERDICT, path, 45287), path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a project whose database has three observations."""
    made = tmp_path_factory.mktemp("project")
    publisher = SqlPublisher(SqlConfig(), made)
    with publisher.database.sessions.kept():
        fill(publisher, made)
    return made


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """Know of the publisher and of the observers' list, and of nothing else."""
    bundle = Instrument("comap", kinds=kinds.KINDS, sources=(SOURCE,), publishers=(SQL,))
    monkeypatch.setattr(project, "discover", lambda: Registry([bundle]))


def obsids(*words, folder):
    """Return the obsids that an overview shows."""
    return [
        one["obsid"] for one in gnomon("comap", "overview", *words, "--json", folder=folder).data
    ]


def test_the_table_tells_states_and_reasons(folder):
    said = gnomon("comap", "overview", folder=folder).out
    assert "no vane [at all]" in said
    assert "obsid 45287:" not in said
    assert "3 observations: 1 pending, 1 complete, 1 failed" in said
    (complete,) = (line for line in said.splitlines() if line.startswith("45285"))
    figures = ["TauA", "Calibrator", "complete", "40.0", "9.0", "3", "-"]
    assert complete.split() == ["45285", "2024-12-01-10:30:00", *figures]
    (failed,) = (line for line in said.splitlines() if line.startswith("45287"))
    assert failed.split()[3:9] == ["Foreground", "failed", "-", "-", "-", "152"]


def test_json_has_all_that_is_known(folder):
    (first, second, third) = gnomon("comap", "overview", "--json", folder=folder).data
    assert first["level2_path"] == str(folder / "Level2.hd5")
    assert first["calibrator_flux_jy"] == pytest.approx(330.0, abs=0.1)
    assert second["reason"] == "obsid 45287: no vane [at all]"
    assert third["status"] == "pending"
    assert third["median_tsys_k"] is None


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["--source", "FG*"], [45287, 45289]),
        (["--source", "fg_6"], [45287]),
        (["--source", "fg??"], [45287, 45289]),
        (["--source", "taua", "--source", "fg16"], [45285, 45289]),
        (["--group", "calibrator"], [45285]),
        (["--status", "pending"], [45289]),
        (["--status", "failed", "--source", "TauA"], []),
        (["45289", "45285"], [45285, 45289]),
    ],
)
def test_observations_are_chosen(folder, words, wanted):
    assert obsids(*words, folder=folder) == wanted


def test_paths_are_shown_when_asked_for(folder):
    assert "Level2.hd5" not in gnomon("comap", "overview", folder=folder).out
    said = gnomon("comap", "overview", "--paths", folder=folder).out
    assert f"45285  Level 2  {folder / 'Level2.hd5'}\n" in said


def test_a_database_that_nothing_was_published_to_is_told(tmp_path):
    said = gnomon("comap", "overview", folder=tmp_path, code=2).err
    assert "has no observations" in said
    assert not list(tmp_path.iterdir())


def test_the_pipelines_say_where_it_is(tmp_path, folder):
    url = f"sqlite:///{folder / 'comap.db'}"
    write_pipeline(tmp_path, "one", url)
    assert len(obsids(folder=tmp_path)) == 3
    write_pipeline(tmp_path, "two", "sqlite:///another.db")
    assert "choose by --database" in gnomon("comap", "overview", folder=tmp_path, code=2).err
    assert len(obsids("--database", url, folder=tmp_path)) == 3
    assert len(obsids("--pipeline", "one", folder=tmp_path)) == 3


def test_pipelines_that_spell_one_database_otherwise_agree(tmp_path):
    SqlPublisher(SqlConfig(), tmp_path).check()
    write_pipeline(tmp_path, "one", "")
    write_pipeline(tmp_path, "two", "sqlite:///comap.db")
    assert obsids(folder=tmp_path) == []


def test_a_number_that_no_database_can_hold_is_no_obsid(folder):
    assert "less than or equal" in gnomon("comap", "overview", TOO_MANY, folder=folder, code=2).err


def write_pipeline(folder, name, url):
    """Write a pipeline that publishes to a database."""
    (folder / "pipelines").mkdir(exist_ok=True)
    text = f'name = "{name}"\n[[publish]]\nuse = "comap.sql"\nkinds = ["comap.level1"]\n'
    (folder / "pipelines" / f"{name}.toml").write_text(f'{text}url = "{url}"\n', encoding="utf-8")


def test_postgresql_answers_alike(tmp_path, new_postgres):
    url = new_postgres().replace("+psycopg", "")
    publisher = SqlPublisher(SqlConfig(url=url), tmp_path)
    assert "has no observations" in gnomon(
        "comap", "overview", "--database", url, folder=tmp_path, code=2
    ).err  # fmt: skip
    with publisher.database.sessions.kept():
        fill(publisher, tmp_path)
    assert obsids("--database", url, "--source", "FG_6", folder=tmp_path) == [45287]
    found = gnomon("comap", "overview", "--database", url, "--json", folder=tmp_path).data
    assert [(one["status"], one["n_bad"]) for one in found] == [
        ("complete", 0), ("failed", 152), ("pending", 0),
    ]  # fmt: skip
