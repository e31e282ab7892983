"""The bytes of an input on their way to the place that a service signed for them."""

from __future__ import annotations

from ...core.errors import ProtocolError
from ...core.requests import InputFile
from ...media.sniff import sniff
from ...net.http import Http


async def put(http: Http, url: str, file: InputFile, *, media_type: str) -> None:
    """Send a file's bytes to `url` as `media_type`; costs nothing. Raises a `ServiceError` for a refusal.

    A page in answer (a sign-in page, with status 200) stored nothing: `ProtocolError`, before a job is paid for that
    would start without its input.
    """
    source = file.data if file.path is None else file.path
    answer = await http.upload(url, source, media_type=media_type, size=file.size or len(file.data))
    if sniff(answer.body) == "text/html":
        raise ProtocolError(
            f"{http.service}: a web page came in answer to the upload of {file.filename}, so it was not stored; "
            "is there a sign-in page between here and the internet?",
            service=http.service,
            status=answer.status,
        )
