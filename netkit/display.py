"""How netkit's results look in a notebook: headings, lines and tables, everything in them shown as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from netkit.wording import counted, shown, visible

_LONG = 12  # rows beyond which a table scrolls and can be sorted
_MOST = 1000  # rows beyond which a notebook would become slow; the rest is counted
_SCROLL = ' style="max-height: 26em; overflow: auto" tabindex="0" role="region"'
_LEFT = ' style="text-align: left"'
# A heading that sorts looks like a heading, in a light notebook and in a dark one.
_PLAIN = (
    ' style="padding: 0; border: 0; background: none; color: inherit; font: inherit;'
    ' text-align: left; text-decoration: underline dotted; cursor: pointer"'
)

Content: TypeAlias = "str | Mapping[str, object] | Iterable[str] | pd.DataFrame"


def show(title: str, *content: Content) -> str:
    """Return HTML for a notebook, in which no value acts as markup.

    Parameters
    ----------
    title : str
        What it is, in a few words.
    *content : str, mapping, iterable of str, or DataFrame
        A paragraph, a table of two columns, a list, or a table; what is empty is left out. A long
        table scrolls and sorts by the heading that is pressed.

    Returns
    -------
    str
        The HTML; the same content gives the same text.

    Examples
    --------
    >>> show("Two & two", "<b>", ["one", "two"])
    '<div><p><strong>Two &amp; two</strong></p><p>&lt;b&gt;</p><ul><li>one</li><li>two</li></ul></div>'
    """
    return f"<div><p><strong>{_text(title)}</strong></p>{''.join(map(_block, content))}</div>"


def _text(text: str) -> str:
    return escape(visible(text))


def _block(content: Content) -> str:
    if isinstance(content, str):
        return f"<p>{_text(content)}</p>" if content else ""
    if isinstance(content, pd.DataFrame):
        return _table(content) if len(content) else ""
    if isinstance(content, Mapping):
        rows = "".join(
            f'<tr><th scope="row"{_LEFT}>{_text(str(name))}</th><td{_LEFT}>{_text(shown(value))}</td></tr>'
            for name, value in content.items()
            if not (isinstance(value, str | list | tuple) and not value)
        )
        return f"<table><tbody>{rows}</tbody></table>" if rows else ""
    items = "".join(f"<li>{_text(item)}</li>" for item in content)
    return f"<ul>{items}</ul>" if items else ""


def _table(frame: pd.DataFrame) -> str:
    numeric = [pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]
    sorts = len(frame) > _LONG
    heads = "".join(_head(str(name), sorts) for name in frame.columns)
    rows = "".join(
        f"<tr>{''.join(map(_cell, row, numeric))}</tr>"
        for row in frame.head(_MOST).itertuples(index=False, name=None)
    )
    handler = f' onclick="{_sorting()}"' if sorts else ""
    table = f"<table{handler}><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    left = f"<p>{counted(len(frame) - _MOST, 'more row')}.</p>" if len(frame) > _MOST else ""
    return f'<div{_SCROLL} aria-label="table">{table}</div>{left}' if sorts else table


def _head(name: str, sorts: bool) -> str:
    words = _text(name.replace("_", " "))
    if not sorts:
        return f'<th scope="col"{_LEFT}>{words}</th>'
    return f'<th scope="col" aria-sort="none"{_LEFT}><button type="button"{_PLAIN}>{words}</button></th>'


def _cell(value: Any, numeric: bool) -> str:  # noqa: ANN401 - any cell
    text = _text(shown(value))
    if not numeric:
        return f"<td{_LEFT}>{text}</td>"
    # The number itself, for sorting: as shown it has commas and a true minus.
    plain = "" if pd.isna(value) else f"{float(value):.6g}"
    return f'<td style="text-align: right" data-value="{plain}">{text}</td>'


def _sorting() -> str:
    """Return the handler for one attribute: without the comment, in one line, and escaped."""
    code = (Path(__file__).parent / "sort_table.js").read_text(encoding="utf-8")
    return escape(re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", code, flags=re.DOTALL)).strip())
