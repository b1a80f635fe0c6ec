"""The garbage collector works while a lane has nothing else to do."""

from __future__ import annotations

import moonwit


def test_garbage_goes_while_a_script_sleeps() -> None:
    """What a script has let go of is collected while it waits, though it makes nothing new that would bring the collector about."""
    with moonwit.open(None) as project:
        project.run_script("""
          collectgarbage()
          local first = collectgarbage("count")
          -- Much, and yet less than has the collector begin by itself.
          local held = {}
          for i = 1, 150 do held[i] = ("x"):rep(8000 + i) end
          held = nil
          local full = collectgarbage("count")
          assert(full - first > 1100, full - first)
          for _ = 1, 1000 do
            time.sleep("6ms")
            if collectgarbage("count") - first < 300 then return end
          end
          error("the garbage is still there")""")
