from __future__ import annotations

import base64
import io
from dataclasses import replace
from decimal import Decimal

import pytest
from PIL import Image

from ipyimagegen.core.cost import FREE, UNKNOWN, Cost
from ipyimagegen.core.errors import InvalidInput, MediaError
from ipyimagegen.core.events import Output
from ipyimagegen.core.params import Change
from ipyimagegen.media.artifacts import Payload, make_artifact, missing_artifact
from ipyimagegen.media.results import Result, Timings, merge
from ipyimagegen.media.sheets import contact_sheet
from ipyimagegen.media.sniff import dimensions, sniff

from .samples import artifact, flat, picture

FILM = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(200)


def result(count: int = 1, **changes) -> Result:
    made = tuple(artifact(flat(60, 40, (40 * i, 90, 120)), index=i, seed=7 + i) for i in range(count))
    base = Result(
        model="local/sketch",
        artifacts=made,
        prompt="a lighthouse at dusk",
        seed=7,
        cost=FREE,
        timings=Timings(queue_s=0.1, run_s=1.0, total_s=1.24),
        asked={"prompt": "a lighthouse at dusk", "steps": 99},
        sent={"prompt": "a lighthouse at dusk", "num_inference_steps": 50, "seed": 7},
        changes=(
            Change(what="dropped", name="colour", asked="red", why="the model has none"),
            Change(what="chosen", name="seed", sent=7, why="none was given"),
            Change(what="default", name="width", sent=512),
            Change(what="default", name="style", sent="auto"),
        ),
        job_ids=("j1",),
    )
    return replace(base, **changes)


def film():
    return make_artifact(Payload(data=FILM), Output(name="video", data=FILM), index=1)


def test_the_summary_is_one_line():
    assert result().summary == "local/sketch · 60×40 · seed 7 · 1.2 s · free"
    assert result(3).summary == "local/sketch · 3 pictures 60×40 · seeds 7–9 · 1.2 s · free"
    assert result(cost=UNKNOWN, timings=Timings()).summary == "local/sketch · 60×40 · seed 7 · cost unknown"
    assert repr(result()) == "<Result local/sketch · 60×40 · seed 7 · 1.2 s · free>"


def test_results_are_values():
    assert len({result(), result(), result(2)}) == 2


def test_it_is_a_sequence_of_its_pictures():
    made = replace(result(), artifacts=(artifact(), film()))
    assert (len(made), list(made), made[0], made[-1:]) == (1, [made.image], made.image, (made.image,))
    assert len(made.artifacts) == 2


def test_a_result_without_pictures_is_true_and_says_so():
    made = Result(model="a/b", text="a poem")
    assert made
    assert len(made) == 0
    assert made._repr_mimebundle_()[0] == {"text/plain": "a poem"}
    with pytest.raises(MediaError, match="a/b made no picture"):
        _ = made.image


def test_the_report_tells_asked_sent_dropped_and_chosen():
    report = result().report
    assert repr(report) == str(report)
    assert "sent     seed" not in report
    for line in (
        "asked    steps = 99",
        "sent     num_inference_steps = 50",
        "dropped  colour='red' was not sent: the model has none",
        "chosen   seed=7 was chosen: none was given",
        "default  width=512, style='auto'",
        "cost     free",
        "time     queue 0.10 s, run 1.00 s, total 1.24 s",
        "jobs     j1",
    ):
        assert line in report.splitlines()


def test_one_picture_shows_as_itself():
    made = result()
    assert made._repr_mimebundle_() == made.image._repr_mimebundle_()


def test_several_pictures_show_as_a_contact_sheet():
    data, metadata = result(4)._repr_mimebundle_()
    kind = next(key for key in data if key.startswith("image/"))
    assert sniff(base64.b64decode(data[kind])) == kind
    assert data["text/plain"] == f"{result(4).summary} · a lighthouse at dusk"
    assert metadata["ipyimagegen"]["seeds"] == [7, 8, 9, 10]
    assert "text/html" not in data


def test_a_sheet_leaves_out_what_is_not_there():
    lost = missing_artifact(Output(url="https://example.com/x.png"), "gone", index=2)
    made = replace(result(2), artifacts=(*result(2).artifacts, lost))
    assert len(made.images) == 3
    assert "image/jpeg" in made._repr_mimebundle_()[0]
    assert "gone" in made.report


def test_saving_into_a_folder_names_every_picture(tmp_path):
    paths = result(2).save(tmp_path / "new")
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "new/local-sketch-7.png",
        "new/local-sketch-8-2.png",
    ]


def test_a_pattern_is_filled_in(tmp_path):
    made = replace(
        result(2),
        artifacts=tuple(
            replace(a, record=replace(a.record, created="2026-11-20T12:00:00+01:00")) for a in result(2).artifacts
        ),
    )
    paths = made.save(f"{tmp_path}/{{date}}/{{model}}_{{seed}}_{{index}}_{{n:03d}}_{{prompt}}.webp")
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "2026-11-20/local-sketch_7_0_001_a-lighthouse-at-dusk.webp",
        "2026-11-20/local-sketch_8_1_002_a-lighthouse-at-dusk.webp",
    ]
    assert sniff(paths[0].read_bytes()) == "image/webp"


def test_pictures_of_one_call_never_overwrite_one_another(tmp_path):
    paths = result(3).save(tmp_path / "out.png", overwrite=True)
    assert [path.name for path in paths] == ["out.png", "out-2.png", "out-3.png"]


def test_other_content_is_kept_unless_told_otherwise(tmp_path):
    (tmp_path / "out.png").write_text("mine")
    assert result().save(tmp_path / "out.png")[0].name == "out-2.png"
    assert result().save(tmp_path / "out.png")[0].name == "out-2.png"
    assert (tmp_path / "out.png").read_text() == "mine"
    assert result().save(tmp_path / "out.png", overwrite=True)[0].name == "out.png"


def test_other_media_keep_their_suffix(tmp_path):
    made = replace(result(), artifacts=(artifact(), film()))
    assert [path.name for path in made.save(tmp_path / "{n}.png")] == ["1.png", "2.mp4"]


def test_an_unknown_name_in_a_pattern_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match=r"\{sed\}.*\{seed\}"):
        result().save(tmp_path / "{sed}.png")


def test_what_was_not_fetched_is_said_after_the_rest_was_written(tmp_path):
    lost = missing_artifact(Output(url="https://example.com/x.png"), "gone", index=1)
    made = replace(result(), artifacts=(*result().artifacts, lost))
    with pytest.raises(MediaError, match=r"1 of 2 outputs were not fetched: gone; written: .*local-sketch-7\.png"):
        made.save(tmp_path)


def test_a_batch_is_one_result():
    one = result(cost=Cost(Decimal("0.01"), "USD", "charged"))
    two = result(
        cost=Cost(Decimal("0.02"), "USD", "charged"), timings=Timings(total_s=3.0, fetch_s=0.2), job_ids=("j2",)
    )
    both = merge([one, two])
    assert [made.index for made in both.artifacts] == [0, 1]
    assert both.cost == Cost(Decimal("0.03"), "USD", "charged")
    assert both.timings == Timings(queue_s=0.1, run_s=1.0, fetch_s=0.2, total_s=3.0)
    assert both.job_ids == ("j1", "j2")
    assert both.changes == one.changes
    assert merge([one]) is one
    with pytest.raises(InvalidInput, match="no results"):
        merge([])


def test_a_batch_with_one_unknown_cost_has_an_unknown_cost():
    assert merge([result(cost=Cost(Decimal(1), "USD", "charged")), result(cost=UNKNOWN)]).cost == UNKNOWN


@pytest.mark.parametrize(("count", "columns"), [(1, None), (2, None), (3, None), (5, None), (9, None), (4, 1), (4, 9)])
def test_a_sheet_holds_all_cells(count, columns):
    size = dimensions(contact_sheet(result(count).artifacts, columns=columns, cell_px=64))
    assert size is not None
    across = min(columns or {1: 1, 2: 2, 3: 3, 5: 3, 9: 3}.get(count, 2), count)
    rows = -(-count // across)
    assert size == (across * 76 + 12, rows * (76 + 24) + 12)


def test_cells_shrink_before_a_sheet_grows_without_bound():
    sheet = contact_sheet(result(1).artifacts * 400, columns=1, cell_px=1_024)
    size = dimensions(sheet)
    assert size is not None
    assert max(size) <= 400 * (16 + 12 + 24) + 12


def test_captions_stand_under_the_pictures_and_are_cut_to_the_cell():
    long = contact_sheet(result(1).artifacts, captions=["a very long caption\nof two lines " * 20], cell_px=64)
    none = contact_sheet(result(1).artifacts, captions=[""], cell_px=64)
    assert dimensions(long) == (88, 112)
    assert dimensions(none) == (88, 88)


def test_a_broken_picture_keeps_its_cell(tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(picture())
    broken = make_artifact(Payload(path=path), Output(url="https://example.com/x.png"))
    path.unlink()
    with Image.open(io.BytesIO(contact_sheet([broken, *result(1).artifacts]))) as sheet:
        assert sheet.getpixel((20, 200)) != sheet.getpixel((2, 2))


@pytest.mark.parametrize(("count", "options"), [(0, {}), (401, {}), (2, {"captions": ["one"]}), (2, {"columns": 0})])
def test_an_impossible_sheet_is_refused(count, options):
    with pytest.raises(InvalidInput):
        contact_sheet(result(1).artifacts * count, **options)
