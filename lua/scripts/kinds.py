"""The kinds of entries that are written in Lua, as the registry checks them: functions, libraries and processes."""

import re
from collections.abc import Iterator, Mapping

from moonwit.host.functions.kinds import POOL, check_pool
from moonwit.host.programs.processes import check_command
from moonwit.lua.scripts.keywords import KEYWORDS
from moonwit.registry import Broken, Entry, Field, Group, Integer, Items, Kind, Problem, Reference, Registry, Table, Text, pattern, shown

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*\Z")


@pattern(f"(?!(?:{'|'.join(sorted(KEYWORDS))})$){_IDENTIFIER.pattern}")
def alias_rule(text: str) -> Broken:
    """Says what is wrong with the name under which a script finds a library: it becomes a global."""
    if text in KEYWORDS:
        return "is a keyword of Lua"
    return None if _IDENTIFIER.match(text) else ("is not a valid Lua name", "use letters, digits and `_`")


@pattern(_MODULE.pattern)
def module_rule(text: str) -> Broken:
    """Says what is wrong with the name of a module."""
    return None if _MODULE.match(text) else f"is not a valid name of a module: {shown(text)}"


def _itself(value: object) -> str:
    return str(value)


def check_names(entry: Entry, registry: Registry) -> Iterator[Problem]:
    """Checks that a library does not take the name of a module: both become globals of the script."""
    modules, imports = entry.fields.get("modules"), entry.fields.get("imports")
    if isinstance(modules, list) and isinstance(imports, dict):
        for alias in imports:
            if alias in modules:
                sentence = f"the library {shown(alias)} has the name of a listed module"
                yield entry.key_problem(("imports", alias), sentence, "give it another name")


def check_function(entry: Entry, registry: Registry) -> Iterator[Problem]:
    """Checks the rules between the fields of a function."""
    yield from check_names(entry, registry)
    yield from check_pool(entry, registry)


def check_process(entry: Entry, registry: Registry) -> Iterator[Problem]:
    """Checks a process: its names, and the command it is known by."""
    yield from check_names(entry, registry)
    yield from check_command(entry, registry)


_SCRIPT: Mapping[str, Field] = {
    "source": Text(required=True, summary="Lua text, inline or `file://name`"),
    "modules": Items(of=Text(rule=module_rule), unique=_itself, summary="modules of the standard library the script may require"),
    "imports": Table(
        of=Reference(kinds=("library.lua",), acyclic=True), key_rule=alias_rule, summary="libraries by the name the script requires"
    ),
}

_LIMITS = Group(
    summary="what one call may spend",
    fields={
        "max_execution_ms": Integer(minimum=1, summary="milliseconds from the call to its end; the code is then interpreted"),
        "max_memory_bytes": Integer(minimum=1, later=True, summary="bytes of memory"),
        "max_stack_bytes": Integer(minimum=1, later=True, summary="bytes of stack"),
    },
)

KINDS: tuple[Kind, ...] = (
    Kind(
        "function.lua",
        {
            **_SCRIPT,
            "method": Text(summary="the function in the table the script returns; left out if it returns the function itself"),
            "pool": POOL,
            "limits": _LIMITS,
        },
        check_function,
        "a function in Lua",
    ),
    Kind("library.lua", _SCRIPT, check_names, "a library that scripts require by name"),
    Kind(
        "process.lua",
        {
            **_SCRIPT,
            "method": Text(summary="the function in the table the script returns; left out if it returns the function itself"),
            "limits": _LIMITS,
        },
        check_process,
        "a program in Lua, run as a command",
    ),
)
