"""Whether two names are the same: by fixed rules, never by likeness; what only may be the same is asked."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from netkit.people import folded_name
from netkit.plain_yaml import read_yaml

_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_UNSEEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_MARKS = re.compile("[\u0300-\u036f]")
_ASIDE = re.compile(r"[(\[{（]([^)\]}）]{1,60})[)\]}）]")
_QUOTED = re.compile(r"[\"“”„«»‘]([^\"“”„«»’]{2,30})[\"“”„«»’]|(?<!\w)'([^']{2,30})'(?!\w)")
_CUT = re.compile(r"\s[|•·/–—~]\s.*|\s-\s.*|\|.*|[™®©].*")
_SIGNS = re.compile(r"[^\w\s'’.,-]|[\d_]")
_PLAIN = re.compile("[A-Za-z]{2,} [A-Za-z]{2,}")
_LATIN = re.compile("[a-z]")
_LONG_LOCAL = 8  # letters; a shorter one may abbreviate many names
_TAIL = re.compile(r"-(?=[a-z]*\d)[\da-z]{5,}$|-\d+$")
_ONE_SIGN_SCRIPTS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@cache
def _words() -> dict[str, Any]:
    declared = read_yaml(Path(__file__).parent / "names.yaml")
    return {
        "titles": frozenset(declared["titles"]),
        "suffixes": frozenset(declared["suffixes"]),
        "born": re.compile(rf"(?<!\w)(?:{'|'.join(declared['born'])})\.?\s+([\w'’-]+)", re.IGNORECASE),
        "around": frozenset(declared["titles"]) | frozenset(declared["suffixes"]),
        "nicknames": _nicknames(declared["nicknames"]),
    }


def _nicknames(groups: list[list[str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for first, *others in groups:
        for each in (first, *others):
            found[each] = (*found.get(each, ()), first)
    return found


@dataclass(frozen=True)
class NameForms:
    """How a name is compared: in `full` as it stands, and in `others` what only may be the same person.

    `tokens` are the full form's words. A name of one word, or with one letter for a word, is `weak`: it is
    never compared.
    """

    full: str
    others: frozenset[str]

    @property
    def tokens(self) -> tuple[str, ...]:
        """The words of the full form."""
        return tuple(self.full.split())

    @property
    def weak(self) -> bool:
        """Whether too many people may bear what is left of the name."""
        if _ONE_SIGN_SCRIPTS.search(self.full):
            return len(self.full.replace(" ", "")) < 3
        return sum(len(token) >= 2 for token in self.tokens) < 2 or len(self.tokens[-1]) < 2


@lru_cache(maxsize=1 << 17)
def name_forms(name: str | None, *, slug: str = "", aliases: tuple[str, ...] = ()) -> NameForms | None:
    """Return the forms in which a name is compared, or none if it names nobody.

    Parameters
    ----------
    name : str or None
        The name as it is displayed.
    slug : str, optional
        The person's public address, which often keeps an earlier surname.
    aliases : tuple of str, optional
        Further names, such as that before a marriage.

    Returns
    -------
    NameForms or None
        The forms.

    Examples
    --------
    >>> forms = name_forms("Dr. Zoë Ångström-Lee, PhD (née Müller) 🚀")
    >>> forms.full, "zoe muller" in forms.others
    ('zoe angstrom lee', True)
    >>> name_forms("Ana E.").weak, name_forms("LinkedIn Member") is None
    (True, True)
    """
    if folded_name(name) is None or not name:
        return None
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", name))
    born = [found[1] for found in _words()["born"].finditer(text)]
    aside = [part for part in _ASIDE.findall(text) if not _words()["born"].search(part)]
    quoted = [found[1] or found[2] for found in _QUOTED.finditer(text)]
    plain = _words()["born"].sub("", _QUOTED.sub(" ", _ASIDE.sub(" ", text)))
    bases = _orders(_CUT.sub("", plain))
    full = bases[0]
    if not full:
        return None
    others = set(bases[1:])
    for base in bases:
        tokens = base.split()
        others |= {f"{tokens[0]} {_folded(last)}" for last in born}
        others |= {f"{_folded(given)} {tokens[-1]}" for given in (*quoted, *aside)}
        others |= {f"{tokens[0]} {_folded(last)}" for last in aside}
    others |= set(_orders(_CUT.sub("", plain).casefold().translate(_SPELLED)))
    others |= {_cleaned(_folded(alias)) for alias in aliases} | _from_slug(slug, full)
    return NameForms(full, frozenset(_widened({full, *others}) - {full, ""}))


def full_form(name: str | None) -> str:
    """Return the full form of a name alone, quickly where it is plainly written."""
    if name and _PLAIN.fullmatch(name):
        tokens = name.casefold().split()
        if not _words()["around"] & {tokens[0], tokens[-1]}:
            return " ".join(tokens)
    forms = name_forms(name)
    return forms.full if forms else ""


def _widened(forms: Iterable[str]) -> set[str]:
    """Add to names their first and last words alone, the last word first, and the given name in full."""
    found = set()
    for form in forms:
        tokens = form.split()
        if len(tokens) < 2:
            continue
        ends = (tokens[0], tokens[-1])
        turned = ([tokens[-1], *tokens[:-1]], [*tokens[1:], tokens[0]])
        found |= {form, " ".join(ends), *map(" ".join, turned)}
        given = _words()["nicknames"].get(tokens[0], ())
        found |= {f"{each} {tokens[-1]}" for each in given}
    return found


def _orders(text: str) -> list[str]:
    """Return a name as it stands, and where a comma may turn it round, the other way too."""
    parts = [part for part in text.split(",") if part.strip()]
    while len(parts) > 1 and _is_suffix(parts[-1]):
        parts.pop()
    if not parts:
        return [""]
    if len(parts) == 2:
        last, first = map(_folded, parts)
        return [_cleaned(f"{first} {last}"), _cleaned(f"{last} {first}"), _cleaned(last)]
    return [_cleaned(_folded(parts[0]))]


def _is_suffix(part: str) -> bool:
    tokens = _folded(part).split()
    return all(token in _words()["suffixes"] or token in _words()["titles"] for token in tokens) or (
        part.strip().isupper() and len(tokens) > 1
    )


def _folded(text: str) -> str:
    folded = text.casefold().translate(_LETTERS)
    folded = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", folded)))
    folded = re.sub(r"['’`´]", "", _SIGNS.sub(" ", folded))
    return " ".join(re.sub(r"[-.,]", " ", folded).split())


def _cleaned(folded: str) -> str:
    """Take titles off the front of a name and degrees off its end, as long as two words are left."""
    tokens = folded.split()
    while len(tokens) > 2 and tokens[0] in _words()["titles"]:
        tokens.pop(0)
    while len(tokens) > 2 and tokens[-1] in _words()["suffixes"]:
        tokens.pop()
    return " ".join(tokens)


def _from_slug(slug: str, full: str) -> set[str]:
    """Return the names that an address keeps, where it shares a word with the name and is not it.

    Of a name in other letters than Latin ones, it keeps how its bearer spells it in those.
    """
    tokens = _folded(_TAIL.sub("", slug).replace("-", " ")).split()
    name = full.split()
    if len(tokens) < 2 or any(len(token) < 2 for token in tokens):
        return set()
    if not _LATIN.search(full):
        return {" ".join(tokens)} if all(map(_LATIN.match, tokens)) else set()
    if tokens[0] != name[0]:
        return set()
    return {" ".join(tokens), *(f"{tokens[0]} {last}" for last in tokens[1:] if last not in name)} - {full}


def telling_slug(slug: str, forms: NameForms) -> str:
    """Return an address that somebody chose, as it is compared; nothing where it only spells the name.

    >>> ana = name_forms("Ana Example")
    >>> telling_slug("fellwalker", ana), telling_slug("ana-example", ana)
    ('fellwalker', '')
    """
    compact = compact_local(slug)
    spelled = {"".join(form.split()) for form in (forms.full, *forms.others)}
    parts = sorted({*forms.tokens}, key=len, reverse=True)
    rest = compact
    for part in parts:
        rest = rest.replace(part, "", 1)
    plain = compact in spelled or len(re.sub(r"\d", "", rest)) < 3 or _TAIL.search(slug)
    return "" if plain or len(compact) < 5 else compact


def spelled_locals(forms: NameForms) -> set[str]:
    """Return which parts of an address before the @ spell a name, as they are compared.

    >>> spelled_locals(name_forms("Ana María Example")) == {"anamariaexample", "anaexample"}
    True
    """
    ends = (forms.tokens[0], forms.tokens[-1])
    found = {compact_local("".join(tokens)) for tokens in (forms.tokens, ends)}
    return {each for each in found if len(each) >= _LONG_LOCAL}


def compact_local(local: str) -> str:
    """Return the part of an address before the @, or of a profile's, as it is compared."""
    plain = _MARKS.sub("", unicodedata.normalize("NFD", local.casefold().translate(_LETTERS)))
    return re.sub(r"[^a-z0-9]", "", plain)
