"""The linter of fields finds what it is there for: fields that no class declares, and constructors that do not list all of them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("lint_fields", Path(__file__).with_name("lint_fields.py"))
assert SPEC is not None and SPEC.loader is not None
lint_fields = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(lint_fields)

DECLARED = """
---@class Plan
---@field key string
---@field waits boolean?

---@class Instance
---@field plan Plan? it runs
---@field live integer

---@class Open
---@field [string] any
"""
CLASSES = lint_fields.classes_of([DECLARED, "---@class Other: Plan\n---@field more (integer|string)[]\n"])


def found(text: str) -> list[str]:
    return [sentence for _, sentence in lint_fields.lint(text, CLASSES)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("local function f(instance)\n  return instance.lives\nend\nreturn f", 2),
        ("return function(instance)\n  instance.lives = 1\nend", 2),
        ("local M = {}\nfunction M.f(instance)\n  return instance.plan.lives\nend\nreturn M", 3),
        ("local instance = next {}\nreturn instance.lives", 2),
        ("for _, plan in ipairs {} do\n  print(plan.lives)\nend", 2),
        ("return function(instance)\n  local plan = instance.plan\n  return plan.lives()\nend", 3),
        ("--- Says so.\n---@param a Instance\n---@param b any\nreturn function(a, b) return b.lives, a.lives end", 4),
        ("---@type Plan|nil\nlocal a = nil\nreturn a.lives", 3),
        ("---@param x Instance|Plan\nreturn function(x) return x.key, x.live, x.lives end", 2),
        ("---@type Other\nlocal a = next {}\nreturn a.key, a.more, a.lives", 3),
    ],
    ids=range(10),
)
def test_a_field_that_no_class_declares_is_reported(text: str, line: int) -> None:
    """Read, set or called, of what is named or annotated as a structure, or is a field of one."""
    findings = list(lint_fields.lint(text, CLASSES))
    assert [at for at, _ in findings] == [line]
    assert "declares no field 'lives'" in findings[0][1]


@pytest.mark.parametrize(
    "text",
    [
        "return function(instance, plan) return instance.plan.key, plan.waits, instance.live end",
        "local plan = require 'a.plan'\nreturn plan.anything",
        "local plan = require('a.plan')\nreturn plan.anything",
        "local function plan() return 1 end\nreturn plan",
        "return function(plan) return plan['anything'], plan:method() end",
        "---@param instance string\nreturn function(instance) return instance.anything end",
        "return function(instance) return instance.live.anything end",
        "return function(other) return other.anything end",
        "---@param x Open\nreturn function(x) return x.anything end",
    ],
    ids=range(9),
)
def test_what_is_declared_or_not_known_is_left_alone(text: str) -> None:
    """Also modules and functions that are called as what they make, and what is annotated as something else."""
    assert found(text) == []


def test_a_constructor_lists_all_fields_and_no_other() -> None:
    """Behind `---@type`, and where a function gives what `---@return` says; fields that are nil at first too."""
    assert found("---@type Plan\nlocal a = { key = '', waits = nil }\nreturn a") == []
    assert found("---@type Plan\nlocal a = { key = '', lives = 1 }\nreturn a") == [
        "the class Plan declares no field 'lives'",
        "the constructor of Plan does not list waits",
    ]
    assert found("---@return Instance\nreturn function(x) return { live = x } end") == ["the constructor of Instance does not list plan"]
    # An empty table is one that is filled, and only the structures of the call path are listed in one place.
    assert found("---@type Plan\nlocal a = {}\n---@type Other\nlocal b = { key = '' }\nreturn a, b") == []


def test_all_structures_are_declared() -> None:
    """What the linter knows by name is declared in the rooms, with fields."""
    root = Path(__file__).parents[1]
    classes = lint_fields.classes_of([path.read_text() for path in sorted((root / "lua").rglob("*.lua"))])
    for name in lint_fields.TYPED.values():
        assert len(classes[name]) > 9, name
