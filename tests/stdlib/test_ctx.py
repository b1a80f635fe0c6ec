"""Contexts: values that go with calls beside their arguments, through functions in Lua, background calls and other lanes."""

import pytest

from tests.projects import opened
from tests.texts import texts

lua, _ = texts(__file__)

ENTRIES = """
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
    source: file://far.lua
"""
FILES = {"far.lua": lua("far")}


@pytest.fixture
def project(tmp_path):
    with opened(tmp_path, ENTRIES, files=FILES) as project:
        yield project


def test_values_reach_what_is_called(project):
    """A function and those that it calls get what the executor was given, in this lane and in another."""
    project.run_script(lua("values_reach_what_is_called"))


def test_each_layer_adds_to_the_one_below(project):
    """The innermost value counts for what is called from there, in another lane too, and the caller's own context stays as it was."""
    project.run_script(lua("each_layer_adds_to_the_one_below"))


def test_a_context_can_not_be_changed_from_outside(project):
    """Who reads a value gets a copy; changing it, or the table given, changes nothing for others."""
    project.run_script(lua("a_context_can_not_be_changed_from_outside"))


def test_what_is_not_there_and_what_does_not_fit(project):
    """A missing value is nil and an error of kind NotFound; a value that can't be passed on, or a name that is not a string, raises."""
    project.run_script(lua("what_is_not_there_and_what_does_not_fit"))
