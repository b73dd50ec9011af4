"""The demonstrations: an invented person's workspaces, and the workspace that a notebook opens."""

import os
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from platformdirs import user_cache_path

from netkit import fictional
from netkit.errors import NetkitError
from netkit.evidence import Owner
from netkit.evidence.recognise import Source
from netkit.export import read_export
from netkit.findings.stamps import PROJECT
from netkit.ledger import Ledger, open_ledger
from netkit.ledger.workspace import clear_errors
from netkit.private_files import keep_first_folder, private_by_default, private_folder

_SOURCE = "invented"
# What the invented person says about a step, under the name that the ledger's own commands use.
_TOLD_BY_STEP = {
    "outcome_requester": "outcome",
    "outcome_contact": "outcome",
    "introduced": "without_permission_because",
    "redirected": "way_on",
}
_PACKAGE = Path(__file__).parent


def build_demo(home: Path, *, seed: int = 7, profile: str = "long", record: bool = False) -> Ledger:
    """Build the invented person's workspace: exports, decisions, introductions.

    With the platform's own record it also holds half a year of pulls and the evidence of the personal files;
    the plain person has then typed nothing at all.
    """
    ledger = open_ledger(home)
    with private_by_default():
        archives = fictional.write_exports(home / "exports", seed=seed, profile=profile)
        fictional.write_personal_files(home / "files", seed=seed, profile=profile)
        pulls = fictional.write_record(home / "pulls", seed=seed, profile=profile) if record else []
    for archive in archives:
        ledger.import_export(read_export(archive))
    past = fictional.invented_past(seed, profile=profile)
    with ledger.together():
        if not record or profile != "plain":
            _record_decisions(ledger, past)
            _record_introductions(ledger, past)
    for pull in pulls:
        ledger.import_export(read_export(pull))
    if record:
        _add_evidence(ledger, home / "files")
    return ledger


def _add_evidence(ledger: Ledger, files: Path) -> None:
    """Add the invented person's own files as evidence."""
    names = {f"{row['first_name']} {row['last_name']}" for row in ledger.exports.profile()["profile"]}
    owner = Owner(ledger.evidence.own_addresses(), frozenset(names))
    for path in sorted(files.iterdir()):
        with Source(path) as source:
            place = Path(files.name) / path.name  # wherever the workspace will lie
            ledger.evidence.add(place, source.kinds, source.read(owner), owner)


def open_workspace(profile: str = "long", *, record: bool = False) -> Ledger:
    """Open the workspace that NETKIT_HOME names, or else a demonstration (see `demo_home`).

    Notebooks begin with this, so that the same cells show the invented person as stored and
    validated, and your own data when you run them on your workspace.

    Parameters
    ----------
    profile : {'long', 'plain'}
        Which demonstration.
    record : bool, default False
        Whether with the platform's own record.

    Returns
    -------
    Ledger
        An open ledger.

    Examples
    --------
    >>> with open_workspace() as ledger:
    ...     len(ledger.exports.imports())
    2
    """
    own = os.environ.get("NETKIT_HOME")
    if own and not is_demo(Path(own)) and _in_project_notebook():
        raise NetkitError(
            "This notebook lies in the project's folder, where your own data must not be saved."
            " Open your private copy of it with `netkit lab`."
        )
    return open_ledger(Path(own or demo_home(profile, record=record)))


def _in_project_notebook() -> bool:
    """Tell whether a kernel runs this for a notebook of the project, which would be saved where it lies."""
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    return bool(shell) and Path.cwd().is_relative_to(PROJECT / "notebooks")


def demo_home(profile: str = "long", *, record: bool = False) -> Path:
    """Return a demonstration's workspace in the user's cache, built if it is not there.

    `plain` is a person as archives are; `long`, which every notebook shows, is years of use. Either can be
    had with the platform's own record of what was answered.
    """
    kind = f"{profile}-record" if record else profile
    home = user_cache_path("netkit", appauthor=False) / f"demo-{kind}-{_fingerprint()}"
    if home.exists():
        return home
    with clear_errors(home.parent):
        home.parent.mkdir(parents=True, exist_ok=True)
        aside = TemporaryDirectory(dir=home.parent, prefix="building-")
    # Built aside and moved at the end: a half-built demonstration is never opened.
    with aside:
        built = Path(aside.name) / "demo"
        build_demo(built, profile=profile, record=record).close()
        keep_first_folder(built, home)
    return home


def is_demo(home: Path) -> bool:
    """Tell whether a workspace is a demonstration's."""
    return home.parent == user_cache_path("netkit", appauthor=False) and home.name.startswith("demo-")


def practice_of(home: Path) -> Path:
    """Return the workspace to work on: a demonstration's copy to practise on, or else the workspace itself.

    The demonstration is never written to.
    """
    if not is_demo(home):
        return home
    practice = home.with_name(home.name.replace("demo", "practice", 1))
    if not practice.exists():
        # Made aside and moved at the end: a half-made copy is never opened.
        with TemporaryDirectory(dir=practice.parent, prefix="building-") as aside:
            made = private_folder(Path(aside) / "practice")
            with open_ledger(home) as ledger:
                ledger.backup(made / ledger.file.name)
            keep_first_folder(made, practice)
    return practice


def _fingerprint() -> str:
    digest = sha256()
    for path in sorted(_PACKAGE.rglob("*")):
        if path.suffix in (".py", ".yaml", ".sql", ".md", ".json") and path.is_file():
            digest.update(path.relative_to(_PACKAGE).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _record_decisions(ledger: Ledger, past: fictional.InventedPast) -> None:
    if len(ledger.decisions.to_frame()):
        return
    place = ["person", "direction", "sent_at"]
    sent = ledger.invitations.to_frame()[[*place, "request"]]
    facts = past.facts.merge(sent, "left", on=place).sort_values("at", kind="stable")
    for _, row in facts.iterrows():
        ledger.notes.add(row["request"], row["fact"], row["level"], at=row["at"], source=_SOURCE)
    decisions = past.decisions.merge(sent, "left", on=place)
    for _, row in decisions.sort_values("decided_at", kind="stable").iterrows():
        at, seen = row["decided_at"], bool(row["opinion_seen"])
        ledger.decisions.add(row["request"], row["action"], at=at, source=_SOURCE, opinion_seen=seen)


def _record_introductions(ledger: Ledger, past: fictional.InventedPast) -> None:
    if len(ledger.introductions.to_frame()):
        return
    requests: dict[int, str] = {}
    for _, row in past.introductions.iterrows():
        if row["step"] == "asked":
            requests[row["introduction"]] = ledger.introductions.add(
                row["requester_name"],
                row["contact_name"],
                asked_at=row["at"],
                source=_SOURCE,
                **{name: row[name] for name in ("purpose_text", "channel", "requester", "contact")},
            )
            continue
        told = _TOLD_BY_STEP.get(row["step"], "because")
        detail = {told: row["detail"]} if pd.notna(row["detail"]) else None
        ledger.introductions.add_event(
            requests[row["introduction"]], row["step"], at=row["at"], source=_SOURCE, detail=detail
        )
    for _, row in past.introduction_facts.iterrows():
        request = requests[row["introduction"]]
        ledger.notes.add(request, row["fact"], row["level"], at=row["at"], source=_SOURCE)
