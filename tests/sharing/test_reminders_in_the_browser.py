"""Planning a share on a phone: nothing opens, nothing typed is lost, with scripts and without."""

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select
from starlette.applications import Starlette

from portal.database import Database
from portal.sharing.models import Reminder, Share
from tests import make
from tests.browser.test_every_page import problems, too_wide
from tests.client import Client
from tests.sharing import phone

pytestmark = [pytest.mark.browser, pytest.mark.once]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_planning_moving_and_dropping(
    app: Starlette, browser: Browser, ana: Client, db: Database, scripts: bool
) -> None:
    with db.writing() as session:
        item = make.item(session)
    with phone.held_by(ana, app, browser, scripts=scripts) as context:
        page = context.new_page()
        page.goto(f"/items/{item.id}")
        page.locator("#field-text").fill("Kom je ook?")
        page.locator(".plan > summary").tap()
        assert not page.locator("#field-planned_on").is_visible()  # a moment is picked for them
        page.get_by_label("Ik kies zelf").check()
        page.locator("#field-planned_on").fill("2020-01-01")
        if scripts:
            assert problems(page, "the fold") + too_wide(page, "the fold") == []
            page.locator("#field-planned_at").press("Enter")
        else:
            page.get_by_role("button", name="Plannen").tap()
        page.get_by_text("Dat moment is al voorbij. Kies een later moment.").first.wait_for()
        assert page.locator("#field-text").input_value() == "Kom je ook?"

        page.get_by_label("Kies een moment voor mij").check()
        page.get_by_role("button", name="Plannen").tap()
        page.get_by_role("heading", name="Gepland voor later").wait_for()
        assert page.get_by_text("Kom je ook?").is_visible()
        page.get_by_text("Een ander moment").tap()
        if scripts:
            page.set_viewport_size({"width": 320, "height": 640})
            assert problems(page, "planned") + too_wide(page, "planned") == []
        page.get_by_role("button", name="Verplaatsen").tap()
        page.get_by_text("Verplaatst naar").wait_for()
        page.get_by_role("button", name="Herinner me er maar niet aan").tap()
        page.get_by_role("heading", name="Niets gepland").wait_for()
        assert len(context.pages) == 1  # no network was opened
    with db.reading() as session:
        assert session.scalars(select(Reminder.state)).all() == ["dropped"]
        assert session.scalars(select(Share)).all() == []
