"""What is at hand of each request when a sitting begins, as plain values."""

from typing import Any

import pandas as pd

from netkit.history import History
from netkit.lab.bench import Bench
from netkit.ledger import Ledger


def known_facts(history: History, bench: Bench, requests: list[str]) -> dict[str, dict[str, Any]]:
    """Return the facts of some requests as the vocabulary's own values.

    Parameters
    ----------
    history : History
        The history.
    bench : Bench
        Whose declared facts count.
    requests : list of str
        The requests.

    Returns
    -------
    dict
        Request to fact to value, None where it is not known.
    """
    facts = history.facts[history.facts["request"].isin(requests)]
    known: dict[str, dict[str, Any]] = {}
    for row in facts.to_dict(orient="records"):
        request = str(row.pop("request"))
        known[request] = {
            str(name): bench.vocabulary[str(name)].parse(value)
            for name, value in row.items()
            if name in bench.vocabulary
        }
    return known


def notes_and_addresses(ledger: Ledger) -> dict[str, dict[str, Any]]:
    """Return the notes and addresses of the incoming invitations.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.

    Returns
    -------
    dict
        Request to `message` and `url`, empty where there is none.
    """
    sent = ledger.invitations.to_frame()
    rows = sent[sent["direction"] == "incoming"].set_index("request")[["message", "url"]]
    return rows_of(rows.astype("object").where(rows.notna(), ""))


def rows_of(rows: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return a table as rows by its index.

    Parameters
    ----------
    rows : DataFrame, n rows
        Indexed by request.

    Returns
    -------
    dict
        Request to column to cell.

    Examples
    --------
    >>> rows_of(pd.DataFrame({"name": ["Ada"]}, index=["inv-1"]))
    {'inv-1': {'name': 'Ada'}}
    """
    return {
        str(request): {str(name): cell for name, cell in row.items()}
        for request, row in rows.to_dict("index").items()
    }
