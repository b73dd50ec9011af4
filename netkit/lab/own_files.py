"""Your own files as evidence, in the lab: add one, see what was added, take one away."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from netkit.errors import NetkitError
from netkit.evidence.recognise import SourceRead
from netkit.ledger import open_ledger
from netkit.ledger.evidence_adding import add_file, added_sentences, own_addresses, proposal_sentences
from netkit.sitting.buttons import button, words
from netkit.wording import counted, join_or


class OwnFiles:
    """What was added, and what is said of what was done last; `changed` is called while a file is read."""

    def __init__(self, home: Path, notice: str = "") -> None:
        self.home, self.notice, self.problem = home, notice, ""
        self.said: list[str] = []
        self.progress: dict[str, Any] | None = None
        self.changed: Callable[[], None] = lambda: None

    def handle(self, message: Mapping[str, Any]) -> None:
        """Carry out what a button sent; a user's mistake becomes `problem`."""
        self.problem, self.said = "", []
        try:
            if message["do"] == "add":
                self.add(str(message["path"]), str(message.get("me", "")))
            elif message["do"] == "remove":
                self.remove(int(message["source"]))
        except NetkitError as mistake:
            self.problem = str(mistake)
        finally:
            self.progress = None

    def add(self, typed: str, me: str = "") -> None:
        """Read a file of yours and keep what it tells; addresses of yours are parted by blanks or commas."""
        path = Path(typed.strip().strip("\"'")).expanduser()
        if not typed.strip():
            raise NetkitError(words()["files"]["no_path"])
        with open_ledger(self.home) as ledger:
            ledger.evidence.add_own(own_addresses(me.replace(",", " ").split()))
            confirm = partial(self._take, path)
            added = add_file(ledger, path, confirm=confirm, reading=self._reading)
        self.said += added_sentences(path, added)

    def _take(self, path: Path, addresses: list[str], known: bool) -> bool:
        """Take as yours what a mailbox was delivered to, where no address of yours is known; say so."""
        said = join_or(addresses).replace(" or ", " and ")
        self.said.append(
            words()["files"]["not_taken" if known else "taken"].format(said=said, name=path.name)
        )
        return not known

    def _reading(
        self, name: str, size: int, step: Callable[[Callable[[int], None]], SourceRead]
    ) -> SourceRead:
        done = shown = 0

        def tell(read: int) -> None:
            nonlocal done, shown
            done += read
            if done - shown > size >> 5:  # a screen in a browser is not drawn anew for every line
                shown = done
                self.progress = {"have": done, "need": max(size, 1), "words": name}
                self.changed()

        return step(tell)

    def remove(self, source: int) -> None:
        """Remove a source and everything it said; decisions keep what they rested on."""
        with open_ledger(self.home) as ledger:
            ledger.evidence.remove(source)
        self.said = [words()["files"]["removed"]]

    def view(self) -> dict[str, Any]:
        """Return everything that is on the screen."""
        with open_ledger(self.home) as ledger:
            sources, proposals = ledger.evidence.sources(), ledger.evidence.proposals()
        said = words()["files"]
        return {
            "shows": "files",
            "title": said["title"],
            "request": "",
            "place": "",
            "notice": self.notice,
            "problem": self.problem,
            "progress": self.progress,
            "said": self.said,
            "about": said["about"],
            "asks": {"path": said["path"], "me": said["me"]},
            "add": {"key": "", "says": said["actions"]["add"]["says"], "send": {"do": "add"}},
            "none": "" if len(sources) else said["none"],
            "sources": [
                {
                    "name": Path(row["place"]).name,
                    "holds": f"{row['kinds']} · {counted(row['people'], 'person', 'people')}"
                    f" · added {row['added_at'].day} {row['added_at']:%b %Y}",
                    "remove": button("files", "remove", do="remove", source=int(row["id"])),
                }
                for row in sources.to_dict("records")
            ],
            "right": proposal_sentences(proposals),
        }
