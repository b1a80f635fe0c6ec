"""The reader of test scripts finds every component with what is expected of it, and the script tells right verdicts from wrong ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.running import value as read_value
from tests.conformance.wast import Command, binary, commands

SCRIPT = Path(__file__).parent / "component_suite.py"
WAST = r"""
;; a comment with (component) and "quotes
(component)
(; a block (component) (; in a block ;) ;)
(component definition $D (import "a" (func)))
(component instance $i $D)
(component quote "(import \"b\" (func))" ")")
(assert_invalid (component (import "a_b" (func))) "is not in \"kebab\" case")
(assert_malformed
  (component quote "(import \"\\zz\" (func))")
  "escape")
(assert_malformed (component binary "\00asm\0d\00\01\00" "\0d\00") "section")
(assert_trap (component (core module (func $f unreachable) (start $f))) "unreachable")
(assert_return (invoke "f") (u32.const 1))
(register "a" $D)
"""


def test_components_are_found_with_what_is_expected_of_them() -> None:
    """Comments, strings, quoted components and those inside assertions are told apart; instances and calls are passed over."""
    found = list(commands(WAST))
    assert [(command.line, command.refused, command.reason) for command in found] == [
        (3, False, ""),
        (5, False, ""),
        (7, False, ""),
        (8, True, 'is not in "kebab" case'),
        (9, True, "escape"),
        (12, True, "section"),
        (13, False, ""),
    ]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("(component)", b"\0asm\x0d\0\1\0"),
        ("(component definition $a)", b"\0asm\x0d\0\1\0"),
        (r'(component binary "\00asm" "\0d\00\01\00" "\t\n\u{41}\\")', b"\0asm\x0d\0\1\0\t\nA\\"),
    ],
)
def test_binaries_are_made_of_every_form(text: str, data: bytes) -> None:
    """A component is text, a quoted text or bytes."""
    made = binary(text)
    assert made[: len(data)] == data


def test_quoted_text_is_assembled() -> None:
    """What is quoted is the text of a component, escapes resolved."""
    plain, quoted = binary('(component (import "b" (func)))'), binary(r'(component quote "(import \"b\"" " (func))")')
    assert plain == quoted


@pytest.mark.parametrize(
    ("script", "status", "line"),
    [
        ('(component)\n(assert_invalid (component (import "a_b" (func))) "kebab")', 0, "0 on which suite and decoder disagree"),
        ('(assert_invalid (component) "is fine in truth")', 1, "a.wast:1: invalid (is fine in truth), but planned"),
        ('(component (import "a_b" (func)))', 1, "a.wast:1: valid, but malformed: 'a_b' is not the name of an import or export"),
        ('(component (import "f" (func async (param "x" (stream u8)))))', 0, "     1  valid: planned"),
    ],
)
def test_the_script_says_where_suite_and_decoder_disagree(tmp_path: Path, script: str, status: int, line: str) -> None:
    """The exit status is 1 where an invalid component is taken or a valid one called malformed, and the report says which."""
    (tmp_path / "a.wast").write_text(script)
    ended = subprocess.run([sys.executable, SCRIPT, tmp_path], capture_output=True, text=True, check=False)
    assert (ended.returncode, line in ended.stdout) == (status, True), ended.stdout + ended.stderr


def test_a_command_is_plain_data() -> None:
    """Commands compare by content."""
    assert next(commands("(component)")) == Command(1, "(component)", False, "")


RUN = """(component
 (core module $m (global $calls (mut i32) (i32.const 0))
  (func (export "next") (result i32) (global.set $calls (i32.add (global.get $calls) (i32.const 1))) (global.get $calls))
  (func (export "fail") (unreachable)))
 (core instance $i (instantiate $m))
 (func (export "next") (result u32) (canon lift (core func $i "next")))
 (func (export "again") (result u32) (canon lift (core func $i "next")))
 (func (export "fail") (canon lift (core func $i "fail"))))
(assert_return (invoke "next") (u32.const 1))
(assert_return (invoke "again") (u32.const 2))
(assert_return (invoke "next") (u32.const 2))
(assert_trap (invoke "fail") "unreachable")
(assert_trap (component (core module $m (func $f unreachable) (start $f)) (core instance (instantiate $m))) "unreachable")
(component (import "host" (func $f)) (core func $g (canon lower (func $f)))
 (core module $m (import "" "" (func $f)) (start $f)) (core instance (instantiate $m (with "" (instance (export "" (func $g)))))))
"""


def test_the_script_runs_the_commands(tmp_path: Path) -> None:
    """Functions of one component share its instance; what does not come out is named, and what needs a harness is told apart."""
    (tmp_path / "a.wast").write_text(RUN)
    ended = subprocess.run([sys.executable, SCRIPT, tmp_path, "--run"], capture_output=True, text=True, check=False)
    assert "a.wast:11: assert_return: failed: expected 2, got 3\n" in ended.stdout, ended.stdout + ended.stderr
    assert "a.wast:14: component: harness: " in ended.stdout
    assert "7 commands run:\n     5  passed\n     1  failed\n     1  harness\n" in ended.stdout


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(u64.const 0xff_ff)", 0xFFFF),
        ("(f32.const -0x1p-1)", -0.5),
        ('(list.const (str.const "a") (str.const "\\u{e9}"))', ["a", "é"]),
        ('(record.const (field "a" u8.const 1) (field "b" list.const (bool.const true)))', {"a": 1, "b": [True]}),
        ('(variant.const "some" (option.some (char.const "x")))', {"some": "x"}),
        ("(option.none)", None),
        ('(result.err (enum.const "no"))', {"err": "no"}),
    ],
)
def test_values_are_read(text: str, value: object) -> None:
    """Values of every kind are what a caller would pass."""
    assert read_value(text) == value
