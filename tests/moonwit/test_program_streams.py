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
    (folder / "_index.yaml").write_text(
        "version: '1.0'\nnamespace: app\nentries:\n  - {name: here, kind: fs.directory, directory: .}\n"
        f"  - {{name: p, kind: process.wasm, meta: {{command: {{name: p}}}}, fs: here, path: p.wasm, hash: 'sha256:{hash}'{more}}}\n"
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
    text = """(component
      (import "wasi:io/error@0.2.3" (instance $error (export "error" (type (sub resource)))))
      (alias export $error "error" (type $error-type))
      (import "wasi:io/streams@0.2.3" (instance $io
        (export "output-stream" (type $out (sub resource)))
        (alias outer 1 $error-type (type $failure))
        (type $problem (variant (case "last-operation-failed" (own $failure)) (case "closed")))
        (export "stream-error" (type $stream-error (eq $problem)))
        (export "[method]output-stream.write-zeroes"
          (func (param "self" (borrow $out)) (param "len" u64) (result (result (error $stream-error)))))))
      (alias export $io "output-stream" (type $output))
      (import "wasi:cli/stdout@0.2.3" (instance $stdout
        (alias outer 1 $output (type $out))
        (export "output-stream" (type $stream (eq $out)))
        (export "get-stdout" (func (result (own $stream))))))
      (import "wasi:cli/exit@0.2.3" (instance $exit (export "exit-with-code" (func (param "status-code" u8)))))
      (core module $memory (memory (export "memory") 1))
      (core instance $m (instantiate $memory))
      (alias core export $m "memory" (core memory $mem))
      (core func $get (canon lower (func $stdout "get-stdout")))
      (core func $write (canon lower (func $io "[method]output-stream.write-zeroes") (memory $mem)))
      (core func $leave (canon lower (func $exit "exit-with-code")))
      (core module $main
        (import "" "get" (func $get (result i32)))
        (import "" "write" (func $write (param i32 i64 i32)))
        (import "" "leave" (func $leave (param i32)))
        (func (export "run") (result i32)
          (call $write (call $get) (i64.const SIZE) (i32.const 0)) (call $leave (i32.const 7)) (i32.const 0)))
      (core instance $i (instantiate $main
        (with "" (instance (export "get" (func $get)) (export "write" (func $write)) (export "leave" (func $leave))))))
      (func $run (result (result)) (canon lift (core func $i "run")))
      (instance $r (export "run" (func $run)))
      (export "wasi:cli/run@0.2.3" (instance $r)))"""
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
SPLICE = """(component
  (import "wasi:io/error@0.2.3" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $error-type))
  (import "wasi:io/streams@0.2.3" (instance $io
    (export "input-stream" (type $in (sub resource))) (export "output-stream" (type $out (sub resource)))
    (alias outer 1 $error-type (type $failure))
    (type $problem (variant (case "last-operation-failed" (own $failure)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $problem)))
    (export "[method]output-stream.blocking-splice"
      (func (param "self" (borrow $out)) (param "src" (borrow $in)) (param "len" u64) (result (result u64 (error $stream-error)))))))
  (alias export $io "input-stream" (type $input)) (alias export $io "output-stream" (type $output))
  (import "wasi:cli/stdin@0.2.3" (instance $stdin (alias outer 1 $input (type $in)) (export "input-stream" (type $stream (eq $in)))
    (export "get-stdin" (func (result (own $stream))))))
  (import "wasi:cli/stdout@0.2.3" (instance $stdout (alias outer 1 $output (type $out)) (export "output-stream" (type $stream (eq $out)))
    (export "get-stdout" (func (result (own $stream))))))
  (import "wasi:cli/exit@0.2.3" (instance $exit (export "exit-with-code" (func (param "status-code" u8)))))
  (core module $memory (memory (export "memory") 1))
  (core instance $m (instantiate $memory))
  (alias core export $m "memory" (core memory $mem))
  (core func $in (canon lower (func $stdin "get-stdin")))
  (core func $out (canon lower (func $stdout "get-stdout")))
  (core func $splice (canon lower (func $io "[method]output-stream.blocking-splice") (memory $mem)))
  (core func $leave (canon lower (func $exit "exit-with-code")))
  (core module $main
    (import "" "in" (func $in (result i32))) (import "" "out" (func $out (result i32)))
    (import "" "splice" (func $splice (param i32 i32 i64 i32))) (import "" "leave" (func $leave (param i32)))
    (import "" "memory" (memory 1))
    (func (export "run") (result i32) (local $i i32) (local $o i32)
      (local.set $i (call $in)) (local.set $o (call $out))
      (loop $more
        (call $splice (local.get $o) (local.get $i) (i64.const 1000000) (i32.const 0))
        (if (i32.eqz (i32.load8_u (i32.const 0))) (then
          (if (i64.eqz (i64.load (i32.const 8))) (then (call $leave (i32.const 9))))
          (br $more))))
      (i32.const 0)))
  (core instance $i (instantiate $main (with "" (instance (export "in" (func $in)) (export "out" (func $out))
    (export "splice" (func $splice)) (export "leave" (func $leave)) (export "memory" (memory $mem))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $r (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $r)))"""


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


CHARACTER_DEVICES = """(module
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $kind (param $fd i32) (result i32)
    (drop (call $get (local.get $fd) (i32.const 0))) (i32.load8_u (i32.const 0)))
  (func (export "_start") (call $exit (i32.or (call $kind (i32.const 0))
    (i32.or (i32.shl (call $kind (i32.const 1)) (i32.const 2)) (i32.shl (call $kind (i32.const 2)) (i32.const 4)))))))"""


def of_terminal(name: str) -> str:
    """Makes a component that fails when a standard stream is a terminal."""
    kind = "terminal-input" if name == "stdin" else "terminal-output"
    return f"""(component
      (import "wasi:cli/{kind}@0.2.3" (instance $of (export "{kind}" (type (sub resource)))))
      (alias export $of "{kind}" (type $kind))
      (import "wasi:cli/terminal-{name}@0.2.3" (instance $t
        (alias outer 1 $kind (type $outer)) (export "{kind}" (type $own (eq $outer)))
        (export "get-terminal-{name}" (func (result (option (own $own)))))))
      (core module $memory (memory (export "memory") 1))
      (core instance $m (instantiate $memory))
      (alias core export $m "memory" (core memory $mem))
      (core func $get (canon lower (func $t "get-terminal-{name}") (memory $mem)))
      (core module $main (import "" "get" (func $get (param i32))) (import "" "memory" (memory 1))
        (func (export "run") (result i32) (call $get (i32.const 0)) (i32.load8_u (i32.const 0))))
      (core instance $i (instantiate $main (with "" (instance (export "get" (func $get)) (export "memory" (memory $mem))))))
      (func $run (result (result)) (canon lift (core func $i "run")))
      (instance $r (export "run" (func $run)))
      (export "wasi:cli/run@0.2.3" (instance $r)))"""


def test_a_program_knows_terminals(start: Start, tmp_path: Path) -> None:
    """All three streams of a program may be terminals, and files and pipes are none."""
    (tmp_path / "kinds.wat").write_text(CHARACTER_DEVICES)
    assert Terminal(start, "kinds.wat").close() == 0b101010
    assert start("kinds.wat", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait(SOON) == 0
    for name in ("stdin", "stdout", "stderr"):
        (tmp_path / f"{name}.wat").write_text(of_terminal(name))
        assert Terminal(start, f"{name}.wat").close() == 1
        assert start(f"{name}.wat", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait(SOON) == 0


POLL = """(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    ;; Input, output, and an hour: userdata 1, 2 and 3.
    (i64.store (i32.const 0) (i64.const 1)) (i32.store8 (i32.const 8) (i32.const 1)) (i32.store (i32.const 16) (i32.const 0))
    (i64.store (i32.const 48) (i64.const 2)) (i32.store8 (i32.const 56) (i32.const 2)) (i32.store (i32.const 64) (i32.const 1))
    (i64.store (i32.const 96) (i64.const 3)) (i32.store (i32.const 112) (i32.const 1)) (i64.store (i32.const 120) (i64.const 3600000000000))
    (drop (call $poll (i32.const 0) (i32.const 256) (i32.const 3) (i32.const 512)))
    (call $exit (i32.add (i32.mul (i32.const 16) (i32.load (i32.const 512))) (i32.load (i32.const 256))))))"""


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


RESOLVE = """(component
  (import "wasi:sockets/network@0.2.3" (instance $net
    (export "network" (type (sub resource)))
    (type $code (enum "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout" "concurrency-conflict"
      "not-in-progress" "would-block" "invalid-state" "new-socket-limit" "address-not-bindable" "address-in-use" "remote-unreachable"
      "connection-refused" "connection-reset" "connection-aborted" "datagram-too-large" "name-unresolvable"
      "temporary-resolver-failure" "permanent-resolver-failure"))
    (export "error-code" (type (eq $code)))))
  (alias export $net "network" (type $network)) (alias export $net "error-code" (type $code))
  (import "wasi:sockets/instance-network@0.2.3" (instance $own
    (alias outer 1 $network (type $n)) (export "network" (type $exported (eq $n)))
    (export "instance-network" (func (result (own $exported))))))
  (import "wasi:sockets/ip-name-lookup@0.2.3" (instance $names
    (alias outer 1 $network (type $n)) (export "network" (type $exported (eq $n)))
    (alias outer 1 $code (type $c)) (export "error-code" (type $error (eq $c)))
    (export "resolve-address-stream" (type $stream (sub resource)))
    (export "resolve-addresses" (func (param "network" (borrow $exported)) (param "name" string)
      (result (result (own $stream) (error $error)))))))
  (core module $memory (memory (export "memory") 1) (data (i32.const 100) "localhost"))
  (core instance $m (instantiate $memory))
  (alias core export $m "memory" (core memory $mem))
  (core func $own-network (canon lower (func $own "instance-network")))
  (core func $resolve (canon lower (func $names "resolve-addresses") (memory $mem)))
  (core module $main (import "" "own" (func $own (result i32))) (import "" "resolve" (func $resolve (param i32 i32 i32 i32)))
    (import "" "memory" (memory 1))
    (func (export "run") (result i32)
      (call $resolve (call $own) (i32.const 100) (i32.const 9) (i32.const 0)) (i32.load8_u (i32.const 0))))
  (core instance $i (instantiate $main (with "" (instance
    (export "own" (func $own-network)) (export "resolve" (func $resolve)) (export "memory" (memory $mem))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $r (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $r)))"""


@pytest.mark.parametrize(("rules", "status"), [('["localhost:80"]', 0), ('["other.example:80"]', 1), ("[]", 1)])
def test_a_program_has_the_network_of_its_entry(start: Start, tmp_path: Path, rules: str, status: int) -> None:
    """Names and addresses of `wasi.network` hold for programs as for functions."""
    network = f", imports: [wasi:cli, wasi:io, wasi:sockets], wasi: {{network: {{connect: {rules}}}}}"
    project(tmp_path, bytes(wat2wasm(RESOLVE)), network)
    assert start("p").wait(SOON) == status
