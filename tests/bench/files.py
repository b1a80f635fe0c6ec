"""Compares guests that read a file of a mount through Moonwit with the same guests through wasmtime-py, in one run.

Run: python tests/bench/files.py [--quick]

Each row is one call that reads 64 MiB (4 MiB with --quick) in parts of 64 KiB, by WASI 0.2 or 0.1. "sum" adds up the bytes as well, 0.2
one by one, 0.1 by eight: the price of guests that can be ended while they compute, which wasmtime-py's, as it comes, can't. Times are
the fastest of several rounds, taken in turns; only their ratios mean anything.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from wasmtime import Config, Engine, Func, Linker, Module, Store, WasiConfig, component

import moonwit

GUEST = Path(__file__).parents[1] / "guests" / "outside" / "outside.wasm"
MIB = 1024 * 1024

ROWS = {"read": "size-file", "sum": "sum-file"}

MODULE = """(module
 (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
 (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
 (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
 (memory (export "memory") 8)
 (data (i32.const 0) "large")
 (func (export "run") (param $sum i32) (result i64) (local $s i64) (local $i i32) (local $n i32)
  (if (call $open (i32.const 3) (i32.const 1) (i32.const 0) (i32.const 5) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0)
    (i32.const 32)) (then (unreachable)))
  (i64.store (i32.const 40) (i64.const 0x1000000010000))
  (loop $more
   (if (call $read (i32.load (i32.const 32)) (i32.const 40) (i32.const 1) (i32.const 48)) (then (unreachable)))
   (local.set $n (i32.load (i32.const 48)))
   (if (i32.eqz (local.get $n)) (then (drop (call $close (i32.load (i32.const 32)))) (return (local.get $s))))
   (local.set $i (i32.const 0))
   (if (local.get $sum) (then
     (loop $next (local.set $s (i64.add (local.get $s) (i64.load (i32.add (i32.const 65536) (local.get $i)))))
       (local.set $i (i32.add (local.get $i) (i32.const 8)))
       (br_if $next (i32.lt_u (local.get $i) (local.get $n))))))
   (br $more)) (unreachable)))"""

INDEX = """version: "1.0"
namespace: bench
entries:
  - {name: here, kind: fs.directory, directory: .}
  - {name: data, kind: fs.directory, directory: data}
"""
ENTRY = """  - name: {name}
    kind: function.wasm
    fs: here
    path: outside.wasm
    hash: sha256:{hash}
    method: {method}
    imports: [wasi:filesystem, wasi:cli]
    wasi: {{mounts: [{{fs: data, guest: /data, read_only: true}}]}}
"""
OLD = """  - name: module
    kind: function.wat
    source: "file://module.wat"
    method: run
    imports: [wasi1]
    wasi: {mounts: [{fs: data, guest: /data, read_only: true}]}
"""


def theirs(folder: Path) -> dict[str, Callable[[], object]]:
    """The calls of the guest as the wasmtime package offers them."""
    config = Config()
    config.cache = True
    engine = Engine(config)
    linker = component.Linker(engine)
    linker.add_wasip2()
    linker.add_wasi_http()
    store = Store(engine)
    wasi = WasiConfig()
    wasi.preopen_dir(str(folder / "data"), "/data", False)
    store.set_wasi(wasi)
    store.set_wasi_http()
    instance = linker.instantiate(store, component.Component(engine, GUEST.read_bytes()))

    def call(method: str) -> Callable[[], object]:
        function = instance.get_func(store, method)
        assert function is not None
        return lambda: function(store, "/data/large")

    core = Linker(engine)
    core.define_wasi()
    run = core.instantiate(store, Module(engine, MODULE)).exports(store)["run"]
    assert isinstance(run, Func)
    calls = {name: call(method) for name, method in ROWS.items()}
    return {**calls, "read 0.1": lambda: run(store, 0), "sum 0.1": lambda: run(store, 1)}


def measure(quick: bool) -> dict[str, tuple[float, float]]:
    """Gives for each row the seconds that a call takes through Moonwit, and through wasmtime-py."""
    size = (4 if quick else 64) * MIB
    hash = hashlib.sha256(GUEST.read_bytes()).hexdigest()
    rows = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "data").mkdir()
        (folder / "data" / "large").write_bytes(bytes(range(256)) * (size // 256))
        (folder / "outside.wasm").write_bytes(GUEST.read_bytes())
        entries = (ENTRY.format(name=name, method=method, hash=hash) for name, method in ROWS.items())
        (folder / "module.wat").write_text(MODULE)
        (folder / "_index.yaml").write_text(INDEX + OLD + "".join(entries))
        others = theirs(folder)
        with moonwit.open(folder) as project:
            assert project.call("bench:sum", "/data/large") == [size, size // 256 * sum(range(256))]
            ours = {name: partial(project.call, f"bench:{name}", "/data/large") for name in ROWS}
            ours |= {"read 0.1": partial(project.call, "bench:module", 0), "sum 0.1": partial(project.call, "bench:module", 1)}
            assert ours["sum 0.1"]() == others["sum 0.1"]()
            for name in ours:
                calls = [ours[name], others[name]]
                best = [float("inf")] * 2
                for _ in range(4 if quick else 6):
                    for i, call in enumerate(calls):
                        start = time.perf_counter()
                        call()
                        best[i] = min(best[i], time.perf_counter() - start)
                rows[name] = best[0], best[1]
    return rows


def main() -> None:
    quick = "--quick" in sys.argv[1:]
    print(f"{4 if quick else 64} MiB of a file      moonwit  wasmtime-py    ratio")
    for name, (ours, wasmtime) in measure(quick).items():
        print(f"{name:<20} {ours * 1e3:7.1f} ms   {wasmtime * 1e3:7.1f} ms    {ours / wasmtime:.2f}x")


if __name__ == "__main__":
    main()
