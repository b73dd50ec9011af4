"""The clipboard of this machine, through the programs that come with it."""

import os
import shutil
import subprocess

import click

_COPIED = "note: Copied. Read it once more before you send it."
_NO_CLIPBOARD = "note: This machine has no clipboard. Mark the letter above with the mouse."
# In the order in which they are tried, each with the variable of the screen that it needs.
_PROGRAMS = (
    ("", ("pbcopy",)),
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
    ("", ("clip.exe",)),
)
_SECONDS = 5


def copy_text(text: str) -> bool:
    """Put a text on the clipboard, and tell whether there is one."""
    for screen, command in _PROGRAMS:
        program = shutil.which(command[0])
        if not program or (screen and screen not in os.environ):
            continue
        encoding = "utf-16" if command[0] == "clip.exe" else "utf-8"
        try:
            subprocess.run(
                [program, *command[1:]],
                input=text.encode(encoding),
                stdout=subprocess.DEVNULL,  # xclip stays, and would hold a pipe open
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return True
    return False


def say_whether_copied(text: str) -> None:
    """Put a text on the clipboard, and say beside it whether there is one."""
    click.echo(_COPIED if copy_text(text) else _NO_CLIPBOARD, err=True)
