"""A number and its noun, in the singular where there is one."""


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    Parameters
    ----------
    number : int
        How many.
    one, many : str
        The noun; the plural in -s where left out.

    Returns
    -------
    str
        Both.

    Examples
    --------
    >>> counted(1, "row"), counted(2, "row"), counted(2, "person", "people")
    ('1 row', '2 rows', '2 people')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
