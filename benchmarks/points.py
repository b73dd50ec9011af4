"""What the card of points costs, beside the whole model, the same facts unrounded, and one point each.

    python benchmarks/points.py [--histories 100] [--store]

Invented histories of twelve sparse yes/no facts (those of prior_cells.py, no rules written). Measured is
the excess log loss over the truth, exact over all 4,096 combinations of facts, in thousandths, and the
loss that the card itself states it costs; all twelve facts count in truth, so a card of eight loses
most by what it leaves out. About two minutes on one core for 100 histories.
"""

import argparse

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from prior_cells import ALL, FACTS, History, histories
from scipy.special import logit
from stored import told

from netkit.facts import Fact, Vocabulary
from netkit.model import FactEncoder, fit_model

Floats = NDArray[np.float64]

NAMES = [f"fact_{place}" for place in range(FACTS)]
VOCABULARY = Vocabulary("invitation", {name: Fact(name, "Is it so?", levels=("yes", "no")) for name in NAMES})
SIZES = (300, 2000)


def frame(design: Floats) -> pd.DataFrame:
    """Return zeros and ones as a facts frame."""
    facts = pd.DataFrame(np.where(design == 1, "yes", "no"), columns=NAMES, dtype="str")
    facts.insert(0, "request", [str(place) for place in range(len(facts))])
    return facts


EVERYTHING = FactEncoder(VOCABULARY).levels(frame(ALL))


def losses(past: History) -> list[float]:
    """Return the excess loss of the model, eight facts unrounded, card and tally, and what the card states it costs."""
    model = fit_model(frame(past.X), pd.Series(past.y), VOCABULARY)
    odds = model.log_odds(EVERYTHING, np.zeros(len(ALL)))[0]
    card, tally = model.points_card(), model.unit_tally()
    by_hand = [logit(one.probability(one.add_up(EVERYTHING))) for one in (card, tally)]
    few = sorted({point.fact for point in card.points})
    part = Vocabulary("invitation", {name: VOCABULARY[name] for name in few})
    unrounded = fit_model(frame(past.X)[["request", *few]], pd.Series(past.y), part)
    eight = unrounded.log_odds(EVERYTHING[few], np.zeros(len(ALL)))[0]
    excess = [past.excess(stated) for stated in (odds, eight, *by_hand)]
    return [*excess, 1000 * (card.loss - card.full_loss)]


def main() -> None:
    """Print the table, and store it if asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--histories", type=int, default=100)
    parser.add_argument("--store", action="store_true")
    options = parser.parse_args()
    with told("points", store=options.store):
        print("excess log loss, thousandths     model  eight    card   tally   the card states that it costs")
        for n in SIZES:
            found = np.array([losses(past) for past in histories("unrelated", n, options.histories)])
            mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(len(found))
            print(f"{n:,} labels, {len(found)} histories".ljust(31) + "".join(f"{x:8.1f}" for x in mean[:4]) + f"{mean[4]:8.1f}")  # fmt: skip
            print("  give or take".ljust(31) + "".join(f"{x:8.1f}" for x in error[:4]))


if __name__ == "__main__":
    main()
