"""The requests that a lane's scripts and guests send: begun here, answered into the lane's inbox."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any

from moonwit.host.http.asking import outgoing
from moonwit.host.http.asking.client import Request, RequestFailed, Response, shared
from moonwit.lua.values import buffer

if TYPE_CHECKING:
    from moonwit.lua.border.answers import ExchangeFailure, Failure, Fetched, FetchedHead, FetchedPiece
    from moonwit.lua.border.messages import Answer


class Fetcher:
    """What a lane's ``http_client``, and lua/wasi/exchange.lua, ask for; its methods are called on the lane's thread.

    ``post`` puts a message into the lane's inbox.
    """

    def __init__(self, post: Callable[[Answer], object]) -> None:
        self._post = post
        self._client = shared()
        self._running: dict[int, Future[Any]] = {}
        self._exchanges: dict[int, outgoing.Exchange] = {}

    def do(self, operation: str, number: int, data: bytes) -> None:
        """`send` and `read` are answered to the ticket ``number``; `cancel` ends them, `close` ends the stream ``number``."""
        if operation == "send":
            self._follow(number, self._client.send(_request(data)))
        elif operation == "read":
            self._follow(number, self._client.read(int(data)))
        elif operation == "cancel":
            running = self._running.get(number)
            if running is not None:
                running.cancel()
        elif operation == "close":
            self._client.close(number)
        else:
            self._exchange(operation, number, data)

    def _exchange(self, operation: str, number: int, data: bytes) -> None:
        """What concerns the request of a guest: each has the number of the ticket that `out.send` is answered to. `out.write` and
        `out.read` have a ticket of their own before the data."""
        if operation == "out.send":
            exchange = self._exchanges[number] = outgoing.Exchange(self._client, _outgoing(data))
            self._follow(number, exchange.send())
            return
        if operation == "out.close":
            if (ended := self._exchanges.pop(number, None)) is not None:
                ended.close()
            return
        ticket, piece = buffer.decode_all(data)
        exchange = self._exchanges[number]
        if operation == "out.write":
            self._follow(int(ticket), exchange.write(piece))
        elif operation == "out.read":
            self._follow(int(ticket), exchange.read())
        else:
            exchange.finish()

    def _follow(self, ticket: int, running: Future[Any]) -> None:
        self._running[ticket] = running

        def answer(done: Future[Any]) -> None:
            self._running.pop(ticket, None)
            self._post({"kind": "answer", "ticket": ticket, "value": _answer(done)})

        running.add_done_callback(answer)


def _request(data: bytes) -> Request:
    method, url, headers, body, timeout, redirects, most, stream = buffer.decode_all(data)
    pairs = [(name.decode("utf-8", "replace"), value.decode("utf-8", "surrogateescape")) for name, value in headers]
    seconds = None if timeout is None else float(timeout) / 1000
    return Request(method.decode(), url.decode("utf-8", "replace"), pairs, body, seconds, int(redirects), int(most), bool(stream))


def _outgoing(data: bytes) -> outgoing.Outgoing:
    method, url, headers, body, connect, first_byte, between_bytes = buffer.decode_all(data)
    # The client takes names in one case and in another for two headers, of which the second replaces the first.
    pairs = [(name.decode("ascii").lower(), value.decode("utf-8", "surrogateescape")) for name, value in headers]
    times = (float(connect), float(first_byte), float(between_bytes))
    return outgoing.Outgoing(method.decode("utf-8", "surrogateescape"), url.decode("utf-8", "surrogateescape"), pairs, body, *times)


def _answer(done: Future[Any]) -> Fetched | FetchedHead | FetchedPiece | Failure | ExchangeFailure:
    try:
        value = done.result()
    except RequestFailed as error:
        return {"failed": True, "kind": error.kind, "message": error.message}
    except outgoing.Failed as error:
        return {"failed": True, "code": error.code, "message": error.detail}
    except CancelledError:
        return {"failed": True, "kind": "Canceled", "message": "the request was canceled"}
    except Exception as error:
        return {"failed": True, "kind": "Internal", "message": f"the request has failed: {type(error).__name__}: {error}"}
    if isinstance(value, Response):
        pairs = [[name.encode("utf-8", "surrogateescape"), text.encode("utf-8", "surrogateescape")] for name, text in value.headers]
        return {"status": value.status, "headers": pairs, "url": value.url, "body": value.body, "stream": value.stream}
    if isinstance(value, outgoing.Head):
        return {"status": value.status, "headers": [list(pair) for pair in value.headers]}
    return {"body": value}
