"""How people write a name: its words in any order, initials, and accounts and addresses made of it."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import product
from urllib.parse import quote

_WORD = re.compile(r"[^\W_]+")
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|,.*")  # "Zoe Private (she), PhD" is Zoe Private too
_TITLES = {"dr", "prof", "mr", "mrs", "ms", "mx", "phd", "mba", "msc", "bsc", "md", "ing", "dipl", "jr", "sr"}
_PARTICLES = {"al", "bin", "da", "de", "del", "den", "der", "di", "du", "el", "la", "le", "van", "von", "zu"}
_AND = {"and", "e", "en", "et", "i", "och", "oder", "og", "or", "und", "y"}
# Letters that nothing decomposes, and how Germans and Scandinavians write theirs without dots and rings.
PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"})
_LONG = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_UNHEARD = re.compile("[\u0300-\u036f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_TWO_WAYS = re.compile("[äöüåø]|ae|oe|ue|aa")
_TOGETHER = 8  # letters of a name in one word, as an account may be, from which it is looked for
_NO_WORD = 10  # letters from which such a word is no word of a language
_TURNABLE = 8  # words of a name; one of fifty is written in one order, and with few initials
_UNUSUAL = 6  # letters of a last name from which it is hardly an ordinary word

_BEGIN, _END = r"(?<![^\W_])", r"(?![^\W_])"
_QUOTES = "\"'“”„«»‹›()"
# Blanks are taken without giving any back: of a hundred thousand of them nothing is tried twice.
_BETWEEN = rf"(?:[{_QUOTES}]{{0,2}}\s++[{_QUOTES}]{{0,2}}|[-‐-―_.'’@/+·・])"
_TURNED = r"(?:\s*+,\s*+|\s++|[-‐-―_.'’@])"
_LETTER = r"[^\W\d_]"
_LETTERS = re.compile(rf"{_LETTER}+")
_EMAIL = re.compile(r"(?<![\w.+-])([\w.+-]++)@[\w-]++(?:\.[\w-]++)+")
_ACCOUNT = re.compile(r"(?<![\w.@])@(\w++(?:[.-]++\w++)*+)")
_SLUG = re.compile(r"(?:/in/|\bin:)([^\s/?#,;)>\]\"']+)", re.IGNORECASE)

_Span = tuple[int, int]
_Check = Callable[[str], bool]


def name_words(name: str) -> list[str]:
    """Return the words of a name as they are compared, without titles and what is said aside.

    >>> name_words("Dr. Zoë Ann-PRIVATE (she), PhD")
    ['zoë', 'ann', 'private']
    """
    for text in (_ASIDE.sub(" ", name), name):
        words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
        kept = [word for word in words if word not in _TITLES]
        if len(kept) > 1:
            break
    return kept or words


def may_be_alike(name: str, other: str) -> bool:
    """Tell whether two names may be one, but for accents, titles, the order, and words that one leaves out.

    >>> may_be_alike("Jorg Muller", "Dr. Jörg Müller"), may_be_alike("Mueller, Jörg A.", "Jörg Müller")
    (True, True)
    >>> may_be_alike("Ana", "Ana Example"), may_be_alike("Ana Example", "Ana Park")
    (False, False)
    """
    pairs = product(_readings(name), _readings(other))
    return any(min(map(len, pair)) > 1 and (pair[0] <= pair[1] or pair[1] <= pair[0]) for pair in pairs)


@lru_cache(maxsize=1 << 15)
def _readings(name: str) -> frozenset[frozenset[str]]:
    words = name_words(name)
    return frozenset(frozenset(_fold(word, long)[0] for word in words) for long in (False, True))


def name_orders(words: list[str]) -> list[list[str]]:
    """Return the orders in which the words of a name are written, each once.

    >>> name_orders(["ann", "m", "private"])[1:]
    [['m', 'private', 'ann'], ['private', 'ann', 'm'], ['ann', 'private'], ['private', 'ann']]
    """
    turned = [words[at:] + words[:at] for at in range(len(words) if len(words) <= _TURNABLE else 1)]
    outer = [[words[0], words[-1]], [words[-1], words[0]]] if len(words) > 2 else []
    return list(map(list, dict.fromkeys(map(tuple, turned + outer))))


class Spellings:
    """One person's names and profile addresses, found in a text however they are spelled.

    A single word in letters that have capitals, such as a first name, is not looked for: it is many people's.
    What may mean one of the others, by their names and addresses, is left.

    >>> ann = Spellings(["Ann M. Private"], ["ann-p"], ["Abe Private"])
    >>> ann.blotted("Private, Ann; annprivate@firm.example; A. Private; in/ann-p; Ann knows Abe Private.")
    '[forgotten]; [forgotten]; A. Private; [forgotten]; Ann knows Abe Private.'
    """

    gone = "[forgotten]"

    def __init__(
        self,
        names: Iterable[str],
        slugs: Collection[str] = (),
        others: Iterable[str] = (),
        their_slugs: Collection[str] = (),
    ) -> None:
        names = [name for name in sorted(names, key=len, reverse=True) if _telling(name)]
        short = _Reading(names, slugs, others, their_slugs, long=False)
        self._readings = [short]
        if any(_TWO_WAYS.search(name.casefold()) for name in (*names, *slugs)):
            self._readings.append(_Reading(names, slugs, others, their_slugs, long=True))

    def blotted(self, text: str) -> str:
        """Return a text without the person; one that does not speak of her is left as it is."""
        composed = unicodedata.normalize("NFKC", text)
        places = self._places(composed)
        kept, end = [], 0
        for start, stop in places:
            kept += [composed[end:start], self.gone]
            end = stop
        return "".join(kept) + composed[end:] if places else text

    def finds(self, text: str) -> bool:
        """Tell whether a text speaks of the person."""
        return bool(self._places(unicodedata.normalize("NFKC", text)))

    def leaves(self, text: str) -> bool:
        """Tell whether a word of a name stands alone in a text; it may be somebody else's."""
        return any(reading.leaves(unicodedata.normalize("NFKC", text)) for reading in self._readings)

    def _places(self, text: str) -> list[_Span]:
        """Return where a composed text speaks of the person, in order, none within another."""
        found = {span for reading in self._readings for span in reading.places(text)}
        apart: list[_Span] = []
        for span in sorted(found, key=lambda span: (span[0], -span[1])):
            if not apart or span[0] >= apart[-1][1]:
                apart.append(span)
        covered = {place for span in apart for place in range(*span)}
        # "Ann Private, Ann Private" holds "Private, Ann" too, which both names cover.
        return _merged([*apart, *(span for span in found if _WORD.search(_rest(text, span, covered)))])


def who_is_named(names: Iterable[str], texts: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield the names that some texts speak of, however they are spelled, each with the place of the text.

    Patterns are made only of names whose ends a text holds, or one end and the initial of the other: of
    thousands, which strangers may choose, those of all would take minutes.

    >>> list(who_is_named(["Ann Private", "Bo Kern"], ["Ask A. Private.", "Ask Ann and Private and Bo."]))
    [('Ann Private', 0)]
    """
    composed = [unicodedata.normalize("NFKC", text) for text in texts]
    readings = [_Ends(composed, long) for long in (False, True)]
    for name in names:
        likely = {place for reading in readings for place in reading.hold(name)}
        spellings = Spellings([name] if likely else [])
        yield from ((name, place) for place in sorted(likely) if spellings.finds(texts[place]))


class _Ends:
    """Texts that are looked through for the first and the last word of names."""

    def __init__(self, texts: Sequence[str], long: bool) -> None:
        self._long = long
        self._texts = [_plain(text, long) for text in texts]
        # "Private_Ann7" ends with Ann, too.
        self._words = [{*_WORD.findall(text), *_LETTERS.findall(text)} for text in self._texts]
        self._known = set().union(*self._words)
        self._all = "\n".join(self._texts)

    def hold(self, name: str) -> Iterator[int]:
        """Yield the places of the texts that may speak of somebody."""
        folded = name_words(_fold(unicodedata.normalize("NFKC", name), self._long)[0]) or [name]
        words = [_plain(word, self._long) for word in folded]
        together = {joined for order in name_orders(words) if (joined := "".join(order)) in self._all}
        first, last = words[0], words[-1]
        if first.upper() == first.lower():  # a script without capitals, often without blanks
            together.add(first)
        if not together and not {first, last} & self._known and "@" not in self._all:
            return
        for place, (text, said) in enumerate(zip(self._texts, self._words, strict=True)):
            ends, initials = {first, last} & said, {first[0], last[0]} & said
            if (
                ends == {first, last}
                or (ends and initials)
                or any(joined in text for joined in together)
                or ("@" in text and (first in text or last in text))
            ):
                yield place


class _Reading:
    """The patterns of one person, for one way to write letters that have dots or rings."""

    def __init__(
        self,
        names: list[str],
        slugs: Collection[str],
        others: Iterable[str],
        their_slugs: Collection[str],
        *,
        long: bool,
    ) -> None:
        self._long = long
        self._names = [name_words(_fold(name, long)[0]) for name in names]
        self._slugs = {_fold(slug, long)[0] for slug in slugs}
        self._their_slugs = {_fold(slug, long)[0] for slug in their_slugs} - self._slugs
        self._hints = {word for words in self._names for word in words if len(word) > 1} | self._slugs
        self._hints |= {quote(slug).casefold() for slug in self._slugs}
        self._plain_hints = {_plain(hint, long) for hint in self._hints}
        self._others = list(self._alike(others))
        theirs = {account for words in self._others for account in _accounts(words)}
        self._accounts = {account for words in self._names for account in _accounts(words)} - theirs

    def _alike(self, others: Iterable[str]) -> Iterator[list[str]]:
        """Yield the words of the names that share one with the person's."""
        for other in others:
            if self._hinted(other):
                words = name_words(_fold(other, self._long)[0])
                if self._hints & set(words) and words not in self._names:
                    yield words

    def places(self, text: str) -> set[_Span]:
        """Return where a composed text speaks of the person."""
        if not self._hinted(text):
            return set()
        folded, at = _fold(text, self._long)
        spared = [match.span(1) for match in _SLUG.finditer(folded) if self._is_of_another(match[1])]
        spared += [match.span() for match in self._rivals(folded).finditer(folded)]
        found = set()
        for pattern, holds in self._patterns:
            for match in pattern.finditer(folded):
                start, stop = match.span()
                seen = text[at[start] : at[stop - 1] + 1]
                if holds(seen) and not any(_hides(span, (start, stop)) for span in spared):
                    found.add((at[start], at[stop]))
        found |= {(at[start], at[stop]) for start, stop in self._addresses(folded)}
        emails = [match.span() for match in _EMAIL.finditer(text)]
        return {_widened(span, emails) for span in found}

    def leaves(self, text: str) -> bool:
        """Tell whether a word of a name stands alone in a composed text."""
        if not self._hinted(text):
            return False
        folded, at = _fold(text, self._long)
        words = {word for words in self._names for word in words if len(word) > 1}
        return any(
            word in folded and _is_capital(text[at[match.start()]])
            for word in words
            for match in re.finditer(_BEGIN + re.escape(word) + _END, folded)
        )

    def _hinted(self, text: str) -> bool:
        """Tell whether a text may hold a word of the person's, which most do not."""
        plain = _plain(text, self._long)
        return any(hint in plain for hint in self._plain_hints)

    def _addresses(self, folded: str) -> Iterator[_Span]:
        """Yield the profile addresses, and the accounts and mail addresses made of the name."""
        for slug in sorted(self._slugs):
            before = r"(?:in[:/])?" if "-" in slug else r"in[:/]"  # one word alone may be anything
            for spelled in {slug, quote(slug).casefold()}:
                for match in re.finditer(rf"(?<![\w-]){before}{re.escape(spelled)}(?![\w-])", folded):
                    yield match.span()
        for kind in (_ACCOUNT, _EMAIL):
            for match in kind.finditer(folded):
                if "".join(_WORD.findall(match[1])).rstrip("0123456789") in self._accounts:
                    yield match.span(1)

    def _is_of_another(self, slug: str) -> bool:
        """Tell whether a profile address is another person's, though it may hold the name."""
        joined = "".join(_WORD.findall(slug))
        mine = {"".join(order) for words in self._names for order in name_orders(words)}
        return slug in self._their_slugs or (slug not in self._slugs and joined not in mine)

    def _rivals(self, folded: str) -> re.Pattern[str]:
        """Return what speaks of somebody else whose name holds a word of the person's; of those named here.

        A pattern of everybody would take minutes where strangers call themselves by fifty words.
        """
        written = set(_WORD.findall(folded))
        here = (words for words in self._others if len(words) > 1 and written.issuperset(words))
        whole = sorted(map(_between, here), key=len, reverse=True)
        return re.compile("|".join(_BEGIN + each + _END for each in whole) if whole else r"(?!)")

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], _Check]]:
        found: dict[_Check, list[str]] = {}
        for words in self._names:
            for pattern, holds in self._of(words):
                found.setdefault(holds, []).append(pattern)
        return [(re.compile("|".join(patterns)), holds) for holds, patterns in found.items()]

    def _of(self, words: list[str]) -> Iterator[tuple[str, _Check]]:
        """Yield the patterns of one name, each with what must hold for what it finds."""
        joined = "".join(words)
        if joined.upper() == joined.lower():  # a script without capitals, often without blanks
            for order in name_orders(words):
                yield r"[\s・·=,、]*+".join(map(re.escape, order)), _always
            return
        for order in name_orders(words):
            straight = order == words or (order[0], order[-1]) == (words[0], words[-1])
            between = _BETWEEN if straight else _TURNED
            whole = _BEGIN + between.join(map(re.escape, order))
            ends = "" if straight else rf"(?:\s{_LETTER}\.)?+"  # "Private, Ann M."
            yield whole + ends + _END * straight + rf"(?!{_LETTER})", _always if straight else _is_turned
            if len("".join(order)) >= _TOGETHER:
                yield _BEGIN + re.escape("".join(order)) + r"\d{0,4}" + _END, _is_account
        first, last = re.escape(words[0]), re.escape(words[-1])
        middle = rf"{_BETWEEN}(?:{_LETTER}++\.?+{_BETWEEN}){{1,2}}"
        yield _BEGIN + first + middle + last + _END, _is_middle
        yield from self._initials(words)

    def _initials(self, words: list[str]) -> Iterator[tuple[str, _Check]]:
        """Yield the patterns with an initial, unless one of the others has the same."""
        first, last = words[0], words[-1]
        one, other = re.escape(first[0]), re.escape(last[0])
        if not any(each[0][0] == first[0] and each[-1] == last for each in self._others):
            for rest in (_between(words[at:]) for at in range(1, len(words))[-_TURNABLE:]):
                yield (
                    rf"{_BEGIN}{one}(?:\.\s*+(?:-?{_LETTER}\.\s*+){{0,2}}|\s++|[-_]){rest}{_END}",
                    _is_initialled,
                )
            yield rf"{_BEGIN}{re.escape(last)}(?:\s*+,\s*+|\s++|[-_.]){one}(?:\.|{_END})", _ends_initialled
        if len(first) > 1 and not any(each[0] == first and each[-1][0] == last[0] for each in self._others):
            yield rf"{_BEGIN}{re.escape(first)}\s++{other}\.", _ends_initialled


def _telling(name: str) -> bool:
    """Tell whether a name says who is meant: of several words, or in a script without capitals."""
    return len(name_words(name)) > 1 or (len(name) > 1 and name.upper() == name.lower())


def _accounts(words: list[str]) -> set[str]:
    """Return the accounts that people make of a name, without what stands between the words."""
    if len(words) < 2:
        return set()
    first, last, initials = words[0], words[-1], "".join(word[0] for word in words[:-1])
    found = {"".join(order) for order in name_orders(words)}
    found |= {first[0] + last, last + first[0], initials + last, first + last[0], first + initials[1:] + last}
    return {account for account in found if len(account) > 2} | ({last} if len(last) >= _UNUSUAL else set())


def _rest(text: str, span: _Span, covered: set[int]) -> str:
    return "".join(text[place] for place in range(*span) if place not in covered)


def _merged(spans: list[_Span]) -> list[_Span]:
    """Return spans in order, those that overlap as one."""
    merged: list[_Span] = []
    for start, stop in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _between(words: list[str]) -> str:
    return _BETWEEN.join(map(re.escape, words))


def _hides(span: _Span, found: _Span) -> bool:
    """Tell whether what was found lies in, or is cut by, what speaks of somebody else and is no shorter."""
    overlap = span[0] < found[1] and found[0] < span[1]
    return overlap and span[1] - span[0] >= found[1] - found[0]


def _widened(span: _Span, emails: list[_Span]) -> _Span:
    """Return the whole mail address in which a name was found."""
    for start, stop in emails:
        if start <= span[0] and span[1] <= stop:
            return start, stop
    return span


def _is_capital(sign: str) -> bool:
    return sign.isupper() or sign.upper() == sign.lower()


def _all_capital(seen: str) -> bool:
    return all(_is_capital(word[0]) or word in _PARTICLES for word in _WORD.findall(seen))


def _always(seen: str) -> bool:
    return True


def _is_turned(seen: str) -> bool:
    """In another order: joined by a sign, written with capitals, or with an unusual last name."""
    return not re.search(r"[\s,]", seen) or _all_capital(seen) or len(_WORD.findall(seen)[0]) >= _UNUSUAL


def _is_account(seen: str) -> bool:
    """In one word: with a capital or a digit within, or too long for a word."""
    return any(sign.isupper() or sign.isdigit() for sign in seen[1:]) or len(seen) >= _NO_WORD


def _is_middle(seen: str) -> bool:
    """With more words between: joined, or names, initials and particles."""
    words = _WORD.findall(seen)[1:-1]
    if not re.search(r"\s", seen):
        return True
    return _all_capital(" ".join(words)) and not _AND & {word.casefold() for word in words}


def _is_initialled(seen: str) -> bool:
    """With an initial before: joined by a sign, or both with capitals."""
    words = _WORD.findall(seen)
    if not re.search(r"\s", seen):
        return True
    return (_is_capital(seen[0]) and _is_capital(words[-1][0])) or (
        "." in seen and len(words[-1]) >= _UNUSUAL
    )


def _ends_initialled(seen: str) -> bool:
    """With an initial after: joined by a sign, or with a comma or a dot, and capitals."""
    return not re.search(r"[\s,]", seen) or (("," in seen or seen.endswith(".")) and _all_capital(seen))


def _fold(text: str, long: bool) -> tuple[str, list[int]]:
    """Return a text as names are compared, and the place in the text of each of its signs."""
    if text.isascii():
        return text.lower(), list(range(len(text) + 1))
    folded: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        letters = _letters(sign, long)
        folded.append(letters)
        places += [place] * len(letters)
    return "".join(folded), [*places, len(text)]


@lru_cache(maxsize=1 << 12)
def _letters(sign: str, long: bool) -> str:
    """Return a sign without case and accents; marks of direction and soft hyphens are nothing."""
    if unicodedata.category(sign) == "Cf":
        return ""
    plain = (sign.casefold().translate(_LONG) if long else sign.casefold()).translate(PLAIN)
    bare = unicodedata.normalize("NFD", plain)
    if bare[:1] < "\u0530":  # Latin, Greek, Cyrillic; elsewhere a mark may make another letter
        bare = "".join(each for each in bare if not unicodedata.combining(each))
        return unicodedata.normalize("NFC", bare)
    return plain


def _plain(text: str, long: bool) -> str:
    """Return a text in which a word that `_fold` would show is found sooner, whatever else is."""
    plain = text.casefold()
    if plain.isascii():
        return plain
    plain = (plain.translate(_LONG) if long else plain).translate(PLAIN)
    return _UNHEARD.sub("", unicodedata.normalize("NFD", plain))
