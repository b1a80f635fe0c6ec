"""Files of a folder, and nothing outside it."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Sequence

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_fileresponse import CONTENT_TYPES

from moonwit.host.beneath import open_beneath
from moonwit.host.http.exchange import Exchange, Refused, web_headers
from moonwit.host.http.layout import Files
from moonwit.host.http.routes import BadPath, decoded
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
        exchange.sent = os.fstat(found.fileno()).st_size if exchange.request.method != "HEAD" else 0
        type = CONTENT_TYPES.guess_type(parts[-1])[0] or "application/octet-stream"
        return _Opened(found, web_headers(exchange.id, type, more))

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


class _Opened(web.FileResponse):
    """Sends the very file that a descriptor holds, whatever its name stands for meanwhile."""

    def __init__(self, file: io.FileIO, headers: list[tuple[str, str]]) -> None:
        super().__init__(f"/proc/self/fd/{file.fileno()}", headers=dict(headers))
        self._file = file

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Sends all of it."""
        try:
            return await super().prepare(request)
        finally:
            self._file.close()


def _held(descriptor: int) -> io.FileIO | object | None:
    """Gives a plain file to hold, ``_FOLDER`` for a folder, None for anything else: no device, no pipe."""
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return io.FileIO(descriptor)
    os.close(descriptor)
    return _FOLDER if stat.S_ISDIR(mode) else None
