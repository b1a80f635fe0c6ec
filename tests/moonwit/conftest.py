"""The real command in processes of its own, and a project to run it on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import projects

INDEX = r"""
  - name: answer
    kind: function.wat
    meta: {comment: What everybody asks for.}
    source: (module (func (export "answer") (result i32) i32.const 42))
    method: answer
  - name: neg
    kind: function.wat
    source: (module (func (export "neg") (param i64) (result i64) (i64.sub (i64.const 0) (local.get 0))))
    method: neg
  - name: half
    kind: function.wat
    source: (module (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2))))
    method: half
  - name: divide
    kind: function.wat
    source: (module (func (export "divide") (param f64 f64) (result f64) (f64.div (local.get 0) (local.get 1))))
    method: divide
  - name: crash
    kind: function.wat
    source: (module (func $inner unreachable) (func (export "crash") call $inner))
    method: crash
  - name: spin
    kind: function.wat
    source: (module (func (export "spin") (loop $again br $again)))
    method: spin
  - name: big
    kind: function.wat
    source: (module (func (export "big") (result i64) i64.const -1))
    wit: "big: func() -> u64;"
    method: big
  - name: point
    kind: function.wat
    source: |
      (module (memory (export "memory") 1)
        (data (i32.const 16) "\07\00\00\00\09\00\00\00")
        (func (export "point") (result i32) i32.const 16))
    wit: |
      record place { y: s32, x: s32 }
      point: func() -> place;
    method: point
  - name: bytes
    kind: function.wat
    source: |
      (module (memory (export "memory") 1)
        (data (i32.const 8) "\10\00\00\00\02\00\00\00ab")
        (func (export "bytes") (result i32) i32.const 8))
    wit: "bytes: func() -> list<u8>;"
    method: bytes
  - name: refuse
    kind: function.wat
    source: |
      (module (memory (export "memory") 1)
        (data (i32.const 8) "\01\00\00\00\14\00\00\00\06\00\00\00no way")
        (func (export "refuse") (result i32) i32.const 8))
    wit: "refuse: func() -> result<u32, string>;"
    method: refuse
  - name: mixed
    kind: function.lua
    source: return function() return { 1, two = 2 } end
  - name: same
    kind: function.lua
    modules: [json]
    source: return function(v) print(type(v), v == json.null) return v end
  - name: binary
    kind: function.lua
    source: return function() return "\255\0" end
  - name: greeting
    kind: library.lua
    source: return { text = "hello" }
"""

Moonwit = Callable[..., subprocess.CompletedProcess[str]]


def environment(**changes: str) -> dict[str, str]:
    """Gives the environment of a command: nothing that changes its colors."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "MOONWIT_DEBUG")}
    return {**kept, **changes}


@pytest.fixture
def moonwit(tmp_path: Path) -> Moonwit:
    """Runs `moonwit` with arguments in a fresh folder and gives what came of it."""

    def run(
        *arguments: str | Path | bytes, cwd: Path | None = None, env: dict[str, str] | None = None, input: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "moonwit", *arguments],
            cwd=cwd or tmp_path,
            env=environment(**(env or {})),
            stdin=subprocess.DEVNULL if input is None else None,
            input=input,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )

    return run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Makes a project with functions of every sort."""
    folder = tmp_path / "project"
    folder.mkdir()
    projects.write(folder, INDEX, namespace="demo")
    return folder


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a file below the fresh folder and gives its path."""

    def put(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return put
