"""One of a kind is never said in the plural: every count goes through `counted`, but for fixed limits."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import netkit

NOUNS = (
    "acceptance|answer|case|connection|contact|day|decision|event|fact|finding|introduction|invitation|key|label"
    "|letter|message|minute|month|name|number|outcome|page|person|question|refusal|request|row|rule|sender"
    "|situation|year"
)
PLURAL = re.compile(rf"^ (?:[a-z]+ )?({NOUNS})s\b")
NUMBER = re.compile(r"len\(|count|days?\b|labels|pages|findings|total|\bn\b|\['n'\]|needed")
# Limits in capitals, and numbers that the package states, never are one.
FIXED = re.compile(r"[A-Z_]{3,}|most|least|fewest|expected|outcome_days|history_number|number\(")
# Never one either, or said in other words then; where a program is at fault, no person reads it.
GUARDED = {
    ("cli/triage_screen.py", "number"), ("cli/triage_screen.py", "len(asked)"),
    ("comparison/report.py", "pair.needed"), ("history/__init__.py", "self.aged_after_days"),
    ("history/outcomes.py", "days"), ("introductions/lessons.py", "self.minimum.needed"),
    ("model/fitted_model.py", "row['n']"), ("model/fitted_model.py", "self.labels"),
    ("model/points_card.py", "self.labels"),  # ten of either answer at least
    ("network/__init__.py", "days // 365"), ("export/delimited.py", "len(file.rows)"),
    ("findings/citations.py", "finding.labels"), ("model/alignment.py", "len(values)"),
    ("model/alignment.py", "len(facts)"), ("evaluation/__init__.py", "len(y)"),
    ("introductions/lessons.py", "found.minimum.needed or 'both kinds of'"), ("evaluation/__init__.py", "len(s)"),
    ("network/__init__.py", "days // 30"), ("sitting/pace.py", "keys"), ("triage.py", "verdict.decisions"),
    ("cli/comparison_screen.py", "recorded"),  # sixty at least, where a verdict was due
}  # fmt: skip
HOME = Path(netkit.__file__).parent


def plurals(source):
    for text in ast.walk(ast.parse(source)):
        values = text.values if isinstance(text, ast.JoinedStr) else []
        for value, rest in pairwise(values):
            if isinstance(value, ast.FormattedValue) and isinstance(rest, ast.Constant):
                said, form = ast.unparse(value.value), value.format_spec
                number = (form or NUMBER.search(said)) and not said.startswith("counted(")
                if number and PLURAL.match(rest.value) and not FIXED.search(said):
                    yield text.lineno, said


def test_a_count_that_may_be_one_is_counted():
    assert list(plurals('f"{len(found)} facts"')) == [(1, "len(found)")]
    found = [
        f"{path.relative_to(HOME)}:{line}: {said}"
        for path in sorted(HOME.rglob("*.py"))
        for line, said in plurals(path.read_text(encoding="utf-8"))
        if (path.relative_to(HOME).as_posix(), said) not in GUARDED
    ]
    assert found == []
