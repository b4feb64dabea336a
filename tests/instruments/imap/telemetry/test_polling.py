import pytest

from gnomon.errors import NotAuthorised, ServerFault
from gnomon.instruments.imap.telemetry.polling import ask_each


def asked(errors):
    def ask(name):
        if name in errors:
            raise errors[name]
        return name.upper()

    return ask_each("abcdef", ask)


def test_every_name_has_its_answer_in_order():
    answers, flaw = asked({})
    assert list(answers.items()) == [(name, name.upper()) for name in "abcdef"]
    assert flaw == ""


def test_what_one_lacks_does_not_keep_the_others_back():
    answers, flaw = asked({"b": ServerFault("HTTP 500"), "d": ServerFault("HTTP 503")})
    assert list(answers) == ["a", "c", "e", "f"]
    assert flaw == "b: HTTP 500; d: HTTP 503"


def test_many_flaws_are_counted():
    _, flaw = asked({name: ServerFault("HTTP 500") for name in "abcde"})
    assert flaw.endswith("; and 2 more")


def test_a_wrong_token_ends_it():
    with pytest.raises(NotAuthorised):
        asked({"b": ServerFault("HTTP 500"), "c": NotAuthorised("HTTP 401; set X")})


def test_where_all_fail_the_first_is_told():
    with pytest.raises(ServerFault, match="of a"):
        asked({name: ServerFault(f"of {name}") for name in "abcdef"})
