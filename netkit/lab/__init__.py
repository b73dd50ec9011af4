"""The workplace in JupyterLab: triage what waits, label the past, and ask what if."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from netkit.costs import Costs
from netkit.demo import demo_home, open_workspace
from netkit.errors import NetkitError
from netkit.history import History, read_history
from netkit.installation import require_extra
from netkit.lab.buttons import words
from netkit.lab.opinions import Bench
from netkit.lab.queues import past_moments, unlabelled, waiting
from netkit.lab.request_card import card
from netkit.lab.session import Progress, Session, Task
from netkit.lab.supposing import Supposing
from netkit.ledger import Ledger, open_ledger
from netkit.model import FittedModel
from netkit.policy import Policy
from netkit.triage import fitted_or_none, policy_in_office

if TYPE_CHECKING:
    from netkit.lab.widget import Workplace

__all__ = ["label_past", "past_session", "triage", "triage_session", "what_if"]


def triage(
    ledger: Ledger | Path | None = None,
    *,
    blind: bool = True,
    policy: Policy | None = None,
    model: FittedModel | None = None,
) -> "Workplace":
    """Answer the open invitations one at a time; each answer is in the ledger at once.

    Parameters
    ----------
    ledger : Ledger or Path, optional
        An open ledger or a workspace's folder; by default what NETKIT_HOME names, else a copy of the
        demonstration to practise on.
    blind : bool, default True
        Hide what the judges say until you have decided or pressed V, so that your decisions can be
        compared with theirs. The ledger keeps whether the opinion was seen.
    policy : Policy, optional
        The policy in office by default.
    model : FittedModel, optional
        Fitted on the history by default, where that holds both answers.

    Returns
    -------
    Workplace
        A widget: make it the last line of a cell.
    """
    return _widget(triage_session(ledger, blind=blind, policy=policy, model=model))


def triage_session(
    ledger: Ledger | Path | None = None,
    *,
    blind: bool = True,
    policy: Policy | None = None,
    model: FittedModel | None = None,
) -> Session:
    """Return the session behind `triage`, without a widget.

    Parameters
    ----------
    ledger, blind, policy, model
        As for `triage`.

    Returns
    -------
    Session
        Ready.
    """
    home, practice = _find_workplace(ledger)
    history, bench = _read(home, policy, model)
    task = Task("triage", tuple(waiting(history)), blind, "lab: triage", note=_practice(practice))
    return Session(home, bench.on_record, history, task)


def label_past(
    ledger: Ledger | Path | None = None,
    *,
    blind: bool = True,
    policy: Policy | None = None,
    model: FittedModel | None = None,
) -> "Workplace":
    """Say what you did about old invitations, the most informative first; all of it is recorded at once.

    Parameters
    ----------
    ledger, blind, policy, model
        As for `triage`.

    Returns
    -------
    Workplace
        A widget: make it the last line of a cell.
    """
    return _widget(past_session(ledger, blind=blind, policy=policy, model=model))


def past_session(
    ledger: Ledger | Path | None = None,
    *,
    blind: bool = True,
    policy: Policy | None = None,
    model: FittedModel | None = None,
) -> Session:
    """Return the session behind `label_past`, without a widget.

    Parameters
    ----------
    ledger, blind, policy, model
        As for `triage`.

    Returns
    -------
    Session
        Ready.
    """
    home, practice = _find_workplace(ledger)
    history, bench = _read(home, policy, model)
    with open_ledger(home) as opened:
        notes = opened.notes.to_frame("invitation")
    requests = unlabelled(history, bench)
    task = Task(
        "past",
        tuple(requests),
        blind,
        "lab: the past",
        past_moments(history, requests, notes),
        Progress.of(history),
        _practice(practice),
    )
    return Session(home, bench.on_record, history, task)


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
        A request's key, or facts by name; the first open invitation by default.
    ledger, policy, model
        As for `triage`.

    Returns
    -------
    Workplace
        A widget: make it the last line of a cell.
    """
    return _widget(supposing(request, ledger, policy=policy, model=model))


def supposing(
    request: str | Mapping[str, object] | None = None,
    ledger: Ledger | Path | None = None,
    *,
    policy: Policy | None = None,
    model: FittedModel | None = None,
) -> Supposing:
    """Return what is behind `what_if`, without a widget."""
    if isinstance(request, Mapping) and policy and model:
        return Supposing(Bench(policy, model), request)
    history, bench = _read(_find_workplace(ledger)[0], policy, model)
    if isinstance(request, Mapping):
        return Supposing(bench, request)
    key = request if request is not None else next(iter(waiting(history)), "")
    rows = history.table.set_index("request")
    if not key:
        return Supposing(bench, {})
    if key not in rows.index:
        raise NetkitError(
            f"saw the request {key!r}",
            accepted="the key of an invitation to you, or facts by name",
            do="take a key from `netkit triage`",
        )
    facts = history.facts_of(rows.loc[[key]].reset_index()["request"])
    known = facts.drop(columns="request").iloc[0].dropna().to_dict()
    named = {str(name): value for name, value in known.items() if name in bench.vocabulary}
    return Supposing(bench.on_record, named, f"{rows['name'][key]}'s invitation")


def _read(home: Path, policy: Policy | None, model: FittedModel | None) -> tuple[History, Bench]:
    office = policy or policy_in_office(home)
    with open_ledger(home) as ledger:
        history = read_history(ledger, office.vocabularies["invitation"])
    return history, Bench(office, model or fitted_or_none(history, office, Costs()))


def _practice(practice: bool) -> str:
    return str(words()["practice"]) if practice else ""


def _widget(behind: Session | Supposing) -> "Workplace":
    require_extra("lab", "The workplace")
    from netkit.lab.widget import Workplace

    return Workplace(behind, card if isinstance(behind, Session) else Supposing.view)


def _find_workplace(ledger: Ledger | Path | None = None) -> tuple[Path, bool]:
    """Return the workspace to work on; the demonstration itself is never written to."""
    if isinstance(ledger, Ledger):
        home = ledger.home
    else:
        with open_workspace() if ledger is None else open_ledger(ledger) as opened:
            home = opened.home
    return (_practice_copy(home), True) if home == demo_home() else (home, False)


def _practice_copy(demo: Path) -> Path:
    home = demo.with_name(demo.name.replace("demo", "practice", 1))
    if not home.exists():
        # Made aside and moved at the end: a half-made copy is never opened.
        with TemporaryDirectory(dir=home.parent, prefix="building-") as aside:
            made = Path(aside) / "practice"
            made.mkdir(mode=0o700)
            with open_ledger(demo) as ledger:
                ledger.backup(made / ledger.file.name)
            try:
                made.rename(home)
            except OSError:  # another process was faster
                if not home.exists():
                    raise
    return home
