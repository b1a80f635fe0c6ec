"""A component, as text, that imports much of what the host provides, around core code that is written to do harm."""

from __future__ import annotations

INTERFACES = """
(import "wasi:io/poll@0.2.0" (instance $poll
 (export "pollable" (type $pollable (sub resource)))
 (export "[method]pollable.ready" (func (param "self" (borrow $pollable)) (result bool)))
 (export "[method]pollable.block" (func (param "self" (borrow $pollable))))
 (export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))))
(alias export $poll "pollable" (type $pollable))
(import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
 (alias outer 1 $pollable (type $outer)) (export "pollable" (type $pollable (eq $outer)))
 (export "now" (func (result u64)))
 (export "subscribe-instant" (func (param "when" u64) (result (own $pollable))))
 (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
(import "wasi:clocks/wall-clock@0.2.0" (instance $wall
 (type $t (record (field "seconds" u64) (field "nanoseconds" u32))) (export "datetime" (type $datetime (eq $t)))
 (export "now" (func (result $datetime)))))
(import "wasi:random/random@0.2.0" (instance $random (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
(import "wasi:io/error@0.2.0" (instance $error (export "error" (type $error (sub resource)))
 (export "[method]error.to-debug-string" (func (param "self" (borrow $error)) (result string)))))
(alias export $error "error" (type $error))
(import "wasi:io/streams@0.2.0" (instance $streams
 (export "output-stream" (type $output (sub resource))) (export "input-stream" (type $input (sub resource)))
 (alias outer 1 $error (type $e)) (export "error" (type $error (eq $e)))
 (alias outer 1 $pollable (type $p)) (export "pollable" (type $pollable (eq $p)))
 (type $t (variant (case "last-operation-failed" (own $error)) (case "closed"))) (export "stream-error" (type $stream-error (eq $t)))
 (export "[method]input-stream.read" (func (param "self" (borrow $input)) (param "len" u64)
  (result (result (list u8) (error $stream-error)))))
 (export "[method]output-stream.check-write" (func (param "self" (borrow $output)) (result (result u64 (error $stream-error)))))
 (export "[method]output-stream.write" (func (param "self" (borrow $output)) (param "contents" (list u8))
  (result (result (error $stream-error)))))
 (export "[method]output-stream.blocking-write-and-flush" (func (param "self" (borrow $output)) (param "contents" (list u8))
  (result (result (error $stream-error)))))
 (export "[method]output-stream.write-zeroes" (func (param "self" (borrow $output)) (param "len" u64)
  (result (result (error $stream-error)))))
 (export "[method]output-stream.blocking-write-zeroes-and-flush" (func (param "self" (borrow $output)) (param "len" u64)
  (result (result (error $stream-error)))))
 (export "[method]output-stream.subscribe" (func (param "self" (borrow $output)) (result (own $pollable))))))
(alias export $streams "output-stream" (type $output))
(alias export $streams "input-stream" (type $input))
(import "wasi:cli/stdout@0.2.0" (instance $stdout
 (alias outer 1 $output (type $o)) (export "output-stream" (type $output (eq $o)))
 (export "get-stdout" (func (result (own $output))))))
(import "wasi:cli/environment@0.2.0" (instance $environment
 (export "get-environment" (func (result (list (tuple string string)))))
 (export "get-arguments" (func (result (list string))))))
"""

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
BUMP = """
 (func (export "realloc") (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32) (local $at i32)
  (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
  (global.set $next (i32.add (local.get $at) (local.get $size)))
  (local.get $at))"""
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
    return f"""(component
{INTERFACES}
(core module $lib
 (type $realloc (func (param i32 i32 i32 i32) (result i32)))
 (memory (export "memory") {pages}) (table (export "table") 1 funcref)
 (global $next (mut i32) (i32.const 1024)) {realloc})
(core instance $lib (instantiate $lib))
{lowered}
{drops}
(core module $m
 {imports}
 {dropped}
 (import "lib" "memory" (memory 1))
 (import "lib" "table" (table 1 funcref))
 (import "lib" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
 {core})
(core instance $i (instantiate $m (with "host" (instance {exports})) (with "lib" (instance $lib))))
{lifts})"""


OPTIONS = '(memory (core memory $lib "memory")) (realloc (core func $lib "realloc"))'


def lift(name: str, type: str, options: str = "") -> str:
    return f'(func (export "{name}") {type} (canon lift (core func $i "{name}") {options}))'


ALL = "imports: ['wasi:clocks', 'wasi:io', 'wasi:cli', 'wasi:random']"
# Those whose functions can't make a guest wait.
QUICK = "imports: ['wasi:clocks/wall-clock', 'wasi:io', 'wasi:cli/environment', 'wasi:random']"
