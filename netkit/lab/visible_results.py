"""An extension of a notebook's kernel: control characters in whatever a cell shows are spelled out."""

from typing import Any

from netkit.wording import visible


def load_ipython_extension(shell: Any) -> None:  # noqa: ANN401 - IPython has no types
    """Spell out what data frames and other results show, too, which netkit does not write."""
    formatter = shell.display_formatter
    usual = formatter.format

    def spelled(*values: Any, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ANN401
        data, about = usual(*values, **options)
        return {
            kind: visible(said) if isinstance(said, str) and kind.startswith("text/") else said
            for kind, said in data.items()
        }, about

    formatter.format = spelled
