"""The points card as the page "Try it" loads it: whole, or not at all."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from netkit.errors import FindingError
from netkit.findings import Finding
from netkit.findings.stamps import Recorded
from netkit.handbook.try_it import write_points

POINTS = [
    ["(the rules)", "accept", 3, 1],
    ["recognised", "yes", 2, 1],
    ["note_words", "1-14", -1, 1],
    ["recognised", "no", -2, 1],
]
CARD = {
    "points_card": {"columns": ["fact", "level", "points", "n"], "rows": POINTS},
    "points_base": -0.5,
    "points_each": 0.4,
}


def evidence(problem="", **values):
    """Findings as a notebook recorded them, one or the other changed."""
    notebook = Path("05-points.ipynb")
    found = {
        name: Recorded(Finding(name, value, str(value), n=90, data="invented"), notebook, None, problem)
        for name, value in (CARD | values).items()
    }
    return SimpleNamespace(known_findings=lambda: found)


def written(folder, found, **terms):
    script = write_points(found, None, folder, **terms).read_text(encoding="utf-8")
    return json.loads(script.partition("globalThis.netkitPoints = ")[2].rstrip().rstrip(";"))


def test_the_card_is_written_with_every_answer_that_can_be_given(tmp_path):
    card = written(tmp_path, evidence())
    assert (card["base"], card["each"], card["rules"], card["n"]) == (-0.5, 0.4, 3, 90)
    assert card["page"] == "evidence/05-points"
    known, words = card["facts"]
    assert (known["name"], known["points"], known["bands"]) == ("recognised", {"yes": 2, "no": -2}, None)
    assert [level for level, _ in known["answers"]][:2] == ["yes", "no"]
    # A number is given, and counts by the band that it falls in.
    assert (words["name"], words["points"]) == ("note_words", {"1-14": -1})
    assert [1, "1-14"] in words["bands"]
    assert words["answers"] == words["bands"]


@pytest.mark.parametrize(
    ("found", "terms"),
    [
        (SimpleNamespace(known_findings=dict), {}),
        (evidence(points_base=None), {}),  # withheld
        (evidence(), {"show": False}),
    ],
)
def test_where_there_is_no_whole_card_the_page_gets_none(tmp_path, found, terms):
    assert written(tmp_path, found, **terms) is None


def test_a_card_that_does_not_hold_any_more_is_shown_in_a_draft_alone(tmp_path):
    stale = evidence(problem="the data behind it changed")
    with pytest.raises(FindingError, match="points card cannot be shown: the data behind it changed"):
        write_points(stale, None, tmp_path)
    assert written(tmp_path, stale, draft=True)["rules"] == 3


def test_nothing_in_a_card_can_end_the_script_that_holds_it(tmp_path):
    hostile = CARD["points_card"] | {"rows": [["recognised", "</script>", 2, 1]]}
    script = write_points(evidence(points_card=hostile), None, tmp_path)
    assert "</script>" not in script.read_text(encoding="utf-8")
