"""An extension of a notebook's kernel: control characters in whatever it shows are spelled out."""

from typing import Any

from netkit.wording import visible

# What JupyterLab shows of a cell, or asks: results, prints, errors, help. Widgets spell out what they show.
_SHOWN = frozenset([
    "display_data", "error", "execute_reply", "execute_result", "input_request", "inspect_reply", "stream",
    "update_display_data",
])  # fmt: skip


def load_ipython_extension(shell: Any) -> None:  # noqa: ANN401 - IPython has no types
    """Spell out what data frames, prints and errors show, too, which netkit does not write."""
    session = shell.kernel.session  # which writes every message to JupyterLab
    usual = session.serialize

    def serialize(message: dict[str, Any], ident: Any = None) -> Any:  # noqa: ANN401
        if message["header"]["msg_type"] in _SHOWN:
            message = {**message, "content": _spelled(message["content"])}
        return usual(message, ident)

    session.serialize = serialize
    shell.colors = "nocolor"  # colours are escape sequences: those of an error would be spelled out, too


def _spelled(said: Any) -> Any:  # noqa: ANN401 - any plain kind
    if isinstance(said, str):
        return visible(said.replace("\r\n", "\n"))
    if isinstance(said, dict):
        return {name: _spelled(each) for name, each in said.items()}
    return list(map(_spelled, said)) if isinstance(said, list | tuple) else said
