"""The standard streams of a program: what it reads comes while it comes, what it writes is written at once, and neither is lost."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pty
import random
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from tests import projects
from tests.texts import texts

_, wat = texts(__file__)

GUESTS = Path(__file__).parents[1] / "guests" / "program"
PROGRAMS = ("c", "rust", "go", "rust-p2")
PIPE = 65536
# How long is waited for what comes at once on an idle machine, in seconds.
SOON = 120

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `moonwit run` and ends it in any case."""
    running: list[subprocess.Popen[bytes]] = []

    def run(*words: object, **streams: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "moonwit", "run", *map(str, words)]
        running.append(subprocess.Popen(command, cwd=tmp_path, **streams))  # type: ignore[call-overload]
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.wait()


def until(condition: Callable[[], bool]) -> None:
    """Waits for something that comes soon."""
    end = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def waiting(descriptor: int) -> int:
    """Gives how many bytes a pipe holds."""
    return int(struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, b"\0\0\0\0"))[0])


def project(folder: Path, data: bytes, more: str) -> None:
    """Declares a program as the command `p`."""
    (folder / "p.wasm").write_bytes(data)
    hash = hashlib.sha256(data).hexdigest()
    projects.write(
        folder,
        "  - {name: here, kind: fs.directory, directory: .}\n"
        f"  - {{name: p, kind: process.wasm, meta: {{command: {{name: p}}}}, fs: here, path: p.wasm, hash: 'sha256:{hash}'{more}}}\n",
        namespace="app",
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_full_pipe_loses_nothing(start: Start, tmp_path: Path, program: str) -> None:
    """A program that writes more than its reader takes waits for it, and all that it wrote arrives in order."""
    text = random.Random(1).randbytes(3_000_000)
    (tmp_path / "input").write_bytes(text)
    with open(tmp_path / "input", "rb") as file:
        process = start(GUESTS / f"{program}.wasm", "echo", stdin=file, stdout=subprocess.PIPE)
    assert process.stdout is not None
    out = process.stdout.fileno()
    until(lambda: waiting(out) == PIPE)
    with process.stdout as reader:
        assert reader.read() == text
    assert process.wait(SOON) == 0


def zeroes(size: int) -> bytes:
    """Makes a component that writes so many zeroes without flushing them, and ends itself with 7."""
    text = wat("zeroes")
    return bytes(wat2wasm(text.replace("SIZE", str(size))))


def test_what_is_not_flushed_arrives_too(start: Start, tmp_path: Path) -> None:
    """A component that ends itself while a pipe has not taken all of what it was allowed to write keeps its status and its bytes."""
    (tmp_path / "zeroes.wasm").write_bytes(zeroes(PIPE))
    reader, writer = os.pipe()
    # Room for a page is left.
    os.write(writer, b"x" * (PIPE - 4096))
    process = start("zeroes.wasm", stdout=writer)
    os.close(writer)
    until(lambda: waiting(reader) == PIPE)
    with open(reader, "rb") as file:
        assert file.read() == b"x" * (PIPE - 4096) + b"\0" * PIPE
    assert process.wait(SOON) == 7


# It passes its input on until that ends; one that is woken for nothing ends itself with 9.
SPLICE = wat("splice")


def test_what_is_spliced_waits_for_its_reader(start: Start, tmp_path: Path) -> None:
    """A component that passes its input on by `blocking-splice` waits for input and for room, and goes on when there is some."""
    text = random.Random(2).randbytes(1_000_000)
    (tmp_path / "splice.wat").write_text(SPLICE)
    (tmp_path / "input").write_bytes(text)
    with open(tmp_path / "input", "rb") as file:
        process = start("splice.wat", stdin=file, stdout=subprocess.PIPE)
    assert process.stdout is not None
    out = process.stdout.fileno()
    until(lambda: waiting(out) == PIPE)
    with process.stdout as reader:
        assert reader.read() == text
    assert process.wait(SOON) == 0


LIMIT = ", imports: [wasi1], limits: {max_execution_ms: 100}"
LATE = b"moonwit: p took longer than its limit of 100 ms\n"


@pytest.mark.parametrize("program", ["c", "rust", "go"])
def test_a_limit_ends_who_waits_for_input(start: Start, tmp_path: Path, program: str) -> None:
    """A program that waits for what does not come ends at its limit."""
    project(tmp_path, (GUESTS / f"{program}.wasm").read_bytes(), LIMIT)
    process = start("p", "echo", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stderr is not None and process.stderr.read() == LATE
    assert process.wait(SOON) == 1
    for stream in (process.stdin, process.stdout, process.stderr):
        assert stream is not None
        stream.close()


def test_a_limit_ends_who_waits_for_a_reader(start: Start, tmp_path: Path) -> None:
    """A program that writes to a full pipe ends at its limit."""
    project(tmp_path, (GUESTS / "c.wasm").read_bytes(), LIMIT)
    reader, writer = os.pipe()
    os.write(writer, b"x" * PIPE)
    (tmp_path / "input").write_bytes(b"y" * PIPE)
    with open(tmp_path / "input", "rb") as file:
        process = start("p", "echo", stdin=file, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert process.stderr is not None and process.stderr.read() == LATE
    process.stderr.close()
    assert process.wait(SOON) == 1
    os.close(reader)


def test_ctrl_c_ends_who_waits_for_a_reader(start: Start, tmp_path: Path) -> None:
    """A program whose output nobody takes ends with 130."""
    (tmp_path / "input").write_bytes(b"y" * 4 * PIPE)
    with open(tmp_path / "input", "rb") as file:
        process = start(GUESTS / "c.wasm", "echo", stdin=file, stdout=subprocess.PIPE)
    assert process.stdout is not None
    until(lambda: waiting(process.stdout.fileno()) == PIPE)
    process.send_signal(signal.SIGINT)
    assert process.wait(SOON) == 130
    process.stdout.close()


class Terminal:
    """A terminal that a program runs on."""

    def __init__(self, start: Start, *words: object) -> None:
        self.main, other = pty.openpty()
        self.process = start(*words, stdin=other, stdout=other, stderr=other)
        os.close(other)
        self.shown = b""

    def until(self, text: bytes) -> None:
        """Reads until a text is there."""
        end = time.monotonic() + SOON
        while text not in self.shown:
            assert time.monotonic() < end, self.shown
            if select.select([self.main], [], [], 0.1)[0]:
                self.shown += os.read(self.main, 4096)

    def type(self, text: bytes) -> None:
        """Types a text."""
        os.write(self.main, text)

    def close(self) -> int:
        """Waits for the program's end; gives its status."""
        status = self.process.wait(SOON)
        os.close(self.main)
        return status


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_terminal_is_read(start: Start, program: str) -> None:
    """What is typed is the input of a program, line by line, and Ctrl-D its end."""
    terminal = Terminal(start, GUESTS / f"{program}.wasm", "echo")
    terminal.type(b"one\ntwo\n")
    terminal.until(b"one\r\ntwo\r\n")
    terminal.type(b"\x04")
    terminal.until(b"one\r\ntwo\r\none\r\ntwo\r\n")
    assert terminal.close() == 0


CHARACTER_DEVICES = wat("character_devices")


def of_terminal(name: str) -> str:
    """Makes a component that fails when a standard stream is a terminal."""
    kind = "terminal-input" if name == "stdin" else "terminal-output"
    return wat("of_terminal", KIND=kind, NAME=name)


def test_a_program_knows_terminals(start: Start, tmp_path: Path) -> None:
    """All three streams of a program may be terminals, and files and pipes are none."""
    (tmp_path / "kinds.wat").write_text(CHARACTER_DEVICES)
    assert Terminal(start, "kinds.wat").close() == 0b101010
    assert start("kinds.wat", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait(SOON) == 0
    for name in ("stdin", "stdout", "stderr"):
        (tmp_path / f"{name}.wat").write_text(of_terminal(name))
        assert Terminal(start, f"{name}.wat").close() == 1
        assert start(f"{name}.wat", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait(SOON) == 0


POLL = wat("poll")


def test_a_program_polls_its_streams(start: Start, tmp_path: Path) -> None:
    """A poll of input and output ends with the one that is ready: output that has a reader, or else input that comes."""
    (tmp_path / "poll.wat").write_text(POLL)
    assert start("poll.wat", stdin=subprocess.PIPE, stdout=subprocess.PIPE).wait(SOON) == 16 + 2
    reader, writer = os.pipe()
    os.write(writer, b"x" * PIPE)
    process = start("poll.wat", stdin=subprocess.PIPE, stdout=writer)
    os.close(writer)
    assert process.stdin is not None
    process.stdin.write(b"come")
    process.stdin.close()
    assert process.wait(SOON) == 16 + 1
    os.close(reader)


RESOLVE = wat("resolve")


@pytest.mark.parametrize(("rules", "status"), [('["localhost:80"]', 0), ('["other.example:80"]', 1), ("[]", 1)])
def test_a_program_has_the_network_of_its_entry(start: Start, tmp_path: Path, rules: str, status: int) -> None:
    """Names and addresses of `wasi.network` hold for programs as for functions."""
    network = f", imports: [wasi:cli, wasi:io, wasi:sockets], wasi: {{network: {{connect: {rules}}}}}"
    project(tmp_path, bytes(wat2wasm(RESOLVE)), network)
    assert start("p").wait(SOON) == status
