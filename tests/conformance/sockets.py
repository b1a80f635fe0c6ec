"""Runs the programs by which Wasmtime tests wasi:sockets, built from a checkout of it, as functions of a project: on our own sockets.

    python tests/conformance/sockets.py CHECKOUT [NAME...]

CHECKOUT is a clone of the wasmtime repository, bare ones too. The programs are built with cargo for wasm32-wasip2 in `.tools/sockets`,
which git ignores, and need this machine's network: loopback of both versions, and some name that can be looked up.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".tools" / "sockets"
SOURCE = "crates/test-programs/src"
MANIFEST = """[package]
name = "test-programs"
version = "0.0.0"
edition = "2024"

[dependencies]
wit-bindgen = "0.60"

[profile.release]
debug = 1
"""
LIBRARY = """pub mod sockets;

wit_bindgen::generate!({
    inline: "package moonwit:test; world test { include wasi:cli/imports@VERSION; }",
    path: ["../wit"],
    world: "moonwit:test/test",
    features: ["cli-exit-with-code", "network-error-code"],
    generate_all,
});

impl std::fmt::Display for wasi::io::error::Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_debug_string())
    }
}
impl std::error::Error for wasi::io::error::Error {}
"""
# A trap is what this one is about.
TRAPS = {"p2_udp_send_too_much": "the guest sends 17 datagrams at once; check-send allows 16"}


def show(checkout: str, path: str) -> str:
    return subprocess.run(["git", "-C", checkout, "show", f"HEAD:{path}"], check=True, capture_output=True, text=True).stdout


def listed(checkout: str, folder: str) -> list[str]:
    command = ["git", "-C", checkout, "ls-tree", "--name-only", "HEAD", f"{folder}/"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def build(checkout: str) -> dict[str, Path]:
    """Builds the programs; gives them by name."""
    crate, wit = PLACE / "crate", PLACE / "wit"
    (crate / "src" / "bin").mkdir(parents=True, exist_ok=True)
    (wit / "deps").mkdir(parents=True, exist_ok=True)
    for path in listed(checkout, "crates/wasi/src/p2/wit/deps"):
        (wit / "deps" / Path(path).name).write_text(show(checkout, path))
    version = (wit / "deps" / "sockets.wit").read_text().partition("@")[2].partition(";")[0]
    (wit / "world.wit").write_text(f"package moonwit:all; world all {{ include wasi:cli/imports@{version}; }}\n")
    (crate / "Cargo.toml").write_text(MANIFEST)
    (crate / "src" / "lib.rs").write_text(LIBRARY.replace("VERSION", version))
    (crate / "src" / "sockets.rs").write_text(show(checkout, f"{SOURCE}/sockets.rs"))
    names = []
    for path in listed(checkout, f"{SOURCE}/bin"):
        name = Path(path).stem
        if name.startswith(("p2_tcp_", "p2_udp_", "p2_ip_name_")):
            (crate / "src" / "bin" / f"{name}.rs").write_text(show(checkout, path))
            names.append(name)
    subprocess.run(["cargo", "build", "--quiet", "--release", "--target", "wasm32-wasip2"], cwd=crate, check=True)
    return {name: crate / "target" / "wasm32-wasip2" / "release" / f"{name}.wasm" for name in sorted(names)}


def project(programs: dict[str, Path]) -> Path:
    """Writes a project with a function for each program, which is granted the whole network."""
    folder = PLACE / "project"
    folder.mkdir(exist_ok=True)
    folder_entry = "  - {name: here, kind: fs.directory, directory: ../crate/target/wasm32-wasip2/release}"
    lines = ['version: "1.0"', "namespace: t", "entries:", folder_entry]
    for name, path in programs.items():
        hash = hashlib.sha256(path.read_bytes()).hexdigest()
        lines += [
            f"  - name: {name}",
            "    kind: function.wasm",
            "    fs: here",
            f"    path: {name}.wasm",
            f"    hash: sha256:{hash}",
            "    method: wasi:cli/run#run",
            "    imports: [wasi:cli, wasi:clocks, wasi:random, wasi:sockets]",
            '    wasi: {network: {connect: ["*:*"], listen: ["*:*"]}}',
            "    limits: {max_execution_ms: 60000}",
        ]
    (folder / "_index.yaml").write_text("\n".join(lines) + "\n")
    return folder


def main(checkout: str, wanted: list[str]) -> int:
    import moonwit

    programs = build(checkout)
    passed = 0
    chosen = [name for name in programs if not wanted or name in wanted]
    with moonwit.open(project(programs)) as opened:
        for name in chosen:
            begin = time.monotonic()
            said = ""
            try:
                opened.call(f"t:{name}")
                good = name not in TRAPS
            except moonwit.CallError as error:
                said = " ".join(error.message.split())
                good = TRAPS.get(name, "\0") in said
            passed += good
            print(f"{'pass' if good else 'FAIL'}  {name}  {time.monotonic() - begin:.2f} s  {'' if good else said}", flush=True)
    print(f"{passed} of {len(chosen)} pass")
    return 0 if passed == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
