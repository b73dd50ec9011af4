"""One way to draw: white ground, colours told apart by everybody, the same bytes on every run."""

import base64
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib import rc_context, rcParamsDefault
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

# Okabe and Ito's colours (2008), which people with any colour vision can tell apart; each also
# gets a marker and a line of its own, so that print and grey shades do.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#8A5A83", "#56B4E9", "#5F5F5F")
MARKERS = ("o", "s", "^", "D", "v", "P")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
INK, PALE = "#222222", "#767676"
# All settings from the defaults up, so that nobody's own matplotlibrc changes a stored picture;
# which program shows it is left to the reader.
_STYLE: Any = {
    name: value
    for name, value in rcParamsDefault.items()
    if not name.startswith(("backend", "interactive", "toolbar", "webagg", "timezone"))
} | {
    "axes.axisbelow": True,
    "axes.edgecolor": PALE,
    "axes.labelcolor": INK,
    "axes.labelsize": 9.5,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.unicode_minus": False,
    "figure.facecolor": "white",
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "grid.color": "#E3E3E3",
    "hatch.linewidth": 0.8,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "text.color": INK,
    "text.hinting": "none",
    "text.usetex": False,
    "xtick.color": INK,
    "ytick.color": INK,
}
# A decorator: what is drawn within is drawn in this style, whatever the user's own settings are.
styled = rc_context(_STYLE)


class Drawing(Axes):
    """Axes that a notebook shows as a picture with its alternative text."""

    alternative = ""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Return what a notebook stores: the picture, and its text."""
        picture = base64.b64encode(self.picture()).decode("ascii")
        return {"image/png": picture, "text/plain": self.alternative}

    def picture(self) -> bytes:
        """Return the figure as PNG, equal for equal data."""
        stream = BytesIO()
        figure = self.get_figure(root=True)
        assert isinstance(figure, Figure)
        with rc_context(_STYLE):
            figure.draw_without_rendering()
            # Laid out once: a second time would move things by a hair.
            figure.set_layout_engine("none")
            title, said = self.get_title(loc="left"), self.alternative
            about = {"Software": None, "Title": title, "Description": said}
            figure.savefig(stream, format="png", metadata=about)
        return stream.getvalue()

    def describe(self, sentences: Iterable[str]) -> "Drawing":
        """Add what a figure shows to its alternative text."""
        self.alternative = " ".join([self.alternative, *sentences])
        return self

    def describe_points(self, names: Sequence[str], rows: NDArray[np.float64]) -> "Drawing":
        """Add a sentence a point with its interval."""
        return self.describe([point_text(*one) for one in zip(names, *rows.T, strict=True)])

    def label_rows(self, names: Sequence[str]) -> None:
        """Write the names of rows along the y axis, the first on top."""
        self.set_yticks(range(len(names)), names)
        self.set_ylim(max(len(names), 1) - 0.5, -0.5)
        self.tick_params(axis="y", length=0)
        self.spines["left"].set_visible(False)
        self.grid(axis="x")

    def draw_points(self, rows: NDArray[np.float64]) -> None:
        """Draw a point with its interval a row, one under the other."""
        at = np.arange(len(rows))
        self.hlines(at, rows[:, 1], rows[:, 2], color=COLOURS[0], linewidth=2)
        self.plot(rows[:, 0], at, MARKERS[0], color=COLOURS[0], markersize=6)


def new_drawing(title: str, *, x: str, y: str, n: int, of: str, height: float = 3.6) -> Drawing:
    """Return empty axes with what every figure carries: title, units and n."""
    with rc_context(_STYLE):
        figure = Figure(figsize=(7.2, height), dpi=144, layout="constrained")
        axes: Drawing = figure.add_subplot(axes_class=Drawing)  # type: ignore[assignment]
        axes.set_title(title, pad=12)
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        # Under the axes rather than in the title, so that it is never cut.
        figure.supxlabel(f"n = {n:,} {of}", x=0.99, ha="right", fontsize=8.5, color=PALE)
    axes.alternative = f"{title} (n = {n:,} {of})."
    return axes


def empty_drawing(title: str, *, of: str) -> Drawing:
    """Return a figure that says there is nothing to show yet.

    >>> empty_drawing("How soon you accept", of="accepted invitations").alternative
    'How soon you accept (n = 0 accepted invitations). Nothing to show yet.'
    """
    axes = new_drawing(title, x="", y="", n=0, of=of, height=1.6)
    axes.text(0.5, 0.5, "Nothing to show yet", ha="center", va="center", color=PALE,
              transform=axes.transAxes)  # fmt: skip
    axes.set_axis_off()
    return axes.describe(["Nothing to show yet."])


def point_text(name: str, value: float, low: float, high: float) -> str:
    """Return a point with its interval as a sentence.

    >>> point_text("rules", 0.123456, 0.1, 0.2)
    'rules: 0.123 (0.1 to 0.2).'
    """
    interval = "" if np.isnan(low) else f" ({low:.3g} to {high:.3g})"
    return f"{name}: {value:.3g}{interval}."
