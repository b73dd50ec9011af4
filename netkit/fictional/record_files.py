"""The invented person's own record: half a year of pulls from the platform's portability interface."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from netkit.fictional.export_files import Download
from netkit.fictional.invitation_story import DAY
from netkit.fictional.story import Story, each_row, tell_story
from netkit.fictional.true_process import stream

_ME = "urn:li:person:inventedOwner"
_EVERY, _PULLS = 26 * DAY, 7  # the change log reaches back 28 days
_SHOWN_DAYS = 180
_URNS = ("inviterProfileUrn", "inviteeProfileUrn")


def write_record(folder: Path, *, seed: int = 7, profile: str = "long", era: str | None = None) -> list[Path]:
    """Write half a year of pulls, the last one on the day of the last export; return a folder for each.

    Parameters
    ----------
    folder : Path
        Where to.
    seed : int, default 7
        The invented person's seed.
    profile : {'long', 'plain', 'busy'}, default 'long'
        As for `write_exports`.
    era : str, optional
        As for `write_exports`.

    Returns
    -------
    list of Path
        A folder for each pull, the earliest first.
    """
    story = tell_story(seed, profile, era)
    events = list(_events(seed, story))
    days = [story.calendar.second - number * _EVERY for number in range(_PULLS)][::-1]
    return [_write_pull(folder / f"pull-{day:%Y-%m-%d}", story, events, day) for day in days]


def _write_pull(folder: Path, story: Story, events: list[dict[str, Any]], day: pd.Timestamp) -> Path:
    folder.mkdir(parents=True)
    begin, end = (_milliseconds(day - _EVERY - DAY), _milliseconds(day))
    since = _milliseconds(story.calendar.second - _PULLS * _EVERY)
    shown = _shown(story.incoming, day)
    said = {
        "changelog-000.json": {"elements": [each for each in events if begin <= each["processedAt"] < end]},
        "pull.json": {
            "netkit_pull": 1, "start_time": max(begin, since), "asked_at": end, "regulatedAt": since,
        },
        "INVITATIONS-000.json": _page("INVITATIONS", _rows(story, shown)),
        "INVITATIONS-end.json": {"status": 404, "message": "No data found for this memberId"},
    }  # fmt: skip
    if day == story.calendar.second:
        said["CONNECTIONS-000.json"] = _page(
            "CONNECTIONS", Download(story, "in_second").tables()["Connections.csv"]
        )
    for name, content in said.items():
        text = json.dumps(content, ensure_ascii=False, indent=1)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _shown(incoming: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    """Tell which invitations a snapshot of some day shows."""
    over = incoming["answered_at"] + _SHOWN_DAYS * DAY
    gone = over.fillna(incoming["withdrawn_at"])
    shown: pd.Series = (incoming["sent_at"] < day) & ~(gone <= day)
    return shown & incoming[["in_first", "in_second"]].any(axis=1)


def _rows(story: Story, shown: pd.Series) -> list[Mapping[str, str]]:
    told = story.incoming.assign(in_second=shown)
    rows = Download(story, "in_second").invitations(told, incoming=True)
    return [{key: cell for key, cell in row.items() if key not in _URNS} for row in rows]


def _page(domain: str, rows: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    links = [{"rel": "next", "href": "/rest/memberSnapshotData?q=criteria&start=1"}]
    return {
        "paging": {"start": 0, "count": 10, "total": 1, "links": links},
        "elements": [{"snapshotDomain": domain, "snapshotData": list(rows)}],
    }


def _events(seed: int, story: Story) -> Iterator[dict[str, Any]]:
    """Yield every answer as the change log has it, the earliest first."""
    rng = stream(seed, "record")
    answered = story.incoming[story.incoming["answer"].notna()]
    seconds = rng.integers(0, 60_000, len(answered))
    tails = rng.integers(0, 1 << 22, len(answered))
    late = rng.integers(100, 31_000, len(answered))
    order = np.argsort(answered["answered_at"].to_numpy())
    rows = list(each_row(answered))
    for number, at in enumerate(order.tolist()):
        row = rows[at]
        made = _milliseconds(row.sent_at) + int(seconds[at])
        captured = max(_milliseconds(row.answered_at), made)
        yield _event(number, (made << 22) | int(tails[at]), captured, int(late[at]), row.answer == "accept")


def _event(number: int, invitation: int, captured: int, late: int, accepted: bool) -> dict[str, Any]:
    return {
        "id": 1_900_000_000 + number, "activityId": f"invented-{number:06d}", "activityStatus": "SUCCESS",
        "owner": _ME, "actor": _ME, "resourceName": "invitations", "resourceId": "", "method": "ACTION",
        "methodName": "inviteeClosingInvitation", "capturedAt": captured, "processedAt": captured + late,
        "activity": {
            "inviteActionData": [{"invitationId": f"urn:li:invitation:{invitation}", "validationToken": "-"}],
            "invitee": _ME,
            "inviteeActionType": "ACCEPT" if accepted else "IGNORE",
        },
    }  # fmt: skip


def _milliseconds(moment: pd.Timestamp) -> int:
    return moment.value // 1_000_000
