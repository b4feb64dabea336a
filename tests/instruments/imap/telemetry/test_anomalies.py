import pytest

from gnomon.errors import BadData, ConfigError
from gnomon.instruments.imap.telemetry.anomalies import find_anomalies
from gnomon.instruments.imap.telemetry.day_table import DayTable
from gnomon.instruments.imap.telemetry.rules import Rules, built_in, read_rules

TIMES = [f"2026-03-01T00:00:{second:02d}" for second in range(10)]


def found(column, *values, rules=None):
    rows = {time: {column: value} for time, value in zip(TIMES, values, strict=False)}
    return find_anomalies(rows, rules or built_in()).anomalies


def limits(**bounds):
    return Rules.model_validate({"limits": {"x": bounds}})


def test_the_real_file_with_anomalies_has_these(real):
    table = DayTable.read(real / "ialirt" / "ialirt_hk_data_with_anomalies.csv", "time_utc")
    findings = find_anomalies(table.rows, built_in())
    assert findings.rows == 85
    assert [(a.severity, a.kind, a.parameter, a.count, a.first) for a in findings.anomalies] == [
        ("danger", "Flag", "mag_hk_hk1v5c_danger", 1, "2025-10-21T00:00:39"),
        ("danger", "OutOfBounds", "mag_hk_hk3v3", 1, "2025-10-21T00:01:03"),
        ("danger", "Flag", "mag_hk_multbit_errs", 1, "2025-10-21T00:01:15"),
        ("warning", "Flag", "mag_hk_fib_saturated", 1, "2025-10-21T00:05:27"),
        ("warning", "Flag", "mag_hk_hk1v8_warn", 1, "2025-10-21T00:01:23"),
        ("warning", "OutOfBounds", "mag_hk_hkn8v5", 1, "2025-10-21T00:03:27"),
    ]


def test_a_real_file_is_without():
    rows = {time: {"mag_hk_hk3v3": "3.35", "mag_hk_mode": "Burst"} for time in TIMES}
    findings = find_anomalies(rows, built_in())
    assert findings.anomalies == ()
    assert (findings.rows, findings.values) == (10, 20)


def test_below_a_low_limit_the_lowest_value_is_told():
    """Regression: the system that we follow tells the highest."""
    (anomaly,) = found("mag_hk_hk3v3", "2.9", "2.5", "2.8", "3.3")
    assert (anomaly.severity, anomaly.worst, anomaly.limit) == ("danger", "2.5", "<= 3 V")
    assert (anomaly.count, anomaly.first, anomaly.last) == (3, TIMES[0], TIMES[2])


def test_above_a_high_limit_the_highest_value_is_told():
    (anomaly,) = found("mag_hk_icu_temp", "51", "52.5", "49")
    assert (anomaly.severity, anomaly.worst, anomaly.limit) == ("warning", "52.5", ">= 50 °C")


def test_a_limit_of_zero_is_a_limit():
    """Regression: the system that we follow takes 0 for no limit."""
    (anomaly,) = found("x", "-1", "1", rules=limits(danger=(0, 0.5e9)))
    assert (anomaly.worst, anomaly.limit) == ("-1", "<= 0")
    (anomaly,) = found("x", "-1", "1", rules=limits(warning=(-5, 0)))
    assert (anomaly.worst, anomaly.limit) == ("1", ">= 0")


def test_one_side_may_have_no_limit():
    rules = Rules.model_validate({"limits": {"x": {"danger": (None, 5)}}})
    assert [a.worst for a in found("x", "-1e9", "6", rules=rules)] == ["6"]


def test_a_danger_hides_the_warning_of_its_side_only():
    rules = limits(danger=(0, 10), warning=(2, 8))
    both = found("x", "-1", "1", "9", rules=rules)
    assert [(a.severity, a.limit) for a in both] == [("danger", "<= 0"), ("warning", ">= 8")]


def test_a_flag_of_danger_hides_that_of_warning():
    rows = {TIMES[0]: {"mag_hk_hk1v5_warn": "True", "mag_hk_hk1v5_danger": "True"}}
    (anomaly,) = find_anomalies(rows, built_in()).anomalies
    assert anomaly.parameter == "mag_hk_hk1v5_danger"


@pytest.mark.parametrize("text", ["True", "true", "1", "1.0"])
def test_flags_in_any_spelling(text):
    (anomaly,) = found("mag_hk_multbit_errs", text, "False", "0")
    assert (anomaly.kind, anomaly.count) == ("Flag", 1)


def test_a_forbidden_mode():
    anomalies = found("mag_hk_mode", "Normal", "Safe", "Debug", "Safe")
    assert [(a.kind, a.worst, a.count) for a in anomalies] == [
        ("Forbidden", "Safe", 2),
        ("Forbidden", "Debug", 1),
    ]


def test_gaps_are_no_anomalies_and_no_values():
    rows = {TIMES[0]: {"mag_hk_hk3v3": ""}, TIMES[1]: {"mag_hk_hk3v3": "3.3"}}
    findings = find_anomalies(rows, built_in())
    assert (findings.anomalies, findings.values) == ((), 1)


@pytest.mark.parametrize("rows", [{}, {TIMES[0]: {"mag_hk_hk3v3": ""}}, {TIMES[0]: {"other": "1"}}])
def test_a_check_of_nothing_is_no_check(rows):
    with pytest.raises(BadData, match="nothing was checked"):
        find_anomalies(rows, built_in())


def test_a_number_that_is_none_is_told_with_its_place():
    with pytest.raises(BadData, match=f"mag_hk_hk3v3 at {TIMES[1]}"):
        found("mag_hk_hk3v3", "3.3", "volts")


def test_sentences_are_for_people():
    (one,) = found("mag_hk_hk3v3", "2.9", "2.5")
    assert one.sentence == (
        "danger: mag_hk_hk3v3 is <= 3 V, at worst 2.5: 2 rows "
        "from 2026-03-01T00:00:00 to 2026-03-01T00:00:01 UTC"
    )
    (flag,) = found("mag_hk_hk1v8_warn", "True")
    assert flag.sentence == f"warning: mag_hk_hk1v8_warn is set: 1 row at {TIMES[0]} UTC"


@pytest.mark.parametrize(
    "text", ["[limits]\nx = 1", "[limit]\n", "no toml", "[limits.x]\ndanger = [1]"]
)
def test_a_table_of_rules_that_is_none_is_refused_by_its_name(tmp_path, text):
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"rules\.toml"):
        read_rules(path)
