"""The widget: shows what is behind it, hands on what was pressed, and knows nothing else."""

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import anywidget
import traitlets

from netkit.sitting.card import spelled
from netkit.wording import visible

_HERE = Path(__file__).parent


class _Behind(Protocol):
    """What is behind a widget."""

    def handle(self, message: dict[str, Any]) -> None:
        """Carry out what was pressed."""


class Workplace(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
    """One sitting in JupyterLab."""

    _esm = _HERE / "lab.js"
    _css = _HERE / "lab.css"
    view = traitlets.Dict().tag(sync=True)

    def __init__(self, session: _Behind, show: Callable[[Any], dict[str, Any]]) -> None:
        self.session, self._show = session, show
        self._one_at_a_time = Lock()  # messages may arrive in a thread of their own
        super().__init__(view=spelled(show(session)))
        self.on_msg(self._pressed)

    def _pressed(self, _: object, message: dict[str, Any], buffers: object) -> None:
        with self._one_at_a_time:
            # The number tells the browser that it was heard, also where nothing changed.
            heard = int(self.view.get("heard", 0)) + 1
            try:
                self.session.handle(message)
                self.view = {**spelled(self._show(self.session)), "heard": heard}
            except Exception as bug:  # shown, because nobody reads the log while deciding
                problem = f"Something went wrong: {bug!r}"
                self.view = {**self.view, "problem": visible(problem), "heard": heard}
                raise

    def refresh(self) -> None:
        """Show what is behind it anew, while a press is still carried out."""
        self.view = {**spelled(self._show(self.session)), "heard": int(self.view.get("heard", 0))}

    def __repr__(self) -> str:
        return f"Workplace({self.view.get('title', '')!r})"
