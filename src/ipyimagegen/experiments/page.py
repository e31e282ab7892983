"""A page that shows a sweep without a server, and turns rows and columns by itself. All in it is shown as text."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any


def page(title: str, summary: str, axes: Sequence[Mapping[str, Any]], cells: Sequence[Mapping[str, Any]]) -> str:
    """The page as HTML. `axes` have a `name` and `labels`; `cells` have `at`, `files`, `status`, `why` and `words`."""
    data = json.dumps({"axes": list(axes), "cells": list(cells)}, ensure_ascii=False)
    # A script element ends at the first "</script", whatever quotes are around it, and "<!--" changes how it is read.
    safe = data.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    safe = safe.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    parts = {
        "title": html.escape(title),
        "summary": html.escape(summary),
        "style": _STYLE,
        "script": _SCRIPT,
        "data": safe,
    }
    return re.sub(r"\{(title|summary|style|script|data)\}", lambda found: parts[found[1]], _PAGE)


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file: data:; \
style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header><h1>{title}</h1><p>{summary}</p><div id="controls"></div></header>
<main id="grid" tabindex="0"></main>
<dialog id="large"><form method="dialog"><button autofocus>Close</button></form><div id="shown"></div></dialog>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --size: 220px; }
body { margin: 0; font: 15px/1.45 system-ui, sans-serif; }
header { padding: 1rem 1.25rem; border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 1.25rem; }
header p { margin: .25rem 0 .75rem; }
#controls { display: flex; flex-wrap: wrap; gap: .5rem 1rem; }
label { display: inline-flex; gap: .4rem; align-items: center; }
#grid { overflow: auto; max-height: 80vh; padding: 0 1.25rem 1.25rem; }
table { border-collapse: separate; border-spacing: 8px; }
th { text-align: left; vertical-align: top; font-weight: 600; background: Canvas; overflow-wrap: break-word; }
thead th { position: sticky; top: 0; z-index: 2; padding: .5rem 0; max-width: var(--size); }
tbody th { position: sticky; left: 0; z-index: 1; max-width: 14rem; min-width: 5rem; padding-right: .5rem; }
td { vertical-align: top; }
.cell { width: var(--size); margin: 0 6px 6px 0; vertical-align: top; }
.cell { border: 0; padding: 0; background: none; color: inherit; font: inherit; text-align: left; }
.cell img { display: block; width: 100%; height: auto; border-radius: 4px; }
.cell:focus-visible, #grid:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
.none { display: block; min-height: 5rem; padding: .5rem; border-radius: 4px; background: var(--soft); }
.none, .words { overflow-wrap: anywhere; }
dialog { max-width: 96vw; max-height: 96vh; }
dialog img { display: block; max-width: 90vw; max-height: 70vh; margin: .5rem 0; }
"""

_SCRIPT = """
"use strict";
const { axes, cells } = JSON.parse(document.getElementById("data").textContent);
const varying = axes.map((axis, place) => place).filter((place) => axes[place].labels.length > 1);
const chosen = { rows: varying.length > 1 ? varying[0] : -1, cols: varying.at(-1) ?? -1, fixed: new Map() };
const make = (name, text, kind) => {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (kind) made.className = kind;
  return made;
};
const select = (title, options, value, changed) => {
  const box = make("select");
  for (const [key, text] of options) {
    const option = make("option", text);
    option.value = String(key);
    box.append(option);
  }
  box.value = String(value);
  box.addEventListener("change", () => { changed(Number(box.value)); draw(); });
  const label = make("label", title);
  label.append(box);
  return label;
};
const enlarge = (cell) => {
  const shown = document.getElementById("shown");
  shown.replaceChildren();
  for (const file of cell.files) {
    const image = make("img");
    image.src = encodeURI(file).replace(/[?#]/g, encodeURIComponent);
    image.alt = cell.words.join(", ");
    shown.append(image);
  }
  for (const words of cell.words) shown.append(make("div", words, "words"));
  document.getElementById("large").showModal();
};
const tile = (cell, caption) => {
  const button = make("button", "", "cell");
  button.type = "button";
  if (cell.files.length) {
    const image = make("img");
    image.loading = "lazy";
    image.src = encodeURI(cell.files[0]).replace(/[?#]/g, encodeURIComponent);
    image.alt = cell.words.join(", ");
    button.append(image);
  } else {
    button.append(make("span", cell.why ? `${cell.status}: ${cell.why}` : cell.status, "none"));
  }
  if (caption) button.append(make("span", caption, "words"));
  button.addEventListener("click", () => enlarge(cell));
  return button;
};
const draw = () => {
  const names = [[-1, "none"], ...varying.map((place) => [place, axes[place].name])];
  const swap = (role, other) => (place) => {
    if (place >= 0 && place === chosen[other]) chosen[other] = chosen[role];
    chosen[role] = place;
  };
  const rest = varying.filter((place) => place !== chosen.rows && place !== chosen.cols);
  const controls = [
    select("Rows", names, chosen.rows, swap("rows", "cols")),
    select("Columns", names, chosen.cols, swap("cols", "rows")),
  ];
  for (const place of rest) {
    const labels = [[-1, "all"], ...axes[place].labels.map((text, at) => [at, text])];
    const value = chosen.fixed.get(place) ?? -1;
    controls.push(select(axes[place].name, labels, value, (at) => chosen.fixed.set(place, at)));
  }
  document.getElementById("controls").replaceChildren(...controls);
  const kept = cells.filter((cell) => rest.every((place) => {
    const at = chosen.fixed.get(place) ?? -1;
    return at < 0 || cell.at[place] === at;
  }));
  const places = (role) => chosen[role] < 0 ? [-1]
    : axes[chosen[role]].labels.map((text, at) => at).filter((at) => kept.some((cell) => cell.at[chosen[role]] === at));
  const table = make("table");
  const columns = places("cols");
  if (chosen.cols >= 0) {
    const head = make("tr");
    if (chosen.rows >= 0) head.append(make("td"));
    for (const at of columns) {
      const heading = make("th", axes[chosen.cols].labels[at]);
      heading.scope = "col";
      head.append(heading);
    }
    const top = make("thead");
    top.append(head);
    table.append(top);
  }
  const body = make("tbody");
  for (const row of places("rows")) {
    const line = make("tr");
    if (chosen.rows >= 0) {
      const heading = make("th", axes[chosen.rows].labels[row]);
      heading.scope = "row";
      line.append(heading);
    }
    for (const column of columns) {
      const spot = make("td");
      const here = kept.filter((cell) => (row < 0 || cell.at[chosen.rows] === row)
        && (column < 0 || cell.at[chosen.cols] === column));
      const told = (cell) => rest.map((place) => axes[place].labels[cell.at[place]]).join(", ");
      spot.append(...here.map((cell) => tile(cell, here.length > 1 ? told(cell) : "")));
      line.append(spot);
    }
    body.append(line);
  }
  table.append(body);
  document.getElementById("grid").replaceChildren(table);
};
document.getElementById("grid").addEventListener("keydown", (event) => {
  const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: "up", ArrowDown: "down" };
  const step = moves[event.key];
  if (step === undefined) return;
  const all = [...document.querySelectorAll(".cell")];
  const at = all.indexOf(document.activeElement);
  const across = document.querySelector("tbody tr")?.querySelectorAll("td").length ?? 1;
  const next = at < 0 ? 0 : at + (step === "up" ? -across : step === "down" ? across : step);
  if (all[next]) { all[next].focus(); event.preventDefault(); }
});
draw();
"""
