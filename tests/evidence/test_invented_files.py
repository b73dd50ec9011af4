"""The invented person's own files, read and matched: what is linked without asking is right, most are found."""

import shutil
from collections import defaultdict

import pytest

from netkit.demo import demo_home
from netkit.evidence import Owner
from netkit.evidence.addresses import canonical
from netkit.evidence.recognise import Source
from netkit.fictional import write_personal_files
from netkit.fictional.personal_files import AT_WORK, ME, acquaintances
from netkit.history import read_history
from netkit.ledger import open_ledger


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Return of every link its rule and whether it is right, and who is known and who was found."""
    home = tmp_path_factory.mktemp("home") / "demo"
    shutil.copytree(demo_home("plain"), home)
    files, x = sorted((home / "files").glob("*.zip"))
    owner = Owner(frozenset([ME, AT_WORK]))
    people = acquaintances(7, "plain")
    with open_ledger(home) as ledger:
        with Source(files) as source:
            kinds, told_owner = source.kinds, source.owner()
            ledger.evidence.add(files, kinds, source.read(owner), owner)
        with Source(x) as source:
            talks = source.kinds, source.read(owner).people
        history = read_history(ledger)
        key = dict(zip(history.table["request"], history.table["person"], strict=True))
        who = defaultdict(set)
        for person in people:
            who[ledger.evidence.hashed(f"mail:{canonical(person.address)}")].add(person.key)
        links = [
            (
                link.sure,
                key[request] in set().union(*(who.get(each, set()) for each in link.members)),
                key[request],
            )
            for request, link in ledger.evidence.links(ledger.evidence.askers()).by_request()
        ]
    known = {person.key for person in people if person.key and person.key in set(key.values())}
    return kinds, told_owner, links, known, talks


def test_the_files_are_of_every_kind_and_tell_whose_they_are(found):
    assert found[0] == ("mail", "calendar", "contacts")
    assert found[1] == {ME}


def test_the_archive_of_x_tells_with_whom_one_talked(found):
    kinds, people = found[4]
    assert kinds == ("X",)
    assert len(people) > 50
    assert all(person.names for person in people)
    assert {act.direction for person in people for act in person.acts} == {"sent", "received"}


def test_whoever_is_linked_without_asking_is_the_right_one(found):
    sure = [right for is_sure, right, _ in found[2] if is_sure]
    assert sure and all(sure)


def test_of_those_truly_known_most_are_linked_or_offered(found):
    reached = {person for _, right, person in found[2] if right}
    assert len(reached & found[3]) >= 0.85 * len(found[3])


def test_some_namesakes_are_asked_about_and_none_is_linked(found):
    wrong = [is_sure for is_sure, right, _ in found[2] if not right]
    assert wrong and not any(wrong)


def test_the_same_seed_writes_the_same_files(tmp_path):
    first, second = (
        [path.read_bytes() for path in write_personal_files(tmp_path / name, profile="plain")]
        for name in "ab"
    )
    assert first == second
