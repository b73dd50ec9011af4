"""The model as a judge: learned from a labelled history, beginning at the rules."""

from netkit.model.effect_wording import ACTIONS
from netkit.model.encoding import FactEncoder
from netkit.model.fitted_model import FittedModel, aligned, fit_counted, fit_model
from netkit.model.logistic import LogisticModel
from netkit.model.patterns import count_frame

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
