"""Job files: read, refused with words, written and read back."""

from pathlib import Path

import pytest
import yaml

from gnomon.errors import ConfigError, UnknownName
from gnomon.publish.tables.jobfile import add_jobs, read_jobs
from gnomon.publish.tables.jobs import FailureMode, Index, NameRule, Rule, choose, read_job
from gnomon.publish.tables.types import BIGINT, DATE, FLOAT, INTEGER, Name, Type

WHOLE = """
jobs:
  hsk:
    target_table: hsk_pw
    filename_match: imap_mag_l1_hsk-pw_*_v*.csv
    id_mapping:
      shcoarse: {db_column: shcoarse, type: bigint, nullable: false}
      src_seq_ctr: src_seq_ctr
    columns:
      mode: {db_column: mode, type: integer, lookup: {Normal: 1, on: 2, 007: 3, "": 0}}
      name: full_name
      short: {type: varchar(12)}
      ~: {db_column: twice, type: float, expression: "float(v) * 2", input_columns: [v]}
      ~: {db_column: made, function: my.module.function, input_columns: [v, name]}
    filename_to_column:
      template: imap_mag_l1_hsk-pw_[date]_v[version].csv
      columns:
        date: {db_column: file_date, type: date, use_to_delete_old_rows: true}
        version: file_version
    indexes:
    - name: idx_mode
      columns: [{column: mode, order: DESC}, {column: full_name}]
    sample_percentage: 12.5
    failure_mode: strict
"""


@pytest.fixture
def whole(tmp_path):
    path = tmp_path / "jobs.yml"
    path.write_text(WHOLE)
    return read_jobs(path)["hsk"]


def test_everything_that_a_job_can_say(whole):
    assert whole.table == "hsk_pw"
    assert whole.key == (
        Rule("shcoarse", "shcoarse", BIGINT, nullable=False),
        Rule("src_seq_ctr", "src_seq_ctr"),
    )
    mode, name, short, twice, made = whole.columns
    assert mode == Rule("mode", "mode", INTEGER, lookup={"Normal": 1, "on": 2, "007": 3, "": 0})
    assert name == Rule("name", "full_name")
    assert short == Rule("short", "short", Type(Name.VARCHAR, 12))
    assert (twice.column, twice.type, twice.expression) == ("twice", FLOAT, "float(v) * 2")
    assert (made.column, made.function, made.inputs) == (
        "made",
        "my.module.function",
        ("v", "name"),
    )
    assert whole.from_name == (
        NameRule("date", "file_date", DATE, deletes=True),
        NameRule("version", "file_version"),
    )
    assert whole.indexes == (Index("idx_mode", (("mode", True), ("full_name", False))),)
    assert (whole.sample, whole.mode) == (12.5, FailureMode.STRICT)
    assert whole.functions == ["my.module.function"]


def test_several_computed_columns_may_be_null_keys(whole):
    """As crump's documentation shows them; YAML by itself keeps the last only."""
    assert [rule.column for rule in whole.columns[3:]] == ["twice", "made"]


@pytest.mark.parametrize("suffix", ["yml", "toml"])
def test_what_is_written_reads_back(whole, tmp_path, suffix):
    path = tmp_path / f"again.{suffix}"
    add_jobs(path, {"hsk": whole, 'an "odd" näme': whole})
    again = read_jobs(path)
    assert list(again) == ["hsk", 'an "odd" näme']
    assert again["hsk"] == whole


def test_jobs_that_are_there_stay_unless_they_are_forced(whole, tmp_path):
    path = tmp_path / "again.yml"
    add_jobs(path, {"one": whole})
    add_jobs(path, {"two": whole})
    assert list(read_jobs(path)) == ["one", "two"]
    with pytest.raises(ConfigError, match="has one already; --force overwrites"):
        add_jobs(path, {"one": whole})
    add_jobs(path, {"one": whole}, overwrite=True)
    assert list(read_jobs(path)) == ["one", "two"]
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_merged_mappings_are_read(tmp_path):
    path = tmp_path / "jobs.yml"
    path.write_text(
        "defaults: &all {failure_mode: strict, sample_percentage: 10}\n"
        "jobs:\n  a: {<<: *all, target_table: a, id_mapping: {id: id}, sample_percentage: 20}\n"
    )
    job = read_jobs(path)["a"]
    assert (job.mode, job.sample) == (FailureMode.STRICT, 20)


MINIMAL = {"target_table": "t", "id_mapping": {"id": "id"}}
TEMPLATE = {"template": "x_[date].csv", "columns": {"date": {"type": "date"}}}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (None, "is None, not a table"),
        ({}, "lacks target_table"),
        ({"target_table": "t"}, "lacks id_mapping"),
        ({"target_table": "t", "id_mapping": {}}, "nothing identifies a row"),
        (MINIMAL | {"colums": {}}, r"unknown options \['colums'\]"),
        (MINIMAL | {"target_table": 3}, "target_table is 3"),
        (MINIMAL | {"sample_percentage": 101}, "not 0 to 100"),
        (MINIMAL | {"sample_percentage": True}, "sample_percentage is True"),
        (MINIMAL | {"failure_mode": "lax"}, "not one of permissive, strict"),
        (MINIMAL | {"columns": {"a": {"db_column": "a", "type": "blob"}}}, "'blob' is no type"),
        (MINIMAL | {"columns": {"a": {"db_column": "a", "typ": "text"}}}, r"\['typ'\]"),
        (MINIMAL | {"columns": {"a": "id"}}, "fills id more than once"),
        (MINIMAL | {"columns": {None: {"db_column": "a"}}}, "no expression or function"),
        (
            MINIMAL | {"columns": {"a": {"expression": "1"}}},
            "is computed, so it needs input_columns",
        ),
        (
            MINIMAL
            | {"columns": {"a": {"expression": "1", "function": "a.b", "input_columns": ["a"]}}},
            "one of them is too many",
        ),
        (
            MINIMAL | {"columns": {"a": {"function": "os;x", "input_columns": ["a"]}}},
            "is no module.function",
        ),
        (MINIMAL | {"filename_to_column": {"columns": {}}}, "needs a template or a regex"),
        (
            MINIMAL | {"filename_to_column": TEMPLATE | {"regex": "x"}},
            "needs a template or a regex",
        ),
        (
            MINIMAL | {"filename_to_column": TEMPLATE | {"template": "x.csv"}},
            "has no field date",
        ),
        (
            MINIMAL | {"indexes": [{"name": "i", "columns": [{"column": "a", "order": "UP"}]}]},
            "'UP'",
        ),
    ],
)
def test_what_makes_no_sense_is_named(said, words):
    with pytest.raises(ConfigError, match=words):
        read_job("mine", said)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yml", "jobs: ["),
        ("a.yml", "jobs: 3"),
        ("a.yml", "- 1"),
        ("a.yml", ""),
        ("a.yml", "jobs: {a: {target_table: t, target_table: u}}"),
        ("a.yml", "jobs: !!python/object/apply:os.system ['true']"),
        ("a.toml", "jobs = "),
        ("a.toml", "x = 1"),
    ],
)
def test_what_is_no_job_file_is_named(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ConfigError, match=name):
        read_jobs(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_jobs(tmp_path / "absent.yml")


def jobs_of(**said):
    return {name: read_job(name, MINIMAL | more) for name, more in said.items()}


def test_a_file_finds_its_job():
    jobs = jobs_of(
        mag={
            "filename_match": "imap_ialirt_mag_*.csv",
            "filename_to_column": {
                "template": "imap_ialirt_mag_[date].csv",
                "columns": {"date": {"type": "date"}},
            },
        },
        hk={"filename_match": "imap_ialirt_mag_hk_*.csv"},
        other={"filename_match": r"x_\d+\.csv"},
        named={"filename_to_column": {"template": "day_[date].csv", "columns": {"date": "d"}}},
    )
    assert choose(jobs, Path("imap_ialirt_mag_20251021.csv")).name == "mag"
    assert choose(jobs, Path("x_12.csv")).name == "other"
    assert choose(jobs, Path("day_2.csv")).name == "named"
    assert choose(jobs, Path("anything.csv"), "hk").name == "hk"
    with pytest.raises(ConfigError, match=r"no job takes y\.csv"):
        choose(jobs, Path("y.csv"))
    with pytest.raises(UnknownName, match="did you mean 'hk'"):
        choose(jobs, Path("y.csv"), "hkk")
    # The one that names a day fits better than the first whose glob is too wide.
    jobs["hk"] = read_job(
        "hk",
        MINIMAL
        | {
            "filename_match": "imap_ialirt_mag_hk_*.csv",
            "filename_to_column": {
                "template": "imap_ialirt_mag_hk_[date].csv",
                "columns": {"date": {"type": "date"}},
            },
        },
    )
    assert choose(jobs, Path("imap_ialirt_mag_hk_20251021.csv")).name == "hk"


def test_a_lone_job_takes_any_file():
    assert choose(jobs_of(one={}), Path("y.csv")).name == "one"


def test_yaml_of_jobs_is_plain(whole, tmp_path):
    """So that crump, and people, read it."""
    path = tmp_path / "plain.yml"
    add_jobs(path, {"hsk": whole})
    said = yaml.safe_load(path.read_text())["jobs"]["hsk"]
    assert said["id_mapping"]["shcoarse"] == {
        "db_column": "shcoarse",
        "type": "bigint",
        "nullable": False,
    }
    assert said["filename_to_column"]["columns"]["date"]["use_to_delete_old_rows"] is True


def test_the_example_of_the_documentation_is_a_job_file(tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "tables.md").read_text()
    example = page.split("## Job files")[1].split("    jobs:")[1].split("\n\n")[0]
    path = tmp_path / "jobs.yml"
    path.write_text("    jobs:" + example + "\n")
    job = read_jobs(path)["hsk_pw"]
    assert job.key_columns == ("shcoarse", "src_seq_ctr")
    assert job.columns[-1].column == "kelvin"
