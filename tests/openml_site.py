"""A small openml.org on this machine, to which scikit-learn's requests are sent."""

from __future__ import annotations

import hashlib
import json
import threading
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse


@dataclass
class Published:
    """One version of a data set: its columns, {name: "numeric", "string" or the categories}, and its rows as ARFF."""

    name: str
    columns: dict[str, object]
    rows: list[str]
    target: str = ""
    version: int = 1
    sparse: bool = False
    md5: str = ""
    status: str = "active"

    @property
    def arff(self) -> bytes:
        kinds = {
            name: kind.upper() if isinstance(kind, str) else "{" + ",".join(f"'{k}'" for k in kind) + "}"
            for name, kind in self.columns.items()
        }
        head = [f"@RELATION '{self.name}'", *(f"@ATTRIBUTE '{name}' {kind}" for name, kind in kinds.items()), "@DATA"]
        return ("\n".join([*head, *self.rows]) + "\n").encode()

    def features(self):
        """Return what is said of the columns."""
        return [
            {
                "index": str(i),
                "name": name,
                "data_type": kind if isinstance(kind, str) else "nominal",
                "is_target": str(name in self.target.split(",")).lower(),
                "is_ignore": "false",
                "is_row_identifier": "false",
                "number_of_missing_values": "0",
            }
            for i, (name, kind) in enumerate(self.columns.items())
        ]


@dataclass
class Site:
    """The server: what it publishes, what it was asked, and how it fails."""

    published: list[Published] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    code: int = 0  # what every request is answered with, unless 0
    hangs: bool = False  # data are begun, and never ended until `released`
    released: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    def answer(self, path: str) -> tuple[int, bytes]:
        """Return status and body, as https://www.openml.org/apis has them."""
        words = path.strip("/").split("/")
        if path.startswith("/data/v1/download/"):
            return 200, self.published[int(words[3])].arff
        if words[4] == "list":
            found = [
                (i, p)
                for i, p in enumerate(self.published)
                if p.name.lower() == words[6]
                and ("data_version" not in words or str(p.version) == words[words.index("data_version") + 1])
                and ("active" not in words or p.status == "active")
            ]
            listed = [{"did": i, "name": p.name, "version": p.version, "status": p.status} for i, p in found[:2]]
            return (200, json.dumps({"data": {"dataset": listed}}).encode()) if listed else (412, b"{}")
        number = int(words[-1])
        one = self.published[number]
        description = {
            "id": str(number),
            "name": one.name,
            "version": str(one.version),
            "description": "made",
            "format": "Sparse_ARFF" if one.sparse else "ARFF",
            "status": one.status,
            "url": f"https://www.openml.org/data/v1/download/{number}/{one.name}.arff",
            "md5_checksum": one.md5 or hashlib.md5(one.arff).hexdigest(),
            "default_target_attribute": one.target,
        }
        bodies = {
            "features": {"data_features": {"feature": one.features()}},
            "qualities": {
                "data_qualities": {"quality": [{"name": "NumberOfInstances", "value": str(float(len(one.rows)))}]}
            },
        }
        return 200, json.dumps(bodies.get(words[4], {"data_set_description": description})).encode()


def serve(site: Site) -> ThreadingHTTPServer:
    """Run a site on a port of its own; the caller ends it by `shutdown` and `server_close`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            status, body = (site.code, b"") if site.code else site.answer(self.path)
            hangs = site.hangs and "download" in self.path
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) + 1000 * hangs))
            self.end_headers()
            self.wfile.write(body)
            if hangs:
                self.wfile.flush()
                site.released.wait()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.port = server.server_port
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


def redirect(monkeypatch, port: int) -> None:
    """Have scikit-learn ask this machine's `port` in place of openml.org."""
    from sklearn.datasets import _openml

    def urlopen(request, *args, **kwargs):
        path = urlparse(request.full_url).path
        own = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=dict(request.header_items()))
        return urllib.request.urlopen(own, *args, **kwargs)

    monkeypatch.setattr(_openml, "urlopen", urlopen)
