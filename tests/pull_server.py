"""A local server that answers as the platform's portability interface is documented to, traps included."""

import json
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

TOKEN = "invented-token-of-nobody"
NO_DATA = {"status": 404, "message": "No data found for this memberId."}


class Platform:
    """What the server knows, and how it misbehaves."""

    def __init__(self, events=(), rows=(), links=(), regulated=1_600_000_000_000):
        self.events = sorted(events, key=lambda each: each["processedAt"])
        self.domains = {"INVITATIONS": [list(rows)], "CONNECTIONS": [list(links)], "INBOX": []}
        self.regulated = regulated
        self.trap = lambda path, asked, times: None  # (status, body, headers) to send instead
        self.asked = Counter()
        self.headers = []
        self.log_questions = []

    def answer(self, path, asked):
        if path == "/rest/memberAuthorizations":
            return 200, {"elements": [{"regulatedAt": self.regulated}] if self.regulated else []}
        if path == "/rest/memberChangeLogs":
            return self._log(asked)
        if path == "/rest/memberSnapshotData":
            pages, at = self.domains.get(asked["domain"]), int(asked["start"])
            if pages is None:
                return 400, {"status": 400, "message": "domain is not supported"}
            if at >= len(pages) or not pages[at]:
                return 404, NO_DATA
            paging = {
                "start": at,
                "count": 10,
                "total": 1,
                "links": [{"rel": "next", "href": f"{path}?start={at + 1}"}],
            }
            return 200, {
                "paging": paging,
                "elements": [{"snapshotDomain": asked["domain"], "snapshotData": pages[at]}],
            }
        return 404, {"status": 404, "message": "not found"}

    def _log(self, asked):
        count, start, since = (int(asked[key]) for key in ("count", "start", "startTime"))
        self.log_questions.append((since, start))
        if not 1 <= count <= 50:
            return 400, {"status": 400, "message": "count"}
        found = [each for each in self.events if each["processedAt"] >= since]
        # A short page is no end: the second one is cut.
        some = found[start : start + (count if start != count else count - 3)]
        href = f"/rest/memberChangeLogs?q=memberAndApplication&count={count}&start={start + len(some)}"
        paging = {"start": start, "count": count, "total": 0, "links": [{"rel": "next", "href": href}]}
        return 200, {"paging": paging, "elements": some}


@contextmanager
def serving(platform):
    """Serve on the loopback, and yield the server's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            url = urlsplit(self.path)
            asked = {key: value[0] for key, value in parse_qs(url.query).items()}
            place = f"{url.path} {asked.get('domain', '')}".strip()
            platform.asked[place] += 1
            platform.headers.append(dict(self.headers))
            status, said, headers = platform.trap(place, asked, platform.asked[place]) or (
                *platform.answer(url.path, asked),
                {},
            )
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                status, said = 401, {"status": 401, "code": "EXPIRED_ACCESS_TOKEN", "message": "expired"}
            elif self.headers["Linkedin-Version"] != "202312":
                status, said = 426, {"status": 426, "code": "NONEXISTENT_VERSION", "message": "version"}
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            platform.asked["POST"] += 1
            self.send_error(405)

        do_PUT = do_DELETE = do_PATCH = do_POST  # noqa: N815

        def log_message(self, *said):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *told: None  # whoever was killed hangs up
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
