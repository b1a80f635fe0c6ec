"""A project that is served by the real command, in a process of its own, and ways to talk to it."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.projects import Entry, Files, write

# How long anything may take before a test fails; the machine may be busy.
SOON = 60


class Answer:
    """A response as it was read."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self) -> str:
        return self.body.decode()


class Served:
    """A server process; ``port`` is that of its first service."""

    def __init__(self, folder: Path) -> None:
        environ = {name: value for name, value in os.environ.items() if name not in ("MOONWIT_DEBUG", "FORCE_COLOR")}
        self.log = folder / "log.txt"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "moonwit", "serve", "--project", folder], stdout=subprocess.PIPE, stderr=log, env=environ
            )
        assert self.process.stdout is not None
        self.announced = self.process.stdout.readline().decode()
        found = re.search(r":(\d+)$", self.announced.strip())
        assert found, self.announced + self.log.read_text()
        self.port = int(found[1])

    def connect(self) -> socket.socket:
        """Opens a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=SOON)

    def ask(self, method: str, path: str, body: bytes | str | None = None, **headers: str) -> Answer:
        """Sends a request on a connection of its own and gives its answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def raw(self, data: bytes) -> bytes:
        """Sends bytes and gives all that comes back until the server closes the connection."""
        with self.connect() as connection:
            connection.sendall(data)
            pieces = []
            while piece := receive(connection):
                pieces.append(piece)
            return b"".join(pieces)

    def logged(self, text: str) -> str:
        """Waits until the log holds a text, and gives the log."""
        end = time.monotonic() + SOON
        while text not in (log := self.log.read_text()):
            assert time.monotonic() < end, log
            self.ask("OPTIONS", "*")
        return log

    def memory(self) -> int:
        """Gives the memory of the process in KiB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0])

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stops the server and gives its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(SOON)


def receive(connection: socket.socket) -> bytes:
    """Receives what there is; nothing when the connection has ended, however."""
    try:
        return connection.recv(65536)
    except ConnectionError:
        return b""


Serve = Callable[..., Served]


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Serves a project: ``serve(entry, ..., files=...)``, as `write` takes it; `http.service` entries listen on port 0 of 127.0.0.1."""
    running: list[Served] = []

    def start(*entries: Entry, files: Files | None = None) -> Served:
        running.append(Served(write(tmp_path_factory.mktemp("served"), *entries, files=files)))
        return running[-1]

    yield start
    for served in running:
        served.process.kill()
        served.process.wait()
