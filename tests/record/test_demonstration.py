"""The invented person with the platform's own record: refusals are known without one being typed."""

import pytest

from netkit.demo import build_demo
from netkit.fictional import invented_past
from netkit.history import read_history


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    with build_demo(tmp_path_factory.mktemp("demo") / "home", profile="plain", record=True) as ledger:
        assert ledger.notes.to_frame().empty and set(ledger.decisions.to_frame()["source"]) == {"record"}
        return read_history(ledger)


def test_nothing_is_typed_and_the_refusals_of_half_a_year_are_known(history):
    past = invented_past(profile="plain").truth
    truth = past.set_index(["person", "sent_at"])["answer"]
    sure = history.labelled()
    known = truth.reindex(list(zip(sure["person"], sure["sent_at"], strict=True)))
    assert known.map({"accept": 1.0, "refuse": 0.0}).tolist() == sure["label"].tolist()
    assert (sure["label"] == 0).sum() >= 7 and set(sure["source"]) == {"record"}
    assert history.more.number <= 3
    (told,) = (sentence for sentence in history.sentences if sentence.startswith("Where your"))
    assert "the platform's record" in told and history.as_dict()["sources"] == {"record": len(sure)}


def test_facts_come_from_notes_archives_and_other_files(history):
    origins = set(history.origins.drop(columns="request").stack().dropna())
    assert origins == {"derived", "note", "evidence"}
