import string
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.errors import ConfigError
from gnomon.instruments.comap.master.grammar import parsed

PATH = "modules.ProcessLevel2.FindScans.FindScans.FindScans"

# What the seed's own parser got wrong is here too: no space, numbers in lists, marks in texts.
CALLS = {
    "()": {},
    "": {},
    "(x=1,y=2)": {"x": 1, "y": 2},
    "( x = 1 ,y=2.5 , )": {"x": 1, "y": 2.5},
    "(feeds=[1, 2])": {"feeds": [1, 2]},
    "(feeds=[1,[2,(3, 'a')]])": {"feeds": [1, [2, [3, "a"]]]},
    "(name='a, b=(c)')": {"name": "a, b=(c)"},
    '(name="it\'s [odd]")': {"name": "it's [odd]"},
    "(on=True, off=False, none=None)": {"on": True, "off": False, "none": None},
    "(low=-1e-3)": {"low": -1e-3},
    "(words=[a, b])": {"words": ["a", "b"]},
    "(table={'a': 1})": {"table": {"a": 1}},
}


@pytest.mark.parametrize(("written", "options"), CALLS.items())
def test_options_are_read_as_python_reads_them(written, options):
    call = parsed(f"  {PATH}{written} ")
    assert call.dotted == PATH
    assert call.name == "FindScans"
    assert call.options == options


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
NAMES = st.text(string.ascii_lowercase, min_size=1).map(lambda name: f"x_{name}")


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.sampled_from([", ", ",", " ,\t"]))
def test_whatever_is_written_comes_back(options, comma):
    text = comma.join(f"{name}={value!r}" for name, value in options.items())
    assert parsed(f"{PATH}({text})").options == options


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "pipeline"),
        ("modules.A.A(1)", "options have names"),
        ("modules.A.A(x=1, x=2)", "twice"),
        ("modules.A.A(**y)", "no name"),
        ("modules.A.A(x=y)", "y is no literal; text needs quotes"),
        ("modules.A.A(x=open('f'))", "is no literal"),
        ("modules.A.A(x=1", "never closed"),
        ("3(x=1)", "package.module.Class"),
        ("modules.A.A(x=1)(y=2)", "package.module.Class"),
        ("a;b", "pipeline"),
        ("a\0b", "pipeline"),
        ("(" * 5000, "pipeline"),
    ],
)
def test_what_makes_no_sense_is_told(text, words):
    with pytest.raises(ConfigError, match=words):
        parsed(text)


@given(st.text())
def test_nothing_else_is_raised(text):
    with suppress(ConfigError):
        parsed(text)
