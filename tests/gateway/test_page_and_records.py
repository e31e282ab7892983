"""What a person sees of the gateway: its page, its records, its lines in a terminal."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ipyimagegen.gateway import Fault, Gateway, main

from .signing import call
from .web import web

if TYPE_CHECKING:
    import pytest

SOURCE = Path(__file__).parents[2] / "src"


def test_the_page_says_how_to_point_a_client_here(gateway: Gateway) -> None:
    page = web.get(gateway.url)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for name, value in gateway.env().items():
        assert f"%env {name}={value}" in page.text
        assert f"export {name}={value}" in page.text


def test_the_page_lists_requests_and_waiting_faults_as_text(gateway: Gateway) -> None:
    gateway.faults.add(Fault("latency", service="segmind"))
    web.get(f"{gateway.url}/<script>alert(1)</script>")
    page = web.get(gateway.url).text
    assert "<script" not in page
    assert "%3Cscript%3E" in page
    assert "<code>latency</code>" in page


def test_the_page_may_load_and_run_nothing(gateway: Gateway) -> None:
    policy = web.get(gateway.url).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")


def test_a_record_says_what_was_asked(gateway: Gateway) -> None:
    body = {"workflow_id": "text-to-image", "inputs": {"prompt": "t"}}
    answer = call(gateway, "/scc/comfy_prompt", body, x_sp_resource_config_id="default")
    (record,) = gateway.requests.of("speedpix", "submit")
    assert (record.method, record.path, record.status) == ("POST", "/scc/comfy_prompt", 200)
    assert record.job == answer.json()["data"]["taskId"]
    assert (record.received_bytes, record.body) == (len(record.body), answer.request.content)
    assert record.headers["x-sp-resource-config-id"] == "default"


def test_no_key_is_in_a_record_or_a_repr(gateway: Gateway) -> None:
    headers = {"x-api-key": gateway.keys.segmind}
    web.get(f"{gateway.url}/v1/get-user-credits", headers=headers)
    call(gateway, "/scc/comfy_prompt", {})
    shown = repr([(record, record.headers) for record in gateway.requests]) + repr(gateway.keys) + repr(gateway)
    for secret in (gateway.keys.segmind, gateway.keys.speedpix_app_key, gateway.keys.speedpix_app_secret):
        assert secret not in shown


def test_records_can_be_counted_sliced_and_cleared(gateway: Gateway) -> None:
    for _ in range(3):
        web.get(f"{gateway.url}/status")
    assert [row.route for row in gateway.requests[1:]] == ["health", "health"]
    gateway.requests.clear()
    assert len(gateway.requests) == 0


def test_one_line_is_logged_for_each_request(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "ipyimagegen.gateway"):
        web.get(f"{gateway.url}/status%0Aforged")
        gateway.close()
    (line,) = [record.getMessage() for record in caplog.records if record.name == "ipyimagegen.gateway"]
    assert re.fullmatch(r"page +unknown +GET  /status%0Aforged -> 404 0\+\d+ B \d+ ms", line)


def test_the_command_line_names_its_environment_and_stops_on_interrupt(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ipyimagegen.gateway", "--port", "0", "--seconds", "0"]
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    log = tmp_path / "log"
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment) as process,
    ):
        assert process.stdout is not None
        head = process.stdout.readline()
        url = re.findall(r"http://127\.0\.0\.1:\d+", head)[0]
        assert web.get(f"{url}/status").json() == {"status": "ok"}
        process.send_signal(signal.SIGINT)
        output = process.stdout.read()
    assert f"export INFERENCE_BASE_URL={url}" in output
    assert f"%env SEGMIND_BASE_URL={url}/v1" in output
    assert "openpixels  health     GET  /status -> 200" in log.read_text()
    assert process.returncode == 0


def test_the_command_line_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--host", "192.0.2.1"]) == 1
    assert capsys.readouterr().err.startswith("ipyimagegen gateway: host must be this machine")
