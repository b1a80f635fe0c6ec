"""Handles of the host's resources in components that are composed: each component instance has its own, and passes them on."""

from __future__ import annotations

from pathlib import Path

import pytest

import moonwit
from tests.abi.composed import ALLOCATING, opened

POLL = """(import "poll" (instance $poll
  (export "pollable" (type $pollable (sub resource)))
  (export "[method]pollable.ready" (func (param "self" (borrow $pollable)) (result bool)))
  (export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))))
 (alias export $poll "pollable" (type $pollable))
 (core func $ready (canon lower (func $poll "[method]pollable.ready")))
 (core func $drop (canon resource.drop $pollable))"""
OUTSIDE = """
 (import "wasi:io/poll@0.2.0" (instance $poll
  (export "pollable" (type $pollable (sub resource)))
  (export "[method]pollable.ready" (func (param "self" (borrow $pollable)) (result bool)))
  (export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))))
 (alias export $poll "pollable" (type $pollable))
 (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
  (alias outer 1 $pollable (type $p)) (export "pollable" (type $q (eq $p)))
  (export "subscribe-duration" (func (param "when" u64) (result (own $q))))))"""
LOOKING = f"""(component $looking
 {POLL}
 (core module $m
  (import "" "ready" (func $ready (param i32) (result i32))) (import "" "drop" (func $drop (param i32)))
  (global $kept (mut i32) (i32.const 0))
  (func (export "look") (param i32) (result i32)
   (i32.add (i32.mul (local.get 0) (i32.const 10)) (call $ready (local.get 0))) (call $drop (local.get 0)))
  (func (export "keep") (param i32) (result i32) (global.set $kept (local.get 0)) (local.get 0))
  (func (export "leak") (param i32))
  (func (export "guess") (param i32) (result i32) (call $ready (local.get 0)))
  (func (export "back") (result i32) (global.get $kept)))
 (core instance $i (instantiate $m (with "" (instance (export "ready" (func $ready)) (export "drop" (func $drop))))))
 (func (export "look") (param "p" (borrow $pollable)) (result u32) (canon lift (core func $i "look")))
 (func (export "keep") (param "p" (own $pollable)) (result u32) (canon lift (core func $i "keep")))
 (func (export "leak") (param "p" (borrow $pollable)) (canon lift (core func $i "leak")))
 (func (export "guess") (param "index" u32) (result bool) (canon lift (core func $i "guess")))
 (func (export "back") (result (own $pollable)) (canon lift (core func $i "back"))))"""
HOLDING = f"""(component $holding
 {POLL}
 (alias outer $all $pollable (type $o))
 (import "clock" (instance $clock
  (alias outer 1 $pollable (type $p)) (export "pollable" (type $q (eq $p)))
  (export "subscribe-duration" (func (param "when" u64) (result (own $q))))))
 (import "looking" (instance $looking
  (alias outer 1 $pollable (type $p)) (export "pollable" (type $q (eq $p)))
  (export "look" (func (param "p" (borrow $q)) (result u32))) (export "keep" (func (param "p" (own $q)) (result u32)))
  (export "leak" (func (param "p" (borrow $q)))) (export "back" (func (result (own $q))))))
 (core module $libc {ALLOCATING})
 (core instance $libc (instantiate $libc))
 (core func $poll' (canon lower (func $poll "poll") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
 (core func $subscribe (canon lower (func $clock "subscribe-duration")))
 (core func $look (canon lower (func $looking "look")))
 (core func $keep (canon lower (func $looking "keep")))
 (core func $leak (canon lower (func $looking "leak")))
 (core func $back (canon lower (func $looking "back")))
 (core module $m
  (import "" "memory" (memory 1))
  (import "" "ready" (func $ready (param i32) (result i32))) (import "" "drop" (func $drop (param i32)))
  (import "" "poll" (func $poll (param i32 i32 i32))) (import "" "subscribe" (func $subscribe (param i64) (result i32)))
  (import "" "look" (func $look (param i32) (result i32))) (import "" "keep" (func $keep (param i32) (result i32)))
  (import "" "leak" (func $leak (param i32))) (import "" "back" (func $back (result i32)))
  (global $p (mut i32) (i32.const 0))
  (func $open (export "open") (result i32)
   (drop (call $subscribe (i64.const 3600000000000)))
   (global.set $p (call $subscribe (i64.const 0))) (global.get $p))
  (func (export "lend") (result i32)
   (i32.add (i32.mul (call $look (global.get $p)) (i32.const 1000))
    (i32.add (i32.mul (call $look (global.get $p)) (i32.const 10)) (call $ready (global.get $p)))))
  (func (export "poll") (result i32)
   (i32.store (i32.const 8) (global.get $p)) (call $poll (i32.const 8) (i32.const 1) (i32.const 16))
   (i32.add (i32.mul (i32.load (i32.const 20)) (i32.const 10)) (i32.load (i32.load (i32.const 16)))))
  (func (export "give") (result i32) (call $keep (global.get $p)))
  (func (export "back") (result i32) (global.set $p (call $back)) (call $ready (global.get $p)))
  (func (export "ready") (result i32) (call $ready (global.get $p)))
  (func (export "leak") (call $leak (global.get $p)))
  (func (export "end") (call $drop (global.get $p))))
 (core instance $i (instantiate $m (with "" (instance
  (export "memory" (memory $libc "memory")) (export "ready" (func $ready)) (export "drop" (func $drop)) (export "poll" (func $poll'))
  (export "subscribe" (func $subscribe)) (export "look" (func $look)) (export "keep" (func $keep)) (export "leak" (func $leak))
  (export "back" (func $back))))))
 (func (export "open") (result u32) (canon lift (core func $i "open")))
 (func (export "lend") (result u32) (canon lift (core func $i "lend")))
 (func (export "poll") (result u32) (canon lift (core func $i "poll")))
 (func (export "give") (result u32) (canon lift (core func $i "give")))
 (func (export "back") (result bool) (canon lift (core func $i "back")))
 (func (export "ready") (result bool) (canon lift (core func $i "ready")))
 (func (export "leak") (canon lift (core func $i "leak")))
 (func (export "end") (canon lift (core func $i "end"))))""".replace(" (alias outer $all $pollable (type $o))\n", "")
NAMES = ("open", "lend", "poll", "give", "back", "ready", "leak", "end")
EXPORTS = " ".join(f'(export "{name}" (func $h "{name}"))' for name in NAMES)
# The resource makes the functions share an instance.
COMPOSED = f"""(component $all {OUTSIDE} {LOOKING} {HOLDING}
 (type $shared (resource (rep i32)))
 (instance $l (instantiate $looking (with "poll" (instance $poll))))
 (instance $looked (export "pollable" (type $pollable)) (export "look" (func $l "look")) (export "keep" (func $l "keep"))
  (export "leak" (func $l "leak")) (export "back" (func $l "back")))
 (instance $h (instantiate $holding (with "poll" (instance $poll)) (with "clock" (instance $clock)) (with "looking" (instance $looked))))
 {EXPORTS} (export "guess" (func $l "guess")))"""
GRANTED = ", imports: [wasi:clocks, wasi:io]"


def test_handles_of_the_host_are_lent_and_given(tmp_path: Path) -> None:
    """Each has indices of its own; what was lent and dropped there is still the lender's, and what was given is not."""
    with opened(tmp_path, COMPOSED, {name: name for name in NAMES}, GRANTED) as project:
        assert project.call("t:open") == 2
        assert project.call("t:lend") == 11 * 1000 + 11 * 10 + 1
        assert project.call("t:poll") == 10
        assert project.call("t:give") == 1
        with pytest.raises(moonwit.CallError, match="unknown handle index"):
            project.call("t:ready")


def test_handles_of_the_host_come_back(tmp_path: Path) -> None:
    """What was given comes back as a result, and ends once."""
    with opened(tmp_path, COMPOSED, {name: name for name in NAMES}, GRANTED) as project:
        project.call("t:open")
        project.call("t:give")
        assert project.call("t:back") is True
        project.call("t:end")
        with pytest.raises(moonwit.CallError, match="unknown handle index"):
            project.call("t:end")


@pytest.mark.parametrize("index", [1, 2])
def test_nobody_guesses_the_handles_of_another(index: int, tmp_path: Path) -> None:
    """A component instance that was given nothing has no handle, whatever others hold."""
    with opened(tmp_path, COMPOSED, {"open": "open", "guess": "guess"}, GRANTED) as project:
        assert project.call("t:open") == 2
        with pytest.raises(moonwit.CallError, match="unknown handle index"):
            project.call("t:guess", index)


def test_a_borrow_of_the_hosts_that_is_left_is_a_trap(tmp_path: Path) -> None:
    """What is lent has to be dropped before the call ends, the host's resources too."""
    with opened(tmp_path, COMPOSED, {"open": "open", "leak": "leak"}, GRANTED) as project:
        project.call("t:open")
        with pytest.raises(moonwit.CallError, match="borrow handles still remain at the end of the call"):
            project.call("t:leak")
