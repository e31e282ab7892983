"""The page at `/`: what this is, how to point a client at it, what has been going on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, Response

from .faults import KINDS, Fault
from .keys import cell_lines, shell_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .jobs import Load
    from .records import RequestRecord

RECENT = 40
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --soft: #5b6475; --line: #d9dee7; --card: #f6f8fb; --good: #136c3a;
  --bad: #a3261d; --page: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf1; --soft: #a2abbb; --line: #323a49; --card: #1b212c;
  --good: #6fd79b; --bad: #ff9d92; --page: #12161e; } }
body { margin: 0 auto; max-width: 76rem; padding: 2.5rem 1.5rem 4rem; font: 16px/1.55 system-ui, sans-serif;
  color: var(--ink); background: var(--page); }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; } h2 { font-size: 1.1rem; margin: 2.4rem 0 .6rem; }
p { margin: .4rem 0; max-width: 46rem; } .soft { color: var(--soft); }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .9rem 1rem; overflow-x: auto;
  font: 13px/1.5 ui-monospace, monospace; }
.wide { overflow-x: auto; } td code, th { white-space: nowrap; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 0 1.2rem; }
.two > div { min-width: 0; }
th { text-align: left; color: var(--soft); font-weight: 600; } th, td { padding: .35rem .8rem .35rem 0;
  border-bottom: 1px solid var(--line); vertical-align: top; } th.number, td.number { text-align: right;
  font-variant-numeric: tabular-nums; } code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
.good { color: var(--good); } .bad { color: var(--bad); }
"""
FAULT_EXAMPLE = """from ipyimagegen.gateway import Fault, TimedWork, serve

with serve(work=TimedWork(0.3), slots=8, queue_limit=0) as gateway:
    os.environ.update(gateway.env())
    gateway.faults.add(Fault("lost_answer", service="segmind", route="submit"))
    gateway.faults.add(Fault("status", service="speedpix", status=429, retry_after_s=1, times=3))
    ...
    gateway.requests.of("segmind", "submit")"""


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One row of the table of services; `offers` are the names of its models."""

    service: str
    offers: Sequence[str]
    load: Load


def help_page(
    url: str,
    env: dict[str, str],
    statuses: Iterable[ServiceStatus],
    records: Sequence[RequestRecord],
    waiting: Iterable[Fault],
) -> Response:
    """The page. Every text on it is escaped; it holds no script and asks for nothing."""
    services = _table(
        ("service", "offers", "#running", "#waiting", "#slots", "#queue", "#usual s"),
        (
            (
                escape(status.service),
                " ".join(map(_code, status.offers)),
                status.load.running,
                status.load.waiting,
                status.load.limits.slots,
                status.load.limits.queue_limit,
                _seconds(status.load),
            )
            for status in statuses
        ),
    )
    recent = _table(
        ("time", "service", "route", "request", "status", "#bytes", "#ms", "job", "fault"),
        (_row(record) for record in reversed(records[-RECENT:])),
    )
    kinds = _table(("kind", "what happens"), ((_code(kind), escape(text)) for kind, text in KINDS.items()))
    scripted = _table(("service", "route", "kind"), ((_any(f.service), _any(f.route), _code(f.kind)) for f in waiting))
    return HTMLResponse(
        f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>ipyimagegen gateway</title><style>{STYLE}</style></head><body>
<h1>ipyimagegen gateway</h1>
<p>A local server at <code>{escape(url)}</code> that speaks the protocols of SpeedPix, OpenPixels, Segmind and
inference.sh, over the embedded engine. Nothing here costs money, and nothing leaves this machine.</p>
<h2>Point a client at it</h2>
<div class="two"><div><p class="soft">In a notebook cell:</p><pre>{escape(cell_lines(env))}</pre></div>
<div><p class="soft">In a shell:</p><pre>{escape(shell_lines(env))}</pre></div></div>
<h2>Services</h2>{services}
<h2>Recent requests</h2>{recent}
<h2>Make things go wrong</h2>
<p>Faults are scripted from Python. Each is used up by one request, unless <code>times</code> says otherwise.</p>
<pre>{escape(FAULT_EXAMPLE)}</pre>{kinds}
<h2>Faults that wait</h2>{scripted}
</body></html>""",
        headers=HEADERS,
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of cells that are escaped already, or numbers; the head of a column of numbers starts with `#`."""
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    if not body:
        return '<p class="soft">None.</p>'
    head = "".join(map(_head, heads))
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _head(name: str) -> str:
    number = ' class="number"' if name.startswith("#") else ""
    return f'<th scope="col"{number}>{escape(name.removeprefix("#"))}</th>'


def _cell(value: object) -> str:
    return f'<td class="number">{value}</td>' if isinstance(value, int | float) else f"<td>{value}</td>"


def _row(record: RequestRecord) -> Sequence[object]:
    status = record.status
    text = "…" if status is None else str(status) if status else "dropped"
    mark = "good" if status is None or 200 <= status < 400 else "bad"
    return (
        time.strftime("%H:%M:%S", time.localtime(record.at)),
        escape(record.service),
        escape(record.route),
        _code(f"{record.method} {record.path}"),
        f'<span class="{mark}">{text}</span>',
        record.sent_bytes,
        round(record.seconds * 1000),
        _code(record.job or ""),
        escape(record.fault or ""),
    )


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _any(name: str | None) -> str:
    return escape(name) if name else "any"


def _seconds(load: Load) -> float | str:
    return "" if load.usual_work_s is None else round(load.usual_work_s, 2)
