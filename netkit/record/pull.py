"""Asks the platform's official portability interface for your own data: nothing else uses the network."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from netkit.errors import NetkitError
from netkit.private_files import private_folder, write_private
from netkit.record.invitation_events import is_about_invitations

if TYPE_CHECKING:  # it comes with an extra, and is loaded when it is called
    import httpx

HOST = "https://api.linkedin.com"
DOMAINS = ("INVITATIONS", "CONNECTIONS", "INBOX")
_LOG = "/rest/memberChangeLogs"
_SNAPSHOT = "/rest/memberSnapshotData"
_CONSENT = "/rest/memberAuthorizations"
_COUNT = 50  # the most that a page of the change log may hold
WINDOW = 28 * 86_400_000
_LARGEST = 100_000_000  # bytes of one answer
_PAGES = 400  # of one walk: more than a day's quota allows
_TRIES, _PATIENCE = 3, 60
_MANIFEST = "pull.json"
_NEVER_READ = ("processedActivity", "siblingActivities")  # of an event
_HEADERS = {"Linkedin-Version": "202312", "X-Restli-Protocol-Version": "2.0.0", "Accept": "application/json"}
_ENUMS = re.compile("resourceName|method|methodName|activityStatus|.*[tT]ype|.*[sS]tate")
_PLAIN = re.compile("[A-Za-z_]{1,40}")
_SAYS = {
    400: "The platform does not take the question as it was put ({told}). Update netkit.",
    401: "The platform does not accept your token: it is wrong or has expired. Make a new one in the"
    " platform's token tool and call netkit pull again.",
    403: "The platform does not let your app or your account ask. It takes the product Member Data"
    " Portability (Member), your consent, and an account in the EEA or Switzerland.",
    404: "The platform knows no change log at that address. Update netkit; nothing was changed.",
    426: "The platform no longer answers this version of its interface. Update netkit; nothing was changed.",
    429: "You have asked for as much as the platform allows in a day. What came is kept; call netkit pull"
    " again after midnight UTC.",
}  # fmt: skip


class _StoppedError(NetkitError):
    """The platform refuses, or cannot be reached: what came before it is kept."""


@dataclass
class Pulled:
    """What one pull brought, in a folder of pages."""

    folder: Path
    pages: int = 0
    events: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    empty: list[str] = field(default_factory=list)
    problem: NetkitError | None = None


def questions(since: int, *, now: int) -> list[str]:
    """Return what a pull would ask first, without a token.

    >>> questions(0, now=1789544465118)[1].rpartition("&")[0]
    'https://api.linkedin.com/rest/memberChangeLogs?q=memberAndApplication&count=50&startTime=1787125265118'
    """
    log = f"q=memberAndApplication&count={_COUNT}&startTime={max(since, now - WINDOW)}&start=0"
    snapshots = [f"{_SNAPSHOT}?q=criteria&domain={domain}&start=0" for domain in DOMAINS]
    return [HOST + path for path in (f"{_CONSENT}?q=memberAndApplication", f"{_LOG}?{log}", *snapshots)]


def pull(
    token: str,
    folder: Path,
    *,
    since: int,
    say: Callable[[str], None] = lambda text: None,
    only_log: bool = False,
    look: Callable[[Mapping[str, Any]], None] = lambda event: None,
    host: str = HOST,
    wait: Callable[[float], None] = time.sleep,
) -> Pulled:
    """Ask for what is new in the change log, and for the three domains, and keep the answers as pages.

    The token goes into a header and nowhere else. The change log is known until `since`, in thousandths of a
    second since 1970; `look` is shown every event about invitations as it came. Tests have a `host` of their
    own, and do not `wait`. A token that is none is refused, and so is a walk that brings nothing.
    """
    import httpx

    if not re.fullmatch(r"[!-~]{8,4096}", token):
        raise NetkitError("This is no token: it has blanks, other signs, or is too short. Copy it once more.")
    private_folder(folder)
    pulled = Pulled(folder)
    with httpx.Client(
        base_url=host,
        headers=_HEADERS | {"Authorization": f"Bearer {token}"},
        follow_redirects=False,
        timeout=30,
        trust_env=False,  # no proxy, and no file of the environment's that would hold the keys of the line
    ) as client:
        walk = _Walk(client, host, pulled, say, wait)
        regulated = walk.consent()
        asked_at = int(datetime.now(UTC).timestamp() * 1000)
        begin = max(since, asked_at - WINDOW, regulated)
        try:
            walk.log(begin, look)
            manifest = {
                "netkit_pull": 1, "start_time": begin, "asked_at": asked_at, "regulatedAt": regulated,
            }  # fmt: skip
            walk.keep(_MANIFEST, manifest)  # only after the last page: until then nothing counts as covered
            for domain in () if only_log else DOMAINS:
                walk.snapshot(domain)
        except _StoppedError as problem:
            pulled.problem = problem
    if pulled.problem and not pulled.pages:
        raise pulled.problem
    return pulled


class _Walk:
    """One walk through both interfaces."""

    def __init__(
        self,
        client: "httpx.Client",
        host: str,
        pulled: Pulled,
        say: Callable[[str], None],
        wait: Callable[[float], None],
    ) -> None:
        self._client, self._host, self._pulled, self._say, self._wait = client, host, pulled, say, wait
        self._waited = False

    def consent(self) -> int:
        """Return since when the platform keeps a change log of yours."""
        self._say("your consent")
        _, said = self._get(_CONSENT, {"q": "memberAndApplication"})
        since = [each.get("regulatedAt") for each in _elements(said)]
        found = [int(each) for each in since if isinstance(each, int)]
        if not found:
            raise NetkitError(
                "The platform knows no consent of yours for this app, so it keeps no change log. Consent when"
                " you make the token, then wait some minutes."
            )
        return min(found)

    def log(self, begin: int, look: Callable[[Mapping[str, Any]], None]) -> None:
        """Walk through the change log from a moment on; a short page is no end, an empty one is."""
        start, seen = 0, set[str]()
        for number in range(_PAGES):
            self._say(f"the change log, page {number + 1}")
            asked = {"q": "memberAndApplication", "count": _COUNT, "startTime": begin, "start": start}
            _, said = self._get(_LOG, asked)
            elements = _elements(said)
            if not elements:
                return
            keys = {json.dumps([each.get("id"), each.get("activityId")]) for each in elements}
            if keys <= seen:
                raise _StoppedError("The platform sends the same page again and again. Try tomorrow.")
            seen |= keys
            mine = [each for each in elements if is_about_invitations(each)]
            for each in mine:
                look(each)
            self._pulled.events += len(mine)
            others = (
                str(each.get("resourceName"))[:40] for each in elements if not is_about_invitations(each)
            )
            self._pulled.cut.update(others)
            kept = [{key: each[key] for key in each if key not in _NEVER_READ} for each in mine]
            self.keep(f"changelog-{number:03d}.json", {"elements": kept})
            start += len(elements)
        raise _StoppedError("The change log does not end. Try again tomorrow.")

    def snapshot(self, domain: str) -> None:
        """Walk through one domain until the platform says that there is no more."""
        before: object = None
        for number in range(_PAGES):
            self._say(f"{domain}, page {number + 1}")
            status, said = self._get(
                _SNAPSHOT, {"q": "criteria", "domain": domain, "start": number}, may_end=True
            )
            if status == 404 and number == 0:
                self._pulled.empty.append(domain)
                return
            if status == 404 or not _elements(said) or said == before:
                self.keep(
                    f"{domain}-end.json", {"status": 404, "message": "No data found (netkit saw the end)"}
                )
                return
            self.keep(f"{domain}-{number:03d}.json", said)
            before = said
        raise _StoppedError(f"{domain} does not end. Try again tomorrow.")

    def keep(self, name: str, said: object) -> None:
        """Keep one answer, for its owner alone."""
        write_private(self._pulled.folder / name, json.dumps(said).encode())
        self._pulled.pages += name != _MANIFEST

    def _get(self, path: str, asked: Mapping[str, Any], *, may_end: bool = False) -> tuple[int, Any]:
        for tried in range(_TRIES + 1):
            status, body, after = self._answer(path, asked, last=tried == _TRIES)
            if status == 200:
                return status, self._checked(body)
            if status == 404 and may_end and b"no data found" in body.lower():
                return status, None
            if status == 429 and not self._waited:
                self._waited = True
                self._say(f"wait {after:.0f} seconds, as the platform asks")
                self._wait(after)
            elif (status == 408 or status >= 500) and tried < _TRIES:
                self._wait(2.0**tried)
            else:
                break
        raise _refused(status, body)

    def _answer(self, path: str, asked: Mapping[str, Any], *, last: bool) -> tuple[int, bytes, float]:
        """Return status, body and how long to wait of an answer; 599 where the platform is out of reach."""
        import httpx

        try:
            with self._client.stream("GET", path, params=dict(asked)) as answer:
                body = b""
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > _LARGEST:
                        raise _StoppedError("The platform sends an answer without end. Try again tomorrow.")
                after = answer.headers.get("retry-after", "")
                return answer.status_code, body, min(float(after) if after.isdecimal() else _PATIENCE, 300.0)
        except httpx.HTTPError as problem:
            if last:
                raise _StoppedError(
                    f"The platform cannot be reached ({type(problem).__name__}). Check your connection, then"
                    " call netkit pull again."
                ) from None  # what was asked holds the token
            return 599, b"", 0.0

    def _checked(self, body: bytes) -> Any:  # noqa: ANN401 - JSON holds anything
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            raise _StoppedError(
                "The platform's answer is damaged or no JSON. Call netkit pull again."
            ) from None
        if not isinstance(said, dict):
            raise _StoppedError("The platform's answer has another form than is documented. Update netkit.")
        for href in _links(said):
            place = urlsplit(href)
            if (place.scheme or place.netloc) and f"{place.scheme}://{place.netloc}" != self._host:
                raise _StoppedError(
                    "An answer points to a place that is not the platform's. netkit does not go there."
                )
        return said


def _refused(status: int, body: bytes) -> _StoppedError:
    if 300 <= status < 400:
        return _StoppedError(
            "The platform sends netkit to another address, and it does not go. Update netkit."
        )
    told = re.sub(r"[^\w .,':=-]", "", body.decode("utf-8", "replace"))[:120] if status == 400 else ""
    says = _SAYS.get(status, "The platform answers with an error ({status}). Call netkit pull again later.")
    return _StoppedError(says.format(told=told, status=status))


def _elements(said: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON holds anything
    found = said.get("elements") if isinstance(said, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _links(said: Mapping[str, Any]) -> Iterator[str]:
    paging = said.get("paging")
    links = paging.get("links") if isinstance(paging, dict) else None
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and isinstance(link.get("href"), str):
            yield link["href"]


def shapes_of(said: object, place: str = "") -> Iterator[str]:
    """Yield the key paths of an event, with the words of its enums and without any value of yours.

    >>> list(shapes_of({"method": "ACTION", "owner": "urn:x", "activity": {"inviteeActionType": "IGNORE"}}))
    ['method = ACTION', 'owner', 'activity.inviteeActionType = IGNORE']
    """
    if isinstance(said, dict):
        for key, value in said.items():
            name = key if _PLAIN.fullmatch(key) else "*"
            yield from shapes_of(value, f"{place}.{name}" if place else name)
    elif isinstance(said, list):
        for each in said:
            yield from shapes_of(each, f"{place}[]")
    else:
        is_word = (
            isinstance(said, str) and _PLAIN.fullmatch(said) and _ENUMS.fullmatch(place.rpartition(".")[2])
        )
        yield f"{place} = {said}" if is_word else place


def finished_pull(folder: Path) -> bool:
    """Tell whether a folder holds a pull whose change log was walked to its end."""
    return (folder / _MANIFEST).is_file()
