"""`ranged` answers a request for a part of a file in memory, as players of videos ask for it."""

import re

from starlette.requests import Request
from starlette.responses import Response

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})\Z")


def ranged(request: Request, data: bytes, mime: str) -> Response:
    """The data, or the one part of it that the header Range asks for."""
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=600"}
    asked = _RANGE.match(request.headers.get("range", ""))
    if asked is None or asked.groups() == ("", ""):
        return Response(data, media_type=mime, headers=headers)
    first, last = asked.groups()
    if first == "":
        start, stop = max(0, len(data) - int(last)), len(data)
    else:
        start, stop = int(first), min(int(last) + 1 if last else len(data), len(data))
    if start >= stop:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{len(data)}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
    return Response(data[start:stop], 206, media_type=mime, headers=headers)
