"""Descriptors that tasks of a lane wait for, through the dispatcher alone: pipes, changes that nobody watches, and ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from moonwit.lua.lane.lane import new_state

SETUP = """
  local ffi = require 'ffi'
  local descriptors, dispatcher = require 'lua.dispatcher.descriptors', require 'lua.dispatcher.dispatcher'
  ffi.cdef 'int pipe2(int *both, int flags); long write(int fd, const void *bytes, size_t size); int close(int fd);'
  local function pipe()
    local both = ffi.new 'int[2]'
    assert(ffi.C.pipe2(both, 0x800) == 0)
    return both[0], both[1]
  end
  local function readable(fd) return function() return descriptors.now(fd, descriptors.READABLE) ~= 0 end end
  -- Waits until a descriptor can be read.
  local function wait(D, fd)
    local task, generation = dispatcher.ticket()
    local stop = descriptors.watch(D, readable(fd), task, generation, dispatcher.wake)
    local problem = dispatcher.suspend 'a pipe'
    stop()
    return problem
  end
  local function run(f)
    local ok, problem = dispatcher.run(f)
    if not ok then return tostring(problem) end
    local left = descriptors.statistics()
    return (problem or '') .. ' ' .. left.watching .. ' ' .. left.entered
  end
"""


@pytest.fixture
def run() -> Callable[[str], str]:
    """Runs the body of a main task; gives what it returns, and how many still watch and how many descriptors are in the set."""
    lua, _ = new_state({})

    def found(body: str) -> str:
        answer = lua.execute(f"{SETUP} return run(function() {body} end)".encode())
        assert isinstance(answer, bytes)
        return answer.decode()

    return found


def test_what_can_be_read_already(run: Callable[[str], str]) -> None:
    """A wait for what is there is over at once."""
    assert run("""local r, w = pipe() local D = descriptors.new(r) ffi.C.write(w, 'x', 1)
      wait(D, r) descriptors.forget(D) ffi.C.close(r) ffi.C.close(w) return 'read'""") == "read 0 0"


def test_what_comes_later(run: Callable[[str], str]) -> None:
    """Several wait for one descriptor, and each is woken by what another task writes; others wait on."""
    assert run("""local r, w = pipe() local other, end_of_other = pipe()
      local D, E, woken = descriptors.new(r), descriptors.new(other), {}
      local function waiter(name, D, fd) dispatcher.spawn(function() if not wait(D, fd) then woken[#woken + 1] = name end end) end
      waiter('a', D, r) waiter('b', D, r) waiter('c', E, other)
      dispatcher.pause() dispatcher.pause()
      ffi.C.write(w, 'x', 1)
      while #woken < 2 do dispatcher.pause() end
      dispatcher.pause()
      assert(#woken == 2)
      table.sort(woken)
      ffi.C.close(end_of_other)
      while #woken < 3 do dispatcher.pause() end
      descriptors.forget(D) descriptors.forget(E)
      for _, fd in ipairs { r, w, other } do ffi.C.close(fd) end
      return table.concat(woken)""") == "abc 0 0"


def test_a_change_that_nobody_watched(run: Callable[[str], str]) -> None:
    """What has come between two waits is seen by the second."""
    assert run("""local r, w = pipe() local D = descriptors.new(r) ffi.C.write(w, 'x', 1)
      wait(D, r) wait(D, r) wait(D, r)
      descriptors.forget(D) ffi.C.close(r) ffi.C.close(w) return 'read'""") == "read 0 0"


def test_a_descriptor_that_is_closed(run: Callable[[str], str]) -> None:
    """Who waits for what is closed goes on, and a wait after that is over at once."""
    assert run("""local r, w = pipe() local D, over = descriptors.new(r), 0
      dispatcher.spawn(function() wait(D, r) over = over + 1 end)
      dispatcher.pause() dispatcher.pause()
      descriptors.forget(D) ffi.C.close(r)
      while over == 0 do dispatcher.pause() end
      wait(D, -1)
      ffi.C.close(w) return 'over'""") == "over 0 0"


def test_the_number_of_a_descriptor_is_used_again(run: Callable[[str], str]) -> None:
    """Changes of a new descriptor reach who waits for the new one only."""
    assert run("""local seen = 0
      for i = 1, 50 do
        local r, w = pipe() local D = descriptors.new(r) ffi.C.write(w, 'x', 1)
        assert(not wait(D, r)) seen = seen + 1
        descriptors.forget(D) ffi.C.close(r) ffi.C.close(w)
      end
      return seen""") == "50 0 0"


def test_pushing_on_in_the_background(run: Callable[[str], str]) -> None:
    """What follows a descriptor hears of its changes while no task waits for it."""
    assert run("""local r, w = pipe() local D, pushed = descriptors.new(r), 0
      descriptors.follow(D, function() pushed = pushed + 1 end)
      ffi.C.write(w, 'x', 1)
      while pushed == 0 do dispatcher.pause() end
      descriptors.follow(D, nil)
      descriptors.forget(D) ffi.C.close(r) ffi.C.close(w) return 'pushed'""") == "pushed 0 0"


def test_a_canceled_wait(run: Callable[[str], str]) -> None:
    """A task that is canceled where it waits for a descriptor leaves nothing behind."""
    assert run("""local r, w = pipe() local D, problem = descriptors.new(r), nil
      local task = dispatcher.spawn(function() problem = wait(D, r) end)
      dispatcher.pause() dispatcher.pause()
      dispatcher.cancel(task)
      while not problem do dispatcher.pause() end
      descriptors.forget(D) ffi.C.close(r) ffi.C.close(w) return problem:message()""") == "canceled 0 0"
