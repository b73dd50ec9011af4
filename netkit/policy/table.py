"""Brings facts into columns, and decisions into the one table that every judge returns."""

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from netkit.errors import PolicyError

KEY = "request"


def read_columns(frame: Any, facts: Sequence[str]) -> tuple[pd.Series, dict[str, pa.Array]]:  # noqa: ANN401 - any data frame
    """Return the keys and the facts of a frame of any engine as columns in memory.

    Parameters
    ----------
    frame : DataFrame of pandas, polars, pyarrow, DuckDB, Spark or another engine
        `request` and one column per fact; a lazy frame is collected.
    facts : sequence of str
        The facts to read; those that the frame lacks are left out.

    Returns
    -------
    Series of str, length n
        The keys, with the frame's index where it has one.
    dict of str to pyarrow array
        The facts, each of length n.

    Raises
    ------
    PolicyError
        The frame has no column `request`.
    """
    if not isinstance(frame, pd.DataFrame):
        frame = _collected(frame, [KEY, *facts])
    need_key(list(frame.columns))
    columns = {name: _arrow(frame[name]) for name in facts if name in frame}
    return frame[KEY].astype("str"), columns


def need_key(columns: list[str]) -> None:
    """Refuse a frame without the key column.

    Parameters
    ----------
    columns : list of str
        The frame's columns.

    Raises
    ------
    PolicyError
        There is no `request` among them.
    """
    if KEY not in columns:
        raise PolicyError(
            f"the facts have no column {KEY!r}",
            accepted=f"one column {KEY!r} with a key per row",
            do="name the key column so",
        )


def _collected(frame: Any, wanted: Sequence[str]) -> pd.DataFrame:  # noqa: ANN401 - any data frame
    lazy = nw.from_native(frame).lazy()
    columns = lazy.collect_schema().names()
    need_key(columns)
    table = lazy.select([name for name in wanted if name in columns]).collect("pyarrow").to_native()
    collected: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return collected


def _arrow(values: pd.Series) -> pa.Array:
    if values.dtype == "object":
        values = values.astype("str")
    return pa.array(values, from_pandas=True)


def judgement_table(
    requests: pd.Series,
    decisions: Sequence[dict[str, Any]],
    which: npt.NDArray[np.integer],
) -> pd.DataFrame:
    """Return the judgement table.

    Parameters
    ----------
    requests : Series of str, length n
        The keys.
    decisions : sequence of dict
        The different decisions with `action`, `reason`, `rule`, `clause`, `settled`, `next_fact`
        and `possible`.
    which : array of int, length n
        Which of them each request has.

    Returns
    -------
    DataFrame, n rows
        `request`, `action`, `probability`, `reason`, `rule`, `clause`, `settled`, `next_fact`,
        `contributions` and `possible`.
    """

    def taken(name: str, dtype: str) -> pd.Series:
        values = pd.Series([decision[name] for decision in decisions], dtype=dtype)
        return values.take(which).set_axis(requests.index)

    return pd.DataFrame(
        {
            KEY: requests,
            "action": taken("action", "str"),
            "probability": pd.Series(np.nan, index=requests.index, dtype="float64"),
            "reason": taken("reason", "str"),
            "rule": taken("rule", "str"),
            "clause": taken("clause", "str"),
            "settled": taken("settled", "bool"),
            "next_fact": taken("next_fact", "str"),
            "contributions": pd.Series(
                [{} for _ in range(len(requests))], index=requests.index, dtype="object"
            ),
            "possible": taken("possible", "object"),
        }
    )
