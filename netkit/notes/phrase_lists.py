"""What the wording of a note says for certain: the phrases of each language, found as whole words.

The phrases lie in `netkit/phrases/`. What none of them settles stays unknown.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from itertools import takewhile
from pathlib import Path

from netkit.plain_yaml import read_yaml

# What a note says, by the name of the fact.
TRAITS = {
    "says_who": "note_says_who",
    "says_why": "note_says_why",
    "recalls_meeting": "note_recalls_meeting",
    "sells": "note_sells",
    "asks_favour": "note_asks_favour",
    "asks_for_money_or_data": "asks_for_money_or_data",
}
FOLDER = Path(__file__).parents[1] / "phrases"
# Scripts that write without spaces: there a word has about two signs.
_NO_SPACES = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"\w+(?:['.@/-]+\w+)*")
_RUN = re.compile(r"\w+")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "“": '"', "”": '"'})
# What tells the language of a note: so many of its small words, and so many times those of any other.
_CLEAR, _CLEARLY_MORE = 3, 1.5
_CAPITALS = re.compile(r"(?:\s*[^\W\d_a-z][\w'’-]*\.?(?![^\s,.!:;?]))+")
_TITLE = re.compile(
    r"\b(?:M(?:rs?|s|x|iss|me|adame)|Monsieur|Dr|Prof|Frau|Herrn?|Señora?|Sra?|Signora?|Fru)\b"
)
_MOST_NAMES = 3  # below a closing
_NEIGHBOURS = 3  # words on either side
_MANY = 10_000  # words that are not folded anew each time they come


def fact_of(name: str) -> str:
    """Return the fact that is kept of a note under a name.

    >>> fact_of("kind"), fact_of("asks_for_money_or_data")
    ('note_kind', 'asks_for_money_or_data')
    """
    return TRAITS.get(name, f"note_{name}")


@dataclass(frozen=True)
class Said:
    """What a note says: its kind and traits as levels, None for unknown; and the words that say so.

    `words_for` gives, of what was found, the first word and the one after the last, in the text split at
    blanks.
    """

    kind: str | None = "none"
    words: int = 0
    traits: Mapping[str, str | None] = field(default_factory=lambda: dict.fromkeys(TRAITS, "no"))
    words_for: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Language:
    """How notes are worded in one language, apart from its phrases."""

    code: str
    name: str
    greeting: re.Pattern[str]
    marks: frozenset[str]
    closings: frozenset[str]


@dataclass(frozen=True)
class _Phrase:
    """One phrase: what it says, and one of the words of each set that a note with it must have."""

    language: _Language
    says: str
    text: str
    needs: frozenset[str]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(_pattern_of(self.text), re.IGNORECASE)


def said_for_certain(text: str) -> Said:
    """Return what the phrases find in a note; what they do not find is unknown, not no.

    Examples
    --------
    >>> said = said_for_certain("We met at the fair in Ulm.")
    >>> said.traits["recalls_meeting"], said.traits["sells"], said.words_for["recalls_meeting"]
    ('yes', None, (0, 2))
    """
    note = folded(text)
    if not note:
        return Said()
    words = _count_words(text)
    likely = list(_likely(note))
    if not words or _is_default(note, likely):
        return Said("default", words)
    spoken = _spoken(note)
    found: dict[str, tuple[int, int]] = {}
    for phrase in likely:
        if phrase.says == "default" or phrase.says in found or phrase.language not in spoken:
            continue
        if match := phrase.pattern.search(note):
            found[phrase.says] = _words_of(text, note, *match.span())
    traits = {trait: "yes" if trait in found else None for trait in TRAITS}
    return Said("personal" if found else None, words, traits, found)


def draft_patterns() -> tuple[list[dict[str, object]], int]:
    """Return the patterns, by language, for who writes, for why, and for the platform's own sentences.

    With it the longest note that the platform takes; for a reader of drafts elsewhere.

    Examples
    --------
    >>> languages, longest = draft_patterns()
    >>> sorted(languages[0]), longest
    (['closings', 'default', 'draft_says_who', 'draft_says_why', 'greeting', 'marks'], 300)
    """
    kinds = {"default": "default", "says_who": "draft_says_who", "says_why": "draft_says_why"}
    languages: list[dict[str, object]] = []
    for language in _languages():
        said = [phrase for phrase in _phrases() if phrase.language is language]
        _, _, after = language.greeting.pattern.partition(r"\W*")
        languages.append(
            {
                "greeting": rf"^(\W*){after}",
                "marks": sorted(language.marks),
                "closings": sorted(language.closings),
                **{
                    key: [one.pattern.pattern for one in said if one.says == says]
                    for says, key in kinds.items()
                },
            }
        )
    return languages, longest_note()


@cache
def longest_note() -> int:
    """Return how many characters the platform takes in a note."""
    return int(read_yaml(FOLDER / "platform.yaml")["note_characters"])


def _count_words(text: str) -> int:
    """Count the words of a note; where words are not spaced, two signs count as one.

    Examples
    --------
    >>> _count_words("Hi Ada 👋, it's me"), _count_words("您好我是王芳")
    (4, 3)
    """
    unspaced = len(_NO_SPACES.findall(text))
    return len(_WORD.findall(_NO_SPACES.sub(" ", folded(text)))) + (unspaced + 1) // 2


def _words_of(text: str, note: str, start: int, end: int) -> tuple[int, int]:
    """Return which words of a text, split at blanks, a place in the folded note covers."""
    words = text.translate(_QUOTES).split()
    kept = [place for place, word in enumerate(words) if _folded_word(word)]
    first, last = note.count(" ", 0, start), note.count(" ", 0, max(start, end - 1))
    return kept[min(first, len(kept) - 1)], kept[min(last, len(kept) - 1)] + 1


def _is_default(note: str, likely: Iterable[_Phrase]) -> bool:
    """Tell whether a note is a greeting alone, or the platform's sentence in no more than one."""
    for phrase in likely:
        found = phrase.pattern.search(note) if phrase.says == "default" else None
        if found:
            before, after = note[: found.start()], note[found.end() :]
            greeting = phrase.language.greeting.match(before)
            before = before[greeting.end() :] if greeting else before
            if _says_nothing(before, phrase.language) and _says_nothing(after, phrase.language):
                return True
    greetings = ((each, each.greeting.match(note)) for each in _languages())
    return any(found and _says_nothing(note[found.end(1) :], each) for each, found in greetings)


def _says_nothing(rest: str, language: _Language) -> bool:
    """Tell whether a few words left over are only a name or a closing ("Best regards, Bo Kim")."""
    words = [word for word in _WORD.findall(rest) if word.casefold() not in language.closings]
    return len(words) <= 3 and all(word[0].isupper() for word in words)


def names_in(note: str) -> frozenset[str]:
    """Return the names that a note calls somebody by, in small letters: they say nothing of what it wants.

    >>> sorted(names_in("Dear Ana Lind, could Ms Tressel help me? Best, Bo"))
    ['ana', 'bo', 'lind', 'ms', 'tressel']
    """
    greetings = (each.greeting.match(note) for each in _languages())
    places = [found.end(1) for found in greetings if found]
    places += [found.start() for found in _TITLE.finditer(note)]
    called = [found[0] for place in places if (found := _CAPITALS.match(note, place))]
    closings = frozenset().union(*(language.closings for language in _languages()))
    signed = list(takewhile(lambda word: word.casefold() not in closings, reversed(_WORD.findall(note))))
    words = " ".join([*called, *(signed if len(signed) <= _MOST_NAMES else ())]).split()
    return frozenset(word.strip(".").casefold() for word in words if word[0].isupper() and len(word) > 1)


@lru_cache(_MANY)
def _folded_word(word: str) -> str:
    if word.isascii():
        return word
    apart = unicodedata.normalize("NFKD", word.translate(_QUOTES))
    return "".join(sign for sign in apart if unicodedata.category(sign) not in ("Mn", "Cf"))


def folded(text: str) -> str:
    r"""Return a note as it is compared: no accents, no invisible marks, one kind of apostrophe.

    Examples
    --------
    >>> folded("I’d  like\nto add Zoë")
    "I'd like to add Zoe"
    """
    return " ".join(filter(None, map(_folded_word, text.translate(_QUOTES).split())))


@cache
def _languages() -> tuple[_Language, ...]:
    """Return the languages that have a file in `phrases/`.

    Examples
    --------
    >>> [language.name for language in _languages()][:3]
    ['English', 'German', 'French']
    """
    codes = sorted(path.stem for path in FOLDER.glob("??.yaml"))
    return tuple(map(_language, dict.fromkeys(["en", "de", "fr", "es", "pt", "it", "nl", *codes])))


def _language(code: str) -> _Language:
    declared = read_yaml(FOLDER / f"{code}.yaml")
    greetings = "|".join(_pattern_of(folded(str(each))) for each in declared["greetings"])
    return _Language(
        code=code,
        name=declared["language"],
        greeting=re.compile(rf"\W*({greetings})[^,.!:;\n]*[,.!:;]*", re.IGNORECASE),
        marks=frozenset(_lower(declared["marks"])),
        closings=frozenset(" ".join(_lower(declared["closings"])).split()),
    )


def _lower(words: Iterable[object]) -> list[str]:
    return [folded(str(word)).casefold() for word in words]


@cache
def _by_word() -> Mapping[str, tuple[_Phrase, ...]]:
    """Return the phrases under the words of which a note with them has at least one.

    A note is compared only with the phrases that it can have: with all of them it took ten times as long.
    """
    found: dict[str, list[_Phrase]] = {}
    for phrase in _phrases():
        for word in phrase.needs or {""}:
            found.setdefault(word, []).append(phrase)
    return {word: tuple(phrases) for word, phrases in found.items()}


@cache
def _phrases() -> tuple[_Phrase, ...]:
    return tuple(
        _Phrase(language, says, plain, _needed(plain, language.marks))
        for language in _languages()
        for says, texts in read_yaml(FOLDER / f"{language.code}.yaml").items()
        if says in ("default", *TRAITS)
        for plain in (folded(str(text)) for text in texts)
    )


def _likely(note: str) -> Iterator[_Phrase]:
    words = dict.fromkeys(_RUN.findall(note.lower()))
    by_word = _by_word()
    seen: set[int] = set()
    for word in ("", *words):
        for phrase in by_word.get(word, ()):
            if id(phrase) not in seen:
                seen.add(id(phrase))
                yield phrase


def _needed(phrase: str, common: Collection[str] = ()) -> frozenset[str]:
    """Return words of which a note with a phrase has at least one, rather none of the common ones.

    Empty where no word can be named.

    Examples
    --------
    >>> sorted(_needed("we met * (at|in)", ["we"])), sorted(_needed("(buy|sell) (it )?"))
    (['met'], ['buy', 'sell'])
    """
    if _NO_SPACES.search(phrase):
        return frozenset()
    told = re.sub(r"(?:(?<=\s)|^)\([^()]*\)\?(?=\s|$)|\([^()]* \)\?", "", phrase.lower())
    told = re.sub(r"(?<=[^\s])\([^()]*\)|\([^()]*\)(?=\S)", "*", told)  # a part of a word is no word
    choices = []
    for part in re.finditer(r"(?<!\S)\(([^()?]*)\)(?!\S)|(?<!\S)[^\s()*|?]+(?!\S)", told):
        each = [_RUN.findall(option) for option in (part[1] or part[0]).split("|")]
        if all(each):
            choices.append(frozenset(max(words, key=len) for words in each))
    return min(choices, key=lambda words: (len(words.intersection(common)), len(words)), default=frozenset())


def _pattern_of(phrase: str) -> str:
    """Turn a phrase into a pattern of whole words.

    Examples
    --------
    >>> bool(re.search(_pattern_of("we met * (at|in)"), "we met last week in Ulm"))
    True
    """
    phrase = phrase.strip(" *")
    # An option without a blank of its own takes the blank before it along.
    phrase = re.sub(r" (\((?:[^()]*[^ ()])\))\?", r"( \1)?", phrase)
    written = re.sub(r"[^\w\s*()|?]", lambda sign: re.escape(sign[0]), phrase).replace("(", "(?:")
    written = re.sub(r"\s*\*\s*", lambda gap: (" " if gap[0][0] == " " else "") + "*", written)
    written = written.replace("*,", r"(?:\w+[^\w,]+){0,3}?\w+,")
    pattern = written.replace("*", r"(?:\w+\W+){0,4}?").replace(" ", r"\W+")
    start = "" if _NO_SPACES.match(phrase) or phrase[0] == "%" else r"(?<!\w)"
    end = "" if _NO_SPACES.match(phrase[-1]) else r"(?!\w)"
    return f"{start}(?:{pattern}){end}"


def languages() -> dict[str, str]:
    """Return the languages that notes are read in, code to name.

    Examples
    --------
    >>> languages()["pt"]
    'Portuguese'
    """
    return {language.code: language.name for language in _languages()}


def note_language(text: str) -> str:
    """Return the language of a note by its code; English where the note is too short or mixed to tell.

    The platform's own sentence tells it; else clearly more of its small words than of any other language.

    Parameters
    ----------
    text : str
        The note.

    Returns
    -------
    str
        The code, one of `languages()`.

    Examples
    --------
    >>> note_language("Ik ben docent in Gent en zou graag met je praten over het vak.")
    'nl'
    >>> note_language("Hola Kim"), note_language("Ich bin in Ulm and would like to meet you.")
    ('en', 'en')
    """
    note = folded(text)
    default = [each for each in _likely(note) if each.says == "default" and each.pattern.search(note)]
    if default:
        return default[0].language.code
    (most, likeliest), (next_most, _) = sorted(_counted(note), key=lambda each: -each[0])[:2]
    return likeliest.code if most >= _CLEAR and most >= next_most * _CLEARLY_MORE else "en"


def with_neighbours(text: str, words: str) -> str:
    """Return words of a text with the words beside them, as long as they begin or end with a small word.

    Examples
    --------
    >>> with_neighbours("Hola, soy técnico de empleo de Bilbao.", "de empleo de")
    'técnico de empleo de Bilbao'
    """
    start = text.find(words)
    if start < 0:
        return words
    places = [match.span() for match in _WORD.finditer(text)]
    inside = [at for at, (begin, end) in enumerate(places) if begin < start + len(words) and end > start]
    if not inside:
        return words
    first, last = inside[0], inside[-1]
    small = frozenset().union(*(language.marks for language in _languages()))

    def opens(at: int, beside: int) -> bool:
        """Whether a word is a small one and the next is of the same clause."""
        if not 0 <= beside < len(places):
            return False
        between = text[places[min(at, beside)][1] : places[max(at, beside)][0]]
        return folded(text[slice(*places[at])]).casefold() in small and not between.strip()

    for _ in range(_NEIGHBOURS):
        first -= opens(first, first - 1)
        last += opens(last, last + 1)
    return text[places[first][0] : max(places[last][1], start + len(words))]


def _counted(note: str) -> list[tuple[float, _Language]]:
    """Return how many of its small words each language has in a note; its greeting counts a half."""
    words = set(_WORD.findall(note.casefold()))
    return [
        (len(words & language.marks) + bool(language.greeting.match(note)) / 2, language)
        for language in _languages()
    ]


def _spoken(note: str) -> list[_Language]:
    """Return the languages a note may be in: those with the most of their small words in it.

    Examples
    --------
    >>> [language.name for language in _spoken("wir haben uns bei dir in Ulm getroffen")]
    ['German']
    """
    counted = _counted(note)
    most = max(hits for hits, _ in counted)
    return [language for hits, language in counted if hits > 0 and hits * 2 >= most]
