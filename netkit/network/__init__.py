"""Your network: how people are linked, as far as the data knows, and the tidy review."""

from netkit.network.degrees import Degree, degree, link
from netkit.network.tidying import Review, review, review_verdict

__all__ = ["Degree", "Review", "degree", "link", "review", "review_verdict"]
