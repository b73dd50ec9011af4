"""Which policy is in office: the one whose answer stands."""

from pathlib import Path

from netkit.facts import Kind
from netkit.policy import Policy, load_policy

OWN = "my_policy"


def policy_in_office(home: Path | None = None, kind: Kind = "invitation") -> Policy:
    """Return the policy that answers: your own `my_policy` where it speaks of the kind, else the house's.

    Parameters
    ----------
    home : Path, optional
        The workspace.
    kind : {'invitation', 'introduction', 'asking'}, default 'invitation'
        The kind of request.

    Returns
    -------
    Policy
        The policy.
    """
    own = load_policy(OWN, home=home) if own_policy(home) else None
    return own if own and kind in own.kinds else load_policy("house")


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
