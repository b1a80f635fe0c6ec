"""What answers a request: a function in WebAssembly that knows nothing of HTTP, or a handler in Lua."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from aiohttp import web

from moonwit.host.http.serving.exchange import Exchange, Refused, Responder, ResponseFailed
from moonwit.host.http.serving.parameters import BadRequest, filler
from moonwit.host.http.serving.results import BadAnswer, from_lua, from_response, head, refusal, shaper
from moonwit.host.values.intermediate import ErrorValue
from moonwit.host.wasm.wit import types as wit
from moonwit.lua.calls.descriptions import is_handler
from moonwit.lua.http.lanes import CHUNK, END, ERROR, GUEST, HANDLER, HANDLING, HEAD, INCOMING, LOST, RESPONSE, Call, Frame, Target
from moonwit.lua.http.pool import Lanes
from moonwit.lua.values import buffer

if TYPE_CHECKING:
    from moonwit.host.functions.loaded import LoadedFunction

# The status of an error that a handler gives on purpose.
STATUSES = {
    "NotFound": 404,
    "AlreadyExists": 409,
    "Invalid": 400,
    "PermissionDenied": 403,
    "Unavailable": 503,
    "Canceled": 503,
    "Conflict": 409,
    "Timeout": 504,
    "RateLimited": 429,
}


async def _first(call: Call) -> Frame:
    """Waits for the first frame of an answer; a request that is given up is canceled in its lane."""
    try:
        return await call.first
    except asyncio.CancelledError:
        call.cancel()
        raise


def guest(lanes: Lanes, function: LoadedFunction, variables: list[str]) -> Responder:
    """Gives what answers by a function in WebAssembly; raises ``Misfit`` when no request fits its parameters."""
    result = function.signature.result
    pair = function.results == "pair"
    fill, shape = filler(function.signature, variables), shaper(result, pair)
    err = result.err if isinstance(result, wit.Result) else None
    target = Target(function.call_id, GUEST)

    async def respond(exchange: Exchange) -> web.StreamResponse:
        if exchange.request.body_exists:
            await exchange.read()
        try:
            arguments = fill(exchange)
        except BadRequest as problem:
            raise Refused(400, str(problem)) from None
        frame = await _first(lanes.request(target, buffer.encode_all(arguments) if arguments else b""))
        try:
            if frame.code == ERROR:
                error, stack = frame.error()
                if error.kind == "" and isinstance(result, wit.Result):
                    return exchange.respond(refusal(error.details, err))
                raise _guest_problem(exchange, error, stack)
            if frame.code == LOST:
                raise _lost(exchange, function.id)
            return exchange.respond(shape(frame.value()))
        except BadAnswer as problem:
            raise _bad(exchange, function.id, problem) from None

    return respond


def handler(lanes: Lanes, id: str) -> Responder:
    """Gives what answers by a function in Lua."""
    target = Target(id, HANDLER)

    async def respond(exchange: Exchange) -> web.StreamResponse:
        if exchange.request.body_exists:
            await exchange.read()
        call = lanes.request(target, _encoded(exchange))
        frame = await _first(call)
        try:
            if frame.code == HEAD:
                return await _stream(exchange, call, frame, id)
            if frame.code == ERROR:
                raise _handler_problem(exchange, id, *frame.error())
            if frame.code == LOST:
                raise _lost(exchange, id)
            return exchange.respond(from_response(frame.written()) if frame.code == RESPONSE else from_lua(frame.value()))
        except BadAnswer as problem:
            raise _bad(exchange, id, problem) from None

    return respond


def incoming(lanes: Lanes, function: LoadedFunction) -> Responder:
    """Gives what answers by a guest that exports `wasi:http/handler` or `incoming-handler`: request and response pass as they are made."""
    target, id = Target(function.call_id, HANDLING if is_handler(function.export) else INCOMING), function.id

    async def respond(exchange: Exchange) -> web.StreamResponse:
        request = exchange.request
        headers = [[name.lower(), value] for name, value in request.raw_headers]
        parts = {"method": exchange.method, "target": request.raw_path, "authority": request.host, "headers": headers}
        call = lanes.request(target, buffer.encode(parts))
        reading: set[asyncio.Task[None]] = set()

        def pull() -> None:
            task = asyncio.ensure_future(_feed(exchange, call))
            reading.add(task)
            task.add_done_callback(reading.discard)

        call.pull = pull
        try:
            frame = await _first(call)
            if frame.code == HEAD:
                return await _stream(exchange, call, frame, id)
            if frame.code == ERROR:
                raise _guest_problem(exchange, *frame.error())
            if frame.code == LOST:
                raise _lost(exchange, id)
            return exchange.respond(from_response(frame.written()))
        except BadAnswer as problem:
            raise _bad(exchange, id, problem) from None
        finally:
            call.pull = None
            for task in reading:
                task.cancel()

    return respond


async def _feed(exchange: Exchange, call: Call) -> None:
    """Sends the next piece of a request's body to its guest. A body that is broken, too large or too slow ends the call."""
    try:
        data = await exchange.piece()
    except Refused as refused:
        call.cancel()
        if call.first.done():
            if exchange.request.transport is not None:
                exchange.request.transport.abort()
        else:
            call.first.set_exception(refused)
        return
    call.feed(data, not data)


def _encoded(exchange: Exchange) -> bytes:
    """Gives a request as lua/http/requests.lua hands it to stdlib/http: values that follow one another."""
    request, path = exchange.request, exchange.plain_path
    headers = b"\0".join(piece for pair in request.raw_headers for piece in pair)
    params = dict(exchange.params)
    values = [exchange.method, path, exchange.query, headers, params, exchange.body, exchange.remote, request.host, exchange.id]
    return buffer.encode_all(values)


async def _stream(exchange: Exchange, call: Call, frame: Frame, id: str) -> web.StreamResponse:
    """Sends a response as its handler writes it; each piece is waited for until the client has taken it."""
    more = call.more
    assert more is not None
    try:
        status, headers = head(frame.written())
    except BadAnswer:
        call.cancel()
        raise
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "text/plain; charset=utf-8"))
    response = exchange.stream(status, headers)
    try:
        await response.prepare(exchange.request)
        if exchange.request.method == "HEAD":
            call.cancel()
            await response.write_eof()
            return response
        while True:
            frame = await more.get()
            if frame.code == END:
                await response.write_eof()
                return response
            if frame.code != CHUNK:
                break
            ticket, data = frame.chunk()
            if data:
                await response.write(data)  # waits while the client does not take it
                exchange.sent += len(data)
            call.taken(ticket, True)
    except BaseException:
        call.cancel()
        raise
    # The status is gone already: only a broken connection says that something is missing.
    if frame.code == ERROR:
        error, stack = frame.error()
        exchange.log(f"{exchange.id} {id} failed while its response was sent: {_told(error, stack)}")
    elif frame.code == LOST:
        exchange.log(f"{exchange.id} {id} was left when its lane ended, while its response was sent")
    if exchange.request.transport is not None:
        exchange.request.transport.abort()
    raise ResponseFailed("the response has failed")


def _told(error: ErrorValue, stack: str) -> str:
    """Gives an error for the log: its stack begins with its message."""
    return stack or error.message


def _guest_problem(exchange: Exchange, error: ErrorValue, stack: str) -> Refused:
    match error.kind:
        case "Invalid":
            return Refused(400, error.message)
        case "Timeout":
            return Refused(504, "the function took too long")
        case "Unavailable" | "RateLimited" | "Canceled":
            exchange.log(f"{exchange.id} {error.message}")
            return Refused(503, "the function can't be called now", headers={"Retry-After": "1"})
    exchange.log(f"{exchange.id} {_told(error, stack)}")
    return Refused(500, "the function has failed")


def _handler_problem(exchange: Exchange, id: str, error: ErrorValue, stack: str) -> Refused:
    """Words the error of a handler. What concerns another function that it has called is written only to the log."""
    about = error.extra.get("entry")
    status = STATUSES.get(error.kind, 500)
    own = about is None or (about == id.encode() and error.kind == "Timeout")
    if own and status < 500:
        return Refused(status, error.message)
    if status not in (503, 504):
        status = 500
    exchange.log(f"{exchange.id} {id}: {_told(error, stack)}")
    sentence = {503: "the function can't be called now", 504: "the function took too long"}.get(status, "the function has failed")
    return Refused(status, sentence)


def _bad(exchange: Exchange, id: str, problem: BadAnswer) -> Refused:
    exchange.log(f"{exchange.id} {id}: {problem}")
    return Refused(500, "the function has failed")


def _lost(exchange: Exchange, id: str) -> Refused:
    exchange.log(f"{exchange.id} {id}: the lane that ran it has ended")
    return Refused(500, "the function has failed")


def broken(id: str, problem: str, log: Callable[[str], None]) -> Responder:
    """Gives what answers for an endpoint that can't be served."""

    async def respond(exchange: Exchange) -> web.StreamResponse:
        log(f"{exchange.id} {id}: {problem}")
        raise Refused(503, "this endpoint can't be used")

    return respond


