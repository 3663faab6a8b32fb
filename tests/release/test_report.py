"""The report: one page that needs nothing else, each chart beside the table it was drawn from."""

import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from pipeline import warehouse as wh
from pipeline.release import report as reporting
from pipeline.release.drawings import Figure
from pipeline.release.figures import FIGURES
from pipeline.release.publish import publish
from pipeline.release.report import _section, report
from pipeline.warehouse import Warehouse, scratch
from tests.given.market import open_for_business

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> str:
    store = Warehouse(tmp_path_factory.mktemp("report") / "warehouse")
    open_for_business(store)
    return report(store).read_text(encoding="utf-8")


class Page(HTMLParser):
    """What a page loads, where it leads, and its elements by name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.leads: set[str] = set()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        cells = dict(attrs)
        self.tags.append((tag, cells))
        if "id" in cells:
            self.ids.add(str(cells["id"]))
        self.loads += [str(cells[name]) for name in ("src", "srcset", "data") if name in cells]
        if tag in ("link", "image", "use"):
            self.loads += [str(value) for value in cells.values()]
        elif "href" in cells:
            self.leads.add(str(cells["href"]))


def test_only_figures_whose_tables_changed_are_drawn_again(tmp_path, monkeypatch):
    store = Warehouse(tmp_path / "warehouse")
    open_for_business(store)
    first = report(store).read_text(encoding="utf-8")
    drawn = []

    def section(_, figure: Figure) -> str:
        drawn.append(figure.name)
        return f'<section id="{figure.name}"></section>'

    monkeypatch.setattr(reporting, "_section", section)
    assert report(store).read_text(encoding="utf-8") == first
    assert drawn == []
    with store.connect() as db:
        wh.bump(db, "marts.claim_check")
    publish(store)
    report(store)
    assert drawn == ["claims"]


def test_the_page_loads_nothing_and_runs_nothing(written):
    seen = Page(written)
    assert seen.loads == []
    assert not {"script", "iframe", "object", "embed"} & {tag for tag, _ in seen.tags}
    assert not re.search(r"@import|url\(\s*['\"]?(?!#)", written)
    assert seen.leads == {f"#{each.name}" for each in FIGURES}


def test_every_figure_has_its_section_and_says_where_it_has_nothing(written):
    seen = Page(written)
    for figure in FIGURES:
        assert figure.name in seen.ids
        section = written.split(f'<section id="{figure.name}"')[1].split("</section>")[0]
        chart, gap = section.count("<svg"), section.count('class="gap"')
        assert (chart, gap) in ((2, 0), (0, 1), (0, 0)), figure.name
        assert gap or "<table>" in section, figure.name


def test_a_chart_is_described_in_words_with_its_numbers():
    [over_time] = [each.draw for each in FIGURES if each.name == "leverage"]
    query = "select 'A' as series, date '2026-01-31' as \"on\", 2.5 as value, 'a' as stretch"
    figure = Figure("x", "Rents & <more>", "n", query, over_time)
    with scratch() as db:
        section = _section(db, figure)
    assert section.count('role="img"') == 2
    assert "Rents &amp; &lt;more&gt;. A: 2.50 at 2026-01-31" in section
    assert "<td class=n>2.50</td>" in section


def test_a_file_that_lacks_a_table_still_has_a_page(written):
    """The small market has no facility: the figure says so instead of failing the page."""
    assert "Nothing is published for it." in written


def test_what_is_printed_from_the_file_is_text_and_no_markup():
    with scratch() as db:
        figure = Figure("x", "t", "n", "select '<img src=x onerror=alert(1)>' as claim")
        assert "<img" not in _section(db, figure)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_a_browser_shows_the_page_on_a_phone_without_a_word_of_complaint(tmp_path, written):
    path = tmp_path / "index.html"
    path.write_text(written, encoding="utf-8")
    shot = tmp_path / "phone.png"
    done = subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
         "--window-size=390,800", f"--screenshot={shot}", path.as_uri()],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert shot.stat().st_size > 10_000
    assert "CONSOLE" not in done.stderr
