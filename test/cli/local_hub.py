# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A Hugging Face hub on this machine, with one model: what its client needs, and nothing else."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class LocalHub:
    """Serves the files of a folder as the model `model_id`; a context manager."""

    def __init__(self, model_id: str, folder: Path) -> None:
        files = {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()}
        self.asked: list[str] = []
        self.held = threading.Event()
        """A file that is held back was asked for."""
        self._held_back = ""
        self._go = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(model_id, files, self._note))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def hold(self, name: str) -> None:
        """Hold this file back until `release`."""
        self._held_back = name

    def release(self) -> None:
        """Hold nothing back any more."""
        self._go.set()

    def _note(self, method: str, path: str) -> None:
        self.asked.append(path)
        if method == "GET" and self._held_back and path.endswith(f"/{self._held_back}"):
            self.held.set()
            self._go.wait(60.0)

    def __enter__(self) -> LocalHub:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5.0)


def _handler(
    model_id: str, files: dict[str, bytes], note: Callable[[str, str], None]
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(True)

        def do_HEAD(self) -> None:
            self._answer(False)

        def _answer(self, with_body: bool) -> None:
            path = unquote(urlsplit(self.path).path)
            note(self.command, path)
            if path.startswith(f"/api/models/{model_id}/tree/"):
                rows = [
                    {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
                    for name, data in files.items()
                ]
                self._send(json.dumps(rows).encode(), with_body)
            elif path.startswith(f"/api/models/{model_id}"):
                siblings = [{"rfilename": name} for name in files]
                self._send(
                    json.dumps({"id": model_id, "sha": COMMIT, "siblings": siblings}).encode(), with_body
                )
            elif path.startswith(f"/{model_id}/resolve/") and path.rpartition("/")[2] in files:
                data = files[path.rpartition("/")[2]]
                self._send(data, with_body, ETag=f'"{hashlib.sha1(data).hexdigest()}"')
            else:
                self._send(b"{}", with_body, status=404)

        def _send(self, body: bytes, with_body: bool, status: int = 200, **headers: str) -> None:
            self.send_response(status)
            for name, value in {**headers, "X-Repo-Commit": COMMIT, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if with_body:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler
