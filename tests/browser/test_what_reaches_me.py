"""Choosing what reaches me, on a phone: turn it on for this device, choose, take a break, turn it off again."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Office

pytestmark = [pytest.mark.browser, pytest.mark.once]

AT_A_PUSH_SERVICE = """() => {
    const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer;
    const keys = {
        p256dh: bytes("BCVxsr7N/eNgVRqvHtD0zTZsEc6+VV+JvLexhqUzORcxaOzi6+AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4="),
        auth: bytes("BTBZMqHH6r4Tts7J/aSIgg=="),
    };
    const made = (kept) => kept && {
        endpoint: kept.endpoint,
        options: { applicationServerKey: Uint8Array.from(kept.key).buffer },
        getKey: (name) => keys[name],
        unsubscribe: async () => { localStorage.removeItem("browser"); return true; },
    };
    PushManager.prototype.getSubscription = async () => made(JSON.parse(localStorage.getItem("browser")));
    PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
        const number = Number(localStorage.getItem("number") || 0) + 1;
        const kept = { endpoint: `https://push.example/${number}`, key: [...applicationServerKey] };
        localStorage.setItem("number", number);
        localStorage.setItem("browser", JSON.stringify(kept));
        return made(kept);
    };
}"""
"""What a browser does with its push service, which no test can reach."""


def test_on_a_phone(office: Office) -> None:
    page = office.sign_in("member", PHONE)
    page.context.grant_permissions(["notifications"], origin=office.servers[0].url)
    page.add_init_script(f"({AT_A_PUSH_SERVICE})()")
    page.goto(f"{office.servers[0].url}/me")
    page.get_by_role("link", name="Wanneer ik iets hoor").click()
    page.get_by_role("button", name="Hier aanzetten").click()
    expect(page.get_by_text("Het staat aan op dit apparaat.")).to_be_visible()
    expect(page.get_by_text("Stuur jezelf er een om te zien hoe het eruitziet.")).to_be_visible()
    lines = page.locator("[data-browser]")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("Chrome op Android dit apparaat")
    first = lines.get_attribute("data-browser")
    expect(page.get_by_label("Laat het me weten als er iets nieuws te delen is")).to_be_checked()

    # Our key has changed: without a word the browser subscribes anew.
    page.evaluate("""() => {
        const kept = JSON.parse(localStorage.getItem("browser"));
        localStorage.setItem("browser", JSON.stringify({ ...kept, key: [4, 4, 4] }));
    }""")
    page.goto(f"{office.servers[0].url}/me/notifications")
    expect(page.locator(f'[data-browser]:not([data-browser="{first}"])')).to_contain_text("dit apparaat")
    expect(lines).to_have_count(1)
    expect(page.get_by_text("Het staat aan op dit apparaat.")).to_be_visible()

    hour = page.get_by_label("Rond hoe laat")
    expect(hour).to_be_hidden()
    page.get_by_label("Eén keer per week").check()
    page.get_by_label("Op welke dag").select_option("donderdag")
    hour.select_option("09:00")
    page.get_by_role("button", name="Opslaan").click()
    expect(page.get_by_text("Opgeslagen.")).to_be_visible()
    expect(page.get_by_label("Eén keer per week")).to_be_checked()
    expect(page.get_by_label("Op welke dag")).to_have_value("4")

    lines.get_by_role("button", name="Uitzetten").click()
    expect(page.get_by_role("button", name="Hier aanzetten")).to_be_visible()
    assert page.evaluate("localStorage.getItem('browser')") is None
