"""Sittings in JupyterLab: triage what waits, label the past, and ask what if."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from netkit.demo import open_workspace, practice_of
from netkit.errors import NetkitError
from netkit.history import History
from netkit.history.found_by_name import find_request
from netkit.installation import require_extra
from netkit.lab.hypothetical import Hypothetical
from netkit.lab.own_files import OwnFiles
from netkit.ledger import Ledger, open_ledger
from netkit.model import FittedModel
from netkit.policy import Policy
from netkit.sitting import read_judges, sit_with_the_past, sit_with_what_waits, waiting_requests
from netkit.sitting.buttons import words
from netkit.sitting.card import card
from netkit.sitting.opinions import Judges
from netkit.sitting.session import Session

if TYPE_CHECKING:
    from netkit.lab.widget import Workplace

__all__ = ["evidence", "label_past", "triage", "what_if"]


def triage(
    ledger: Ledger | Path | None = None,
    *,
    blind: bool = False,
    policy: Policy | None = None,
    model: FittedModel | None = None,
) -> "Workplace":
    """Answer the open invitations one at a time; each answer is in the ledger at once.

    Parameters
    ----------
    ledger : Ledger or Path, optional
        An open ledger or a workspace's folder; by default what NETKIT_HOME names, else a copy of the
        demonstration to practise on.
    blind : bool, default False
        Hide what the judges say until you have decided or pressed V, so that your decisions can be
        compared with theirs. The ledger keeps whether the opinion was seen.
    policy : Policy, optional
        The policy in office by default.
    model : FittedModel, optional
        Fitted on the history by default, where that holds both answers.

    Returns
    -------
    Workplace
        A widget: make it the last line of a cell; its `session` is what is behind it.
    """
    home, note = _find_workplace(ledger)
    return _widget(sit_with_what_waits(home, "lab", blind=blind, policy=policy, model=model, note=note), card)


def label_past(
    ledger: Ledger | Path | None = None,
    *,
    blind: bool = True,
    policy: Policy | None = None,
    model: FittedModel | None = None,
) -> "Workplace":
    """Say what you did about old invitations, the most informative first; all of it is recorded at once.

    First come those on which your rules and the model differ: they alone can tell which decides better.
    That they were drawn is recorded, and the comparison allows for it.

    Parameters
    ----------
    ledger, policy, model
        As for `triage`.
    blind : bool, default True
        As for `triage`.

    Returns
    -------
    Workplace
        A widget: make it the last line of a cell.
    """
    home, note = _find_workplace(ledger)
    return _widget(sit_with_the_past(home, "lab", blind=blind, policy=policy, model=model, note=note), card)


def what_if(
    request: str | Mapping[str, object] | None = None,
    ledger: Ledger | Path | None = None,
    *,
    policy: Policy | None = None,
    model: FittedModel | None = None,
) -> "Workplace":
    """Change the facts of an invitation and see both judges' answers move; nothing is recorded.

    Parameters
    ----------
    request : str or mapping, optional
        A request's key or its beginning, its sender's name, or facts by name; the first waiting
        invitation by default.
    ledger, policy, model
        As for `triage`.

    Returns
    -------
    Workplace
        A widget: make it the last line of a cell.
    """
    if isinstance(request, Mapping) and policy and model:
        return _widget(Hypothetical(Judges(policy, model), request), Hypothetical.view)
    home = _find_workplace(ledger)[0]
    history, judges = read_judges(home, policy, model)
    key = next(iter(waiting_requests(history)), "") if request is None else request
    if isinstance(key, str) and key:
        with open_ledger(home) as opened:
            key = find_request(opened, key, "invitation")
    return _widget(_hypothetical(key, history, judges), Hypothetical.view)


def evidence(ledger: Ledger | Path | None = None) -> "Workplace":
    """Add your mail, calendar or address book, see what was added, and take it away again.

    Parameters
    ----------
    ledger : Ledger or Path, optional
        As for `triage`.

    Returns
    -------
    Workplace
        A widget: make it the last line of a cell.
    """
    files = OwnFiles(*_find_workplace(ledger))
    widget = _widget(files, OwnFiles.view)
    files.changed = widget.refresh
    return widget


def _hypothetical(key: str | Mapping[str, object], history: History, judges: Judges) -> Hypothetical:
    if not key or isinstance(key, Mapping):  # nothing waits, or nothing of the ledger is meant
        return Hypothetical(judges, key or {})
    rows = history.table.set_index("request")
    if key not in rows.index:
        raise NetkitError(
            f"There is no invitation {key!r} to you", "Take a key from `netkit triage`, or give facts by name"
        )
    facts = history.facts_of(pd.Series([key], dtype="str")).drop(columns="request").iloc[0].dropna()
    named = {str(name): value for name, value in facts.items() if name in judges.vocabulary}
    return Hypothetical(judges.on_record, named, f"{rows['name'][key]}'s invitation")


def _widget(behind: Session | Hypothetical | OwnFiles, show: Callable[[Any], dict[str, Any]]) -> "Workplace":
    require_extra("lab", "The workplace")
    from netkit.lab.widget import Workplace

    return Workplace(behind, show)


def _find_workplace(ledger: Ledger | Path | None = None) -> tuple[Path, str]:
    """Return the workspace to work on, and what to say of it; the demonstration is never written to."""
    if isinstance(ledger, Ledger):
        home = ledger.home
    else:
        with open_workspace() if ledger is None else open_ledger(ledger) as opened:
            home = opened.home
    practice = practice_of(home)
    return practice, str(words()["practice"]) if practice != home else ""
