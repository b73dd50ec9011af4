"""The workplace in JupyterLab: triage what waits, label the past, and ask what if."""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netkit.comparison.learners import action_meaning
from netkit.costs import Costs
from netkit.demo import is_demo, open_workspace
from netkit.errors import NetkitError
from netkit.history import History, read_history
from netkit.history.found_by_name import find_request
from netkit.history.labels import drawn_from, history_number
from netkit.installation import require_extra
from netkit.lab.buttons import words
from netkit.lab.hypothetical import Hypothetical
from netkit.lab.opinions import Judges
from netkit.lab.own_files import OwnFiles
from netkit.lab.request_card import card
from netkit.lab.session import Session, Task
from netkit.ledger import Ledger, open_ledger
from netkit.ledger.database import read_moment
from netkit.model import FactEncoder, FittedModel
from netkit.policy import Policy
from netkit.private_files import keep_first_folder, private_folder
from netkit.triage import fitted_or_none, heard_model, policy_in_office, rules_score

if TYPE_CHECKING:
    from netkit.lab.widget import Workplace

__all__ = ["evidence", "label_past", "triage", "what_if"]

_Floats = NDArray[np.float64]
_OLD = ("aged", "gone")
# Beyond so many nobody labels in one sitting; the rest follows by what each alone would teach.
_ORDERED = 200


def _waiting(history: History) -> list[str]:
    """Return the requests that wait: those that wait unusually long after the others, those put off last."""
    rows = history.waiting()
    ordered = rows.assign(touched=rows["action"].notna()).sort_values("touched", kind="stable")
    return [str(request) for request in ordered["request"]]


def _unlabelled(history: History, judges: Judges) -> list[str]:
    """Return the aged and gone requests of which nobody said what was done, the most telling first."""
    table = history.table
    rows = table[table["state"].isin(_OLD)].reset_index(drop=True)
    if rows.empty:
        return []
    facts = history.facts_of(rows["request"])
    known = [name for name in facts if name == "request" or name in judges.vocabulary]
    design, covariance, chance = _what_is_known(judges, facts[known])
    order = _informative_order(design, covariance, chance)
    return [str(rows["request"][place]) for place in order]


def _differing(history: History, judges: Judges, requests: list[str]) -> list[str]:
    """Return those of some requests on which rules and model differ, drawn at random: their keys are.

    Where the two agree no label could make a difference between them. A model of fewer than ten labels
    of either answer differs from the rules by chance.
    """
    model = judges.model or fitted_or_none(history, judges.policy, Costs())
    if model is None or model.data.events < history_number("enough_of_each") or not requests:
        return []
    facts = history.facts_of(pd.Series(requests, dtype="str"))
    score = rules_score(judges.policy, facts)
    said = action_meaning(model.judge(facts, score)).to_numpy()
    return sorted(request for request, one, two in zip(requests, score, said, strict=True) if one != two)


def _what_is_known(judges: Judges, facts: pd.DataFrame) -> tuple[_Floats, _Floats, _Floats]:
    """Return the rows that coefficients multiply, how uncertain these are, and the chances."""
    model = judges.model
    if model is None:  # nothing is learned yet: every effect is as uncertain as any other
        ones = FactEncoder(judges.vocabulary).fit_transform(facts)
        design = np.column_stack([np.ones(len(facts)), ones])
        return design, np.eye(design.shape[1]), np.full(len(facts), 0.5)
    score = rules_score(judges.policy, facts)
    design = model.rows(model.encoder.levels(facts), score.to_numpy(dtype=np.float64))
    chance = model.judge(facts, score)["probability"].to_numpy(dtype=np.float64)
    return design, model.covariance, chance


def _informative_order(design: _Floats, covariance: _Floats, chance: _Floats) -> list[int]:
    """Order requests so that each label teaches a logistic model most, beside those before it.

    What a label teaches is how much it shrinks the volume of what the coefficients may be
    (D-optimality). That depends on the request and not on which label it gets, so that the order
    can be made beforehand.

    Examples
    --------
    >>> design = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    >>> _informative_order(design, np.eye(2), np.full(3, 0.5))
    [2, 0, 1]
    """
    weight = chance * (1 - chance)
    spread = design @ covariance
    variance = np.einsum("ij,ij->i", spread, design)
    left = np.ones(len(design), dtype=bool)
    order: list[int] = []
    for _ in range(min(len(design), _ORDERED)):
        place = int(np.argmax(np.where(left, weight * variance, -1.0)))
        order.append(place)
        left[place] = False
        # One more label there: what it tells of every other request, by Sherman and Morrison.
        told = spread @ design[place]
        share = weight[place] / (1 + weight[place] * variance[place])
        spread = spread - np.outer(told, spread[place]) * share
        variance = variance - share * told**2
    rest = np.flatnonzero(left)
    return [*order, *rest[np.argsort(-(weight * variance)[rest], kind="stable")].tolist()]


def _past_moments(history: History, requests: list[str], notes: pd.DataFrame) -> dict[str, str]:
    """Return the moment that stands for the answer to each old invitation.

    Nobody remembers the day. It is taken to be the day on which the invitation had become older than
    19 of 20 of your acceptances took, at the latest the day of your newest export; where you had
    noted something later, it is that moment. What you note now is dated alike: it is what you knew.
    """
    sent = history.table.set_index("request").loc[requests, "sent_at"]
    newest = pd.Timestamp(read_moment(history.as_of)) if history.as_of else sent.max()
    delay = pd.Timedelta(days=0 if np.isnan(history.delay_p95_days) else history.delay_p95_days)
    answered = (sent + delay).clip(upper=max(newest, sent.max()))
    if np.isnan(history.delay_p95_days):
        answered = answered.where(answered > newest, newest)
    noted = notes.groupby("request")["at"].max().reindex(requests)
    answered = answered.where(~(noted > answered), noted)
    return {str(request): read_moment(moment) for request, moment in answered.items()}


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
        A widget: make it the last line of a cell; its `session` is what is behind it.
    """
    home, practice = _find_workplace(ledger)
    history, judges = _read(home, policy, model)
    waiting = tuple(_waiting(history))
    task = Task("triage", waiting, blind, "lab: triage", progress=history.more, note=practice)
    return _widget(Session(home, judges.on_record, history, task), card)


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
    ledger, blind, policy, model
        As for `triage`.

    Returns
    -------
    Workplace
        A widget: make it the last line of a cell.
    """
    home, practice = _find_workplace(ledger)
    history, judges = _read(home, policy, model)
    with open_ledger(home) as opened:
        notes = opened.notes.to_frame("invitation")
    every = _unlabelled(history, judges)
    first = _differing(history, judges, every)
    requests = [*first, *(request for request in every if request not in set(first))]
    task = Task(
        "past",
        tuple(requests),
        blind,
        "lab: the past",
        _past_moments(history, requests, notes),
        history.more,
        practice,
        dict.fromkeys(first, drawn_from(len(first), len(every))),
    )
    return _widget(Session(home, judges.on_record, history, task), card)


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
    history, judges = _read(home, policy, model)
    key = next(iter(_waiting(history)), "") if request is None else request
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
            f"saw the request {key!r}",
            accepted="the key of an invitation to you, or facts by name",
            do="take a key from `netkit triage`",
        )
    facts = history.facts_of(pd.Series([key], dtype="str")).drop(columns="request").iloc[0].dropna()
    named = {str(name): value for name, value in facts.items() if name in judges.vocabulary}
    return Hypothetical(judges.on_record, named, f"{rows['name'][key]}'s invitation")


def _read(home: Path, policy: Policy | None, model: FittedModel | None) -> tuple[History, Judges]:
    office = policy or policy_in_office(home)
    with open_ledger(home) as ledger:
        history = read_history(ledger, office.vocabularies["invitation"])
    # Until it may speak, nobody is to hear the model.
    learned, lacks = (model, "") if model else heard_model(history, office, Costs())
    told = history.more.may_speak and not learned  # before that, the progress says it
    return history, Judges(office, learned, lacks=lacks if told else "")


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
    return (_practice_copy(home), str(words()["practice"])) if is_demo(home) else (home, "")


def _practice_copy(demo: Path) -> Path:
    home = demo.with_name(demo.name.replace("demo", "practice", 1))
    if not home.exists():
        # Made aside and moved at the end: a half-made copy is never opened.
        with TemporaryDirectory(dir=home.parent, prefix="building-") as aside:
            made = private_folder(Path(aside) / "practice")
            with open_ledger(demo) as ledger:
                ledger.backup(made / ledger.file.name)
            keep_first_folder(made, home)
    return home
