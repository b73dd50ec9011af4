"""Learns to read notes from the invented ones in `benchmarks/notes`, and writes `netkit/notes/heads.json`.

Run it from the folder of the project: `python benchmarks/train_notes.py`. The same notes give the same file.
With `--look` it only says how well notes are read that were left out, by author.
"""

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, lil_matrix

from netkit.notes.heads import HEADS, TIMES, Band, Heads, likeness, sequences
from netkit.notes.phrase_lists import said_for_certain
from netkit.notes.sentence_encoder import encode

NOTES = Path(__file__).parent / "notes"
TRAITS = {
    "d": "default",
    "w": "says_who",
    "y": "says_why",
    "m": "recalls_meeting",
    "s": "sells",
    "f": "asks_favour",
    "x": "asks_for_money_or_data",
}
FOLDS = 5
DIRECTIONS, WIDTH, LOOSENESS, WORDS = 64, 1.5, 10.0, 0.8
RIGHT, FOUND = 0.96, 0.85  # of the answers given, of the yes among them: a little more than is promised


class Note(NamedTuple):
    """One invented note: its language, who wrote it, what is kept together in testing, and what it says.

    One that was written to mislead is learned from, and no measure of what people get.
    """

    language: str
    author: str
    group: str
    text: str
    says: dict[str, float]
    misleads: bool


def read_corpus(folder: Path = NOTES) -> list[Note]:
    """Return the notes; a trait that careful readers would dispute is missing (NaN)."""
    notes, language, author, group, misleads = [], "", "", "", False
    for path in sorted(folder.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("== "):
                author, _, shared = line[3:].removesuffix(" !").partition(" @")
                language, group, misleads = author.split()[0], shared or author, line.endswith(" !")
            elif line and not line.startswith("#"):
                marks, _, text = line.partition("\t")
                found = dict(re.findall(r"([dwymsfx])(\??)", marks)) if marks != "-" else {}
                says = {
                    trait: np.nan if found.get(mark) else float(mark in found)
                    for mark, trait in TRAITS.items()
                }
                notes.append(Note(language, author, group, text.replace("\\n", "\n"), says, misleads))
    return notes


def folds_of(notes: list[Note]) -> np.ndarray:
    """Return a fold for each note; notes of one group are in the same, and folds are of about one size."""
    sizes = defaultdict(int)
    for note in notes:
        sizes[note.group] += 1
    filled, fold_of = [0] * FOLDS, {}
    for group in sorted(sizes, key=lambda each: (-sizes[each], each)):
        fold_of[group] = int(np.argmin(filled))
        filled[fold_of[group]] += sizes[group]
    return np.array([fold_of[note.group] for note in notes])


def fit_weights(alike: np.ndarray, answers: np.ndarray, before: np.ndarray, looseness: float) -> np.ndarray:
    """Return the weights of examples that make their answers (1 or 0) probable, and stay small.

    Answers are n x traits, NaN where one is missing; `before` is the score that each has already.
    """
    values, directions = np.linalg.eigh(alike)
    kept = values > 1e-4 * values[-1]
    roots = np.sqrt(values[kept])
    features = directions[:, kept] * roots
    slopes = [
        _slopes(features, column, score, looseness) for column, score in zip(answers.T, before.T, strict=True)
    ]
    return np.asarray(directions[:, kept] @ (np.column_stack(slopes) / roots[:, None]))


def _slopes(features: np.ndarray, answers: np.ndarray, before: np.ndarray, looseness: float) -> np.ndarray:
    sides = np.select([np.isnan(answers), answers > 0.5], [0.0, 1.0], -1.0)

    def loss(slopes: np.ndarray) -> tuple[float, np.ndarray]:
        margins = sides * (before + features @ slopes)
        pulls = -sides / (1 + np.exp(np.minimum(margins, 500)))
        value = looseness * np.logaddexp(0, -margins) @ abs(sides) + slopes @ slopes / 2
        return float(value), looseness * features.T @ pulls + slopes

    start = np.zeros(features.shape[1])
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 150}).x)


def fitted(alike: np.ndarray, answers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights and the bias of each trait."""
    shares = np.clip(np.nanmean(answers, axis=0), 0.01, 0.99)
    biases = np.log(shares / (1 - shares))
    return fit_weights(alike, answers, np.broadcast_to(biases, answers.shape), LOOSENESS), biases


def left_out_scores(alike: np.ndarray, answers: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Return the score of each note by heads that saw no note of its group."""
    scores = np.zeros(answers.shape)
    for fold in range(FOLDS):
        rest, mine = folds != fold, folds == fold
        weights, biases = fitted(alike[np.ix_(rest, rest)], answers[rest])
        scores[mine] = biases + alike[np.ix_(mine, rest)] @ weights
    return scores


def band_of(scores: np.ndarray, answers: np.ndarray, english: np.ndarray) -> Band:
    """Return the slope that makes scores probabilities, and the band in which answers are right enough.

    They are so in English, in the other languages together, and in all; of what they find in the other
    languages nothing is promised apart.
    """
    known = ~np.isnan(answers)
    scores, english, sides = scores[known], english[known], np.where(answers[known] > 0.5, 1.0, -1.0)

    def loss(line: np.ndarray) -> float:
        return float(np.logaddexp(0, -sides * (line[0] + line[1] * scores)).sum())

    start, slope = minimize(loss, [0.0, 1.0], method="Nelder-Mead").x
    probability = Band(start, slope, 1.0, 0.0).probability(scores)
    bounds = [
        _bounds(probability[some], sides[some]) for some in (english, ~english, np.ones(len(sides), bool))
    ]
    yes = max(high for high, _ in bounds)
    return Band(start, slope, yes, min(yes - 1e-4, bounds[0][1], bounds[-1][1]))


def _bounds(probability: np.ndarray, sides: np.ndarray) -> tuple[float, float]:
    """Return from which probability on a yes is right enough, and up to which one a no."""
    order = np.argsort(-probability)
    hits = np.cumsum(sides[order] > 0)
    last = int(np.flatnonzero(hits / np.arange(1, len(hits) + 1) >= RIGHT).max(initial=0))
    missed = np.cumsum(sides[order[::-1]] > 0)
    few = missed <= hits[last] * (1 - FOUND) / FOUND
    right = missed / np.arange(1, len(missed) + 1) <= 1 - RIGHT
    first = int(np.flatnonzero(right & few).max(initial=0))
    return float(probability[order[last]]), float(probability[order[::-1][first]])


def said_of_left_out(
    notes: list[Note], scores: np.ndarray, bands: dict[str, Band]
) -> list[dict[str, str | None]]:
    """Return what the reader would say of each note: the phrases first, above them the heads."""
    said = []
    for row, note in zip(scores, notes, strict=True):
        certain = said_for_certain(note.text)
        levels: dict[str, str | None] = {
            trait: band.level(float(band.probability(row[column])))
            for column, (trait, band) in enumerate(bands.items())
        }
        levels |= {trait: level for trait, level in certain.traits.items() if level}
        if certain.kind:
            levels["default"] = "yes" if certain.kind == "default" else "no"
        said.append(levels)
    return said


def tell(notes: list[Note], said: list[dict[str, str | None]]) -> None:
    """Print, for English and the rest, how much is answered and how much of that is right."""
    for where in ("en", "other"):
        print(f"\n{where}: {'trait':24} yes  answered  precision  recall among answered  right")
        for trait in TRAITS.values():
            rows = [
                (note.says[trait], levels[trait])
                for note, levels in zip(notes, said, strict=True)
                if (note.language == "en") == (where == "en") and not np.isnan(note.says[trait])
            ]
            answered = [(truth > 0.5, level == "yes") for truth, level in rows if level]
            hit = sum(truth and level for truth, level in answered)
            yes, true = sum(level for _, level in answered), sum(truth for truth, _ in answered)
            right = sum(truth == level for truth, level in answered)
            print(
                f"{'':4}{trait:24} {sum(t > 0.5 for t, _ in rows):4}  {len(answered) / len(rows):8.2f}"
                f"  {hit / max(yes, 1):9.3f}  {hit / max(true, 1):21.3f}  {right / max(len(answered), 1):5.3f}"
            )


def words_of(notes: list[Note]) -> tuple[csr_matrix, list[str]]:
    """Return which words and short sequences each note has, of those that two notes have."""
    found = [sequences(note.text) for note in notes]
    counts = Counter(word for words in found for word in words)
    names = sorted(word for word, count in counts.items() if count > 1)
    column = {name: at for at, name in enumerate(names)}
    rows = lil_matrix((len(notes), len(names)))
    for at, words in enumerate(found):
        mine = [column[word] for word in words if word in column]
        rows[at, mine] = 1 / max(len(mine), 1) ** 0.5
    return rows.tocsr(), names


def numbered(notes: list[Note]) -> list[str]:
    """Return the name of each note: its author and a number."""
    seen: Counter[str] = Counter()
    names = []
    for note in notes:
        seen[note.author] += 1
        names.append(f"{note.author} {seen[note.author]}")
    return names


def write_heads(heads: Heads, about: str, notes: Sequence[str], path: Path = HEADS) -> None:
    """Write heads as JSON, one example a line, so that a person can read and compare them."""
    whole = {
        "about": about,
        "width": heads.width,
        "heads": {
            trait: {
                "bias": round(float(bias), 3),
                "band": {name: round(float(value), 4) for name, value in vars(band).items()},
            }
            for (trait, band), bias in zip(heads.bands.items(), heads.biases, strict=True)
        },
        "middle": _thousandths(heads.middle),
    }
    rows = [_line(_thousandths(axis)) for axis in heads.axes.T]
    examples = [
        _line({"note": note, "weights": np.round(weights, 3).tolist(), "place": _thousandths(place)})
        for note, weights, place in zip(notes, heads.weights, heads.places, strict=True)
    ]
    head = json.dumps(whole, ensure_ascii=False, indent=1).replace(
        json.dumps(whole["middle"], indent=1).replace("\n", "\n "), _line(whole["middle"])
    )
    words = [f"{_line(word)}:{_line(_thousandths(weights))}" for word, weights in sorted(heads.words.items())]
    body = (
        f',\n "words": {{\n{_listed(words)}\n }},\n "axes": [\n{_listed(rows)}\n ],'
        f'\n "examples": [\n{_listed(examples)}\n ]\n}}\n'
    )
    path.write_text(head.removesuffix("\n}") + body, encoding="utf-8", newline="\n")


def _thousandths(values: np.ndarray) -> list[int]:
    return [int(value) for value in np.round(values * TIMES)]


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _listed(lines: Sequence[str]) -> str:
    return ",\n".join("  " + line for line in lines)


def main() -> None:
    """Learn, or only look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--look", action="store_true", help="only say how well left-out notes are read")
    look = parser.parse_args().look
    notes = read_corpus()
    vectors = encode([note.text for note in notes]).astype("float64")
    middle = vectors.mean(0)
    _, axes = np.linalg.eigh(np.cov(vectors.T))
    axes = axes[:, : -DIRECTIONS - 1 : -1]
    axes = np.round(axes * np.sign(axes[np.abs(axes).argmax(0), range(DIRECTIONS)]), 3)
    middle = np.round(middle, 3)
    places = np.round((vectors - middle) @ axes, 3)
    answers = np.array([list(note.says.values()) for note in notes])
    rows, names = words_of(notes)
    alike = likeness(places, places, WIDTH) + WORDS * (rows @ rows.T).toarray()
    scores = left_out_scores(alike, answers, folds_of(notes))
    english = np.array([note.language == "en" for note in notes])
    usual = ~np.array([note.misleads for note in notes])
    bands = {
        trait: band_of(scores[usual, column], answers[usual, column], english[usual])
        for column, trait in enumerate(TRAITS.values())
    }
    print(
        f"{len(notes)} notes, {len({note.author for note in notes})} authors, {len({n.language for n in notes})} languages"
    )
    tell(notes, said_of_left_out(notes, scores, bands))
    if look:
        return
    weights, biases = fitted(alike, answers)
    about = f"Learned by benchmarks/train_notes.py from {len(notes)} invented notes; weights stand in the order of the heads."
    pulls = np.round(WORDS * (rows.T @ weights), 3)
    words = {name: pull for name, pull in zip(names, pulls, strict=True) if abs(pull).max() >= 0.02}
    write_heads(Heads(middle, axes, WIDTH, bands, places, weights, biases, words), about, numbered(notes))


if __name__ == "__main__":
    main()
