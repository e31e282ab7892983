"""Segmind's paid calls, with the journal: a ticket is on disk before the first poll, and every end that is seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ...core.cost import Cost
from ...core.events import Event, Output, Succeeded
from ...core.requests import Ticket
from ...media.sniff import sniff
from ...net.answers import Answer
from ..kit.entry import Entry, seen
from .api import INTERVAL_S, TIMEOUT_S, Api, Handle, Told
from .errors import SERVICE, InferenceFailed
from .outputs import event_of, seed_of


def ticket_of(handle: Handle, model: str) -> Ticket:
    """All that is needed to follow a request: where to ask, or the result itself where it came at once."""
    addresses = {"status_url": handle.status_url, "response_url": handle.response_url}
    facts = {} if handle.request_id else {"answer": dict(handle.answer)}
    return Ticket(service=SERVICE, model=model, remote_id=handle.request_id, addresses=addresses, facts=facts)


async def submit(api: Api, slug: str, params: Mapping[str, Any]) -> Handle:
    """`Api.submit`, noted."""
    entry = Entry.documented(SERVICE, slug, params)
    async with entry.submitting():
        handle = await api.submit(slug, params)
        await entry.submitted(ticket_of(handle, slug))
    return handle


async def start_workflow(api: Api, url: str, data: Mapping[str, Any], name: str) -> Handle:
    """`Api.start_workflow`, noted; one that was answered with its result has ended."""
    entry = Entry.documented(SERVICE, name, data)
    async with entry.submitting():
        handle = await api.start_workflow(url, data, name)
        await entry.submitted(ticket_of(handle, name))
        if not handle.request_id:
            entry.concluded(partial(event_of, {"status": "COMPLETED", **handle.answer}))
    return handle


async def blocking(api: Api, slug: str, params: Mapping[str, Any]) -> tuple[Answer, str]:
    """`Api.blocking`, noted. Such a call has no receipt: if this process dies meanwhile, nothing can be collected."""
    entry = Entry.documented(SERVICE, slug, params)
    async with entry.submitting():
        answer, url = await api.blocking(slug, params)
        entry.concluded(partial(end_of, answer))
    return answer, url


def end_of(answer: Answer) -> Event:
    """What a blocking call's answer means; its cost and seed are in the headers."""
    body, cost = answer.json_object(), Cost.read(answer.headers.get("x-cost"))
    paid, seed = cost if cost.known else None, seed_of(answer.headers)
    if body:
        event = event_of({**body, "status": "COMPLETED", "output": body.get("output", body)}, seed)
        return replace(event, cost=paid or event.cost) if isinstance(event, Succeeded) else event
    media_type = sniff(answer.body) or answer.media_type
    outputs = (Output(data=answer.body, media_type=media_type),) if answer.body else ()
    return Succeeded(outputs=outputs, seed=seed, cost=paid)


async def finished(
    api: Api, handle: Handle, *, timeout_s: float | None = TIMEOUT_S, interval_s: float = INTERVAL_S
) -> Told:
    """`Api.finished`, its end noted."""
    try:
        told = await api.finished(handle, timeout_s=timeout_s, interval_s=interval_s)
    except InferenceFailed as error:
        seen(SERVICE, handle.request_id, partial(event_of, {**error.status_body, "status": "FAILED"}))
        raise
    note(handle, told)
    return told


async def status(api: Api, handle: Handle) -> Told:
    """`Api.status`; a failure is noted (a success is once its result is read)."""
    told = await api.status(handle)
    if told.failed or not handle.response_url:
        note(handle, told)
    return told


async def result(api: Api, handle: Handle) -> Told:
    """`Api.result`, noted where it is an end."""
    told = await api.result(handle)
    note(handle, told)
    return told


def note(handle: Handle, told: Told) -> None:
    """Tell the journal of an end that was seen."""
    if told.over:
        seen(SERVICE, handle.request_id, partial(event_of, told.body, told.seed))
