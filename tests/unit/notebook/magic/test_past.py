"""What the journal remembers, in the line magic: `jobs`, `attach`, `history`, `recall`, `cost`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ipyimagegen.core.cost import FREE, UNKNOWN, Cost
from ipyimagegen.core.errors import UnknownModel
from ipyimagegen.core.events import JSON
from ipyimagegen.core.params import Param, Params
from ipyimagegen.core.requests import InputFile, Request, Ticket
from ipyimagegen.history import Journal
from ipyimagegen.jobs import session
from ipyimagegen.jobs.client import Client
from ipyimagegen.jobs.job import Job
from ipyimagegen.media.results import Result
from ipyimagegen.notebook.magic.as_code import code_of
from ipyimagegen.notebook.magic.commands.money import in_all
from ipyimagegen.notebook.magic.matcher import ShellSources
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import service
from ipyimagegen.settings.config import Settings

from .conftest import TINY, Ran

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

Run = Callable[[str], Ran]
CHARGED = Cost(Decimal("0.04"), "USD", "charged")


@pytest.fixture
def journal(client: Client, tmp_path: Path) -> Iterator[Journal]:
    """A journal of the test's own."""
    made = client.journal = Journal(tmp_path / "journal")
    yield made
    made.close()


@pytest.fixture
def later(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Client]:
    """Begin another session on the same journal."""

    def begin() -> Client:
        made = Client(settings=Settings(), services=Registry({"local": service}), journal=journal)
        monkeypatch.setattr(session, "_clients", [made])
        return made

    return begin


def left(journal: Journal, job_id: str = "jleft", prompt: str = "a fox") -> None:
    """A job that was sent by a session that is gone."""
    values: dict[str, JSON] = {"prompt": prompt, "seed": 5, "width": 64, "height": 64, "num_inference_steps": 2}
    journal.prepared(job_id, Request(service="local", model="sketch", values=values, asked=values, seed=5)).result()
    ticket = Ticket(service="local", model="sketch", remote_id="gone", facts={"values": values})
    journal.submitted(job_id, ticket).result()


def ended(journal: Journal, job_id: str, model: str, cost: Cost) -> None:
    values = {"prompt": f"a {model}"}
    journal.prepared(job_id, Request(service="hosted", model=model, values=values, asked=values)).result()
    journal.succeeded(job_id, Result(model=f"hosted/{model}", cost=cost, text="done", job_ids=(job_id,))).result()


def test_jobs_that_may_be_running_are_listed_with_where_to_look(
    run: Run, journal: Journal, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.services.get("local"), "look", "Look out of the window.", raising=False)
    journal.prepared("junsure", Request(service="local", model="sketch", values={"prompt": "a fox"})).result()
    assert "junsure" not in run("%imagegen jobs").text  # this process is at it
    journal.left("junsure", "the answer was lost").result()
    head, *lines = run("%imagegen jobs").text.split("\n\n")[1].splitlines()
    assert head.startswith("May be running, and may be billed")
    assert ["junsure", "local/sketch"] == lines[-2].split()[:2]
    assert "Look out of the window." == lines[-1]


def test_jobs_of_earlier_sessions_are_listed_with_the_line_that_collects_them(run: Run, journal: Journal) -> None:
    left(journal)
    listed = run("%imagegen jobs").text
    assert listed.startswith("No jobs in this session yet.\n\nSent by other sessions")
    assert "%imagegen attach jleft  local/sketch" in listed
    assert "a fox" in listed


def test_jobs_of_this_session_are_not_taken_for_left_ones(run: Run, client: Client, journal: Journal) -> None:
    run(f"%%imagegen {TINY} --step-delay-s 5 --bg\na fox")
    listed = run("%imagegen jobs").text
    client.jobs()[0].cancel()
    assert "attach" not in listed


def test_attach_collects_a_left_job_with_its_pictures_and_variable(
    run: Run, shell: InteractiveShell, journal: Journal
) -> None:
    left(journal)
    ran = run("%imagegen attach jle -o fox")
    assert ran.error is None
    assert len(ran.pictures) == 1
    assert (shell.user_ns["fox"].seed, journal.row("jleft").phase) == (5, "succeeded")
    assert "attach" not in run("%imagegen jobs").text


def test_attach_in_the_background_gives_the_job(run: Run, shell: InteractiveShell, journal: Journal) -> None:
    left(journal)
    run("%imagegen attach jleft --bg -o job")
    assert isinstance(shell.user_ns["job"], Job)
    assert shell.user_ns["job"].result(30).seed == 5


def test_attach_to_a_job_that_has_ended_shows_its_pictures_or_raises_its_error(run: Run, client: Client) -> None:
    run(f"%%imagegen {TINY} -o first\na fox")
    run(f"%%imagegen {TINY} --fail-at-step 1\na fox")
    good, bad = client.jobs()
    assert len(run(f"%imagegen attach {good.id}").pictures) == 1
    assert run(f"%imagegen attach {bad.id}").message.startswith("JobFailed: ")


def test_history_lists_results_newest_first_and_by_words(run: Run, journal: Journal) -> None:
    run(f"%%imagegen {TINY} --seed 7\na red fox")
    run(f"%%imagegen {TINY} --fail-at-step 1\na broken fox")
    run(f"%%imagegen {TINY} --seed 8\na bear")
    lines = run("%imagegen history").text.splitlines()
    assert [line.split()[-1] for line in lines[1:3]] == ["bear", "fox"]
    assert "local/sketch" in lines[1]
    assert " free " in lines[1]
    assert "broken" not in "".join(lines)
    assert "bear" not in run("%imagegen history red FOX").text


def test_history_is_narrowed_by_facts_and_parameters(run: Run, journal: Journal) -> None:
    for seed, prompt in enumerate(("Eine Überraschung", "a fox", "a bear")):
        run(f"%%imagegen {TINY} --seed {seed}\n{prompt}")
    journal.tag(journal.rows("fox")[0].id, "winter").result()

    def found(words: str) -> list[str]:
        lines = run(f"%imagegen history {words}").text.split("\n\n")[0].splitlines()
        return [line.split()[-1] for line in lines[1:]]

    assert found("uberraschung") == ["Überraschung"]
    assert found("since=1d tag=WINTER cost=free") == ["fox"]
    assert found("seed=2 num_inference_steps=2 model=sketch") == ["bear"]
    assert found("sort=oldest") == ["Überraschung", "fox", "bear"]
    assert found("until=2020-01-01") == []
    assert "since: 'soon' is not a time such as '7d'" in run("%imagegen history since=soon").message


def test_long_histories_say_that_there_is_more(run: Run, journal: Journal) -> None:
    for number in range(23):
        ended(journal, f"j{number:03}", "m", UNKNOWN)
    text = run("%imagegen history").text
    assert "j022" in text
    assert "j002" not in text
    assert "3 older ones; words narrow the list" in text


def test_recall_shows_a_result_of_an_earlier_session_again(
    run: Run, shell: InteractiveShell, later: Callable[[], Client]
) -> None:
    run(f"%%imagegen {TINY} --seed 7 -o fox\na fox")
    first = shell.user_ns["fox"]
    later()
    ran = run(f"%imagegen recall {first.job_ids[0]} -o again")
    assert len(ran.pictures) == 1
    assert "seed 7" in ran.displayed[-1]["text/plain"]
    assert shell.user_ns["again"].image.sha256 == first.image.sha256


def test_recalled_code_makes_the_same_picture(
    run: Run, shell: InteractiveShell, later: Callable[[], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(f'%%imagegen {TINY} --style watercolor -o fox\na "fox" in {{{{braces}}}}')
    first = shell.user_ns["fox"]
    later()
    cells: list[str] = []
    monkeypatch.setattr(shell, "set_next_input", cells.append)
    assert run(f"%imagegen recall {first.job_ids[0]} --code").error is None
    assert run(cells[0]).error is None
    assert shell.user_ns["result"].image.sha256 == first.image.sha256


def test_code_names_the_input_files_but_takes_no_prompt_for_one() -> None:
    params = Params((Param(name="prompt", kind="text"), Param(name="image", kind="image")))
    described = InputFile(filename="cat.png", media_type="image/png", data=b"x", size=1_234).describe()
    sent = {"prompt": "<cat.png>", "image": described}
    code = code_of(Result(model="hosted/m", sent=sent), params)
    assert 'prompt="<cat.png>",\n    image="cat.png",' in code
    assert "put the file for image beside this notebook" in code
    address = InputFile(filename="cat.png", media_type="", url="https://example.com/cat.png").describe()
    assert 'image="https://example.com/cat.png")' in code_of(Result(model="hosted/m", sent={"image": address}), params)


def test_cost_adds_up_what_is_known_and_names_what_is_not(run: Run, journal: Journal) -> None:
    for number in range(3):
        ended(journal, f"jp{number}", "priced", CHARGED)
    ended(journal, "jx1", "silent", UNKNOWN)
    ended(journal, "jx2", "silent", CHARGED)
    text = run("%imagegen cost").text
    assert ["hosted/priced", "3", "$0.12"] in [line.split() for line in text.splitlines()]
    assert ["hosted/silent", "2", "unknown"] in [line.split() for line in text.splitlines()]
    assert "In all, the last 30 days: at least $0.12; what hosted/silent (2 jobs) cost is not known here." in text


def test_cost_looks_back_as_far_as_asked(run: Run, journal: Journal) -> None:
    ended(journal, "jp", "priced", CHARGED)
    journal._select("UPDATE jobs SET created = 1.0 WHERE id = 'jp'")
    assert run("%imagegen cost 7").text == "No results in the last 7 days.\n"


def test_sums_of_cost_are_never_a_silent_zero() -> None:
    credits_ = Cost(Decimal(5), "CREDITS", "charged")
    assert in_all([("a", 1, FREE)], "now") == "In all, now: nothing."
    assert in_all([("a", 1, UNKNOWN)], "now") == "In all, now: what a (1 job) cost is not known here."
    assert in_all([("a", 1, CHARGED), ("b", 1, FREE)], "now") == "In all, now: $0.04."
    assert in_all([("a", 1, CHARGED), ("b", 2, credits_)], "now") == "In all, now: $0.04 and 5 credits."


def test_a_variable_names_its_job(run: Run, shell: InteractiveShell, client: Client, journal: Journal) -> None:
    run(f"%%imagegen {TINY} -o fox\na fox")
    run(f"%%imagegen {TINY} --bg -o job\na bear")
    assert len(run("%imagegen recall fox -o again").pictures) == 1
    assert shell.user_ns["again"].job_ids == shell.user_ns["fox"].job_ids
    assert len(run("%imagegen attach job").pictures) == 1
    assert "succeeded before" in run("%imagegen cancel job").text
    run(f"%%imagegen {TINY} -n 2 -o two\na fox")
    assert (
        f"two is of 2 jobs; name one of {', '.join(shell.user_ns['two'].job_ids)}"
        in run("%imagegen recall two").message
    )


def test_a_seedless_model_is_said_to_be_one(run: Run, journal: Journal, client: Client) -> None:
    with pytest.raises(UnknownModel):
        client.model("hosted/m")
    assert code_of(Result(model="hosted/m"), Params()).startswith("# This model takes no seed")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("attach", "usage: %imagegen attach JOB [-o VAR] [--bg]"),
        ("attach jx jy", "usage: %imagegen attach"),
        ("attach nope", "no job with 'nope' in the journal"),
        ("attach jleft -o 3", "-o 3: the name of a variable is missing; write -o NAME"),
        ("attach jleft -o", "-o: the name of a variable is missing"),
        ("attach jleft --gb", "no such option --gb; did you mean --bg?"),
        ("recall", "usage: %imagegen recall JOB|FILE"),
        ("recall jleft", "job jleft has no result: it is queued"),
        ("recall jdone -o x --code", "one of the two"),
        ("cost many", "DAYS is one number over 0"),
        ("cost 0", "DAYS is one number over 0"),
        ("cost nan", "DAYS is one number over 0"),
    ],
)
def test_wrong_words_are_refused(run: Run, journal: Journal, line: str, message: str) -> None:
    left(journal)
    ended(journal, "jdone", "m", UNKNOWN)
    ran = run(f"%imagegen {line}")
    assert ran.message.startswith("UsageError: ")
    assert message in ran.message


def test_a_client_without_a_journal_says_so(run: Run, client: Client) -> None:
    client.journal = None
    for line in ("history", "recall jx", "cost"):
        assert "keeps no journal" in run(f"%imagegen {line}").message
    assert run("%imagegen jobs").text == "No jobs in this session yet.\n"


def test_quiet_recall_shows_the_pictures_alone(run: Run, client: Client, shell: InteractiveShell) -> None:
    run(f"%%imagegen {TINY} -o fox\na fox")
    client.settings = replace(client.settings, quiet=True)
    ran = run(f"%imagegen recall {shell.user_ns['fox'].job_ids[0]}")
    assert len(ran.displayed) == len(ran.pictures) == 1


def test_completion_knows_what_the_journal_holds(shell: InteractiveShell, journal: Journal) -> None:
    left(journal)
    ended(journal, "jdone", "m", UNKNOWN)
    sources = ShellSources(shell.magics_manager.registry["ImageGen"])
    assert (list(sources.left()), list(sources.results())) == (["jleft"], ["jdone"])
    assert {"segmind", "speedpix"} <= set(sources.services())
    assert "local" not in sources.services()
    journal.close()
    (journal.folder / "journal.sqlite").write_bytes(b"no database" * 100)
    assert list(sources.left()) == []
