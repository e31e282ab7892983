"""Who speaks in an answer: the service itself, or something between here and there that may have passed the call on.

A proxy, a cloud gateway or a service mesh answers in the service's place where it has lost it, often in JSON, and
then nobody knows what became of the request: the job behind may run. So an answer of 5xx is the service's own only
where it has the form of error that this service documents (`Own`), and never in the words of a lost connection.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .answers import Answer

Own = Callable[[Answer], bool]
"""Whether an answer has the very form of error that a service documents. One a service; strict, as it decides."""

MAX_LOOKED_AT = 4_096

LOST = re.compile(
    r"upstream|disconnect|reset reason|connection[ _](termination|reset|closed|lost|aborted|refused)|reset by peer"
    r"|broken pipe|hang up|econn\w+|etimedout|epipe|time[ds]?[ _-]?out|deadline[ _]exceeded|bad[ _]gateway"
    r"|\beof\b|goaway|premature|fetch failed|operation was aborted|context cancell?ed|client closed"
    r"|closed the connection|socket (error|closed)|stream (error|closed|was reset)|no healthy|temporarily unavailable"
    r"|\W(request )?terminated\W"
    r"|backend|guru meditation|first byte|origin (server|web|host)|origin_|service mesh|load balancer|proxy"
    r"|error code: ?5\d\d",
    re.IGNORECASE,
)
"""What proxies say of a connection that they lost: Envoy and Istio (`upstream connect error or disconnect/reset before
headers. reset reason: …`), AWS API Gateway (`Endpoint request timed out`), Varnish and Fastly (`Backend fetch failed`,
`first byte timeout`, both with Retry-After), Cloudflare, nginx, HAProxy; and the HTTP clients that small gateways are
written with: Go (`unexpected EOF`, `context canceled`, GOAWAY), Node (`fetch failed`, `Premature close`)."""
JOB_NAMES = ("id", "job_id", "jobId", "task_id", "taskId", "request_id", "requestId")
PAGE = re.compile(rb"\s*<(!doctype|html|head|body|h1|title|\?xml|center)\b", re.IGNORECASE)


def lost(answer: Answer) -> bool:
    """Whether an answer is a page, or in the words of something that passed the request on and lost it."""
    head = answer.body[:MAX_LOOKED_AT]
    if answer.media_type == "text/html" or PAGE.match(head):
        return True
    return bool(LOST.search(head.decode("utf-8", errors="replace")))


def nobody(_: Answer) -> bool:
    """No answer is known to be the service's own: what a service has that documents no form of error."""
    return False


def own(answer: Answer, form: Own) -> bool:
    """Whether the service itself refuses: in its documented form, not for a connection that it lost in its turn.

    A refusal that names a job is none: then something was taken in, whatever else is said.
    """
    return form(answer) and not lost(answer) and not _names_a_job(answer)


def _names_a_job(answer: Answer) -> bool:
    body = answer.json_object()
    data = body.get("data")
    return any(place.get(name) for place in (body, data) if isinstance(place, dict) for name in JOB_NAMES)
