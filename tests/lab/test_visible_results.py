"""A kernel on one's own data: whatever a cell shows, prints or raises, what a terminal would obey is text."""

import json
from types import SimpleNamespace

import pytest
from jupyter_client.session import Session

from netkit.lab.visible_results import load_ipython_extension

NAME = "Ann\x1b[8m\u202e\r\nMüller\x9b"
SPELLED = "Ann\\x1b[8m\\u202e\nMüller\\x9b"


@pytest.fixture
def sent():
    """Return what a kernel with the extension sends for a message."""
    session = Session(key=b"")
    load_ipython_extension(SimpleNamespace(kernel=SimpleNamespace(session=session)))
    return lambda kind, content: json.loads(session.serialize(session.msg(kind, content))[-1])


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("stream", {"name": "stdout", "text": "{}"}),
        ("execute_result", {"data": {"text/plain": "{}", "text/html": "<b>{}</b>"}}),
        ("display_data", {"data": {"text/markdown": "{}", "image/svg+xml": "<svg>{}</svg>"}}),
        ("update_display_data", {"data": {"text/latex": "{}", "application/json": {"name": ["{}", 3]}}}),
        ("error", {"ename": "KeyError", "evalue": "{}", "traceback": ["KeyError", "{}"]}),
        ("execute_reply", {"payload": [{"data": {"text/plain": "{}"}}]}),
        ("inspect_reply", {"data": {"text/plain": "String: {}"}}),
        ("input_request", {"prompt": "{}?", "password": False}),
    ],
)
def test_what_a_kernel_shows_is_spelled_out(sent, kind, content):
    def with_name(name):
        return json.loads(json.dumps(content).replace("{}", json.dumps(name)[1:-1]))

    assert sent(kind, with_name(NAME)) == with_name(SPELLED)


def test_what_only_programs_read_stays_as_it_is(sent):
    assert sent("comm_msg", {"data": {"sign": NAME}}) == {"data": {"sign": NAME}}
