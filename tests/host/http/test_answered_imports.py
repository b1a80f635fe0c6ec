"""Guests behind endpoints whose imports libraries answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from textwrap import indent

from tests.host.http.conftest import Serve
from tests.moonwit.test_imports import MATH

ENTRIES = f"""
  - {{name: web, kind: http.service, addr: "127.0.0.1:0", access_log: false}}
  - name: math
    kind: library.lua
    modules: [time]
    source: |
      return {{ add = function(a, b) time.sleep('1ms') if a == 7 then error('not seven', 0) end return a + b end }}
  - {{name: price, kind: function.lua, source: "return function(n) return n * 10 end"}}
  - name: run
    kind: function.wat
    method: run
    transport: wasi-http
    imports: [math: math, price-of: price]
    source: |
{indent(MATH, "      ")}
  - {{name: run_endpoint, kind: http.endpoint, path: "/run/{{n}}", func: run}}
"""


def test_requests_wait_in_libraries_concurrently(serve: Serve) -> None:
    """Fifty requests are answered by guests that wait in a library; an error of the library is a 500 and harms no other request."""
    served = serve(ENTRIES)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: served.ask("GET", f"/run/{n}"), range(50)))
    assert [answer.status for answer in answers] == [500 if n == 7 else 200 for n in range(50)]
    assert [answer.text for n, answer in enumerate(answers) if n != 7] == [str((n + 1) * 10) for n in range(50) if n != 7]
