"""Takes the handbook's pictures of JupyterLab: `PYTHONPATH=tests:tests/lab python tests/lab/pictures.py`.

Triage in both themes; the pictures are committed, and looked at by whoever runs this.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from browser import FLAGS, PATIENCE, choose, chromium, jupyterlab, open_notebook, write_notebook
from playwright.sync_api import sync_playwright
from test_lab_browser import SIZE, THEMES, change_theme, press

from netkit.demo import build_demo

PROJECT = Path(__file__).parents[2]
PICTURES = PROJECT / "docs" / "assets" / "screenshots"
# The longest note that waits, with the judges shown.
PICTURE = """\
from netkit.lab import triage
from netkit.sitting.card import card
from netkit.lab.widget import Workplace
session = triage(blind=False).session
session.queue.sort(key=lambda request: -len(session.about.texts[request]["message"]))
Workplace(session, card)"""


def take_pictures(folder):
    """Start JupyterLab in a folder and take every picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    write_notebook(folder / "picture.ipynb", [PICTURE])
    with (
        jupyterlab(folder, home=folder / "home") as address,
        sync_playwright() as driver,
        driver.chromium.launch(executable_path=chromium(), headless=True, args=FLAGS) as browser,
    ):
        build_demo(folder / "home").close()
        picture_triage(browser.new_page(viewport=SIZE), address)


def picture_triage(page, address):
    """Take a picture of triage in both themes, two questions answered: a stranger with a reason for now."""
    open_notebook(page, address, "picture.ipynb")
    choose(page, "Run", "Run All Cells")
    card = page.locator(".nk").first
    card.wait_for(timeout=PATIENCE)
    card.locator(".nk-head").click()
    for key in ("n", "1"):
        press(page, key)
    opener = card.get_by_label("What would you like to ask or tell")
    opener.fill("Which of the talks did you like best?")
    opener.press("Tab")
    card.get_by_label("The draft").wait_for()
    card.locator(".nk-head").click()
    for theme in THEMES:
        change_theme(page, theme)
        name = f"triage-{theme.split()[1].casefold()}.png"
        card.screenshot(path=PICTURES / name)
    page.close()


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        take_pictures(Path(folder))
