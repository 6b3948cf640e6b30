"""A kit handed in with a real browser: how far it is, the report in place, and all of it without scripts."""

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select
from starlette.applications import Starlette

from portal.campaigns.models import Item
from portal.database import Database
from portal.paths import data
from tests.client import Client
from tests.sharing import phone

pytestmark = [pytest.mark.browser, pytest.mark.once]


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    return packed(tmp_path / "kit.zip", without="")


def packed(path: Path, *, without: str) -> Path:
    """The kit of the demo as a ZIP, but for one file."""
    folder = data("campaigns", "winterklaar-wonen")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            if file.name != without:
                archive.write(file, f"{folder.name}/{file.name}")
    return path


def items(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Item)) or 0


def hand_in(page: Page, kit: Path, button: str) -> None:
    page.goto("/campaigns/kits")
    page.locator("input[type=file]").set_input_files(kit)
    page.get_by_role("button", name=button).click()


def test_progress_then_the_report_in_place(
    app: Starlette, browser: Browser, bram: Client, db: Database, kit: Path
) -> None:
    with phone.held_by(bram, app, browser) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.add_init_script(
            "addEventListener('DOMContentLoaded', () => { window.said = [];"
            " const says = document.querySelector('[data-progress] [role=status]');"
            " new MutationObserver(() => window.said.push(says.textContent))"
            ".observe(says, { childList: true, characterData: true, subtree: true }); })"
        )
        hand_in(page, kit, "Alleen controleren")
        expect(page.locator("#kit-report h2")).to_have_text("Deze kit is in orde")
        said = page.evaluate("window.said")
        assert said[-3:] == ["Versturen: 100%", "Hij is binnen. We lezen de kit en maken de afbeeldingen klaar …", ""]
        assert page.evaluate("document.activeElement.id") == "kit-report"
        assert items(db) == 0

        page.get_by_role("button", name="Laad de kit").click()
        expect(page.locator("#kit-report h2")).to_have_text("Dat is gelukt")
        assert (items(db), complaints) == (3, [])
        page.get_by_role("link", name="Bekijk de campagne").click()
        expect(page.locator("h1")).to_have_text("Winterklaar wonen in hout")


def test_the_same_report_with_and_without_scripts(
    app: Starlette, browser: Browser, bram: Client, db: Database, tmp_path: Path
) -> None:
    broken = packed(tmp_path / "broken.zip", without="vogelhuis.png")
    told = []
    for scripts in (True, False):
        with phone.held_by(bram, app, browser, scripts=scripts) as context:
            page = context.new_page()
            hand_in(page, broken, "Laad de kit")
            expect(page.locator(".kit-file")).to_have_text("vogelhuis-van-restplank.md")
            told.append(page.locator("#kit-report").inner_text())
    assert told[0] == told[1]
    assert "regel 4: picture: Er zit geen afbeelding vogelhuis.png in de kit." in told[0]
    assert items(db) == 0


def test_a_file_that_is_too_large_is_told_before_it_is_sent(
    app: Starlette, browser: Browser, bram: Client, tmp_path: Path
) -> None:
    large = tmp_path / "large.zip"
    large.write_bytes(bytes(10_000_001))
    with phone.held_by(bram, app, browser) as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.method))
        hand_in(page, large, "Laad de kit")
        expect(page.locator("[data-progress]")).to_have_text(
            "Dit bestand is groter dan 10 MB. Maak eerst de afbeeldingen kleiner."
        )
        assert "POST" not in asked
