"""Every hosted service, at a server that says anything at any moment: nothing is paid twice, lost, or shown.

The server counts the jobs that it takes in. After each run those are the jobs that the journal knows, or that an error
has named; none was sent twice; every error is ours, clean and of bounded length; and no key is anywhere.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ipyimagegen.core.errors import ImagegenError, JobError, SubmitUnknown
from ipyimagegen.jobs.client import Client
from tests.hostile import Act, Asked, Hostile, Moment, Script

from .lost import ALL
from .seen import ACTING, EVIL, LONG, MARKER, ROOM, frames_of, newest, run_once, seen_of, texts_of
from .worlds import World

EXAMPLES = 25
MOMENTS: tuple[Moment, ...] = ("answer", "answer", "answer", "cut", "reset")

WORDS = st.sampled_from([EVIL, LONG, MARKER, "no"])
KNOWN = (
    "error message detail title status type code errCode errMessage subErrCode apiInvokeId request_id id taskId data "
    "success errors status_url response_url url uri logs progress result output images filename metrics cost meta seed"
)
FIELDS = tuple(KNOWN.split())
NOTHING_OF_AN_ERROR = tuple(
    name
    for name in FIELDS
    if name not in {"error", "errCode", "subErrCode", "success", "status", "type", "code", "data"}
)
STATES = ("COMPLETED", "failed", "running", 1e308)
VALUES = st.recursive(
    WORDS | st.none() | st.booleans() | st.integers(-5, 600) | st.sampled_from(STATES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=8,
)
RAW = st.sampled_from([b"", b"{", b"[" * 100_000, b"\xff\xfe\x00", LONG.encode(), b"<html><title>" + EVIL.encode()])
LOST_BODIES = (
    st.sampled_from([lost.body for lost in ALL])
    | st.builds(lambda value: json.dumps(value).encode(), st.dictionaries(st.sampled_from(NOTHING_OF_AN_ERROR), VALUES))
    | RAW
)
"""What proves nothing: nowhere in it is a service's own form of error."""
BODIES = (
    st.sampled_from([lost.body for lost in ALL]) | st.builds(lambda value: json.dumps(value).encode(), VALUES) | RAW
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(["application/json", "text/html", "image/png", "text/plain", f"a/{MARKER}"]),
        "x-request-id": st.just(f"{MARKER} \x9b2J"),
        "x-ca-error-message": st.just(f"Invalid Signature {MARKER}"),
        "content-disposition": st.just(f'attachment; filename="{MARKER}.png"'),
        "x-seed-value": st.just(MARKER),
        "retry-after": st.sampled_from(["0", "1", MARKER]),
    },
)
REFUSED = (400, 401, 402, 403, 404, 406, 410, 413, 422, 425, 429)
"""With these nothing is taken in, whoever says it."""
PASSED_ON = (200, 201, 204, 302, 303, 408, 409, 499, 500, 501, 502, 503, 504, 520, 524, 529, 599, 999)
"""The job may run behind these; in what follows it does."""


@st.composite
def submits(draw: st.DrawFn) -> Act | None:
    """What happens to a submit: it is refused, lost, or goes well (`None`)."""
    kind = draw(st.sampled_from(["refused", "lost", "lost", "lost", "unread", "well", "well"]))
    if kind == "well":
        return None
    if kind == "unread":
        return Act(moment="reset_before", takes=False)
    headers = draw(HEADERS)
    if kind == "refused":
        return Act(draw(st.sampled_from(REFUSED)), draw(BODIES), headers, draw(st.sampled_from(MOMENTS)), takes=False)
    status = draw(st.sampled_from(PASSED_ON))
    if status == 503:
        headers.pop("retry-after", None)  # by the services' documentation a refusal, where no proxy says it
    return Act(status, draw(LOST_BODIES), headers, draw(st.sampled_from(MOMENTS)), takes=True)


READS = st.builds(
    Act,
    status=st.sampled_from([200, 200, 200, 302, 400, 404, 422, 429, 500, 502, 503]),
    body=BODIES,
    headers=HEADERS,
    moment=st.sampled_from(MOMENTS),
)
"""What happens to a poll, a stream or a download."""


def scripted(first: list[Act | None], then: list[Act]) -> Script:
    """Submits come to `first`, everything else to `then`, one after the other; then all goes well."""
    submitted, asked = iter(first), iter(then)

    def script(request: Asked) -> Act | None:
        if request.submits:
            return next(submitted, None)
        return None if request.path.startswith(("/apps/", "/inference-model")) else next(asked, None)

    return script


def test_nothing_is_paid_twice_lost_or_shown(
    hosted: World, hostile_client: Client, hostile_server: Hostile, log_lines: io.StringIO, tmp_path: Path
) -> None:
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(st.lists(submits(), max_size=3), st.lists(READS, max_size=4))
    def tried(first: list[Act | None], then: list[Act]) -> None:
        hostile_server.script = scripted(first, then)
        hostile_server.taken.clear()
        result, error, job = run_once(hostile_client, hosted)
        row = newest(hostile_client.journal)
        assert error is None or isinstance(error, ImagegenError), repr(error)
        assert len(hostile_server.taken) <= 1, "sent twice"
        if hostile_server.taken:
            named = isinstance(error, SubmitUnknown | JobError) or row.ticket is not None
            assert result is not None or named, f"lost: {error!r}"
        if isinstance(error, SubmitUnknown):
            assert row.is_open or row.ended is None, "closed, though it may run"
        seen = seen_of(result, error, job)
        assert [] == [text[:200] for text in seen if MARKER in text or any(c in text for c in ACTING)]
        assert [] == [text[:200] for text in texts_of(error) if len(text) > ROOM]
        if error is not None:
            assert [] == [text[:200] for text in frames_of(error) if MARKER in text]

    tried()
    assert hostile_client.journal is not None
    hostile_client.journal.close()
    assert MARKER not in log_lines.getvalue()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert [] == [path.name for path in files if MARKER in path.read_bytes().decode("latin-1") or MARKER in path.name]
