"""The official SpeedPix library, unmodified, against the gateway."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest

from ipyimagegen.gateway import Fault, Gateway, serve
from ipyimagegen.gateway.work import flat_png

from .stepped import SteppedWork

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
from typing import Any

speedpix = pytest.importorskip("speedpix")

PICTURE = flat_png(64, 64)


@pytest.fixture
def client(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in gateway.env().items():
        monkeypatch.setenv(name, value)
    with speedpix.Client() as made:
        yield made


def test_run_gives_a_picture_that_can_be_saved(client: Any, tmp_path: Path) -> None:
    output = client.run(workflow_id="text-to-image", input={"prompt": "ein Café"}, polling_interval=0.01)
    output["images"]["url"].save(str(tmp_path / "out.png"))
    assert PICTURE == (tmp_path / "out.png").read_bytes()


def test_async_run_and_async_save(client: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        output = await client.async_run(workflow_id="text-to-image", input={"prompt": "t"}, polling_interval=0.01)
        await output["images"]["url"].async_save(str(tmp_path / "out.png"))
        await client.aclose()

    asyncio.run(scenario())
    assert PICTURE == (tmp_path / "out.png").read_bytes()


def test_a_local_file_is_uploaded_and_cut_out(gateway: Gateway, client: Any, tmp_path: Path) -> None:
    (tmp_path / "shoe.png").write_bytes(PICTURE)
    path = str(tmp_path / "shoe.png")
    output = client.run("product-cutout", {"image": path}, return_temp_files=True, polling_interval=0.01)
    assert set(output) == {"images", "subject_image", "mask_image"}
    assert PICTURE == output["mask_image"]["url"].read()
    assert gateway.jobs()[0].order.image == PICTURE


def test_async_upload_and_failure(gateway: Gateway, client: Any, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(PICTURE)
    gateway.faults.add(Fault("job_fails", service="speedpix", text="out of memory"))

    async def scenario() -> None:
        inputs = {"prompt": "t", "image": str(tmp_path / "in.png")}
        with pytest.raises(speedpix.PredictionError, match="out of memory"):
            await client.async_run("image-to-image", inputs, polling_interval=0.01)
        await client.aclose()

    asyncio.run(scenario())
    assert gateway.jobs()[0].order.image == PICTURE


def test_temporary_files_come_only_when_asked_for(client: Any, tmp_path: Path) -> None:
    (tmp_path / "shoe.png").write_bytes(PICTURE)
    output = client.run("product-cutout", {"image": str(tmp_path / "shoe.png")}, polling_interval=0.01)
    assert set(output) == {"images"}


def test_a_small_file_as_base64(gateway: Gateway, client: Any, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(PICTURE)
    inputs = {"prompt": "t", "image": str(tmp_path / "in.png")}
    client.predictions.create("image-to-image", inputs, file_encoding_strategy="base64")
    assert gateway.requests.of("files", "upload") == []
    assert gateway.jobs()[0].order.image == PICTURE


def test_a_prediction_can_be_waited_for_later(client: Any) -> None:
    prediction = client.run("text-to-image", {"prompt": "t"}, wait=False)
    assert client.predictions.get(prediction.id).wait(polling_interval=0.01).status == "succeeded"


@pytest.mark.parametrize("which", [{"alias_id": "main"}, {"version_id": "7"}, {}])
def test_alias_or_version(gateway: Gateway, client: Any, which: dict[str, str]) -> None:
    client.run("text-to-image", {"prompt": "t"}, polling_interval=0.01, **which)
    assert gateway.jobs()[0].details["version"] == ("7" if "version_id" in which else "@main")


def test_the_resource_is_taken_from_its_header(gateway: Gateway, client: Any) -> None:
    client.run("text-to-image", {"prompt": "t"}, resource_config_id="dedicated-1", polling_interval=0.01)
    assert gateway.jobs()[0].details["resource"] == "dedicated-1"


def test_randomise_seeds_draws_a_new_seed(gateway: Gateway, client: Any) -> None:
    client.run("text-to-image", {"prompt": "t", "seed": 7}, polling_interval=0.01)
    client.run("text-to-image", {"prompt": "t", "seed": 7}, randomise_seeds=True, polling_interval=0.01)
    kept, drawn = gateway.jobs()
    assert kept.order.seed == 7
    assert drawn.order.seed != 7


def test_a_failed_job_raises_with_its_reason(gateway: Gateway, client: Any) -> None:
    gateway.faults.add(Fault("job_fails", service="speedpix", text="out of memory"))
    with pytest.raises(speedpix.PredictionError, match="out of memory") as caught:
        client.run("text-to-image", {"prompt": "t"}, polling_interval=0.01)
    assert caught.value.prediction.id == gateway.jobs()[0].id


def test_an_unknown_workflow_is_rejected_in_the_envelope(client: Any) -> None:
    with pytest.raises(Exception, match="workflow does not exist"):
        client.run("no-such-workflow", {"prompt": "t"})


def test_a_wrong_secret_is_forbidden(gateway: Gateway) -> None:
    with (
        speedpix.Client(gateway.keys.speedpix_app_key, "wrong", gateway.url) as client,
        pytest.raises(httpx.HTTPStatusError, match="403"),
    ):
        client.run("text-to-image", {"prompt": "t"})


def test_answers_in_snake_case_work_as_well(gateway: Gateway, client: Any) -> None:
    gateway.speedpix.keys = "snake"
    output = client.run("text-to-image", {"prompt": "t"}, polling_interval=0.01)
    assert PICTURE == output["images"]["url"].read()


def test_jobs_beyond_the_slots_wait_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    work = SteppedWork(steps=1)
    with serve(work=work, slots=1) as gateway:
        for name, value in gateway.env().items():
            monkeypatch.setenv(name, value)
        with speedpix.Client() as client:
            first = client.run("text-to-image", {"prompt": "1"}, wait=False)
            second = client.run("text-to-image", {"prompt": "2"}, wait=False)
            assert (first.status, second.status) == ("running", "waiting")
            work.release()
            second.wait(polling_interval=0.02)
        before, after = gateway.jobs()
        assert before.finished_at is not None
        assert after.started_at is not None
        assert before.finished_at <= after.started_at
