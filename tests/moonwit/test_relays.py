"""What a service writes never waits for whoever reads it, or does not: what finds no room is dropped and counted."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from moonwit import relays
from moonwit.relays import Relay
from tests import projects

SOON = 60
GAP = re.compile(rb"moonwit: (\d+) lines were dropped here: nobody read them in time\n")

INDEX = """
  - {name: web, kind: http.service, addr: "127.0.0.1:0", access_log: true}
  - name: talk
    kind: function.lua
    modules: [logger]
    source: return function() print(("p"):rep(9000)) logger:info(("l"):rep(9000)) return "said" end
  - {name: get_talk, kind: http.endpoint, method: GET, path: /talk, func: talk}
"""


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe to relay to: the end that is read, and the descriptor that is relayed."""
    read, write = os.pipe()
    yield read, write
    for descriptor in (read, write):
        os.close(descriptor)


def read_all(descriptor: int) -> bytes:
    """Reads until there is no writer."""
    return b"".join(iter(lambda: os.read(descriptor, 2**16), b""))


def replace(descriptor: int) -> None:
    """Gives up an end of a pipe, whose number stays taken."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, descriptor)
    os.close(nothing)


def test_a_service_answers_whoever_reads_what_it_says(tmp_path: Path) -> None:
    """Its log, and what its functions log and print, fill pipes that nobody reads; it answers, says what was dropped, and stops."""
    projects.write(tmp_path, INDEX)
    environment = {name: value for name, value in os.environ.items() if name != "MOONWIT_DEBUG"}
    command = [sys.executable, "-m", "moonwit", "serve"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as server:
        assert server.stdout is not None and server.stderr is not None
        port = int(server.stdout.readline().decode().rsplit(":", 1)[1])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SOON)

        def ask() -> str:
            connection.request("GET", "/talk?" + "q" * 1000)
            return connection.getresponse().read().decode()

        try:
            for _ in range(relays.MOST // 9000 + 100):
                assert ask() == "said"
            said = b""
            while not GAP.search(said):
                said += os.read(server.stderr.fileno(), 2**16)
            assert int(GAP.findall(said)[0]) >= 20
            assert ask() == "said"
            while b" INFO  l" not in GAP.split(said)[-1]:
                said += os.read(server.stderr.fileno(), 2**16)
            # Nobody reads what it says at its end.
            for _ in range(20):
                assert ask() == "said"
            server.send_signal(signal.SIGTERM)
            assert server.wait(SOON) == 0
        finally:
            server.kill()


@pytest.mark.parametrize("size", [99, 100, 70_000])
def test_whole_lines_are_dropped_and_counted(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """What comes out are lines as they went in, and in their place how many there were of those that are missing."""
    monkeypatch.setattr(relays, "MOST", 2**17)
    read, write = pipe
    relay = Relay(write)
    count = 600_000 // size
    lines = [b"%d " % i + b"x" * size + b"\n" for i in range(count)]
    for at in range(0, count, 500):
        os.write(write, b"".join(lines[at : at + 500]))
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(read_all(read)))
    reader.start()
    relay.close(SOON)
    last = b"the last\n"
    os.write(write, last)
    replace(write)
    reader.join()
    assert got[0].endswith(last)
    text = got[0][: -len(last)]
    dropped = sum(map(int, GAP.findall(text)))
    parts = GAP.split(text)[::2]
    assert dropped > 0
    # A line that was begun before the gap counts as dropped, and ends there.
    whole = [line + b"\n" for part in parts for line in part.split(b"\n")[:-1]]
    known = set(lines)
    begun = [line for line in whole if line not in known]
    assert len(begun) <= len(parts) and all(any(each.startswith(line[:-1]) for each in lines) for line in begun)
    assert len(whole) - len(begun) + dropped == count


def test_nothing_is_dropped_for_a_reader(pipe: tuple[int, int]) -> None:
    """What is read comes whole and in order, many times what waits; a descriptor that doesn't block is waited for."""
    read, write = pipe
    os.set_blocking(write, False)
    relay = Relay(write)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(read_all(read)))
    reader.start()
    lines = [b"%d " % i + b"x" * 1000 + b"\n" for i in range(900)]
    for line in lines:
        os.write(write, line)
    relay.close(SOON)
    replace(write)
    reader.join()
    assert got == [b"".join(lines)]


def test_a_reader_that_has_gone_ends_nothing(pipe: tuple[int, int]) -> None:
    """Writing goes on as if it were read."""
    read, write = pipe
    relay = Relay(write)
    replace(read)
    for _ in range(3 * relays.MOST // 2**16):
        os.write(write, b"x" * 2**16)
    relay.close(SOON)
    with pytest.raises(BrokenPipeError):
        os.write(write, b"x")


def test_a_file_needs_no_relay(tmp_path: Path) -> None:
    """What can't block is written to as it is, so that nothing of it is lost when the process is killed."""
    with open(tmp_path / "log", "wb") as file:
        assert not relays.may_block(file.fileno())
