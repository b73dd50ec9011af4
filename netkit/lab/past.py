"""Labelling the past: when an old invitation counts as answered, and how many labels are still needed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from netkit.history import History
from netkit.history.labels import DECISIVE
from netkit.history.sample_check import parameters_of, refusals_needed
from netkit.ledger.database import read_moment
from netkit.wording import counted


def past_moments(history: History, requests: list[str], notes: pd.DataFrame) -> dict[str, str]:
    """Return the moment that stands for the answer to each old invitation.

    Nobody remembers the day. It is taken to be the day on which the invitation had become older than
    19 of 20 of your acceptances took, at the latest the day of your newest export; where you had
    noted something later, it is that moment. What you note now is dated alike: it is what you knew.

    Parameters
    ----------
    history : History
        The history.
    requests : list of str
        The old invitations.
    notes : DataFrame
        What was noted before: `request`, `at`.

    Returns
    -------
    dict of str to str
        Request to moment, UTC.
    """
    sent = history.table.set_index("request").loc[requests, "sent_at"]
    newest = pd.Timestamp(read_moment(history.as_of)) if history.as_of else sent.max()
    delay = pd.Timedelta(days=0 if np.isnan(history.delay_p95_days) else history.delay_p95_days)
    answered = (sent + delay).clip(upper=max(newest, sent.max()))
    if np.isnan(history.delay_p95_days):
        answered = answered.where(answered > newest, newest)
    noted = notes.groupby("request")["at"].max().reindex(requests)
    answered = answered.where(~(noted > answered), noted)
    return {str(request): read_moment(moment) for request, moment in answered.items()}


@dataclass(frozen=True)
class Progress:
    """How far the labels carry.

    Attributes
    ----------
    accepted, refused : int
        The strong labels.
    parameters : int
        How many numbers a model of the facts would learn.
    """

    accepted: int
    refused: int
    parameters: int

    @classmethod
    def of(cls, history: History) -> "Progress":
        """Return how far the strong labels of a history carry.

        Parameters
        ----------
        history : History
            The history.

        Returns
        -------
        Progress
            The counts.
        """
        strong = history.labelled("strong")
        facts = history.facts_of(strong["request"])
        label = strong["label"]
        parameters = parameters_of(facts, history.vocabulary)
        return cls(int(label.eq(1.0).sum()), int(label.eq(0.0).sum()), parameters)

    def after(self, action: str, times: int = 1) -> "Progress":
        """Return the progress after an answer, or after one is taken back.

        Parameters
        ----------
        action : str
            The answer; a question or a deferral changes nothing.
        times : int, default 1
            1, or -1 where it is taken back.

        Returns
        -------
        Progress
            The counts then.

        Examples
        --------
        >>> Progress(3, 4, 5).after("decline").refused, Progress(3, 4, 5).after("defer").refused
        (5, 4)
        """
        label = DECISIVE.get(action)
        return replace(
            self,
            accepted=self.accepted + times * (label == 1.0),
            refused=self.refused + times * (label == 0.0),
        )

    def as_dict(self) -> Mapping[str, Any]:
        """Return the progress towards what the history's advice asks for.

        Returns
        -------
        mapping
            `have`, `need` (refusals) and `words`.
        """
        need = refusals_needed(self.parameters, self.accepted, self.refused)
        return {
            "have": self.refused,
            "need": need,
            "words": f"{counted(self.refused, 'refusal')} of about {need} that a model needs to learn"
            f" from alone ({counted(self.accepted, 'acceptance')})",
        }
