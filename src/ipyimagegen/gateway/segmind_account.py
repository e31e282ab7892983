"""Segmind's account side: credits, catalogue, past generations, assets, webhooks. See services/segmind/PROTOCOL.md."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from .answers import iso
from .exchange import Call, Handler, Incoming
from .orders import BadOrder, decode_picture
from .segmind_models import Model, catalogue
from .work import facts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .deliveries import Deliveries
    from .files import FileStore
    from .jobs import JobQueue, JobState

PAGE_ROWS = 20
MAX_PAGE_ROWS = 100
RECENT_ROWS = 10
WORKFLOW_EVENT = "PIXELFLOW"
OUTCOMES = {"queued": "PENDING", "running": "PENDING", "succeeded": "COMPLETED"}


@dataclass(frozen=True, slots=True)
class Webhook:
    """A registration: which events go to which address."""

    webhook_id: str
    webhook_url: str
    types: tuple[str, ...]
    active: bool = True

    def wants(self, *, workflow: bool) -> bool:
        """Whether the end of a workflow, or of a single model, goes to this address."""
        if workflow:
            return self.active and WORKFLOW_EVENT in self.types
        return self.active and any(kind != WORKFLOW_EVENT for kind in self.types)

    def as_json(self) -> dict[str, object]:
        """As the service shows it."""
        return {
            "webhook_id": self.webhook_id,
            "webhook_url": self.webhook_url,
            "event": {"types": list(self.types)},
            "is_active": self.active,
        }


@dataclass
class Wallet:
    """The account's money in US dollars; may be changed while the gateway runs. `spend_limit_usd` is a team's limit."""

    credits_usd: float = 100.0
    spend_limit_usd: float | None = None
    spent_usd: float = 0.0

    def refusal(self, price: float) -> str:
        """Why a request of that price is not taken, or nothing."""
        if self.credits_usd < price:
            return "Insufficient credits"
        if self.spend_limit_usd is not None and self.spent_usd + price > self.spend_limit_usd:
            return "Team spend limit reached"
        return ""

    def pay(self, price: float) -> None:
        """Take the price of a request that succeeded."""
        self.credits_usd = round(self.credits_usd - price, 6)
        self.spent_usd = round(self.spent_usd + price, 6)


class SegmindAccount:
    """What an account has: money, files, a history, webhooks."""

    def __init__(
        self, jobs: JobQueue, files: FileStore, deliveries: Deliveries, models: Mapping[str, Model], wallet: Wallet
    ) -> None:
        self.wallet = wallet
        self._jobs = jobs
        self._files = files
        self._deliveries = deliveries
        self._models = models
        self._webhooks: dict[str, Webhook] = {}
        self._left_after: dict[str, float] = {}

    def calls(self, guarded: Callable[[str, str, str, Handler], Call]) -> list[Call]:
        """The routes, each behind the service's own check of keys."""
        history = "/inference-request/request-history"
        table = [
            ("credits", "GET", "/v1/get-user-credits", self._credits),
            ("upload", "POST", "/upload-asset", self._upload),
            ("models", "GET", "/inference-model-information/list", self._list_models),
            ("generations", "GET", "/inference-request/generations", self._generations),
            ("recent", "GET", "/inference-request/recent-generations", self._recent),
            ("history", "GET", history, self._history),
            ("history_row", "GET", history + "/{id}", self._history_row),
            ("webhooks", "GET", "/webhook/get", self._list_webhooks),
            ("webhook_add", "POST", "/webhook/add", self._add_webhook),
            ("webhook_update", "POST", "/webhook/update", self._update_webhook),
            ("webhook_delete", "GET", "/webhook/inactive", self._delete_webhook),
            ("webhook_logs", "GET", "/webhook/dispatch-logs", self._webhook_logs),
        ]
        return [guarded(*row) for row in table]

    def settle(self, state: JobState) -> None:
        """Charge a job that succeeded; nothing else is billed."""
        if state.phase == "succeeded":
            self.wallet.pay(self.price(state))
        self._left_after[state.id] = self.wallet.credits_usd

    def price(self, state: JobState) -> float:
        """What the job costs if it succeeds, in US dollars."""
        return self._models[state.model].price

    def metrics(self, state: JobState) -> dict[str, object]:
        """Cost and times, in US dollars and seconds."""
        return {
            "cost": self.price(state) if state.phase == "succeeded" else 0.0,
            "remaining_credits": self._left_after.get(state.id, self.wallet.credits_usd),
            "inference_time": round(state.work_s, 3),
            "queue_time": round(state.queue_s, 3),
            "total_time": round(state.queue_s + state.work_s, 3),
            "retry_count": 0,
        }

    def notify(self, state: JobState, outcome: Mapping[str, Any]) -> None:
        """Post the end of a job to every webhook that asked for it."""
        workflow = bool(state.details.get("workflow"))
        event = WORKFLOW_EVENT if workflow else "INFERENCE"
        for hook in self._webhooks.values():
            if hook.wants(workflow=workflow):
                payload = {"event_type": event, "model_name": state.model, **outcome}
                self._deliveries.send(hook.webhook_url, payload, hook=hook.webhook_id)

    async def _credits(self, _incoming: Incoming) -> Response:
        return JSONResponse({"credits": self.wallet.credits_usd})

    async def _upload(self, incoming: Incoming) -> Response:
        data_urls = incoming.json().get("data_urls")
        if not isinstance(data_urls, list) or not data_urls:
            raise BadOrder("data_urls", "must be a list of data: URLs")
        urls = []
        for data_url in data_urls:
            if not isinstance(data_url, str) or not data_url.startswith("data:"):
                raise BadOrder("data_urls", "must be a list of data: URLs")
            data = decode_picture(data_url, self._files.read, field="data_urls")
            content_type, width, height = facts(data)
            urls.append(self._files.keep(data, content_type, "asset", width, height).url)
        return JSONResponse({"file_urls": urls, "message": "Files uploaded successfully"})

    async def _list_models(self, _incoming: Incoming) -> Response:
        return JSONResponse({"models": catalogue(self._models)})

    async def _recent(self, incoming: Incoming) -> Response:
        model = incoming.request.query_params.get("model_name", "")
        rows = [_generation(state, self) for state in self._newest(model) if state.outputs]
        return JSONResponse({"data": rows[:RECENT_ROWS]})

    async def _generations(self, incoming: Incoming) -> Response:
        query = incoming.request.query_params
        states = _between(self._newest(query.get("model_name", "")), query.get("start_date"), query.get("end_date"))
        return JSONResponse(_page([_generation(state, self) for state in states if state.outputs], query, PAGE_ROWS))

    async def _history(self, incoming: Incoming) -> Response:
        query = incoming.request.query_params
        states = _between(self._newest(query.get("model_name", "")), query.get("from_date"), query.get("to_date"))
        rows = [_history_row(state, self) for state in states]
        wanted = query.get("status")
        rows = [row for row in rows if wanted in (None, row["model_status"])]
        sort_by = query.get("sort_by", "model_created")
        if sort_by in ("model_created", "model_name", "credits_deduction"):
            rows.sort(key=lambda row: row[sort_by], reverse=query.get("sort_order", "desc") == "desc")
        return JSONResponse(_page(rows, query, _whole(query, "per_page", PAGE_ROWS, MAX_PAGE_ROWS)))

    async def _history_row(self, incoming: Incoming) -> Response:
        job = self._jobs.get("segmind", incoming.path_value("id"))
        if job is None:
            return JSONResponse({"error": "Request not found"}, status_code=404)
        incoming.job = job.state.id
        return JSONResponse(_history_row(job.state, self))

    async def _list_webhooks(self, _incoming: Incoming) -> Response:
        return JSONResponse({"webhooks": [hook.as_json() for hook in self._webhooks.values()]})

    async def _add_webhook(self, incoming: Incoming) -> Response:
        hook = _read_webhook(secrets.token_hex(8), incoming.json())
        self._webhooks[hook.webhook_id] = hook
        return JSONResponse({"message": "Webhook added", **hook.as_json()})

    async def _update_webhook(self, incoming: Incoming) -> Response:
        body = incoming.json()
        webhook_id = str(body.get("webhook_id"))
        if webhook_id not in self._webhooks:
            return JSONResponse({"error": "Webhook not found"}, status_code=404)
        self._webhooks[webhook_id] = hook = _read_webhook(webhook_id, body)
        return JSONResponse({"message": "Webhook updated", **hook.as_json()})

    async def _delete_webhook(self, incoming: Incoming) -> Response:
        hook = self._webhooks.get(incoming.request.query_params.get("webhook_id", ""))
        if hook is None:
            return JSONResponse({"error": "Webhook not found"}, status_code=404)
        self._webhooks[hook.webhook_id] = replace(hook, active=False)
        return JSONResponse({"message": "Webhook is inactive", "webhook_id": hook.webhook_id})

    async def _webhook_logs(self, incoming: Incoming) -> Response:
        webhook_id = incoming.request.query_params.get("webhook_id", "")
        logs = [
            {
                "webhook_url": delivery.url,
                "payload": delivery.payload,
                "status_code": delivery.status,
                "error": delivery.error or None,
                "dispatched_at": iso(delivery.at),
            }
            for delivery in self._deliveries.log
            if delivery.hook == webhook_id
        ]
        return JSONResponse({"webhook_id": webhook_id, "logs": logs})

    def _newest(self, model: str) -> list[JobState]:
        return [state for state in reversed(self._jobs.states("segmind")) if model in state.model]


def _between(states: list[JobState], first: str | None, last: str | None) -> list[JobState]:
    """The jobs of the days (YYYY-MM-DD, both inclusive) from `first` to `last`."""
    dated = [((iso(state.created_at) or "")[:10], state) for state in states]
    return [state for day, state in dated if (first or day) <= day <= (last or day)]


def _generation(state: JobState, account: SegmindAccount) -> dict[str, object]:
    return {
        "request_id": state.id,
        "model_name": state.model,
        "generation_url": state.outputs[0].url if state.outputs else None,
        "status": OUTCOMES.get(state.phase, "FAILED"),
        "credits_deduction": account.metrics(state)["cost"],
        "latency_ms": round(state.work_s * 1000),
        "prompt": state.order.prompt,
        "parameters": dict(state.inputs),
        "created_at": iso(state.created_at),
    }


def _history_row(state: JobState, account: SegmindAccount) -> dict[str, Any]:
    return {
        "request_id": state.id,
        "model_name": state.model,
        "model_status": OUTCOMES.get(state.phase, "FAILED"),
        "credits_deduction": account.metrics(state)["cost"],
        "request_body": dict(state.inputs),
        "generation_url": state.outputs[0].url if state.outputs else None,
        "latency_ms": round(state.work_s * 1000),
        "model_created": iso(state.created_at),
        "model_finished": iso(state.finished_at),
        "error": state.error or None,
    }


def _page(rows: list[dict[str, Any]], query: Mapping[str, str], per_page: int) -> dict[str, object]:
    page = _whole(query, "page", 1, 1_000_000)
    start = (page - 1) * per_page
    return {"data": rows[start : start + per_page], "page": page, "per_page": per_page, "total": len(rows)}


def _whole(query: Mapping[str, str], name: str, default: int, highest: int) -> int:
    text = query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= highest:
        raise BadOrder(name, f"must be a whole number from 1 to {highest}")
    return int(text[:9])


def _read_webhook(webhook_id: str, body: Mapping[str, object]) -> Webhook:
    url, event = body.get("webhook_url"), body.get("event")
    types = event.get("types") if isinstance(event, dict) else None
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise BadOrder("webhook_url", "must be an http or https address")
    if not isinstance(types, list) or not types or not all(isinstance(kind, str) for kind in types):
        raise BadOrder("event", 'must be {"types": […]} with at least one type')
    return Webhook(webhook_id, url, tuple(types))
