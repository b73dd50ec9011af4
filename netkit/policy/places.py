"""Where policies lie: those that come with netkit, and the user's own."""

from pathlib import Path

from netkit.errors import PolicyError, did_you_mean

POLICIES = Path(__file__).parents[1] / "policies"


def shipped_policies() -> tuple[str, ...]:
    """Return the names of the policies that come with netkit.

    Returns
    -------
    tuple of str
        In alphabetical order.
    """
    return tuple(sorted(path.stem for path in POLICIES.glob("*.yaml")))


def find_policy(name_or_path: str | Path, home: Path | None = None) -> Path:
    """Return the file of a policy.

    Parameters
    ----------
    name_or_path : str or Path
        A name, or the path of a YAML file.
    home : Path, optional
        The workspace; its `policies/` folder is looked into first.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    PolicyError
        No policy has this name.
    """
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        return path
    folders = [POLICIES] if home is None else [home / "policies", POLICIES]
    for folder in folders:
        if (folder / f"{name_or_path}.yaml").is_file():
            return folder / f"{name_or_path}.yaml"
    names = sorted({each.stem for folder in folders for each in folder.glob("*.yaml")})
    raise PolicyError(
        f"saw the policy {str(name_or_path)!r}",
        accepted=f"{did_you_mean(str(name_or_path), names)}, or the path of a YAML file",
        do="use one of these",
    )
