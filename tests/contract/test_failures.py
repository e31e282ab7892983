"""Every hosted service: what goes wrong has one meaning, and nothing is sent twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ipyimagegen.core.errors import (
    AuthenticationFailed,
    JobFailed,
    NotFound,
    ServiceError,
    SubmitUnknown,
    UnknownModel,
)
from ipyimagegen.gateway import Fault, FaultKind, Gateway, TimedWork
from ipyimagegen.jobs.client import Client
from ipyimagegen.services.base import Service

from .calls import pictures, submit
from .worlds import World


def _sent(gateway: Gateway, world: World) -> int:
    return len(gateway.requests.of(world.service, world.submit))


def test_a_wrong_key_is_an_authentication_failure(
    hosted: World, client: Client, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in gateway.env().items():
        if "KEY" in name or "SECRET" in name:
            monkeypatch.setenv(name, f"{value}-but-wrong")
    with pytest.raises(AuthenticationFailed) as caught:
        client.run(hosted.name, **hosted.params)
    assert caught.value.service == hosted.service
    assert _sent(gateway, hosted) <= 1


def test_an_unknown_model_is_not_found(hosted: World, client: Client, gateway: Gateway) -> None:
    with pytest.raises((NotFound, UnknownModel)):
        client.run(f"{hosted.service}/{hosted.unknown}", **hosted.params)
    assert gateway.jobs() == []


@pytest.mark.parametrize("status", [429, 503])
def test_a_full_service_is_asked_again(hosted: World, client: Client, gateway: Gateway, status: int) -> None:
    gateway.faults.add(
        Fault("status", service=hosted.service, route=hosted.submit, status=status, retry_after_s=0.1, times=2)
    )
    assert client.run(hosted.name, **hosted.params).images
    assert (_sent(gateway, hosted), len(gateway.jobs())) == (3, 1)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=502, body="html"),
        Fault("status", status=500, body="empty"),
        Fault("lost_answer"),
        Fault("truncated"),
        Fault("empty_body"),
        Fault("broken_json"),
        Fault("html"),
        Fault("gzip_bomb"),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}" if fault.status else fault.kind,
)
def test_a_submit_without_a_clear_answer_is_never_sent_again(
    hosted: World, client: Client, gateway: Gateway, fault: Fault
) -> None:
    gateway.faults.add(replace(fault, service=hosted.service, route=hosted.submit))
    with pytest.raises(SubmitUnknown, match="may") as caught:
        client.run(hosted.name, **hosted.params)
    assert caught.value.service == hosted.service
    assert _sent(gateway, hosted) == 1


@pytest.mark.parametrize("kind", ["status", "reset", "truncated", "empty_body", "broken_json", "html"])
def test_a_read_that_fails_is_made_again(hosted: World, service: Service, gateway: Gateway, kind: FaultKind) -> None:
    for route in hosted.reads:
        gateway.faults.add(Fault(kind, service=hosted.service, route=route, status=502, body="html"))
    assert pictures(service, submit(service, hosted)) == [TimedWork().picture]
    assert _sent(gateway, hosted) == 1


@pytest.mark.parametrize("kind", ["status", "reset", "truncated"])
def test_a_download_that_fails_is_made_again(hosted: World, client: Client, gateway: Gateway, kind: FaultKind) -> None:
    gateway.faults.add(Fault(kind, service="files", route="download", status=503))
    assert client.run(hosted.name, **hosted.params).images[0].bytes == TimedWork().picture


def test_a_failed_job_says_what_the_service_said(hosted: World, client: Client, gateway: Gateway) -> None:
    gateway.faults.add(Fault("job_fails", service=hosted.service, route=hosted.submit, text="out of memory on node 7"))
    with pytest.raises(JobFailed, match="out of memory on node 7") as caught:
        client.run(hosted.name, **hosted.params)
    assert client.job(caught.value.job_id).phase == "failed"


def test_a_job_that_nobody_knows_is_not_found(hosted: World, service: Service) -> None:
    ticket = submit(service, hosted)
    unknown = replace(
        ticket,
        remote_id="0" * len(ticket.remote_id),
        addresses={name: url.replace(ticket.remote_id, "0" * 24) for name, url in ticket.addresses.items()},
        facts={},
    )
    with pytest.raises(ServiceError) as caught:
        pictures(service, unknown)
    assert isinstance(caught.value, NotFound)
