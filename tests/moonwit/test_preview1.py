"""Core modules for WASI 0.1, from C and Rust, whose functions are called: they get what their entries grant, as components do."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import moonwit
from tests import projects
from tests.texts import texts

_, wat = texts(__file__)

GUESTS = Path(__file__).parents[1] / "guests"
MODULES = {"c": GUESTS / "wasi" / "wasi-core.wasm", "rust": GUESTS / "preview1" / "preview1.wasm"}
POOLS = {"inline": "{type: inline}", "lazy": "{type: lazy}", "static": "{type: static, size: 2}", "adaptive": "{type: adaptive}"}
WIT = {
    "add": "func(a: u32, b: u32) -> u32",
    "arguments": "func() -> list<string>",
    "variable": "func(name: string) -> option<string>",
    "say": "func(text: string)",
    "complain": "func(text: string)",
    "leave": "func(code: u32)",
    "read-line": "func() -> option<string>",
    "read-file": "func(path: string) -> result<string, string>",
    "write-file": "func(path: string, text: string) -> result<_, string>",
    "list-folder": "func(path: string) -> result<list<string>, string>",
    "seconds": "func() -> u64",
    "sleep-ms": "func(ms: u32)",
    "random-bytes": "func(count: u32) -> list<u8>",
}

WORLD = """    wasi:
      args: [one, two]
      cwd: /data
      env: [{id: name, name: NAME}, {id: other, name: OTHER}, {id: changing, name: CHANGING}]
      mounts: [{fs: data, guest: /data}, {fs: locked, guest: /locked, read_only: true}]
"""
INDEX = """version: "1.0"
namespace: t
entries:
  - {name: here, kind: fs.directory, directory: .}
  - {name: data, kind: fs.directory, directory: data}
  - {name: locked, kind: fs.directory, directory: locked}
  - {name: values, kind: env.storage.memory}
  - {name: name, kind: env.variable, storage: values, variable: NAME, default: value}
  - {name: other, kind: env.variable, storage: values, variable: OTHER}
  - {name: changing, kind: env.variable, storage: values, variable: CHANGING}
"""

Call = Callable[..., Any]


def _entry(guest: str, pool: str, method: str, name: str, imports: str, limits: str = "{}") -> str:
    hash = hashlib.sha256(MODULES[guest].read_bytes()).hexdigest()
    return f"""  - name: {name}
    kind: function.wasm
    fs: here
    path: {guest}.wasm
    hash: sha256:{hash}
    method: {method}
    wit: "{method}: {WIT[method]};"
    pool: {POOLS[pool]}
    imports: [{imports}]
    limits: {limits}
{WORLD}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("preview1")
    for name in ("data", "locked"):
        (made / name).mkdir()
        (made / name / "a.txt").write_text("inside")
    (made / "secret").write_text("not mounted")
    (made / "data" / "link").symlink_to("../secret")
    text = INDEX
    for guest, path in MODULES.items():
        shutil.copy(path, made / f"{guest}.wasm")
        for method in WIT:
            for pool in POOLS:
                text += _entry(guest, pool, method, f"{method}-{guest}-{pool}", "wasi_snapshot_preview1")
            text += _entry(guest, "lazy", method, f"{method}-{guest}-bare", "")
            text += _entry(guest, "lazy", method, f"{method}-{guest}-short", "preview1", "{max_execution_ms: 50}")
    (made / "_index.yaml").write_text(text)
    return made


@pytest.fixture(scope="module")
def project(folder: Path) -> Iterator[moonwit.Project]:
    with moonwit.open(folder) as opened:
        yield opened


@pytest.fixture(params=[f"{guest}-{pool}" for guest in MODULES for pool in POOLS])
def call(request: pytest.FixtureRequest, project: moonwit.Project) -> Call:
    return lambda method, *arguments: project.call(f"t:{method}-{request.param}", *arguments)


def failure(call: Call, *arguments: Any) -> moonwit.CallError:
    with pytest.raises(moonwit.CallError) as caught:
        call(*arguments)
    return caught.value


def test_arguments_and_variables(call: Call) -> None:
    """A module sees the arguments and variables of its entry and no others."""
    assert call("arguments") == ["one", "two"]
    assert call("variable", "NAME") == "value"
    assert call("variable", "OTHER") is None
    assert call("variable", "PATH") is None


def test_files(call: Call, folder: Path) -> None:
    """A module reads and writes the files of its mounts; relative paths begin at the working directory."""
    assert call("read-file", "/data/a.txt") == call("read-file", "a.txt") == call("read-file", "/locked/a.txt") == "inside"
    call("write-file", "/data/b.txt", "written")
    assert (folder / "data" / "b.txt").read_text() == "written"
    assert sorted(name for name in call("list-folder", "/locked") if name not in (".", "..")) == ["a.txt"]


@pytest.mark.parametrize("path", ["/data/../secret", "/data/link", "/secret", "../secret", "/etc/passwd", "/proc/self/environ"])
def test_no_path_leads_out(call: Call, path: str) -> None:
    """No path leads a module out of its mounts."""
    error = failure(call, "read-file", path)
    assert (error.kind, "not mounted" in str(error)) == ("", False)


def test_read_only_stays_read_only(call: Call, folder: Path) -> None:
    """A module can't write to a mount that is read only."""
    assert failure(call, "write-file", "/locked/a.txt", "x").kind == ""
    assert failure(call, "write-file", "/locked/new.txt", "x").kind == ""
    assert [path.name for path in (folder / "locked").iterdir()] == ["a.txt"]
    assert (folder / "locked" / "a.txt").read_text() == "inside"


def test_clock_and_random(call: Call) -> None:
    """A module has the time, can sleep, and gets random numbers."""
    assert call("seconds") > 1_700_000_000
    call("sleep-ms", 2)
    assert call("random-bytes", 32) != call("random-bytes", 32)


def test_standard_streams(call: Call, capfd: pytest.CaptureFixture[str]) -> None:
    """What a module prints reaches the host's streams; there is nothing to read."""
    call("say", "hello")
    call("complain", "oh no")
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("hello\n", "oh no\n")
    assert call("read-line") is None


@pytest.mark.parametrize("code", [0, 3])
def test_exit(call: Call, code: int) -> None:
    """A module that exits fails its call with its status, and the next call works."""
    for _ in range(2):
        error = failure(call, "leave", code)
        assert (error.kind, f"exited with status {code}" in error.message) == ("Internal", True)
    assert call("add", 1, 2) == 3


@pytest.mark.parametrize("guest", MODULES)
def test_variables_are_looked_up_at_each_call(project: moonwit.Project, guest: str) -> None:
    """A variable that changes between calls has its new value in the next one."""
    id = f"t:variable-{guest}-lazy"
    for value in ("new", "newer"):
        project.run_script(f'env.set("CHANGING", "{value}")')
        assert project.call(id, "CHANGING") == value


@pytest.mark.parametrize("guest", MODULES)
def test_a_sleeper_past_its_limit(project: moonwit.Project, guest: str) -> None:
    """A module that sleeps past its limit ends with a Timeout, and the next call works."""
    error = failure(project.call, f"t:sleep-ms-{guest}-short", 60_000)
    assert error.kind == "Timeout"
    assert project.call(f"t:add-{guest}-short", 1, 2) == 3


@pytest.mark.parametrize("guest", MODULES)
@pytest.mark.parametrize(("method", "arguments"), [("arguments", []), ("seconds", []), ("random-bytes", [1]), ("leave", [0])])
def test_nothing_without_the_grant(project: moonwit.Project, guest: str, method: str, arguments: list[Any]) -> None:
    """Without the grant a module loads, and what it calls of WASI is an error that says so."""
    id = f"t:{method}-{guest}-bare"
    error = failure(project.call, id, *arguments)
    assert error.kind == "PermissionDenied"
    assert f"the function {id} uses wasi_snapshot_preview1, which its entry does not import" in error.message


STARTS = wat("starts")


def test_a_guest_sees_its_arguments_while_it_starts(tmp_path: Path) -> None:
    """A run-time that reads its arguments when it is set up, as Go's does, finds those of the entry there."""
    (tmp_path / "starts.wat").write_text(STARTS)
    projects.write(
        tmp_path,
        '  - {name: count, kind: function.wat, source: "file://starts.wat", method: count, '
        "imports: [preview1], wasi: {args: [one, two, three]}}\n",
    )
    with moonwit.open(tmp_path) as project:
        assert project.call("t:count") == 3
