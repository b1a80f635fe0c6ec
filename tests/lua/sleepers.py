"""Components, as text, whose guests wait with WASI's clocks; and what they import."""

from __future__ import annotations

# The interfaces that such a guest imports. Instances of them are $poll and $clock.
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
(core func $ready (canon lower (func $poll "[method]pollable.ready")))
(core func $block (canon lower (func $poll "[method]pollable.block")))
(core func $drop (canon resource.drop $pollable))
(core func $now (canon lower (func $clock "now")))
(core func $instant (canon lower (func $clock "subscribe-instant")))
(core func $duration (canon lower (func $clock "subscribe-duration")))
"""
POLL = """
(core func $poll (canon lower (func $poll "poll") (memory (core memory $lib "memory")) (realloc (core func $lib "realloc"))))
"""
HOST = """(instance
 (export "ready" (func $ready)) (export "block" (func $block)) (export "drop" (func $drop)) (export "now" (func $now))
 (export "instant" (func $instant)) (export "duration" (func $duration)))"""

# The same in the core module: $nap waits for so many milliseconds.
IMPORTS = """
 (import "host" "ready" (func $ready (param i32) (result i32)))
 (import "host" "block" (func $block (param i32)))
 (import "host" "drop" (func $drop (param i32)))
 (import "host" "now" (func $now (result i64)))
 (import "host" "instant" (func $instant (param i64) (result i32)))
 (import "host" "duration" (func $duration (param i64) (result i32)))"""
NAP = """
 (func $nap (param $ms i32) (local $timer i32)
  (local.set $timer (call $duration (i64.mul (i64.extend_i32_u (local.get $ms)) (i64.const 1000000))))
  (call $block (local.get $timer))
  (call $drop (local.get $timer)))"""
# A realloc that never frees.
LIB = """(core module $lib
 (memory (export "memory") 1)
 (global $next (mut i32) (i32.const 1024))
 (func (export "realloc") (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32) (local $at i32)
  (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
  (global.set $next (i32.add (local.get $at) (local.get $size)))
  (block $room (loop $grow
   (br_if $room (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
   (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then (unreachable)))
   (br $grow)))
  (local.get $at)))
(core instance $lib (instantiate $lib))"""
OPTIONS = '(memory (core memory $lib "memory")) (realloc (core func $lib "realloc"))'


def component(core: str, lifts: str, definitions: str = "", more: str = "") -> str:
    """A component of one core module, whose memory and realloc stand in a module of their own.

    ``definitions`` stand before the core module; ``more`` are further exports of the instance that it imports as "host".
    """
    return f"""(component
{INTERFACES}
{LIB}
{POLL}
{definitions}
(core module $m {IMPORTS}
 (import "host" "poll" (func $poll (param i32 i32 i32)))
 (import "lib" "memory" (memory 1))
 (import "lib" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
 {core})
(core instance $host {HOST.removeprefix("(instance")[:-1]} (export "poll" (func $poll)) {more})
(core instance $i (instantiate $m (with "host" (instance $host)) (with "lib" (instance $lib))))
{lifts})"""


def lift(name: str, type: str, options: str = OPTIONS) -> str:
    return f'(func (export "{name}") {type} (canon lift (core func $i "{name}") {options}))'


# nap(ms), echo-after(ms, text), spin-then-nap(turns, ms), trap-after(ms), posted() -> how often post-return ran.
SLEEPER = component(
    f"""{NAP}
 (global $posted (mut i32) (i32.const 0))
 (global $inside (mut i32) (i32.const 0))
 (func (export "nap") (param $ms i32) (result i32) (call $nap (local.get $ms)) (local.get $ms))
 (func (export "echo-after") (param $ms i32) (param $at i32) (param $size i32) (result i32) (local $ret i32)
  (if (global.get $inside) (then (unreachable)))
  (global.set $inside (i32.const 1))
  (call $nap (local.get $ms))
  (local.set $ret (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 8)))
  (i32.store (local.get $ret) (local.get $at)) (i32.store offset=4 (local.get $ret) (local.get $size))
  (local.get $ret))
 (func (export "post") (param i32) (global.set $inside (i32.const 0)) (global.set $posted (i32.add (global.get $posted) (i32.const 1))))
 (func (export "posted") (result i32) (global.get $posted))
 (func (export "trap-after") (param $ms i32) (call $nap (local.get $ms)) (unreachable))
 (func (export "spin") (param $turns i64) (result i64) (local $n i64)
  (loop $again (local.set $n (i64.add (local.get $n) (i64.const 1))) (br_if $again (i64.lt_u (local.get $n) (local.get $turns))))
  (local.get $n))""",
    lift("nap", '(param "ms" u32) (result u32)', "")
    + lift("echo-after", '(param "ms" u32) (param "text" string) (result string)', OPTIONS + '(post-return (core func $i "post"))')
    + lift("posted", "(result u32)", "")
    + lift("trap-after", '(param "ms" u32)', "")
    + lift("spin", '(param "turns" u64) (result u64)', ""),
)
GRANTS = "imports: ['wasi:clocks', 'wasi:io']"
SPIN_METHODS = ("nap", "echo-after", "posted", "trap-after", "spin")

# A resource of its own: its method nap(ms) gives what it was made from, trap(ms), and a destructor that counts; `dropped() -> u32`,
# `take(thing, ms)`, which the thing is given to, and `alone(ms)`, which needs none.
RESOURCE = component(
    f"""(import "host" "new" (func $new (param i32) (result i32)))
 (import "host" "drop-thing" (func $drop-thing (param i32)))
 (import "host" "dropped" (func $dropped (result i32)))
 {NAP}
 (func (export "[constructor]thing") (param i32) (result i32) (call $new (local.get 0)))
 (func (export "[method]thing.nap") (param $self i32) (param $ms i32) (result i32) (call $nap (local.get $ms)) (local.get $self))
 (func (export "[method]thing.trap") (param $self i32) (param $ms i32) (call $nap (local.get $ms)) (unreachable))
 (func (export "take") (param $own i32) (param $ms i32) (call $nap (local.get $ms)) (call $drop-thing (local.get $own)))
 (func (export "alone") (param $ms i32) (result i32) (call $nap (local.get $ms)) (local.get $ms))
 (func (export "dropped") (result i32) (call $dropped))""",
    lift("[constructor]thing", '(param "n" u32) (result (own $thing))', "")
    + lift("[method]thing.nap", '(param "self" (borrow $thing)) (param "ms" u32) (result u32)', "")
    + lift("[method]thing.trap", '(param "self" (borrow $thing)) (param "ms" u32)', "")
    + lift("take", '(param "it" (own $thing)) (param "ms" u32)', "")
    + lift("alone", '(param "ms" u32) (result u32)', "")
    + lift("dropped", "(result u32)", ""),
    definitions="""
(core module $count (global $n (mut i32) (i32.const 0))
 (func (export "drop") (param i32) (global.set $n (i32.add (global.get $n) (i32.const 1))))
 (func (export "dropped") (result i32) (global.get $n)))
(core instance $count (instantiate $count))
(type $thing' (resource (rep i32) (dtor (core func $count "drop"))))
(export $thing "thing" (type $thing'))
(core func $new (canon resource.new $thing'))
(core func $drop-thing (canon resource.drop $thing'))""",
    more='(export "new" (func $new)) (export "drop-thing" (func $drop-thing)) (export "dropped" (func $count "dropped"))',
)
