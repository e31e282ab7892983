"""Money: what calls may cost is reserved in the journal before they are sent, so that caps hold over all kernels."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ipyimagegen.core.caps import Cap, read_caps, written
from ipyimagegen.core.cost import FREE, UNKNOWN, Cost
from ipyimagegen.core.errors import BadRequest, BudgetExceeded, InvalidInput, JobFailed
from ipyimagegen.core.events import Event, Failed, Output, Succeeded
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.requests import Request, Ticket
from ipyimagegen.core.schema import read_params
from ipyimagegen.gateway.work import flat_png
from ipyimagegen.history import Journal
from ipyimagegen.history.ledger import Reservation
from ipyimagegen.jobs.client import Client
from ipyimagegen.jobs.money import starts
from ipyimagegen.media.artifacts import Payload
from ipyimagegen.services.base import Registry
from ipyimagegen.settings.config import Settings

PARAMS = read_params({"properties": {"prompt": {"type": "string"}, "seed": {"type": "integer"}}})


class Shop:
    """A service that bills `charge` a job (`None`: it bills, and does not say how much)."""

    name = title = "shop"

    def __init__(self, price: Cost = UNKNOWN, charge: str | None = None) -> None:
        self.spec = ModelSpec(service="shop", name="flux", params=PARAMS, price=price)
        self.charge = charge
        self.submitted = 0
        self.refuses = self.fails = False
        self.go_on = threading.Event()
        self.go_on.set()

    async def models(self) -> Sequence[ModelSpec]:
        return [self.spec]

    async def model(self, name: str) -> ModelSpec:
        return self.spec

    async def submit(self, request: Request) -> Ticket:
        if self.refuses:
            raise BadRequest("shop: no", service="shop")
        self.submitted += 1
        return Ticket(service="shop", model="flux", remote_id=str(self.submitted))

    async def follow(self, ticket: Ticket) -> AsyncIterator[Event]:
        await asyncio.to_thread(self.go_on.wait, 20)
        if self.fails:
            yield Failed(message="no")
            return
        cost = None if self.charge is None else Cost.read(self.charge)
        yield Succeeded(outputs=(Output(data=flat_png(8, 8)),), cost=cost)

    async def cancel(self, ticket: Ticket) -> str:
        return ""

    async def fetch(self, output: Output) -> Payload:
        return Payload(data=output.data, media_type="image/png")

    async def aclose(self) -> None:
        return


def client_of(shop: Shop, journal: Journal | None, **settings: Any) -> Client:
    registry = Registry()
    registry.add(shop)
    return Client(settings=Settings().with_(settings), services=registry, journal=journal)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path)


QUOTED = Cost(Decimal("0.3"), "USD", "quoted")


def test_a_daily_cap_counts_what_was_charged_and_what_is_on_its_way(journal: Journal) -> None:
    shop = Shop(QUOTED, charge="0.3")
    client = client_of(shop, journal, daily_cap=1)
    client.run("shop/flux", "a fox")
    shop.go_on.clear()
    running = [client.submit("shop/flux", "a fox") for _ in range(2)]
    told = (
        r"\$0\.3 would pass the cap of \$1 a day: \$0\.3 spent, \$0\.6 reserved by jobs on their way. Nothing was sent"
    )
    with pytest.raises(BudgetExceeded, match=told):
        client.submit("shop/flux", "a fox")
    shop.go_on.set()
    assert all(job.result(20).images for job in running)
    assert 3 == shop.submitted


def test_many_threads_and_two_journals_of_one_folder_never_pass_a_cap_and_use_all_of_it(tmp_path: Path) -> None:
    shops = [Shop(Cost(Decimal("0.1"), "USD", "quoted"), charge="0.1") for _ in range(2)]
    clients = [client_of(shop, Journal(tmp_path), daily_cap=1) for shop in shops]
    refused: list[BudgetExceeded] = []

    def buy(client: Client) -> None:
        try:
            client.run("shop/flux", "a fox")
        except BudgetExceeded as error:
            refused.append(error)

    threads = [threading.Thread(target=buy, args=(clients[number % 2],)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (10, 6) == (sum(shop.submitted for shop in shops), len(refused))


def test_a_service_that_does_not_say_what_it_bills_is_kept_by_the_named_price(journal: Journal) -> None:
    shop = Shop()
    client = client_of(shop, journal, daily_cap=1)
    with pytest.raises(BudgetExceeded, match=r"the price is unknown, .*%imagegen price shop/flux 0\.05"):
        client.submit("shop/flux", "a fox")
    client.money.name_price("shop/flux", Decimal("0.4"))
    for _ in range(2):
        client.run("shop/flux", "a fox")
    with pytest.raises(BudgetExceeded, match=r"\$0\.8 spent"):
        client.run("shop/flux", "a fox")
    assert 2 == shop.submitted
    client.money.name_price("shop/flux", None)
    with pytest.raises(BudgetExceeded, match="the price is unknown"):
        client.run("shop/flux", "a fox")


def test_what_was_refused_costs_nothing_and_what_failed_there_counts(journal: Journal) -> None:
    shop = Shop(QUOTED)
    client = client_of(shop, journal, daily_cap=1)
    shop.refuses = True
    for _ in range(5):
        with pytest.raises(BadRequest):
            client.run("shop/flux", "a fox")
    shop.refuses, shop.fails = False, True
    for _ in range(3):
        with pytest.raises(JobFailed):
            client.run("shop/flux", "a fox")
    with pytest.raises(BudgetExceeded, match=r"\$0\.9 spent"):
        client.run("shop/flux", "a fox")


def test_caps_of_one_service_of_a_session_and_in_credits(journal: Journal) -> None:
    shop = Shop(Cost(Decimal(4), "CREDITS", "quoted"))
    client = client_of(shop, journal, session_cap="elsewhere 1, shop 10 credits")
    for _ in range(2):
        client.run("shop/flux", "a fox")
    with pytest.raises(BudgetExceeded, match="4 credits would pass the cap of 10 credits a session at shop: 8 credits"):
        client.run("shop/flux", "a fox")


def test_a_deleted_history_frees_no_cap(journal: Journal) -> None:
    client = client_of(Shop(QUOTED, charge="0.6"), journal, daily_cap=1)
    client.run("shop/flux", "a fox")
    assert 1 == journal.clear(before=time.time() + 60)
    with pytest.raises(BudgetExceeded, match=r"\$0\.6 spent"):
        client.run("shop/flux", "a fox", n=2)


def test_free_models_touch_no_cap(journal: Journal) -> None:
    client = client_of(Shop(FREE), journal, daily_cap=0)
    assert client.run("shop/flux", "a fox").images
    assert [] == journal.ledger()


def test_a_cap_that_cannot_be_kept_refuses(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BudgetExceeded, match="keeps no journal, so the cap of"):
        client_of(Shop(QUOTED), None, daily_cap=1).submit("shop/flux", "a fox")


@pytest.mark.parametrize(("setting", "sent"), [("refuse", 0), ("allow", 1), ("0.2", 1), ("2", 0)])
def test_what_to_do_with_unknown_prices_is_a_setting(journal: Journal, setting: str, sent: int) -> None:
    shop = Shop()
    client = client_of(shop, journal, unknown_price=setting, daily_cap=1)
    with contextlib.suppress(BudgetExceeded):
        client.run("shop/flux", "a fox")
    assert sent == shop.submitted


def test_without_a_cap_an_unknown_price_is_called_and_refused_under_one_for_the_call(journal: Journal) -> None:
    shop = Shop()
    assert client_of(shop, journal).run("shop/flux", "a fox").images
    with pytest.raises(BudgetExceeded, match="the price is unknown, so max_cost=1 cannot be kept"):
        client_of(shop, journal).run("shop/flux", "a fox", max_cost=1)


def test_own_charges_are_an_estimate_for_a_cap(journal: Journal) -> None:
    shop = Shop(charge="0.25")
    client_of(shop, journal).run("shop/flux", "a fox")
    client = client_of(shop, journal)
    assert client.run("shop/flux", "a fox", max_cost=0.3).images
    with pytest.raises(BudgetExceeded, match=r"about \$0\.25 is over max_cost=0\.2"):
        client.run("shop/flux", "a fox", max_cost=0.2)


def test_behind_a_lock_a_call_with_a_cap_of_its_own_is_late_by_a_second(journal: Journal) -> None:
    client = client_of(Shop(QUOTED), journal)
    client.run("shop/flux", "a fox")
    locking = sqlite3.connect(journal.folder / "journal.sqlite", isolation_level=None)
    with contextlib.closing(locking):
        locking.execute("BEGIN IMMEDIATE")
        client.submit("shop/flux", "a fox", max_cost=1).result(30)
        began = time.monotonic()
        assert client.run("shop/flux", "a fox", max_cost=1).images
        assert time.monotonic() - began < 4


def test_the_ledger_has_a_row_for_each_paid_job(journal: Journal) -> None:
    client = client_of(Shop(QUOTED, charge="0.25"), journal, daily_cap=5)
    client.run("shop/flux", "a fox")
    (row,) = journal.ledger()
    assert ("shop/flux", Decimal("0.3"), Decimal("0.25"), "charged", "succeeded", 1) == (
        row.model,
        row.estimate,
        row.charge,
        row.source,
        row.outcome,
        row.pictures,
    )


def test_a_reservation_whose_job_never_came_is_let_go(journal: Journal) -> None:
    cap = Cap(amount=Decimal(1), period="day")
    row = Reservation(job="gone", service="shop", model="flux", amount=Decimal(1))
    journal.reserve([row], [cap], "s", starts()).result(20)
    assert Decimal(1) == journal.spent(cap, "s", 0.0).reserved
    with contextlib.closing(sqlite3.connect(journal.file)) as connection, connection:
        connection.execute("UPDATE reservations SET created = created - 1000")
    assert Decimal(0) == journal.spent(cap, "s", 0.0).total


@pytest.mark.parametrize("given", ["5", "5, segmind 2", "openpixels 300 credits", "0.5"])
def test_caps_are_read_as_they_are_written(given: str) -> None:
    assert given == written(read_caps(given, "day"))


@pytest.mark.parametrize("wrong", ["much", "5 5", "-1", "5,,", True])
def test_a_wrong_cap_is_told(wrong: object) -> None:
    with pytest.raises(InvalidInput, match=r"daily_cap: .* is not an amount in US dollars, or several"):
        Settings().with_({"daily_cap": wrong})
