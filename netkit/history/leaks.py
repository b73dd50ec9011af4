"""The leak guard: no judge sees what nobody could know when the decision was due."""

import re
from collections.abc import Collection
from functools import cache
from pathlib import Path

import pandas as pd

from netkit.errors import LeakError
from netkit.facts import Vocabulary
from netkit.plain_yaml import Located, read_yaml

_FILE = Path(__file__).parent / "leaks.yaml"


def guard_facts(
    facts: pd.DataFrame, vocabulary: Vocabulary, *, incoming: Collection[str] | None = None
) -> pd.DataFrame:
    """Refuse every fact that is not knowable at the decision, by name and reason.

    Parameters
    ----------
    facts : DataFrame, n rows
        `request` and the facts that a judge would see.
    vocabulary : Vocabulary
        The declared facts; a declaration does not make a leak knowable.
    incoming : collection of str, optional
        The keys of the requests that came to you; any other row is somebody else's decision.

    Returns
    -------
    DataFrame, n rows
        The same frame.

    Raises
    ------
    LeakError
        With every leak that was found.

    Examples
    --------
    >>> from netkit.facts import vocabulary
    >>> frame = pd.DataFrame({"request": ["inv-1"], "Connected On": ["2024-03-05"]})
    >>> guard_facts(frame, vocabulary("invitation"))
    Traceback (most recent call last):
    ...
    netkit.errors.LeakError: saw 'Connected On': it exists only for people who are connected by now, ...
    """
    found = [
        (repr(name), *problem)
        for name in map(str, facts.columns)
        if name != "request" and (problem := _problem(name, vocabulary))
    ]
    if incoming is not None and "request" in facts:
        strangers = facts.loc[~facts["request"].isin(list(incoming)), "request"]
        if len(strangers):
            leak = _leaks()["outgoing rows"]
            found.append((f"{len(strangers)} rows", leak["because"], leak["instead"]))
    if found:
        raise LeakError(
            "; ".join(f"saw {name}: {because}" for name, because, _ in found),
            accepted="facts that were knowable when the decision was due",
            do="; ".join(dict.fromkeys(instead for _, _, instead in found)),
        )
    return facts


def _problem(name: str, vocabulary: Vocabulary) -> tuple[str, str] | None:
    """Return why a name is not knowable, and what to do instead."""
    plain = re.sub(r"\W+", "_", name.strip().casefold())
    for leak in _leaks().values():
        if plain in leak["names"] or any(re.fullmatch(p, plain) for p in leak.get("like", ())):
            return leak["because"], leak["instead"]
    if name not in vocabulary:
        return (
            "it is not declared, so nobody says when it is knowable",
            "declare it, or leave it out",
        )
    if vocabulary[name].knowable == "afterwards":
        return "it is declared as knowable only afterwards", "leave it out"
    return None


@cache
def _leaks() -> Located:
    leaks = read_yaml(_FILE)["leaks"]
    assert isinstance(leaks, Located)
    return leaks
