"""YAML means what a person reads in it."""

from itertools import pairwise
from pathlib import Path

import pytest

import netkit
from netkit.errors import NetkitError, did_you_mean
from netkit.plain_yaml import Located, parse_yaml, read_yaml


@pytest.mark.parametrize(
    "word",
    ["yes", "no", "on", "off", "true", "2026-01-01", "null", "0x1f", "1e5", "9" * 5000],
    ids=lambda word: word[:10],
)
def test_words_stay_words(word):
    assert parse_yaml(f"value: {word}", name="t")["value"] == word


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), ("-3", -3), ("0.5", 0.5), ("", None), ("'12'", "12")]
)
def test_plain_numbers_are_numbers_and_quoted_ones_are_words(text, value):
    assert parse_yaml(f"value: {text}", name="t")["value"] == value


def test_every_key_knows_its_line():
    found = parse_yaml("a: 1\nb:\n  c: 2\n", name="t")
    assert found.lines == {"a": 1, "b": 2}
    assert isinstance(found["b"], Located)
    assert found["b"].lines == {"c": 3}


def test_a_key_that_stands_twice_is_an_error_with_both_lines():
    with pytest.raises(NetkitError, match=r"t, line 2: 'a' is here a second time.*line 1"):
        parse_yaml("a: 1\na: 2\n", name="t")


@pytest.mark.parametrize("text", ["[1, 2]", "just words", "a: [1", ""])
def test_what_is_not_a_mapping_is_refused_in_one_sentence(text):
    with pytest.raises(NetkitError) as refused:
        parse_yaml(text, name="t")
    assert "\n" not in str(refused.value)


def test_what_the_parser_stumbled_on_is_said_in_its_own_words():
    with pytest.raises(NetkitError, match=r"t, line 3: .*expected ',' or '\]'"):
        parse_yaml("a: 1\nb: [1\n", name="t")


BOMB = "\n".join(
    ["a: &a [x, x, x, x, x, x, x, x, x]"]
    + [f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in pairwise("abcdefghij")]
)
TRICKS = {
    "a few lines that stand for billions": (BOMB, 2, "*a stands within &b"),
    "what refers to itself": ("a: 1\nb: &b [*b]", 2, "*b stands within &b"),
    "what refers to nothing": ("a: *gone", 1, "*gone stands for nothing above it"),
    "nesting without end": (f"a: 1\nb: {'[' * 100_000}", 2, "lie one within the other"),
    "an object to be made": ("a: !!python/object:os.system x", 1, "the tag"),
    "a second document": ("a: 1\n---\na: 2", 3, "a second document"),
    "a key that is a list": ("[a, b]: 1", 1, "a key is not a word"),
    "a character that nobody sees": ("a: 1\nb: x\x07y", 2, "the character U+0007"),
    "a tab": ("a:\n\tb: 1", 2, "tab"),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_what_no_reader_would_see_through_is_refused_with_its_line(trick):
    text, line, told = TRICKS[trick]
    with pytest.raises(NetkitError) as refused:
        parse_yaml(text, name="t")
    assert f"t, line {line}: " in str(refused.value)
    assert told in str(refused.value)


def test_a_name_given_above_may_stand_for_what_it_names():
    assert parse_yaml("a: &a {x: 1}\nb: *a", name="t")["b"] == {"x": 1}


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path):
    (tmp_path / "a.yaml").write_bytes("\ufeffa: 1\r\nb: yes\r\n".encode())
    assert read_yaml(tmp_path / "a.yaml") == {"a": 1, "b": "yes"}


def test_a_file_in_another_encoding_is_told_so_with_the_line(tmp_path):
    (tmp_path / "a.yaml").write_bytes("a: 1\nb: größer\n".encode("latin-1"))
    with pytest.raises(NetkitError, match=r"line 2: the byte 0xf6 is not UTF-8.*Save the file as"):
        read_yaml(tmp_path / "a.yaml")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(NetkitError, match="gone.yaml"):
        read_yaml(tmp_path / "gone.yaml")


def test_the_nearest_name_is_offered():
    assert did_you_mean("acept", ["accept", "decline"]).startswith("Did you mean 'accept'?")
    assert did_you_mean("zzz", ["accept", "decline"]) == "Use accept or decline."
    many = [f"fact_{letter}" for letter in "abcdefghijklmnop"]
    assert did_you_mean("fact_aa", many) == "Did you mean 'fact_a'?"
    assert did_you_mean("zzz", many).endswith("fact_o or fact_p.")


def test_every_shipped_file_says_the_same_with_the_line_ends_of_windows():
    files = sorted(Path(netkit.__file__).parent.rglob("*.yaml"))
    assert len(files) > 20
    for file in files:
        text = file.read_bytes().decode()
        unix, windows = (parse_yaml(each, name="x") for each in (text, text.replace("\n", "\r\n")))
        assert (unix, unix.lines) == (windows, windows.lines), file.name
