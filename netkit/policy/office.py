"""Which policy is in office: the one whose answer stands."""

from pathlib import Path

from netkit.policy import Policy, load_policy

_OWN = "my_policy"


def policy_in_office(home: Path | None = None) -> Policy:
    """Return the policy that answers: your own `my_policy` where the workspace has one, else the house's.

    Parameters
    ----------
    home : Path, optional
        The workspace.

    Returns
    -------
    Policy
        The policy.
    """
    own = home / "policies" / f"{_OWN}.yaml" if home else None
    return load_policy(_OWN, home=home) if own and own.exists() else load_policy("house")
