"""How fast the model is fitted on patterns, side by side with other libraries on the same rows.

    OMP_NUM_THREADS=1 python benchmarks/fit.py [--largest 1e7] [--store]

Three kinds of 20 yes/no columns: structured (four categoricals one-hot and seven sparse flags, as real facts
are), sparse flags, and independent fair coins, whose rows hardly repeat: the worst case for counting.
Times include counting and every check of the input; each pair runs alternately in one process and the
fastest of several runs counts. What is compared is the same fit: scikit-learn's penalty C = 1 is a prior
of standard deviation 1. Memory is the peak beyond the input.

About two minutes up to 10^6 rows, ten to 10^7. glum is included where it is installed (`uv pip install
glum`); statsmodels is left out at 10^7, where it needs more than twenty gigabytes.
"""

import argparse
import json
import os
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import sklearn
import statsmodels
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from netkit.model import LogisticModel
from netkit.model.patterns import Patterns

try:
    import glum
except ImportError:
    glum = None

Floats = NDArray[np.float64]

SIZES = (1_000, 100_000, 1_000_000, 10_000_000)
FLAGS = (0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.10)


def structured(n: int, rng: np.random.Generator) -> Floats:
    """Return four categoricals one-hot, their first level left out, and seven sparse flags."""
    columns = []
    for kinds in (5, 4, 4, 4):
        share = 1 / np.arange(1, kinds + 1)
        kind = rng.choice(kinds, n, p=share / share.sum())
        columns += [kind == level for level in range(1, kinds)]
    columns += [rng.random(n) < share for share in FLAGS]
    return np.column_stack(columns).astype(np.float64)


def sparse_flags(n: int, rng: np.random.Generator) -> Floats:
    """Return twenty independent flags of 3 to 32 in a hundred."""
    return np.column_stack([rng.random(n) < share for share in np.linspace(0.03, 0.32, 20)]).astype(
        np.float64
    )


def fair_coins(n: int, rng: np.random.Generator) -> Floats:
    """Return twenty independent fair coins."""
    return rng.integers(0, 2, (n, 20)).astype(np.float64)


KINDS = (structured, sparse_flags, fair_coins)


def invented(kind: Callable[..., Floats], n: int) -> tuple[Floats, Floats]:
    """Return a design and labels of about a third ones."""
    rng = np.random.default_rng(1)
    X = kind(n, rng)
    odds = X @ rng.normal(0, 0.5, X.shape[1])
    return X, (rng.random(n) < expit(odds - odds.mean() - 0.8)).astype(np.float64)


def by_netkit(X: Floats, y: Floats) -> Floats:
    """Fit on patterns."""
    model = LogisticModel(tau=1.0).fit(X, y)
    return np.append(model.intercept_, model.coef_[0])


def by_default(X: Floats, y: Floats) -> Floats:
    """Fit on patterns, the strength of the prior found as well."""
    model = LogisticModel().fit(X, y)
    return np.append(model.intercept_, model.coef_[0])


def by_sklearn(X: Floats, y: Floats) -> Floats:
    """Fit on rows with scikit-learn's fastest exact solver."""
    model = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-8).fit(X, y)
    return np.append(model.intercept_, model.coef_[0])


def by_statsmodels(X: Floats, y: Floats) -> Floats:
    """Fit on rows with statsmodels, without a penalty."""
    return np.asarray(sm.GLM(y, sm.add_constant(X), sm.families.Binomial()).fit().params)


def by_glum(X: Floats, y: Floats) -> Floats:
    """Fit on rows with glum."""
    model = glum.GeneralizedLinearRegressor(
        family="binomial", alpha=1 / len(y), l1_ratio=0, gradient_tol=1e-8
    )
    model.fit(X, y)
    return np.append(model.intercept_, model.coef_)


def fastest(
    functions: dict[str, Callable[[], Any]], budget: float
) -> tuple[dict[str, float], dict[str, Any]]:
    """Run functions alternately, each at least twice while the budget of seconds lasts."""
    times: dict[str, float] = {}
    results: dict[str, Any] = {}
    began, rounds = perf_counter(), 0
    while rounds < 2 or (perf_counter() - began < budget and rounds < 30):
        for name, function in functions.items():
            if rounds and times[name] > budget:
                continue
            start = perf_counter()
            results[name] = function()
            times[name] = min(times.get(name, np.inf), perf_counter() - start)
        rounds += 1
    return times, results


def peak_beyond(function: Callable[[], object]) -> int:
    """Return the greatest memory held beyond what there was before, in bytes."""
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def compare_fits(kind: Callable[..., Floats], n: int) -> dict[str, Any]:
    """Time the libraries on one design and print a line."""
    X, y = invented(kind, n)
    functions: dict[str, Callable[[], Any]] = {
        "netkit": lambda: by_netkit(X, y),
        "sklearn": lambda: by_sklearn(X, y),
        "default": lambda: by_default(X, y),
    }
    if n < 10**7:
        functions["statsmodels"] = lambda: by_statsmodels(X, y)
    if glum is not None:
        functions["glum"] = lambda: by_glum(X, y)
    times, results = fastest(functions, 6.0)
    told = {
        "data": kind.__name__,
        "rows": n,
        "patterns": len(Patterns.from_rows(X, y).design),
        "seconds": {name: round(value, 5) for name, value in times.items()},
        "ratio": {name: round(times[name] / times["netkit"], 2) for name in times if name not in ("netkit", "default")},
        "largest_difference": float(np.abs(results["netkit"] - results["sklearn"]).max()),
        "memory_beyond_design": {
            "netkit": round(peak_beyond(functions["netkit"]) / X.nbytes, 4),
            "sklearn": round(peak_beyond(functions["sklearn"]) / X.nbytes, 4),
        },
    }  # fmt: skip
    print(fit_line(told), flush=True)
    return told


def fit_line(told: dict[str, Any]) -> str:
    """Say what one comparison found."""
    ratios = ", ".join(f"{name} {value:.1f}" for name, value in told["ratio"].items())
    memory, seconds = told["memory_beyond_design"], told["seconds"]
    return (
        f"{told['data']:12} {told['rows']:>10,} rows {told['patterns']:>9,} patterns  {1e3 * seconds['netkit']:6.0f} ms "
        f"(strength found too {1e3 * seconds['default']:.0f})  times as long: {ratios}; coefficients within "
        f"{told['largest_difference']:.0e}; memory beyond the design {memory['netkit']:.3f} of it, sklearn {memory['sklearn']:.2f}"
    )


def main() -> None:
    """Print a line a comparison, and store them if asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--largest", type=float, default=1e6)
    parser.add_argument("--store", action="store_true")
    options = parser.parse_args()
    fits = [compare_fits(kind, n) for n in SIZES if n <= options.largest for kind in KINDS if n < 10**7 or kind is not fair_coins]  # fmt: skip
    if options.store:
        today = datetime.now(UTC).date().isoformat()
        told = {"about": "Seconds and ratios, one thread; see benchmarks/fit.py.", "date": today, "fits": fits}  # fmt: skip
        path = Path(__file__).parent / "results" / f"fit-{today}"
        path.with_suffix(".json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        lines = [f"numpy {np.__version__}, scikit-learn {sklearn.__version__}, statsmodels {statsmodels.__version__}, glum {glum.__version__ if glum else 'not there'}; one thread"]  # fmt: skip
        lines += [fit_line(one) for one in fits]
        path.with_suffix(".txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
