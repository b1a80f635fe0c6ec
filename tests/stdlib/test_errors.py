"""The module errors, and error values as scripts see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lupa.luajit21
import pytest

from tests.texts import texts

lua, _ = texts(__file__)

ROOT = Path(__file__).resolve().parents[2]

LUA = lupa.luajit21.LuaRuntime(register_eval=False, register_builtins=False)
RUN = LUA.execute(
    lua("run"),
    str(ROOT / "moonwit" / "?.lua"),
)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("local e = errors.new 'no' return type(e), tostring(e), e:kind(), e:message(), e:retryable(), e:details()",
         ("userdata", "no", "", "no", None, None)),
        ("local e = errors.new{message = 'm', kind = errors.TIMEOUT, retryable = true, details = {7}} "
         "return e:kind(), e:retryable(), e:details()[1]",
         ("Timeout", True, 7)),
        ("local e = errors.new 'm' return 'a ' .. e .. ' b ' .. 1, 1 .. e, e .. e", ("a m b 1", "1m", "mm")),
        ("local e = errors.new{message = 'm', kind = 'Invalid'} return errors.is(e, errors.INVALID), errors.is(e, 'Timeout')",
         (True, False)),
        ("return errors.is(nil, 'Invalid'), errors.is('text', ''), errors.is({}, nil), errors.is()", (False, False, False, False)),
        ("local e = errors.wrap(errors.new{message = 'm', kind = 'Conflict', details = 5, retryable = true}, 'saving') "
         "return e:message(), e:kind(), e:details(), e:retryable()", ("saving: m", "Conflict", 5, True)),
        ("local inner = errors.new 'm' local e = errors.wrap(errors.wrap(inner, 'a'), 'b') "
         "return e:message(), e:cause():message(), e:cause():cause() == inner, inner:cause(), e:retryable()",
         ("b: a: m", "a: m", True, None, None)),
        ("local e = errors.wrap({message = 'm', code = 5}, 'x') return e:message(), e:details().code", ("x: m", 5)),
        ("local e = errors.wrap(setmetatable({message = 'm'}, {__tostring = function() return 'own words' end}), 'x') return e:message()",
         "x: own words"),
        ("local e = errors.new{message = 'm', retryable = false} return e:retryable()", False),
        ("return errors.wrap(nil, 'x')", None),
        ("local e = errors.wrap('text', 'x') return e:message(), e:kind()", ("x: text", "")),
        ("local ok, e = pcall(error, errors.new{message = 'm', kind = 'Invalid'}) return ok, e:kind()", (False, "Invalid")),
        ("return errors.NOT_FOUND, errors.RATE_LIMITED, errors.UNKNOWN", ("NotFound", "RateLimited", "")),
        ("local e = from({code = 5}) return e:kind(), e:details().code", ("Internal", 5)),
        ("local e = errors.new 'x' return e == e, e == errors.new 'x', rawequal(e, e)", (True, False, True)),
    ],
)  # fmt: skip
def test_what_errors_do(source: str, expected: Any) -> None:
    """Errors are made, asked, wrapped, joined and thrown."""
    assert RUN(source) == expected


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("errors.new()", "errors.new: expected a string or a table, got nil"),
        ("errors.new(5)", "errors.new: expected a string or a table, got a number"),
        ("errors.new{}", "errors.new: expected a string as message, got nil"),
        ("errors.new{message = 5}", "errors.new: expected a string as message, got a number"),
        ("errors.new{message = 'm', retryable = 'yes'}", "errors.new: expected a boolean as retryable, got a string"),
        ("errors.new{message = 'm', kind = 'Notfound'}", "errors.new: unknown kind 'Notfound', did you mean 'NotFound'?"),
        ("errors.new{mesage = 'm'}", "errors.new: unknown field 'mesage', did you mean 'message'?"),
        ("errors.wrap('x')", "errors.wrap: expected a string as the context, got nil"),
        ("local s = errors.call_stack('x')", "errors.call_stack: expected an error, got a string"),
        ("local e = errors.new 'x' e.kind()", "err:kind() is called on a nil, write err:kind()"),
        ("local e = errors.new 'x' e.message = 1", "an error value can't be changed (assignment to 'message')"),
        ("local e = errors.new 'x' local s = e .. {}", "attempt to concatenate an error and a table value"),
    ],
)
def test_misuse_raises_at_the_callers_line(source: str, message: str) -> None:
    """A wrong call is answered with a sentence that begins with the script's line."""
    assert RUN("\n" + source) == "s.lua:2: " + message


def test_the_stack_holds_the_scripts_frames_only() -> None:
    """Frames carry file, line and name; frames of the host are left out."""
    answer = RUN(lua("the_stack_holds_the_scripts_frames_only"))
    assert answer == (2, "s.lua", 2, "deep", 5, "main chunk", "x\n\ts.lua:2: in deep\n\ts.lua:5: in main chunk")


def test_a_call_stack_says_where_its_error_came_from() -> None:
    """It names the entry, or main; each frame has a source, and a line and a name where they are known."""
    answer = RUN(lua("a_call_stack_says_where_its_error_came_from"))
    assert answer == ("main", "s.lua:1", "app:f", "?", "lone", 0, None)


def test_guest_frames_and_causes_are_shown() -> None:
    """A trap's frames come first and are marked; what caused an error follows it."""
    answer = RUN(lua("guest_frames_and_causes_are_shown"))
    assert answer[:4] == ("inner", True, 255, "outer")
    assert "in entry app:f (run)\n\tm: in guest inner at 0xff\n\tin guest outer" in answer[4]
    assert "caused by: trap" in answer[4]
