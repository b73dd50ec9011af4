"""Help at once: a command's own file says all of it, and the rooms behind it take seconds to import."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import click

# What the options themselves need, with whatever it imports of netkit; every other room is left out.
_NEEDED = ("netkit.facts", "netkit.wording")
_PACKAGES = ("matplotlib", "numpy", "pandas", "pyarrow", "rich", "scipy", "sklearn")


class _Blank(type):
    """Stands for whatever a room would give: it can be called, derived from and named in a type."""

    __iter__ = None  # to be gone through, it would have to hold something

    def __call__(cls, *_given: Any, **_named: Any) -> Any:  # noqa: ANN401 - it is nothing
        return cls

    def __getitem__(cls, _asked: Any) -> Any:  # noqa: ANN401 - it is nothing
        return cls

    def __getattr__(cls, name: str) -> Any:  # noqa: ANN401 - it is nothing
        return _blank(name)


def _blank(name: str) -> Any:  # noqa: ANN401 - it is nothing
    if name.startswith("__"):
        raise AttributeError(name)
    return type.__call__(_Blank, name, (), {})


class _LeaveOut(MetaPathFinder, Loader):
    """Finds empty modules in the place of large packages and, once what is needed is there, of rooms."""

    rooms = False

    def find_spec(self, fullname: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """Return an empty module's place, or None for one that is needed."""
        room = self.rooms and fullname.startswith("netkit.") and not fullname.startswith("netkit.cli.")
        if not room and fullname.split(".", maxsplit=1)[0] not in _PACKAGES:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def exec_module(self, module: ModuleType) -> None:
        """Let a module have whatever is asked of it."""
        vars(module)["__getattr__"] = _blank


@contextmanager
def _rooms_left_out() -> Iterator[None]:
    """Import without the rooms; what was imported so is forgotten, for it can do nothing."""
    before, finder = set(sys.modules), _LeaveOut()
    sys.meta_path.insert(0, finder)
    try:
        for name in _NEEDED:
            import_module(name)
        finder.rooms = True
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in set(sys.modules) - before:
            if name.split(".")[0] in ("netkit", *_PACKAGES):
                parent, _, child = name.rpartition(".")
                gone = sys.modules.pop(name)
                if (within := vars(sys.modules.get(parent, gone))).get(child) is gone:
                    del within[child]  # else `from netkit import X` would find it there


def help_at_once(group: click.Group, words: Sequence[str], name: str) -> str | None:
    """Return the help that words like `policy list --help` ask for, or None if they ask for anything else."""
    *names, last = words or [""]
    if last not in ("-h", "--help") or any(word.startswith("-") for word in names):
        return None
    command: click.Command = group
    context = click.Context(group, info_name=name, **group.context_settings)
    try:
        # The help of all commands imports none of them.
        with _rooms_left_out() if names else nullcontext():
            for word in names:
                if not isinstance(command, click.Group):
                    break  # the rest is what the command would be given; its help is the same
                found = command.get_command(context, word)
                if found is None:
                    return None
                command = found
                context = click.Context(command, parent=context, info_name=word, **command.context_settings)
            return command.get_help(context)
    except (AttributeError, TypeError):  # an option made of what a room holds: the long way does
        return None


def check_at_once(group: click.Group, words: Sequence[str], name: str) -> None:
    """Refuse a mistyped command, option or value; what takes a room to read, the long way reads."""
    if not words or {"-h", "--help", "--version"}.intersection(words):
        return
    command: click.Command | None = group
    rest, context = list(words), None
    called: str | None = name
    try:
        with _rooms_left_out():
            while command:
                context = command.make_context(called, list(rest), parent=context)
                context.close()  # the files that it opened
                if not isinstance(command, click.Group):
                    return
                called, command, rest = command.resolve_command(context, rest)  # a group takes no options
    except (AttributeError, TypeError):  # an option made of what a room holds
        return
