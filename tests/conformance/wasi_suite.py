"""Runs the programs for WASI 0.1 of WASI's own test suite, each as a function of a project, with our own files.

    python tests/conformance/wasi_suite.py FOLDER [NAME...]

FOLDER is a copy of `tests` of the branch `prod/testsuite-base` of github.com/WebAssembly/wasi-testsuite, which holds the programs in
binary: fetch it into `tests/conformance/suites/wasi`, which git ignores. NAME picks programs by a part of their names. A program passes
that ends with the status, and prints what, its description says. The exit status is 1 where one does not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import moonwit

VERSION = "wasm32-wasip1"
# Longer than any of them takes, on a machine that is busy with others.
MOST_MS = 60_000


def programs(folder: Path) -> list[Path]:
    """Lists the programs of a copy of the suite."""
    return sorted(folder.glob(f"*/testsuite/{VERSION}/*.wasm"))


def _project(program: Path, given: dict[str, Any], folder: Path) -> None:
    """Writes a project whose function `t:main` is the program with what its description gives it."""
    shutil.copy(program, folder / "main.wasm")
    lines = [
        'version: "1.0"',
        "namespace: t",
        "entries:",
        "  - {name: here, kind: fs.directory, directory: .}",
        "  - {name: values, kind: env.storage.memory}",
    ]
    env = []
    for number, (name, value) in enumerate(given.get("env", {}).items()):
        lines.append(
            f"  - {{name: v{number}, kind: env.variable, storage: values, variable: {json.dumps(name)}, default: {json.dumps(value)}}}"
        )
        env.append(f"{{id: v{number}, name: {json.dumps(name)}}}")
    mounts = ""
    if given.get("root"):
        shutil.copytree(program.parent / given["root"], folder / "root", symlinks=True)
        lines.append("  - {name: root, kind: fs.directory, directory: root}")
        mounts = "{fs: root, guest: /}"
    hash = hashlib.sha256(program.read_bytes()).hexdigest()
    lines += [
        "  - name: main",
        "    kind: function.wasm",
        "    fs: here",
        "    path: main.wasm",
        f"    hash: sha256:{hash}",
        "    method: _start",
        "    imports: [wasi1]",
        f"    limits: {{max_execution_ms: {MOST_MS}}}",
        "    wasi:",
        f"      args: {json.dumps([program.stem, *given.get('args', [])])}",
        f"      env: [{', '.join(env)}]",
        f"      mounts: [{mounts}]",
    ]
    (folder / "_index.yaml").write_text("\n".join(lines) + "\n")


@contextmanager
def _captured(path: Path) -> Iterator[None]:
    """Has what the process prints go to a file meanwhile."""
    sys.stdout.flush()
    before = os.dup(1)
    with open(path, "wb") as file:
        os.dup2(file.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(before, 1)
        os.close(before)


def run(program: Path) -> str | None:
    """Runs a program of the suite; says what is wrong, or nothing."""
    description = program.with_suffix(".json")
    given = json.loads(description.read_text()) if description.exists() else {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _project(program, given, folder)
        status, problem = 0, ""
        with _captured(folder / "printed"), moonwit.open(folder) as project:
            try:
                project.call("t:main")
            except moonwit.CallError as error:
                problem = str(error)
                ended = re.search(r"exited with status (\d+)", problem)
                status = int(ended[1]) if ended else 255
        printed = (folder / "printed").read_text()
    if status != given.get("exit_code", 0):
        return f"ended with status {status}, expected {given.get('exit_code', 0)}: {problem} {printed}"
    if printed != given.get("stdout", printed):
        return f"printed {printed!r}, expected {given['stdout']!r}"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    found = [path for path in programs(options.folder) if not options.names or any(name in path.stem for name in options.names)]
    failed = 0
    for program in found:
        problem = run(program)
        if problem is not None:
            failed += 1
            print(f"{program.parent.parent.parent.name}/{program.stem}: {problem}")
    print(f"{len(found) - failed} of {len(found)} pass")
    return 1 if failed or not found else 0


if __name__ == "__main__":
    sys.exit(main())
