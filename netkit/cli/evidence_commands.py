"""Commands about evidence: add your mail, calendar and address book, see what was read, say who is meant."""

import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from netkit.cli.options import SOURCE, home_option, json_option
from netkit.cli.screen import one_key, print_json, run_counted, say, say_below
from netkit.errors import NetkitError
from netkit.evidence.addresses import canonical, employer_word
from netkit.evidence.traces import MOST, SMALL
from netkit.history import History, read_history
from netkit.history.found_by_name import find_request
from netkit.ledger import Ledger, open_ledger
from netkit.ledger.evidence_adding import add_file, added_sentences, own_addresses, proposal_sentences
from netkit.ledger.evidence_links import WORD, WORKS_AT, Pair
from netkit.wording import counted, day_words, join_or

_PROMPT = "   The same person? y yes, n another, s skip, ? more"
_KEYS = {"y": True, "n": False}


@click.group("evidence")
def _evidence_command() -> None:
    """Add your mail, calendar and address book: they know who you know. Headers only, and only here."""


@_evidence_command.command("add")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--me", multiple=True, metavar="ADDRESS", help="An e-mail address of yours; give all that you have had."
)
@click.option(
    "--small", type=click.IntRange(2, 1_000), default=SMALL, help="The most people that a small meeting has."
)
@click.option(
    "--most", type=click.IntRange(2, 1_000), default=MOST, help="The most people in a meeting that counts."
)
@home_option
@json_option
def _add_command(
    paths: tuple[Path, ...], me: tuple[str, ...], small: int, most: int, home: Path | None, as_json: bool
) -> None:
    """Read mail (mbox, Maildir, .eml, .olm), calendars, address books, guest lists, or a Takeout ZIP.

    netkit keeps who (as a keyed hash), how often, and when first and last: no text, no subject, no place, no
    name. Adding a PATH again replaces what it said before.
    """
    if most < small:
        raise NetkitError(
            f"--most {most} is less than --small {small}. Give a larger number, or leave it out."
        )
    with open_ledger(home) as ledger:
        ledger.evidence.add_own(own_addresses(me))
        added = [
            (
                path,
                add_file(
                    ledger,
                    path,
                    confirm=partial(_is_confirmed, path),
                    reading=run_counted,
                    sizes=(small, most),
                ),
            )
            for path in paths
        ]
        expired = ledger.remove_expired()
        history = read_history(ledger)
    if as_json:
        print_json([{"path": str(path), **vars(each)} for path, each in added])
        return
    for path, each in added:
        for sentence in added_sentences(path, each):
            say(sentence)
    for sentence in expired:
        say(sentence)
    _show_use(history)


def _is_confirmed(path: Path, addresses: list[str], known: bool) -> bool:
    said = join_or(addresses).replace(" or ", " and ")
    if sys.stdin.isatty():
        return click.confirm(f"{path.name} was delivered to {said}. Is that you?", default=True)
    if not known:
        say(f"Took {said} as yours: most of {path.name} is to or from there. More of yours: --me ADDRESS")
    return not known


def _show_use(history: History) -> None:
    """Say what the evidence answers among the invitations that wait."""
    waiting = history.waiting()["request"]
    told = [history.evidence_for(request) for request in waiting]
    sets, offers = sum(bool(each.sets) for each in told), sum(bool(each.offers) for each in told)
    wait = counted(len(waiting), "invitation")
    say(f"Of {wait} that wait, evidence sets a fact for {sets} and offers one for {offers}.")
    if offers:
        say("Say who is meant, one key each: netkit evidence match")


@_evidence_command.command("list")
@home_option
@json_option
def _list_command(home: Path | None, as_json: bool) -> None:
    """Show what you added, and how often netkit's proposals by name were right."""
    with open_ledger(home) as ledger:
        sources, proposals = ledger.evidence.sources(), ledger.evidence.proposals()
    if as_json:
        columns = ["id", "place", "kinds", "people", "read", "left_out", "added_at"]
        right, asked = (sum(pair[at] for pair in proposals.values()) for at in (0, 1))
        by_rule = {rule: {"asked": asked, "right": right} for rule, (right, asked) in proposals.items()}
        rows = sources[columns].to_dict("records")
        print_json({"sources": rows, "asked": asked, "right": right, "by_rule": by_rule})
        return
    if sources.empty:
        say("No evidence was added yet. Add your mail, calendar or address book: netkit evidence add PATH")
        return
    for row in sources.to_dict("records"):
        place = Path(row["place"])
        say(f"{row['id']:>3}  {place.name}: {row['kinds']}")
        people = counted(row["people"], "person", "people")
        say_below(f"{people} · added {day_words(row['added_at'])} · in {place.parent}", indent=5)
    for sentence in proposal_sentences(proposals):
        say(sentence)
    say("Remove one: netkit evidence remove NUMBER. Say who is meant: netkit evidence match.")


@_evidence_command.command("remove")
@click.argument("source")
@home_option
def _remove_command(source: str, home: Path | None) -> None:
    """Remove SOURCE (its number or its path) and everything it said; decisions keep what they rested on."""
    with open_ledger(home) as ledger:
        ledger.evidence.remove(_number(ledger, source))
    say(f"Removed {source}, and everything it said.")


def _number(ledger: Ledger, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    sources = ledger.evidence.sources()
    found = sources.loc[sources["place"] == str(Path(text).absolute()), "id"]
    if found.empty:
        raise NetkitError(f"There is no source {text!r}. See 'netkit evidence list' for the numbers.")
    return int(found.iloc[0])


@_evidence_command.command("match")
@click.argument("request", required=False)
@click.option("--all", "every", is_flag=True, help="Include invitations that you have answered.")
@home_option
def _match_command(request: str | None, every: bool, home: Path | None) -> None:
    """Say who is meant where only the name is the same: one key each, and you are never asked again.

    With REQUEST, netkit asks about that one again, even where it was sure, and you can correct it.
    """
    with open_ledger(home) as ledger:
        request = find_request(ledger, request, "invitation") if request else None
        history = read_history(ledger)
        if request and not ledger.evidence.askers([request]):
            raise NetkitError(f"The ledger has no invitation {request!r}. Take a key from 'netkit triage'.")
        wanted = [request] if request else (history.table if every else history.waiting())["request"]
        pairs = ledger.evidence.pairs(wanted, anew=bool(request))
        said = _ask(ledger, history, pairs)
    say(f"{counted(said, 'answer')} kept." if pairs else "There is nobody to ask about.")


def _ask(ledger: Ledger, history: History, pairs: list[Pair]) -> int:
    rows = history.table.set_index("request").to_dict("index")
    said = 0
    to_ask = list({(pair.person, pair.members): pair for pair in pairs[::-1]}.values())[::-1]
    for at, pair in enumerate(to_ask, 1):
        row = rows[pair.request]
        say(f"{at} of {len(to_ask)} · {row['name']} · asked {day_words(row['sent_at'])} · {pair.request}")
        say_below(pair.says or "Nothing is known from before this invitation.")
        say_below("So you said before." if pair.rule == WORD else f"Your files have {pair.rule}.")
        key = _key(pair)
        if key in _KEYS:
            _keep(ledger, history, pair, same=_KEYS[key])
            said += 1
    return said


def _keep(ledger: Ledger, history: History, pair: Pair, *, same: bool) -> None:
    """Keep an answer, and with a yes what you tell by it, where nothing else told it."""
    at, known = datetime.now(UTC), history.values_of(pair.request)
    with ledger.together():
        ledger.evidence.answer(pair.person, pair.members, same, proposed=pair.rule, at=at, source=SOURCE)
        for fact, level in pair.confirms.items():
            if same and fact in history.vocabulary and fact not in known:
                ledger.notes.add(pair.request, fact, level, at=at, source=SOURCE)


def _key(pair: Pair) -> str:
    """Ask for one key until it is a yes, a no, or a skip."""
    while True:
        key = one_key(_PROMPT, ["y", "n", "s", "?"])
        if key != "?":
            return key
        say_below(pair.more)


@_evidence_command.command("same")
@click.argument("request")
@click.argument("whose")
@home_option
def _same_command(request: str, whose: str, home: Path | None) -> None:
    """Say that WHOSE is the e-mail address of the sender of REQUEST, or where the sender works.

    An address links what your files say about it. A company, by its name or its mail domain, links who
    there has the sender's name, if that name is rare.
    """
    works_at = "@" not in whose
    word = employer_word(whose) if works_at else f"mail:{own_addresses((whose,))[0]}"
    if not word:
        raise NetkitError(
            f"{whose!r} names no company. Give its name or its mail domain, which is not open to everybody."
        )
    with open_ledger(home) as ledger:
        request = find_request(ledger, request, "invitation")
        asker = ledger.evidence.askers([request]).get(request)
        if asker is None:
            raise NetkitError(f"The ledger has no invitation {request!r}. Take a key from 'netkit triage'.")
        who, rule = [ledger.evidence.hashed(word)], WORKS_AT if works_at else WORD
        ledger.evidence.answer(asker.person, who, True, proposed=rule, at=datetime.now(UTC), source=SOURCE)
    say(
        f"Kept: the sender of {request} works at {whose}."
        if works_at
        else f"Kept: what your files say about {canonical(whose)} counts for {request}."
    )
