"""Scripts that try to end the process: by nesting, by size, by odd values, by using up memory."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.texts import texts

lua, _ = texts(__file__)

ROOT = Path(__file__).resolve().parents[2]

# Runs a script in a fresh environment; `secret` and `victim` stand for what belongs to the host and to another script.
# The script's result comes back, or "raised: ..." with the error.
PRELUDE = lua("prelude")


# Each must end: with a value, or with an error that the script can catch. None may end the process.
CRASHES = {
    "gsub inside gsub": "local function f() return (('x'):gsub('x', f)) end return pcall(f)",
    "gsub inside __index of a gsub table": """
        local t = setmetatable({}, {__index = function(t) return (('x'):gsub('x', t)) end}) return pcall(string.gsub, 'x', 'x', t)""",
    "sort inside sort": "local function f(a, b) table.sort({3, 1, 2}, f) return a < b end return pcall(f, 1, 2)",
    "sort inside __lt": """
        local m = {} m.__lt = function() table.sort{setmetatable({}, m), setmetatable({}, m)} return true end
        return pcall(table.sort, {setmetatable({}, m), setmetatable({}, m)})""",
    "format inside __tostring": """
        local t = setmetatable({}, {__tostring = function(t) return string.format('%s', t) end}) return pcall(tostring, t)""",
    "os.time inside __index": "local t t = setmetatable({}, {__index = function() return os.time(t) end}) return pcall(os.time, t)",
    "load inside a load reader": "local function f() return load(f) end return pcall(f)",
    "coroutine.wrap inside coroutine.wrap": "local function f() return coroutine.wrap(f)() end return pcall(f)",
    "coroutine.resume inside coroutine.resume": "local function f() return coroutine.resume(coroutine.create(f)) end return pcall(f)",
    "coroutines inside a gsub callback": """
        local function f() return (('x'):gsub('x', function() return coroutine.wrap(f)() end)) end return pcall(f)""",
    "format in each of many coroutines": lua("crashes_format_in_each_of_many_coroutines"),
    "pcall inside pcall": "local function f() return pcall(f) end return f()",
    "xpcall with itself as handler": "local function f() return xpcall(f, f) end return f()",
    "an error in the error handler": "local function h() error('x') end return xpcall(error, h)",
    "xpcall in the error handler": "local function h(e) return xpcall(error, h, e) end return xpcall(error, h)",
    "a handler after a stack overflow": """
        local function f() return 1 + f() end
        return xpcall(f, function(e) local function g() return 1 + g() end return pcall(g) end)""",
    "stack overflow again and again": "local function f() return 1 + f() end for _ = 1, 50 do pcall(f) end return pcall(f)",
    "stack overflow by arguments": "local function f(...) return f(1, 2, 3, 4, 5, 6, 7, 8, ...) end return pcall(f)",
    "a chain of __index": "local t = {} for _ = 1, 1e5 do t = setmetatable({}, {__index = t}) end return pcall(function() return t.x end)",
    "a ring of __index": "local t = {} setmetatable(t, {__index = t}) return pcall(function() return t.x end)",
    "__index that calls itself": """
        local t = setmetatable({}, {__index = function(t, k) return t[k] end}) return pcall(function() return t.x end)""",
    "__call of __call": "local t = {} setmetatable(t, {__call = t}) return pcall(t)",
    "a chain of __call": "local t = print for _ = 1, 1e4 do t = setmetatable({}, {__call = t}) end return pcall(t)",
    "__concat that calls itself": """
        local t t = setmetatable({}, {__concat = function(a, b) return a .. b end}) return pcall(function() return t .. t end)""",
    "__eq that calls itself": """
        local m = {} m.__eq = function(a, b) return a == b end
        local a, b = setmetatable({}, m), setmetatable({}, m) return pcall(function() return a == b end)""",
    "a deeply nested pattern": "return pcall(string.find, ('a'):rep(1e5), ('(a'):rep(30) .. (')'):rep(30))",
    "a deeply recursive match": "return pcall(string.find, ('a'):rep(1e6), ('.-'):rep(1000) .. 'b', 1e6 - 5)",
    "a long greedy match": "return pcall(string.match, ('a'):rep(1e4), '(.-)*$')",
    "%b over a long text": "return pcall(string.find, ('('):rep(1e4), '%b()')",
    "a malformed class": "return pcall(string.find, 'a', '[a'), pcall(string.find, 'a', '%'), pcall(string.find, 'a', '[%')",
    "nested table constructors": "return loadstring('return ' .. ('{'):rep(1e6) .. ('}'):rep(1e6))",
    "nested parentheses": "return loadstring('return ' .. ('('):rep(1e6) .. '1' .. (')'):rep(1e6))",
    "nested functions": "return loadstring(('return function() '):rep(1e5) .. ('end '):rep(1e5))",
    "nested blocks": "return loadstring(('do '):rep(1e6) .. ('end '):rep(1e6))",
    "a long concatenation": "return loadstring('return ' .. ('a..'):rep(1e5) .. 'a')",
    "a long sum": "return loadstring('return ' .. ('a+'):rep(1e5) .. 'a')",
    "unary operators": "return loadstring('return ' .. ('-'):rep(1e6) .. '1'), loadstring('return ' .. ('not '):rep(1e6) .. '1')",
    "many elseifs": "return loadstring('if a then ' .. ('elseif a then '):rep(1e4) .. 'end')",
    "many locals": "return loadstring(('local a '):rep(1e5))",
    "many constants": "local t = {} for i = 1, 1e5 do t[i] = 'x' .. i .. ' = ' .. i .. '.5' end return loadstring(table.concat(t, ' '))",
    "many upvalues": """
        local t = {} for i = 1, 100 do t[i] = 'local a' .. i end
        local u = {} for i = 1, 100 do u[i] = 'a' .. i end
        return loadstring(table.concat(t, ' ') .. ' return function() return ' .. table.concat(u, '+') .. ' end')""",
    "many arguments in source": "return pcall(loadstring('return print(' .. ('1,'):rep(300) .. '1)'))",
    "many fields": "local f = loadstring('return {' .. ('1,'):rep(1e6) .. '}') return f and #f()",
    "a very long string": "return #loadstring('return \"' .. ('x'):rep(2e7) .. '\"')()",
    "a very long name": "return loadstring(('x'):rep(1e7) .. ' = 1')",
    "a very long chunk name": "return loadstring('x', ('y'):rep(1e6)), loadstring('x', '@' .. ('z'):rep(1e6))",
    "goto in and out": "return loadstring(('goto a '):rep(1e4) .. '::a::')",
    "unpack of everything": "return pcall(unpack, {}, -2147483648, 2147483647), pcall(unpack, {}, 1, 1e8), pcall(unpack, {}, 0, 2^31)",
    "select of everything": "return pcall(select, -2147483648, 1), pcall(select, 2^31, 1), select('#', unpack({}, 1, 60000))",
    "byte of everything": "return pcall(string.byte, ('x'):rep(1e7), 1, -1)",
    "char of everything": "return pcall(string.char, unpack({}, 1, 60000))",
    "concat of a range that is not there": """
        return pcall(table.concat, {}, '', 1, 2147483647), pcall(table.concat, {}, '', -2147483648, 2147483647)""",
    "insert at the end of numbers": "return pcall(table.insert, {}, 2147483647, 1), pcall(table.insert, {}, -2147483648, 1)",
    "move at the end of numbers": "return pcall(table.move, {1}, 2147483647, 2147483647, -2147483648)",
    "sort with a comparator that lies": """
        for i = 1, 200 do local t = {} for j = 1, i do t[j] = j % 7 end table.sort(t, function() return true end) end return 1""",
    "sort with a comparator at random": """
        for i = 1, 200 do local t = {} for j = 1, i do t[j] = j end table.sort(t, function() return math.random() < 0.5 end) end""",
    "sort with holes": "return pcall(table.sort, {1, nil, 3, nil, 5}), pcall(table.sort, {3, 0/0, 1, 0/0, 2})",
    "sort that changes its table": """
        local t = {5, 4, 3, 2, 1} return pcall(table.sort, t, function(a, b) for k in pairs(t) do t[k] = nil end return a < b end)""",
    "next with a stranger": "return pcall(next, {}, 1), pcall(next, {1}, {})",
    "changes while iterating": """
        local t = {} for i = 1, 100 do t[i] = i end return pcall(function() for k in pairs(t) do t[k .. ''] = 1 t[k] = nil end end)""",
    "format widths": """
        return pcall(string.format, '%99999d', 1), pcall(string.format, '%.99999f', 1), pcall(string.format, '%099.99f', -1.7e308)""",
    "format directives": """
        for c = 0, 255 do pcall(string.format, '%' .. string.char(c), 1) pcall(string.format, '%-+ #099.99' .. string.char(c),
        1e308) end return 1""",
    "format without arguments": "return pcall(string.format, ('%s'):rep(1e5)), pcall(string.format, ('%d'):rep(1e5), 1)",
    "format of odd values": """
        return pcall(string.format, '%d', 0/0), pcall(string.format, '%x', -1e300), pcall(string.format, '%c', 1e300),
        pcall(string.format, '%q', 1LL)""",
    "dates out of range": """
        return pcall(os.date, '*t', 1e300), pcall(os.date, '%c', -1e300), pcall(os.date, '!%c', 0/0), pcall(os.date, '!*t', 2^62)""",
    "date formats": """
        for c = 0, 255 do pcall(os.date, '%' .. string.char(c)) pcall(os.date, '%E' .. string.char(c)) pcall(os.date, '%999999999d')
        end return 1""",
    "times out of range": """
        return pcall(os.time, {year = 1e308, month = 1e308, day = 1}), pcall(os.time, {year = 2147483647, month = 2147483647, day =
        -2147483648})""",
    "tonumber bases": """
        return pcall(tonumber, '1', 37), pcall(tonumber, '1', -1), tonumber(('1'):rep(1e6)), tonumber('0x' .. ('f'):rep(1e6)),
        tonumber('1e' .. ('9'):rep(1e6))""",
    "random out of range": """
        return pcall(math.random, 2^53, -2^53), pcall(math.random, 0/0), pcall(math.randomseed, 0/0), pcall(math.random, -1/0, 1/0)""",
    "bit shifts": "return bit.lshift(1, 1e300), bit.tohex(1, -2147483648), bit.tohex(1, 2147483647), bit.rol(1LL, -1), bit.tobit(0/0)",
    "64-bit arithmetic": """
        return pcall(function() return 1LL / 0LL end), pcall(function() return (-9223372036854775807LL - 1) % -1LL end), 2LL ^ 1000LL""",
    "64-bit division overflow": "return pcall(function() return (-9223372036854775807LL - 1LL) / -1LL end)",
    "64-bit keys, loops and calls": """
        return pcall(function() local t = {[1LL] = 1} for i = 1LL, 3 do t[i] = i end end), pcall(unpack, {}, 1LL, 2LL),
        pcall(string.rep, 'x', 3LL)""",
    "complex numbers": """
        local z = 1i return tostring(z), pcall(function() return z + z end), pcall(function() z.re = 5 z[0] = 1 z[100] = 1 end)""",
    "setmetatable in a loop": "local t = {} for _ = 1, 1e6 do setmetatable(t, {}) end return 1",
    "coroutines that resume each other": lua("crashes_coroutines_that_resume_each_other"),
    # After resumes whose arguments overflow the stack, which count for nothing, coroutines still work. Without them it does not end.
    "many resumes that fail": lua("crashes_many_resumes_that_fail"),
    "a coroutine that resumes itself": """
        local co co = coroutine.create(function() return coroutine.resume(co) end) return coroutine.resume(co)""",
    "coroutine.wrap as its own body": "local f f = coroutine.wrap(function() return f() end) return pcall(f)",
    "many suspended coroutines": """
        local t = {} for i = 1, 1e5 do t[i] = coroutine.create(function() coroutine.yield() end) coroutine.resume(t[i]) end return #t""",
    "yield across pcall": "return coroutine.wrap(function() return pcall(coroutine.yield, 1) end)()",
    "yield from a metamethod": """
        return coroutine.wrap(function() return setmetatable({}, {__index = function() return coroutine.yield(5) end}).x end)()""",
    "yield from sort": """
        return pcall(coroutine.wrap(function() table.sort({3, 2, 1}, function(a, b) coroutine.yield() return a < b end) end))""",
    "yield outside a coroutine": "return pcall(coroutine.yield, 1)",
    "too many results of a coroutine": "return pcall(coroutine.wrap(function() return unpack({}, 1, 50000) end))",
    "an endless load reader": "return load(function() return ('x'):rep(1e6) end)",
    "errors in errors": """
        local e = errors.new{message = 'x', details = {}} e:details().me = e
        for _ = 1, 1000 do e = errors.wrap(e, 'more') end
        return e:stack(), #errors.call_stack(e), json.encode(e)""",
    "errors of odd values": """
        return errors.wrap(setmetatable({}, {__tostring = function() return 5 end}), 'x'), errors.wrap(print, 'x'), errors.wrap(1LL,
        'x')""",
    "json of deep and wide values": """
        local t = {} for _ = 1, 1e5 do t = {t} end return json.encode(t), json.decode(('['):rep(1e6)), json.decode(('[0'):rep(1e5))""",
    "WAVE of deep and wide values": """
        return wit.decode(('some('):rep(1e6)), wit.decode(('{a:'):rep(1e6)), wit.decode(('%'):rep(1e6)), wit.encode(wit.some(1))""",
    "memory: one string after another": "local s = 'x' return pcall(function() while true do s = s .. s end end)",
    "memory: string.rep": """
        return pcall(string.rep, 'x', 2^31 - 1), pcall(string.rep, ('x'):rep(1e6), 1e6), pcall(string.rep, '', 1e12),
        pcall(string.rep, 'x', 1e300)""",
    "memory: string.rep compiled": "return pcall(function() local t = {} for i = 1, 1e6 do t[i] = string.rep('x', 1e8 + i) end end)",
    "memory: a table that grows": "local t = {} return pcall(function() for i = 1, 1e10 do t[i] = i end end)",
    "memory: tables in tables": "local t = {} return pcall(function() while true do t = {t, {}, {}, {}, {}} end end)",
    "memory: a huge key range": """
        local t = {} return pcall(function() for i = 1, 40 do t[2^i] = 1 end t[2^31] = 1 t[2^53] = 1 t[-2^31] = 1 end)""",
    "memory: concat": """
        local t = {} for i = 1, 1000 do t[i] = ('x'):rep(1e6) end return pcall(table.concat, t), pcall(table.concat, t,
        ('y'):rep(1e6))""",
    "memory: gsub": """
        return pcall(string.gsub, ('x'):rep(1e4), 'x', ('y'):rep(1e6)), pcall(string.gsub, ('x'):rep(1e4), 'x', function() return
        ('y'):rep(1e6) end)""",
    "memory: json": "local t = {} for i = 1, 3000 do t[i] = ('x'):rep(1e6) end return json.encode(t)",
    "memory: in the handler": """
        return xpcall(function() local s = 'x' while true do s = s .. s end end, function(e) return e .. ('x'):rep(1e9) end)""",
}

# Runs scripts one after another, each in a state of its own and in a thread, as in a lane: with the stack that a
# thread has by default, and little memory.
CHILD = textwrap.dedent("""
    import json, resource, sys, threading
    import lupa.luajit21
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    CHECK = "return coroutine.wrap(function() return (('ok'):gsub('o', function(c) return c end)) end)()"
    def work(script):
        run = lupa.luajit21.LuaRuntime(register_eval=False, register_builtins=False).execute(sys.argv[1], sys.argv[2])
        run(script)
        print(json.dumps(run(CHECK)), flush=True)
    for line in sys.stdin:
        thread = threading.Thread(target=work, args=[json.loads(line)])
        thread.start()
        thread.join()
""")


class Child:
    """A process that runs scripts until one ends it."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-c", CHILD, PRELUDE, str(ROOT / "moonwit" / "?.lua")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def stop(self) -> int:
        self.process.kill()
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()

    def run(self, script: str) -> str:
        """What the check after the script says, or how the process ended."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(script) + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        line = self.process.stdout.readline() if ready else "it does not end"
        if line == '"ok"\n':
            return "ok"
        told = line + (self.process.stdout.read() if ready and self.process.poll() is not None else "")
        code = self.stop()
        self.start()
        return f"{told} (exit {code})"


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    """One process for all scripts, replaced when one ends it."""
    running = Child()
    yield running
    running.stop()


@pytest.mark.parametrize("name", CRASHES)
def test_no_script_ends_the_process(child: Child, name: str) -> None:
    """The script ends with a value or a catchable error, and after it the state still works."""
    assert child.run(CRASHES[name]) == "ok"
