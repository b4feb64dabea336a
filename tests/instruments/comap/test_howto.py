"""The how-to of docs/comap.md: a stage of one's own is one class and one entry."""

import re
from pathlib import Path

import pytest

from gnomon.engine.project import Project
from terminal import gnomon

DOC = (Path(__file__).parents[3] / "docs/comap.md").read_text("utf-8")
ENTRY = re.search(r"^```toml\n(\{ use = \"my_stages.*?)\n```$", DOC, re.MULTILINE | re.DOTALL)[1]
MODULE = re.search(r"^```python\n(\"\"\"my_stages.*?)^```$", DOC, re.MULTILINE | re.DOTALL)[1]
ALONE = re.search(r"^```python\n(from pathlib.*?)^```$", DOC, re.MULTILINE | re.DOTALL)[1]
LAST = '    { use = "finalize_level2_metadata" },\n'


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "my_stages.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    gnomon("init", ".", folder=folder)
    simulated = "--observations 1 --minutes 0.9 --channels 32 --feeds 1,20"
    gnomon("comap", "simulate", "level1", *simulated.split(), folder=folder)
    return folder


def test_a_stage_is_one_class_and_one_entry(project):
    gnomon("run", "comap-level2", folder=project)
    path = project / "pipelines/comap-level2.toml"
    usual = path.read_text()
    assert usual.count(LAST) == 1
    path.write_text(usual.replace(LAST, f"    {ENTRY},\n{LAST}"))
    done = gnomon("run", "comap-level2", "--json", folder=project).data["done"]
    assert done["comap.level2"] == 1
    assert "comap.reduce" not in done
    shown = gnomon("show", "comap.level2", "obsid=45285", "--json", folder=project).data
    (current,) = (one for one in shown if one["current"])
    assert current["metrics"]["n_clipped"] > 0
    path.write_text(usual)
    assert (
        "comap.level2" not in gnomon("run", "comap-level2", "--json", folder=project).data["done"]
    )


def test_what_is_wrong_with_an_entry_is_told(project):
    path = project / "pipelines/comap-level2.toml"
    usual = path.read_text()
    for entry, word in (
        ('{ use = "my_stages.Clipp" }', "Clipp"),
        ('{ use = "my_stages.Clip", limit = 1 }', "limit_k"),
        ('{ use = "my_stages.Clip", limit_k = -1 }', "greater than 0"),
        ('{ use = "post_bin_cleanin" }', "post_bin_cleaning"),
        ('{ use = "atmosphere" }', "phase"),
    ):
        path.write_text(usual.replace(LAST, f"    {entry},\n{LAST}"))
        said = gnomon("run", "comap-level2", "--dry-run", folder=project, code=2)
        assert word in said.err
    assert Project.open(project)


def test_stages_work_alone(project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    exec(compile(ALONE, "docs/comap.md", "exec"), {})
    tsys_k, n_scans = map(float, capsys.readouterr().out.split())
    assert 30 < tsys_k < 60
    assert n_scans == 2


def test_a_pipeline_may_be_named_with_its_suffix(project):
    brought = project / "pipelines/comap-level2.toml"
    opened = Project.open(project)
    assert opened.pipeline("comap-level2.toml").name == "comap-level2"
    mine = brought.read_text().replace('name = "comap-level2"', 'name = "mine"')
    (project / "comap-level2.toml").write_text(mine)
    assert opened.pipeline("comap-level2.toml").name == "mine"
    assert opened.pipeline("comap-level2").name == "comap-level2"
    brought.unlink()
    (project / "comap-level2.toml").unlink()
    assert opened.pipeline("comap-level2.toml").name == "comap-level2"
