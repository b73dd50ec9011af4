"""The JSON Schema: current, valid, and of one mind with the loader."""

import json
import shutil

import jsonschema
import pytest
from invented_policies import INVENTED, tiny_text

from netkit.errors import NetkitError
from netkit.findings.stamps import PACKAGE
from netkit.handbook.policy_schema import SCHEMA, schema_text
from netkit.handbook.reference_pages import write_pages
from netkit.plain_yaml import parse_yaml, read_yaml
from netkit.policy import POLICIES, Policy, shipped_policies

CHECK = jsonschema.Draft7Validator(json.loads(schema_text()))
TEXT = tiny_text([("met", "{met_in_person: yes}", "accept"), ("rest", "{}", "ignore")])


def test_the_committed_schema_is_current():
    assert (PACKAGE / SCHEMA).read_text(encoding="utf-8") == schema_text(), "run: netkit handbook"


def test_the_schema_is_a_valid_schema():
    jsonschema.Draft7Validator.check_schema(json.loads(schema_text()))


def test_the_handbook_writes_the_schema_as_soon_as_it_is_no_longer_current(tmp_path, monkeypatch):
    package = tmp_path / "netkit"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("*.pyc"))
    monkeypatch.setattr("netkit.handbook.reference_pages.PACKAGE", package)
    (package / SCHEMA).write_text("{}", encoding="utf-8")
    assert package / SCHEMA in write_pages(tmp_path / "docs")
    assert (package / SCHEMA).read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("name", shipped_policies())
def test_every_shipped_policy_meets_the_schema(name):
    CHECK.validate(read_yaml(POLICIES / f"{name}.yaml"))


@pytest.mark.parametrize("path", sorted(INVENTED.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_policy_as_strangers_write_it_meets_the_schema(path):
    CHECK.validate(read_yaml(path))


@pytest.mark.parametrize(
    "wrong",
    [
        "when: {any_of: {met_in_person: yes}}",
        "when: {count: {of: [{met_in_person: yes}, {recognised: yes}]}}",
        "when: {count: {of: [met_in_person, recognised], at_least: 1}}",
        "until: {weeks: 3}\n    when: {met_in_person: yes}",
    ],
)
def test_a_choice_or_an_end_that_the_loader_refuses_does_not_meet_the_schema(wrong):
    text = TEXT.replace("when: {met_in_person: yes}", wrong)
    with pytest.raises(NetkitError):
        Policy.from_text(text)
    with pytest.raises(jsonschema.ValidationError):
        CHECK.validate(parse_yaml(text, name="t"))


@pytest.mark.parametrize(
    "when",
    [
        "{}",
        "{met_in_person: yes}",
        "{met_in_person: unknown}",
        "{note_kind: [none, default]}",
        "{note_kind: {not: [none, unknown]}}",
        "{note_words: 3}",
        "{note_words: {at_least: 3}}",
        "{note_words: {between: [1, 3]}}",
        "{a_fact_of_my_own: whatever}",
        "{any_of: [{met_in_person: yes}, {note_words: {at_least: 1.5}, recognised: yes}]}",
        "{count: {of: [{met_in_person: yes}, {recognised: yes}], at_least: 1}, note_sells: no}",
    ],
)
def test_every_form_of_a_condition_meets_the_schema(when):
    CHECK.validate(parse_yaml(TEXT.replace("{met_in_person: yes}", when), name="t"))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("{met_in_person: yes}", "{met_in_person: maybe}"),
        ("{met_in_person: yes}", "{met_in_person: {at_least: 3}}"),
        ("{met_in_person: yes}", "{note_words: many}"),
        ("because: Because of met.", "becuse: Because of met."),
        ("clause: own", "clause: []"),
        ("expect: accept", "expect: {open: [accept]}"),
        ("      - {it: two, given: {}, expect: accept}\n", ""),
        ("about: For tests.\n", ""),
        ("invitation:", "invitations:"),
    ],
)
def test_what_the_loader_refuses_the_editor_marks(right, wrong):
    assert right in TEXT
    assert list(CHECK.iter_errors(parse_yaml(TEXT.replace(right, wrong, 1), name="t")))
