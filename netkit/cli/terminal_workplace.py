"""The workplace in the terminal: draws the card of a sitting, and sends back what was pressed."""

import os
import sys
import webbrowser
from collections.abc import Callable, Iterable, Mapping
from math import ceil
from typing import Any, ClassVar

from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Key, Ready, Resize
from textual.geometry import Region
from textual.widgets import Input, Static

from netkit.cli.clipboard import copy_text
from netkit.sitting.buttons import button, words
from netkit.sitting.card import card, spelled
from netkit.sitting.session import Session
from netkit.wording import visible

_NOTE_LINES = 6  # of a longer note the rest follows with its reasons
_SCROLLS = ("up", "down", "pageup", "pagedown", "home", "end")
_EDGES = 4  # cells that borders and padding take from a line


class TerminalWorkplace(App[None]):
    """One sitting on a terminal; every answer is written down before the next is asked."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "quit", priority=True),
        Binding("escape", "leave_field", show=False, priority=True),
        # Before the text scrolls by them, where they move among names.
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
    ]
    CSS = """
    Screen { layout: vertical; }
    #head, #keys { height: auto; padding: 0 1; }
    #body { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    #body > Static { height: auto; }
    #question { border: heavy; padding: 0 1; margin: 1 0 0 0; }
    #field { display: none; }
    """

    def __init__(self, session: Session, copy: Callable[[str], bool] = copy_text) -> None:
        super().__init__()
        self.session, self._copy = session, copy
        self.view: dict[str, Any] = {}
        self.said = ""  # what became of the last key, where the card does not say it
        self.reading = ("", "")  # a letter's title and text: it has the screen to itself until the next key
        self._place = 0  # among those that are alike
        self._drawn = ("", "")  # the request that was shown last, and its question
        self._stood = float("inf")  # when the first card stood: no key before it was meant for it
        self._scrolls = False  # whether text lies below what is seen
        self._prompt = ""  # what is asked in the line to type
        self._asked: list[dict[str, Any]] = []  # what a letter still lacks
        self._answered: Callable[[str], None] = lambda _: None

    def compose(self) -> ComposeResult:
        """Lay out the screen: who and where, what is asked, and the keys."""
        yield Static(id="head", markup=False)
        with VerticalScroll(id="body"):
            yield Static(id="request", markup=False)
            yield Static(id="question", markup=False)
            yield Static(id="alike", markup=False)
            yield Static(id="rest", markup=False)
        yield Static(id="keys", markup=False)
        yield Input(id="field")

    def on_mount(self) -> None:
        """Show the first request."""
        self.theme = "ansi-dark"  # the terminal's own colours
        self.query_one("#body").focus()
        self._draw()

    def on_ready(self, event: Ready) -> None:
        """Take keys from now on."""
        self._stood = event.time

    def on_resize(self, _: Resize) -> None:
        """Lay the lines out anew."""
        self._draw()

    # ---- keys

    def on_key(self, event: Key) -> None:
        """Do what the pressed key says on the screen."""
        if event.time < self._stood:
            event.stop()
            return
        if self.query_one("#field").display:
            return
        if self.reading[1]:
            if event.key not in _SCROLLS:
                self.reading = ("", "")
                self._draw()
                event.stop()
            return
        key = "Enter" if event.key == "enter" else (event.character or "").casefold()
        if self.view.get("alike") and event.key == "space":
            self._send(self.view["alike"]["names"][self._place]["send"])
        elif key == words()["commands"]["stop"]["key"]:
            self.exit()
        elif pressed := self._button(key):
            self._press(pressed)
        elif key == "Enter" or event.is_printable:
            self._miss(key)
        else:
            return
        event.stop()

    def _miss(self, key: str) -> None:
        """Say that this key does nothing."""
        self.said = words()["no_key"].format(key=visible(key.strip()) or "Space")
        self._draw()

    def _button(self, key: str) -> dict[str, Any] | None:
        shown = [*self._answers(), *self.view.get("actions", ()), *self.view["tools"], *self._letters()]
        return next((each for each in shown if key and key in (each["key"], each.get("also"))), None)

    def _answers(self) -> list[dict[str, Any]]:
        question = self.view.get("question")
        return [*question["buttons"], *self._number(question)] if question else []

    def _number(self, question: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the button that asks for a number, where a number is the answer."""
        fact = question["number"]
        return (
            [{"key": "#", "says": words()["number"], "send": {"do": "number", "fact": fact}}] if fact else []
        )

    def _letters(self) -> list[dict[str, Any]]:
        found = [self.view.get("letter"), (self.view.get("last") or {}).get("letter")]
        return [{**each["copy"], "letter": each} for each in found if each]

    def _press(self, pressed: Mapping[str, Any]) -> None:
        send, self.said = dict(pressed["send"]), ""
        if send["do"] == "copy":
            self._copy_letter(pressed["letter"], pressed["key"])
        elif send["do"] == "number":
            self._ask(self.view["question"]["question"], lambda number: self._send(
                {"do": "answer", "fact": send["fact"], "level": number}))  # fmt: skip
        else:
            self._send(send)
            if send["do"] == "why" and self.session.request in self.session.explained:
                self.call_after_refresh(self._read_on)
            if href := pressed.get("href"):
                self._open(href)
        self._draw()

    def _send(self, message: Mapping[str, Any]) -> None:
        self.session.handle({"request": self.session.request, **message})
        self._draw()

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool:
        """Tell whether a key may act: the arrows move only among those that are alike."""
        return action != "move" or bool(self.view.get("alike") and not self.reading[1])

    def action_move(self, step: int) -> None:
        """Move among those that are alike."""
        self._place = (self._place + step) % len(self.view["alike"]["names"])
        self._draw()
        self.call_after_refresh(self._follow)

    def _follow(self) -> None:
        """Scroll to the name under the cursor."""
        alike, names = self.query_one("#alike").virtual_region, self.view["alike"]["names"]
        texts = [f"> + {one['says']}: {one['why']}" for one in names[self._place :]]
        below = sum(ceil(cell_len(text) / max(alike.width, 1)) for text in texts)  # the last lines are theirs
        at = Region(alike.x, max(alike.bottom - below, alike.y), alike.width, 1)
        self.query_one("#body").scroll_to_region(at, animate=False, force=True)

    def _read_on(self) -> None:
        """Scroll to the reasons, which may stand below what is seen."""
        rest = self.query_one("#rest").virtual_region
        self.query_one("#body").scroll_to_region(rest, animate=False, top=True, force=True)

    # ---- a line to type

    def _ask(self, question: str, answered: Callable[[str], None]) -> None:
        field = self.query_one("#field", Input)
        field.value = ""
        self._prompt, self._answered, field.display = question, answered, True
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand on what was typed."""
        event.stop()
        self.action_leave_field()
        if event.value.strip():
            self._answered(event.value.strip())

    def action_leave_field(self) -> None:
        """Go back to the keys."""
        self.query_one("#field").display = False
        self.query_one("#body").focus()
        self._draw()

    # ---- the letter and the page

    def _copy_letter(self, letter: Mapping[str, Any], key: str) -> None:
        """Copy a letter; what it lacks is asked for first."""
        missing = [each for each in letter["asks"] if not each["value"]]
        if missing:
            of = self.session.request if letter == self.view.get("letter") else self.view["last"]["request"]

            def told(value: str) -> None:
                self._send({"do": "tell", "name": missing[0]["name"], "value": value, "of": of})
                again = self._button(key)
                if again:
                    self._press(again)

            self._ask(f"{letter['title']}: {missing[0]['question']}", told)
            return
        copied = self._copy(letter["text"])
        if not copied:
            self.copy_to_clipboard(letter["text"])
        became = words()["copied" if copied else "asked_to_copy"]
        self.reading = letter["title"], f"{became}\n\n{visible(letter['text'])}{_beside(letter)}"

    def _open(self, address: str) -> None:
        """Open a page in the browser; one that would take the terminal over is not called."""
        seen = any(name in os.environ for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
        if not ((seen or sys.platform in ("darwin", "win32")) and webbrowser.open(address)):
            self.said = f"{words()['no_browser']} {visible(address)}"

    # ---- the screen

    def _draw(self) -> None:
        self.view = spelled(card(self.session))
        view, width = self.view, max(self.size.width - _EDGES, 20)
        if self.reading[1]:
            self._draw_letter(width)
            return
        self._place = min(self._place, len((view.get("alike") or {"names": [0]})["names"]) - 1)
        title = ": ".join(filter(None, [view["title"], view["place"]]))
        self._set("head", _edges(title, visible(self.session.judges.policy.title), width + 2))
        self._set("request", _lines(self._who(width)))
        question = [] if view.get("done") else [*self._asked_now()]
        self.query_one("#question").display = bool(question)
        self._set("question", _lines(question))
        together = [] if view.get("done") else [*self._alike()]
        self.query_one("#alike").display = bool(together)
        self._set("alike", _lines(together))
        self._set("rest", _lines(self._at_the_end() if view.get("done") else self._rest()))
        self._set("keys", _lines(self._keys(width)))
        drawn = self.session.request, (view.get("question") or {}).get("question", "")
        if self._drawn != drawn:
            self._drawn = drawn
            self.query_one("#body").scroll_home(animate=False)
        self.call_after_refresh(self._draw_keys, width)

    def _draw_keys(self, width: int) -> None:
        """Name the keys that scroll once it is known whether the text has room."""
        if not self.reading[1] and self._scrolls != (self.query_one("#body").max_scroll_y > 0):
            self._scrolls = not self._scrolls
            self._set("keys", _lines(self._keys(width)))

    def _keys(self, width: int) -> Iterable[Content]:
        """Yield every key that can be pressed now; they stay where they are while the text scrolls."""
        view, answers = self.view, self._answers()
        if self.query_one("#field").display:
            yield Content.styled(self._prompt, "bold")
            yield Content(words()["typing"])
            return
        if self.said:
            yield Content.styled(self.said, "bold")
        if answers:
            yield from _flowed(answers, width)
            yield Content.styled(words()["or_at_once"].format(asks=view["asks"]), "dim")
        yield from _flowed(view.get("actions", ()), width)
        scroll = [button("commands", "scroll")] * self._scrolls
        tools = [*view["tools"], *self._letters(), *scroll, button("commands", "stop")]
        yield from _flowed(tools, width)

    def _draw_letter(self, width: int) -> None:
        """Show a letter alone, with whom it is to, so that it can be read to its end."""
        self._set("head", _edges(self.reading[0], "", width + 2))
        self._set("request", Content(self.reading[1]))
        for name in ("question", "alike"):
            self.query_one(f"#{name}").display = False
        self._set("rest", Content(""))
        self._set("keys", Content(words()["any_key"]))
        self.query_one("#body").scroll_home(animate=False)

    def _set(self, name: str, content: Content) -> None:
        self.query_one(f"#{name}", Static).update(content)

    def _who(self, width: int) -> Iterable[Content]:
        view = self.view
        if view["problem"]:
            yield Content.styled(f"! {view['problem']}", "bold")
        if view["notice"]:
            yield Content.styled(view["notice"], "dim")
        if view.get("done"):
            return
        fits = cell_len(f"{view['name']} · {view['sent']}") <= width - 1  # beside the scroll bar
        yield Content.assemble((view["name"], "bold"), f" · {view['sent']}" if fits else f"\n{view['sent']}")
        if view["status"]:
            yield Content(view["status"])
        yield from _note(view["note"], width, whole=self.session.request in self.session.explained)

    def _asked_now(self) -> Iterable[Content]:
        """Yield the question with what was found, and where each answer leads; or the decision."""
        view = self.view
        if question := view["question"]:
            yield Content.styled(question["question"], "bold")
            for text in (question["means"], question["hint"]):
                if text:
                    yield Content(f"  {text}")
            if question["leads"]:
                between = " " if view["alike"] else "\n"  # the names of a group need the lines
                yield Content(f"\n{between.join(question['leads'])}")
            return
        yield Content.styled(view["asks"], "bold")
        yield from self._advice()

    def _advice(self) -> Iterable[Content]:
        for said in self.view["opinions"]:
            reason = f". {said['reason']}" if said["reason"] else ""
            yield Content(f"  {said['judge']}: {said['says']}{reason}")
            if self.session.request in self.session.explained:
                for line in said["more"]:
                    yield Content(f"    {line}")

    def _alike(self) -> Iterable[Content]:
        """Yield those that one key answers, below the question: of many, the last are off the screen."""
        if not (alike := self.view["alike"]):
            return
        yield Content(f"\n{alike['says']} {words()['choose']}")
        for at, one in enumerate(alike["names"]):
            here = at == self._place
            mark = f"{'>' if here else ' '} {'+' if one['in'] else '-'} "  # no brackets: these are no keys
            why = f": {one['why']}" if one["why"] else ""
            yield Content.styled(f"{mark}{one['says']}{why}", "reverse" if here else "")

    def _rest(self) -> Iterable[Content]:
        view = self.view
        if view["hidden"]:
            yield Content.styled(view["hidden"], "dim")
        if self.session.request in self.session.explained:
            if view["question"]:
                yield from self._advice()
            for fact in view["known"]:
                yield Content.styled(f"{fact['from']}: {_told(fact)}", "dim")
        if last := view["last"]:
            done = f"{last['written']}: {last['name']}: {last['done']}. {last['there']}"
            yield Content.styled(f"\n{done.strip()}", "dim")
            if self.session.task.blind:
                yield from (Content.styled(line, "dim") for line in last["opinions"])
        if view["progress"] and not self.session.decided:
            yield Content.styled(view["progress"]["words"], "dim")

    def _at_the_end(self) -> Iterable[Content]:
        view = self.view
        yield Content.styled(f"\n{view['done']}\n", "bold")
        yield from map(Content, [*view["closing"], words()["next"][self.session.task.name]])
        for each in self._letters():
            letter = each["letter"]
            lacks = [ask["question"] for ask in letter["asks"] if not ask["value"]]
            text = letter["text"] or f"[{each['key']}] asks for what it lacks: {' '.join(lacks)}"
            yield Content(f"\n{letter['title']}:\n\n{text}")


def _beside(letter: Mapping[str, Any]) -> str:
    """Return what a letter in another language says in English."""
    return f"\n\n{words()['in_english']}:\n\n{visible(letter['english'])}" if letter["english"] else ""


def _told(fact: Mapping[str, str]) -> str:
    """Return a known fact as the question with its answer, or as what your files say with what it means."""
    said = "" if fact["question"].endswith("?") else f"; {fact['fact']}:"
    return f"{fact['question']}{said} {fact['level']}"


def _lines(parts: Iterable[Content]) -> Content:
    return Content("\n").join(parts)


def _edges(left: str, right: str, width: int) -> Content:
    room = width - cell_len(left) - cell_len(right)
    return Content.assemble((left, "bold"), " " * room + right if room > 1 else "")


def _note(note: str, width: int, *, whole: bool) -> Iterable[Content]:
    """Yield what somebody wrote, of a long note its beginning."""
    if not note:
        yield Content(words()["no_note"])
        return
    room = _NOTE_LINES * width
    text = note if whole else " ".join(note.split())
    short = text if whole or cell_len(text) <= room else text[: room - width // 2].rstrip() + " …"
    yield Content(f"“{short}”")


def _flowed(buttons: Iterable[Mapping[str, Any]], width: int) -> Iterable[Content]:
    """Yield buttons in lines that break between them: [y] yes   [n] no."""
    line: list[Content] = []
    used = 0
    for each in buttons:
        also = f" (or {each['also']})" if each.get("also") else ""
        text = Content.assemble((f"[{each['key']}]", "bold"), f" {each['says']}{also}")
        if line and used + 3 + text.cell_length > width:
            yield Content("   ").join(line)
            line, used = [], 0
        used += text.cell_length + 3 * bool(line)
        line.append(text)
    if line:
        yield Content("   ").join(line)
