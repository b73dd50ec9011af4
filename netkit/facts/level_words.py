"""How a fact is spoken with its level."""

from functools import cache
from pathlib import Path

from netkit.plain_yaml import read_yaml
from netkit.wording import spoken


def level_words(fact: str, level: object) -> str:
    """Return a level as it is spoken.

    >>> level_words("note_kind", "default"), level_words("reply_to_question", "not_asked")
    ("the platform's own sentence", 'not asked')
    """
    return str(_words().get(fact, {}).get(str(level), spoken(str(level))))


def fact_words(fact: str, level: object) -> str:
    """Return a fact with its level as they are spoken.

    >>> fact_words("met_in_person", "yes")
    'met in person: yes'
    """
    return f"{spoken(fact)}: {level_words(fact, level)}"


@cache
def _words() -> dict[str, dict[str, str]]:
    return dict(read_yaml(Path(__file__).parent / "level_words.yaml"))
