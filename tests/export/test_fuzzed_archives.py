"""Exports that nobody would write: whatever comes in, rows come back as they were or one sentence says why not."""

import pandas as pd
from exports import FIXTURES, zipped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netkit.errors import ExportError
from netkit.export import read_export

# One folder serves many examples of a test, which overwrite each other's archive.
RELAXED = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
HEADER = [
    "CONVERSATION ID",
    "CONVERSATION TITLE",
    "FROM",
    "SENDER PROFILE URL",
    "TO",
    "RECIPIENT PROFILE URLS",
    "DATE",
    "SUBJECT",
    "CONTENT",
    "FOLDER",
]
CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    ['"', '""', ",", "\n", "\r\n", "\r", '",\n"', "=1", "\x00", "\ufeff", "NA", "null", "1e5", " "]
)
EIGHT = sorted(path for path in (FIXTURES / "era-2026-03").iterdir())
SCRAPS = [b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"\xc3", b";", b"\t", b"31/12/2020", b"urn:li:member:1"]


def text_of(rows, *, quote_all):
    """Write rows as RFC 4180 has it."""

    def cell(text):
        if quote_all or any(sign in text for sign in ',"\r\n'):
            return '"' + text.replace('"', '""') + '"'
        return text

    return "".join(",".join(map(cell, row)) + "\n" for row in [HEADER, *rows])


@RELAXED
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6), st.booleans())
def test_any_text_comes_back_as_it_was(tmp_path, cells, quote_all):
    rows = [
        [conversation, "", name, "", "Mara", "", "2019-10-28 10:00:00 UTC", "", content, "INBOX"]
        for conversation, name, content in cells
    ]
    export = read_export(zipped(tmp_path / "a.zip", {"messages.csv": text_of(rows, quote_all=quote_all)}))
    read = export.tables["messages"]
    assert read["content"].fillna("").tolist() == [content for _, _, content in cells]
    assert read["conversation"].fillna("").tolist() == [conversation for conversation, _, _ in cells]


DAMAGE = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from(SCRAPS) | st.integers(1, 60)),
    min_size=1,
    max_size=6,
)


def damaged(data, damage):
    """Put scraps into a file, or cut pieces out of it."""
    for place, what in damage:
        at = int(place * len(data))
        data = data[:at] + what + data[at:] if isinstance(what, bytes) else data[:at] + data[at + what :]
    return data


@RELAXED
@given(st.sampled_from(EIGHT), DAMAGE)
def test_a_damaged_file_is_read_with_warnings_or_refused_in_one_sentence(tmp_path, victim, damage):
    files = {path.name: path.read_bytes() for path in EIGHT}
    files[victim.name] = damaged(files[victim.name], damage)
    try:
        export = read_export(zipped(tmp_path / "a.zip", files))
    except ExportError as refusal:
        assert "\n" not in str(refusal)
    else:
        assert isinstance(export.tables["messages"], pd.DataFrame)
        assert not export.tables["connections"]["person"].dropna().str.len().eq(0).any()


@RELAXED
@given(DAMAGE)
def test_a_damaged_archive_is_read_or_refused_in_one_sentence(tmp_path, damage):
    path = zipped(tmp_path / "a.zip", {path.name: path.read_bytes() for path in EIGHT})
    path.write_bytes(damaged(path.read_bytes(), damage))
    try:
        read_export(path)
    except ExportError as refusal:
        assert "\n" not in str(refusal)


@RELAXED
@given(st.binary(max_size=300))
def test_any_bytes_under_the_name_of_a_file_are_read_or_refused(tmp_path, data):
    try:
        export = read_export(zipped(tmp_path / "a.zip", {"Connections.csv": data}))
    except ExportError as refusal:
        assert "Connections.csv" in str(refusal)
    else:
        assert len(export.tables["connections"]) == 0
