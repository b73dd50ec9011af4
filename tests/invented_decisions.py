"""Invented decisions in a ledger, with as many facts noted beside either answer as a test asks for."""

import datetime as dt

import numpy as np

FACTS = ("recognised", "met_in_person", "fits_my_stated_wishes", "would_stay_in_touch")


def decide(ledger, places, *, share=(1.0, 1.0), seed=3):
    """Record invented decisions: accepted is mostly who fits the wishes; facts are noted by answer."""
    rng = np.random.default_rng(seed)
    for at in places:
        day = dt.date(2024, 1, 2) + dt.timedelta(days=int(1.4 * at))
        ledger.invitations.add(f"Person Number{at}", sent_at=day.isoformat(), source="test")
        levels = dict(zip(FACTS, np.where(rng.random(len(FACTS)) < 0.45, "yes", "no").tolist(), strict=True))
        yes = rng.random() < (0.95 if levels["fits_my_stated_wishes"] == "yes" else 0.05)
        noted = levels if rng.random() < share[0 if yes else 1] else {}
        request = ledger.invitations.to_frame()["request"].iloc[-1]
        ledger.decisions.add(
            request, "accept" if yes else "decline", at=day.isoformat(), source="command line", facts=noted
        )
