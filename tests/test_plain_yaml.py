"""YAML means what a person reads in it."""

import pytest

from netkit.errors import NetkitError, did_you_mean
from netkit.plain_yaml import Located, parse_yaml, read_yaml


@pytest.mark.parametrize(
    "word", ["yes", "no", "on", "off", "true", "2026-01-01", "null", "0x1f", "1e5"]
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
    with pytest.raises(NetkitError, match=r"t, line 2: 'a' stands here a second time.*line 1"):
        parse_yaml("a: 1\na: 2\n", name="t")


@pytest.mark.parametrize("text", ["[1, 2]", "just words", "a: [1", ""])
def test_what_is_not_a_mapping_is_refused_in_one_sentence(text):
    with pytest.raises(NetkitError) as refused:
        parse_yaml(text, name="t")
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(NetkitError, match="gone.yaml"):
        read_yaml(tmp_path / "gone.yaml")


def test_the_nearest_name_is_offered():
    assert did_you_mean("acept", ["accept", "decline"]).endswith("(did you mean 'accept'?)")
    assert did_you_mean("zzz", ["accept", "decline"]) == "accept, decline"
