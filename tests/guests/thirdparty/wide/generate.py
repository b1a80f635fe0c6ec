"""Writes the sources of wide.wasm into the folder it is given: `wit/` with three packages, and `wide.wat`.

Every function that is given its parameters in memory gives them back as they lie there, so it needs no code of its own.
"""

import sys
from pathlib import Path

TYPES = ["u8", "string", "option<u32>", "f64", "bool", "char", "list<u16>", "s64"]
PAYLOADS = ["u8", "string", "f32", "u64", "tuple<u8, string>", "list<u8>"]
SAME = ["echo-wide", "fifty", "echo-kinds", "move-to"]

fields = ", ".join(f"w{i}: {TYPES[i % 8]}" for i in range(200))
cases = ", ".join(f"c{i}" + (f"({PAYLOADS[i % 6]})" if i % 3 else "") for i in range(300))
names = ", ".join(f"e{i}" for i in range(300))
flags = ", ".join(f"b{i}" for i in range(32))
fifty = [f"p{i}: {TYPES[i % 8]}" for i in range(50)]
deep = "u8"
for level in range(30):
    deep = ["list<%s>", "option<%s>", "tuple<%s>", "result<%s, string>"][level % 4] % deep
padding = ", ".join(["u32"] * 17)

WORLD = f"""package acme:wide@1.4.2;

interface kinds {{
  use shared:base/types@0.3.1.{{ID, HTTP-url as url, point}};

  record wide {{ {fields} }}
  variant many {{ {cases} }}
  enum lots {{ {names} }}
  flags all {{ {flags} }}
  type deep = {deep};
  type padding = tuple<{padding}>;

  echo-wide: func(v: wide) -> wide;
  echo-kinds: func(m: many, l: lots, f: all, d: deep, p: padding) -> tuple<many, lots, all, deep, padding>;
  fifty: func({", ".join(fifty)}) -> tuple<{", ".join(param.partition(": ")[2] for param in fifty)}>;
  move-to: func(p: point, u: url, i: ID, w: padding) -> tuple<point, url, ID, padding>;
  next-ID: func(v: ID) -> ID;
  GET-count: func(v: url) -> u32;
}}

interface stable {{
  @since(version = 1.0.0)
  old: func() -> u32;
  @deprecated(version = 1.2.0)
  @since(version = 1.1.0)
  newer: func(o: option<u32>) -> u32;
}}

world common {{
  export stable;
  export ping: func() -> u32;
}}

world wide {{
  include common;
  export kinds;
  export nest:deep/a@2.0.0-rc.1;
  export nest:other/a@0.1.0;
}}
"""
DEPS = {
    "shared": "package shared:base@0.3.1;\ninterface types { type ID = u64; type HTTP-url = string; record point { x: s32, y: s32 } }\n",
    "deep": "package nest:deep@2.0.0-rc.1;\ninterface a { f: func() -> u32; only-deep: func() -> u32; }\n",
    "other": "package nest:other@0.1.0;\ninterface a { f: func() -> u32; only-other: func() -> u32; }\n",
}
MODULE = """(module
  (memory (export "memory") 4)
  (global $next (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $next (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
    global.get $next
    (global.set $next (i32.add (global.get $next) (local.get 3))))
  ;; A bump allocator is reset when a call is over.
  (func $reset (global.set $next (i32.const 1024)))
%s
  (func (export "acme:wide/kinds@1.4.2#next-ID") (param i64) (result i64) (i64.add (local.get 0) (i64.const 1)))
  (func (export "acme:wide/kinds@1.4.2#GET-count") (param i32 i32) (result i32) (call $reset) local.get 1)
  (func (export "acme:wide/stable@1.4.2#old") (result i32) i32.const 1)
  (func (export "acme:wide/stable@1.4.2#newer") (param i32 i32) (result i32)
    (select (local.get 1) (i32.const 0) (local.get 0)))
  (func (export "ping") (result i32) i32.const 7)
  (func (export "nest:deep/a@2.0.0-rc.1#f") (result i32) i32.const 10)
  (func (export "nest:deep/a@2.0.0-rc.1#only-deep") (result i32) i32.const 11)
  (func (export "nest:other/a@0.1.0#f") (result i32) i32.const 20)
  (func (export "nest:other/a@0.1.0#only-other") (result i32) i32.const 21))
"""
same = "\n".join(
    f'  (func (export "acme:wide/kinds@1.4.2#{name}") (param i32) (result i32) local.get 0)\n'
    f'  (func (export "cabi_post_acme:wide/kinds@1.4.2#{name}") (param i32) (call $reset))'
    for name in SAME
)

folder = Path(sys.argv[1])
for name, text in DEPS.items():
    (folder / "wit" / "deps" / name).mkdir(parents=True)
    (folder / "wit" / "deps" / name / "package.wit").write_text(text)
(folder / "wit" / "world.wit").write_text(WORLD)
(folder / "wide.wat").write_text(MODULE % same)
