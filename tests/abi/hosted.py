"""A component, as text, that imports much of what the host provides, around core code that is written to do harm."""

from __future__ import annotations

from tests.texts import texts

_, wat = texts(__file__)

INTERFACES = wat("interfaces")

# name in the core module: (instance, function or resource, core type, what its lowering needs)
FUNCTIONS = {
    "ready": ("poll", "[method]pollable.ready", "(param i32) (result i32)", ""),
    "block": ("poll", "[method]pollable.block", "(param i32)", ""),
    "poll": ("poll", "poll", "(param i32 i32 i32)", "mr"),
    "now": ("clock", "now", "(result i64)", ""),
    "instant": ("clock", "subscribe-instant", "(param i64) (result i32)", ""),
    "duration": ("clock", "subscribe-duration", "(param i64) (result i32)", ""),
    "wall": ("wall", "now", "(param i32)", "m"),
    "random": ("random", "get-random-bytes", "(param i64 i32)", "mr"),
    "debug": ("error", "[method]error.to-debug-string", "(param i32 i32)", "mr"),
    "read": ("streams", "[method]input-stream.read", "(param i32 i64 i32)", "mr"),
    "check-write": ("streams", "[method]output-stream.check-write", "(param i32 i32)", "m"),
    "write": ("streams", "[method]output-stream.write", "(param i32 i32 i32 i32)", "m"),
    "blocking-write": ("streams", "[method]output-stream.blocking-write-and-flush", "(param i32 i32 i32 i32)", "m"),
    "zeroes": ("streams", "[method]output-stream.write-zeroes", "(param i32 i64 i32)", "m"),
    "blocking-zeroes": ("streams", "[method]output-stream.blocking-write-zeroes-and-flush", "(param i32 i64 i32)", "m"),
    "subscribe": ("streams", "[method]output-stream.subscribe", "(param i32) (result i32)", ""),
    "stdout": ("stdout", "get-stdout", "(result i32)", ""),
    "environment": ("environment", "get-environment", "(param i32)", "mr"),
    "arguments": ("environment", "get-arguments", "(param i32)", "mr"),
}
RESOURCES = {"drop-pollable": "$pollable", "drop-output": "$output", "drop-input": "$input", "drop-error": "$error"}
NEEDS = {"m": '(memory (core memory $lib "memory"))', "r": '(realloc (core func $lib "realloc"))'}

# The realloc calls a function of the main module through a table, once there is one: `hook` of the main module, from its export.
BUMP = wat("bump")
HOOKED = """
 (func (export "realloc") (param i32 i32 i32 i32) (result i32)
  (call_indirect (type $realloc) (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 0)))"""


def component(core: str, lifts: str, realloc: str = BUMP, pages: int = 1) -> str:
    """A component whose main module imports all of ``FUNCTIONS`` and ``RESOURCES``, its memory and a table of one function."""
    lowered = "\n".join(
        f'(core func ${name} (canon lower (func ${instance} "{function}") {" ".join(NEEDS[need] for need in needs)}))'
        for name, (instance, function, _, needs) in FUNCTIONS.items()
    )
    drops = "\n".join(f"(core func ${name} (canon resource.drop {type}))" for name, type in RESOURCES.items())
    exports = " ".join(f'(export "{name}" (func ${name}))' for name in [*FUNCTIONS, *RESOURCES])
    imports = "\n".join(f'(import "host" "{name}" (func ${name} {type}))' for name, (_, _, type, _) in FUNCTIONS.items())
    dropped = "\n".join(f'(import "host" "{name}" (func ${name} (param i32)))' for name in RESOURCES)
    return wat(
        "component",
        INTERFACES=INTERFACES,
        PAGES=pages,
        REALLOC=realloc,
        LOWERED=lowered,
        DROPS=drops,
        IMPORTS=imports,
        DROPPED=dropped,
        CORE=core,
        EXPORTS=exports,
        LIFTS=lifts,
    )


OPTIONS = '(memory (core memory $lib "memory")) (realloc (core func $lib "realloc"))'


def lift(name: str, type: str, options: str = "") -> str:
    return f'(func (export "{name}") {type} (canon lift (core func $i "{name}") {options}))'


ALL = "imports: ['wasi:clocks', 'wasi:io', 'wasi:cli', 'wasi:random']"
# Those whose functions can't make a guest wait.
QUICK = "imports: ['wasi:clocks/wall-clock', 'wasi:io', 'wasi:cli/environment', 'wasi:random']"
