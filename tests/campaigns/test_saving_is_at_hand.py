"""The form of an item in a real Chromium: saving stays in view, and its bar hides nothing that has the focus."""

import pytest
from playwright.sync_api import Browser, expect
from starlette.applications import Starlette

from portal.database import Database
from tests import make
from tests.client import Client
from tests.sharing.phone import held_by

pytestmark = [pytest.mark.browser, pytest.mark.once]

HIDDEN = """() => {
  const bar = document.querySelector(".save-bar"), controls = "a[href], input, select, textarea, button, summary";
  const all = [...document.querySelectorAll(".item-form :is(" + controls + ")")].filter((each) => each.tabIndex >= 0);
  const isCovered = (focused) => {
    focused.focus();
    if (document.activeElement !== focused || bar.contains(focused)) return false;
    const { top, bottom } = focused.getBoundingClientRect();
    // Of a tall text the line one writes in is what has to be seen.
    return (focused.tagName === "TEXTAREA" ? top + 40 : bottom) > bar.getBoundingClientRect().top + 1;
  };
  return [...all, ...all.reverse()].filter(isCovered).map((each) => each.outerHTML);
}"""
"""The controls that are below the bar once they have the focus, going down the form and up again."""


@pytest.mark.parametrize("size", [(390, 844), (1280, 800)])
def test_saving_is_in_view_and_hides_nothing_that_has_the_focus(
    app: Starlette, browser: Browser, db: Database, dina: Client, size: tuple[int, int]
) -> None:
    with db.writing() as session:
        item = make.item(session, state="draft")
    with held_by(dina, app, browser) as context:
        page = context.new_page()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(f"/campaigns/items/{item.id}/edit")
        is_wide = size[0] > 760
        expect(page.locator("#in-nl")).to_have_attribute("open", "")
        assert (page.locator("#in-en").get_attribute("open") == "") == is_wide, "folded where there is no room beside"
        expect(page.get_by_role("button", name="Opslaan als concept")).to_be_in_viewport()
        assert page.evaluate(HIDDEN) == []
        page.set_viewport_size({"width": 320, "height": 256})  # 1280 by 1024, four times as large
        expect(page.locator(".save-bar")).to_have_css("position", "static")


def test_without_scripts_the_other_language_unfolds_with_a_tap(
    app: Starlette, browser: Browser, db: Database, dina: Client
) -> None:
    with db.writing() as session:
        item = make.item(session, state="draft")
    with held_by(dina, app, browser, scripts=False) as context:
        page = context.new_page()
        page.goto(f"/campaigns/items/{item.id}/edit")
        expect(page.locator("#field-title_en")).not_to_be_visible()
        page.locator("#in-en > summary").click()
        page.locator("#field-title_en").fill("A carpenter for Zwolle")
        page.locator("#field-target").fill("nowhere")
        page.get_by_role("button", name="Opslaan als concept").click()
        expect(page.locator("#field-title_en")).to_have_value("A carpenter for Zwolle")
        expect(page.locator("#field-title_en")).to_be_visible()
