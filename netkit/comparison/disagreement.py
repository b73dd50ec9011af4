"""Where two judges part, grouped by what the requests have in common, and the rule to look at."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from netkit.comparison.verdict import ANSWERS
from netkit.costs import Costs
from netkit.evaluation import Estimate, wilson

_COLUMNS = ["pattern", "rule", "rules_say", "model_says", "n", "accepted", "share", "low", "high",
            "like_the_model", "suggestion", "requests"]  # fmt: skip
_DONE = {"accept": "accepts", "ask": "asks or leaves open", "refuse": "refuses"}


def group_disagreements(
    answers: pd.DataFrame,
    levels: pd.DataFrame,
    contributions: Sequence[Mapping[str, float]],
    *,
    costs: Costs | None = None,
    near: float = 0.5,
    least: int = 5,
) -> pd.DataFrame:
    """Group the requests on which rules and model differ by what moves the model there.

    Of the facts that push a request's log-odds the way the model leaves the rules, those count that
    push nearly as hard as the hardest. Among requests with the same rule and answers, the fact and
    level that most of them share names the first group, and so on with the rest.

    Examples
    --------
    >>> answers = pd.DataFrame({"request": list("abcdef"), "label": 0, "rules": 1, "model": -1,
    ...                         "rule": "wrote-something"})
    >>> levels = pd.DataFrame({"note_kind": ["default"] * 6})
    >>> found = group_disagreements(answers, levels, [{"note_kind": -2.0}] * 6)
    >>> found.loc[0, "pattern"], int(found.loc[0, "n"])
    ('note_kind: default', 6)
    """
    costs = costs or Costs()
    frame = pd.DataFrame(
        {
            "rule": answers["rule"].fillna("").astype("str").to_numpy(),
            "rules_say": answers["rules"].map(ANSWERS).to_numpy(),
            "model_says": answers["model"].map(ANSWERS).to_numpy(),
            "label": answers["label"].to_numpy(),
            "request": answers["request"].astype("str").to_numpy(),
        }
    )
    ways = np.sign(answers["model"] - answers["rules"]).tolist()
    words = [{str(fact): level for fact, level in row.items()} for row in levels.to_dict("records")]
    pushes = [_pushes(*one, near) for one in zip(words, contributions, ways, strict=True)]
    frame["pattern"] = _patterns(frame, pushes)
    keys = ["pattern", "rule", "rules_say", "model_says"]
    rows = [
        _row(dict(zip(keys, map(str, key), strict=True)), group, costs, least)
        for key, group in frame.groupby(keys, sort=False)
    ]
    found = pd.DataFrame(rows, columns=_COLUMNS)
    return found.sort_values(["n", "pattern"], ascending=[False, True], ignore_index=True)


def _pushes(row: Mapping[str, Any], parts: Mapping[str, float], way: float, near: float) -> set[str]:
    """Return the facts, with their levels, that push a request towards the model's answer."""
    pushing = {fact: part * way for fact, part in parts.items() if fact in row and part * way > 0}
    least = near * max(pushing.values(), default=0.0)
    return {f"{fact}: {row[fact]}" for fact, push in pushing.items() if push >= least}


def _patterns(frame: pd.DataFrame, pushes: list[set[str]]) -> list[str]:
    """Name each request's group: the commonest shared push first, each request once."""
    named = ["no single fact"] * len(pushes)
    for places in frame.groupby(["rule", "rules_say", "model_says"], sort=False).indices.values():
        left = {int(place) for place in places}
        while counts := Counter(push for place in left for push in pushes[place]):
            commonest = min(counts, key=lambda push: (-counts[push], push))
            taken = {place for place in left if commonest in pushes[place]}
            for place in taken:
                named[place] = commonest
            left -= taken
    return named


def _row(key: dict[str, str], group: pd.DataFrame, costs: Costs, least: int) -> tuple[Any, ...]:
    n, accepted = len(group), int(group["label"].sum())
    rate = wilson(accepted, n)
    like = {"accept": accepted, "refuse": n - accepted, "ask": 0}[key["model_says"]]
    suggestion = _suggestion(key, rate, costs) if n >= least else ""
    requests = tuple(group["request"])
    return (*key.values(), n, accepted, rate.value, rate.low, rate.high, like, suggestion, requests)


def _suggestion(key: dict[str, str], rate: Estimate, costs: Costs) -> str:
    """Name the rule to look at where what was done speaks against it beyond chance."""
    low, high = costs.thresholds()
    against = {
        "accept": rate.high < high,
        "refuse": rate.low > low,
        "ask": rate.high < low or rate.low > high,
    }[key["rules_say"]]
    if not against:
        return ""
    rule = f"Rule {key['rule']!r}" if key["rule"] else "Your policy"
    should = ANSWERS[int(costs.decide(np.array(rate.value)))]
    done = f"you accepted {round(rate.value * rate.n)} of {rate.n}"
    return (
        f"{rule} {_DONE[key['rules_say']]} where {key['pattern']}; {done}: look whether it should "
        f"{should} there."
    )
