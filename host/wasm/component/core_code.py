"""Whether the core modules of a component are valid, code included: Wasmtime's validator says so, without compiling anything."""

from __future__ import annotations

import functools
import re

from wasmtime import Config, Engine, WasmtimeError
from wasmtime import Module as Compiled

from moonwit.host.wasm.binary.reader import short
from moonwit.host.wasm.component.entities import Module
from moonwit.host.wasm.problems import Malformed

_OFFSET = re.compile(r" \(at offset 0x([0-9a-f]+)\)$")


def check_module_code(module: Module) -> None:
    """Checks a core module of a component; raises Malformed with the validator's reason."""
    seen: set[tuple[str, str]] = set()
    for found in module.core.imports:
        if (found.module, found.name) in seen:
            what = f"the core module at byte {module.start} imports `{short(found.name)}` of `{short(found.module)}` twice"
            raise Malformed(f"{what}, which one inside a component can't")
        seen.add((found.module, found.name))
    try:
        Compiled.validate(_everything(), module.data[module.start : module.end])
    except WasmtimeError as error:
        raise Malformed(f"the core module at byte {module.start} is not valid WebAssembly: {_reason(str(error), module.start)}") from None


@functools.cache
def _everything() -> Engine:
    """An engine that takes every feature: what is valid but not switched on for guests is not the author's mistake."""
    config = Config()
    for feature in ("threads", "tail_call", "multi_memory", "memory64", "relaxed_simd", "function_references", "gc", "exceptions"):
        setattr(config, f"wasm_{feature}", True)
    for feature in ("wide_arithmetic", "custom_page_sizes"):
        setattr(config, f"wasm_{feature}", True)
    return Engine(config)


def _reason(message: str, start: int) -> str:
    """Makes one line of the validator's message, with the place in the file where it names one in the module."""
    line = " ".join(message.split())
    found = _OFFSET.search(line)
    if found is None:
        return line[:300]
    return f"{_OFFSET.sub('', line)[:300]}, at byte {start + int(found[1], 16)}"
