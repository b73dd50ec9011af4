"""The invented person's archives, read and imported: the history says what truly happened."""

import numpy as np
import pytest

from netkit.export import read_export
from netkit.fictional import invented_past, write_exports
from netkit.history import read_history
from netkit.ledger import open_ledger


@pytest.fixture(scope="module", params=["2026-03", "2018-06"])
def told(request, tmp_path_factory):
    """The history from both exports, beside the truth."""
    folder = tmp_path_factory.mktemp("invented")
    with open_ledger(folder / "home") as ledger:
        for path in write_exports(folder / "exports", era=request.param):
            ledger.import_export(read_export(path))
        history = read_history(ledger)
    truth = invented_past(era=request.param).truth[["name", "sent_at", "answer", "answered_at", "in_second"]]
    both = history.table.merge(truth, on=["name", "sent_at"], validate="1:1")
    assert len(both) == len(history.table)
    return history, both


def test_hardly_a_truly_accepted_invitation_is_missed_and_no_refusal_is_called_accepted(told):
    _, both = told
    accepted = both["answer"] == "accept"
    found = both.loc[accepted, "state"] == "accepted"
    assert found.mean() > 0.98  # the rest were removed again before any export
    assert not (both.loc[both["answer"] == "refuse", "state"] == "accepted").any()


def test_delays_are_the_true_days_and_never_negative(told):
    _, both = told
    known = both[both["delay_days"].notna() & both["answered_at"].notna()]
    true = known["answered_at"].dt.floor("D") - known["sent_at"].dt.floor("D")
    assert (known["delay_days"] >= 0).all()
    assert (known["delay_days"].astype("int64") == true.dt.days).mean() > 0.99


def test_the_95th_percentile_is_that_of_the_true_delays(told):
    history, both = told
    true = (both["answered_at"].dt.floor("D") - both["sent_at"].dt.floor("D")).dt.days
    expected = np.percentile(true[both["answer"] == "accept"].dropna(), 95)
    assert history.delay_p95_days == pytest.approx(expected, abs=1.5)


def test_what_is_gone_is_not_in_the_second_export_or_was_followed_by_another_invitation(told):
    _, both = told
    gone = both[both["state"] == "gone"]
    later = both[both["person"].duplicated(keep="last")]
    assert len(gone) > 20
    assert (~gone["in_second"] | gone["request"].isin(later["request"])).all()


def test_the_second_export_adds_no_second_key_for_a_request(told):
    _, both = told
    named = both[both["person"].notna()]
    assert not named.duplicated(["person", "sent_at"]).any()
