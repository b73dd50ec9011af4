"""Keep what a benchmark says, dated, under `results/`, where the handbook finds it."""

import contextlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path


@contextlib.contextmanager
def told(name: str, *, store: bool) -> Iterator[None]:
    """Print what is said within; with `store`, keep it as well.

    Parameters
    ----------
    name : str
        The benchmark's, which the file is named after.
    store : bool
        Whether to keep it; what is kept is printed at the end.
    """
    if not store:
        yield
        return
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        yield
    result_path(name, "txt").write_text(said.getvalue(), encoding="utf-8")
    print(said.getvalue(), end="")


def result_path(name: str, kind: str) -> Path:
    """Return where today's result of a benchmark is kept.

    Parameters
    ----------
    name : str
        The benchmark's.
    kind : str
        How the file's name ends, such as `txt`.

    Returns
    -------
    Path
        Below `results/`.
    """
    day = datetime.now(UTC).date().isoformat()
    return Path(__file__).parent / "results" / f"{name}-{day}.{kind}"
