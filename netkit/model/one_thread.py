"""One thread for many small matrices: a pool of threads spends longer meeting than multiplying."""

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

from scipy import linalg  # noqa: F401 - the controller finds only libraries that are loaded already
from threadpoolctl import ThreadpoolController

P = ParamSpec("P")
R = TypeVar("R")


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Run a function with linear algebra on one thread.

    A Firth profile of fifty columns multiplies thousands of small matrices; on a busy machine with
    two threads it took four hundred times as long as with one.

    Parameters
    ----------
    function : callable
        The function.

    Returns
    -------
    callable
        The same function, for some ten microseconds more.

    Examples
    --------
    >>> @one_thread
    ... def double(x: float) -> float:
    ...     return 2 * x
    >>> double(2.0)
    4.0
    """

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _controller().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited
