"""Get a browser for the browser tests: `python tests/browser/get_browser.py`.

An installed Chromium or Chrome is used as it is. Else Playwright's own is downloaded; where that cannot be had,
Debian's chromium package is installed, if this machine and user may.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def installed() -> str | None:
    """Path of a Chromium or Chrome on this machine, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def playwrights_own() -> str | None:
    """Path of the browser that Playwright downloaded, or None."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.path.exists(path) else None


def main() -> int:
    """Get one, in this order; 0 where there is one in the end."""
    if found := installed() or playwrights_own():
        print(f"browser: {found}")
        return 0
    print("no Chromium or Chrome here: downloading Playwright's own")
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if found := playwrights_own():
        print(f"browser: {found}")
        return 0
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("that could not be had: installing Debian's chromium package")
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=False)
    if found := installed():
        print(f"browser: {found}")
        return 0
    print("No browser could be got: install Chromium or Chrome by hand, and run this again.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
