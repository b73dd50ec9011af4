"""The clauses of the five published policies, and what carries each of them out."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from netkit.errors import PolicyError
from netkit.facts import KINDS, Kind
from netkit.plain_yaml import Located, read_yaml

PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Carrier:
    """A rule that carries a clause out.

    Attributes
    ----------
    policy, kind, rule : str
        Where it stands: the policy's name, the kind of request, the rule's id.
    """

    policy: str
    kind: Kind
    rule: str


@cache
def read_clauses(package: Path = PACKAGE) -> Located:
    """Return the schools, each with its clauses.

    Parameters
    ----------
    package : Path, optional
        The package's folder.

    Returns
    -------
    Located
        School names to `title`, `author`, `date`, `about` and `clauses` (id to `kind`, `says`, `kept`).

    Examples
    --------
    >>> read_clauses()["precious_network"]["clauses"]["PN5"]["kind"]
    ['R']
    """
    schools = read_yaml(package / "handbook" / "clauses.yaml", error=PolicyError)["schools"]
    assert isinstance(schools, Located)
    return schools


def carried_out(package: Path = PACKAGE) -> dict[str, list[Carrier]]:
    """Return for every clause the rules that cite it.

    Parameters
    ----------
    package : Path, optional
        The package's folder.

    Returns
    -------
    dict of str to list of Carrier
        Every clause id, those that no rule cites with an empty list.

    Raises
    ------
    PolicyError
        A rule cites a clause that does not exist.
    """
    carriers: dict[str, list[Carrier]] = {
        clause: [] for school in read_clauses(package).values() for clause in school["clauses"]
    }
    for path in sorted((package / "policies").glob("*.yaml")):
        policy = read_yaml(path, error=PolicyError)
        for kind in (kind for kind in KINDS if kind in policy):
            for rule in policy[kind]:
                for clause in (
                    [rule["clause"]] if isinstance(rule["clause"], str) else rule["clause"]
                ):
                    if clause not in carriers:
                        raise PolicyError(
                            f"{path.name}: the rule {rule['id']} cites the clause {clause!r}",
                            accepted="a clause of the five published policies",
                            do="correct the id",
                        )
                    carriers[clause].append(Carrier(path.stem, kind, str(rule["id"])))
    return carriers
