"""`File`: a task's file, fetched when somebody looks, and saved whole or not at all."""

from __future__ import annotations

import base64
import copy
import gc
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ipyimagegen.core.errors import ImagegenError, MediaError, ServiceError
from ipyimagegen.gateway import Fault, Gateway, TimedWork
from ipyimagegen.gateway.work import flat_png
from ipyimagegen.media.inputs import as_input
from ipyimagegen.services.inferencesh import File, inference
from tests.gateways import serving
from tests.hostile import hostile

PICTURE = flat_png(64, 64)


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    with serving(monkeypatch, work=TimedWork(0, PICTURE)) as running:
        yield running


@pytest.fixture
def record(gateway: Gateway) -> dict[str, object]:
    output = inference().run({"app": "infsh/sdxl", "input": {"prompt": "t"}})["output"]
    return dict(output["image"])


def test_nothing_is_fetched_before_somebody_looks(gateway: Gateway, record: dict[str, object]) -> None:
    file = File(record)
    assert not file.exists()
    assert (file.filename, file.content_type) == ("images.png", "image/png")
    assert gateway.requests.of("files", "download") == []
    assert PICTURE == file.read()
    assert file.exists()


def test_a_page_in_a_pictures_place_leaves_the_old_file_alone(
    gateway: Gateway, record: dict[str, object], tmp_path: Path
) -> None:
    gateway.faults.add(Fault("html", service="files", times=None))
    (tmp_path / "out.png").write_bytes(b"the old one")
    with pytest.raises((MediaError, ServiceError)):
        File(record).save(tmp_path / "out.png")
    assert b"the old one" == (tmp_path / "out.png").read_bytes()


def test_it_saves_into_a_folder_under_its_own_name(record: dict[str, object], tmp_path: Path) -> None:
    assert tmp_path / "images.png" == File(record).save(tmp_path)
    assert PICTURE == (tmp_path / "images.png").read_bytes()


def test_in_a_folder_it_replaces_no_other_file(record: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "images.png").write_bytes(b"another")
    assert tmp_path / "images-2.png" == File(record).save(tmp_path)
    assert tmp_path / "images-2.png" == File(record).save(str(tmp_path))
    assert b"another" == (tmp_path / "images.png").read_bytes()
    assert tmp_path / "new" / "images.png" == File(record).save(f"{tmp_path}/new/")


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda file: pickle.loads(pickle.dumps(file))])  # noqa: S301
def test_a_copy_is_the_same_file_fetched_or_not(record: dict[str, object], copied: Callable[[File], File]) -> None:
    file = File(record)
    for again in (copied(file), copied(copied(file))):
        assert (file.to_dict(), False, PICTURE) == (again.to_dict(), again.exists(), again.read())
    file.read()
    assert PICTURE == copied(copied(file)).read()


def test_a_pickle_of_a_fetched_file_outlives_the_process_that_fetched_it(record: dict[str, object]) -> None:
    file = File(record)
    held = Path(file.path)
    kept = pickle.dumps(file)
    held.unlink()
    again = pickle.loads(kept)  # noqa: S301
    assert (PICTURE, held.name, "image/png") == (again.read(), Path(again.path).name, again.content_type)


def test_a_name_from_the_service_stays_in_its_folder(record: dict[str, object]) -> None:
    file = File({**record, "filename": "../../evil.png"})
    assert Path(file.path).parent.name.startswith("tmp")
    assert "/" not in Path(file.path).name


def test_other_sources(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PICTURE)
    for file in (File(str(tmp_path / "a.png")), File(path=tmp_path / "a.png"), File.from_path(tmp_path / "a.png")):
        assert (file.is_local, file.filename, file.content_type, file.size) == (
            True,
            "a.png",
            "image/png",
            len(PICTURE),
        )
    uri = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"
    assert PICTURE == File(uri).read()
    assert len(repr(File(uri))) < 60
    assert {"uri": uri} == File(uri).to_dict()
    with pytest.raises(ValueError, match="uri or a path"):
        File()


def test_a_notebook_shows_the_picture_once_it_is_here(gateway: Gateway, record: dict[str, object]) -> None:
    file = File(record)
    assert {"text/plain": repr(file)} == file._repr_mimebundle_()[0]
    assert gateway.requests.of("files", "download") == []
    assert Path(file.path).read_bytes() == PICTURE
    assert {"image/png", "text/plain"} == {*file._repr_mimebundle_()[0]}
    Path(file.path).unlink()
    assert {"text/plain"} == {*file._repr_mimebundle_()[0]}


def test_threads_that_ask_at_the_same_time_fetch_it_once(gateway: Gateway, record: dict[str, object]) -> None:
    file = File(record)
    with ThreadPoolExecutor(4) as pool:
        assert [PICTURE] * 8 == list(pool.map(lambda _: file.read(), range(8)))
    assert len(gateway.requests.of("files", "download")) == 1


def test_it_is_read_in_pieces_and_given_as_a_picture(record: dict[str, object]) -> None:
    file = File(record)
    assert PICTURE[:8] == file.read(8)
    assert PICTURE == as_input(file, kind="image").read()


@pytest.mark.parametrize("client", ["lives", "is gone"])
def test_a_file_at_the_address_of_a_client_is_fetched_whatever_the_environment_says(
    client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hostile() as server:
        monkeypatch.delenv("INFERENCE_BASE_URL", raising=False)
        monkeypatch.delenv("INFERENCE_API_KEY", raising=False)
        held = inference("the-key", server.url)
        record = held.run({"app": "infsh/sdxl", "input": {"prompt": "t"}})["output"]["image"]
        if client == "is gone":
            del held
            gc.collect()
        assert File(record).read().startswith(b"\x89PNG")
        (download,) = (asked for asked in server.asked if asked.path == "/a.png")
        assert (client == "lives") == ("authorization" in download.headers)


def test_a_private_address_that_nobody_named_is_refused() -> None:
    with hostile() as server, pytest.raises(ImagegenError, match="private"):
        File(f"{server.url}/a.png").read()
