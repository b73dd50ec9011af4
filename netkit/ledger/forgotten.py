"""People whom the user had netkit forget: kept out of later imports by a salted hash."""

import sqlite3
from collections.abc import Mapping
from hashlib import sha256

import pandas as pd

from netkit.ledger.sightings import plain


def forgotten_hash(salt: str, key: str) -> str:
    """Return what the ledger keeps of a forgotten person's key.

    Parameters
    ----------
    salt : str
        Random text, kept beside the hash.
    key : str
        A person key.

    Returns
    -------
    str
        A SHA-256 in hexadecimal digits.
    """
    return sha256(f"{salt}|{key}".encode()).hexdigest()


def without_forgotten(
    connection: sqlite3.Connection, tables: Mapping[str, pd.DataFrame], skipped: dict[str, int]
) -> Mapping[str, pd.DataFrame]:
    """Leave out the people whom the user had netkit forget: an old archive must not bring them back.

    Parameters
    ----------
    connection : sqlite3.Connection
        An open ledger.
    tables : mapping of str to DataFrame
        An export's tables.
    skipped : dict of str to int
        What was left out -> rows; added to.

    Returns
    -------
    mapping of str to DataFrame
        The tables without the forgotten people's rows.
    """
    hashes = connection.execute("SELECT salt, hash FROM forgotten").fetchall()
    if not hashes:
        return tables

    def gone(values: pd.Series, prefix: str = "") -> pd.Series:
        keys = {value: prefix + (plain(value) if prefix else value) for value in values.unique()}
        out = [v for v, key in keys.items() if any(forgotten_hash(s, key) == h for s, h in hashes)]
        return values.isin(out)

    kept = {}
    for table, rows in tables.items():
        drop = pd.Series(False, index=rows.index)
        if "person" in rows:
            drop |= gone(rows["person"].dropna()).reindex(rows.index, fill_value=False)
        if "name" in rows and table != "follows":  # a namesake with an address of his own stays
            nameless = rows["person"].isna() if "person" in rows else pd.Series(True, rows.index)
            names = rows.loc[nameless, "name"].dropna()
            drop |= gone(names, "name:").reindex(rows.index, fill_value=False)
        kept[table] = rows[~drop]
        if drop.any():
            skipped[f"{table}: forgotten people"] = int(drop.sum())
    return kept
