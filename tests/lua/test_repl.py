"""A lane's session without a terminal: locals, what is typed against what is interpreted, and what a script can reach."""

import threading
from collections.abc import Callable, Iterator

import pytest

from moonwit.project import Project
from moonwit.repl.session.chunks import Compiler
from moonwit.repl.session.session import Session, SessionEntries
from moonwit.repl.session.values import Layout, read

Evaluate = Callable[..., str]


@pytest.fixture
def session() -> Iterator[Session]:
    """A session that prints nowhere."""
    project = Project(SessionEntries(None))
    yield Session(project, lambda data: None, lambda number, items: None, lambda call: None, lambda *texts: "help", lambda: False)
    assert project.interrupt(60)


@pytest.fixture
def evaluate(session: Session) -> Evaluate:
    """Evaluates an input and gives its values as text, or its error."""

    def run(text: str, **options: bool) -> str:
        answer = session.start(Compiler().chunk(text), "=input", **options).result(60)
        layout = Layout(1000, False)
        if answer.get("interrupted"):
            return "interrupted"
        if "failed" in answer:
            return layout.show(read(answer["failed"]))
        return ", ".join(layout.show(read(items)) for items in answer["values"])

    return run


@pytest.mark.parametrize(
    ("inputs", "last"),
    [
        (["local a, b = 1, 2", "a + b"], "3"),
        (["local a = 1", "local a = a + 1", "a"], "2"),
        (["local a = 1 function get() return a end", "local a = 2", "get(), a"], "1, 2"),
        (["local a = 1", "a = a + 1", "function get() return a end", "a = 10", "get()"], "10"),
        (["local a = 1 local function f() a = a + 1 return a end", "f()", "f(), a"], "3, 3"),
        (["local function fact(n) return n < 2 and 1 or n * fact(n - 1) end", "fact(5)"], "120"),
        (["local s = 'x' local t = {f = function(v) local inner = v return inner end} local u = t.f(s) .. 'y'", "u, inner"], '"xy", nil'),
        (["do local hidden = 1 end if true then local hidden = 2 end", "hidden"], "nil"),
        (["for i = 1, 3 do local x = i last = x end", "last, x"], "3, nil"),
        (["local x = 1; (function() x = 5 end)()", "x"], "5"),
        (["local x = 1 return x", "x"], "1"),
        (["local f = function() return 1 end, 2\n-- note", "f()"], "1"),
        (["local a = 1 error('no')", "a"], "1"),
        ([f"local {', '.join(f'v{n}' for n in range(150))} = 7", "v149 = 1"], ""),
        ([f"local {', '.join(f'v{n}' for n in range(150))} = 7; v149 = 5", "v0, v149"], "7, 5"),
        (["::top:: local z = 3", "z"], "3"),
        (["local t", "t.x"], "Internal: input:1: attempt to index upvalue 't' (a nil value)\n  input:1: in function <line 1>"),
        (["local t", "t.x -- why\n"], "Internal: input:1: attempt to index upvalue 't' (a nil value)\n  input:1: in function <line 1>"),
    ],
)
def test_locals(evaluate, inputs, last):
    """Top-level locals live on as the variables they are; those of inner blocks do not."""
    result = ""
    for text in inputs:
        result = evaluate(text)
    assert result == last


def test_many_locals(evaluate):
    """There is no bound on how many locals a session has."""
    for first in range(0, 400, 100):
        evaluate("\n".join(f"local v{number} = {number}" for number in range(first, first + 100)))
    assert evaluate("v0 + v399, v150") == "399, 150"


@pytest.mark.parametrize(
    "text",
    ["_keep(print)", "_keep(funcs.call)", "_keep(setmetatable, 1)", "local _keep = 1", "_keep(nil, 5)"],
)
def test_the_marks_are_out_of_reach(evaluate, text):
    """Whatever an input does with the name of the marks, nothing of the host's becomes a variable."""
    evaluate(text)
    assert evaluate("bound, host, calls, M, described") == "nil, nil, nil, nil, nil"


def test_sandbox(evaluate):
    """A session's code has no more than any script: no debug library, no host tables, no bytecode."""
    assert evaluate("debug, ffi, jit, io.popen, dofile") == "nil, nil, nil, nil, nil"
    assert "can't be changed" in evaluate("json.encode = 1")
    assert "bytecode can't be loaded" in evaluate("load('\\27LJ')")


def test_completion_runs_nothing(session, evaluate):
    """Listing fields calls no metamethod of the session's, follows `__index` tables, and ends in a circle of them."""
    evaluate("ran = 0 trap = setmetatable({}, {__index = function() ran = ran + 1 end, __pairs = function() ran = ran + 1 end})")
    evaluate("circle = setmetatable({a = 1}, {}) getmetatable(circle).__index = circle")
    assert session.list(["trap"], "", 60) == ({}, "table")
    assert session.list(["trap", "x"], "", 60)[0] == {}
    assert session.list(["circle"], "", 60)[0] == {"a": "number"}
    evaluate("function require() ran = ran + 1 end")
    assert "encode" in session.list(["json"], "", 60)[0]
    assert evaluate("ran") == "0"


def test_stopping_a_batch_of_sessions(session, evaluate):
    """A stop ends only the input that runs: what was spawned before goes on."""
    evaluate("count = 0 coroutine.spawn(function() while true do time.sleep('1ms') count = count + 1 end end)")
    future = session.start(Compiler().chunk("while true do time.sleep('1ms') end"), "=input")
    threading.Event().wait(0.05)
    session.stop()
    assert future.result(60).get("interrupted") is True
    before = int(evaluate("count"))
    evaluate("time.sleep('50ms')")
    assert int(evaluate("count")) > before


def test_interpreted_and_compiled(evaluate):
    """What is loaded in a session is interpreted, also from text, so that it can be stopped; `bench` compiles."""
    assert float(evaluate("local function f() return 1 end return f()", bench=True).split("runs = ")[1].split(",")[0]) > 1e5
