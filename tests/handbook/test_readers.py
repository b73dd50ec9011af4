"""Every page speaks to one reader, whom it names: who asks, who keeps a handbook, or who checks it."""

import pytest

from netkit.errors import FindingError
from netkit.findings.stamps import PROJECT
from netkit.handbook.readers import reader_of, readers, speaks_to_others

DOCS = PROJECT / "docs"
PAGES = sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_speaks_to_the_one_reader_it_names(name):
    assert list(speaks_to_others(DOCS / name)) == []


def page(folder, text):
    (folder / "page.md").write_text(text, encoding="utf-8")
    return folder / "page.md"


@pytest.mark.parametrize("front", ["", "---\ntitle: x\n---\n\n", "---\nreader: askr\n---\n\n"])
def test_a_page_that_does_not_say_who_it_speaks_to_is_refused(tmp_path, front):
    with pytest.raises(FindingError, match="Begin it with 'reader:' and one of these"):
        reader_of(page(tmp_path, f"{front}# What?\n"))


@pytest.mark.parametrize(
    ("reader", "text", "found"),
    [
        ("asker", "Add your archive first.", [(5, "your archive")]),
        ("asker", "```console\n$ netkit read\n```", [(6, "$")]),
        ("asker", "Run `netkit read`.", [(5, "`netkit")]),
        ("asker", "> your archive, says a letter\n\nI ask first.", []),
        ("owner", "If you like, ask me.", [(5, "ask me")]),
        ("owner", "Add your archive first.", []),
        ("analyst", "```console\n$ netkit read\n```", [(6, "$")]),
    ],
)
def test_what_speaks_to_somebody_else_is_found_with_its_line(tmp_path, reader, text, found):
    assert list(speaks_to_others(page(tmp_path, f"---\nreader: {reader}\n---\n\n{text}\n"))) == found


def test_each_reader_has_pages():
    assert {reader_of(DOCS / name) for name in PAGES} == set(readers())
