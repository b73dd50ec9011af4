"""The invented person's archives: what the platform would have written in a given month."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from netkit.fictional.personal_files import AT_WORK, ME
from netkit.fictional.story import OWNER, OWNER_NAME, Story, each_row
from netkit.plain_yaml import read_yaml

_PACIFIC = "America/Los_Angeles"
_SITE = "https://www.linkedin.com/in/"
_CLOSED_NAME = "LinkedIn Member"
_ERAS = read_yaml(Path(__file__).parent / "eras.yaml")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_Row = Mapping[str, str]
_PROFILE: _Row = {
    "First Name": OWNER["first"],
    "Last Name": OWNER["last"],
    "Headline": OWNER["headline"],
    "Summary": OWNER["summary"],
    "Industry": "Invented industry",
    "Geo Location": "Invented place",
}
_NEVER_READ: dict[str, list[_Row]] = {
    "PhoneNumbers.csv": [{"Number": "+00 555 0100", "Type": "Mobile"}],
    "Learning.csv": [{"Content Title": "Sampling, an introduction", "Content Type": "Course"}],
    "Jobs/Saved Jobs.csv": [{"Job Title": "Invented position", "Company Name": "Evrana Data"}],
}


def write_archive(folder: Path, story: Story, export: str) -> Path:
    """Write one archive as the platform would have on that day."""
    download = Download(story, export)
    taken = download.taken
    path = folder / f"Basic_LinkedInDataExport_{taken.strftime('%m-%d-%Y')}.zip"
    stamp = (taken.year, taken.month, taken.day, 9, 30, 0)
    with zipfile.ZipFile(path, "w") as archive:
        for file, rows in download.tables().items():
            shape = download.shape(file)
            if shape:
                member = zipfile.ZipInfo(shape.get("name") or file, date_time=stamp)
                member.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(member, _file_bytes(shape, rows))
    return path


def _file_shape(file: str, month: str) -> Mapping[str, Any]:
    """Return how one file of the export looked in a month.

    Examples
    --------
    >>> _file_shape("Connections.csv", "2023-06")["header"][2]
    'URL'
    """
    held = [shape for shape in _ERAS[file] if shape["since"] <= month]
    return held[-1] if held else {}


def _file_bytes(shape: Mapping[str, Any], rows: Iterable[_Row]) -> bytes:
    r"""Return one file's content in its shape.

    Examples
    --------
    >>> _file_bytes({"header": ["From", "To"]}, [{"From": "Ada, B", "To": "C"}])
    b'From,To\n"Ada, B",C\n'
    """
    wide = shape.get("encoding") == "utf-16"
    text = io.StringIO(newline="")
    if "preamble" in shape:
        text.write(shape["preamble"] + "\n")
    writer = csv.writer(
        text,
        delimiter="\t" if wide else ",",
        lineterminator="\n",
        quoting=csv.QUOTE_ALL if shape.get("quoting") == "all" else csv.QUOTE_MINIMAL,
    )
    writer.writerow(shape["header"])
    writer.writerows([row.get(column, "") for column in shape["header"]] for row in rows)
    written = text.getvalue()
    return b"\xff\xfe" + written.encode("utf-16-le") if wide else written.encode()


def _clock_text(moment: pd.Timestamp, zone: str = "UTC") -> str:
    """Write a moment as `10/27/19, 4:05 PM`.

    Examples
    --------
    >>> _clock_text(pd.Timestamp("2019-10-27 23:05", tz="UTC"), "America/Los_Angeles")
    '10/27/19, 4:05 PM'
    """
    local = moment.tz_convert(zone)
    half = "AM" if local.hour < 12 else "PM"
    hour = local.hour % 12 or 12
    return f"{local.month}/{local.day}/{local.year % 100:02d}, {hour}:{local.minute:02d} {half}"


def _day_text(moment: pd.Timestamp) -> str:
    """Write a UTC day as `27 Oct 2019`.

    Examples
    --------
    >>> _day_text(pd.Timestamp("2019-10-27", tz="UTC"))
    '27 Oct 2019'
    """
    return f"{moment.day:02d} {_MONTHS[moment.month - 1]} {moment.year}"


def _follow_text(moment: pd.Timestamp) -> str:
    """Write a UTC moment as `Tue Mar 05 10:00:00 UTC 2024`.

    Examples
    --------
    >>> _follow_text(pd.Timestamp("2024-03-05 10:00", tz="UTC"))
    'Tue Mar 05 10:00:00 UTC 2024'
    """
    day = f"{_WEEKDAYS[moment.weekday()]} {_MONTHS[moment.month - 1]} {moment.day:02d}"
    return f"{day} {moment.strftime('%H:%M:%S')} UTC {moment.year}"


def _slashed(moment: pd.Timestamp) -> str:
    return moment.strftime("%Y/%m/%d %H:%M:%S UTC")


@dataclass(frozen=True)
class Download:
    """What the story shows in one of its two exports, file by file."""

    story: Story
    export: str

    @property
    def taken(self) -> pd.Timestamp:
        """When it was taken."""
        return self.story.calendar.exports[self.export]

    def shape(self, file: str) -> Mapping[str, Any]:
        """Return how a file looks by then."""
        return _file_shape(file, self.taken.strftime("%Y-%m"))

    def newest(self, rows: pd.DataFrame, column: str = "at") -> Iterator[Any]:
        """Return what had happened by then, the newest first."""
        return each_row(rows[rows[column] < self.taken][::-1])

    def tables(self) -> dict[str, Iterable[_Row]]:
        """Return the rows of every file."""
        followed = self.story.followed
        return {
            "Profile.csv": [_PROFILE],
            "Positions.csv": [_position(position) for position in OWNER["positions"]],
            "Email Addresses.csv": [
                {"Email Address": address, "Confirmed": "Yes", "Primary": "Yes" if address == ME else "No"}
                for address in (ME, AT_WORK)
            ],
            "Connections.csv": self._connections(),
            "Invitations.csv": [
                *self.invitations(self.story.incoming, incoming=True),
                *self.invitations(self.story.outgoing, incoming=False),
            ],
            "messages.csv": self._messages(),
            "Endorsement_Received_Info.csv": self._endorsements("Endorser"),
            "Endorsement_Given_Info.csv": self._endorsements("Endorsee"),
            "Recommendations_Received.csv": self._recommendations(given=False),
            "Recommendations_Given.csv": self._recommendations(given=True),
            "Contacts.csv": self._address_book(),
            "Company Follows.csv": [
                {"Organization": row.name, "Followed On": _follow_text(row.at)}
                for row in self.newest(followed["companies"])
            ],
            "Member_Follows.csv": [
                {"Date": _slashed(row.at), "Status": "Active", "FullName": row.name}
                for row in self.newest(followed["people"])
            ],
            **_NEVER_READ,
        }

    def _connections(self) -> Iterator[_Row]:
        clock = self.shape("Connections.csv").get("dates") == "clock"
        people, export, known = self.story.people, self.export, self.story.connections
        with_address = 40 if self.taken.year < 2021 else 1  # of fifty
        for row in each_row(known[known[export]][::-1]):
            when = _clock_text(row.connected_at, _PACIFIC) if clock else _day_text(row.connected_at)
            if getattr(row, f"closed_{export}"):
                yield {"Connected On": when}
                continue
            person = people[row.person]
            moved = row.moved and export == "in_second"
            yield {
                "First Name": person.first,
                "Last Name": person.last,
                "URL": _profile_url(person.slug, encoded=True),
                "Email Address": person.email if row.person % 50 < with_address else "",
                "Company": people[row.person - 1].company if moved else person.company,
                "Position": person.position,
                "Connected On": when,
            }

    def invitations(self, told: pd.DataFrame, *, incoming: bool) -> Iterator[_Row]:
        """Return the rows of invitations, the newest first."""
        bare = self.shape("Invitations.csv").get("slugs") == "no"
        owner = _invited_as(OWNER_NAME, OWNER["slug"], OWNER["urn"], bare=bare)
        for row in each_row(told[told[self.export]][::-1]):
            person = self.story.people[row.person]
            other = _invited_as(person.name, person.slug, person.urn, bare=bare)
            inviter, invitee = (other, owner) if incoming else (owner, other)
            yield {
                "From": inviter["name"],
                "To": invitee["name"],
                "Sent At": _clock_text(row.sent_at, _PACIFIC),
                "Message": row.note if isinstance(row.note, str) else "",
                "Direction": "INCOMING" if incoming else "OUTGOING",
                "inviterProfileUrn": inviter["urn"],
                "inviteeProfileUrn": invitee["urn"],
                "inviterProfileUrl": inviter["url"],
                "inviteeProfileUrl": invitee["url"],
            }

    def _messages(self) -> Iterator[_Row]:
        shape = self.shape("messages.csv")
        header, breaks_lines = shape["header"], shape.get("quoting") == "all"
        known = self.story.connections
        closed = set(known.loc[known[f"closed_{self.export}"], "person"])
        own_url = _profile_url(OWNER["slug"])
        for row in self.newest(self.story.messages):
            if row.draft and "IS MESSAGE DRAFT" not in header:
                continue
            other, url = self._correspondent(row.person, closed)
            sender, recipient = (OWNER_NAME, other) if row.from_owner else (other, OWNER_NAME)
            said = {
                "CONVERSATION ID": row.conversation,
                "FROM": sender,
                "SENDER PROFILE URL": own_url if row.from_owner else "" if row.nameless else url,
                "TO": recipient,
                "RECIPIENT PROFILE URLS": url if row.from_owner else own_url,
                "DATE": row.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
                "SUBJECT": "Sponsored" if row.person < 0 else "",
                "CONTENT": row.content if breaks_lines else row.content.replace("\n", " "),
                "DIRECTION": "OUTGOING" if row.from_owner else "INCOMING",
                "FOLDER": "INBOX",
                "IS MESSAGE DRAFT": "Yes" if row.draft else "No",
                "IS CONVERSATION DRAFT": "Yes" if row.draft else "No",
            }
            yield {column: said.get(column.upper(), "") for column in header}

    def _correspondent(self, person: int, closed: set[int]) -> tuple[str, str]:
        if person < 0:
            return "Oltrolde Systems", ""
        if person in closed:
            return _CLOSED_NAME, ""
        return self.story.people[person].name, _profile_url(self.story.people[person].slug)

    def _endorsements(self, role: str) -> Iterator[_Row]:
        rows = self.story.endorsements
        for row in self.newest(rows[rows["given"] == (role == "Endorsee")]):
            person = self.story.people[row.person]
            yield {
                "Endorsement Date": _slashed(row.at),
                "Skill Name": row.skill,
                f"{role} First Name": person.first,
                f"{role} Last Name": person.last,
                f"{role} Public Url": _profile_url(person.slug, scheme=False),
                "Endorsement Status": "ACCEPTED",
            }

    def _recommendations(self, *, given: bool) -> Iterator[_Row]:
        rows = self.story.recommendations
        for row in self.newest(rows[rows["given"] == given]):
            person = self.story.people[row.person]
            yield {
                "First Name": person.first,
                "Last Name": person.last,
                "Company": person.company,
                "Job Title": person.position,
                "Text": row.text,
                "Creation Date": _clock_text(row.at),
                "Status": "VISIBLE",
            }

    def _address_book(self) -> Iterator[_Row]:
        for row in self.newest(self.story.address_book, "created_at"):
            person = self.story.people[row.person]
            yield {
                "Source": "MOBILE_CONTACTS",
                "FirstName": person.first,
                "LastName": person.last,
                "Emails": person.email,
                "CreatedAt": _clock_text(row.created_at, _PACIFIC),
                "FullName": person.name,
                "Profiles": _profile_url(person.slug) if row.with_profile else "",
            }


def _position(position: Mapping[str, str]) -> _Row:
    return {
        "Company Name": position["company"],
        "Title": position["title"],
        "Location": "Invented place",
        "Started On": position["from"],
        "Finished On": position["to"],
    }


def _invited_as(name: str, slug: str, urn: int, *, bare: bool) -> dict[str, str]:
    url = "https://www.linkedin.com/in" if bare else _profile_url(slug)
    return {"name": name, "urn": f"urn:li:member:{urn}", "url": url}


def _profile_url(slug: str, *, encoded: bool = False, scheme: bool = True) -> str:
    """Return a profile address in one of the export's spellings.

    Examples
    --------
    >>> _profile_url("zoé-m", encoded=True)
    'https://www.linkedin.com/in/zo%C3%A9-m'
    """
    url = _SITE + (quote(slug) if encoded else slug)
    return url if scheme else url.removeprefix("https://")
