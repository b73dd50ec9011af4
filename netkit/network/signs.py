"""Signs of life: what was heard of each connection, in messages, praise, requests and answers."""

import pandas as pd

from netkit.history.same_people import SamePeople, same_people
from netkit.ledger import Ledger
from netkit.ledger.lookup import look_up


def people_heard(ledger: Ledger) -> pd.DataFrame:
    """Return the connections of the newest list with what was heard of them and your verdict.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.

    Returns
    -------
    DataFrame, one row per person
        The columns of `Ledger.connections`, and `last_heard`, `last_wrote`, `heard`, `wrote`
        (messages), `praised` (a recommendation in either direction), `verdict` (the last; empty for none).
    """
    same, rows = same_people(ledger), ledger.connections()
    rows = rows[rows["last_seen"] == rows["last_seen"].max()]
    rows = rows.assign(person=same.rows(rows)).dropna(subset=["person"]).drop_duplicates("person")
    talked = ledger.messages()
    talked = talked.assign(person=same.keys(talked["person"]))
    came = talked[talked["direction"] == "incoming"].groupby("person")["sent_at"]
    went = talked[talked["direction"] == "outgoing"].groupby("person")["sent_at"]
    praised = set(_praise(ledger, same)["person"].dropna())
    verdicts = (
        ledger.reviews().drop_duplicates("person", keep="last").set_index("person")["verdict"]
    )
    heard = pd.concat([came.max(), _other_signs(ledger, same)]).groupby(level=0).max()
    key = rows["person"]
    table: pd.DataFrame = rows.assign(
        last_heard=look_up(key, heard),
        last_wrote=look_up(key, went.max()),
        heard=look_up(key, came.size()).fillna(0).astype("Int64"),
        wrote=look_up(key, went.size()).fillna(0).astype("Int64"),
        praised=key.isin(praised),
        verdict=look_up(key, verdicts).fillna("").astype("str"),
    ).reset_index(drop=True)
    return table


def _praise(ledger: Ledger, same: SamePeople) -> pd.DataFrame:
    """Return the recommendations, which name people and nothing more, with the one person each means."""
    rows = ledger.recommendations()
    nobody = pd.Series(None, index=rows.index, dtype="str")
    return rows.assign(person=same.rows(rows.assign(person=nobody)))


def _other_signs(ledger: Ledger, same: SamePeople) -> pd.Series:
    """Return when each person last gave a sign of life other than a message."""
    asked, columns = ledger.introductions(), ["person", "direction", "at"]
    praise = pd.concat([ledger.endorsements()[columns], _praise(ledger, same)[columns]])
    praise = praise[praise["direction"] == "received"]
    events = ledger.introduction_events()
    answers = events[events["step"].isin(["permission_given", "permission_refused"])]
    contact = asked.set_index("request")["contact"]
    signs = pd.DataFrame(
        {
            "person": pd.concat(
                [praise["person"], asked["requester"], look_up(answers["introduction"], contact)]
            ),
            "at": pd.concat([praise["at"], asked["asked_at"], answers["at"]]),
        }
    )
    return signs["at"].groupby(same.keys(signs["person"])).max()
