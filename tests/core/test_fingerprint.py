"""A fingerprint is a digest of everything that a result depends on, and of nothing else."""

import random

from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import SecretStr

from gnomon.core.dataset import Dataset
from gnomon.core.fingerprint import canonical, digest, of_fetch, of_publication, of_step
from gnomon.core.items import Item
from gnomon.core.steps import StepConfig

TEXTS = st.text()
LINES = st.lists(TEXTS, max_size=4)
BOUND = st.lists(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS), max_size=5, unique=True)


class Secretive(StepConfig):
    token: SecretStr = SecretStr("")
    level: int = 3


def dataset(kind, key_text, sha256, seq=1):
    return Dataset(seq, kind, {}, key_text, seq, f"p{seq}", sha256, seq, seq)


def bound(lines, seq=1):
    return [(role, dataset(kind, key, sha256, seq)) for role, kind, key, sha256 in lines]


@given(LINES, LINES)
def test_no_two_lists_look_alike(one, other):
    assert (digest(*one) == digest(*other)) == (one == other)


@given(BOUND, st.integers())
def test_the_order_of_inputs_their_number_and_their_place_do_not_matter(lines, seed):
    shuffled = random.Random(seed).sample(lines, len(lines))
    assert of_step("r", "k", bound(lines)) == of_step("r", "k", bound(shuffled, seq=2))


@given(BOUND, BOUND)
def test_other_inputs_make_another_job(one, other):
    assume(sorted(one) != sorted(other))
    assert of_step("r", "k", bound(one)) != of_step("r", "k", bound(other))


def test_recipe_and_key_matter():
    prints = {of_step(recipe, key, []) for recipe in "ab" for key in "cd"}
    assert len(prints) == 4


def test_a_fetch_is_what_the_archive_says_and_no_more():
    item = Item("k", {"n": 1}, "ref", "stamp")
    same = Item("k", {"n": 1}, "ref", "stamp", 5, {"tag": "x"}, optional=True)
    assert of_fetch("s", item, "n=1") == of_fetch("s", same, "n=1")
    others = [Item("k", {"n": 1}, "ref2", "stamp"), Item("k", {"n": 1}, "ref", "stamp2")]
    prints = {of_fetch("s", item, "n=1"), of_fetch("t", item, "n=1"), of_fetch("s", item, "n=2")}
    assert len(prints | {of_fetch("s", other, "n=1") for other in others}) == 5


def test_a_publication_is_target_and_bytes():
    assert of_publication("r", dataset("k", "", "1")) == of_publication(
        "r", dataset("k", "", "1", 9)
    )
    assert of_publication("r", dataset("k", "", "1")) != of_publication("r", dataset("k", "", "2"))


def test_the_three_acts_never_share_a_fingerprint():
    item = Item("", {}, "", "")
    prints = {of_fetch("", item, ""), of_step("", "", []), of_publication("", dataset("", "", ""))}
    assert len(prints) == 3


def test_options_are_spelled_with_their_defaults_and_without_secrets():
    assert canonical(Secretive(token=SecretStr("hush"))) == '{"level":3,"token":"**********"}'
