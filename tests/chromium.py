"""Finds a real Chromium and starts it so that nothing can leave this machine."""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# Every other name fails to resolve, so a page that asks for something elsewhere fails loudly.
# intranet.test is this machine too: an origin that browsers do not trust as they trust localhost.
RESOLVER = "MAP intranet.test 127.0.0.1 , MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1"
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-first-run",
    f"--host-resolver-rules={RESOLVER}",
)


def launch(playwright: Playwright) -> Browser:
    """A headless browser; RuntimeError with the remedy when there is none."""
    executable = find(playwright)
    if executable is None:
        raise RuntimeError(
            "No Chromium found: install it (apt-get install chromium, or "
            "`.venv/bin/python -m playwright install --with-deps chromium`), or name it in CHROMIUM."
        )
    sandbox = () if os.geteuid() else ("--no-sandbox",)  # Chromium's sandbox does not work for root
    return playwright.chromium.launch(executable_path=executable, args=[*ARGUMENTS, *sandbox])


def find(playwright: Playwright) -> str | None:
    """$CHROMIUM, then the usual commands and folders, then Playwright's own download."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    on_path = (shutil.which(command) for command in COMMANDS)
    usable = (found for found in on_path if found and not _is_snap_stub(found))
    places = (*MACOS, playwright.chromium.executable_path)
    return next(usable, None) or next((place for place in places if Path(place).is_file()), None)


def _is_snap_stub(command: str) -> bool:
    """Ubuntu's `chromium-browser` is a script that only says which snap to install."""
    path = Path(command).resolve()
    return path.name == "chromium-browser" and b"snap install" in path.read_bytes()[:4000]


if __name__ == "__main__":  # dev.py asks whether there is one
    with sync_playwright() as playwright:
        sys.exit(find(playwright) is None)
