"""Components of several, as text, and projects that hold them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from wasmtime import wat2wasm

import moonwit


@contextmanager
def opened(folder: Path, text: str | bytes, methods: dict[str, str], more: str = "") -> Iterator[moonwit.Project]:
    """A project with an entry for each of a component's ``methods``; its folder is new."""
    data = text if isinstance(text, bytes) else bytes(wat2wasm(text))
    (folder / "guest.wasm").write_bytes(data)
    digest = sha256(data).hexdigest()
    lines = ["namespace: t", "entries:", "  - {name: files, kind: fs.directory, directory: .}"]
    for name, method in methods.items():
        lines.append(
            f"  - {{name: {name}, kind: function.wasm, fs: files, path: guest.wasm, hash: 'sha256:{digest}', "
            f"method: {json.dumps(method)}, pool: {{type: static, workers: 1, size: 1}}{more}}}"
        )
    (folder / "_index.yaml").write_text("\n".join(lines) + "\n")
    with moonwit.open(folder) as project:
        yield project


# A memory whose realloc hands out one place after the other.
ALLOCATING = """(memory (export "memory") 1)
 (global $at (mut i32) (i32.const 1024))
 (func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32)
  (global.set $at (i32.and (i32.add (global.get $at) (i32.const 7)) (i32.const -8)))
  (memory.copy (global.get $at) (local.get 0) (select (local.get 1) (local.get 3) (i32.lt_u (local.get 1) (local.get 3))))
  (global.get $at)
  (global.set $at (i32.add (global.get $at) (local.get 3))))"""

# A counter as a resource, whose destructor counts what has been dropped.
COUNTERS = """(component $counters
 (core module $dtor (global $dropped (mut i32) (i32.const 0))
  (func (export "dtor") (param i32) (global.set $dropped (i32.add (global.get $dropped) (local.get 0))))
  (func (export "dropped") (result i32) (global.get $dropped)))
 (core instance $dtor (instantiate $dtor))
 (type $r (resource (rep i32) (dtor (core func $dtor "dtor"))))
 (core func $new (canon resource.new $r))
 (core module $m
  (import "" "new" (func $new (param i32) (result i32)))
  (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
  (func (export "value") (param i32) (result i32) (local.get 0)))
 (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
 (export $counter "counter" (type $r))
 (func (export "[constructor]counter") (param "value" u32) (result (own $counter)) (canon lift (core func $i "make")))
 (func (export "[method]counter.value") (param "self" (borrow $counter)) (result u32) (canon lift (core func $i "value")))
 (func (export "dropped") (result u32) (canon lift (core func $dtor "dropped"))))"""

# Holds one such counter, and handles that it is lent.
HOLDER = """(component $holder
 (import "counters" (instance $counters
  (export "counter" (type $counter (sub resource)))
  (export "[constructor]counter" (func (param "value" u32) (result (own $counter))))
  (export "[method]counter.value" (func (param "self" (borrow $counter)) (result u32)))))
 (alias export $counters "counter" (type $counter))
 (core func $make (canon lower (func $counters "[constructor]counter")))
 (core func $value (canon lower (func $counters "[method]counter.value")))
 (core func $drop (canon resource.drop $counter))
 (core module $m
  (import "" "make" (func $make (param i32) (result i32)))
  (import "" "value" (func $value (param i32) (result i32)))
  (import "" "drop" (func $drop (param i32)))
  (global $kept (mut i32) (i32.const 0))
  (func (export "index") (param i32) (result i32) (global.set $kept (call $make (local.get 0))) (global.get $kept))
  (func (export "kept") (result i32) (call $value (global.get $kept)))
  (func (export "end") (call $drop (global.get $kept)))
  (func (export "give") (result i32) (global.get $kept))
  (func (export "look") (param i32) (result i32) (call $value (local.get 0)) (call $drop (local.get 0)))
  (func (export "leak") (param i32))
  (func (export "take") (param i32) (global.set $kept (local.get 0))))
 (core instance $i (instantiate $m (with "" (instance
  (export "make" (func $make)) (export "value" (func $value)) (export "drop" (func $drop))))))
 (func (export "index") (param "value" u32) (result u32) (canon lift (core func $i "index")))
 (func (export "kept") (result u32) (canon lift (core func $i "kept")))
 (func (export "end") (canon lift (core func $i "end")))
 (func (export "give") (result (own $counter)) (canon lift (core func $i "give")))
 (func (export "look") (param "c" (borrow $counter)) (result u32) (canon lift (core func $i "look")))
 (func (export "leak") (param "c" (borrow $counter)) (canon lift (core func $i "leak")))
 (func (export "take") (param "c" (own $counter)) (canon lift (core func $i "take"))))"""
