"""Tables of other people's making: each is read, or refused in one plain sentence with row and column."""

import datetime
import gzip
import subprocess
import sys

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import netkit
from netkit.cli import run
from netkit.comparison import compare_judges
from netkit.errors import ModelError, NetkitError, NotEnoughError, TableError
from netkit.model import fit_model
from netkit.tables import read_labelled
from netkit.tables.mapping import TableMapping

HEAD = "accepted,date,url,sells,words\n"
ROWS = "yes,2024-03-05,/in/ada-l,no,12\nno,2024-03-06,/in/bo-k,yes,40\nyes,2024-03-07,/in/cy-d,,3\n"


def saved(tmp_path, text, name="mine.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


READ = {
    "plain": (HEAD + ROWS, {"sells": ["no", "yes", None], "words": [12, 40, 3]}),
    "semicolons and decimal commas": (
        "angenommen;Anteil\nja;0,5\nnein;1,25\nja;2\n",
        {"anteil": ["under 1", "1 to under 1.5", "1.5 or more"]},
    ),
    "thousands with points": (
        "ok,eur\nyes,\"1.234,50\"\nno,\"12,25\"\nyes,7\n".replace("ok", "label"),
        {"eur": ["420 or more", "10.5 to under 420", "under 10.5"]},
    ),
    "thousands with commas": (
        'label,views\nyes,"1,234"\nno,"2,000,000"\nyes,7\n', {"views": [1234, 2_000_000, 7]}
    ),
    "thousands with blanks": ("label;views\nyes;1 234\nno;12 000\nyes;7\n", {"views": [1234, 12_000, 7]}),
    "negatives, a true minus and brackets": (
        "label,change\nyes,-2\nno,−1\nyes,(3)\nno,4\n",
        {"change": ["-2 to under -1", "-1 or more", "under -2", "-1 or more"]},
    ),
    "shares in per cent": (
        "label,share\nyes,10 %\nno,45%\nyes,99 %\n",
        {"share": ["under 33.3 %", "33.3 % to under 63 %", "63 % or more"]},
    ),
    "days of a spreadsheet": ("label,date,x\nyes,45356,a\nno,45357,b\n", {"x": ["a", "b"]}),
    "days with the month named": ("label,date,x\nyes,5-Mar-24,a\nno,6. März 2024,b\n", {"x": ["a", "b"]}),
    "the day first, as one cell shows": ("label,date,x\nyes,3/4/2024,a\nno,31/3/2024,b\n", {"x": ["a", "b"]}),
    "oui and non": ("accepté,connu\noui,vrai\nnon,faux\n", {"connu": ["yes", "no"]}),
    "sí and no": ("aceptado,conocido\nsí,no\nno,sí\n", {"conocido": ["no", "yes"]}),
    "ja and nein": ("zugesagt;bekannt\nJa;WAHR\nNein;FALSCH\n", {"bekannt": ["yes", "no"]}),
    "labels of two words": ("decision,x\nhired,a\nrejected,b\n", {"x": ["a", "b"]}),
    "labels of two words of one's own": ("label,x\nWarm,a\nCold,b\n", {"x": ["a", "b"]}),
    "missing labels": (HEAD + ROWS + ",2024-03-08,/in/di-e,no,5\n", {"sells": ["no", "yes", None], "words": [12, 40, 3]}),
    "missing values in many spellings": (
        "label,x,n\nyes,NA,1\nno,a,n/a\nyes,?,3\nno,b,\n", {"x": [None, "a", None, "b"], "n": [1, None, 3, None]}
    ),
    "a row twice, word for word": ("label,id,x\nyes,r1,a\nno,r2,b\nno,r2,b\n", {"x": ["a", "b"]}),
    "tabs and UTF-16": ("label\tx\nyes\tä\nno\tб\n".encode("utf-16"), {"x": ["ä", "б"]}),
    "UTF-16 without its mark": ("label\tx\nyes\ta\nno\tb\n".encode("utf-16-le"), {"x": ["a", "b"]}),
    "letters of Windows": (
        "label;Größe\nyes;kürzer – „où?“\nno;5 € l’été\n".encode("cp1252"), {"grösse": ["kürzer – „où?“", "5 € l’été"]}
    ),
    "a file appended to another, with its heading": (
        "accepted,known\nyes,yes\nno,no\naccepted,known\nyes,yes\n", {"known": ["yes", "no", "yes"]}
    ),
    "a title above the heading": (
        "Requests of 2024;;\nfrom our own list\n\naccepted;known;share\nyes;yes;0,5\nno;no;1,5\n",
        {"known": ["yes", "no"], "share": ["under 0.833", "1.17 or more"]},
    ),
    "commas in the cells of a table with semicolons": (
        "label;a, b, c;x\nyes;0,5;Bern, Bümpliz, West\nno;1,5;Chur\n",
        {"a_b_c": ["under 0.833", "1.17 or more"], "x": ["bern, bümpliz, west", "chur"]},
    ),
    "days without dashes": ("label,date,x\nyes,20240305,a\nno,20241231,b\n", {"x": ["a", "b"]}),
    "amounts after their currency": ("label;x\nyes;CHF 12.50\nno;EUR 3.50\n", {"x": ["9.5 or more", "under 6.5"]}),
    "what a spreadsheet could not count": ("label,n\nyes,#DIV/0!\nno,#BEZUG!\nyes,3\nno,4\n", {"n": [None, None, 3, 4]}),
    "a mark of bytes": ("\ufefflabel,x\nyes,a\nno,b\n", {"x": ["a", "b"]}),
    "the separator told above the heading": ("sep=;\nlabel;x\nyes;1,5\nno;2,5\n", {"x": ["under 1.83", "2.17 or more"]}),
    "the numbers of rows without a name": (",label,x\n0,yes,a\n1,no,b\n", {"x": ["a", "b"]}),
    "postcodes and long keys are no amounts": (
        "label,zip,key2\nyes,01234,12345678901234567890\nno,98765,12345678901234567891\n",
        {"zip": ["01234", "98765"], "key2": ["12345678901234567890", "12345678901234567891"]},
    ),
    "blanks after the separator": ('label, x\nyes, "a, b"\nno, c\n', {"x": ["a, b", "c"]}),
    "a number below one tells the decimals": (
        "label;x\nyes;0.567\nno;1.234\n", {"x": ["under 0.789", "1.01 or more"]}
    ),
    "telephone numbers are no amounts": (
        "label,desk\nyes,+49 170 1234567\nno,+49 170 7654321\n", {"desk": ["+49 170 1234567", "+49 170 7654321"]}
    ),
    "a heading over two lines": ('label,"a\nb"\nyes,x\nno,y\n', {"a_b": ["x", "y"]}),
    "line breaks in a cell": ('label,x\nyes,"a\nb"\nno,c\n', {"x": ["a b", "c"]}),
    "a column of names is left out": ("label,Candidate name,Age,x\nyes,Ada,30,a\nno,Bo,40,b\n", {"x": ["a", "b"]}),
    "a level that nobody may see": ("label,who,x\nyes,Female,a\nno,Male,b\n", {"x": ["a", "b"]}),
    "a text of many words is left out": (
        f"label,note,x\nyes,{'word ' * 20},a\nno,short,b\n", {"x": ["a", "b"]}
    ),
    "days before the request": (
        "label,date,last mail\nyes,2024-03-05,2024-03-01\nno,2024-03-06,2024-03-06\n", {"last_mail": [4, 0]}
    ),
    "days after the request are left out": (
        "label,date,reply,x\nyes,2024-03-05,2024-05-01,a\nno,2024-03-06,2024-03-01,b\n", {"x": ["a", "b"]}
    ),
}  # fmt: skip

REFUSED = {
    "one kind of label": ("label,x\nyes,a\nyes,b\n", "'label': the label means yes in every row"),
    "no label at all": ("label,x\n,a\nNA,b\n", "no row has a label"),
    "a third answer": ("label,x\nyes,a\nno,b\nperhaps,c\n", "row 4, column 'label': 'perhaps'"),
    "ids twice": ("label,id,x\nyes,r1,a\nno,r2,b\nyes,r1,c\n", "row 4, column 'id': 'r1' names the request of row 2"),
    "a word among numbers": (
        "label,words\n" + "yes,3\nno,7\n" * 5 + "yes,many\n", "row 12, column 'words': 'many' is no number, as the other cells are. Correct the cell, or leave it empty.",
    ),
    "two marks of decimals": ('label,x\nyes,1.5\nno,"2,25"\nyes,3.5\n', "row 3, column 'x': '2,25' has a decimal comma"),
    "shares and numbers": ("label,x\nyes,10 %\nno,3\nyes,4\n", "row 2, column 'x': '10 %' is a share in per cent"),
    "day and month that could be swapped": (
        "label,date,x\nyes,3/4/2024,a\nno,5/6/2024,b\n", "row 2, column 'date': day and month could be swapped",
    ),
    "a day that is none": ("label,date,x\nyes,2024-03-05,a\nno,soon,b\n", "row 3, column 'date': 'soon' is no day"),
    "a day missing": ("label,date,x\nyes,2024-03-05,a\nno,,b\n", "row 3, column 'date': the day is missing"),
    "more columns than anybody asks about": (
        ",".join(["label", *map("c{}".format, range(500))]) + "\nyes" + ",1" * 500 + "\n",
        "has 501 columns, and up to 500 are read. Leave out those",
    ),
    "a ragged row": ("label,x\nyes,a\nno,b,c\n", "row 3: 3 cells, where the heading has 2 columns"),
    "a heading twice": ("label,x,x\nyes,a,b\nno,c,d\n", "the columns 2 and 3 are both called 'x'"),
    "a column without a heading": ("label,,x\nyes,a,b\nno,c,d\n", "row 1: column 2 has no name"),
    "no label column": ("a,b\n1,2\n3,4\n", "has no column that is called like a label"),
    "a heading alone": ("label,x\n", "has no rows below its heading"),
    "empty": ("", "has no rows below its heading"),
    "nothing but the label": ("label\nyes\nno\n", "has no column that can be a fact"),
    "Polish letters of Windows": ("label,x\nyes,a\nno,żółty\n".encode("cp1250"), "row 3: a letter is not written in UTF-8"),
    "Cyrillic letters of Windows": ("label,x\nyes,да\nno,b\n".encode("cp1251"), "row 2: a letter is not written in UTF-8"),
    "letters of an old Macintosh": ("label,x\nyes,größer\nno,b\n".encode("mac_roman"), "row 2: a letter is not written in UTF-8"),
    "letters of DOS": ("label,x\nyes,größer\nno,b\n".encode("cp850"), "row 2: a letter is not written in UTF-8"),
    "Japanese letters": ("label,x\nyes,はい\nno,b\n".encode("shift_jis"), "row 2: a letter is not written in UTF-8"),
    "two encodings in one": ("label,x\nyes,ä\n".encode() + "no,Jörg\n".encode("cp1252"), "row 3: a letter is not written in UTF-8"),
    "a heading twice and nothing else": ("label,x\nlabel,x\n", "has no rows below its heading"),
    "a quotation mark left open": ('label,x\nyes,"a\nno,b\n', "a quotation mark is not closed"),
    "no text": (b"\0\1\2label", "is no table of text"),
    "packed": (gzip.compress(b"label,x\nyes,a\nno,b\n"), "is no table of text"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "is no table of text"),
    "a page": ("<!DOCTYPE html>\n<table><tr><td>label, x</td></tr></table>\n", "is no table of text"),
    "JSON": ('[{"label": "yes", "x": 3},\n{"label": "no", "x": 4}]', "is no table of text"),
    "a heading that lacks a name": ("label,date,x\nyes,2024-03-05,a,b\nno,2024-03-06,c,d\n", "row 2: 4 cells, where the heading has 3 columns"),
}  # fmt: skip


NOTED = {
    "'views' '3,725' counts as 3.725: nothing in the column tells": "label;views\nyes;3,725\nno;1,250\n",
    "'views' '3,725' counts as 3725: nothing": 'label,views\nyes,"3,725"\nno,"1,250"\n',
    "'seen' may hold a spreadsheet's days": "label,date,seen\nyes,45356,45300\nno,45357,45311\n",
    "1 request lies in the future": "label,date,x\nyes,2024-03-05,a\nno,2099-03-06,b\n",
    "1 row stands above the heading, and tells nothing": "# a list\nlabel,date,x\nyes,2024-03-05,a\nno,2024-03-06,b\n",
}  # fmt: skip


@pytest.mark.parametrize("says", NOTED)
def test_what_may_be_meant_otherwise_is_said(says, tmp_path):
    assert any(says in note for note in read_labelled(saved(tmp_path, NOTED[says])).notes)


@pytest.mark.parametrize(
    "engine", [pl.from_pandas, pa.Table.from_pandas, lambda frame: duckdb.sql("from frame")]
)
def test_a_frame_of_any_engine_is_read(engine):
    frame = pd.DataFrame({"label": [1, 0], "x": ["a", "b"]})
    assert read_labelled(engine(frame)).facts["x"].tolist() == ["a", "b"]


@pytest.mark.parametrize("source", [None, {"label": [1]}, np.zeros((2, 2)), pd.Series([1])])
def test_what_is_no_table_is_refused(source):
    with pytest.raises(TableError, match=f"{type(source).__name__} is no table. Name a file"):
        read_labelled(source)


def test_ranges_begin_at_round_numbers():
    table = read_labelled(pd.DataFrame({"label": [1, 0] * 2, "change": [-3.5, 5e-17, 2, 4]}))
    assert table.vocabulary["change"].levels[0] == "under 0"


@pytest.mark.parametrize("case", READ)
def test_a_table_is_read(case, tmp_path):
    text, expected = READ[case]
    table = read_labelled(saved(tmp_path, text))
    assert list(table.facts)[1:] == list(expected)
    for name, values in expected.items():
        found = [None if pd.isna(value) else value for value in table.facts[name]]
        assert found == values
    assert len(table.labels) == len(table.facts) and set(table.labels) == {0.0, 1.0}
    assert table.facts["request"].tolist() == table.labels.index.tolist()
    # What is written for its owner to correct says the same.
    again = saved(tmp_path, table.mapping.text("mine.csv"), "mine.mapping.yaml")
    back = read_labelled(tmp_path / "mine.csv", mapping=again)
    pd.testing.assert_frame_equal(back.facts, table.facts)
    pd.testing.assert_series_equal(back.labels, table.labels)
    assert back.vocabulary == table.vocabulary


@pytest.mark.parametrize("case", REFUSED)
def test_a_table_is_refused_in_plain_words_from_python_and_the_command_line(case, tmp_path, capsys):
    text, says = REFUSED[case]
    path = saved(tmp_path, text)
    with pytest.raises(NetkitError) as refused:
        read_labelled(path)
    assert says in str(refused.value) and str(refused.value).endswith(".")
    assert run(["compare", "--table", str(path)]) == 2
    assert says in " ".join(capsys.readouterr().err.split())


def test_an_answer_that_nothing_tells_is_taken_and_said(tmp_path):
    path = saved(tmp_path, READ["labels of two words of one's own"][0])
    table = read_labelled(path)
    assert "'warm' counts as yes" in table.notes[0]
    other = read_labelled(path, yes="Cold")
    assert other.labels.tolist() == [0.0, 1.0] and other.notes == ()
    with pytest.raises(TableError, match="no cell says 'tepid'"):
        read_labelled(path, yes="tepid")


@pytest.mark.parametrize(
    ("word", "other"),
    [("yes", "no"), ("hired", "rejected"), ("won", "lost"), ("1", "0"), ("1", "-1"), ("TRUE", "FALSE"),
     ("happy", "unhappy"), ("seen", "not seen"), ("oui", "non"), ("да", "нет"), ("accepted", "other"),
     ("other", "declined"), ("2", "1")],
)  # fmt: skip
def test_of_two_words_the_one_that_means_yes_is_found(word, other):
    for labels in ([word, other], [other, word]):
        table = read_labelled(pd.DataFrame({"label": labels, "x": ["a", "b"]}))
        assert table.labels.tolist() == [float(one == word) for one in labels]


def test_outcomes_of_introductions_come_in_the_same_way():
    frame = pd.DataFrame({"outcome": ["useful", "neutral", "no_show", None], "x": list("aabb")})
    table = read_labelled(frame, kind="introduction")
    assert table.labels.tolist() == [1.0, 0.0, 0.0] and table.vocabulary.kind == "introduction"


FRAMES = {
    "bool": (pd.Series([True, False] * 15), ["yes", "no"]),
    "boolean": (pd.array([True, None, False] * 10, dtype="boolean"), ["yes", "no"]),
    "zeros and ones": (pd.Series([1, 0] * 15), ["yes", "no"]),
    "Int64": (pd.array([1, None, 30] * 10, dtype="Int64"), None),
    "Float64": (pd.array([-1.5, None, 0.5] * 10, dtype="Float64"), ["under 0.5", "0.5 or more"]),
    "float": (pd.Series([0.25, np.nan, 0.75] * 10), ["under 0.75", "0.75 or more"]),
    "category": (pd.Categorical(["low", "high", None] * 10, categories=["low", "high"]), ["low", "high"]),
    "string": (pd.array(["a", None, "b"] * 10, dtype="string"), ["a", "b"]),
    "objects of many sorts": (pd.Series([True, "no", None] * 10, dtype="object"), ["yes", "no"]),
    "days": (pd.Series([datetime.date(2023, 12, 31), None, datetime.date(2023, 1, 1)] * 10), None),
    "moments": (pd.Series(pd.date_range("2023-01-01", periods=30, freq="8D", tz="Europe/Berlin")), None),
    "lists of arrow": (
        pd.Series([["a"], None, ["b"]] * 10, dtype=pd.ArrowDtype(pa.list_(pa.string()))), ["['a']", "['b']"]
    ),
    "lists": (pd.Series([["a"], None, ["b"]] * 10), ["['a']", "['b']"]),
    "tables and arrays": (pd.Series([{"a": 1}, np.array([1]), None] * 10), ["[1]", "{'a': 1}"]),
    "complex numbers": (pd.Series([1j, 2j] * 15), ["1j", "2j"]),
    "halves of letters": (pd.Series(["a\ud83d", "b"] * 15, dtype="object"), ["a?", "b"]),
    "pyarrow": (pd.array([1.5, None, -2.5] * 10, dtype="double[pyarrow]"), ["under 1.5", "1.5 or more"]),
}  # fmt: skip


@pytest.mark.parametrize("dtype", FRAMES)
def test_columns_of_every_make_are_judged_and_fitted(dtype):
    values, levels = FRAMES[dtype]
    frame = pd.DataFrame(
        {"label": pd.array([1, 0, 1, 0, 0] * 6, dtype="boolean"), "x": values,
         "time": pd.date_range("2024-01-01", periods=30, freq="D")}
    )  # fmt: skip
    table = netkit.read_labelled(frame)
    fact = table.vocabulary["x"]
    assert list(fact.levels or []) == (levels or [])
    assert compare_judges(table, origins=2, curve=False).labels == 30
    assert fit_model(table).encoder.reference["x"]


GOOD = pd.DataFrame(
    {"request": [f"r{at}" for at in range(60)], "sells": ["yes", "no"] * 30,
     "seen": [True, False, False] * 20, "share": np.linspace(-1, 1, 60)}
)  # fmt: skip
LABELS = pd.Series([0, 1] * 30)
DAYS = pd.Series(pd.date_range("2024-01-01", periods=60, tz="UTC"))
QUICK = {"origins": 2, "curve": False}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"facts": GOOD.assign(request="a")}, "rows 1 and 2 are both the request 'a'"),
        ({"facts": GOOD[["sells"]]}, "no column 'request'"),
        ({"labels": LABELS[:40]}, "There are 40 values for 60 requests"),
        ({"labels": LABELS.map({0: "n", 1: "y"})}, "The value 'n' in row 1 is no number"),
        ({"labels": LABELS * 2}, "label is 2"),
        ({"labels": LABELS.where(LABELS > 1)}, "No request has a label"),
        ({"times": DAYS[:40]}, "There are 40 values for 60 requests"),
        ({"times": DAYS.where(DAYS.index > 4)}, "The request 'r0' has no time"),
        (
            {"times": DAYS.astype("str").replace("2024-01-03 00:00:00+00:00", "soon")},
            "row r2, column 'time': 'soon'",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused_by_what_was_seen(given, says):
    parts = {"facts": GOOD, "labels": LABELS, "times": DAYS, **given}
    with pytest.raises(NetkitError, match=says.replace("(", r"\(")):
        compare_judges(parts["facts"], parts["labels"], parts["times"], **QUICK)


def test_missing_labels_are_left_out_alike_and_said():
    partly = LABELS.astype("Int64").where(LABELS.index > 5)
    found = compare_judges(GOOD, partly, DAYS, **QUICK)
    assert found.labels == 54 and found.notes == (
        "6 requests are left out: no answer with facts is known of them.",
    )
    table = read_labelled(GOOD.assign(label=partly))
    fitted = fit_model(
        GOOD[["request", "sells"]],
        partly,
        read_labelled(GOOD[["request", "sells"]].assign(label=LABELS)).vocabulary,
    )
    assert fitted.notes[-1] == found.notes[0]
    assert table.notes[0] == "6 rows without a label are left out."


@pytest.mark.parametrize("key", ["request", "row"])
def test_both_align_by_index_alike(key):
    shuffled = LABELS.set_axis(GOOD["request"]) if key == "request" else LABELS
    shuffled = shuffled.sample(frac=1, random_state=1)
    words = read_labelled(GOOD.assign(label=LABELS)).vocabulary
    facts = read_labelled(GOOD.assign(label=LABELS)).facts
    assert fit_model(facts, shuffled, words).to_json() == fit_model(facts, LABELS, words).to_json()
    one, two = (compare_judges(GOOD, labels, DAYS, **QUICK).as_dict() for labels in (shuffled, LABELS))
    assert str(one) == str(two)


def test_bands_are_thirds_or_yours():
    frame = pd.DataFrame({"label": [1, 0, 1, 0], "words": [0, 3, 20, 90], "share": [-1.0, 0.0, 0.5, 2.0]})
    table = read_labelled(frame, bands={"words": [1, 15], "share": [0]})
    assert table.vocabulary["words"].bands == (1, 15)
    assert table.facts["share"].tolist() == ["under 0", "0 or more", "0 or more", "0 or more"]
    with pytest.raises(TableError, match="no column 'wrods'"):
        read_labelled(frame, bands={"wrods": [1]})


def test_a_fact_that_tells_every_label_is_named():
    frame = pd.DataFrame({"label": [1, 0] * 10, "stage": ["done", "lost"] * 10, "x": list("aabb") * 5})
    assert any("'stage' alone tells every label" in note for note in read_labelled(frame).notes)


WRONG_MAPPINGS = {
    "table:\n  lable: x": "line 2: 'lable' is not known",
    "facts:\n  a:\n    levels: [yes, no]": "line 2: the fact 'a' has no column",
    "facts:\n  a:\n    column: sells": "needs either levels or bands",
    "facts:\n  a:\n    column: sells\n    levels: [yes]": "two or more different levels",
    "facts:\n  a:\n    column: sells\n    bands: [3, 1]": "bands in ascending order",
    "facts:\n  a:\n    column: sels\n    levels: [yes, no]": "Did you mean 'sells'",
    "facts:\n  a:\n    column: words\n    levels: [few, many]": "row 2, column 'words': '12' is no level of a",
    "facts:\n  a:\n    column: sells\n    bands: [1]": "'no' is no number, as the other cells are. Correct the cell, or give the fact levels in the mapping",
    "facts:\n  persons_age:\n    column: words\n    bands: [1]": "never a fact about a sender",
    "a: [": "mine.mapping.yaml",
}


@pytest.mark.parametrize("text", WRONG_MAPPINGS)
def test_a_wrong_mapping_is_refused_with_its_place(text, tmp_path):
    table = saved(tmp_path, HEAD + ROWS)
    with pytest.raises(NetkitError, match=WRONG_MAPPINGS[text].replace("[", r"\[")):
        read_labelled(table, mapping=saved(tmp_path, text, "mine.mapping.yaml"))


def test_a_corrected_mapping_is_what_counts(tmp_path):
    table = saved(tmp_path, HEAD + ROWS)
    first = read_labelled(table)
    text = (
        first.mapping.text("mine.csv")
        .replace("bands: [1, 10, 22]", "bands: [10]")
        .replace("Sells?", "A pitch?")
    )
    path = saved(tmp_path, text, "mine.mapping.yaml")
    found = read_labelled(table, mapping=path)
    assert found.vocabulary["words"].bands == (10,) and found.vocabulary["sells"].question == "A pitch?"
    assert TableMapping.read(path).table["yes"] == ["yes"]


def test_a_workbook_reads_as_its_table_would(tmp_path):
    book = openpyxl.Workbook()
    for row in (["accepted", "date", "sells", "share"], [True, datetime.date(2024, 3, 5), "ja", 0.25],
                [False, datetime.date(2024, 3, 6), "nein", None], [None, None, None, None]):  # fmt: skip
        book.active.append(row)
    book.save(tmp_path / "mine.xlsx")
    table = read_labelled(tmp_path / "mine.xlsx")
    assert table.labels.tolist() == [1.0, 0.0] and table.facts["sells"].tolist() == ["yes", "no"]
    assert f"{table.times.iloc[0]:%d %b %Y}" == "05 Mar 2024"


def test_the_command_writes_a_mapping_and_reads_it_the_next_time(tmp_path, capsys):
    rows = "".join(f"{'yes' if at % 3 else 'no'},2024-{1 + at // 28:02d}-{1 + at % 28:02d},"
                   f"/in/p{at},{'yes' if at % 2 else 'no'},{at}\n" for at in range(90))  # fmt: skip
    path = saved(tmp_path, HEAD + rows)
    assert run(["compare", "--table", str(path)]) == 0
    out = capsys.readouterr().out
    assert "mine.mapping.yaml: Written for you to correct. 90 labelled requests, 2 facts." in " ".join(
        out.split()
    )
    assert "later requests" in out
    mapping = tmp_path / "mine.mapping.yaml"
    text = mapping.read_text(encoding="utf-8")
    turned = text.replace('yes: ["yes"]', 'yes: ["no"]').replace('no: ["no"]', 'no: ["yes"]')
    mapping.write_text(turned, encoding="utf-8")
    assert run(["fit", "--table", str(path), "--json"]) == 0
    assert '"accepted": 30' in capsys.readouterr().out
    assert run(["compare", "--label", "accepted"]) == 2
    assert "Name it with --table" in " ".join(capsys.readouterr().err.split())


def test_reading_netkit_alone_loads_no_table():
    code = "import sys, netkit; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.split() == ["False"]


def test_an_empty_or_doubled_frame_is_refused():
    with pytest.raises(TableError, match="two columns are called 'x'"):
        read_labelled(pd.DataFrame([[1, 2, 3]], columns=["label", "x", "x"]))
    with pytest.raises(TableError, match="no plain table"):
        read_labelled(pd.DataFrame())
    with pytest.raises(TableError, match="no plain table"):
        read_labelled(pd.concat({"a": pd.DataFrame({"label": [1, 0], "x": [1, 2]})}, axis=1))
    with pytest.raises(TableError, match="row 1, column 'time': 1677-09-22.* is no day"):
        read_labelled(
            pd.DataFrame({"label": [1, 0], "x": [1, 2], "time": pd.to_datetime(["2024-01-01", "1677-09-22"])})
        )
    with pytest.raises(NotEnoughError, match="in every row"):
        read_labelled(pd.DataFrame({"label": [1, 1], "x": ["a", "b"]}))
    with pytest.raises(ModelError, match="does not say when"):
        compare_judges(read_labelled(pd.DataFrame({"label": [1, 0], "x": ["a", "b"]})))


def test_a_column_may_be_called_by_what_is_no_text():
    table = read_labelled(pd.DataFrame([[1, "a", 5], [0, "b", 7]], columns=["label", None, 3]))
    assert len(table.vocabulary) == 2


def test_whether_the_day_stands_first_can_be_said(tmp_path, capsys):
    rows = "".join(
        f"{'yes' if at % 3 else 'no'},{1 + at % 9}/{1 + at % 12}/2024,{'ab'[at % 2]}\n" for at in range(60)
    )
    path = saved(tmp_path, "label,date,x\n" + rows)
    assert run(["compare", "--table", str(path)]) == 2
    assert "say whether the day stands first" in " ".join(capsys.readouterr().err.split())
    assert run(["compare", "--table", str(path), "--month-first"]) == 0
    assert "day_first: no" in (tmp_path / "mine.mapping.yaml").read_text(encoding="utf-8")
    for mapping, first, day in ((None, True, "01 Oct"), (tmp_path / "mine.mapping.yaml", None, "10 Jan")):
        times = read_labelled(path, day_first=first, mapping=mapping).times
        assert f"{times.iloc[9]:%d %b}" == day


def test_rows_alike_without_a_name_each_count_and_that_is_said():
    frame = pd.DataFrame({"label": [1, 1, 0], "x": ["a", "a", "b"]})
    assert read_labelled(frame).notes == ("1 row repeats an earlier one word for word, and each counts.",)
