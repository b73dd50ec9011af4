"""A finding: a named number or table, recorded in a notebook's output and kept nowhere else."""

import json
import math
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

from netkit import wording
from netkit.errors import FindingError, did_you_mean, nearest

__all__ = ["Answer", "Finding", "answer", "percent", "read_answer", "read_findings", "record", "shown"]

# How a result reads that the data do not suffice for.
NOT_YET = "not known yet"
NO_ANSWER = "There is no answer yet."
# How a result reads that a public handbook leaves out.
WITHHELD = "withheld"
# How the names of shares end; a share reads with two significant digits.
SHARES = ("percent", "share", "rate")
MIME = "application/vnd.netkit.finding+json"
ANSWER = "application/vnd.netkit.answer+json"
CITATION = re.compile(r"\[\[\s*([^\[\]|]+?)\s*\]\]")
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
Origin = Literal["invented", "own", "public"]


@dataclass(frozen=True)
class Finding:
    """One recorded result.

    Attributes
    ----------
    name : str
        What a page cites it by; lower case, digits and underscores.
    value : object
        A number, a text, nothing, or for a table a dict of `columns` and `rows`.
    text : str
        How it reads on a page.
    n : int or None
        On how many requests or people it rests.
    labels : str
        Of what strength the labels behind it are (`strong`, `strong and weak`); empty where none are.
    data : str
        `invented`, `own` or `public`.
    """

    name: str
    value: Any
    text: str
    n: int | None = None
    labels: str = ""
    data: Origin = "invented"

    @property
    def is_table(self) -> bool:
        """Whether the finding is a table rather than a number or a word."""
        return isinstance(self.value, dict)

    @classmethod
    def of(
        cls,
        name: str,
        value: object,
        *,
        text: str | None = None,
        n: int | None = None,
        labels: str = "",
        data: Origin | None = None,
    ) -> "Finding":
        """Return the finding that `record` would record, in plain values.

        Parameters
        ----------
        name, value, text, n, labels, data
            As for `record`.

        Returns
        -------
        Finding
            With six significant digits and no minus zero.

        Raises
        ------
        FindingError
            The name or the value cannot be recorded.

        Examples
        --------
        >>> Finding.of("brier", 0.123456789).value
        0.123457
        """
        if not _NAME.match(name):
            raise FindingError(
                f"A finding cannot be called {name!r}",
                "Use lower-case letters, digits and underscores, a letter first",
            )
        plain, origins = _plain(name, value), get_args(Origin)
        origin = data or ("own" if os.environ.get("NETKIT_HOME") else "invented")
        if origin not in origins:
            raise FindingError(f"There are no data called {origin!r}", did_you_mean(origin, origins))
        said = text or _said(name, plain)
        return cls(name, plain, said, None if n is None else int(n), labels, origin)


def record(
    name: str,
    value: object,
    *,
    text: str | None = None,
    n: int | None = None,
    labels: str = "",
    data: Origin | None = None,
) -> None:
    """Record a finding in the output of the notebook cell that runs this.

    The output carries it twice, as JSON of its own kind and as text, so that a strict run of the
    notebook compares both. Outside a notebook the text is printed.

    Parameters
    ----------
    name : str
        What pages cite it by: lower case, digits and underscores.
    value : number, str, None or DataFrame
        The result; None, or not a number, where the data do not suffice for one yet.
    text : str, optional
        How it reads; by default whole numbers with thousands separators, shares with two
        significant digits, others with three.
    n : int, optional
        On how many requests or people it rests.
    labels : str, optional
        Of what strength the labels behind it are.
    data : {'invented', 'own', 'public'}, optional
        Whose data; by default `own` where NETKIT_HOME names a workspace, else `invented`.

    Raises
    ------
    FindingError
        The name or the value cannot be recorded.

    Examples
    --------
    >>> record("open_invitations", 1234)
    open_invitations = 1,234
    """
    finding = Finding.of(name, value, text=text, n=n, labels=labels, data=data)
    _RECORDED[name] = finding
    _show({MIME: asdict(finding)}, f"{finding.name} = {finding.text}")


_RECORDED: dict[str, Finding] = {}  # what this kernel recorded, for the answer that cites it


def _show(data: dict[str, Any], text: str) -> None:
    # Only a notebook's kernel has loaded IPython; importing it here would cost a second.
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    if shell:
        shell.display_pub.publish({**data, "text/plain": text})
    else:
        print(text)


@dataclass(frozen=True)
class Answer:
    """A notebook's answer to its question, in sentences that cite what it recorded.

    Attributes
    ----------
    sentences : tuple of str
        Each with `[[name]]` in the place of every number; the first is the answer in one sentence.
    caption : str
        What a reader must know to read the notebook's first picture.
    """

    sentences: tuple[str, ...]
    caption: str = ""

    def known(self, found: Mapping[str, Finding]) -> list[str]:
        """Return the sentences whose numbers are all known; none if the first lacks one.

        Parameters
        ----------
        found : mapping of str to Finding
            What the notebook recorded, by name.

        Returns
        -------
        list of str
            With their citations.

        Examples
        --------
        >>> Answer(("[[n]] came.", "[[share]] % stayed.")).known({"n": Finding("n", 3, "3")})
        ['[[n]] came.']
        """
        said = [
            sentence for sentence in self.sentences
            if all(name in found and found[name].value is not None for name in CITATION.findall(sentence))
        ]  # fmt: skip
        return said if self.sentences[:1] == tuple(said[:1]) else []


def answer(*sentences: str, caption: str = "") -> None:
    """State a notebook's answer to its question, in the output of its last cell.

    The sentences are the same for everybody and cite what was recorded, so that they state the answer
    of whoever's data the notebook ran on. A sentence that cites what is not known yet is left out.

    Parameters
    ----------
    *sentences : str
        The answer in one sentence, then what else should be said, with `[[name]]` for every number.
    caption : str, optional
        What a reader must know to read the first picture.

    Raises
    ------
    FindingError
        A sentence cites what this notebook did not record.

    Examples
    --------
    >>> record("came", 1234)
    came = 1,234
    >>> answer("[[came]] requests came.")
    1,234 requests came.
    """
    for name in CITATION.findall(" ".join(sentences)):
        if name not in _RECORDED:
            raise FindingError(
                f"The answer cites {name!r}, which this notebook did not record",
                f"{nearest(name, _RECORDED)}Record the finding in a cell above, or correct the name",
            )
    stated = Answer(sentences, caption)
    said = [CITATION.sub(lambda cited: _RECORDED[cited[1]].text, one) for one in stated.known(_RECORDED)]
    _show({ANSWER: asdict(stated)}, " ".join(said) or NO_ANSWER)


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 - a finding may be of any plain kind
    if isinstance(value, pd.DataFrame):
        cells = value.astype(object).where(value.notna(), None)
        rows = [[_plain(name, cell) for cell in row] for row in cells.itertuples(index=False)]
        return {"columns": [str(column) for column in value.columns], "rows": rows}
    value = value.item() if hasattr(value, "item") else value
    if value is None or value is pd.NA or isinstance(value, (str, bool, int)):
        return None if value is pd.NA else value
    if isinstance(value, float):
        # Adding zero turns minus zero into zero, whose sign differs between machines.
        return None if math.isnan(value) else float(f"{value:.6g}") + 0.0
    raise FindingError(
        f"The finding {name!r} is a {type(value).__name__}",
        "Record a number, a text, None or a DataFrame of these",
    )


def _said(name: str, plain: object) -> str:
    if plain is None:
        return NOT_YET
    return shown(plain, two_digits) if name.endswith(SHARES) else shown(plain)


def two_digits(value: float) -> str:
    """Return a fraction with two significant digits.

    >>> two_digits(53.58), two_digits(0.0364), two_digits(866.4), two_digits(-0.0)
    ('54', '0.036', '870', '0')
    """
    return _digits(float(f"{value:.2g}"), 2)


def shown(value: object, fraction: Callable[[float], str] = lambda value: _digits(value, 3)) -> str:
    """Return a plain value, or a table of them, as a page shows it.

    Examples
    --------
    >>> shown(1017), shown(0.12345), shown(-0.0), shown(None)
    ('1,017', '0.123', '0', '–')
    """
    if isinstance(value, dict):
        lines = [value["columns"], *([shown(cell, fraction) for cell in row] for row in value["rows"])]
        return "\n" + "\n".join(" | ".join(line) for line in lines)
    return wording.shown(value, fraction)


def _digits(value: float, many: int) -> str:
    """Return a number with so many digits that count, from one on with one decimal at most."""
    digits = max(0, many - 1 - math.floor(math.log10(abs(value)))) if value else 0
    said = f"{value + 0.0:,.{min(digits, 1) if abs(value) >= 1 else digits}f}"
    return said.rstrip("0").rstrip(".") if "." in said else said


def percent(share: float) -> float | None:
    """Return a share in percent, or None where there is none yet.

    Parameters
    ----------
    share : float
        From 0 to 1; not a number where nothing was counted.

    Returns
    -------
    float or None
        Ready to be recorded.

    Examples
    --------
    >>> percent(0.5432), percent(float("nan"))
    (54.32, None)
    """
    return None if math.isnan(share) else round(100 * share, 6)


def read_findings(notebook: Path) -> dict[str, Finding]:
    """Read the findings that a notebook's stored outputs hold.

    Parameters
    ----------
    notebook : Path
        The notebook.

    Returns
    -------
    dict of str to Finding
        By name, in the order in which they were recorded.

    Raises
    ------
    FindingError
        The file is no notebook, or records a name twice.
    """
    found: dict[str, Finding] = {}
    for fields in _told(notebook, MIME):
        finding = Finding(**fields)
        if finding.name in found:
            raise FindingError(f"{notebook.name} records {finding.name!r} twice", "Rename one of them")
        found[finding.name] = finding
    return found


def read_answer(notebook: Path) -> Answer | None:
    """Read the answer that a notebook's stored outputs hold.

    Parameters
    ----------
    notebook : Path
        The notebook.

    Returns
    -------
    Answer or None
        None where the notebook did not come to its end.
    """
    return next((Answer(tuple(one["sentences"]), one["caption"]) for one in _told(notebook, ANSWER)), None)


def _told(notebook: Path, kind: str) -> list[dict[str, Any]]:
    """Return what a notebook's outputs hold of a kind."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise FindingError(
            f"{notebook.name} could not be read as a Jupyter notebook ({type(problem).__name__})",
            "Restore it from the repository, or run it anew",
        ) from problem
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    return [output["data"][kind] for output in outputs if kind in output.get("data", {})]
