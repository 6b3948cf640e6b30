"""An editor writes an item on a phone: fields of its kind, lengths and looks that follow, with scripts and without."""

import re

import pytest
from playwright.sync_api import Page, expect

from portal.sharing import networks
from tests.browser.conftest import PHONE, Office

pytestmark = [pytest.mark.browser, pytest.mark.once]

FIELDS = ("target", "video_url", "happens_at", "place", "hours", "recruiter", "conditions_nl")
SHOWN = {
    "vacancy": {"target", "place", "hours", "recruiter"},
    "promotion": {"target", "conditions_nl"},
    "article": {"target", "place"},
    "event": {"target", "happens_at", "place"},
    "video": {"target", "video_url"},
    "story": {"target", "place"},
    "contest": {"target", "conditions_nl"},
}


def new_item(office: Office, kind: str, *, javascript: bool = True) -> Page:
    page = office.sign_in("editor", PHONE, javascript=javascript)
    page.goto(f"{office.servers[0].url}/campaigns")
    campaign = page.locator('main a[href*="/campaigns/"]').filter(has_text=re.compile("huizenfabriek", re.I)).first
    page.goto(f"{office.servers[0].url}{campaign.get_attribute('href')}/items/new?kind={kind}")
    return page


@pytest.mark.parametrize("javascript", [True, False])
def test_choosing_another_kind_shows_its_fields_and_keeps_what_was_typed(office: Office, javascript: bool) -> None:
    page = new_item(office, "vacancy", javascript=javascript)
    page.locator("[name=hours]").fill("32 tot 40")
    for kind, fields in SHOWN.items():
        page.locator(".kind-choice > summary").click() if not page.locator(".kind-choice .pills").is_visible() else None
        page.locator(f"label:has([name=kind][value={kind}])").click()
        assert {name for name in FIELDS if page.locator(f"[name={name}]").is_visible()} == fields
        assert page.locator("[name=disclosure]").first.is_visible() == (kind in ("promotion", "contest"))
    page.locator("label:has([name=kind][value=vacancy])").click()
    assert page.locator("[name=hours]").input_value() == "32 tot 40"


def test_the_length_and_the_look_follow_what_is_typed(office: Office) -> None:
    page = new_item(office, "promotion")
    caption = page.locator("#captions-nl .caption").first
    text = "{first_name} van {department} laat zien wat hout kan. 🏠 Kijk op noorderhout.nl"
    caption.locator("textarea").fill(text)
    caption.locator("select").select_option("x")

    link = page.locator("#item-form").get_attribute("data-link")
    filled = text.format(first_name="Bram", department="Marketing")
    words = f"#reclame Ik werk bij Noorderhout. {filled}\n\n{link}"
    summary = caption.locator(".look > summary")
    expect(summary).to_have_text(f"{networks.get('x').count(words)} van 280 tekens")
    summary.click()
    expect(caption.locator(".caption-look")).to_have_text(words)

    page.locator("label:has([name=disclosure][value=usual])").click()
    expect(caption.locator(".caption-look")).to_have_text(words.removeprefix("#reclame "))
    caption.locator("select").select_option("bluesky")
    count = networks.get("bluesky").count(words.removeprefix("#reclame "))
    expect(summary).to_have_text(f"{count} van 300 tekens")
    caption.locator("textarea").fill("te lang " * 40)
    expect(summary).to_have_text(re.compile(r"^\d+ van 300 tekens, te lang voor Bluesky: we korten hem in als iemand"))
    # What is for any network is measured on each that the item is offered on.
    caption.locator("select").select_option("any")
    expect(summary).to_have_text(re.compile(r"^\d+ tekens, te lang voor X, Bluesky: we korten hem in als iemand"))
    page.locator("label:has([name=fits][value=linkedin])").click()
    expect(summary).to_have_text(re.compile(r"^\d+ tekens\s*$"))


def test_a_caption_is_added_and_looked_at_without_scripts(office: Office) -> None:
    page = new_item(office, "story", javascript=False)
    page.locator("[name=title_nl]").fill("Van brood naar balken")
    page.locator("#captions-nl textarea").fill("Vraag het {first_name}!")
    page.get_by_role("button", name="Nog een tekst toevoegen").first.click()
    assert page.locator("#captions-nl textarea").count() == 2
    assert page.locator("[name=title_nl]").input_value() == "Van brood naar balken"
    page.get_by_role("button", name="Laat zien hoe ze eruitzien").first.click()
    page.locator("#captions-nl .look > summary").first.click()
    expect(page.locator(".caption-look").first).to_have_text("Ik werk bij Noorderhout. Vraag het Bram!")


def test_htmx_adds_a_caption_that_counts_as_well(office: Office) -> None:
    page = new_item(office, "story")
    page.locator("#in-nl").get_by_role("button", name="Nog een tekst toevoegen").click()
    caption = page.locator("#captions-nl .caption").nth(1)
    expect(caption.locator("textarea")).to_be_focused()
    page.keyboard.type("Hoi")
    expect(caption.locator(".look > summary")).to_have_text(re.compile(r"\d+ tekens"))
