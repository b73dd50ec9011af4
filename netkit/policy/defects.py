"""What the static check of a policy can find, and its report."""

from dataclasses import dataclass

from netkit.facts import Kind
from netkit.wording import counted


@dataclass(frozen=True)
class Defect:
    """Something that is wrong, or worth knowing, about a list of rules.

    Attributes
    ----------
    kind : str
        The kind of request.
    what : str
        `gap`, `dead`, `contradiction`, `no_effect`, `order` or `idle_condition`.
    serious : bool
        Whether the check fails by it; the others are worth a look only.
    rules : tuple of str
        The rules concerned.
    words : str
        What is the matter, in words.
    example : str
        A request that shows it, in words.
    facts : dict of str to (str or int)
        The same request as facts; what is left out may be anything.
    """

    kind: Kind
    what: str
    serious: bool
    rules: tuple[str, ...]
    words: str
    example: str
    facts: dict[str, str | int]


@dataclass(frozen=True)
class CheckReport:
    """What the static check found.

    Attributes
    ----------
    policy : str
        The policy's name.
    findings : tuple of Defect
        Everything found, kind by kind, in the order of the rules.
    """

    policy: str
    findings: tuple[Defect, ...]

    @property
    def defects(self) -> tuple[Defect, ...]:
        """What must be corrected."""
        return tuple(each for each in self.findings if each.serious)

    @property
    def notes(self) -> tuple[Defect, ...]:
        """What is worth a look."""
        return tuple(each for each in self.findings if not each.serious)

    @property
    def ok(self) -> bool:
        """Whether nothing must be corrected."""
        return not self.defects

    def __str__(self) -> str:
        found = counted(len(self.defects), "defect"), counted(len(self.notes), "note")
        lines = [f"{self.policy}: {', '.join(found)}"]
        lines += [
            f"  {'DEFECT' if each.serious else 'note'} {each.kind}: {each.words}\n"
            f"    for example: {each.example}"
            for each in (*self.defects, *self.notes)
        ]
        return "\n".join(lines)
