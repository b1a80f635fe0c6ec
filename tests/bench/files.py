"""Compares a guest that reads a file of a mount through Moonwit with the same guest through wasmtime-py, in one run.

Run: python tests/bench/files.py [--quick]

Each row is one call that reads 64 MiB (4 MiB with --quick) in parts of 64 KiB. "sum" adds up the bytes one by one as well: the
price of guests that can be ended while they compute, which wasmtime-py's, as it comes, can't. Times are the fastest of several
rounds, taken in turns; only their ratios mean anything.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from wasmtime import Config, Engine, Store, WasiConfig, component

import moonwit

GUEST = Path(__file__).parents[1] / "guests" / "outside" / "outside.wasm"
MIB = 1024 * 1024

ROWS = {"read": "size-file", "sum": "sum-file"}

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

    return {name: call(method) for name, method in ROWS.items()}


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
        (folder / "_index.yaml").write_text(INDEX + "".join(entries))
        others = theirs(folder)
        with moonwit.open(folder) as project:
            assert project.call("bench:sum", "/data/large") == [size, size // 256 * sum(range(256))]
            for name in ROWS:
                calls = [partial(project.call, f"bench:{name}", "/data/large"), others[name]]
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
