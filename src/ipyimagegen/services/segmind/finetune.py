"""`client.finetune`: training a model on one's own pictures. Every method blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.said import marked
from ...net.repeat import Repeat
from ...runtime import runtime
from .account import Space


class Finetune(Space):
    """`client.finetune`."""

    @property
    def _base(self) -> str:
        return f"{self._api.addresses.root}/finetune/request"

    def submit(
        self,
        name: str,
        data_source_path: str,
        instance_prompt: str,
        trigger_word: str,
        base_model: str,
        train_type: str,
        machine_type: str,
        theme: str | None = None,
        segmind_public: bool = False,  # noqa: FBT001, FBT002 - the documented order
        advance_parameters: Mapping[str, Any] | None = None,
    ) -> Any:
        """Start a training. Costs money; sent once. `data_source_path` is where the pictures lie at Segmind.

        Raises `SegmindSubmitUnknown` where the answer was lost: `list()` tells whether it runs.
        """
        body = {
            "name": name,
            "data_source_path": data_source_path,
            "instance_prompt": instance_prompt,
            "trigger_word": trigger_word,
            "base_model": base_model,
            "train_type": train_type,
            "machine_type": machine_type,
            "segmind_public": segmind_public,
        }
        if theme is not None:
            body["theme"] = theme
        if advance_parameters is not None:
            body["advance_parameters"] = dict(advance_parameters)
        return self._asked("POST", "submit", repeat=Repeat.SUBMIT, json=body)

    def details(self, request_id: str) -> Any:
        """One training."""
        return self._asked("GET", "details", json={"request_id": request_id})

    def list(self) -> Any:
        """All trainings."""
        return self._asked("GET", "list")

    def upload_presigned_url(self, name: str) -> Any:
        """Where to put a ZIP of pictures to train on."""
        return self._asked("GET", "upload/pre-signed-url", json={"name": name})

    def access_update(self, request_id: str, segmind_public: bool) -> Any:  # noqa: FBT001 - the documented order
        """Let others use a trained model, or end that."""
        form = {"request_id": request_id, "segmind_public": str(segmind_public)}
        answer = runtime().run(self._api.ask("PUT", f"{self._base}/access-update", repeat=Repeat.NEVER, form=form))
        return answer.json() if answer.body else {"status": answer.status}

    def file_download(self, cloud_storage_url: str) -> str:
        """An address at which a trained model can be fetched."""
        form = {"cloud_storage_url": cloud_storage_url}
        answer = runtime().run(self._api.ask("GET", f"{self._base}/file/download", form=form))
        return str(marked(answer.text))

    def _asked(self, method: str, route: str, **options: Any) -> Any:
        return runtime().run(self._api.ask(method, f"{self._base}/{route}", **options)).json()
