"""`python -m tests.ui.look http://localhost:3000 FOLDER`: pictures of a running UI, to look at.

Not a test: what a page looks like is judged by a person. A headless Chromium opens each page, waits
until it has drawn, and saves a PNG.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

PAGES = {
    "overview": "/overview",
    "assets": "/assets",
    "lineage": "/asset-groups",
    "level": "/assets/marts/gpu_price_daily",
    "coverage": "/assets/marts/facility_coverage",
    "coverage-columns": "/assets/marts/facility_coverage?view=lineage",
    "source": "/assets/staging/gpu_offers/vast",
    "skipped": "/assets/raw/lambda_cloud",
    "jobs": "/jobs",
    "automation": "/automation",
    "runs": "/runs",
}
WIDTH, HEIGHT = 1500, 1300


def look(base: str, folder: Path) -> None:
    """Save a picture of every page."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("no Chromium on this machine (apt install chromium)")
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in PAGES.items():
        with TemporaryDirectory(prefix="look-") as profile:
            subprocess.run(
                [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                 "--disable-dev-shm-usage", f"--window-size={WIDTH},{HEIGHT}",
                 f"--user-data-dir={profile}", "--virtual-time-budget=20000",
                 f"--screenshot={folder / name}.png", base + path],
                check=False, timeout=120, capture_output=True,
            )  # fmt: skip
        sys.stdout.write(f"{folder / name}.png\n")


if __name__ == "__main__":
    look(sys.argv[1], Path(sys.argv[2]))
