"""The calendar in a real browser: dragging an item to another day, the same with the keyboard, and on a phone."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from portal import clock
from tests.browser.conftest import LAPTOP, PHONE, Office

pytestmark = [pytest.mark.browser, pytest.mark.once]


def planned(editor: Page, office: Office, title: str, day: date) -> int:
    """A draft that is to appear on `day`, in a campaign of its own around it; its number."""
    base = office.servers[0].url
    editor.goto(f"{base}/campaigns/new")
    editor.fill("[name=title_nl]", title)
    editor.fill("[name=goal_number]", "5")
    editor.fill("[name=starts_on]", (day - timedelta(days=3)).isoformat())
    editor.fill("[name=ends_on]", (day + timedelta(days=3)).isoformat())
    editor.locator("main form button[type=submit]").last.click()
    editor.wait_for_url("**/campaigns/*")
    editor.goto(f"{editor.url}/items/new?kind=article")
    editor.fill("[name=target]", "https://noorderhout.example/weten/kalender")
    editor.fill("[name=publish_on]", day.isoformat())
    editor.fill("[name=title_nl]", title)
    editor.fill("[name=summary_nl]", "Een zin.")
    editor.locator("button[name=then][value=save]").last.click()
    editor.wait_for_url("**/campaigns/items/*")
    return int(editor.url.rpartition("/")[2])


def wednesday() -> date:
    """Of the week after next: with room for three days before and after, all in one view."""
    today = clock.today()
    return today + timedelta(days=16 - today.weekday())


def on_day(page: Page, number: int) -> str | None:
    return page.locator(f"[data-day]:has(#entry-{number})").get_attribute("data-day")


def test_an_item_is_dragged_to_another_day(office: Office) -> None:
    editor, day = office.sign_in("editor", LAPTOP), wednesday()
    number = planned(editor, office, "Sleep mij", day)
    editor.goto(f"{office.servers[0].url}/calendar?week={day:%G-W%V}")
    friday = day + timedelta(days=2)
    editor.locator(".weeks").evaluate("weeks => weeks.scrollIntoView()")  # or the page scrolls while it is dragged

    editor.locator(f"#entry-{number}").drag_to(editor.locator(f'[data-day="{friday}"]'))

    expect(editor.locator("#calendar-says")).to_contain_text("Sleep mij")
    assert on_day(editor, number) == friday.isoformat()
    editor.reload()
    assert on_day(editor, number) == friday.isoformat()


def test_an_item_dropped_on_the_bar_of_a_campaign_lands_on_the_day_below_it(office: Office) -> None:
    editor, day = office.sign_in("editor", LAPTOP), wednesday()
    number = planned(editor, office, "Op de balk", day)
    editor.goto(f"{office.servers[0].url}/calendar?week={day:%G-W%V}")
    friday = day + timedelta(days=2)
    editor.locator(".weeks").evaluate("weeks => weeks.scrollIntoView()")  # or the page scrolls while it is dragged
    column = editor.locator(f'[data-day="{friday}"]')
    bar, below = editor.locator(".bars .run").filter(has_text="Op de balk").bounding_box(), column.bounding_box()
    assert bar and below
    middle = {"x": below["width"] / 2, "y": bar["y"] + bar["height"] / 2 - below["y"]}

    # Forced, as what is to be hit lies under the bar until something is dragged.
    editor.locator(f"#entry-{number}").drag_to(column, target_position=middle, force=True, steps=8)

    expect(editor.locator("#calendar-says")).to_contain_text("Op de balk")
    assert on_day(editor, number) == friday.isoformat()


def test_days_outside_the_campaign_take_nothing(office: Office) -> None:
    editor, day = office.sign_in("editor", LAPTOP), wednesday()
    number = planned(editor, office, "Niet verder", day)
    editor.goto(f"{office.servers[0].url}/calendar?week={day:%G-W%V}")
    sunday = editor.locator(f'[data-day="{day + timedelta(days=4)}"]')

    editor.locator(f"#entry-{number}").drag_to(sunday)

    expect(editor.locator("#calendar-says")).to_be_empty()
    assert on_day(editor, number) == day.isoformat()


def test_the_keyboard_moves_and_stays_where_it_was(office: Office) -> None:
    editor, day = office.sign_in("editor", LAPTOP), wednesday()
    number = planned(editor, office, "Met toetsen", day)
    editor.goto(f"{office.servers[0].url}/calendar?week={day:%G-W%V}")
    entry = editor.locator(f"#entry-{number}")
    entry.focus()

    for presses in (1, 2):
        editor.keyboard.press("Shift+ArrowRight")
        moved = editor.locator(f'[data-day="{day + timedelta(days=presses)}"] #entry-{number}')
        expect(moved).to_be_focused()
    editor.keyboard.press("Shift+ArrowDown")

    expect(editor.locator("#calendar-says")).to_contain_text("De campagne loopt van")
    assert on_day(editor, number) == (day + timedelta(days=2)).isoformat()


def test_on_a_phone_a_small_form_moves_it(office: Office) -> None:
    editor, day = office.sign_in("editor", PHONE, javascript=False), wednesday()
    number = planned(editor, office, "Op de telefoon", day)
    editor.goto(f"{office.servers[0].url}/calendar?week={day:%G-W%V}")

    editor.locator(f".entry:has(#entry-{number}) a.move").click()
    editor.fill("[name=day]", (day - timedelta(days=1)).isoformat())
    editor.locator("main form button[type=submit]").click()

    expect(editor.locator(".notices")).to_contain_text("Op de telefoon")
    assert on_day(editor, number) == (day - timedelta(days=1)).isoformat()
