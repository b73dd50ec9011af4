"""Who knows who asked, and when, learns nobody's answer from what is published: a solver tries every past.

The numbers are those of a real workspace: the notebooks run on it, and what they record passes the one door to a
public handbook. The attacker has all numbers of one publication, or of two between which one person was answered.
He is one of those who asked and was accepted; he knows this code, how many asked when, whom the answer in between
was for, and that nothing else changed. Every
past that fits all the numbers is possible; he learns an answer where no possible past has the other one.

What he cannot count with, who does not know the answers, stands in `UNUSED`: areas under curves, odds, savings,
points. Tables and pictures of own data are not published at all.
"""

import random
import re
import shutil
import sys
from datetime import datetime, timedelta
from functools import cache

import nbformat
import pytest
import z3
from exports import zipped
from invented_introductions import asked, go, made, march

from netkit import findings
from netkit.cli import run
from netkit.errors import NotEnoughError
from netkit.findings import NOT_YET, WITHHELD, Finding, read_findings
from netkit.findings.personal_words import guard_rules
from netkit.findings.rounding import Rounding, _subject, open_rounding
from netkit.findings.stamps import PROJECT, Evidence, workspace_evidence
from netkit.handbook.publishing import _project_words, _write_public_notebooks
from netkit.history import read_history
from netkit.ledger import open_ledger
from netkit.workspace_key import secret_file

OLD, YOUNG, INTRODUCTIONS = 35, 6, 7  # how many asked; Victor is one more
KEYS = range(5)
NO_DIGESTS = dict.fromkeys(("notebook", "code", "data", "lock"), "")
IN = "https://www.linkedin.com/in/"
ME = "Me,Self,,,,,,,,,,,\n"


def asked_on(place):
    """Old requests come every third day from June on, young ones in October; Victor's is the last."""
    start, step = (datetime(2023, 6, 1), 3 * place) if place < OLD else (datetime(2023, 10, 20), place - OLD)
    return start + timedelta(days=step)


def archive(folder):
    """Every third of the old requests was accepted, after up to twenty days."""
    invitations, connections = [], []
    for place in range(OLD + YOUNG + 1):
        day = asked_on(place)
        sent = f'"{day.month}/{day.day}/{day:%y}, 4:05 PM"'
        invitations.append(f"Qa{place} Zo,Me Self,{sent},,INCOMING,{IN}p{place},{IN}me\n")
        if place < OLD and place % 3 == 0:
            answered = day + timedelta(days=place % 5 * 5)
            connections.append(f"Qa{place},Zo,{IN}p{place},,,,{answered:%d %b %Y}\n")
    heads = {
        "Invitations.csv": "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl\n",
        "Connections.csv": "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n",
        "Profile.csv": "First Name,Last Name,Maiden Name,Address,Birth Date,Headline,Summary,Industry,Zip Code,Geo Location,Twitter Handles,Websites,Instant Messengers\n",
    }
    rows = {"Invitations.csv": invitations, "Connections.csv": connections, "Profile.csv": [ME]}
    files = {name: head + "".join(rows[name]) for name, head in heads.items()}
    return zipped(folder / "Complete_LinkedInDataExport_11-05-2023.zip", files)


def fill(home, folder, answers):
    """Read the archive, record answers to the first old requests without one, and seven introductions."""
    assert run(["read", str(archive(folder)), "--home", str(home)]) == 0
    with open_ledger(home) as ledger:
        waiting = read_history(ledger).waiting()
        for request, action in zip(waiting["request"], answers, strict=False):
            ledger.decisions.add(request, action, at=datetime(2023, 10, 30), source="me")
        for place in range(INTRODUCTIONS):
            request = asked(ledger, march(1), requester=f"Qb{place} Zo", contact=f"Qc{place} Zo")
            if place < 3:
                made(ledger, request, march(2), requester="useful", contact="useful")
            else:
                go(ledger, request, "declined", on=march(2))
    return home


def answer_victor(home, action):
    with open_ledger(home) as ledger:
        victor = read_history(ledger).table["request"].iloc[-1]
        ledger.decisions.add(victor, action, at=datetime(2023, 11, 6), source="me")


def run_notebooks(home, stored, patch):
    """Run the notebooks on a workspace, and keep what they record as their outputs."""
    patch.setenv("NETKIT_HOME", str(home))
    patch.chdir(PROJECT / "notebooks")
    recorded = []
    patch.setattr(findings, "_show", lambda data, text: recorded.append({**data, "text/plain": text}))
    own = workspace_evidence(home)
    own.notebooks.mkdir(exist_ok=True)
    for path in stored.all_notebooks():
        node, names = nbformat.read(path, as_version=4), {}
        cells = [cell for cell in node.cells if cell.cell_type == "code"]
        for cell in cells:
            cell.outputs = []
        try:
            for cell in cells:
                recorded.clear()
                exec(cell.source, names)
                cell.outputs = [nbformat.v4.new_output("display_data", each) for each in recorded]
        except NotEnoughError:
            pass  # the notebook ends here
        nbformat.write(node, own.notebooks / path.name)
        own.write_stamp(own.notebooks / path.name, NO_DIGESTS)


@pytest.fixture(scope="module", autouse=True)
def _rounding_alone():
    """What is tried first is the rounding, however few answers there are; the stamps are no subject here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(guard_rules()["fewest_answers"], "least", 0)
        patch.setattr(Evidence, "digests", lambda *_: NO_DIGESTS)
        yield


def publish(home, key):
    """Return what is published with one of many possible keys, by name."""
    stored = Evidence(home.parent / "stored", home.parent / "stamps")
    secret_file(home).parent.mkdir(exist_ok=True)
    secret_file(home).write_text(f"{key:064x}\n", encoding="ascii")
    own, public = workspace_evidence(home), workspace_evidence(home / "public")
    found = [each for path in own.all_notebooks() for each in read_findings(path).values()]
    _write_public_notebooks(own, stored, public, open_rounding(home, found), words())
    return {name: each for path in public.all_notebooks() for name, each in read_findings(path).items()}


@cache
def words():
    return _project_words()


# The attacker


class Past:
    """What may have been at the time of one publication, as counts of requests that he cannot tell apart."""

    def __init__(self, answered, introduced, others):
        parts = {part: z3.Sum([group[part] for group in answered.values()]) for part in PARTS}
        old, yes, no = answered["old"], parts["yes"], parts["no"]
        strong, silent = parts["connected"] + yes + no, parts["silent"]
        fresh = {
            name: z3.FreshInt(name) for name in ("linked", "dated", "weak", "waiting", "settled", "learned")
        }
        schools = [z3.FreshInt(name) for name in ("nearest", "house")]
        matched = parts["connected"] + fresh["linked"]
        known, useful, apart = introduced["known"], introduced["useful"], introduced["apart"]
        everybody, waiting = z3.IntVal(OLD + YOUNG + 1), fresh["waiting"]
        asked_for = z3.IntVal(INTRODUCTIONS)
        self.limits = [
            *(count >= 0 for count in [*fresh.values(), *schools]),
            fresh["linked"] <= yes, fresh["dated"] <= matched, fresh["settled"] <= waiting,
            fresh["weak"] <= old["silent"], waiting <= silent,
            fresh["learned"] <= strong, *(one <= strong for one in schools),
        ]  # fmt: skip
        self.counts = {
            "export_invitations": everybody, "export_connections": matched + others,
            "labels_strong": strong, "labels_refused": no, "labels_weak": fresh["weak"],
            "labels_open": silent - fresh["weak"], "triage_open": waiting, "triage_settled": fresh["settled"],
            "model_labels": fresh["learned"],
            "introductions_asked": asked_for, "introductions_known": known,
        }  # fmt: skip
        self.shares = {
            "export_matched_percent": matched, "accepted_percent": yes,
            "introductions_useful_percent": useful, "introductions_incomparable_percent": apart,
        }  # fmt: skip
        self.n = {
            r"export_delay.*": fresh["dated"], r"export_.*|labels_(strong|weak|open)": everybody,
            "labels_refused": strong, r"accepted_percent|facts_own_known_percent": yes + no,
            r"triage_.*": waiting, r"(model|points)_(?!strongest).*": fresh["learned"],
            "introductions_useful_percent": known, "introductions_incomparable_percent":
            asked_for - introduced["made"], r"introductions_.*": asked_for,
            "school_house_percent": schools[1], r"schools?_.*": schools[0],
        }  # fmt: skip

    def rests_on(self, name):
        return next((n for pattern, n in self.n.items() if re.fullmatch(pattern, name)), None)


LEAST = guard_rules()["fewest_answers"]["least"]
SUBJECTS = ("invitations", "introductions")
PARTS = ("connected", "yes", "no", "silent")
UNUSED = (
    r"facts_.*|leaks_.*|export_notes_percent|export_delay_p95_days|model_(effects|strongest.*)|points_.*"
    r"|schools?_.*|introductions_useful_(worst|best)_percent"
)


NEVER = "|".join(guard_rules()["never_published"])


class Attacker:
    """Collects what is published, and asks the solver what it leaves possible."""

    def __init__(self, *, rounds=True):
        self.rounds, self.solver = rounds, z3.Solver()

    def group(self, size, parts):
        counts = {part: z3.FreshInt(part) for part in parts}
        self.solver.add(*(count >= 0 for count in counts.values()))
        if parts == PARTS:
            self.solver.add(z3.Sum(list(counts.values())) == size)
        return counts

    def everybody(self):
        """Return what is the same at all publications, for only Victor is answered in between."""
        sizes = {"old": OLD - 1, "young": YOUNG}
        answered = {name: self.group(size, PARTS) for name, size in sizes.items()}
        answered["himself"] = only("connected")
        introduced = self.group(INTRODUCTIONS, ("made", "known", "useful", "apart"))
        made, known, useful, apart = introduced.values()
        self.solver.add(made <= INTRODUCTIONS, known <= made, useful <= known, apart <= INTRODUCTIONS - made)
        others = z3.FreshInt("others")
        self.solver.add(others >= 0)
        return answered, introduced, others

    def sees(self, published, past, draws):
        """Add what one publication tells; those with the same `draws` round equal counts alike."""
        fives, whole = self.mechanism(past, draws)
        self.solver.add(*past.limits)
        fewest = guard_rules()["fewest_answers"]
        for total in published.keys() & {*fewest["counted_by"].values()}:
            enough = whole(total, past.counts[total]) >= fewest["least"]
            self.solver.add(z3.Not(enough) if published[total].text == WITHHELD else enough)
        for name, found in published.items():
            if re.match(NEVER, name):
                assert found.text == WITHHELD, name
                continue
            assert re.fullmatch(UNUSED, name) or {name} & {*past.counts, *past.shares}, name
            n = past.rests_on(name)
            if found.text == NOT_YET and name in past.shares:
                self.solver.add(whole(name, n) == 0)
            elif found.text not in (NOT_YET, WITHHELD):
                if found.n is not None and n is not None:
                    self.solver.add(whole(name, n) == found.n)
                if name in past.counts:
                    said = whole if name in guard_rules()["known_totals"] else fives
                    self.solver.add(said(name, past.counts[name]) == found.value)
                elif name in past.shares:
                    self.solver.add(self.fits(found, fives(name, past.shares[name])))

    def fits(self, found, count):
        """Say which counts a share may have been made from; more than all is shown as all."""
        step = 5 if self.rounds else 1
        shares = {k: f"{100 * min(k, found.n) / found.n:.2g}" for k in range(0, found.n + 1, step)}
        fitting = [count == k for k, share in shares.items() if share == f"{found.value:.2g}"]
        return z3.Or(fitting + [count > found.n] * (found.value == 100))

    def mechanism(self, past, draws):
        """Return what counts, and what they are counted of, are published as: the door itself, without the key."""
        if not self.rounds:
            return (lambda _, count: count,) * 2
        drawn = {what: z3.Function(f"{what} {draws}", z3.IntSort(), z3.IntSort()) for what in SUBJECTS}
        named, known = guard_rules()["totals"], guard_rules()["known_totals"]
        parts = {}
        for total, names in named.items():
            counts = [past.counts[name] for name in names]
            parts[total] = [*zip(names, counts, strict=True), (total, past.counts[total] - z3.Sum(counts))]
            self.solver.add(parts[total][-1][1] >= 0)

        @cache
        def single(what, count):
            up = drawn[what](count)
            self.solver.add(up % 5 == 0, up - count <= 4, count - up <= 4)
            for most in (past.counts[total].as_long() for total in known if _subject(total) == what):
                self.solver.add(z3.Implies(count <= most, up <= most // 5 * 5))
            return up

        @cache
        def rounded(what, count, totals):
            if not totals:
                return single(what, count)
            *before, last = totals
            otherwise = rounded(what, count, tuple(before))
            if _subject(last) != what or last in known:
                return otherwise
            total = z3.Sum([rounded(_subject(name), part, tuple(before)) for name, part in parts[last]])
            return z3.If(count == past.counts[last], total, otherwise)

        def fives(name, count):
            return rounded(_subject(name), count, tuple(named))

        def whole(name, count):
            found = fives(name, count)
            for total in (one for one in known if _subject(one) == _subject(name)):
                found = z3.If(
                    count == past.counts[total], z3.Sum([fives(*part) for part in parts[total]]), found
                )
            return found

        def smallest(total):
            for name, part in parts[total]:
                yield from smallest(name) if name in parts and name != total else [(name, part)]

        for total in known:
            up = [
                z3.Or(part == 0, single(_subject(name), part) - part == 4) for name, part in smallest(total)
            ]
            self.solver.add(z3.Or(past.counts[total] == 0, z3.Not(z3.And(up))))
        return fives, whole

    def learns(self, groups):
        """Return every answer that somebody surely did not get."""
        assert self.solver.check() == z3.sat  # what really was is possible
        impossible = []
        for who, answers in groups.items():
            for what, possible in answers.items():
                self.solver.push()
                self.solver.add(possible)
                impossible += [f"{who}: not {what}"] if self.solver.check() == z3.unsat else []
                self.solver.pop()
        return impossible


def only(part):
    """A single person's part."""
    return {one: z3.IntVal(int(one == part)) for one in PARTS}


def attack(*publications, rounds=True, redrawn=True):
    """Return what is learned from one publication, or from two between which Victor was answered."""
    attacker = Attacker(rounds=rounds)
    answered, introduced, others = attacker.everybody()
    victor = attacker.group(1, PARTS)
    for place, published in enumerate(publications):
        last = published is publications[-1]
        past = Past({**answered, "Victor": victor if last else only("silent")}, introduced, others)
        attacker.sees(published, past, place * redrawn)
    if len(publications) > 1:
        attacker.solver.add(victor["silent"] == 0)
    people = {"old": answered["old"], "young": answered["young"], "Victor": victor}
    groups = {
        who: {"accepted": group["connected"] + group["yes"] >= 1, "declined": group["no"] >= 1}
        for who, group in people.items()
    }
    groups["introductions"] = {
        "made": introduced["made"] >= 1, "not made": introduced["made"] < INTRODUCTIONS,
    }  # fmt: skip
    return attacker.learns(groups)


# What was answered before, what Victor was answered, and the notebooks that run: all whose numbers speak of
# answers, but for the sixth, which needs more of them; then those that the first refusal shows in.
SCENARIOS = {
    "some were refused": (["accept", "decline"] * 5, "accept", "01 02 03 04 05 07 09"),
    "nobody was": ([], "decline", "01 04 05"),
}


@pytest.fixture(scope="module", params=SCENARIOS)
def homes(request, tmp_path_factory):
    """A workspace before and after Victor was answered, the notebooks run on both."""
    answers, to_victor, names = SCENARIOS[request.param]
    folder = tmp_path_factory.mktemp("homes")
    stored = Evidence(folder / "stored", folder / "stamps")
    stored.notebooks.mkdir()
    for path in sorted((PROJECT / "notebooks").glob("*.ipynb")):
        if path.name[:2] in names.split():
            (stored.notebooks / path.name).write_bytes(path.read_bytes())
    before, after = fill(folder / "before", folder, answers), folder / "after"
    shutil.copytree(before, after)
    answer_victor(after, to_victor)
    with pytest.MonkeyPatch.context() as patch:
        for home in (before, after):
            run_notebooks(home, stored, patch)
    return before, after


@pytest.mark.parametrize("key", KEYS)
def test_nobodys_answer_is_learned(homes, key):
    before, after = (publish(home, key) for home in homes)
    assert (attack(before), attack(after), attack(before, after)) == ([], [], [])


@pytest.mark.parametrize("homes", ["some were refused"], indirect=True)
def test_with_roundings_that_no_answer_draws_anew_the_answer_in_between_is_learned(homes, monkeypatch):
    monkeypatch.setattr("netkit.findings.rounding._answers_given", lambda _: {})
    published = [[publish(home, key) for home in homes] for key in KEYS]
    learned = [attack(*each, redrawn=False) for each in published]
    assert any(one.startswith("Victor: not") for each in learned for one in each)


def test_without_rounding_the_answer_in_between_is_learned(homes, monkeypatch):
    monkeypatch.setattr(Rounding, "fives", lambda *given: given[-1])
    learned = attack(*(publish(home, 0) for home in homes), rounds=False)
    assert any(one.startswith("Victor: not") for one in learned)


# Ledgers invented at random: the counts that notebooks would record, whatever made them so.


def any_of(rng, most):
    """Return a count, rather often none or all."""
    return rng.choice([0, most, rng.randint(0, most)])


def invent(rng):
    """Return what each group was answered, and counts of parts of those; sizes of groups, too."""
    groups = {}
    for name, size in (("old", OLD - 1), ("young", YOUNG)):
        shares = [rng.choice([0, 1, 1, 3, 9]) for _ in PARTS[1:]]
        drawn = rng.choices(PARTS, [1, *shares], k=size)
        groups[name] = {part: drawn.count(part) for part in PARTS}
    made = any_of(rng, INTRODUCTIONS)
    known = any_of(rng, made)
    introduced = (INTRODUCTIONS - made, known, any_of(rng, known), any_of(rng, INTRODUCTIONS - made))
    return groups, introduced, rng.randint(0, 4), [rng.choice([0, 1, rng.random()]) for _ in range(6)]


def recorded(groups, introduced, others, draws, to_victor):
    """Return the findings of such a ledger; what is drawn is the same before and after Victor was answered."""
    sums = {
        part: sum(group[part] for group in groups.values()) + (part == to_victor) + (part == "connected")
        for part in PARTS
    }
    strong, silent = sums["connected"] + sums["yes"] + sums["no"], sums["silent"]
    linked, weak, waiting, settled, learned, house = draws
    matched = sums["connected"] + int(linked * sums["yes"])
    weak, waiting = int(weak * groups["old"]["silent"]), int(waiting * silent)
    not_made, known, useful, apart = introduced
    everybody, answered = OLD + YOUNG + 1, sums["yes"] + sums["no"]

    def one(name, value, n):
        return Finding.of(name, value if n or isinstance(value, int) else None, n=n, data="own")

    return [
        one("export_invitations", everybody, everybody),
        one("export_connections", matched + others, everybody),
        one("export_matched_percent", 100 * matched / everybody, everybody),
        one("labels_strong", strong, everybody), one("labels_weak", weak, everybody),
        one("labels_open", silent - weak, everybody), one("labels_refused", sums["no"], strong),
        one("accepted_percent", 100 * sums["yes"] / max(answered, 1), answered),
        one("triage_open", waiting, waiting), one("triage_settled", int(settled * waiting), waiting),
        one("model_labels", int(learned * strong), int(learned * strong)),
        one("school_house_percent", 50.0, int(house * strong)),
        one("introductions_asked", INTRODUCTIONS, INTRODUCTIONS),
        one("introductions_known", known, INTRODUCTIONS),
        one("introductions_useful_percent", 100 * useful / max(known, 1), known),
        one("introductions_incomparable_percent", 100 * apart / max(not_made, 1), not_made),
    ]  # fmt: skip


@pytest.fixture
def invented(monkeypatch):
    """Return with the least number of answers what is published of a random ledger of some size, before and after Victor was answered."""

    monkeypatch.setitem(guard_rules()["fewest_answers"], "least", LEAST)

    def publications(seed, least, most):
        rng = random.Random(seed)
        for name, low, high in (("OLD", least, most), ("YOUNG", 1, 9), ("INTRODUCTIONS", 1, 45)):
            monkeypatch.setattr(sys.modules[__name__], name, rng.randint(low, high))
        told, to_victor, key = invent(rng), rng.choice(["yes", "no"]), rng.randbytes(2)
        for turn, answer in enumerate(["silent", to_victor]):
            found = recorded(*told, answer)
            door = Rounding(found, key, {"invitations": str(turn), "introductions": ""})
            yield {each.name: door.published(each, words()) for each in found}

    return publications


@pytest.mark.parametrize("seed", range(8))
def test_nobodys_answer_is_learned_from_a_small_ledger(invented, seed):
    before, after = invented(seed, 28, 40)
    assert (attack(before), attack(after), attack(before, after)) == ([], [], [])


def test_of_a_handful_of_requests_nothing_is_published(invented):
    told = [each for seed in range(20) for one in invented(seed, 2, 12) for each in one.values()]
    assert {each.text for each in told if _subject(each.name) == "invitations"} == {WITHHELD}


def test_with_no_least_number_of_answers_some_would_be_learned(invented, monkeypatch):
    monkeypatch.setitem(guard_rules()["fewest_answers"], "least", 0)
    before, after = invented(33, 2, 4)
    assert attack(before, after) == ["Victor: not declined"]
