"""The ready-made pipelines load as they are, and with the options that they only mention."""

import re

import pytest

from gnomon.core.pipeline import Pipeline
from gnomon.engine.discover import discover
from gnomon.instruments.imap import INSTRUMENT

MENTIONED = re.compile(r"^# (?=\[\[|[a-z_]+ = )", re.MULTILINE)


@pytest.mark.parametrize("name", INSTRUMENT.pipelines)
def test_a_pipeline_loads(name):
    text = INSTRUMENT.pipelines[name].read_text("utf-8")
    pipeline = Pipeline.from_toml(text, discover())
    assert pipeline.name == name
    assert pipeline.sources or pipeline.steps or pipeline.publishers


@pytest.mark.parametrize("name", INSTRUMENT.pipelines)
def test_what_a_pipeline_mentions_can_be_written(name):
    text = MENTIONED.sub("", INSTRUMENT.pipelines[name].read_text("utf-8"))
    Pipeline.from_toml(text, discover())


def test_every_source_step_and_publisher_is_in_a_pipeline():
    text = "".join(path.read_text("utf-8") for path in INSTRUMENT.pipelines.values())
    offered = (*INSTRUMENT.sources, *INSTRUMENT.steps, *INSTRUMENT.publishers)
    assert [one.name for one in offered if f'use = "{one.name}"' not in text] == []
