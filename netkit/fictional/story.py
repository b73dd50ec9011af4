"""The invented person's whole story: everybody, every invitation, and what came of them."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import pandas as pd

from netkit.fictional.invitation_story import DAY, Calendar, Profile, tell_invitations
from netkit.fictional.true_process import stream
from netkit.people import profile_slug
from netkit.plain_yaml import read_yaml

_NAMES = read_yaml(Path(__file__).parent / "names.yaml")
OWNER = _NAMES["owner"]
OWNER_NAME = f"{OWNER['first']} {OWNER['last']}"
SKILLS: list[str] = _NAMES["skills"]
_LETTERS = read_yaml(Path(__file__).parent / "letters.yaml")
_HOUR = pd.Timedelta(hours=1)
_OUTGOING_NOTES: list[str] = _LETTERS["outgoing"]
_STRANGERS = 110  # in the address book, and nowhere else


def _draw_cast(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Draw `n` people; nobody is real."""
    scripts = _NAMES["scripts"]
    shares = np.array([script["share"] for script in scripts.values()])
    kinds = rng.choice(list(scripts), size=n, p=shares / shares.sum())
    taken: set[str] = {OWNER_NAME}
    rows = [_draw_name(rng, scripts[kind], taken) for kind in kinds]
    for number in range(97, n, 211):  # namesakes: two people, one name
        rows[number] = rows[number - 40]
    cast = pd.DataFrame(rows, columns=["first", "last"])
    cast["slug"] = _draw_slugs(rng, cast)
    suffixed = rng.random(n) < _NAMES["suffix_share"]
    suffixes = rng.choice(_NAMES["suffixes"], size=n)
    cast["last"] += np.where(suffixed, suffixes, "")
    cast["name"] = cast["first"] + " " + cast["last"]
    cast["key"] = [f"in:{profile_slug(f'/in/{slug}')}" for slug in cast["slug"]]
    cast["company"] = [_draw_company(rng) for _ in range(n)]
    cast["position"] = rng.choice(_NAMES["position"], size=n)
    cast["email"] = [f"mail{number:04d}@invented.example" for number in range(n)]
    cast["urn"] = 200_000_000 + rng.permutation(n * 7)[:n]
    return cast


def _draw_name(
    rng: np.random.Generator, script: dict[str, dict[str, list[str]]], taken: set[str]
) -> tuple[str, str]:
    """Draw until the name is new: only the namesakes made on purpose share one."""
    while True:
        first, last = (
            _choice(rng, script[part]["starts"]) + _choice(rng, script[part]["ends"])
            for part in ("given", "family")
        )
        if f"{first} {last}" not in taken:
            taken.add(f"{first} {last}")
            return first, last


def _draw_company(rng: np.random.Generator) -> str:
    """Draw an invented company's name."""
    parts = _NAMES["company"]
    return f"{_choice(rng, parts['starts'])}{_choice(rng, parts['ends'])} {_choice(rng, parts['kinds'])}"


def _draw_slugs(rng: np.random.Generator, cast: pd.DataFrame) -> list[str]:
    """Draw addresses: some keep the letters of the name, most have a random tail."""
    taken: set[str] = set()
    slugs = []
    for first, last in zip(cast["first"], cast["last"], strict=True):
        stem = f"{first}-{last}".lower().strip("-")
        plain = _without_accents(stem)
        keeps = rng.random() < _NAMES["slug_keeps_letters"]
        tail = f"{int(rng.integers(16**8)):08x}"
        stem = stem if keeps else plain
        bare = rng.random() < 0.4 and stem and stem not in taken
        slug = stem if bare else f"{stem}-{tail}".strip("-")
        taken.add(slug)
        slugs.append(unicodedata.normalize("NFC", slug))
    return slugs


def _without_accents(text: str) -> str:
    """Return the plain letters, or nothing where the script has none."""
    folded = text.replace("ø", "o").replace("ł", "l")
    plain = unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode()
    return plain if len(plain) >= len(text) else ""


class _Message(NamedTuple):
    person: int
    from_owner: bool
    at: pd.Timestamp
    content: str
    draft: bool = False
    nameless: bool = False


@cache
def tell_story(seed: int, profile: str = "long", era: str | None = None) -> "Story":
    """Tell the story; the same seed, profile and era tell the same."""
    calendar = Calendar.of(Profile.named(profile), era)
    incoming, outgoing, connections = tell_invitations(seed, calendar)
    last = int(connections["person"].max())
    cast = _draw_cast(stream(seed, "cast"), last + 1 + _STRANGERS)
    incoming = _without_closed(_written(seed, incoming, cast), connections)
    outgoing = _without_closed(_written_by_owner(seed, outgoing, cast), connections)
    return Story(seed, calendar, cast, incoming, outgoing, connections)


def _written(seed: int, incoming: pd.DataFrame, cast: pd.DataFrame) -> pd.DataFrame:
    rng = stream(seed, "notes")
    notes = [
        _fill(rng, template, cast["name"][person], cast["company"][person])
        if isinstance(template, str)
        else None
        for person, template in zip(incoming["person"], incoming["template"], strict=True)
    ]
    return incoming.assign(
        note=pd.Series(notes, index=incoming.index, dtype="str"),
        key=incoming["person"].map(cast["key"]),
        name=incoming["person"].map(cast["name"]),
    )


def _written_by_owner(seed: int, outgoing: pd.DataFrame, cast: pd.DataFrame) -> pd.DataFrame:
    rng = stream(seed, "own notes")
    notes = [
        _fill(rng, _OUTGOING_NOTES[person % len(_OUTGOING_NOTES)], cast["first"][person])
        if with_note
        else None
        for person, with_note in zip(outgoing["person"], outgoing["with_note"], strict=True)
    ]
    return outgoing.assign(note=pd.Series(notes, index=outgoing.index, dtype="str"))


def _without_closed(invitations: pd.DataFrame, connections: pd.DataFrame) -> pd.DataFrame:
    """Take the invitations of closed accounts out of the export."""
    shown = {
        export: invitations[export]
        & ~invitations["person"].isin(connections.loc[connections[f"closed_{export}"], "person"])
        for export in ("in_first", "in_second")
    }
    return invitations.assign(**shown)


def each_row(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield named tuples whose cells a type checker takes for what they are used as."""
    yield from frame.itertuples()


def _fill(rng: np.random.Generator, text: str, sender: str, company: str = "") -> str:
    """Fill the gaps of an invented text."""
    topic = _choice(rng, _LETTERS["topics"])
    return text.format(sender=sender, owner=OWNER["first"], company=company, topic=topic)


def _choice(rng: np.random.Generator, texts: Sequence[Any]) -> Any:  # noqa: ANN401 - a text, or several
    return texts[int(rng.integers(len(texts)))]


def _by_time(rows: pd.DataFrame, column: str = "at") -> pd.DataFrame:
    return rows.sort_values(column, kind="stable", ignore_index=True)


@dataclass(frozen=True)
class Story:
    """What truly happened; the exports and the ledger each show a part of it."""

    seed: int
    calendar: Calendar
    cast: pd.DataFrame
    incoming: pd.DataFrame
    outgoing: pd.DataFrame
    connections: pd.DataFrame

    @cached_property
    def people(self) -> tuple[Any, ...]:
        """The cast, one named tuple each."""
        return tuple(each_row(self.cast))

    def lasting_contacts(self) -> pd.DataFrame:
        """Return the connections old and lasting enough to ask for an introduction, or be asked for."""
        known = self.connections
        lasting = known["in_first"] & known["in_second"] & ~known["closed_in_second"]
        old = known["connected_at"] < self.calendar.second - 650 * DAY
        return self.cast.loc[known.loc[lasting & old, "person"], ["key", "name"]]

    @cached_property
    def messages(self) -> pd.DataFrame:
        """The invented mailbox.

        Whoever `wrote_before` exchanged messages at least a day before the invitation; nobody else did.
        After it come the copies of notes (at acceptance), questions and replies, reminders,
        conversations, and the platform's own advertising.
        """
        rng = stream(self.seed, "messages")
        rows = [
            *self._before(rng),
            *self._around(rng),
            *self._talks(rng),
            *self._adverts(rng),
            *self._after(),
        ]
        told = pd.DataFrame(rows)
        told["at"] = told["at"].dt.floor("s")
        codes = [crc32(str(person).encode()) for person in told["person"]]
        return _by_time(told.assign(conversation=[f"2-{code:08x}==" for code in codes]))

    @cached_property
    def came_of_it(self) -> pd.DataFrame:
        """What truly came of each acceptance soon after it: `person`, `at`, `pitched`, `talked`, `answered`.

        Strangers pitch far more often; with whom contact is meant to last, the owner talks more often.
        """
        rng, chance = stream(self.seed, "after accepting"), _LETTERS["after_accepting"]
        taken = self.incoming[self.incoming["answer"] == "accept"]
        stranger, lasts = taken["recognised"] == "no", taken["would_stay_in_touch"] == "yes"
        pitched = rng.random(len(taken)) < np.where(stranger, chance["pitch_if_stranger"], chance["pitch"])
        talked = rng.random(len(taken)) < np.where(lasts, chance["talk_if_lasting"], chance["talk"])
        later = pd.to_timedelta(rng.uniform(0.2, 9, len(taken)), unit="D")
        rows = {
            "person": taken["person"],
            "at": (taken["answered_at"] + later).dt.floor("s"),
            "pitched": pitched,
            "talked": talked & ~pitched,
            "answered": rng.random(len(taken)) < chance["answer"],
        }
        return pd.DataFrame(rows)

    def _after(self) -> Iterator[_Message]:
        """Write what came of the acceptances soon after them: a pitch, or a talk that the owner begins."""
        rng = stream(self.seed, "written after accepting")
        for row in each_row(self.came_of_it):
            if row.pitched:
                pitch = _choice(rng, _LETTERS["pitches"]) + [_LETTERS["to_a_pitch"]] * bool(row.answered)
                yield from self._thread(rng, row.person, pitch, row.at)
            elif row.talked:
                yield from self._thread(rng, row.person, _choice(rng, _LETTERS["first_words"]), row.at)

    def _thread(
        self, rng: np.random.Generator, person: int, texts: list[str], at: pd.Timestamp
    ) -> Iterator[_Message]:
        """Lay out a thread, hours apart; `>` marks the owner's turns."""
        for text in texts:
            content = _fill(rng, text[1:], str(self.cast["first"][person]))
            yield _Message(person, text[0] == ">", at, content)
            at = (at + _HOUR * float(rng.uniform(0.05, 5))).floor("s")

    def _before(self, rng: np.random.Generator) -> Iterator[_Message]:
        once = self.incoming[self.incoming["repeat_invitation"] == "no"]
        for person, sent_at in _sent(once[once["wrote_before"] == "yes"]):
            start = sent_at - DAY * float(rng.uniform(3, 300))
            yield from self._thread(rng, person, _choice(rng, _LETTERS["openings"]), start)

    def _around(self, rng: np.random.Generator) -> Iterator[_Message]:
        """Write copies of notes, questions with their replies, reminders: all of it after the invitation."""
        for row in each_row(self.incoming):
            if row.answer == "accept" and pd.notna(row.note):
                yield _Message(row.person, False, row.answered_at, row.note)
            if pd.notna(row.asked_at):
                yield from self._thread(rng, row.person, _LETTERS["questions"][0], row.asked_at)
                reply = _LETTERS["replies"].get(row.reply_to_question)
                if reply and pd.notna(row.answered_at):
                    between = row.asked_at + (row.answered_at - row.asked_at) * float(rng.random())
                    yield from self._thread(rng, row.person, reply, between)
            elif row.reminded_you == "yes" and not row.repeated and row.repeat_invitation == "no":
                start = row.sent_at + DAY * float(rng.uniform(0.01, 0.5))
                reminder = _choice(rng, _LETTERS["reminders"])
                yield from self._thread(rng, row.person, reminder, start)

    def _talks(self, rng: np.random.Generator) -> Iterator[_Message]:
        """Write to a third of the connections; the rest stays silent, as in life."""
        for row in each_row(self.connections[rng.random(len(self.connections)) < 0.33]):
            old = (self.calendar.second - row.connected_at) / DAY
            for _ in range(int(rng.integers(1, 4))):
                start = row.connected_at + DAY * (0.02 + old * float(rng.random() ** 2) * 0.98)
                texts = _choice(rng, _LETTERS["conversations"])
                for message in self._thread(rng, row.person, texts, start):
                    # The messages of some old contacts have lost their sender's address.
                    lost = old > 400 and row.person % 19 == 0 and not message.from_owner
                    yield message._replace(nameless=lost)
            if row.person % 90 == 0 and old > 400:
                text = _LETTERS["drafts"][row.person % 2]
                yield _Message(row.person, True, self.calendar.first - 2 * DAY, text, draft=True)

    def _adverts(self, rng: np.random.Generator) -> Iterator[_Message]:
        for number in range(24):
            at = self.calendar.second - DAY * float(rng.uniform(1, 700))
            yield _Message(-1, False, at, _LETTERS["sponsored"][number % 2], nameless=True)

    @cached_property
    def endorsements(self) -> pd.DataFrame:
        """Who endorsed whom for what; always after the connection was made."""
        rng = stream(self.seed, "endorsements")
        known = self.connections[~self.connections["closed_in_second"]]
        known = known.sample(160, random_state=rng)
        span = (self.calendar.second - known["connected_at"]) * 1.0
        rows = {
            "person": known["person"],
            "given": rng.random(len(known)) < 0.35,
            "at": (known["connected_at"] + span * rng.random(len(known))).dt.floor("s"),
            "skill": rng.choice(SKILLS, size=len(known)),
        }
        return _by_time(pd.DataFrame(rows))

    @cached_property
    def recommendations(self) -> pd.DataFrame:
        """The recommendations of and by old contacts."""
        rng = stream(self.seed, "recommendations")
        old = self.connections[~self.connections["closed_in_second"]].head(400)
        people = old.sample(9, random_state=rng)["person"].tolist()
        at = [self.calendar.second - DAY * float(rng.uniform(40, 1300)) for _ in people]
        rows = []
        for number, (person, moment) in enumerate(zip(people, at, strict=True)):
            given = number % 3 == 0
            subject = self.cast["first"][person] if given else OWNER["first"]
            text = _fill(rng, _LETTERS["recommendations"][number % 2], subject)
            rows.append({"person": person, "given": given, "at": moment.floor("s"), "text": text})
        return _by_time(pd.DataFrame(rows))

    @cached_property
    def address_book(self) -> pd.DataFrame:
        """The address book that the invented person uploaded.

        Whoever was `in_address_book` was saved at least a month before the invitation; a few others
        only after it, which is too late to count.
        """
        rng, first = stream(self.seed, "address book"), self.calendar.first
        strangers = range(len(self.cast) - _STRANGERS, len(self.cast))
        once = self.incoming[self.incoming["repeat_invitation"] == "no"]
        unlisted = once[(once["in_address_book"] == "no") & ~once["repeated"]]
        lately = unlisted["sent_at"].between(first - 200 * DAY, first - 60 * DAY)
        after = unlisted[lately].sample(12, random_state=rng)
        before = once[once["in_address_book"] == "yes"]
        rows = [
            *((person, at - DAY * float(rng.uniform(31, 900))) for person, at in _sent(before)),
            *((person, at + DAY * float(rng.uniform(2, 50))) for person, at in _sent(after)),
            *((person, first - DAY * float(rng.uniform(31, 2000))) for person in strangers),
        ]
        book = pd.DataFrame(rows, columns=["person", "created_at"])
        book["created_at"] = book["created_at"].dt.floor("min")
        # An entry without an address can only be found by its name: namesakes always have one.
        namesake = book["person"].map(self.cast["name"].duplicated(keep=False))
        named = rng.random(len(book)) < 0.6
        book["with_profile"] = (named & (book["person"] < strangers[0])) | namesake
        return _by_time(book, "created_at")

    @cached_property
    def followed(self) -> dict[str, pd.DataFrame]:
        """The companies and the people that the invented person follows."""
        rng = stream(self.seed, "follows")
        known = self.connections["person"].sample(25, random_state=rng)
        names = {
            "companies": [_draw_company(rng) for _ in range(40)],
            "people": self.cast["name"][known].tolist(),
        }
        frames = {}
        for what, listed in names.items():
            back = [self.calendar.second - DAY * float(rng.uniform(1, 1400)) for _ in listed]
            rows = {"name": listed, "at": [at.floor("s") for at in back]}
            frames[what] = _by_time(pd.DataFrame(rows))
        return frames


def _sent(rows: pd.DataFrame) -> Iterator[tuple[int, pd.Timestamp]]:
    return zip(rows["person"], rows["sent_at"], strict=True)
