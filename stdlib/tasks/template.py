"""Templates, by Jinja's sandbox: in a process apart, because a template can loop without end and take any memory."""

from __future__ import annotations

import functools
from typing import Any

from moonwit.host.values.intermediate import Value
from moonwit.stdlib.tasks.plain import plain
from moonwit.stdlib.tasks.problem import DataProblem, available, library, utf8

# How long what a template makes may be, in characters.
MOST = 16 * 1024 * 1024
# How large a number a power may give, in bits: Python has no bound, and can't be interrupted in it.
_BITS = 10_000
# Before the names of templates, as names of files.
_FILE = "template "


def _shown(value: Any) -> Any:
    """Null is nothing, and true and false are what Lua calls them."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value


@functools.cache
def _sandbox() -> Any:
    """Makes the class of environments: data and filters, with no way into Python."""
    sandbox = library("jinja2.sandbox", "a template")
    above: Any = sandbox.ImmutableSandboxedEnvironment

    class Sandbox(above):  # type: ignore[misc]
        intercepted_binops = frozenset(("**",))

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if isinstance(left, int) and isinstance(right, int) and left.bit_length() * max(right, 0) > _BITS:
                raise sandbox.SecurityError("the power is too large a number")
            return super().call_binop(context, operator, left, right)

    return Sandbox


def check() -> bool:
    """Raises ``DataProblem`` where Jinja is not installed."""
    available("jinja2", "it")
    return True


def render(templates: Value, name: bytes, values: Value, escape: bool, strict: bool) -> bytes:
    """Renders one of several templates, which may include, import and extend each other; raises ``DataProblem``."""
    jinja2 = library("jinja2", "a template")
    sources = {key.decode("utf-8", "replace"): utf8(text) for key, text in dict(templates).items()}
    environment = _sandbox()(
        loader=jinja2.FunctionLoader(lambda key: (sources[key], _FILE + key, None) if key in sources else None),
        autoescape=escape,
        finalize=_shown,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined if strict else jinja2.Undefined,
    )
    environment.globals.pop("lipsum")
    known = plain(values) or {}
    if not isinstance(known, dict):
        raise DataProblem("expected a table of values by their names, got a list")
    parts: list[str] = []
    size = 0
    try:
        for part in environment.get_template(name.decode("utf-8", "replace")).generate(known):
            size += len(part)
            if size > MOST:
                raise DataProblem(f"the result has more than {MOST} characters")
            parts.append(part)
    except DataProblem:
        raise
    except jinja2.TemplateSyntaxError as error:
        raise DataProblem(f"template '{error.name or 'unknown'}', line {error.lineno}: {_reason(error)}") from None
    except jinja2.TemplateNotFound as error:
        raise DataProblem(f"there is no template '{str(error.name)[:100]}'", "NotFound") from None
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        # What filters and operators of Python raise for values of a wrong kind is the template's mistake too.
        raise DataProblem(f"{_place(error, sources)}{_reason(error)}", "Internal") from None
    return "".join(parts).encode("utf-8", "replace")


def _reason(error: Exception) -> str:
    return (str(error).split("\n")[0] or type(error).__name__)[:300]


def _place(error: Exception, sources: dict[str, str]) -> str:
    """Names the line of a template that an error comes from: Jinja has it in the stack."""
    place, step = "", error.__traceback__
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        if file.startswith(_FILE) and file.removeprefix(_FILE) in sources:
            place = f"template '{file.removeprefix(_FILE)}', line {step.tb_lineno}: "
        step = step.tb_next
    return place


TASKS = {"template": check, "template.render": render}
