"""A mistake of the server's own in a request."""

import asyncio
import json

from moonwit.host.http.serving.layout import Service
from moonwit.host.http.serving.server import Server


def test_a_mistake_has_one_id():
    """The client, the sentence in the log and the request's line name one id, and the route counts a failure."""

    async def fails(exchange):
        raise KeyError("lost")

    async def fails_later(exchange):
        response = exchange.stream(200, [])
        await response.prepare(exchange.request)
        await response.write(b"begun")
        raise KeyError("lost")

    async def main():
        said = []
        service = Service("t:web", "127.0.0.1", 0, 1, 30, 30, 60, 1, 1000, 8190, 100, True)
        server = Server(service, said.append)
        server.mount("GET", ["first"], "first", fails)
        server.mount("GET", ["later"], "later", fails_later)
        port = int((await server.start())[0].rsplit(":", 1)[1])

        async def ask(path):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: t\r\nX-Request-Id: {path[1:]}-id\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
            return answer

        first, later = await ask("/first"), await ask("/later")
        await server.stop()
        return first, later, "".join(said).splitlines(), server.statistics()

    first, later, lines, counts = asyncio.run(main())
    head, _, body = first.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 500 ")
    assert json.loads(body) == {"error": "the server has failed", "request_id": "first-id"}
    assert later.endswith(b"begun\r\n") and b"later-id" in later
    assert [[word for word in ("first-id", "later-id", "KeyError") if word in line] for line in lines] == [
        ["first-id", "KeyError"],
        ["first-id"],
        ["later-id", "KeyError"],
        ["later-id"],
    ]
    assert [(counts[name].requests, counts[name].failures) for name in ("first", "later", "no route")] == [(1, 1), (1, 1), (0, 0)]
