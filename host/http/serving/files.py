"""Files of a folder, and nothing outside it."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import re
import stat
from collections.abc import Sequence
from typing import IO, Any

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_fileresponse import CONTENT_TYPES

from moonwit.host.files.beneath import open_beneath
from moonwit.host.http.serving.exchange import Exchange, Refused, ResponseFailed, web_headers
from moonwit.host.http.serving.layout import Files
from moonwit.host.http.serving.routes import BadPath, decoded
from moonwit.registry import inside


class FileServer:
    """Serves the files of a folder below a path. Names that begin with a dot are not served, `.well-known` excepted."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.prefix = files.path.rstrip("/")

    def has(self, path: str) -> bool:
        """Tells whether a path is below its own."""
        return path == self.prefix or path.startswith(self.prefix + "/") or not self.prefix

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        """Sends the file that a path names; raises ``Refused``."""
        try:
            parts = [decoded(part) for part in exchange.path[len(self.prefix) :].split("/") if part]
        except BadPath as error:
            raise Refused(400, str(error)) from None
        index = self.files.index.split("/")
        found = self._open(parts)
        if isinstance(found, io.FileIO) and exchange.path.endswith("/"):
            # It names a folder; relative links of a page that is sent here would lead elsewhere.
            found.close()
            found = None
        if found is _FOLDER:
            if not exchange.path.endswith("/"):
                query = f"?{exchange.query}" if exchange.query else ""
                # Never two slashes in front: that would name another host.
                raise Refused(308, "the folder's path ends with /", headers={"Location": "/" + exchange.path.strip("/") + "/" + query})
            parts = [*parts, *index]
            found = self._open(parts)
        if self.files.spa and not isinstance(found, io.FileIO):
            parts = index
            found = self._open(parts)
        if not isinstance(found, io.FileIO):
            raise Refused(404, "there is no such file")
        more = [("Cache-Control", self.files.cache), ("X-Content-Type-Options", "nosniff")]
        accepted = exchange.request.headers.get("Accept-Encoding", "").lower()
        for ending, encoding in _COMPRESSED:
            packed = self._open([*parts[:-1], parts[-1] + ending], os.O_NOFOLLOW) if encoding in accepted else None
            if isinstance(packed, io.FileIO):
                found.close()
                found = packed
                more += [("Content-Encoding", encoding), ("Vary", "Accept-Encoding")]
                break
        try:
            request = _ranged(exchange.request, os.fstat(found.fileno()).st_size)
        except Refused:
            found.close()
            raise
        type = CONTENT_TYPES.guess_type(parts[-1])[0] or "application/octet-stream"
        response = _Opened(found, web_headers(exchange.id, type, more), exchange.service.write)
        # Sent here, and not by the connection afterwards: only then is it known what became of it.
        await response.prepare(request)
        if request.method != "HEAD" and response.status in (200, 206):
            exchange.sent = response.content_length or 0
        return response

    def _open(self, parts: Sequence[str], flags: int = 0) -> io.FileIO | object | None:
        """Finds what a path names, without opening it for reading: a pipe would wait, a device might act."""
        if any("/" in part or "\0" in part or (part.startswith(".") and part != ".well-known") for part in parts):
            return None
        path = "/".join(parts) or "."
        try:
            folder = os.open(self.files.folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            try:
                return _held(open_beneath(folder, os.fsencode(path), os.O_PATH | flags))
            except OSError as error:
                if error.errno != errno.EXDEV:
                    return None
                # An absolute link may lead back into the folder. What it leads to is opened beneath the folder too.
                real = inside(self.files.folder, path)
                if real is None:
                    return None
                return _held(open_beneath(folder, os.fsencode(real.relative_to(self.files.folder)), os.O_PATH | flags))
        except (OSError, ValueError):
            return None
        finally:
            os.close(folder)


_FOLDER = object()

# Files that stand beside another, and are sent in its place to clients that can read them.
_COMPRESSED = ((".br", "br"), (".gz", "gzip"))


# How much is handed to the system at once; each piece has the service's time for writing.
PIECE = 128 * 1024

_RANGE = re.compile(r"\s*bytes\s*=\s*(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))\s*")
_CONDITIONS = ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range")


def _ranged(request: web.BaseRequest, size: int) -> web.BaseRequest:
    """Gives the request as it is served: one that asks for several ranges, or for none that can be read, asks for the whole file.

    Raises ``Refused`` for a range that the file does not have.
    """
    wanted = request.headers.get("Range")
    if wanted is None:
        return request
    found = _RANGE.fullmatch(wanted)
    if found is None or (found[2] and int(found[2]) < int(found[1])):
        headers = request.headers.copy()
        headers.popall("Range")
        return request.clone(headers=headers)
    beyond = int(found[1]) >= size if found[1] is not None else int(found[3]) == 0 or size == 0
    if beyond and not any(name in request.headers for name in _CONDITIONS):
        raise Refused(416, f"the file has {size} bytes, and the range is not among them", headers={"Content-Range": f"bytes */{size}"})
    return request


class _Opened(web.FileResponse):
    """Sends the very file that a descriptor holds, whatever its name stands for meanwhile."""

    def __init__(self, file: io.FileIO, headers: list[tuple[str, str]], patience: float) -> None:
        super().__init__(f"/proc/self/fd/{file.fileno()}", headers=dict(headers))
        self._file = file
        self._patience = patience

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Sends all of it, once."""
        if self._file.closed:
            return None
        try:
            return await super().prepare(request)
        finally:
            self._file.close()

    async def _sendfile(self, request: web.BaseRequest, fobj: IO[Any], offset: int, count: int) -> AbstractStreamWriter:
        # In pieces, each within its time: a client that takes nothing would keep the file and the connection forever.
        writer = await web.StreamResponse.prepare(self, request)
        assert writer is not None
        loop = asyncio.get_running_loop()
        while count > 0:
            transport = request.transport
            if transport is None or transport.is_closing():
                raise ConnectionResetError("the client has gone")
            try:
                async with asyncio.timeout(self._patience):
                    sent = await loop.sendfile(transport, fobj, offset, min(count, PIECE))
            except TimeoutError:
                transport.abort()
                raise ConnectionResetError("the client does not take the file") from None
            if not sent:  # the file has become shorter: only a broken connection says so
                transport.abort()
                raise ResponseFailed("the file has become shorter while it was sent")
            offset, count = offset + sent, count - sent
        await web.StreamResponse.write_eof(self)
        return writer


def _held(descriptor: int) -> io.FileIO | object | None:
    """Gives a plain file to hold, ``_FOLDER`` for a folder, None for anything else: no device, no pipe."""
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return io.FileIO(descriptor)
    os.close(descriptor)
    return _FOLDER if stat.S_ISDIR(mode) else None
