"""SpeedPix: every call that its documentation and its library's page show, and what anyone would expect of them."""

from __future__ import annotations

import asyncio
import copy
import io
import json
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import ImagegenError, InvalidInput, SubmitUnknown
from ipyimagegen.gateway import Fault, FaultKind, Gateway, Keys, TimedWork, serve
from ipyimagegen.services import speedpix
from ipyimagegen.services.speedpix import Client, PredictionError, SpeedPixException
from tests.gateways import arrival, serving

from .rows import PICTURE, row

WORKFLOW = "text-to-image"
PROMPT = {"prompt": "a cat"}


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Client]:
    with Client() as made:
        yield made


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a picture in it."""
    (tmp_path / "input.jpg").write_bytes(PICTURE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def sent(gateway: Gateway) -> dict[str, Any]:
    """The body of the last submit."""
    body: dict[str, Any] = json.loads(gateway.requests.of("speedpix", "submit")[-1].body)
    return body


def cut_out(client: Client, path: Any, **options: Any) -> Any:
    return client.run(workflow_id="product-cutout", input={"image": path}, **options)


@row(
    "Client() from SPEEDPIX_APP_KEY / _APP_SECRET / _ENDPOINT; client.run(workflow_id=, input=, alias_id='main'); "
    "output['images']['url'].save(path)"
)
def test_quick_start(gateway: Gateway, tmp_path: Path) -> None:
    output = Client().run(workflow_id=WORKFLOW, input={"prompt": "t"}, alias_id="main")
    output["images"]["url"].save(str(tmp_path / "out.png"))
    assert PICTURE == (tmp_path / "out.png").read_bytes()


@row("input file './input.jpg' is uploaded and replaced by its URL")
def test_relative_path(gateway: Gateway, client: Client, here: Path) -> None:
    cut_out(client, "./input.jpg")
    assert sent(gateway)["inputs"]["image"].startswith(f"{gateway.url}/files/")
    assert PICTURE == gateway.jobs("speedpix")[0].order.image


@row("absolute file path is uploaded")
def test_absolute_path(gateway: Gateway, client: Client, here: Path) -> None:
    cut_out(client, str(here / "input.jpg"))
    assert PICTURE == gateway.jobs("speedpix")[0].order.image


@row("client.run(return_temp_files=True)")
def test_temp_files(client: Client, here: Path) -> None:
    assert set(cut_out(client, "./input.jpg", return_temp_files=True)) == {"images", "subject_image", "mask_image"}


@row("await client.async_run(...); await output['images']['url'].async_save(path)")
def test_async_run(client: Client, tmp_path: Path) -> None:
    async def scenario() -> None:
        output = await client.async_run(workflow_id=WORKFLOW, input=PROMPT)
        await output["images"]["url"].async_save(str(tmp_path / "out.png"))

    asyncio.run(scenario())
    assert PICTURE == (tmp_path / "out.png").read_bytes()


@row("speedpix.run(workflow_id=, input=, alias_id=)")
def test_module_run(gateway: Gateway) -> None:
    output = speedpix.run(workflow_id=WORKFLOW, input=PROMPT, alias_id="v1")
    assert PICTURE == output["images"]["url"].read()
    assert sent(gateway)["alias_id"] == "v1"


@row("speedpix.run(..., client=None) with a custom client")
def test_module_run_with_client(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(gateway.keys.speedpix_app_key, gateway.keys.speedpix_app_secret, gateway.url)
    assert speedpix.run(WORKFLOW, PROMPT, client=None)
    monkeypatch.delenv("SPEEDPIX_APP_KEY")
    assert speedpix.run(WORKFLOW, PROMPT, client=client)


@row("await speedpix.async_run(workflow_id=, input=)")
def test_module_async_run(gateway: Gateway) -> None:
    assert asyncio.run(speedpix.async_run(workflow_id=WORKFLOW, input=PROMPT))["images"]["url"].read() == PICTURE


@row("Client('app-key', 'app-secret') positional ('simplest method')")
def test_positional(gateway: Gateway) -> None:
    client = Client(gateway.keys.speedpix_app_key, gateway.keys.speedpix_app_secret)
    assert client.run(WORKFLOW, PROMPT)


@row("Client(endpoint, app_key, app_secret, timeout, user_agent): order of the documented signature")
def test_endpoint_first(gateway: Gateway) -> None:
    client = Client(gateway.url, gateway.keys.speedpix_app_key, gateway.keys.speedpix_app_secret, 60.0, "mine/1")
    assert client.run(WORKFLOW, PROMPT)
    assert gateway.requests.of("speedpix", "submit")[0].headers["user-agent"] == "mine/1"


@row("Client(timeout=60.0, user_agent='x')")
def test_timeout_and_user_agent(gateway: Gateway) -> None:
    client = Client(timeout=60.0, user_agent="x")
    client.run(WORKFLOW, PROMPT)
    assert (client.timeout, gateway.requests.of("speedpix", "submit")[0].headers["user-agent"]) == (60.0, "x")


@row("client.run(resource_config_id=...) -> X-SP-RESOURCE-CONFIG-ID")
def test_resource(gateway: Gateway, client: Client) -> None:
    client.run(WORKFLOW, PROMPT, resource_config_id="dedicated-1")
    assert gateway.jobs()[0].details["resource"] == "dedicated-1"


@row("client.predictions.create(resource_config_id=...)")
def test_create_resource(gateway: Gateway, client: Client) -> None:
    client.predictions.create(WORKFLOW, PROMPT, resource_config_id="dedicated-1")
    assert gateway.jobs()[0].details["resource"] == "dedicated-1"


@row("client.run(version_id=...) instead of alias_id")
def test_version(gateway: Gateway, client: Client) -> None:
    client.run(WORKFLOW, PROMPT, version_id="7")
    assert ("7", False) == (sent(gateway)["version_id"], "alias_id" in sent(gateway))


@row("alias_id defaults to 'main'")
def test_alias(gateway: Gateway, client: Client) -> None:
    client.run(WORKFLOW, PROMPT)
    assert sent(gateway)["alias_id"] == "main"


@row("client.run(wait=False) -> prediction.id; result = prediction.wait()")
def test_no_wait(gateway: Gateway, client: Client) -> None:
    prediction = client.run(WORKFLOW, PROMPT, wait=False)
    assert gateway.jobs()[0].id == prediction.id
    result = prediction.wait()
    assert ("succeeded", PICTURE) == (result.status, result.output["images"]["url"].read())


@row("client.run(polling_interval=2.0)")
def test_polling_interval(gateway: Gateway, client: Client) -> None:
    assert client.run(WORKFLOW, PROMPT, polling_interval=2.0)
    assert len(gateway.requests.of("speedpix", "status")) == 1


@row("client.run(file_encoding_strategy='base64')")
def test_base64(gateway: Gateway, client: Client, here: Path) -> None:
    cut_out(client, "./input.jpg", file_encoding_strategy="base64")
    assert sent(gateway)["inputs"]["image"].startswith("data:image/png;base64,")
    assert gateway.requests.of("files", "upload") == []


@row("client.run(file_encoding_strategy='url')")
def test_url(gateway: Gateway, client: Client, here: Path) -> None:
    cut_out(client, "./input.jpg", file_encoding_strategy="url")
    assert len(gateway.requests.of("files", "upload")) == 1


@row("await client.async_run(file_encoding_strategy='base64')")
def test_async_base64(gateway: Gateway, client: Client, here: Path) -> None:
    inputs = {"image": "./input.jpg"}
    asyncio.run(client.async_run("product-cutout", inputs, file_encoding_strategy="base64"))
    assert sent(gateway)["inputs"]["image"].startswith("data:image/png;base64,")


@row("client.predictions.create(workflow_id, input, alias_id=None, version_id=None, file_encoding_strategy='url')")
def test_create(gateway: Gateway, client: Client) -> None:
    made = client.predictions.create(WORKFLOW, PROMPT, alias_id=None, version_id=None, file_encoding_strategy="url")
    assert gateway.jobs()[0].id == made.id


@row("predictions.create(file_encoding_strategy='base64') for a small file")
def test_create_base64(gateway: Gateway, client: Client, here: Path) -> None:
    client.predictions.create("product-cutout", {"image": "./input.jpg"}, file_encoding_strategy="base64")
    assert PICTURE == gateway.jobs()[0].order.image
    (here / "large.png").write_bytes(PICTURE + bytes(1 << 20))
    with pytest.raises(InvalidInput, match="base64"):
        client.predictions.create("product-cutout", {"image": "./large.png"}, file_encoding_strategy="base64")


@row("client.predictions.get(prediction_id).status")
def test_get(client: Client) -> None:
    made = client.predictions.create(WORKFLOW, PROMPT)
    made.wait()
    assert Client().predictions.get(made.id).status == "succeeded"


@row("client.predictions.list()")
def test_list(client: Client) -> None:
    first, second = (client.predictions.create(WORKFLOW, PROMPT) for _ in range(2))
    assert [prediction.id for prediction in client.predictions.list()] == [second.id, first.id]


@row("prediction.wait(polling_interval=1.0)")
def test_wait(client: Client) -> None:
    assert client.predictions.create(WORKFLOW, PROMPT).wait(polling_interval=1.0).status == "succeeded"


@row("updated = prediction.reload()")
def test_reload(gateway: Gateway, client: Client) -> None:
    gateway.faults.add(Fault("job_stuck", service="speedpix", route="submit"))
    updated = client.predictions.create(WORKFLOW, PROMPT).reload()
    assert updated.status == "running"
    assert client.predictions.create(WORKFLOW, PROMPT).wait().reload().output["images"].read() == PICTURE


@row("client.files.create(str).access_url")
def test_file_of_text(gateway: Gateway, client: Client, here: Path) -> None:
    assert client.files.create("./input.jpg").access_url.startswith(f"{gateway.url}/files/")


@row("client.files.create(Path)")
def test_file_of_path(client: Client, here: Path) -> None:
    file = client.files.create(Path("input.jpg"))
    assert (file.name, file.content_type, file.size) == ("input.jpg", "image/png", len(PICTURE))


@row("client.files.create(open file)")
def test_file_of_open_file(client: Client, here: Path) -> None:
    with Path("input.jpg").open("rb") as open_file:
        assert client.files.create(open_file).name == "input.jpg"


@row("files.create(io.BytesIO) ('file-like')")
def test_file_of_bytes(gateway: Gateway, client: Client) -> None:
    assert client.files.create(io.BytesIO(PICTURE)).url.startswith(gateway.url)


@row("a file URL in the output becomes a FileOutput: output['images'].save(path)")
def test_flat_output(gateway: Gateway, client: Client, tmp_path: Path) -> None:
    gateway.speedpix.outputs = "url"
    output = client.run(WORKFLOW, PROMPT)
    output["images"].save(str(tmp_path / "out.png"))
    assert isinstance(output["images"], speedpix.FileOutput)
    assert PICTURE == (tmp_path / "out.png").read_bytes()


@row("output['images'].save with the nested result of the quick start")
def test_nested_save(client: Client, tmp_path: Path) -> None:
    client.run(WORKFLOW, PROMPT)["images"].save(tmp_path / "out.png")
    assert PICTURE == (tmp_path / "out.png").read_bytes()


@row("hasattr(output.get('images'), 'save') guards of the complete examples, nested result")
def test_guard(client: Client) -> None:
    output = client.run(WORKFLOW, PROMPT)
    assert (True, False) == (hasattr(output.get("images"), "save"), hasattr(output.get("no-such"), "save"))


@row("buffer = output['images'].read()")
@pytest.mark.parametrize("form", ["object", "url", "list"])
def test_read(gateway: Gateway, client: Client, form: Literal["object", "url", "list"]) -> None:
    gateway.speedpix.outputs = form
    buffer = client.run(WORKFLOW, PROMPT)["images"].read()
    assert PICTURE == buffer


@row("url = str(output['images']) is the URL")
@pytest.mark.parametrize("form", ["object", "url", "list"])
def test_str(gateway: Gateway, client: Client, form: Literal["object", "url", "list"]) -> None:
    gateway.speedpix.outputs = form
    output = client.run(WORKFLOW, PROMPT)
    assert str(output["images"]).startswith(f"{gateway.url}/files/")
    assert output["images"].url == f"{output['images']}"


@row("except PredictionError as e: e.prediction.id, e.prediction.error")
def test_prediction_error(gateway: Gateway, client: Client) -> None:
    gateway.faults.add(Fault("job_fails", service="speedpix", text="out of memory"))
    with pytest.raises(PredictionError, match="out of memory") as caught:
        client.run(WORKFLOW, PROMPT)
    prediction = caught.value.prediction
    assert prediction is not None
    assert (gateway.jobs()[0].id, "out of memory") == (prediction.id, prediction.error)


@row("except SpeedPixException on an HTTP error (wrong secret, 403)")
def test_wrong_secret(gateway: Gateway) -> None:
    with pytest.raises(SpeedPixException, match="Invalid Signature"):
        Client(gateway.keys.speedpix_app_key, "wrong-secret").run(WORKFLOW, PROMPT)


@row("e.status_code on that exception")
def test_status_code(gateway: Gateway) -> None:
    with pytest.raises(SpeedPixException) as caught:
        Client(gateway.keys.speedpix_app_key, "wrong-secret").run(WORKFLOW, PROMPT)
    assert caught.value.status_code == 403


@row("except SpeedPixException on a rejected request (unknown workflow)")
def test_unknown_workflow(client: Client) -> None:
    with pytest.raises(SpeedPixException, match="workflow does not exist"):
        client.run("no-such-workflow", PROMPT)


@row("speedpix.run('workflow-id', {'input': {...}}) (options in one dict)")
def test_options_in_one_dict(gateway: Gateway, here: Path) -> None:
    speedpix.run("product-cutout", {"input": {"image": "./input.jpg"}})
    assert set(sent(gateway)["inputs"]) == {"image"}


@row("client.run('workflow-id', {'input': {...}, 'alias_id': 'v2'})")
def test_alias_in_one_dict(gateway: Gateway, client: Client) -> None:
    client.run(WORKFLOW, {"input": PROMPT, "alias_id": "v2"})
    assert ("v2", PROMPT) == (sent(gateway)["alias_id"], sent(gateway)["inputs"])


@row("client.run('workflow-id', {'input': {...}, 'wait': False}) returns a prediction")
def test_wait_in_one_dict(gateway: Gateway, client: Client) -> None:
    assert client.run(WORKFLOW, {"input": PROMPT, "wait": False}).id == gateway.jobs()[0].id


@row("output['subject_image']['url'].save, output['mask_image']['url'].save")
def test_intermediate_files(client: Client, here: Path) -> None:
    output = cut_out(client, "./input.jpg", return_temp_files=True)
    for name in ("subject_image", "mask_image"):
        output[name]["url"].save(f"{name}.png")
        assert PICTURE == (here / f"{name}.png").read_bytes()


HEADS = {
    "jpg": ("image/jpeg", b"\xff\xd8\xff\xe0" + bytes(20)),
    "png": ("image/png", PICTURE),
    "gif": ("image/gif", b"GIF89a" + bytes(20)),
    "bmp": ("image/bmp", b"BM" + bytes(4) + bytes(4) + b"\x36\0\0\0\x28\0\0\0" + bytes(36)),
    "webp": ("image/webp", b"RIFF\x10\0\0\0WEBPVP8 " + bytes(8)),
    "mp4": ("video/mp4", b"\0\0\0\x18ftypisom\0\0\0\0isommp42"),
    "mov": ("video/quicktime", b"\0\0\0\x14ftypqt  \0\0\0\0qt  "),
}


@row("formats jpg png gif bmp webp mp4 mov get their content type")
@pytest.mark.parametrize("suffix", HEADS)
def test_content_types(gateway: Gateway, client: Client, here: Path, suffix: str) -> None:
    content_type, head = HEADS[suffix]
    (here / f"in.{suffix}").write_bytes(head)
    (here / f"unlike.{suffix}").write_bytes(b"what this is, its name alone says")
    assert client.files.create(f"in.{suffix}").content_type == content_type
    assert client.files.create(f"unlike.{suffix}").content_type == content_type
    client.predictions.create(WORKFLOW, {**PROMPT, "reference": f"./in.{suffix}"})
    uploads = gateway.requests.of("files", "upload")
    assert [content_type] * 3 == [record.headers["content-type"] for record in uploads]


@row("hasattr(error, 'prediction'): error.prediction.id")
def test_error_has_prediction(gateway: Gateway, client: Client) -> None:
    gateway.faults.add(Fault("job_fails", service="speedpix"))
    found = ""
    try:
        client.run(WORKFLOW, PROMPT)
    except Exception as error:  # noqa: BLE001 - as the documentation writes it
        found = error.prediction.id if hasattr(error, "prediction") else ""
    assert found == gateway.jobs()[0].id


@row("relative path without ./ ('input.jpg', in the PyPI readme) is uploaded by run()")
def test_bare_name(gateway: Gateway, client: Client, here: Path) -> None:
    cut_out(client, "input.jpg")
    assert PICTURE == gateway.jobs()[0].order.image


@row("a path under ~ is uploaded")
def test_home(gateway: Gateway, client: Client, here: Path) -> None:
    cut_out(client, "~/input.jpg")
    assert PICTURE == gateway.jobs()[0].order.image


@row("speedpix.run(return_temp_files=True) ('parameters as client.run')")
def test_module_options(gateway: Gateway, here: Path) -> None:
    output = speedpix.run("product-cutout", {"image": "input.jpg"}, return_temp_files=True)
    assert set(output) == {"images", "subject_image", "mask_image"}


@row("a missing input file ('./no-such.jpg') is an error, not sent as text")
def test_missing_file(gateway: Gateway, client: Client, here: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no file './no-such\.jpg'"):
        cut_out(client, "./no-such.jpg")
    assert gateway.requests.of("speedpix") == []


@row("save() that fails leaves an existing file alone")
def test_failed_save(gateway: Gateway, client: Client, tmp_path: Path) -> None:
    gateway.faults.add(Fault("html", service="files", route="download", times=None))
    output = client.run(WORKFLOW, PROMPT)
    (tmp_path / "out.png").write_bytes(b"the old one")
    with pytest.raises(ImagegenError):
        output["images"].save(tmp_path / "out.png")
    assert [b"the old one"] == [path.read_bytes() for path in tmp_path.iterdir()]


@row("displaying the output after save() does not print the picture's bytes")
def test_short_repr(client: Client, tmp_path: Path) -> None:
    output = client.run(WORKFLOW, PROMPT)
    before = repr(output)
    output["images"]["url"].save(tmp_path / "out.png")
    assert before == repr(output)
    assert len(before) < 600


@row("error text of a rejected request reaches the user")
def test_reason(client: Client) -> None:
    with pytest.raises(SpeedPixException, match="request rejected: image: a picture is required") as caught:
        client.run("product-cutout", {"prompt": "none"})
    assert caught.value.error_code == "INVALID_PARAMETER"


@row("the same with replies in snake_case")
def test_snake_case(gateway: Gateway, client: Client, here: Path) -> None:
    gateway.speedpix.keys = "snake"
    gateway.speedpix.expire_time_as = "string"
    assert PICTURE == cut_out(client, "./input.jpg")["images"]["url"].read()


@row("sense: except SpeedPixException also meets a submit whose answer was lost, and the job is not sent again")
@pytest.mark.parametrize("kind", ["lost_answer", "broken_json", "reset"])
def test_lost_answer(gateway: Gateway, client: Client, kind: FaultKind) -> None:
    gateway.faults.add(Fault(kind, service="speedpix", route="submit"))
    with pytest.raises(SpeedPixException, match="billed") as caught:
        client.run(workflow_id=WORKFLOW, input=PROMPT)
    assert isinstance(caught.value, SubmitUnknown)
    assert ("speedpix", f"{WORKFLOW}@main", None) == (
        caught.value.service,
        caught.value.model,
        caught.value.status_code,
    )
    assert len(gateway.requests.of("speedpix", "submit")) == 1


@row("sense: save() into a folder that exists uses the output's own name")
def test_save_into_a_folder(client: Client, tmp_path: Path) -> None:
    output = client.run(workflow_id="text-to-image", input={"prompt": "t"})
    assert tmp_path / "images.png" == output["images"].save(tmp_path)
    assert tmp_path / "images.png" == asyncio.run(output["images"]["url"].async_save(str(tmp_path)))
    assert PICTURE == (tmp_path / "images.png").read_bytes()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])  # noqa: S301
@row("sense: outputs, predictions and errors can be copied and pickled, without a key")
def test_copies(gateway: Gateway, client: Client, copied: Callable[[Any], Any]) -> None:
    output = copied(client.run(workflow_id="text-to-image", input={"prompt": "t"}))
    assert PICTURE == output["images"].read()
    running = copied(client.predictions.create("text-to-image", {"prompt": "t"}))
    done = copied(running.wait())
    assert PICTURE == done.output["images"].read()
    gateway.faults.add(Fault("job_fails", service="speedpix", text="out of memory"))
    with pytest.raises(PredictionError) as caught:
        client.run(workflow_id="text-to-image", input={"prompt": "t"})
    error = copied(caught.value)
    assert error.prediction is not None
    assert (str(caught.value), "out of memory", "failed") == (
        str(error),
        error.prediction.error,
        error.prediction.reload().status,
    )
    for secret in (gateway.keys.speedpix_app_key, gateway.keys.speedpix_app_secret):
        assert secret.encode() not in pickle.dumps((output, running, done, error))


@given(st.text(max_size=40))
def test_a_prompt_is_never_looked_at_as_a_path(text: str) -> None:
    order = speedpix.orders.read_call("w", {"prompt": text, "negative_prompt": text}, {}).order
    found = asyncio.run(speedpix.inputs.prepared(order.inputs, "url", _no_upload))
    assert {"prompt": text, "negative_prompt": text} == found


async def _no_upload(file: Any) -> Any:
    raise AssertionError(f"{file} was uploaded")


def interrupt_at(event: threading.Event) -> threading.Thread:
    """Send this process what a notebook's Stop sends, once that has happened."""
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        if event.wait(30):
            signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    return thread


def test_an_interrupt_ends_the_waiting_and_the_job_is_listed(
    gateway: Gateway, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.faults.add(Fault("job_stuck", service="speedpix", route="submit"))
    alarm = interrupt_at(arrival(gateway, "speedpix", "status", monkeypatch))
    with pytest.raises(KeyboardInterrupt):
        client.run(WORKFLOW, PROMPT)
    alarm.join()
    assert [gateway.jobs()[0].id] == [prediction.id for prediction in client.predictions.list()]


def test_an_interrupted_submit_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch, work=TimedWork(60.0)) as gateway:
        gateway.faults.add(Fault("latency", service="speedpix", route="submit", seconds=0.6))
        client = Client()
        alarm = interrupt_at(arrival(gateway, "speedpix", "submit", monkeypatch))
        with pytest.raises(KeyboardInterrupt):
            client.run(WORKFLOW, PROMPT)
        alarm.join()
        until = time.monotonic() + 30
        while not client.predictions.list() and time.monotonic() < until:
            time.sleep(0.02)
        assert [gateway.jobs()[0].id] == [prediction.id for prediction in client.predictions.list()]


@pytest.mark.real_time
def test_a_slow_job_is_looked_at_no_more_often_than_once_an_interval() -> None:
    with serve(work=TimedWork(1.0, steps=10), keys=Keys()) as gateway:
        client = Client(gateway.keys.speedpix_app_key, gateway.keys.speedpix_app_secret, gateway.url)
        began = time.monotonic()
        client.run(WORKFLOW, PROMPT, polling_interval=0.5)
        assert len(gateway.requests.of("speedpix", "status")) <= (time.monotonic() - began) // 0.5 + 1
