"""Components, as text, whose guests wait with WASI's clocks; and what they import."""

from __future__ import annotations

from tests.texts import texts

_, wat = texts(__file__)

# The interfaces that such a guest imports. Instances of them are $poll and $clock.
INTERFACES = wat("interfaces")
POLL = """
(core func $poll (canon lower (func $poll "poll") (memory (core memory $lib "memory")) (realloc (core func $lib "realloc"))))
"""
HOST = """(instance
 (export "ready" (func $ready)) (export "block" (func $block)) (export "drop" (func $drop)) (export "now" (func $now))
 (export "instant" (func $instant)) (export "duration" (func $duration)))"""

# The same in the core module: $nap waits for so many milliseconds.
IMPORTS = wat("imports")
NAP = wat("nap")
# A realloc that never frees.
LIB = wat("lib")
OPTIONS = '(memory (core memory $lib "memory")) (realloc (core func $lib "realloc"))'


def component(core: str, lifts: str, definitions: str = "", more: str = "") -> str:
    """A component of one core module, whose memory and realloc stand in a module of their own.

    ``definitions`` stand before the core module; ``more`` are further exports of the instance that it imports as "host".
    """
    return wat(
        "component",
        INTERFACES=INTERFACES,
        LIB=LIB,
        POLL=POLL,
        DEFINITIONS=definitions,
        IMPORTS=IMPORTS,
        CORE=core,
        HOST_REMOVEPREFIX_INSTAN=HOST.removeprefix("(instance")[:-1],
        MORE=more,
        LIFTS=lifts,
    )


def lift(name: str, type: str, options: str = OPTIONS) -> str:
    return f'(func (export "{name}") {type} (canon lift (core func $i "{name}") {options}))'


# nap(ms), echo-after(ms, text), spin-then-nap(turns, ms), trap-after(ms), posted() -> how often post-return ran.
SLEEPER = component(
    wat("sleeper", NAP=NAP),
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
    wat("resource", NAP=NAP),
    lift("[constructor]thing", '(param "n" u32) (result (own $thing))', "")
    + lift("[method]thing.nap", '(param "self" (borrow $thing)) (param "ms" u32) (result u32)', "")
    + lift("[method]thing.trap", '(param "self" (borrow $thing)) (param "ms" u32)', "")
    + lift("take", '(param "it" (own $thing)) (param "ms" u32)', "")
    + lift("alone", '(param "ms" u32) (result u32)', "")
    + lift("dropped", "(result u32)", ""),
    definitions=wat("resource_2"),
    more='(export "new" (func $new)) (export "drop-thing" (func $drop-thing)) (export "dropped" (func $count "dropped"))',
)
