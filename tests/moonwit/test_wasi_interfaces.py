"""Each interface of WASI through a project: it works where an entry grants it, and fails with its name where not, in every pool."""

from __future__ import annotations

import hashlib
import http.server
import shutil
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import moonwit
from tests import projects

GUEST = Path(__file__).parents[1] / "guests" / "outside" / "outside.wasm"
POOLS = {
    "inline": "{type: inline}",
    "lazy": "{type: lazy}",
    "static": "{type: static, size: 2, workers: 2}",
    "adaptive": "{type: adaptive}",
}
PACKAGES = ("wasi:cli", "wasi:io", "wasi:clocks", "wasi:filesystem", "wasi:random", "wasi:sockets", "wasi:http")


class Servers:
    """Servers on this machine, one for each way to talk to one: what they get they give back, after `re:`."""

    def __init__(self) -> None:
        class Tcp(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                self.request.sendall(b"re:" + self.request.recv(100))

        class Udp(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data, socket = self.request
                socket.sendto(b"re:" + data, self.client_address)

        class Http(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(self.path.encode())

            def do_POST(self) -> None:
                coded = self.headers.get("transfer-encoding") == "chunked"
                size = int(self.rfile.readline(), 16) if coded else int(self.headers["content-length"])
                self.answer(self.rfile.read(size))

            def answer(self, body: bytes) -> None:
                self.send_response(201)
                self.end_headers()
                self.wfile.write(b"re:" + body)

            def log_message(self, *arguments: object) -> None:
                pass

        here = ("127.0.0.1", 0)
        self.all: list[socketserver.BaseServer] = [
            socketserver.ThreadingTCPServer(here, Tcp),
            socketserver.ThreadingUDPServer(here, Udp),
            http.server.ThreadingHTTPServer(here, Http),
        ]
        self.tcp, self.udp, self.http = (f"127.0.0.1:{server.server_address[1]}" for server in self.all)
        self.threads = [threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}) for server in self.all]
        for thread in self.threads:
            thread.start()

    def close(self) -> None:
        for server, thread in zip(self.all, self.threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


class Use:
    """One way to use an interface: what to call, how to tell that it worked, which interface the error names otherwise."""

    def __init__(
        self, name: str, interface: str, works: Callable[[Any], bool], arguments: Callable[[Servers], list[Any]] = lambda servers: []
    ) -> None:
        self.name = name
        self.interface = interface
        self.package = interface.partition("/")[0]
        self.works = works
        self.arguments = arguments


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and value > 0


USES = [
    Use("arguments", "wasi:cli/environment", lambda value: value == ["one", "two"]),
    Use("variables", "wasi:cli/environment", lambda value: value == [["NAME", "value"]]),
    Use("initial-folder", "wasi:cli/environment", lambda value: value == "/data"),
    Use("seconds", "wasi:clocks/wall-clock", lambda value: value > 1_700_000_000),
    Use("wall-resolution", "wasi:clocks/wall-clock", _number),
    Use("ticks", "wasi:clocks/monotonic-clock", _number),
    Use("monotonic-resolution", "wasi:clocks/monotonic-clock", _number),
    Use("sleep-ms", "wasi:clocks/monotonic-clock", lambda value: value is None, lambda servers: [1]),
    Use("secure-random", "wasi:random/random", _number),
    Use("insecure-random", "wasi:random/insecure", _number),
    Use("insecure-seed", "wasi:random/insecure-seed", lambda value: len(value) == 2),
    Use("tcp-exchange", "wasi:sockets/tcp-create-socket", lambda value: value == b"re:hi", lambda servers: [servers.tcp, b"hi"]),
    Use("udp-exchange", "wasi:sockets/udp-create-socket", lambda value: value == b"re:hi", lambda servers: [servers.udp, b"hi"]),
    Use("look-up", "wasi:sockets/ip-name-lookup", lambda value: "127.0.0.1" in value, lambda servers: ["localhost"]),
    Use("fetch", "wasi:http/types", lambda value: value == [201, b"re:/a?b=c"], lambda servers: [servers.http, "/a?b=c", None]),
    Use("fetch", "wasi:http/types", lambda value: value == [201, b"re:body"], lambda servers: [servers.http, "/", b"body"]),
]


NETWORK = '{connect: ["127.0.0.1:*", "localhost:*"]}'


def _entry(name: str, pool: str, method: str, imports: list[str], hash: str) -> str:
    return f"""  - name: {name}
    kind: function.wasm
    fs: here
    path: outside.wasm
    hash: sha256:{hash}
    method: {method}
    pool: {POOLS[pool]}
    imports: [{", ".join(imports)}]
    wasi: {{args: [one, two], cwd: /data, env: [{{id: name, name: NAME}}], mounts: [{{fs: data, guest: /data}}], network: {NETWORK}}}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[moonwit.Project]:
    folder = tmp_path_factory.mktemp("interfaces")
    shutil.copy(GUEST, folder)
    (folder / "data").mkdir()
    (folder / "data" / "a.txt").write_text("inside")
    hash = hashlib.sha256(GUEST.read_bytes()).hexdigest()
    text = """
  - {name: here, kind: fs.directory, directory: .}
  - {name: data, kind: fs.directory, directory: data}
  - {name: values, kind: env.storage.static, values: {NAME: value}}
  - {name: name, kind: env.variable, storage: values, variable: NAME}
"""
    methods = dict.fromkeys([*(use.name for use in USES), "leave", "say", "complain", "read-input", "read-file", "write-file", "folders"])
    for pool in POOLS:
        for method in methods:
            text += _entry(f"{method}-{pool}", pool, method, [*PACKAGES, "funcs"], hash)
            text += _entry(f"{method}-{pool}-bare", pool, method, ["wasi:io"], hash)
            for package in PACKAGES:
                rest = [name for name in PACKAGES if name != package]
                text += _entry(f"{method}-{pool}-{package[5:]}", pool, method, rest, hash)
    projects.write(folder, text)
    with moonwit.open(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    running = Servers()
    yield running
    running.close()


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("use", USES, ids=lambda use: use.name)
def test_an_interface_works_with_its_grant(project: moonwit.Project, servers: Servers, use: Use, pool: str) -> None:
    """What an entry grants works, twice: in an instance that is new, and in one that is used again."""
    for _ in range(2):
        assert use.works(project.call(f"t:{use.name}-{pool}", *use.arguments(servers)))


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("use", USES, ids=lambda use: use.name)
def test_an_interface_fails_without_its_grant(project: moonwit.Project, servers: Servers, use: Use, pool: str) -> None:
    """What an entry does not grant fails when it is called, with the name of the interface and of the entry, time and again."""
    id = f"t:{use.name}-{pool}-{use.package[5:]}"
    for _ in range(2):
        with pytest.raises(moonwit.CallError) as caught:
            project.call(id, *use.arguments(servers))
        assert caught.value.kind == "PermissionDenied"
        name = use.interface if use.package != "wasi:sockets" else "wasi:sockets/"
        assert f"the function {id} uses {name}" in caught.value.message
        assert "which its entry does not import" in caught.value.message


@pytest.mark.parametrize("pool", POOLS)
def test_exit(project: moonwit.Project, pool: str) -> None:
    """A guest that ends itself gives an error with its status; without the grant that names the interface."""
    for code, status in ((0, 0), (3, 1)):
        with pytest.raises(moonwit.CallError) as caught:
            project.call(f"t:leave-{pool}", code)
        assert caught.value.kind == "Internal"
        assert f"exited with status {status}" in caught.value.message
    with pytest.raises(moonwit.CallError) as caught:
        project.call(f"t:leave-{pool}-cli", 0)
    assert f"the function t:leave-{pool}-cli uses wasi:cli/exit, which its entry does not import" in caught.value.message


@pytest.mark.parametrize("pool", POOLS)
def test_standard_streams(project: moonwit.Project, pool: str, capfd: pytest.CaptureFixture[str]) -> None:
    """With ``wasi:cli`` a guest is heard, line by line; without it, it may speak, and nobody hears; there is nothing to read."""
    project.call(f"t:say-{pool}", b"one\ntwo\n")
    project.call(f"t:complain-{pool}", b"three\n")
    project.call(f"t:say-{pool}-cli", b"four\n")
    project.call(f"t:complain-{pool}-cli", b"five\n")
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("one\ntwo\n", "three\n")
    assert project.call(f"t:read-input-{pool}-cli") == b""


@pytest.mark.parametrize("pool", POOLS)
def test_files(project: moonwit.Project, pool: str) -> None:
    """With ``wasi:filesystem`` the mounts are there; without it there are no folders at all."""
    read, write = f"t:read-file-{pool}", f"t:write-file-{pool}"
    assert project.call(read, "/data/a.txt") == project.call(read, "a.txt") == b"inside"
    project.call(write, f"/data/{pool}.txt", pool.encode())
    assert project.call(read, f"/data/{pool}.txt") == pool.encode()
    assert project.call(f"t:folders-{pool}") == ["/data", "."]
    assert project.call(f"t:folders-{pool}-filesystem") == []
    with pytest.raises(moonwit.CallError):
        project.call(f"{read}-filesystem", "/data/a.txt")


@pytest.mark.parametrize("use", USES, ids=lambda use: use.name)
def test_streams_alone_grant_nothing(project: moonwit.Project, servers: Servers, use: Use) -> None:
    """``wasi:io`` without anything else gives no clock, no random number and no connection."""
    with pytest.raises(moonwit.CallError) as caught:
        project.call(f"t:{use.name}-lazy-bare", *use.arguments(servers))
    assert caught.value.kind == "PermissionDenied"
