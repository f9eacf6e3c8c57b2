"""The report in headless Chromium: drawn, quiet, inside the page, in both themes and two widths."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from odd_runs import write_run

from automl.results.report.write import write_report
from automl.results.run import read_run
from automl.results.run_folders import read_runs
from automl.results.simulation.choices import Asked
from automl.results.simulation.page import write_page
from automl.results.simulation.simulate import simulate

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WAIT_MS = 120_000
BACKGROUNDS = {"light": "rgb(246, 247, 249)", "dark": "rgb(15, 19, 26)"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (apt: chromium)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("reports")
    further = [{"metric": "loss", "direction": "minimize"}]
    simulated = write_run(root / "simulated", 30, algorithm="random", stopped=0.2)
    runs = {
        "sweep": write_run(root / "sweep", 60, failed=0.1, stopped=0.3, further=further),
        "large": write_run(root / "large", 250, failed=0.05, stopped=0.4, direction="minimize"),
        "single": write_run(root / "single", 1),
        "failed": write_run(root / "failed", 5, failed=1.0),
    }
    pages = {name: write_report([read_run(folder)]) for name, folder in runs.items()}
    several = [runs["single"], runs["failed"], write_run(root / "other", 30, seed=9)]
    pages["simulation"] = write_page(
        simulate([read_run(simulated)], Asked(("random",), ("none", "asha"), repeats=2)),
        root / "simulation.html",
    )
    return {**pages, "several": write_report(read_runs(several), root / "several.html")}


def _open(browser: Any, path: Path, width: int, theme: str) -> tuple[Any, list[str]]:
    size = {"width": width, "height": 900}
    context = browser.new_context(viewport=size, color_scheme=theme, reduced_motion="reduce")
    page, said = context.new_page(), []

    def request(asked: Any) -> None:
        if not asked.url.startswith(("file:", "data:")):
            said.append(asked.url)

    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", request)
    page.goto(path.as_uri())
    # not wait_for_function: its polling is an eval, which the page's policy forbids
    page.wait_for_selector("html[data-drawn]", state="attached", timeout=WAIT_MS)
    return page, said


Opened = dict[tuple[str, int], tuple[Any, list[str]]]


@pytest.fixture(scope="module")
def opened() -> Opened:
    """The pages that are open, by the report's name and the width at which it was opened."""
    return {}


@pytest.fixture
def show(browser: Any, reports: dict[str, Path], opened: Opened) -> Any:
    """Show a report, in a page that is open where that width is: which page, what it said so far.

    Opening one takes seconds; a page that is open is drawn anew in another theme.
    """

    def shown(name: str, width: int, theme: str) -> tuple[Any, list[str]]:
        if (name, width) not in opened:
            opened[name, width] = _open(browser, reports[name], width, theme)
        page, said = opened[name, width]
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        page.wait_for_selector(f"html[data-drawn={theme}]", state="attached", timeout=WAIT_MS)
        page.evaluate("scrollTo(0, 0)")
        return page, said

    return shown


@pytest.fixture
def sweep(show: Any) -> tuple[Any, list[str]]:
    """The sweep's page, wide and light, at its top; and what it said and asked for so far."""
    return show("sweep", 1280, "light")  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("name", "width", "theme"),
    [
        # opened at each width and in each theme, then drawn in the other theme
        ("sweep", 1280, "light"),
        ("sweep", 1280, "dark"),
        ("sweep", 400, "dark"),
        ("sweep", 400, "light"),
        ("large", 400, "dark"),
        ("single", 400, "light"),
        ("failed", 1280, "dark"),
        ("several", 1280, "light"),
        ("simulation", 400, "dark"),
    ],
)
def test_drawn_quiet_and_inside_the_page(show: Any, name: str, width: int, theme: str) -> None:
    page, said = show(name, width, theme)
    assert said == []
    drawn = page.evaluate(
        "[...document.querySelectorAll('.plot')].map(plot =>"
        " plot.querySelectorAll('.trace, .contour, .bars path, .scatterlayer path').length)"
    )
    assert all(traces > 0 for traces in drawn)
    assert len(drawn) >= {"single": 2, "failed": 0, "simulation": 2}.get(name, 6)
    beyond = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert beyond <= 0
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == BACKGROUNDS[theme]


def test_trials_and_epochs_are_counted_in_whole_numbers(show: Any) -> None:
    page, _ = show("single", 400, "light")
    for title in ("Best so far", "Learning curves"):
        figure = page.locator("figure", has=page.get_by_role("heading", name=title))
        ticks = figure.locator(".xtick text").all_text_contents()
        assert ticks
        assert all(tick.isdigit() for tick in ticks), ticks


def test_a_figure_without_room_to_the_side_is_turned(sweep: tuple[Any, list[str]]) -> None:
    page, said = sweep
    figure = page.locator("figure", has_text="Parallel coordinates")
    figure.locator(".plot[data-turned=false]").wait_for(timeout=WAIT_MS)
    page.set_viewport_size({"width": 400, "height": 900})
    page.wait_for_selector(".plot[data-turned=true]", timeout=WAIT_MS)
    wider = "[...document.querySelectorAll('.chart')].filter(e => e.scrollWidth > e.clientWidth)"
    assert page.evaluate(f"{wider}.length") == 0
    assert said == []


def test_links_lead_to_their_sections(sweep: tuple[Any, list[str]]) -> None:
    page, _ = sweep
    for link in page.query_selector_all("nav a"):
        link.click()
        target = link.get_attribute("href")
        page.wait_for_url(f"**{target}", timeout=WAIT_MS)
        top = page.evaluate(f"document.querySelector('{target}').getBoundingClientRect().top")
        left = page.evaluate("document.documentElement.scrollHeight - innerHeight - scrollY")
        assert 0 <= top < 120 or left < 2


def test_the_figures_follow_the_theme(sweep: tuple[Any, list[str]]) -> None:
    page, said = sweep
    colour = "getComputedStyle(document.querySelector('.plot .xtick text')).fill"
    before = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-drawn=dark]", state="attached", timeout=WAIT_MS)
    assert page.evaluate(colour) != before
    assert said == []


def test_copying_and_sorting(sweep: tuple[Any, list[str]]) -> None:
    page, _ = sweep
    page.click("button.copy >> nth=0")
    page.wait_for_selector("button.copy >> text=Copied", timeout=WAIT_MS)  # written by a promise
    page.click("details:has(table.sortable) > summary")
    seconds = page.locator("table.sortable th button", has_text="seconds")
    rows = "[...document.querySelectorAll('table.sortable tbody tr')]"
    for rising in (True, False):
        seconds.click()
        values = page.evaluate(f"{rows}.map(row => +row.cells[6].textContent)")
        assert values == sorted(values, reverse=not rising)
