"""Your network: how people are linked, as far as the data knows, and the tidy review."""

from netkit.network.connections import Degree, Review, degree, link, review, review_verdict

__all__ = ["Degree", "Review", "degree", "link", "review", "review_verdict"]
