"""Finds numbers typed by hand into a page's prose: they would not change when what they say does."""

import re

# What may hold digits without stating a result, in the order in which it is taken out.
_NOT_PROSE = (
    r"\A---\n.*?\n---\n",  # front matter
    r"^[ ]*(?P<fence>```+|~~~+).*?^[ ]*(?P=fence)",  # code blocks
    r"<!--.*?-->",
    r"`[^`\n]+`",
    r"\[\[[^\]\n]*\]\]",  # citations
    r"!?\[[^\]]*\]\([^)]*\)",  # links: the number stands where the link leads
    r"\{[#:.][^}\n]*\}",  # ids and classes
    r"<[^>\n]+>",
    r"\b\d\d\s?%(?=(?:\s+\w+)?\s+intervals?\b)",  # how sure an interval is meant to be is no result
    r"^\s*(?:>\s*)?(?:#+\s+)?\d+\.\s",  # numbered steps
)
_STRIP = re.compile("|".join(f"(?:{pattern})" for pattern in _NOT_PROSE), re.DOTALL | re.MULTILINE)
_NUMBER = re.compile(r"(?<![\w.])(?<![A-Za-z]-)\d[\d.,]*(?:\s?%)?(?!\w)")
# A page that states numbers of its own says where they come from, in a comment at its top.
_DECLARED = re.compile(r"<!--\s*(?:Generated from|Numbers:)\s+\S")


def typed_numbers(text: str) -> list[tuple[int, str]]:
    r"""Return the numbers that stand in a page's prose, each with its line.

    Allowed are citations, code, ids, numbered steps, and numbers within the text of a link, which
    leads to where they are stated. A page whose comment `<!-- Numbers: … -->` names their source,
    or that is generated, may state any.

    Parameters
    ----------
    text : str
        The page's Markdown.

    Returns
    -------
    list of (int, str)
        Line, counted from 1, and number.

    Examples
    --------
    >>> typed_numbers("Of [[n]] requests\n17 % were [open for 90 days](x.md).")
    [(2, '17 %')]
    """
    if _DECLARED.search(text):
        return []
    prose = _STRIP.sub(lambda left_out: "\n" * left_out[0].count("\n"), text)
    return [
        (prose.count("\n", 0, found.start()) + 1, found[0].strip(".,"))
        for found in _NUMBER.finditer(prose)
    ]
