"""The invented cast: the owner of the archive and everybody who writes to them or whom they know."""

import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd

from netkit.people import profile_slug
from netkit.plain_yaml import read_yaml

_NAMES = read_yaml(Path(__file__).parent / "names.yaml")
OWNER = _NAMES["owner"]
OWNER_NAME = f"{OWNER['first']} {OWNER['last']}"
SKILLS: list[str] = _NAMES["skills"]


def draw_cast(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Draw `n` people; nobody is real."""
    scripts = _NAMES["scripts"]
    shares = np.array([script["share"] for script in scripts.values()])
    kinds = rng.choice(list(scripts), size=n, p=shares / shares.sum())
    taken: set[str] = {OWNER_NAME}
    rows = [_draw_name(rng, scripts[kind], taken) for kind in kinds]
    for number in range(97, n, 211):  # namesakes: two people, one name
        rows[number] = rows[number - 40]
    cast = pd.DataFrame(rows, columns=["first", "last"])
    cast["slug"] = _draw_slugs(rng, cast)
    suffixed = rng.random(n) < _NAMES["suffix_share"]
    suffixes = rng.choice(_NAMES["suffixes"], size=n)
    cast["last"] += np.where(suffixed, suffixes, "")
    cast["name"] = cast["first"] + " " + cast["last"]
    cast["key"] = [f"in:{profile_slug(f'/in/{slug}')}" for slug in cast["slug"]]
    cast["company"] = [draw_company(rng) for _ in range(n)]
    cast["position"] = rng.choice(_NAMES["position"], size=n)
    cast["email"] = [f"mail{number:04d}@invented.example" for number in range(n)]
    cast["urn"] = 200_000_000 + rng.permutation(n * 7)[:n]
    return cast


def _draw_name(
    rng: np.random.Generator, script: dict[str, dict[str, list[str]]], taken: set[str]
) -> tuple[str, str]:
    """Draw until the name is new: only the namesakes made on purpose share one."""
    while True:
        first, last = (
            _pick(rng, script[part]["starts"]) + _pick(rng, script[part]["ends"])
            for part in ("given", "family")
        )
        if f"{first} {last}" not in taken:
            taken.add(f"{first} {last}")
            return first, last


def _pick(rng: np.random.Generator, choices: list[str]) -> str:
    return choices[int(rng.integers(len(choices)))]


def draw_company(rng: np.random.Generator) -> str:
    """Draw an invented company's name."""
    parts = _NAMES["company"]
    return f"{_pick(rng, parts['starts'])}{_pick(rng, parts['ends'])} {_pick(rng, parts['kinds'])}"


def _draw_slugs(rng: np.random.Generator, cast: pd.DataFrame) -> list[str]:
    """Draw addresses: some keep the letters of the name, most have a random tail."""
    taken: set[str] = set()
    slugs = []
    for first, last in zip(cast["first"], cast["last"], strict=True):
        stem = f"{first}-{last}".lower().strip("-")
        plain = _without_accents(stem)
        keeps = rng.random() < _NAMES["slug_keeps_letters"]
        tail = f"{int(rng.integers(16**8)):08x}"
        stem = stem if keeps else plain
        bare = rng.random() < 0.4 and stem and stem not in taken
        slug = stem if bare else f"{stem}-{tail}".strip("-")
        taken.add(slug)
        slugs.append(unicodedata.normalize("NFC", slug))
    return slugs


def _without_accents(text: str) -> str:
    """Return the plain letters, or nothing where the script has none."""
    folded = text.replace("ø", "o").replace("ł", "l")
    plain = unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode()
    return plain if len(plain) >= len(text) else ""
