"""What the WIT of wasi:sockets says for each state of a socket: the error-codes of what does not fit it."""

from __future__ import annotations

from pathlib import Path

from tests.lua.networks import Peer, echo, entry, project

TCP = """\
unbound:
  accept invalid-state
  local invalid-state
  remote invalid-state
  listening false
  backlog ok
  hops ok
unbound finishes:
  not-in-progress
  not-in-progress
  not-in-progress
  invalid-state
unbound shutdown:
  invalid-state
binding:
  start-bind concurrency-conflict
  start-listen concurrency-conflict
  start-connect concurrency-conflict
  accept invalid-state
  local invalid-state
  remote invalid-state
  listening false
  backlog ok
  hops ok
binding finishes:
  ok
  not-in-progress
  not-in-progress
bound:
  invalid-state
  not-in-progress
  not-in-progress
  not-in-progress
bound:
  accept invalid-state
  local ok
  remote invalid-state
  listening false
  backlog ok
  hops ok
starting to listen:
  start-bind concurrency-conflict
  start-listen concurrency-conflict
  start-connect concurrency-conflict
  accept invalid-state
  local ok
  remote invalid-state
  listening false
  backlog ok
  hops ok
starting to listen finishes:
  not-in-progress
  ok
  not-in-progress
listening:
  start-bind invalid-state
  start-listen invalid-state
  start-connect invalid-state
  accept would-block
  local ok
  remote invalid-state
  listening true
  backlog ok
  hops ok
listening shutdown:
  invalid-state
  not-in-progress
  not-in-progress
  not-in-progress
connecting:
  start-bind concurrency-conflict
  start-listen concurrency-conflict
  start-connect concurrency-conflict
  accept invalid-state
  local ok
  remote invalid-state
  listening false
  backlog invalid-state
  hops ok
connecting:
  not-in-progress
  invalid-state
connected:
  start-bind invalid-state
  start-listen invalid-state
  start-connect invalid-state
  accept invalid-state
  local ok
  remote ok
  listening false
  backlog invalid-state
  hops ok
connected finishes:
  not-in-progress
  not-in-progress
  not-in-progress
connected shutdown:
  ok
  ok
  ok
failing:
  connection-refused
closed:
  start-bind invalid-state
  start-listen invalid-state
  start-connect invalid-state
  accept invalid-state
  local invalid-state
  remote invalid-state
  listening false
  backlog invalid-state
  hops invalid-state
closed finishes:
  not-in-progress
  not-in-progress
  not-in-progress
  invalid-state
"""

UDP = """\
unbound:
  finish-bind not-in-progress
  local invalid-state
  remote invalid-state
  hops ok
unbound:
  stream invalid-state
binding:
  concurrency-conflict
  invalid-state
  invalid-state
binding:
  finish-bind ok
  local ok
  remote invalid-state
  hops ok
bound:
  finish-bind not-in-progress
  local ok
  remote invalid-state
  hops ok
bound:
  invalid-state
connected:
  finish-bind not-in-progress
  local ok
  remote ok
  hops ok
connected:
  ok
disconnected:
  finish-bind not-in-progress
  local ok
  remote invalid-state
  hops ok
disconnected:
  invalid-state
  same port true
disconnected:
  ok
"""


def shown(lines: list[str]) -> str:
    """A line for each state, and one for each answer."""
    parts = [line.partition(": ") for line in lines]
    return "".join(f"{state}:\n" + "".join(f"  {each}\n" for each in rest.split(", ")) for state, _, rest in parts)


def test_the_states_of_sockets(tmp_path: Path) -> None:
    """Each method is answered as the socket's state has it, between the start and the finish of something too."""
    with Peer(echo) as peer, project(tmp_path, entry("tcp-states"), entry("udp-states")) as found:
        assert shown(found.call("t:tcp-states", peer.address)) == TCP
        assert shown(found.call("t:udp-states", peer.address)) == UDP
