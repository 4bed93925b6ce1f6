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


def starts(path: str | None) -> bool:
    """Whether a browser starts: Playwright's own, where `path` is None. A file alone may lack its libraries."""
    from playwright.sync_api import Error, sync_playwright

    try:
        with sync_playwright() as playwright:
            playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"]).close()
    except Error as error:
        print(f"{path or 'the browser of Playwright'} does not start: {str(error).splitlines()[0]}")
        return False
    return True


def main() -> int:
    """Get one, in this order; 0 where one starts in the end."""
    if (found := installed()) and starts(found):
        print(f"browser: {found}")
        return 0
    print("no Chromium or Chrome here: getting Playwright's own")
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if starts(None):
        print("browser: Playwright's own")
        return 0
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("that could not be had: installing Debian's chromium package")
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=False)
        if (found := installed()) and starts(found):
            print(f"browser: {found}")
            return 0
    print("No browser could be got: install Chromium or Chrome by hand, and run this again.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
