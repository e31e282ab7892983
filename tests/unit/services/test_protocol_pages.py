"""What the code cites of the protocols is there: each page, and each section of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "src" / "ipyimagegen"
SERVICES = ("speedpix", "openpixels", "segmind", "inferencesh")
CITED = re.compile(r"(?P<page>[\w/]*PROTOCOL\.md)(?:, (?P<numbers>\d+(?:\.\d+)?(?: and \d+(?:\.\d+)?)*))?")
SECTION = re.compile(r"^(?:## )?(\d+(?:\.\d+)?)[. ]", re.MULTILINE)


def citations() -> Iterator[tuple[str, Path, list[str]]]:
    """Who cites, which page, and which sections of it. A bare name is the page of the citing file's own package."""
    for path in sorted(SOURCE.rglob("*.py")):
        for found in CITED.finditer(path.read_text("utf-8")):
            own = "/" not in found["page"]
            page = path.parent / found["page"] if own else SOURCE / found["page"]
            yield f"{path.relative_to(SOURCE)}", page, re.findall(r"\d+(?:\.\d+)?", found["numbers"] or "")


def test_every_cited_section_exists() -> None:
    cited = list(citations())
    assert {SOURCE / "services" / name / "PROTOCOL.md" for name in SERVICES} <= {page for _, page, _ in cited}
    assert [] == [(who, str(page)) for who, page, _ in cited if not page.is_file()]
    missing = [
        (who, number)
        for who, page, numbers in cited
        for number in numbers
        if number not in SECTION.findall(page.read_text("utf-8"))
    ]
    assert [] == missing


@pytest.mark.parametrize("page", sorted(SOURCE.rglob("PROTOCOL.md")), ids=lambda page: page.parent.name)
def test_the_links_and_references_of_a_page_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    assert [] == [link for link in re.findall(r"\]\(([^)#]+)\)", text) if not (page.parent / link).is_file()]
    sections = SECTION.findall(text)
    assert sorted(set(sections), key=sections.index) == sections
    own = re.findall(r"\((?:section )?(\d+(?:\.\d+)?)\)", text) + re.findall(r"\bof (\d+\.\d+) ", text)
    assert [] == [number for number in own if number not in sections]
