"""Packages for one trial, in a folder that goes with it."""

import subprocess
import sys

__all__ = ["installed"]


def installed(folder: str, *words: str) -> None:
    """Put what `words` ask pip for into a folder.

    Raises:
        CalledProcessError: it cannot be had.
    """
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--target", folder, *words], check=True,
    )  # fmt: skip
