"""Commands with code that takes minutes to compile: nobody else waits for it, Ctrl-C ends it, and no process stays behind."""

from __future__ import annotations

import http.client
import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import projects
from tests.host.compiling.shapes import SHAPES, section, vector
from tests.host.compiling.test_process import children, is_running

SOON = 60
INDEX = """
  - {name: files, kind: fs.directory, directory: .}
  - {name: web, kind: http.service, addr: "127.0.0.1:0"}
  - {name: bomb, kind: function.wasm, fs: files, path: /bomb.wasm, hash: "sha256:%s", method: f, limits: {max_execution_ms: 200},
     wit: "f: func(n: s32);", transport: wasi-http}
  - {name: free, kind: function.wasm, fs: files, path: /bomb.wasm, hash: "sha256:%s", method: f}
  - {name: slow, kind: function.wasm, fs: files, path: /slow.wasm, hash: "sha256:%s", method: f}
  - {name: ping, kind: function.lua, source: "return function() return 'pong' end"}
  - name: call
    kind: function.lua
    modules: [funcs]
    source: "return function() local v, e = funcs.call('t:bomb', 0) return tostring(e) end"
  - {name: get_ping, kind: http.endpoint, method: GET, path: /ping, func: ping}
  - {name: get_call, kind: http.endpoint, method: GET, path: /call, func: call}
  - {name: get_bomb, kind: http.endpoint, method: GET, path: "/bomb/{n}", func: bomb}
"""


def exported(name: str, data: bytes) -> bytes:
    """Exports the first function of a module of tests/host/compiling/shapes.py."""
    at = data.index(section(5, b"\1\0\1")) + 5
    return data[:at] + section(7, b"\1" + bytes([len(name)]) + name.encode() + b"\0\0") + data[at:]


def program(data: bytes) -> bytes:
    """Adds a `_start` that does nothing to a module of tests/host/compiling/shapes.py."""
    types, functions = section(1, vector([b"\x60\1\x7f\0"])), section(3, vector([b"\0"]))
    before = data[:8] + types + functions + section(5, b"\1\0\1")
    code = data.removeprefix(before)
    size = next(at for at in range(1, len(code)) if code[at] < 0x80)
    assert len(code) == len(data) - len(before) and code[size + 1] == 1
    start = section(7, b"\1\6_start\0\1") + section(10, b"\2" + code[size + 2 :] + b"\2\0\x0b")
    both = section(1, vector([b"\x60\1\x7f\0", b"\x60\0\0"])) + section(3, vector([b"\0", b"\1"]))
    return data[:8] + both + section(5, b"\1\0\1") + start


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Makes a project with a bomb, as a function and as a program."""
    from hashlib import sha256

    bomb, slow = (exported("f", data) for data in (SHAPES["loops"](30_000), SHAPES["wide"](4)))
    (tmp_path / "bomb.wasm").write_bytes(bomb)
    (tmp_path / "program.wasm").write_bytes(program(SHAPES["loops"](30_000)))
    (tmp_path / "slow.wasm").write_bytes(slow)
    projects.write(tmp_path, INDEX % (sha256(bomb).hexdigest(), sha256(bomb).hexdigest(), sha256(slow).hexdigest()))
    (tmp_path / "free.lua").write_text("print(funcs.call('t:free', 0))")
    return tmp_path


class Command:
    """A command on a terminal, and what it shows."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.shown = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execv(sys.executable, [sys.executable, "-m", "moonwit", *words])

    def read(self) -> bool:
        """Reads more; tells whether there may be more yet."""
        if select.select([self.terminal], [], [], 0.05)[0]:
            try:
                self.shown += os.read(self.terminal, 4096)
            except OSError:
                return False
        return True

    def until(self, text: bytes) -> None:
        """Reads until it has shown a text."""
        end = time.monotonic() + SOON
        while text not in self.shown:
            assert self.read() and time.monotonic() < end, self.shown

    def end(self) -> int:
        """Reads to the end; gives the exit code."""
        while self.read():
            pass
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def gone(pids: list[int]) -> bool:
    """Waits until processes have ended; tells whether they have."""
    end = time.monotonic() + SOON
    while any(map(is_running, pids)) and time.monotonic() < end:
        time.sleep(0.01)
    return not any(map(is_running, pids))


@pytest.mark.parametrize("words", [("run", "free.lua"), ("check",), ("call", "t:free", "0"), ("run", "program.wasm")], ids=" ".join)
def test_ctrl_c_ends_it_after_a_line_of_progress(folder: Path, words: tuple[str, ...]) -> None:
    """A terminal shows what is being compiled and for how long; Ctrl-C takes the line away and ends the process that compiles."""
    command = Command(folder, *words)
    command.until(b": 2 s")
    entry = words[1] if words[-1].endswith(".wasm") else "t:bomb" if words == ("check",) else "t:free"
    lines = [f"\r\x1b[Kcompiling {entry}: {seconds} s" for seconds in (1, 2)]
    # A check compiles other entries at the same time.
    assert re.search("(, and [0-9]+ more)?".join(map(re.escape, lines)), command.shown.decode()), command.shown
    compiling = children(command.pid)
    assert compiling
    os.write(command.terminal, b"\x03")
    assert command.end() == 130
    assert command.shown.endswith(b"\r\x1b[K")
    assert gone(compiling)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_ending_leaves_a_process_behind(folder: Path, number: signal.Signals) -> None:
    """However a command ends, the process that compiles for it ends too; what is not a terminal hears nothing of progress."""
    words = [sys.executable, "-m", "moonwit", "check"]
    with subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as command:
        end = time.monotonic() + SOON
        while not (compiling := children(command.pid)) and time.monotonic() < end:
            time.sleep(0.01)
        command.send_signal(number)
        out, err = command.communicate(timeout=SOON)
    assert (out, err, command.returncode) == (b"", b"", 130 if number == signal.SIGINT else -number)
    assert compiling and gone(compiling)


def test_a_service_goes_on(folder: Path) -> None:
    """Requests for what is being compiled end at their limit, and others are answered meanwhile by the same lane."""
    environment = {name: value for name, value in os.environ.items() if name != "MOONWIT_DEBUG"}
    command = [sys.executable, "-m", "moonwit", "serve"]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline().decode().rsplit(":", 1)[1])

        def ask(path: str) -> tuple[int, str]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SOON)
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()

        assert ask("/ping") == (200, "pong")
        answers: list[tuple[int, str]] = []
        callers = [threading.Thread(target=lambda path=path: answers.append(ask(path))) for path in ("/call", "/bomb/0", "/call")]
        for caller in callers:
            caller.start()
        # As many as the limit has room for: one that waited for the bomb would be late for all of them.
        pongs = 0
        while any(caller.is_alive() for caller in callers):
            assert ask("/ping") == (200, "pong")
            pongs += 1
        assert pongs >= 2
        assert ask("/call")[1].startswith("t:bomb: took longer than its limit of 200 ms")
        assert sorted(answer[0] for answer in answers) == [200, 200, 504]
        assert sum(answer[1].startswith("t:bomb: took longer than its limit of 200 ms") for answer in answers) >= 2
        compiling = children(server.pid)
        assert len(compiling) == 1
        server.send_signal(signal.SIGTERM)
        assert server.wait(SOON) == 0
    assert gone(compiling)


LATER = """
import sys
from moonwit.host.compiling import process
process._CHILD = None
import moonwit
with moonwit.open(".") as project:
    print(project.call("t:slow", 0))
"""


def test_the_next_process_has_the_code(folder: Path, moonwit: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """What was compiled in a process is on disk for the next, which needs none; the folder is the user's alone."""
    environment = {**os.environ, "MOONWIT_CACHE": str(folder / "cache")}
    first = moonwit("call", "t:slow", "0", cwd=folder, env=environment)
    assert (first.stdout, first.stderr, first.returncode) == ("null\n", "", 0)
    later = subprocess.run([sys.executable, "-c", LATER], cwd=folder, env=environment, capture_output=True, text=True, timeout=SOON)
    assert (later.stdout, later.stderr) == ("None\n", "")
    assert (folder / "cache" / "moonwit" / "compiled").stat().st_mode & 0o077 == 0


def test_no_folder_is_needed(folder: Path, moonwit: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """Where nothing can be written the code comes back from the process all the same."""
    result = moonwit("call", "t:slow", "0", cwd=folder, env={"MOONWIT_CACHE": "/proc/nowhere"})
    assert (result.stdout, result.stderr, result.returncode) == ("null\n", "", 0)
