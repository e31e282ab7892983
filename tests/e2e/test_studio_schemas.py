"""Any schema in a Studio: the kernel makes its controls, a real page shows and edits them, the kernel takes them in.

No Jupyter: the widget's own bundle on a bare page, with a model that keeps what is sent.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.schema import read_params
from ipyimagegen.gateway import TimedWork, serve
from ipyimagegen.jobs.client import Client
from ipyimagegen.notebook.widgets.base import STATIC
from ipyimagegen.notebook.widgets.studio.controls import controls
from ipyimagegen.notebook.widgets.studio.form import Form
from ipyimagegen.notebook.widgets.studio.inputs import described_values
from ipyimagegen.notebook.widgets.studio.words import about
from ipyimagegen.services.base import Registry
from ipyimagegen.settings.config import Settings
from tests.lateness import soon
from tests.schemas import PROPERTIES

if TYPE_CHECKING:
    from playwright.sync_api import Page

LOAD = """
async code => {
    const {default: make} = await import(URL.createObjectURL(new Blob([code], {type: "text/javascript"})));
    const drawn = () => new Promise(done => setTimeout(done));
    const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    const fields = root => [...root.querySelectorAll(
        "[data-param]:not([data-param='']) :is(input:not([type=file], [type=range], [type=url]), textarea, select)")];
    const shown = root => fields(root).map(
        one => [one.closest("[data-param]").dataset.param, one.type === "checkbox" ? one.checked : one.value]);
    const edit = field => {
        if (field.type === "checkbox") { field.click(); return; }
        if (field.tagName === "SELECT") { field.selectedIndex = field.options.length - 1; }
        else field.value = "7";
        field.dispatchEvent(new Event(field.tagName === "SELECT" ? "change" : "input", {bubbles: true}));
    };
    // What a page shows of these traits; with `editing`, also what it sends when everything in it has been changed.
    window.look = async (given, editing) => {
        const traits = JSON.parse(given);  // as text: a parameter may be called __proto__
        const heard = [];
        const model = {get: name => traits[name], set() {}, save_changes() {}, on() {}, off() {}, widget_manager: {},
                       send: message => heard.push(message)};
        const root = document.createElement("div");
        document.body.append(root);
        const life = new AbortController();
        const clean = make().render({model, el: root, signal: life.signal});
        await frame();
        for (const fold of root.querySelectorAll("details")) fold.open = true;
        if (editing) {
            const adds = [...root.querySelectorAll(".ig-list > button")];
            for (const add of adds) { add.click(); await drawn(); }
            for (const field of fields(root)) { edit(field); await drawn(); }
            root.querySelector(".ig-studio").dispatchEvent(
                new KeyboardEvent("keydown", {key: "Enter", ctrlKey: true, bubbles: true}));
        }
        await frame();
        const state = shown(root);
        const places = [...root.querySelectorAll("[data-param]")].map(one => one.dataset.param);
        life.abort();
        clean();
        const left = root.childElementCount;
        root.remove();
        const sent = heard.filter(({kind}) => kind === "set").map(({values}) => values);
        return JSON.stringify({places, state, sent, ran: heard.some(({kind}) => kind === "run"), left});
    };
}
"""
TRAITS = json.loads((STATIC.parent / "notebook" / "widgets" / "contract" / "studio.json").read_text("utf-8"))["traits"]


@pytest.fixture
def bench(page: Page) -> Page:
    page.goto("about:blank")
    page.evaluate(LOAD, (STATIC / "studio.js").read_text("utf-8"))
    return page


def look(page: Page, form: Form, *, editing: bool = False) -> Any:
    """What a page shows of a form, and what it sends."""
    spec = form.spec
    traits = TRAITS | {"model": spec.id, "about": about(spec), "controls": controls(spec)}
    traits |= {"params": described_values(form.values), "problems": form.problems(), "notes": form.adjustments()}
    return json.loads(page.evaluate("([traits, editing]) => look(traits, editing)", [json.dumps(traits), editing]))


def goes_there_and_back(page: Page, spec: ModelSpec) -> None:
    """Every parameter is shown; what is changed arrives, and is then shown as it was typed."""
    form = Form(spec=spec)
    names = {name for name in spec.params if name != "height" or "width" not in spec.params}
    assert names <= set(look(page, form)["places"]), spec.id
    edited = look(page, form, editing=True)
    for values in edited["sent"]:
        form = form.put(values)
    again = look(page, form)
    assert (edited["ran"], edited["left"], again["left"]) == (True, 0, 0)
    assert again["state"] == edited["state"], spec.id
    assert again["sent"] == []


@settings(suppress_health_check=list(HealthCheck))
@given(PROPERTIES)
@example({name: {"type": "boolean"} for name in ("__proto__", "constructor", "toString", "a.b", "a[0]", "")})
@example({"x": {"type": "object", "properties": {"__proto__": {"type": "string"}, "valueOf": {"type": "integer"}}}})
def test_any_schema_is_shown_edited_and_shown_again(bench: Page, properties: dict[str, Any]) -> None:
    goes_there_and_back(bench, ModelSpec(service="any", name="one", params=read_params({"properties": properties})))


def test_every_known_model_is_shown_edited_and_shown_again(bench: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(work=TimedWork()) as gateway:
        for name, value in gateway.env().items():
            monkeypatch.setenv(name, value)
        client = Client(settings=Settings(), services=Registry.discover(), journal=None)
        assert soon(lambda: len(client.models()) > 10)  # where a catalogue was late, once more
        models = client.models()
        assert {"local", "openpixels", "segmind", "inferencesh", "speedpix"} >= {spec.service for spec in models}
        for spec in models:
            goes_there_and_back(bench, spec)
        client.close()
