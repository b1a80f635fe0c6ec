"""A component that passes functions of several interfaces of WASI 0.2 on as they are: tests call them by their names, with core values."""

from __future__ import annotations

from moonwit.host.wasi.signatures import SIGNATURES
from tests.texts import texts

_, read_wat = texts(__file__)

TYPES = "wasi:filesystem/types"

_CODES = """access would-block already bad-descriptor busy deadlock quota exist file-too-large illegal-byte-sequence in-progress interrupted
invalid io is-directory loop too-many-links message-size name-too-long no-device no-entry no-lock insufficient-memory insufficient-space
not-directory not-empty not-recoverable unsupported no-tty no-such-device overflow not-permitted pipe read-only invalid-seek text-file-busy
cross-device""".split()
CODES = {name: number for number, name in enumerate(_CODES)}

_NAMED = {
    "error-code": "(enum " + " ".join('"' + name + '"' for name in _CODES) + ")",
    "descriptor-type": '(enum "unknown" "block-device" "character-device" "directory" "fifo" "symbolic-link" "regular-file" "socket")',
    "descriptor-flags": '(flags "read" "write" "file-integrity-sync" "data-integrity-sync" "requested-write-sync" "mutate-directory")',
    "path-flags": '(flags "symlink-follow")',
    "open-flags": '(flags "create" "directory" "exclusive" "truncate")',
    "advice": '(enum "normal" "sequential" "random" "will-need" "dont-need" "no-reuse")',
    "datetime": '(record (field "seconds" u64) (field "nanoseconds" u32))',
    "new-timestamp": '(variant (case "no-change") (case "now") (case "timestamp" $datetime))',
    "metadata-hash-value": '(record (field "lower" u64) (field "upper" u64))',
    "directory-entry": '(record (field "type" $descriptor-type) (field "name" string))',
    "descriptor-stat": '(record (field "type" $descriptor-type) (field "link-count" u64) (field "size" u64) '
    + " ".join(f'(field "{name}-timestamp" (option $datetime))' for name in ("data-access", "data-modification", "status-change"))
    + ")",
}
_SELF, _FLAGS, _PATH, _OTHER = "(borrow $descriptor)", "$path-flags", "string", "(borrow $descriptor)"
# The parameters of each method of a descriptor, and what is on the ok side of its result.
_METHODS = {
    "read-via-stream": (("u64",), "(own $input)"),
    "write-via-stream": (("u64",), "(own $output)"),
    "append-via-stream": ((), "(own $output)"),
    "advise": (("u64", "u64", "$advice"), ""),
    "sync-data": ((), ""),
    "get-flags": ((), "$descriptor-flags"),
    "get-type": ((), "$descriptor-type"),
    "set-size": (("u64",), ""),
    "set-times": (("$new-timestamp", "$new-timestamp"), ""),
    "read": (("u64", "u64"), "(tuple (list u8) bool)"),
    "write": (("(list u8)", "u64"), "u64"),
    "read-directory": ((), "(own $directory-entry-stream)"),
    "sync": ((), ""),
    "create-directory-at": ((_PATH,), ""),
    "stat": ((), "$descriptor-stat"),
    "stat-at": ((_FLAGS, _PATH), "$descriptor-stat"),
    "set-times-at": ((_FLAGS, _PATH, "$new-timestamp", "$new-timestamp"), ""),
    "link-at": ((_FLAGS, _PATH, _OTHER, _PATH), ""),
    "open-at": ((_FLAGS, _PATH, "$open-flags", "$descriptor-flags"), "(own $descriptor)"),
    "readlink-at": ((_PATH,), "string"),
    "remove-directory-at": ((_PATH,), ""),
    "rename-at": ((_PATH, _OTHER, _PATH), ""),
    "symlink-at": ((_PATH, _PATH), ""),
    "unlink-file-at": ((_PATH,), ""),
    "metadata-hash": ((), "$metadata-hash-value"),
    "metadata-hash-at": ((_FLAGS, _PATH), "$metadata-hash-value"),
}


def _function(name: str, params: tuple[str, ...], result: str) -> str:
    names = ["self", *(f"p{number}" for number in range(1, len(params)))]
    given = " ".join(f'(param "{own}" {type})' for own, type in zip(names, params, strict=True))
    ending = f"(result {result})" if result else ""
    return f'(export "{name}" (func {given} {ending}))'


def _filesystem() -> str:
    lines = ['(export "descriptor" (type $descriptor (sub resource)))']
    lines.append('(export "directory-entry-stream" (type $directory-entry-stream (sub resource)))')
    for name, type in _NAMED.items():
        lines.append(f'(type ${name}-0 {type}) (export "{name}" (type ${name} (eq ${name}-0)))')
    for name, (params, ok) in _METHODS.items():
        lines.append(_function(f"[method]descriptor.{name}", (_SELF, *params), f"(result {ok} (error $error-code))"))
    lines.append(_function("[method]descriptor.is-same-object", (_SELF, _OTHER), "bool"))
    entry = "(result (option $directory-entry) (error $error-code))"
    lines.append(_function("[method]directory-entry-stream.read-directory-entry", ("(borrow $directory-entry-stream)",), entry))
    lines.append('(export "filesystem-error-code" (func (param "err" (borrow $error)) (result (option $error-code))))')
    return "\n".join(lines)


# What is called, by interface; the resources that are dropped.
CALLED = {
    TYPES: [f"[method]descriptor.{name}" for name in (*_METHODS, "is-same-object")]
    + ["[method]directory-entry-stream.read-directory-entry", "filesystem-error-code"],
    "wasi:filesystem/preopens": ["get-directories"],
    "wasi:io/streams": [
        "[method]input-stream.blocking-read",
        *(f"[method]output-stream.{name}" for name in ("blocking-write-and-flush", "splice", "blocking-splice")),
    ],
    "wasi:clocks/monotonic-clock": ["now"],
    "wasi:random/random": ["get-random-u64"],
    "wasi:cli/environment": ["get-arguments"],
    "wasi:http/types": ["[constructor]fields"],
    "wippy:runtime/funcs": ["call-string"],
}
DROPPED = {TYPES: ["descriptor", "directory-entry-stream"], "wasi:io/streams": ["input-stream", "output-stream"]}
FUNCTIONS = [f"{interface}#{name}" for interface, names in CALLED.items() for name in names]
FUNCTIONS += [f"{interface}#[resource-drop]{name}" for interface, names in DROPPED.items() for name in names]


def wat() -> str:
    """Gives the component. Its `do` calls function `number` with the 64-bit words at `data`, and gives the core result as 8 bytes."""
    alias = "(alias outer 1 $error (type $error)) (alias outer 1 $input (type $input)) (alias outer 1 $output (type $output))"
    variant = '(variant (case "last-operation-failed" (own $error)) (case "closed"))'
    ids = {interface: f"$i{number}" for number, interface in enumerate(CALLED)}
    head = read_wat(
        "head",
        IDS_WASI_IO_STREAMS=ids["wasi:io/streams"],
        VARIANT=variant,
        TYPES=TYPES,
        IDS_TYPES=ids[TYPES],
        ALIAS=alias,
        FILESYSTEM=_filesystem(),
        IDS_WASI_FILESYSTEM_PREO=ids["wasi:filesystem/preopens"],
        IDS_WASI_CLOCKS_MONOTONI=ids["wasi:clocks/monotonic-clock"],
        IDS_WASI_RANDOM_RANDOM=ids["wasi:random/random"],
        IDS_WASI_CLI_ENVIRONMENT=ids["wasi:cli/environment"],
        IDS_WASI_HTTP_TYPES=ids["wasi:http/types"],
        IDS_WIPPY_RUNTIME_FUNCS=ids["wippy:runtime/funcs"],
    )
    lowered, imports, bodies, given = [], [], [], []
    resources = {"descriptor": "$descriptor", "directory-entry-stream": "$entries", "input-stream": "$input", "output-stream": "$output"}
    for number, function in enumerate(FUNCTIONS):
        interface, _, name = function.partition("#")
        params, _, result = SIGNATURES[interface][name].rstrip("*").partition(">")
        if name.startswith("[resource-drop]"):
            lowered.append(f"(core func $f{number} (canon resource.drop {resources[name.removeprefix('[resource-drop]')]}))")
        else:
            options = '(memory (core memory $libc "m")) (realloc (core func $libc "r"))'
            lowered.append(f'(core func $f{number} (canon lower (func {ids[interface]} "{name}") {options}))')
        types = {"i": "i32", "I": "i64"}
        ending = f"(result {types[result]})" if result else ""
        signature = f"(param {' '.join(types[letter] for letter in params)}) {ending}"
        imports.append(f'(import "h" "{number}" (func $f{number} {signature}))')
        words = [f"(i64.load offset={8 * place} (local.get 0))" for place in range(len(params))]
        arguments = " ".join(f"(i32.wrap_i64 {word})" if letter == "i" else word for letter, word in zip(params, words, strict=True))
        call = f"(call $f{number} {arguments})"
        body = f"(i64.extend_i32_u {call})" if result == "i" else call if result else f"{call} (i64.const 0)"
        bodies.append(f"(func $w{number} (param i32) (result i64) {body})")
        given.append(f'(export "{number}" (func $f{number}))')
    table = " ".join(f"$w{number}" for number in range(len(FUNCTIONS)))
    main = "\n".join(
        [
            "(core module $main",
            '(import "libc" "m" (memory 1))',
            *imports,
            f"(table funcref (elem {table}))",
            "(type $call (func (param i32) (result i64)))",
            '(func (export "do") (param $f i32) (param $at i32) (param $size i32) (result i32)',
            " (if (i32.eq (local.get $f) (i32.const 1000)) (then",
            "  (memory.copy (i32.load (local.get $at)) (i32.add (local.get $at) (i32.const 8)) (i32.sub (local.get $size) (i32.const 8)))",
            "  (i64.store (i32.const 0) (i64.const 0)) (return (i32.const 0))))",
            " (if (i32.eq (local.get $f) (i32.const 1001)) (then",
            "  (i32.store (i32.const 0) (i32.load (local.get $at))) (i32.store (i32.const 4) (i32.load offset=8 (local.get $at)))",
            "  (return (i32.const 0))))",
            " (i64.store (i32.const 8) (call_indirect (type $call) (local.get $at) (local.get $f)))",
            " (i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const 8)) (i32.const 0))",
            *bodies,
            ")",
        ]
    )
    tail = read_wat("tail", JOIN_GIVEN=" ".join(given))
    return head + "\n".join(lowered) + "\n" + main + tail
