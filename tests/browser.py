"""JupyterLab on loopback and a headless Chromium, started for a test and ended with it."""

import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import nbformat

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
PATIENCE = 180_000  # milliseconds; a busy machine is slow
# Below those that are handed out to whoever asks for any: between choosing one and listening on it
# JupyterLab takes seconds, in which nobody else may be given the same.
PORTS = range(20_000, 32_000)
LOOPBACK = ("127.0.0.1", "localhost", "::1", None, "")


def chromium():
    """Return where Chromium is, or None."""
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    return next((path for path in found if path), None)


def write_notebook(path, cells):
    """Write a notebook that was never run."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata={"kernelspec": kernel}
    )
    nbformat.write(notebook, path)


def open_notebook(page, address, name):
    """Open a notebook and wait until its kernel is ready."""
    page.goto(address.format(name))
    page.locator(".jp-Notebook").wait_for(timeout=PATIENCE)
    page.get_by_text("| Idle").first.wait_for(timeout=PATIENCE)


def choose(page, *names):
    """Choose an entry of the menu."""
    page.get_by_role("menuitem", name=names[0], exact=True).first.click()
    for name in names[1:]:
        page.locator(".lm-Menu-item").get_by_text(name, exact=True).last.click()


@contextmanager
def jupyterlab(folder, *, home, theme="JupyterLab Light"):
    """Start JupyterLab on a free port of loopback, with folders of its own; yield its address."""
    port = free_port()
    token = secrets.token_hex(16)
    own = {
        name: str(folder / "jupyter" / name.removeprefix("JUPYTER").strip("_").casefold())
        for name in (
            "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR",
            "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR",
        )
    }  # fmt: skip
    write_settings(Path(own["JUPYTERLAB_SETTINGS_DIR"]), theme)
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={folder}", "--LabApp.extension_manager=readonly",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None",
    ]  # fmt: skip
    environment = os.environ | own | {
        "NETKIT_HOME": str(home), "IPYTHONDIR": str(folder / "ipython"), "PYTHONWARNINGS": "default",
    }  # fmt: skip
    log = (folder / "jupyterlab.log").open("w", encoding="utf-8")
    server = subprocess.Popen(
        command, env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/api/status", token, server, folder / "jupyterlab.log")
        yield f"{address}/lab/tree/{{}}?token={token}&reset"
    finally:
        stop(server)
        log.close()


def free_port():
    """Return a port of loopback that nobody listens on."""
    for port in random.SystemRandom().sample(PORTS, 100):
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("none of a hundred ports is free")


def write_settings(folder, theme):
    """Choose the theme, and switch off what would ask for news."""
    for name, settings in {
        "apputils-extension/notification": {
            "fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True,
        },
        "apputils-extension/themes": {"theme": theme, "adaptive-theme": False},
        "notebook-extension/tracker": {"windowingMode": "none"},
    }.items():  # fmt: skip
        path = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings), encoding="utf-8")


def wait_for(address, token, server, log, patience=PATIENCE / 1000):
    """Wait until a server answers."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            urlopen(Request(address, headers={"Authorization": f"token {token}"}), timeout=5).close()
            return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(
        f"JupyterLab did not start (ended with {server.poll()}):\n{log.read_text(encoding='utf-8')[-3000:]}"
    )


def stop(server):
    """End a server and the kernels that it started."""
    for kind in (signal.SIGTERM, signal.SIGKILL):
        if server.poll() is None:
            os.killpg(server.pid, kind)
            try:
                server.wait(timeout=8)
            except subprocess.TimeoutExpired:
                continue


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, *words):
        pass


@contextmanager
def served(folder):
    """Serve a folder on a free port of loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


class Watched:
    """What a page said and asked for."""

    def __init__(self, page):
        self.errors, self.alerts, self.outside, self.requests = [], [], [], 0
        page.on("dialog", lambda box: (self.alerts.append(box.message), box.dismiss()))
        page.on("console", lambda line: line.type == "error" and self.errors.append(line.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self.asked)

    def asked(self, request):
        """Count a request, and keep it if it leaves this machine."""
        self.requests += 1
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in LOOPBACK:
            self.outside.append(request.url)
