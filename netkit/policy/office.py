"""Which policy is in office: the one whose answer stands."""

from pathlib import Path

from netkit.policy import Policy, load_policy

OWN = "my_policy"


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
    return load_policy(OWN, home=home) if own_policy(home) else load_policy("house")


def own_policy(home: Path | None) -> Path | None:
    """Return the file of your own policy in office, or None where the house's answers.

    Parameters
    ----------
    home : Path or None
        The workspace.

    Returns
    -------
    Path or None
        `policies/my_policy.yaml` of the workspace, if it is there.
    """
    own = home / "policies" / f"{OWN}.yaml" if home else None
    return own if own and own.exists() else None
