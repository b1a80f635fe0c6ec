"""Requests per second: a tiny function in WebAssembly as an endpoint, against bare aiohttp that answers a constant.

Run: python tests/bench/http.py [--seconds 5] [--connections 200] [--rounds 3]. Server and load are processes of their own; both
servers get the same load in turn, and the ratio is that of the best rounds. Any answer but 200 is an error, and counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INDEX = """
version: "1.0"
namespace: bench
entries:
  - name: web
    kind: http.service
    addr: "127.0.0.1:{port}"
    access_log: {log}
  - name: answer
    kind: function.wat
    source: (module (func (export "answer") (result i32) i32.const 42))
    method: answer
    transport: wasi-http
  - name: get_answer
    kind: http.endpoint
    path: /answer
    func: answer
  - name: spin
    kind: function.wat
    source: |
      (module (func (export "spin") (result i32) (local i32)
        (loop $again (br_if $again (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 400000000))))
        (local.get 0)))
    method: spin
    transport: wasi-http
  - name: get_spin
    kind: http.endpoint
    path: /spin
    func: spin
"""


def free_port() -> int:
    """Finds a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Counts:
    """What has been answered."""

    def __init__(self) -> None:
        self.running, self.requests, self.errors, self.longest = True, 0, 0, 0.0

    def answered(self, well: bool, seconds: float) -> None:
        self.requests += 1
        self.errors += not well
        self.longest = max(self.longest, seconds)


class Client(asyncio.Protocol):
    """A connection that sends its next request when the answer to the last is there."""

    def __init__(self, count: Counts, request: bytes) -> None:
        self.count, self.request = count, request
        self.left, self.buffer, self.sent = -1, b"", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.send()

    def send(self) -> None:
        self.sent = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self.buffer) < end + 4 + length:
            return
        self.count.answered(self.buffer.startswith(b"HTTP/1.1 200"), time.perf_counter() - self.sent)
        self.buffer = self.buffer[end + 4 + length :]
        if self.count.running:
            self.send()
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.count.running:
            self.count.errors += 1


async def load(port: int, path: str, seconds: float, connections: int) -> None:
    """Makes load and prints what came of it as JSON."""
    count, loop = Counts(), asyncio.get_running_loop()
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n".encode()
    began = time.perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: Client(count, request), "127.0.0.1", port)
    await asyncio.sleep(seconds)
    count.running = False
    took = time.perf_counter() - began
    print(json.dumps({"rate": count.requests / took, "requests": count.requests, "errors": count.errors, "longest": count.longest}))


async def bare(port: int) -> None:
    """Serves a constant with aiohttp alone."""
    from aiohttp import web

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=b"42", content_type="application/json")

    app = web.Application()
    app.router.add_get("/answer", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


@contextmanager
def running(command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a server until the block ends."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def measure(port: int, path: str, seconds: float, connections: int) -> dict[str, float]:
    """Has another process make load."""
    words = [sys.executable, __file__, "load", str(port), path, str(seconds), str(connections)]
    found: dict[str, float] = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    return found


def resident(process: subprocess.Popen[bytes]) -> int:
    """Gives the memory of a process in KiB."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0])


def processor(process: subprocess.Popen[bytes]) -> float:
    """Gives the processor time that a process has taken, in seconds."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def compare(seconds: float, connections: int, rounds: int) -> float:
    """Prints the rates and gives the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        best: dict[str, float] = {}
        ports = {"aiohttp": free_port(), "moonwit": free_port(), "logging": free_port()}
        commands = {"aiohttp": [sys.executable, __file__, "bare", str(ports["aiohttp"])]}
        for name, log in (("moonwit", "false"), ("logging", "true")):
            project = Path(folder, name)
            project.mkdir()
            (project / "_index.yaml").write_text(INDEX.format(port=ports[name], log=log))
            commands[name] = [sys.executable, "-m", "moonwit", "serve", "--project", str(project)]
        labels = {"aiohttp": "bare aiohttp, a constant", "moonwit": "moonwit, a guest", "logging": "moonwit, with its access log"}
        for _ in range(rounds):
            for name, command in commands.items():
                with running(command, ports[name]) as process:
                    measure(ports[name], "/answer", min(1.0, seconds), connections)  # warm
                    before, spent = resident(process), processor(process)
                    found = measure(ports[name], "/answer", seconds, connections)
                    grown, spent = resident(process) - before, processor(process) - spent
                best[name] = max(best.get(name, 0.0), found["rate"])
                print(
                    f"{labels[name]:<32} {found['rate']:>8.0f} requests/s  {spent / found['requests'] * 1e6:>4.0f} us of processor each  "
                    f"{found['errors']:.0f} errors  "
                    f"longest {found['longest'] * 1000:>6.1f} ms  memory {grown:+} KiB"
                )
    for name in ("moonwit", "logging"):
        print(f"{labels[name]}: {best[name] / best['aiohttp']:.2f} of bare aiohttp")
    return best["moonwit"] / best["aiohttp"]


def main() -> None:
    # This folder is not to be looked into: the file's name is that of a module that aiohttp imports.
    sys.path[:] = [folder for folder in sys.path if folder != str(Path(__file__).parent)]
    if sys.argv[1:2] == ["load"]:
        port, path, seconds, connections = sys.argv[2:]
        asyncio.run(load(int(port), path, float(seconds), int(connections)))
    elif sys.argv[1:2] == ["bare"]:
        asyncio.run(bare(int(sys.argv[2])))
    else:
        parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--seconds", type=float, default=5.0)
        parser.add_argument("--connections", type=int, default=200)
        parser.add_argument("--rounds", type=int, default=3)
        given = parser.parse_args()
        compare(given.seconds, given.connections, given.rounds)


if __name__ == "__main__":
    os.environ.pop("MOONWIT_DEBUG", None)
    main()
