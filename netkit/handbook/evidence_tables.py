"""The tables of the evidence: what pandas wrote for a notebook, as a page shows it to a reader."""

import re

# pandas writes a style sheet and border attributes that fight with the page's own.
_PANDAS = re.compile(r'<style scoped>.*?</style>\s*| border="1" class="dataframe"', re.DOTALL)
_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
_ROW = r"<tr\b[^>]*>\s*((?:<th>[^<]*</th>\s*)+)</tr>\s*"
_TWO_HEADS = re.compile(rf"<thead>\s*{_ROW}{_ROW}</thead>")
_HEAD = re.compile(r"<th>([^<]*)</th>")
_FIRST = re.compile(r"(<tr\b[^>]*>\s*)<th>(.*?)</th>")
_NAME = re.compile(r"(?<=<th>)\w+_\w+(?=</th>)")
_MISSING = re.compile(r"(?<=<td>)NaN(?=</td>)")
_NO_ROWS = re.compile(r"<tbody>\s*</tbody>")


def tables_as_read(text: str) -> str:
    """Return a page with its tables as a reader wants them.

    Rows' numbers that say nothing are left out, the names of the first columns stand beside those of
    the others, what is missing is a dash, a table without rows says so, and long names break where
    a word ends.

    Parameters
    ----------
    text : str
        Markdown with the tables that pandas wrote.

    Returns
    -------
    str
        The same, the tables changed.

    Examples
    --------
    >>> tables_as_read('<table border="1" class="dataframe"><tr><td>NaN</td></tr></table>')
    '<table><tr><td>–</td></tr></table>'
    """
    plain = _PANDAS.sub("", text)
    return _TABLE.sub(lambda table: _as_read(table[0]), plain).replace("<th></th>", "<td></td>")


def _as_read(table: str) -> str:
    rows = [row[2] for row in _FIRST.finditer(table)]
    if rows[1:] == [str(place) for place in range(len(rows) - 1)] and rows[:1] == [""]:
        table = _FIRST.sub(r"\1", table)
    table = _TWO_HEADS.sub(_one_head, table)
    columns = max((row.count("</th>") for row in table.split("</tr>")), default=1)
    nothing = f'<tbody><tr><td colspan="{columns}">Nothing yet</td></tr></tbody>'
    table = _NO_ROWS.sub(nothing, _MISSING.sub("–", table))
    return _NAME.sub(lambda name: name[0].replace("_", "_<wbr>"), table)


def _one_head(heads: re.Match[str]) -> str:
    """Write the names of an index, which have a row of their own, into the row of the columns' names."""
    columns, index = _HEAD.findall(heads[1]), _HEAD.findall(heads[2])
    together = zip(columns, index, strict=False)
    if len(columns) != len(index) or any(one and other for one, other in together):
        return heads[0]
    names = [one or other for one, other in zip(columns, index, strict=True)]
    return f"<thead><tr>{''.join(f'<th>{name}</th>' for name in names)}</tr></thead>"
