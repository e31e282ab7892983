"""Every hosted service: its words act on nothing and hide nothing, are of bounded length, and repeat no key."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from ipyimagegen import history
from ipyimagegen.core.errors import ImagegenError, JobError
from ipyimagegen.core.service_text import MAX_KEPT_CHARS
from ipyimagegen.jobs.client import Client
from ipyimagegen.services.segmind import SegmindClient
from tests.hostile import PNG, Act, Asked, Hostile, Script, said

from .seen import ACTING, EVIL, LONG, MARKER, ROOM, frames_of, newest, run_once, seen_of, texts_of
from .test_paid_once import DOCUMENTED
from .worlds import World


def evil(job: str, host: str) -> dict[str, Any]:
    """What the services say when all goes well, with hostile words and the user's key wherever there is room."""
    picture = f"{host}/a.png"
    facts = {"cost": 0.1, "note": EVIL, EVIL: [EVIL]}
    file = {"url": picture, "filename": f"{EVIL}.png", "format": EVIL, "type": EVIL}
    task = {
        "id": job,
        "status": 10,
        "progress": {"percent": 50, "message": EVIL},
        "logs": [EVIL, LONG],
        "session_id": EVIL,
    }
    return {
        "/scc/comfy_prompt": {"taskId": job, "status": "waiting", "message": EVIL},
        "/scc/comfy_get_progress": {"taskId": job, "status": "succeeded", "progress": 1, "message": LONG},
        "/scc/comfy_get_result": {
            "taskId": job,
            "status": "succeeded",
            "result": {EVIL: file, "note": LONG},
            "info": facts,
        },
        "/v2/submit": {"type": "update", "id": job, "status": "queued", "message": EVIL},
        f"/v2/poll/{job}": {"type": "result", "id": job, "status": "complete", "data": {"url": picture}, "meta": facts},
        f"/v2/requests/{job}/status": {"request_id": job, "status": "COMPLETED", "metrics": facts},
        f"/v2/requests/{job}": {"request_id": job, "status": "COMPLETED", "output": [file], "metrics": facts},
        "/apps/run": {"id": job, "status": 1, "logs": [EVIL]},
        f"/tasks/{job}": {**task, "output": {EVIL: {"uri": picture, "filename": EVIL}, "text": EVIL}},
    }


def bad_end(job: str) -> dict[str, Any]:
    """What the services say of a job that failed."""
    why = {"status": "FAILED", "request_id": job, "error": LONG}
    return {
        "/scc/comfy_get_progress": {"taskId": job, "status": "failed", "message": LONG},
        "/scc/comfy_get_result": {"taskId": job, "status": "failed", "message": LONG},
        f"/v2/poll/{job}": {"type": "result", "id": job, "status": "failed", "error": {"code": EVIL, "message": LONG}},
        f"/v2/requests/{job}/status": why,
        f"/v2/requests/{job}": why,
        f"/tasks/{job}": {"id": job, "status": 11, "error": {"message": LONG}, "logs": [EVIL]},
    }


def speaking(server: Hostile, *, ends: str) -> Script:
    """All goes its way, in hostile words; each answer has headers with the key."""
    told = {"x-request-id": MARKER, "x-echo": MARKER, "x-seed-value": MARKER}

    def script(asked: Asked) -> Act | None:
        path = asked.path.partition("?")[0]
        job = f"job-{len(server.sent) + bool(asked.submits):04}-of-this-server"
        words = evil(job, server.url) | (bad_end(job) if ends == "badly" else {})
        if path == "/a.png":
            return Act(
                200, PNG, {"content-type": "image/png", "content-disposition": f'attachment; filename="{MARKER}.png"'}
            )
        if asked.submits == "segmind":
            return said({"request_id": job, "status": "QUEUED", "message": EVIL}, headers=told)
        if path.endswith("/stream"):
            line = json.dumps(words.get(path.removesuffix("/stream"))).encode() + b"\n"
            return Act(200, line, {"content-type": "application/x-ndjson", **told})
        if path not in words:
            return None
        answer = {"status": 10, "data": words[path], "errMessage": EVIL} if path.startswith("/scc/") else words[path]
        return said(answer, 422 if path.startswith("/v2/requests") and "FAILED" in str(answer) else 200, headers=told)

    return script


@pytest.mark.parametrize("ends", ["well", "badly"])
def test_hostile_words_and_a_repeated_key_are_shown_nowhere(
    hosted: World, hostile_client: Client, hostile_server: Hostile, log_lines: io.StringIO, tmp_path: Path, ends: str
) -> None:
    hostile_server.script = speaking(hostile_server, ends=ends)
    result, error, job = run_once(hostile_client, hosted)
    assert (isinstance(error, JobError), result is not None) == (ends == "badly", ends == "well"), error
    seen = seen_of(result, error, job)
    if result is not None:
        seen.append(repr(result.save(tmp_path / "saved")))
    seen += [newest(hostile_client.journal).error]
    assert [] == [text[:200] for text in seen if MARKER in text or quote(MARKER) in text]
    assert [] == [text[:200] for text in seen if any(c in text for c in ACTING)]
    assert [] == [text[:200] for text in seen if len(text) > MAX_KEPT_CHARS + 100]
    if error is not None:
        assert [] == [text[:200] for text in frames_of(error) if MARKER in text]
    assert hostile_client.journal is not None
    hostile_client.journal.close()
    assert MARKER not in log_lines.getvalue()
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file() and MARKER.encode() in path.read_bytes()]


@pytest.mark.parametrize("ends", ["well", "badly"])
def test_the_documented_calls_show_them_as_little(
    hosted: World, hostile_server: Hostile, log_lines: io.StringIO, ends: str
) -> None:
    hostile_server.script = speaking(hostile_server, ends=ends)
    given: Any = None
    try:
        given = DOCUMENTED[hosted.service]()
    except ImagegenError as error:
        assert ends == "badly"
        seen = [*texts_of(error), *frames_of(error)]
    else:
        seen = [*texts_of(given), repr(given)]
    seen += [newest(history.journal()).error]
    assert [] == [text[:200] for text in seen if MARKER in text]
    assert [] == [text[:200] for text in seen if any(c in text for c in ACTING)]
    if ends == "badly":
        assert [] == [text[:200] for text in texts_of(given) if len(text) > MAX_KEPT_CHARS + 100]
    assert MARKER not in log_lines.getvalue()


def test_the_answer_of_a_blocking_call_repeats_no_key(hostile_server: Hostile) -> None:
    hostile_server.script = lambda _: said({"output": EVIL}, 200, {"x-echo": MARKER})
    response = SegmindClient().run_sync("flux-dev", prompt="a pier")
    assert [] == [text for text in (response.text, str(response.json()), str(response.headers)) if MARKER in text]


LACKING = {"type": EVIL, "key": EVIL, "message": EVIL * 50, "action": {"type": EVIL, "scopes": [EVIL]}}
REFUSALS: tuple[tuple[int, dict[str, Any]], ...] = (
    (401, {"error": LONG}),
    (400, {"error": {"type": EVIL, "code": EVIL, "message": LONG, "params": {EVIL: EVIL}}}),
    (403, {"errCode": EVIL, "errMessage": LONG, "subErrMessage": EVIL, "apiInvokeId": EVIL}),
    (404, {"type": f"https://inference.sh/errors/{EVIL}", "title": EVIL, "detail": LONG}),
    (
        412,
        {
            "errors": [{"type": EVIL, "key": EVIL, "message": EVIL * 50, "action": {"type": EVIL, "scopes": [EVIL]}}]
            * 60
        },
    ),
    (429, {"error": EVIL}),
    (500, {"message": LONG}),
)


@pytest.mark.parametrize(("status", "body"), REFUSALS, ids=lambda value: str(value) if isinstance(value, int) else "")
def test_a_refusal_in_hostile_words_is_clean_and_short(
    hosted: World,
    hostile_client: Client,
    hostile_server: Hostile,
    log_lines: io.StringIO,
    status: int,
    body: dict[str, Any],
) -> None:
    headers = {"x-ca-error-message": f"Invalid Signature {MARKER}", "x-request-id": MARKER, "x-ca-request-id": MARKER}
    hostile_server.script = lambda asked: said(body, status, headers) if asked.submits else None
    for call in (lambda: hostile_client.run(hosted.name, timeout_s=5, **hosted.params), DOCUMENTED[hosted.service]):
        if status == 429 and call is DOCUMENTED[hosted.service]:
            continue  # without a deadline it is waited for: an hour, on this clock at once
        try:
            shown = words = [*texts_of(call())]
        except ImagegenError as error:
            words = [*texts_of(error)]
            shown = [*words, *frames_of(error)]
            for more in getattr(error, "errors", None) or ():
                shown += [repr(more)]
        assert shown
        assert [] == [text[:200] for text in shown if MARKER in text]
        assert [] == [text[:200] for text in words if any(c in text for c in ACTING) or len(text) > ROOM]
    assert MARKER not in log_lines.getvalue()
