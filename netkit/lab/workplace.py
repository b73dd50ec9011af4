"""The workspace that the lab works on: yours, or a copy of the demonstration to practise on."""

from pathlib import Path
from tempfile import TemporaryDirectory

from netkit.demo import demo_home, open_workspace
from netkit.ledger import Ledger, open_ledger


def find_workplace(ledger: Ledger | Path | None = None) -> tuple[Path, bool]:
    """Return the workspace to work on; the demonstration itself is never written to.

    Parameters
    ----------
    ledger : Ledger or Path, optional
        An open ledger or a workspace's folder; by default what NETKIT_HOME names, else the
        demonstration.

    Returns
    -------
    home : Path
        The workspace.
    practice : bool
        Whether it is a copy of the demonstration. The copy is kept, so that what was practised is
        there after a restart.
    """
    if isinstance(ledger, Ledger):
        home = ledger.home
    else:
        with open_workspace() if ledger is None else open_ledger(ledger) as opened:
            home = opened.home
    return (_practice(home), True) if home == demo_home() else (home, False)


def _practice(demo: Path) -> Path:
    home = demo.with_name(demo.name.replace("demo", "practice", 1))
    if not home.exists():
        # Made aside and moved at the end: a half-made copy is never opened.
        with TemporaryDirectory(dir=home.parent, prefix="building-") as aside:
            made = Path(aside) / "practice"
            made.mkdir(mode=0o700)
            with open_ledger(demo) as ledger:
                ledger.backup(made / ledger.file.name)
            try:
                made.rename(home)
            except OSError:  # another process was faster
                if not home.exists():
                    raise
    return home
