"""When an old invitation counts as answered, of which nobody remembers the day."""

import numpy as np
import pandas as pd

from netkit.history import History
from netkit.ledger.database import read_moment


def past_moments(history: History, requests: list[str], notes: pd.DataFrame) -> dict[str, str]:
    """Return the moment that stands for the answer to each old invitation.

    Nobody remembers the day. It is taken to be the day on which the invitation had become older than
    19 of 20 of your acceptances took, at the latest the day of your newest export; where you had
    noted something later, it is that moment. What you note now is dated alike: it is what you knew.
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
