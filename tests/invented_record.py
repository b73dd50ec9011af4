"""Invented answers of the portability interface: events, pages and rows as the platform would send them."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

ME = "urn:li:person:inventedMe1"
PACIFIC = ZoneInfo("America/Los_Angeles")


def ms(moment):
    """Return a moment in thousandths of a second; a text without a zone is UTC."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return round(at.timestamp() * 1000)


def number(moment, tail=1):
    """Return the number of an invitation that was made at a moment."""
    return str((ms(moment) << 22) | tail)


def sent_at(moment):
    """Return what `Sent At` says of a moment."""
    local = datetime.fromtimestamp(ms(moment) / 1000, PACIFIC)
    half = "AM" if local.hour < 12 else "PM"
    return (
        f"{local.month}/{local.day}/{local.year % 100:02d}, {local.hour % 12 or 12}:{local.minute:02d} {half}"
    )


def event(event_id, made, at, action="IGNORE", **changes):
    """Return the event of an answer to the invitation that was made at a moment, or to several."""
    made = made if isinstance(made, list) else [made]
    found = {
        "id": event_id, "activityId": f"0b7c-{event_id}", "activityStatus": "SUCCESS", "configVersion": 7,
        "owner": ME, "actor": ME, "resourceName": "invitations", "resourceId": "", "resourceUri": "/invitations",
        "method": "ACTION", "methodName": "inviteeClosingInvitation", "capturedAt": ms(at), "processedAt": ms(at) + 900,
        "siblingActivities": [], "parentSiblingActivities": [],
        "activity": {
            "inviteActionData": [
                {"invitationId": f"urn:li:invitation:{number(each)}", "validationToken": "t"} for each in made
            ],
            "invitee": ME,
            "inviteeActionType": action,
        },
    }  # fmt: skip
    return found | changes


def post(event_id, at):
    """Return an event about a post, which nobody may keep."""
    return {
        "id": event_id, "activityId": f"9-{event_id}", "owner": ME, "actor": ME, "resourceName": "ugcPosts",
        "method": "CREATE", "capturedAt": ms(at), "processedAt": ms(at) + 500,
        "activity": {"text": "Nobody may keep this sentence"},
    }  # fmt: skip


def page(elements, start=0, after=None, **more):
    """Return the raw body of one answer."""
    links = [] if after is None else [{"rel": "next", "href": f"/rest/x?q=y&start={after}"}]
    return {"paging": {"start": start, "count": 10, "links": links}, "elements": elements, **more}


def snapshot(domain, rows, start=0, total=1):
    """Return the raw body of one answer with rows."""
    links = [{"rel": "next", "href": f"/rest/memberSnapshotData?q=criteria&start={start + 1}"}]
    paging = {"start": start, "count": 10, "total": total, "links": links}
    return {"paging": paging, "elements": [{"snapshotDomain": domain, "snapshotData": rows}]}


def row(name, moment, slug=None, note="", direction="INCOMING"):
    """Return a row of INVITATIONS."""
    me, them = ("Me Myself", "me-myself"), (name, slug or name.replace(" ", "-").casefold())
    (from_name, inviter), (to_name, invitee) = (them, me) if direction == "INCOMING" else (me, them)
    address = "https://www.linkedin.com/in/"
    return {
        "From": from_name, "To": to_name, "Sent At": sent_at(moment), "Message": note, "Direction": direction,
        "inviterProfileUrl": address + inviter, "inviteeProfileUrl": address + invitee,
    }  # fmt: skip


def link(name, day, slug=None):
    """Return a row of CONNECTIONS."""
    first, _, last = name.partition(" ")
    slug = slug or name.replace(" ", "-").casefold()
    return {
        "First Name": first, "Last Name": last, "URL": f"https://www.linkedin.com/in/{slug}", "Email Address": "",
        "Company": "Acme", "Position": "", "Connected On": f"{datetime.fromisoformat(day):%d %b %Y}",
    }  # fmt: skip


def write(path, said):
    """Write a file of answers, as text or as what it means."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(said if isinstance(said, str) else json.dumps(said, ensure_ascii=False), encoding="utf-8")
    return path


def calibrated(many=12, *, month=3):
    """Return events, rows and connections of so many acceptances, a day apart, that agree with each other."""
    days = [f"2026-{month:02d}-{day:02d}" for day in range(1, many + 1)]
    return (
        [event(100 + n, f"{day} 09:{n:02d}:11", f"{day} 18:00:00", "ACCEPT") for n, day in enumerate(days)],
        [row(f"Quick {chr(65 + n)}", f"{day} 09:{n:02d}:11") for n, day in enumerate(days)],
        [link(f"Quick {chr(65 + n)}", day) for n, day in enumerate(days)],
    )
