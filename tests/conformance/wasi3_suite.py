"""Builds the programs for WASI 0.3 of WASI's own test suite from a checkout of it, and runs each by `moonwit run`.

    python tests/conformance/wasi3_suite.py CHECKOUT [NAME...]

CHECKOUT is a clone of the repository WebAssembly/wasi-testsuite, bare ones too. The programs are built with cargo for wasm32-wasip2 in
`tests/conformance/suites/wasip3`, which git ignores, and need loopback of both versions. NAME picks programs by a part of their names.
Those of wasi:http need the suite's own peers and are left out. A program passes that does what its description says. The exit status is 1
where one does not, and is not among `EXCEPTIONS`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "tests" / "conformance" / "suites" / "wasip3"
CRATE = PLACE / "tests" / "rust" / "wasm32-wasip3"
MANIFEST = """[package]
name = "test-wasm32-wasip3"
version = "0.1.0"
edition = "2024"

[workspace]

[lib]
name = "test_wasm32_wasip3"

[dependencies]
wit-bindgen = { version = "0.63", features = ["async", "async-spawn", "inter-task-wakeup"] }
futures = "0.3"

[profile.dev]
debug = false
opt-level = 1
"""
# What fails, with the reason.
EXCEPTIONS: dict[str, str] = {}
# Longer than any of them takes, on a machine that is busy with others.
MOST = 120
IMPORTS = ("wasi:cli", "wasi:io", "wasi:clocks", "wasi:filesystem", "wasi:random", "wasi:sockets")


def build(checkout: str) -> list[Path]:
    """Builds the programs."""
    PLACE.mkdir(parents=True, exist_ok=True)
    if not (CRATE / "src").exists():
        archive = subprocess.run(["git", "-C", checkout, "archive", "HEAD", "tests/rust/wasm32-wasip3"], check=True, capture_output=True)
        subprocess.run(["tar", "x", "-C", str(PLACE)], input=archive.stdout, check=True)
        (CRATE / "Cargo.toml").write_text(MANIFEST)
    command = ["cargo", "build", "--quiet", "--target", "wasm32-wasip2", "--target-dir", str(PLACE / "target")]
    subprocess.run(command, cwd=CRATE, check=True)
    return sorted((CRATE / "src" / "bin").glob("*.rs"))


def _project(program: Path, folder: Path) -> list[str]:
    """Writes a project whose command `main` is the program, with the whole network; gives what runs it."""
    wasi = {"network": {"connect": ["*:*"], "listen": ["*:*"]}}
    main = {"name": "main", "kind": "process.wasm", "meta": {"command": {"name": "main"}}, "fs": "here", "path": program.name}
    hash = f"sha256:{hashlib.sha256(program.read_bytes()).hexdigest()}"
    entries = [
        {"name": "here", "kind": "fs.directory", "directory": str(program.parent)},
        {**main, "hash": hash, "imports": list(IMPORTS), "wasi": wasi},
    ]
    lines = [f"  - {json.dumps(entry)}" for entry in entries]
    (folder / "_index.yaml").write_text("\n".join(['version: "1.0"', "namespace: t", "entries:", *lines]) + "\n")
    return ["--project", str(folder), "main"]


def _command(source: Path, given: dict[str, Any], folder: Path, args: list[str], env: dict[str, str]) -> list[str]:
    """Gives what runs a program: those that need the network as a command of a project, others from their files."""
    program = PLACE / "target" / "wasm32-wasip2" / "debug" / f"{source.stem}.wasm"
    moonwit = [sys.executable, "-m", "moonwit", "run"]
    if source.stem.startswith("sockets-"):
        return [*moonwit, *_project(program, folder)]
    for name, value in env.items():
        moonwit += ["--env", f"{name}={value}"]
    if given.get("root"):
        shutil.copytree(source.parent / given["root"], folder / "root", symlinks=True)
        moonwit += ["--dir", "root::/"]
    return [*moonwit, str(program), *args]


def _read(process: subprocess.Popen[bytes], name: str, size: int) -> bytes:
    stream = process.stdout if name == "stdout" else process.stderr
    assert stream is not None
    return stream.read(size)


def _play(process: subprocess.Popen[bytes], operations: list[dict[str, Any]]) -> str | None:
    """Does what a description says; says what is wrong, or nothing."""
    peers: dict[str, socket.socket] = {}
    assert process.stdin is not None and process.stdout is not None
    for each in operations:
        payload = each.get("payload", "").encode()
        match each["type"]:
            case "write":
                process.stdin.write(payload)
                process.stdin.close()
            case "read":
                found = _read(process, each["id"], len(payload))
                if found != payload:
                    return f"wrote {found!r} to {each['id']}, expected {payload!r}"
            case "connect":
                host, _, port = process.stdout.readline().decode().strip().rpartition(":")
                peers[each["id"]] = socket.create_connection((host, int(port)), timeout=MOST)
            case "send":
                peers[each["id"]].sendall(payload)
            case "recv":
                found = peers[each["id"]].recv(len(payload), socket.MSG_WAITALL)
                if found != payload:
                    return f"sent {found!r}, expected {payload!r}"
            case "wait":
                if not process.stdin.closed:
                    process.stdin.close()
                status, expected = process.wait(MOST), each.get("exit_code", 0)
                if status != expected:
                    return f"ended with status {status}, expected {expected}: {' '.join(_read(process, 'stderr', 4000).decode().split())}"
            case other:
                return f"the operation {other} is not known here"
    for peer in peers.values():
        peer.close()
    return None


def run(source: Path) -> str | None:
    """Runs a program of the suite; says what is wrong, or nothing."""
    description = source.with_suffix(".json")
    given = json.loads(description.read_text()) if description.exists() else {}
    operations = given.get("operations", [{"type": "run"}, {"type": "wait"}])
    first = operations[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = _command(source, given, folder, first.get("args", []), first.get("env", {}))
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=os.environ, cwd=folder) as process:
            try:
                return _play(process, operations[1:])
            except subprocess.TimeoutExpired:
                return f"did not end within {MOST} s"
            finally:
                process.kill()


def main(checkout: str, wanted: list[str]) -> int:
    passed, unexpected, chosen = 0, 0, 0
    for source in build(checkout):
        name = source.stem
        if name.startswith("http-") or (wanted and not any(each in name for each in wanted)):
            continue
        chosen += 1
        problem = run(source)
        passed += problem is None
        if problem is not None:
            unexpected += name not in EXCEPTIONS
            print(f"{name}: {EXCEPTIONS.get(name, problem)}", flush=True)
    print(f"{passed} of {chosen} pass")
    return 1 if unexpected else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
