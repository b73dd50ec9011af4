"""What is known of the requests of a sitting: read once, kept up with each answer, written down at once."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from netkit.evidence import Told
from netkit.facts import TAKE_BACK
from netkit.history import History
from netkit.history.labels import WAITS
from netkit.history.same_people import SamePeople
from netkit.introductions import Acquaintance, acquaintance
from netkit.ledger import Ledger, open_ledger
from netkit.ledger.evidence_links import Link, Pair
from netkit.sitting.opinions import Judges
from netkit.waiting.alike import likeness


class KnownRequests:
    """The requests of a sitting: each with its row, its note, its facts and what your own files tell."""

    def __init__(
        self,
        home: Path,
        judges: Judges,
        history: History,
        requests: list[str],
        source: str,
        moment: Callable[[str], datetime | str],
    ) -> None:
        self._home, self._judges, self._source, self._moment = home, judges, source, moment
        self.rows = _rows_of(history.table.set_index("request").loc[requests])
        self.facts = _known_facts(history, judges, requests)
        self.unsure = _said_unknown(history, requests)  # of each request what you said you do not know
        self.evidence = dict(history.told)
        self.remarks, self.connected = history.remarks, history.connected
        # Of each request the facts that evidence sets, with the reason.
        self.found = {
            request: {
                fact: told["reason"] for fact, told in history.values_of(request).items() if "reason" in told
            }
            for request in requests
            if request in history.told
        }
        self.pairs: dict[str, list[Pair]] = {}  # by request who in your own files may be who asks
        self._acquainted: dict[str, Acquaintance] = {}
        self._likeness: dict[str, tuple[object, ...]] = {}
        with open_ledger(home) as ledger:
            for pair in ledger.evidence.pairs(requests):
                self.pairs.setdefault(pair.request, []).append(pair)
            self.texts = _notes_and_addresses(ledger)
            self.profile: dict[str, Any] = next(iter(ledger.exports.profile()["profile"]), {})

    def of(self, request: str) -> dict[str, Any]:
        """Return the known facts of a request."""
        facts = self.facts[request]
        return {name: facts[name] for name in self._judges.vocabulary if facts.get(name) is not None}

    def acquaintance(self, request: str, on: date) -> Acquaintance:
        """Return what is on record between you and who asks; read once."""
        if request not in self._acquainted:
            person, name = (
                "" if pd.isna(each := self.rows[request][of]) else str(each) for of in ("person", "name")
            )
            with open_ledger(self._home) as ledger:
                key = SamePeople.of(ledger).key(person or None, name) or ""
                self._acquainted[request] = acquaintance(ledger, key, name, on)
        return self._acquainted[request]

    def likeness(self, request: str) -> tuple[object, ...]:
        """Return what requests must share to be alike in all that matters to the policy."""
        if request in self.connected:
            return ("connected", request)
        if request not in self._likeness:
            pair = self.pair(request)
            self._likeness[request] = ("pair", pair.rule) if pair else self._likeness_of(request)
        return self._likeness[request]

    def _likeness_of(self, request: str) -> tuple[object, ...]:
        return likeness(
            self._judges.policy,
            self.of(request),
            self.unsure[request],
            note=self.texts[request]["message"] or None,
            offers=self.evidence.get(request, Told()).offers,
        )

    # ---- what you say yourself

    def say(self, levels: Mapping[str, Any], fact: str) -> None:
        """Note a fact of some requests as you say it, all or none; None takes it back."""
        self._note({each: TAKE_BACK if level is None else level for each, level in levels.items()}, fact)
        for request, level in levels.items():
            self.facts[request] = {**self.facts[request], fact: level}
            self._likeness.pop(request, None)

    def leave_unsure(self, requests: Iterable[str], fact: str, unknown: str) -> None:
        """Note that you do not know a fact, or with `undo` that this is taken back."""
        self._note(dict.fromkeys(requests, unknown), fact)
        for request in requests:
            (self.unsure[request].discard if unknown == TAKE_BACK else self.unsure[request].add)(fact)
            self._likeness.pop(request, None)

    def _note(self, levels: Mapping[str, object], fact: str) -> None:
        with open_ledger(self._home) as ledger, ledger.together():
            for request, level in levels.items():
                ledger.notes.add(
                    request,
                    fact,
                    level,
                    at=self._moment(request),
                    source=self._source,
                    vocabulary=self._judges.vocabulary,
                )

    # ---- who it is in your own files, and what these tell

    def pair(self, request: str) -> Pair | None:
        """Return who in your own files may be who asks, as long as that may still matter to the answer."""
        pairs = self.pairs.get(request)
        return pairs[0] if pairs and self._judges.decide(self.of(request)).action is None else None

    def set_pairs(self, pairs: Mapping[str, list[Pair]]) -> None:
        """Set who is still asked about."""
        for request, each in pairs.items():
            self.pairs[request] = each
            self._likeness.pop(request, None)

    def say_who(self, pairs: Mapping[str, Pair], same: bool) -> dict[str, dict[str, Any]]:
        """Say whether those who ask are those in your own files, and return the facts that this tells."""
        self.answer_pairs(pairs.values(), same)
        rest = {each: [] if same else self.pairs[each][1:] for each in pairs}
        self.set_pairs(rest)
        self.take_evidence(pairs)
        told = {request: self._confirmed(request, pair) for request, pair in pairs.items() if same}
        self.say_confirmed(told)
        return told

    def say_confirmed(self, told: Mapping[str, Mapping[str, Any]], *, back: bool = False) -> None:
        """Note the facts that you told by saying who it is, or take them back."""
        for fact in sorted({fact for facts in told.values() for fact in facts}):
            self.say(
                {each: None if back else facts[fact] for each, facts in told.items() if fact in facts}, fact
            )

    def _confirmed(self, request: str, pair: Pair) -> dict[str, Any]:
        """Return the facts that you tell by saying who it is, where nothing else tells them."""
        return {
            fact: level
            for fact, level in pair.confirms.items()
            if fact in self._judges.vocabulary and self._is_open(request, fact)
        }

    def answered_links(self, request: str) -> list[tuple[Link, bool | None]]:
        """Return who in your own files is taken to be who asks, each with whether that was your word."""
        with open_ledger(self._home) as ledger:
            said = ledger.evidence.answers()
            links = [link for link in ledger.evidence.linked(request) if link.sure]
        return [
            (link, True if any(said.get((link.person, who), (False,))[0] for who in link.members) else None)
            for link in links
        ]

    def answer_pairs(self, pairs: Iterable[Pair | Link], same: bool | None) -> None:
        """Write down whether these are the same people; None takes it back."""
        with open_ledger(self._home) as ledger, ledger.together():
            for pair in pairs:
                ledger.evidence.answer(
                    pair.person,
                    pair.members,
                    same,
                    proposed=pair.rule,
                    at=self._moment(""),
                    source=self._source,
                )

    def take_evidence(self, requests: Iterable[str]) -> None:
        """Take what your own files tell of some requests by now; what you said yourself stays."""
        with open_ledger(self._home) as ledger:
            told = ledger.evidence.told({each: self.rows[each]["state"] in WAITS for each in requests})
        for request in requests:
            self.evidence[request] = told.get(request, Told())
            sets = self.evidence[request].sets
            mine, found = self.facts[request], self.found.setdefault(request, {})
            for fact in [*found]:  # taken back
                if fact not in sets:
                    found.pop(fact)
                    mine = {**mine, fact: None}
            for fact, (level, reason) in sets.items():
                if fact in self._judges.vocabulary and (fact in found or self._is_open(request, fact)):
                    found[fact] = reason
                    mine = {**mine, fact: level}
            self.facts[request] = mine
            self._likeness.pop(request, None)

    def _is_open(self, request: str, fact: str) -> bool:
        return self.facts[request].get(fact) is None and fact not in self.unsure[request]


def _known_facts(history: History, judges: Judges, requests: list[str]) -> dict[str, dict[str, Any]]:
    """Return the facts of some requests as the vocabulary's own values."""
    facts = history.facts[history.facts["request"].isin(requests)]
    return {
        request: {
            name: judges.vocabulary[name].parse(value)
            for name, value in row.items()
            if name in judges.vocabulary
        }
        for request, row in _rows_of(facts.set_index("request")).items()
    }


def _said_unknown(history: History, requests: list[str]) -> dict[str, set[str]]:
    """Return of each request the facts that you said you do not know."""
    facts, origins = history.facts.set_index("request"), history.origins.set_index("request")
    said = (facts.isna() & origins.notna()).loc[requests]
    return {str(request): set(said.columns[row]) for request, row in said.iterrows()}


def _notes_and_addresses(ledger: Ledger) -> dict[str, dict[str, Any]]:
    """Return the notes and addresses of the incoming invitations."""
    sent = ledger.invitations.to_frame()
    rows = sent[sent["direction"] == "incoming"].set_index("request")[["message", "url"]]
    return _rows_of(rows.astype("object").where(rows.notna(), ""))


def _rows_of(rows: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return a table as rows by its index.

    Examples
    --------
    >>> _rows_of(pd.DataFrame({"name": ["Ada"]}, index=["inv-1"]))
    {'inv-1': {'name': 'Ada'}}
    """
    return {
        str(request): {str(name): cell for name, cell in row.items()}
        for request, row in rows.to_dict("index").items()
    }
