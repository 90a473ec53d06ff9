import pickle

import pytest

from scripts.lib.errors import CONTROLS, InputError, printable

OBEYED = "\0\a\b\t\n\r\x1b\x7f\x85\x9b\u200e\u2028\u202e\u2066\udc80"


@pytest.mark.parametrize("character", OBEYED, ids=ascii)
def test_characters_that_a_terminal_obeys_are_escapes(character):
    shown = printable(f"a{character}b")
    assert CONTROLS.search(shown) is None
    assert shown.encode("ascii").decode("unicode_escape").encode(
        "utf-16", "surrogatepass"
    ) == f"a{character}b".encode("utf-16", "surrogatepass")


@pytest.mark.parametrize("text", ["", "WASP-39 b", "Große Ünïcode 猫 🙂", r"C:\temp"])
def test_other_texts_stay(text):
    assert printable(text) == text


def test_some_characters_may_be_kept():
    assert printable("a\n\tb\r", kept="\n\t") == "a\n\tb\\r"


def test_a_line_end_in_a_message_is_no_new_line():
    assert str(InputError("a\nb", "c")) == "a\\nb\nc"


def test_a_message_survives_the_way_between_processes():
    error = pickle.loads(pickle.dumps(InputError("a\nb", "c")))
    assert str(error) == "a\\nb\nc"
