"""The model as a judge: learned from a labelled history, beginning at the rules."""

from typing import TYPE_CHECKING, Any

from netkit.model.alignment import aligned
from netkit.model.effect_wording import ACTIONS
from netkit.model.encoding import FactEncoder
from netkit.model.fitted_model import FittedModel, fit_counted, fit_model
from netkit.model.patterns import count_frame

if TYPE_CHECKING:
    from netkit.model.logistic import LogisticModel

__all__ = [
    "ACTIONS",
    "FactEncoder",
    "FittedModel",
    "LogisticModel",
    "aligned",
    "count_frame",
    "fit_counted",
    "fit_model",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever has the name
    """Import the estimator when it is asked for: scikit-learn takes a second, and no command needs it."""
    if name != "LogisticModel":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from netkit.model.logistic import LogisticModel

    return LogisticModel
