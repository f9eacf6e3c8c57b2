"""Makes docs/images/report.png, the README's picture, from the run whose table the README shows.

    python experiments/report_picture.py RUN docs/images/report.png

The picture is the top of RUN's report: verdict, champion against the defaults, learning curves and
importance; the other figures are left out. It takes Playwright and a Chromium on the PATH.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from automl.results.report.write import write_report
from automl.results.run import read_run

_SHOWN = ("Learning curves", "Parameter importance")
_HIDE = """shown => {
  for (const part of document.querySelectorAll("figure, .chart.none, .grid, h3.group, .group + p"))
    if (!shown.includes(part.querySelector("h3")?.textContent)) part.style.display = "none";
  for (const part of document.querySelectorAll("section"))
    if (!/^run-0($|-progress|-parameters)/.test(part.id)) part.style.display = "none";
  for (const part of document.querySelectorAll(".lead, .foot"))
    if (!part.querySelector(".pill")) part.style.display = "none";
}"""


def main(run: Path, picture: Path) -> None:
    """Draw the report of ``run`` into the file ``picture``."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        page_file = write_report([read_run(run)], Path(folder) / "report.html")
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
        page.goto(page_file.as_uri())
        page.wait_for_selector("html[data-drawn]", state="attached", timeout=120_000)
        page.evaluate(_HIDE, list(_SHOWN))
        page.screenshot(path=picture, full_page=True)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
