"""Rows of a sheet of introductions: filled in from the ledger, tried on each life, taken in as steps."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

import pandas as pd

from netkit.facts import Vocabulary
from netkit.introductions import Life, StepError, StepRecord, read_lives, step_for_action, try_step
from netkit.ledger import Ledger, Step
from netkit.people import folded_name, keys_of
from netkit.sheets.invitation_rows import NotedFacts
from netkit.sheets.sheet_cells import OTHER_PERSON, Row
from netkit.sheets.spreadsheet_files import Column
from netkit.wording import spoken

# What a row says by column, the levels of its facts, and the steps that are new in it.
Checked = tuple[dict[str, str], dict[str, str], tuple[StepRecord, ...]]

_SIDES = ("outcome_requester", "outcome_contact")
_PERMISSIONS = ("permission_given", "permission_refused")
_COURSE = (*_PERMISSIONS, "introduced", *_SIDES)
_WHY = "without_permission_because"


def _course(life: Life) -> dict[str, str]:
    """Return the cells about what was done, from the steps that stand."""
    standing = {step.step: step for step in life.standing}
    answer = next((step for step in life.steps[::-1] if step.stands and step.action), None)
    permission = next((step for step in life.standing[::-1] if step.step in _PERMISSIONS), None)
    made, redirected = standing.get("introduced"), standing.get("redirected")
    outcomes = {side: standing.get(side) for side in _SIDES}
    return {
        "action": answer.action if answer else "",
        "decided_on": _day(answer),
        "way_on": _told(redirected, "way_on"),
        "permission": permission.step.removeprefix("permission_") if permission else "",
        "permission_on": _day(permission),
        "introduced_on": _day(made),
        _WHY: _told(made, _WHY),
        **{side: _told(step, "outcome") for side, step in outcomes.items()},
        "outcome_on": max(map(_day, outcomes.values())),
    }


def _day(step: StepRecord | None) -> str:
    return step.on.isoformat() if step else ""


def _told(step: StepRecord | None, name: str) -> str:
    return str(step.detail.get(name, "")) if step else ""


@dataclass(frozen=True)
class _Wish:
    """A step that a row asks for, with the columns that say it and its day."""

    column: str
    dated: str
    step: str
    on: date
    detail: dict[str, str]


class IntroductionSheet:
    """Checks rows by trying their steps on the lives of the ledger, and takes them in.

    A row takes the same steps as the commands, and none that they would refuse; what an earlier row
    brings is there for a later one.
    """

    @staticmethod
    def filled(ledger: Ledger, drawn: Collection[str] = ()) -> pd.DataFrame:
        """Return all requested introductions as a sheet shows them, the newest first; none is drawn."""
        rows = [
            {
                "request": life.request,
                "requester": life.requester_name,
                "contact": life.contact_name,
                "purpose_text": life.purpose,
                "asked_by": life.channel,
                "asked_on": life.asked_on.isoformat(),
                **_course(life),
            }
            for life in read_lives(ledger)
        ]
        return pd.DataFrame(rows[::-1], dtype="object")

    def __init__(
        self,
        ledger: Ledger,
        vocabulary: Vocabulary,
        columns: Sequence[Column],
        headings: Sequence[str],
        at: str,
        source: str,
    ) -> None:
        self._ledger, self._vocabulary = ledger, vocabulary
        # The wrong cells of a row are listed days first.
        self._columns = sorted(columns, key=lambda column: not column.is_day)
        self._at, self._source = at, source
        told = ("asked_by", "permission")
        self._facts = [h for h in headings if h in vocabulary and h not in told]
        asked = ledger.introductions.to_frame().to_dict(orient="records")
        self._stored = {str(row["request"]): row for row in asked}
        self._lives: dict[object, Life] = {life.request: life for life in read_lives(ledger)}
        self._requests = {
            (row["requester"], row["contact"], row["asked_at"]): str(row["request"]) for row in asked
        }
        self._notes = NotedFacts(ledger, "introduction")

    def check(self, row: Row) -> Checked:
        """Return what a row says and the steps that are new in it; what is wrong the row remembers."""
        read = row.values(self._columns)
        levels = row.levels(self._vocabulary, self._facts)
        self._check_request(row, read)
        key, before = self._life(read)
        if before is None:
            return read, levels, ()
        answers = read["action"] not in ("", "introduce")  # then the day is the step's
        if read["decided_on"] and not answers and _date(read["decided_on"]) < before.asked_on:
            _wrong_day(row, "decided_on", "asked_on", before.asked_on)
        after = self._try_steps(row, read, before)
        self._lives[key] = after
        return read, levels, after.steps[len(before.steps) :]

    def _life(self, read: dict[str, str]) -> tuple[object, Life | None]:
        """Return the introduction that a row is about: the ledger's, an earlier row's, or a new one."""
        people = _people(read)
        who = (people["requester"], people["contact"])
        asked = (*who, pd.Timestamp(read["asked_on"])) if read["asked_on"] else None
        key: object = read["request"] or self._requests.get(asked, asked)  # type: ignore[arg-type]
        if key in self._lives or read["request"] or asked is None:
            return key, self._lives.get(key)
        return key, Life(
            "", str(who[0]), str(who[1]), read["requester"], read["contact"], read["purpose_text"],
            read["asked_by"], _date(read["asked_on"]),
        )  # fmt: skip

    def _try_steps(self, row: Row, read: dict[str, str], life: Life) -> Life:
        if read["action"] == "introduce" and not read["introduced_on"] and not _is_known(read, life):
            row.wrong(
                "action",
                "'introduce' lacks its day. Fill in introduced_on, or write 'ask_permission' while you wait.",
            )
        before = ""
        for wish in self._wishes(read, life):
            term: dict[str, Any] = {"on": wish.on, "detail": wish.detail, "source": self._source}
            try:
                life = try_step(life, wish.step, **term)
            except StepError as problem:
                _refuse(row, wish, life, problem, before)
                if problem.lacks == "order":
                    continue
                # As if it were right, so that what follows is held against its own mistakes only.
                taken = StepRecord(None, wish.step, max(wish.on, life.since), dict(wish.detail))
                life = replace(life, steps=(*life.steps, taken))
            before = wish.dated
        return life

    def _wishes(self, read: dict[str, str], life: Life) -> Iterator[_Wish]:
        """Yield the steps of a row that are not taken yet, in the order of a life."""
        answers = bool(read["action"]) and read["action"] != "introduce" and not _is_known(read, life)
        answer = step_for_action(read["action"], "").name if answers else ""
        ends = answer in ("declined", "redirected")
        if answer and not ends:
            days: tuple[str, ...] = ("decided_on", "permission_on", "introduced_on")
            yield self._wish(read, "action", answer, days, because=read["because"])
        permission = f"permission_{read['permission']}"
        known = next((s.step for s in life.standing[::-1] if s.step in _PERMISSIONS), "")
        if permission in _PERMISSIONS and permission != known:
            days = ("permission_on", "introduced_on", "decided_on")
            yield self._wish(read, "permission", permission, days)
        if read["introduced_on"] and not life.last("introduced"):
            why = {_WHY: read["without_permission_because"], "because": read["because"]}
            yield self._wish(read, "introduced_on", "introduced", ("introduced_on",), **why)
        for side in _SIDES:
            outcome = read[side]
            if outcome and _told(life.last(side), "outcome") != outcome:
                yield self._wish(read, side, side, ("outcome_on",), outcome=outcome)
        if ends:
            way_on = read["way_on"] if answer == "redirected" else ""
            told = {"because": read["because"], "way_on": way_on}
            yield self._wish(read, "action", answer, ("decided_on",), **told)

    def _wish(
        self, read: dict[str, str], column: str, step: str, days: Sequence[str], **detail: str
    ) -> _Wish:
        """Return a step with its day: that of the first column that is filled in, else the sheet's."""
        dated = next((name for name in days if read[name]), "")
        on = _date(read[dated] if dated else self._at)
        return _Wish(column, dated or column, step, on, detail)

    def _check_request(self, row: Row, read: dict[str, str]) -> None:
        if not read["request"]:
            for column in ("requester", "contact", "asked_by", "asked_on"):
                row.needed(column, "where there is no request key")
            for column in ("requester_profile", "contact_profile"):
                row.address(column)
            _check_people(row, read)
        elif read["request"] not in self._stored:
            row.wrong("request", f"{read['request']!r} is no introduction. Use the key that netkit wrote.")
        else:
            self._check_stored(row, read, self._stored[read["request"]])

    def _check_stored(self, row: Row, read: dict[str, str], stored: dict[Any, Any]) -> None:
        for column in ("requester", "contact"):
            seen = row.text(column)
            if seen and folded_name(seen) != folded_name(stored[f"{column}_name"]):
                row.wrong(column, OTHER_PERSON)
        row.same("asked_on", read["asked_on"], stored["asked_at"])
        for column, known in (("purpose_text", "purpose_text"), ("asked_by", "channel")):
            seen = read[column]
            if seen and folded_name(seen) != folded_name(stored[known]):
                row.wrong(
                    column,
                    f"{seen!r} differs from {stored[known]!r} in the ledger. To change what was asked,"
                    " take it"
                    f" back first with 'netkit intro undo {read['request']} --request'.",
                )

    def take(self, checked: Checked) -> dict[str, int]:
        """Write one checked row, in the transaction of the whole sheet; return what was new."""
        read, levels, steps = checked
        request = read["request"] or self._ledger.introductions.add(
            read["requester"],
            read["contact"],
            **_people(read),
            purpose_text=read["purpose_text"],
            channel=read["asked_by"],
            asked_at=read["asked_on"],
            source=self._source,
        )
        facts = self._notes.record(
            request, levels, read["decided_on"] or read["introduced_on"],
            at=self._at, source=self._source, vocabulary=self._vocabulary,
        )  # fmt: skip
        for taken in steps:
            step, detail = cast(Step, taken.step), taken.detail
            self._ledger.introductions.add_event(
                request, step, at=taken.on, source=self._source, detail=detail
            )
        return {
            "requests": int(request not in self._stored),
            "decisions": sum(bool(taken.action) for taken in steps),
            "facts": facts,
            "steps": sum(taken.step in _COURSE for taken in steps),
        }


def _date(moment: str) -> date:
    return pd.Timestamp(moment).date()


def _is_known(read: dict[str, str], life: Life) -> bool:
    """Tell whether the answer of a row stands already; the day of 'introduce' is in a column of its own."""
    same = [step.on for step in life.steps if step.stands and step.action == read["action"]]
    if not read["decided_on"] or read["action"] == "introduce":
        return bool(same)
    return _date(read["decided_on"]) in same


def _refuse(row: Row, wish: _Wish, life: Life, problem: StepError, before: str) -> None:
    """Remember why a step is not possible, in the column that says so."""
    if problem.lacks == "permission":
        row.wrong(
            "introduced_on",
            f"the contact's permission is missing. Write 'given' in permission, or a reason in {_WHY}.",
        )
    elif problem.lacks == "way_on":
        row.wrong(
            "way_on",
            "this is empty beside 'redirect'. Write the other way that you showed (PV6), or the action"
            " 'decline'.",
        )
    elif problem.lacks == "day":
        last = spoken(life.standing[-1].step) if life.standing else "asked_on"
        _wrong_day(row, wish.dated, before or last, life.since)
    else:
        row.wrong(wish.column, f"{row.text(wish.column)!r} is not possible {_why_not(wish, life)}")


def _wrong_day(row: Row, column: str, earlier: str, since: date) -> None:
    row.wrong(column, f"{row.text(column)!r} is before {earlier}. Give {since} or a later day.")


def _why_not(wish: _Wish, life: Life) -> str:
    back = f"Take that back first with 'netkit intro undo {life.request or 'REQUEST'}'."
    if life.state.name in ("declined", "redirected"):
        return f"for a request that was declined. {back}"
    if wish.column in _SIDES:
        return "before the introduction. Fill in introduced_on."
    if not life.last("introduced"):
        return f"for a request that {life.state.says}. Possible now: {life.next_steps}."
    if wish.column == "permission":
        return f"after the introduction. {back}"
    return "for an introduction that was made. Write introduce, or empty introduced_on."


def _check_people(row: Row, read: dict[str, str]) -> None:
    people = _people(read)
    for column, person in people.items():
        if row.text(column) and person is None:
            row.nobody(column)
    if people["requester"] and people["requester"] == people["contact"]:
        row.wrong("contact", f"{read['contact']!r} is the requester too. Name two people.")


def _people(read: dict[str, str]) -> dict[str, str | None]:
    """Return the keys of the two people, None for one who is not named."""
    profiles = [read["requester_profile"], read["contact_profile"]]
    (requester, contact), _ = keys_of(profiles, [read["requester"], read["contact"]])
    return {"requester": requester, "contact": contact}
