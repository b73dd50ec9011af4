"""The screen of what waits: ready, an answer needed, unanswered for long; three lines a request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import ceil, isnan
from typing import Any

import click
import pandas as pd
from rich.cells import cell_len
from rich.text import Text

from netkit.cli.screen import console, say, say_below
from netkit.evidence.acquaintance import evidence_facts
from netkit.history import History
from netkit.history.labels import DECISIVE
from netkit.history.outcomes import outcome_days
from netkit.policy.clauses import clause_words
from netkit.waiting import Waiting
from netkit.waiting.alike import Group
from netkit.wording import capital, cited, counted, day_words, is_missing, note_words, spoken, visible

_FEW = 4  # requests of each part that are listed where not all are asked for
_INDENT = "   "
_WORK = "netkit work"
_RESTS = {"defer": "Deferred", "ask": "Asked, and no reply yet"}
_NARROW = 40  # below this width a key has its line to itself


def show_triage(waiting: Waiting, *, every: bool = False, why: bool = False) -> None:
    """Print what waits: at most three lines a request, unless the whole reasons are asked for."""
    table = waiting.table
    if table.empty:
        say(_nothing_waits(waiting))
        _say_what_rests(waiting.history)
        return
    as_of = f" (archive of {day_words(waiting.history.as_of)})" if waiting.history.as_of else ""
    _say_head(f"{counted(len(table), 'invitation is', 'invitations are')} waiting{as_of}", waiting)
    explained: set[str] = set()
    for title, rows in _parts(waiting):
        _print_part(title, rows, explained, every=every, why=why)
    _say_what_rests(waiting.history)
    _say_what_came_of_them(waiting)
    _say_what_is_assumed(waiting, why=why)
    say_below(waiting.about_model or waiting.history.more.sentence)
    say_what_next(waiting, every=every)


def show_groups(waiting: Waiting, groups: Sequence[Group]) -> None:
    """Print what waits in groups that one answer serves, everybody in them named."""
    total = counted(len(waiting.table), "invitation is", "invitations are")
    _say_head(f"{total} waiting, in {counted(len(groups), 'group')}", waiting)
    for group in groups:
        _print_group(group)
    _say_what_is_assumed(waiting)
    say("Answer a whole group by any key of it, and take that back as one:")
    click.echo(f"{_INDENT}netkit decide KEY --group --fact name=level")
    click.echo(f"{_INDENT}netkit decide KEY undo --group")
    say("Leave out who is different with --except NAME. What your answer settles is decided as advised.")


def _nothing_waits(waiting: Waiting) -> str:
    if waiting.history.as_of is None:
        return "This workspace knows no archive yet. Read yours: netkit read ARCHIVE"
    return "No invitation is waiting for your answer. Your past: netkit history"


def _say_what_rests(history: History) -> None:
    """Print in one line each who is deferred, and whose reply you wait for; and until when."""
    if history.resting:
        console.print()
    for action, words in _RESTS.items():
        days = history.resting_by(action).items()
        said = [
            f"{visible(str(history.known.rows[request]['name']))} until {day_words(day)}"
            for request, day in islice(days, _FEW)
        ]
        more = f", and {len(days) - _FEW} more" if len(days) > _FEW else ""
        if said:
            say(f"{words}: {', '.join(said)}{more}.")


def _say_head(text: str, waiting: Waiting) -> None:
    """Print what waits, and by which policy it is judged, at the end of the line or below it."""
    policy = f"policy: {spoken(waiting.policy.name)}"
    room = console.width - 1 - cell_len(text) - cell_len(policy)
    say(f"{text}{' ' * room}{policy}" if room > 1 else text)
    if room <= 1:
        console.print(cut(policy, console.width))


def _say_what_to_add(waiting: Waiting) -> None:
    """Say how many questions other files of yours may answer, or how many who ask may be in them."""
    if waiting.unsaid:
        people = counted(len(waiting.unsaid), "sender")
        say(f"{people} may be people in your own files. Say so with one key each:")
        click.echo(f"{_INDENT}netkit evidence match")
    open_ones = [*waiting.leaning["find_out"], *waiting.asking["find_out"]]
    told = sum(not evidence_facts().isdisjoint(facts) for facts in open_ones)
    if told and not waiting.has_files:
        say(f"Your mail, calendar or address book may say whether you know {counted(told, 'sender')}:")
        click.echo(f"{_INDENT}netkit evidence add PATH")


def _print_group(group: Group) -> None:
    console.print()
    many = len(group.requests) > 1
    who = f"{len(group.requests)} alike" if many else visible(group.names[0])
    for line in _who_and_key(who, group.said, group.requests[0], console.width):
        console.print(line)
    answers = " · ".join(f"if {spoken(level)}: {to}" for level, to in group.leads_to.items())
    names = ", ".join(group.names) * many
    for text in (group.question or group.reason, answers, "" if any(group.evidence) else names):
        if text:
            say_below(visible(text))
    for name, found in zip(group.names, group.evidence, strict=True) if any(group.evidence) else ():
        say_below(visible(f"{name}: {found}" if many else found))


def show_counts(waiting: Waiting) -> None:
    """Print how many wait and how many of them can be answered, and the next command."""
    table, told = waiting.table, waiting.as_dict()
    say_contradicted(waiting.history)
    console.print()
    if table.empty:
        say(_nothing_waits(waiting))
        _say_what_rests(waiting.history)
        return
    say(f"{counted(len(table), 'invitation is', 'invitations are')} waiting for your answer.")
    unless, asking, aged = (told[each] for each in ("unless_you_say_more", "asking", "longer_than_usual"))
    oldest = told["longest_days"]
    for number, words in (
        (told["ready"], "can be answered now"),
        (unless, f"{'has' if unless == 1 else 'have'} advice that stands unless you know more"),
        (asking, f"{'needs' if asking == 1 else 'need'} {answers_words(waiting.asking['answers'])} from you"),
        (aged, f"{'is' if aged == 1 else 'are'} unanswered for long (the oldest for {_waited(oldest)})"),
    ):
        if number:
            say(f"{number:>6} {words}")
    _say_what_rests(waiting.history)
    _say_what_to_add(waiting)
    say(f"Answer them one by one: {_WORK}      See them all: netkit triage")


def answers_words(answers: pd.Series) -> str:
    """Return how many answers requests need, at most: where the next one leads is told with each question."""
    most = max(answers, default=1)
    if most == 1:
        return "one answer"
    return f"at most {most} answers{' each' if len(answers) > 1 else ''}"


def say_contradicted(history: History) -> None:
    """Print one line where what you recorded and the platform's record differ."""
    asked = list(history.contradicted.values())
    if len(asked) == 1:
        say(asked[0])
    elif asked:
        say(
            f"You and your record differ on {len(asked):,} invitations. The record counts until you say which"
            " is right: netkit history"
        )


def say_what_next(waiting: Waiting, *, every: bool = True) -> None:
    """Print how to answer, and where to see more."""
    rows = counted(len(waiting.table), "row")
    shown = max((len(part) for _, part in _parts(waiting)), default=0)
    more = "" if every or shown <= _FEW else f"      All {rows}: netkit triage --all"
    say(f"Answer them one by one: {_WORK}{more}")
    say("Everything about one: netkit show NAME      Why: netkit triage --why")


def _parts(waiting: Waiting) -> Iterator[tuple[str, pd.DataFrame]]:
    for title, rows in (
        ("Ready", waiting.ready),
        ("Advice, unless you know more", waiting.leaning),
        (_needed(waiting.asking["answers"]), waiting.asking),
        (_long(waiting.history), waiting.aged),
    ):
        if len(rows):
            yield f"{title}: {len(rows)}", rows


def _needed(answers: pd.Series) -> str:
    words = answers_words(answers)
    return "One answer needed" if words == "one answer" else f"Your answers needed ({words})"


def _long(history: History) -> str:
    """Return what has waited for long is called, with the time in which most acceptances come."""
    if isnan(history.delay_p95_days):
        return "Unanswered for long"
    days = max(1, ceil(history.delay_p95_days))
    return f"Unanswered for long (you accept 19 of 20 within {counted(days, 'day')})"


def _print_part(title: str, rows: pd.DataFrame, explained: set[str], *, every: bool, why: bool) -> None:
    console.print()
    console.print(Text(title), style="bold")
    for row in (rows if every else rows.head(_FEW)).to_dict(orient="records"):
        for line in _lines(row, console.width, explained, why=why):
            console.print(line)
    if not every and len(rows) > _FEW:
        say(f"{_INDENT}and {len(rows) - _FEW} more")


def _lines(row: Mapping[Any, Any], width: int, explained: set[str], *, why: bool) -> Iterator[Text]:
    """Yield the lines of one request: who, the advice and the key; why or what is asked; what they wrote."""
    name, key = visible(str(row["name"])), str(row["request"])
    leans = not is_missing(row["leans_to"])
    advice = str(row["said"]) if row["settled"] or leans else ""
    head = " · ".join(filter(None, [advice, _model(row)]))
    if (
        cell_len(f" {name}   {head}   {key} ") > width
    ):  # the name comes first; `show` tells how many are like it
        head = head.partition(": you ")[0]
    said = [row["reason"] if row["settled"] else row["question"]]
    if leans:
        whole = f"{head}, {row['unless']}" if head == advice else ""
        fits = whole and cell_len(f" {name}   {whole}   {key} ") <= width
        head, said = (whole, [row["because"]]) if fits else (head, [f"{capital(row['unless'])}."])
    elif row["evidence"] and not row["settled"]:  # what was found takes the line below the question
        said.append(row["evidence"])
        if not head and cell_len(f" {name}   {said[0]}   {key} ") <= width:
            head = said.pop(0)
    yield from _who_and_key(name, head, key, width)
    if why and leans:
        said = [*said, *(each for each in (row["because"], row["question"]) if each not in ("", *said))]
    clause = str(row["clause"] if row["settled"] else row["leans_by"])
    rests_on = row["reason"] if row["settled"] else row["because"] or f"{capital(row['unless'])}."
    if why and clause and rests_on not in said:
        said.append(f"It follows {cited(clause)}.")
    said.append(row["remark"])
    for text in filter(None, said):
        whole = f"{text} [{cited(clause)}]" if clause and text == rests_on else str(text)
        yield from _wrapped(whole if why else _first_sentences(str(text), width - len(_INDENT) - 1), width)
    for words in clause_words(clause) if why else ():
        if words not in explained:  # each once on a screen
            explained.add(words)
            yield from _wrapped(words, width)
    told = [day_words(row["sent_at"]), _waited(row["waited_days"]), note_words(row["note"])]
    yield cut(_INDENT + " · ".join(filter(None, told)), width)


def _who_and_key(name: str, head: str, key: str, width: int) -> Iterator[Text]:
    """Yield a line that ends with the key, which is never cut and has a line of its own at worst."""
    if width < _NARROW:
        yield cut(f" {name} {head}", width)
        yield Text(f"{_INDENT}{key}")
        return
    room = width - cell_len(key) - 3
    who = cut(name, max(room - cell_len(head) - 3, 12))
    line = cut(f" {who.plain}   {head}", room)
    line.stylize("bold", 0, 1 + len(who.plain))
    yield line.append(" " * (width - 1 - line.cell_len - cell_len(key)) + key)


def _wrapped(text: str, width: int) -> Iterator[Text]:
    """Yield a text that must be read whole, on as many lines as it takes."""
    for line in Text(visible(text)).wrap(console, max(width - len(_INDENT) - 1, 10)):
        line.rstrip()
        yield Text(_INDENT).append(line)


def cut(text: str, width: int) -> Text:
    """Return a text on one line, with an ellipsis where it is too long."""
    line = Text(visible(" ".join(text.splitlines())))
    line.truncate(width - 1, overflow="ellipsis")
    return line


def _model(row: Mapping[Any, Any]) -> str:
    """Return what the model says beside the advice, in words."""
    said = row.get("model_action")
    if is_missing(said) or (row["settled"] and is_missing(row["action"])):
        return ""
    agrees = row["settled"] and said == row["action"]
    return f"the model {'agrees' if agrees else f'says {spoken(str(said))}'}{_like_it(row)}"


def _like_it(row: Mapping[Any, Any]) -> str:
    """Return how many requests like this one were answered as the model says."""
    accepted = DECISIVE.get(row["model_action"]) == 1.0
    share = row["model_probability"] if accepted else 1 - row["model_probability"]
    return f": you {'accepted' if accepted else 'refused'} about {round(10 * share)} of 10 like this"


def _first_sentences(text: str, width: int) -> str:
    """Return as many whole sentences as have room, at least one."""
    first, *others = re.split(r"(?<=[.?!]) ", text)
    for sentence in others:
        if cell_len(f"{first} {sentence}") > width:
            break
        first = f"{first} {sentence}"
    return first


def _waited(days: object) -> str:
    return "" if is_missing(days) else counted(int(str(days)), "day")


def _say_what_came_of_them(waiting: Waiting) -> None:
    """Say once of each kind of request what came of it where you accepted."""
    if "came_of" in waiting.table and (
        told := waiting.table["came_of"].dropna().value_counts().index.tolist()
    ):
        console.print()
        say(f"What came of invitations like these within {outcome_days('window_days')} days:")
        for line in told:
            say_below(line)


def _say_what_is_assumed(waiting: Waiting, *, why: bool = False) -> None:
    """Say once what no file told, what is taken instead, and what to add; the reason where asked for."""
    console.print()
    for assumed in waiting.assumed:
        taken = assumed.value is not None
        head = f"No file tells this, so netkit assumes {spoken(str(assumed.value))}: " if taken else ""
        say(f"{head}{assumed.fact.question}{f' {assumed.because}' if why or not taken else ''}")
    _say_what_to_add(waiting)
