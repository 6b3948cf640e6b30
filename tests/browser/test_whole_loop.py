"""The loop: from an approved item to a counted click, on the phone, the laptop, the wall and for a visitor.

On PostgreSQL the phone and the wall are connected to different servers.
"""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect

from tests.browser.conftest import LAPTOP, PHONE, WALL, Office

pytestmark = pytest.mark.browser

OWN_WORDS = {"nl": "Dit is echt een leuke plek.", "en": "This really is a good place to be."}


@pytest.mark.parametrize(
    ("language", "javascript"),
    [
        ("nl", True),
        ("en", False),
    ],
)
def test_from_item_to_counted_click(office: Office, language: str, javascript: bool) -> None:
    title = f"Hout dat mee-ademt {language} {javascript}"
    how = {"language": language, "javascript": javascript}
    wall = office.context(WALL, language=language, javascript=javascript).new_page()
    editor = office.sign_in("editor", LAPTOP, **how)
    phone = office.sign_in("member", PHONE, **how)

    screen_name = pair(wall, editor, office, language, javascript=javascript)
    number = publish(office, editor, title, how)
    soon(wall, javascript, lambda: expect(wall.locator("body")).to_contain_text(title, timeout=2_000))

    link = share(phone, title, language, javascript=javascript)
    soon(wall, javascript, lambda: expect(wall.locator(".notes")).to_contain_text(title, timeout=2_000))

    came_before = came_to_look(phone, office)
    landed = visit(office.context(PHONE, language=language), link)
    assert landed.startswith("https://noorderhout.example/weten/ademen?van=collega&")
    assert "utm_source=linkedin" in landed

    counted(phone, office, title)
    assert came_to_look(phone, office, wanted=came_before + 1) == came_before + 1
    editor.goto(f"{office.servers[0].url}/results")
    expect(editor.locator(f"#of-item-{number} .figure .number")).to_have_text("1")
    sign_off(phone, office, language)

    recall(editor, office, number)
    soon(
        wall,
        javascript,
        lambda: expect(wall.locator(".slide h1, .stage h1", has_text=title)).to_have_count(0, timeout=2_000),
    )
    gone = office.context(PHONE, language=language).new_page()
    answer = gone.goto(link)
    assert answer is not None
    assert answer.status == 410
    revoke(editor, office, screen_name)


def soon(wall: Page, javascript: bool, check: object) -> None:
    """With scripts the wall shows it by itself; without, its next timed reload does, which is asked for here."""
    assert callable(check)
    if not javascript:
        wall.reload()
    check()


def pair(wall: Page, editor: Page, office: Office, language: str, *, javascript: bool) -> str:
    wall.goto(f"{office.servers[-1].url}/screen")
    code = wall.locator(".digits").get_attribute("aria-label")
    assert code is not None
    name = f"Kantine {code}"
    editor.goto(f"{office.servers[0].url}/screens?code={code}")
    editor.locator("[name=name]").first.fill(name)
    editor.locator("[name=place]").first.fill("Zwolle")
    editor.locator("select[name=language]").first.select_option(language)
    editor.locator("form[action='/screens'] button[type=submit]").click()
    expect(editor.locator("main")).to_contain_text(name)
    soon(wall, javascript, lambda: expect(wall.locator("body[data-state=wall]")).to_be_attached())
    return name


def publish(office: Office, editor: Page, title: str, how: dict[str, object]) -> int:
    """The editor writes an item and asks for approval; the administrator approves it. The item's number."""
    base = office.servers[0].url
    editor.goto(f"{base}/campaigns")
    editor.locator("main a[href^='/campaigns/']", has_text=re.compile("Weten van hout|Know")).first.click()
    editor.locator("a[href*='/items/new']").first.click()
    editor.locator("a[href*='kind=article']").first.click()
    editor.locator("[name=target]").fill("https://noorderhout.example/weten/ademen?van=collega#top")
    for code in ("nl", "en"):
        if not editor.locator(f"[name=title_{code}]").is_visible():
            editor.locator(f"#in-{code} > summary").click()
        editor.locator(f"[name=title_{code}]").fill(title)
        editor.locator(f"[name=summary_{code}]").fill("Een muur van hout regelt zelf het vocht in huis.")
        editor.locator(f"textarea[name=caption_body][lang={code}]").first.fill(
            "Hout neemt vocht op en geeft het weer af."
        )
    editor.locator("button[name=then][value=submit]:not([tabindex])").click()
    expect(editor.locator("h1")).to_contain_text(title)
    number = re.search(r"/items/(\d+)", editor.url)
    assert number is not None
    admin = office.sign_in("admin", LAPTOP, **how)  # type: ignore[arg-type]
    admin.goto(f"{base}/campaigns/items/{number[1]}")
    admin.locator(f"form[action='/campaigns/items/{number[1]}/approval'] button[type=submit]").first.click()
    expect(admin.locator(f"form[action='/campaigns/items/{number[1]}/approval']")).to_have_count(0)
    return int(number[1])


def share(phone: Page, title: str, language: str, *, javascript: bool) -> str:
    """Two taps: the card, then the button. The link that was minted."""
    phone.goto(phone.url)
    card = phone.locator("article", has_text=title)
    card.locator("a.button").click()
    phone.wait_for_url("**/items/*")
    phone.locator("[name=text]").fill(OWN_WORDS[language])
    if javascript:
        phone.route("https://www.linkedin.com/**", lambda route: route.fulfill(body="LinkedIn"))
        phone.locator("form#share button.go").click()
        phone.wait_for_url(re.compile(r"^https://www\.linkedin\.com/sharing/share-offsite/\?url=http"))
        phone.go_back()
    else:
        phone.locator("form#share button.go").click()
    ready = phone.locator("#ready-text")
    expect(ready).to_have_value(re.compile(re.escape(OWN_WORDS[language])))
    found = re.search(r"http://localhost:\d+/r/\w+", ready.input_value())
    assert found is not None
    phone.locator("form[action$='/confirmation'] button:not([formaction])").click()
    expect(phone.locator("form[action$='/confirmation']")).to_have_count(0)
    return found[0]


def counted(phone: Page, office: Office, title: str) -> None:
    """Look at my own page until it shows the one click: a click is on record at once and in the figures soon after."""
    brought = phone.locator("li", has_text=title).first.locator(".brought .number")
    for _ in range(100):
        phone.goto(f"{office.servers[0].url}/me")
        if brought.inner_text() == "1":
            return
    expect(brought).to_have_text("1")


def came_to_look(phone: Page, office: Office, *, wanted: int = 0) -> int:
    """How many people everybody together brought this week, by the board; it may be a second behind what is wanted."""
    came = 0
    for _ in range(100):
        phone.goto(f"{office.servers[0].url}/leaderboard")
        came = int(phone.locator("section.all dd").first.inner_text())
        if came >= wanted:
            break
    return came


def sign_off(phone: Page, office: Office, language: str) -> None:
    """The colleague makes a mail signature; a reader of that mail follows its banner."""
    phone.goto(f"{office.servers[0].url}/signature")
    phone.locator("form[action='/signature'] button[type=submit]:not([formaction]):not([formmethod])").last.click()
    phone.goto(f"{office.servers[0].url}/signature")
    source = phone.locator("textarea", has_text="<table").first.input_value()
    banner = re.search(r"http://localhost:\d+/b/\w+", source)
    assert banner is not None
    assert phone.request.get(f"{banner[0]}.png").headers["content-type"] == "image/png"
    landed = visit(office.context(LAPTOP, language=language), banner[0])
    assert "utm_medium=email-signature" in landed


def visit(context: BrowserContext, link: str) -> str:
    """A person follows the link; the address they were sent to, which is not on this machine."""
    page = context.new_page()
    leaving = page.expect_event("requestfailed", lambda request: "noorderhout.example" in request.url)
    with leaving as left, suppress(Error):
        page.goto(link)
    return str(left.value.url)


def recall(editor: Page, office: Office, number: int) -> None:
    editor.goto(f"{office.servers[0].url}/campaigns/items/{number}")
    form = editor.locator(f"form[action='/campaigns/items/{number}/recall']")
    if not form.is_visible():
        editor.locator("details:has(form[action$='/recall']) > summary").click()
    form.locator("[name=note]").fill("Deze tekst klopte niet.")
    form.locator("button[type=submit]").click()
    expect(form).to_have_count(0)


def revoke(editor: Page, office: Office, name: str) -> None:
    editor.goto(f"{office.servers[0].url}/screens")
    row = editor.locator("li, article, tr", has_text=name).last
    row.locator("details:has(form[action$='/revoke']) > summary").first.click()
    row.locator("form[action$='/revoke'] button[type=submit]").first.click()
    expect(editor.locator("main")).not_to_contain_text(name)
