"""Contexts: values that go with calls beside their arguments, through functions in Lua, background calls and other lanes."""

import pytest

import moonwit

INDEX = """version: "1.0"
namespace: t
entries:
  - name: who
    kind: function.lua
    modules: [ctx]
    source: |
      return function() return {who = ctx.get("who"), trace = ctx.get("trace"), all = ctx.all()} end
  - name: through
    kind: function.lua
    modules: [funcs]
    source: |
      return function(id) return funcs.call(id) end
  - name: far
    kind: function.lua
    modules: [ctx, funcs]
    pool: {type: static, workers: 1}
    source: |
      return function(more)
        if more then return funcs.new():with_context{trace = more}:call("t:through", "t:who") end
        return funcs.call("t:who")
      end
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "_index.yaml").write_text(INDEX)
    with moonwit.open(tmp_path) as project:
        assert project.registry.problems == []
        yield project


def test_values_reach_what_is_called(project):
    """A function and those that it calls get what the executor was given, in this lane and in another."""
    project.run_script("""
        local as = funcs.new():with_context{who = {"me", 7}, trace = "a"}
        for _, call in ipairs{{"t:who"}, {"t:through", "t:who"}, {"t:through", "t:far"}, {"t:far"}} do
          local seen = assert(as:call(unpack(call)))
          assert(seen.who[1] == "me" and seen.who[2] == 7 and seen.trace == "a" and seen.all.trace == "a", call[1])
        end
        assert(as:async("t:far"):await().who[2] == 7)
    """)


def test_each_layer_adds_to_the_one_below(project):
    """The innermost value counts for what is called from there, in another lane too, and the caller's own context stays as it was."""
    project.run_script("""
        local as = funcs.new():with_context{who = "me", trace = "outer"}
        local seen = as:call("t:far", "inner")
        assert(seen.who == "me" and seen.trace == "inner")
        assert(as:call("t:far").trace == "outer")
        assert(as:with_context{trace = "other"}:call("t:who").trace == "other" and as:call("t:who").trace == "outer")
        assert(funcs.call("t:who").who == nil and next(ctx.all()) == nil)
        coroutine.spawn(function() assert(ctx.get("who") == nil) end)
    """)


def test_a_context_can_not_be_changed_from_outside(project):
    """Who reads a value gets a copy; changing it, or the table given, changes nothing for others."""
    project.run_script("""
        local values = {who = {name = "me"}}
        local as = funcs.new():with_context(values)
        values.who.name = "you"
        local seen = as:call("t:who")
        assert(seen.who.name == "me")
        seen.who.name = "them"
        assert(as:call("t:who").who.name == "me")
    """)


def test_what_is_not_there_and_what_does_not_fit(project):
    """A missing value is nil and an error of kind NotFound; a value that can't be passed on, or a name that is not a string, raises."""
    project.run_script("""
        local value, err = ctx.get("who")
        assert(value == nil and err:kind() == errors.NOT_FOUND and err:message():find "'who'")
        local function refused(values) return select(2, pcall(function() funcs.new():with_context(values) end)) end
        local function says(values, sentence)
          assert(tostring(refused(values)) == "script:4: executor:with_context: " .. sentence, refused(values))
        end
        says({user = print}, "'user': a function can't be passed on")
        says({user = {name = {first = print}}}, "'user.name.first': a function can't be passed on")
        says({user = {print}}, "'user[1]': a function can't be passed on")
        says({["a: b"] = {1, x = 2}}, "'a: b': a table with both numbers and names as keys can't be passed on")
        assert( tostring(refused{1}):find "strings" and tostring(refused(7)):find "table")
        assert(tostring(select(2, pcall(ctx.get, 1))):find "string")
    """)
