"""On a phone whose connection comes and goes: what was loaded is there, what is typed stays, and the next person finds
nothing of it."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select
from starlette.applications import Starlette

from portal.database import Database
from portal.inbox.models import Idea
from portal.notifications.models import PushSubscription
from tests import make, pushes
from tests.client import Client
from tests.sharing import phone

pytestmark = [pytest.mark.browser, pytest.mark.once]

OFFLINE = ("ERR_INTERNET_DISCONNECTED", "htmx:")
OWN_BROWSER = """PushManager.prototype.getSubscription = async () => ({
    unsubscribe: async () => localStorage.setItem("unsubscribed", "yes"),
});"""
"""Chromium without a screen subscribes nowhere: this stands for a subscription it has."""
RESUBSCRIBING = """
const moved = () => sessionStorage.getItem("moved");
const plain = text => atob(text.replace(/-/g, "+").replace(/_/g, "/"));
PushManager.prototype.getSubscription = async () => sessionStorage.setItem("looked", "yes") || ({
    endpoint: `https://fcm.googleapis.com/${moved() ? "new" : "old"}`,
    options: { applicationServerKey: moved() ? null : new Uint8Array(65).buffer },
    unsubscribe: async () => sessionStorage.setItem("moved", "yes"),
});
PushManager.prototype.subscribe = async () => ({
    endpoint: "https://fcm.googleapis.com/new",
    getKey: name => Uint8Array.from(plain(name === "auth" ? sent.secret : sent.key), sign => sign.charCodeAt(0)).buffer,
});
"""
"""One that was made with a key of the portal's from before."""
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}


@pytest.fixture(autouse=True)
def item(db: Database) -> None:
    with db.writing() as session:
        make.item(session)


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and whatever the browser complains about on it, save for what does not load without a connection."""
    page, said = context.new_page(), []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "console",
        lambda message: (
            said.append(f"{message.location['url']}: {message.text}")
            if message.type == "error" and not any(each in message.text for each in OFFLINE)
            else None
        ),
    )
    return page, said


def wait_for_copy(page: Page, path: str) -> None:
    until(page, "async path => Boolean(await (await caches.open('pages')).match(path))", path)


def until(page: Page, happened: str, about: str = "") -> None:
    """Wait in the page: Playwright's own way takes a promise for a yes."""
    script = """async about => {
        for (let looks = 0; looks < 500; looks += 1) {
            if (await happened(about)) return true;
            await new Promise(done => setTimeout(done, 20));
        }
        return false;
    }"""
    assert page.evaluate(script.replace("happened(about)", f"({happened})(about)"), about) is True


def kept_here(page: Page) -> list[Any]:
    """What of somebody's is on the device: copies of pages and pictures, and what was typed."""
    script = """async () => [
        ...(await caches.keys()).filter(name => ['pages', 'pictures', 'about'].includes(name)),
        ...Object.keys(localStorage).filter(name => /^(draft|waiting):/.test(name)),
    ]"""
    return list(page.evaluate(script))


def test_a_day_of_tunnels(app: Starlette, browser: Browser, ana: Client, db: Database) -> None:
    with phone.held_by(ana, app, browser) as context:
        page, complaints = watched(context)
        page.goto("/")
        wait_for_copy(page, "/")
        wait_for_copy(page, "/ideas/new")

        context.set_offline(True)
        page.reload()
        expect(page.locator(".notices")).to_contain_text("Je bent offline: dit is van ")
        expect(page.locator(".item")).to_have_count(1)
        page.goto("/me")
        expect(page.get_by_role("heading", name="Geen verbinding")).to_be_visible()
        context.set_offline(False)
        expect(page.locator("h1")).to_have_text(ana.person.name)  # it comes by itself

        page.goto("/items/1")
        wait_for_copy(page, "/items/1")
        page.locator("#field-text").press_sequentially("Kom je ")
        page.locator(".tile", has_text="Kopiëren").tap()
        context.set_offline(True)
        page.locator("#field-text").press_sequentially("ook?")
        page.get_by_role("button", name="Kopieer de tekst").tap()
        expect(page.locator("[data-says]")).to_have_text(
            "Je bent offline. Wat je typte is er nog: ga verder als je weer verbinding hebt."
        )
        page.reload()
        expect(page.locator("#field-text")).to_have_value("Kom je ook?")
        expect(page.locator("#network-copy")).to_be_checked()
        context.set_offline(False)
        page.goto("/items/1")
        expect(page.locator(".notices")).to_contain_text("We hebben bewaard wat je typte.")
        page.get_by_role("button", name="Begin opnieuw").tap()
        expect(page.locator("#field-text")).to_have_value("")
        page.locator("#field-text").fill("Kom je dan?")
        page.get_by_role("button", name="Kopieer tekst en open LinkedIn").tap()
        page.wait_for_url("**/shares/*")
        assert [name for name in kept_here(page) if ":" in name] == [], "it has arrived"

        context.set_offline(True)
        page.goto("/ideas/new?title=Dak&url=https://a.example/dak")  # from the phone's share menu, in a tunnel
        expect(page.locator("#field-words")).to_have_value("Dak")
        page.locator("#field-words").press_sequentially(" van twaalf meter")
        page.get_by_role("button", name="Stuur").tap()
        expect(page.locator(".notices")).to_contain_text("we versturen hem zodra je weer verbinding hebt")
        expect(page.locator("#field-words")).to_have_value("")
        expect(page.locator("#notice")).to_be_empty()
        page.goto("/")
        context.set_offline(False)
        expect(page.locator(".notices")).to_contain_text("is nu bij marketing")
        with db.reading() as session:
            assert [(idea.words, idea.url) for idea in session.scalars(select(Idea))] == [
                ("Dak van twaalf meter", "https://a.example/dak")
            ]

        page.goto("/items/1")
        page.locator("#field-text").fill("Voor mij alleen")
        assert {"pages", "draft:/items/1/shares"} <= set(kept_here(page))
        page.evaluate("document.querySelector('form[action=\"/sign-out\"]').requestSubmit()")
        page.wait_for_url("**/sign-in")
        assert kept_here(page) == []
        context.set_offline(True)
        page.goto("/")
        expect(page.get_by_role("heading", name="Geen verbinding")).to_be_visible()
        assert complaints == []


def test_a_new_release_comes_when_nothing_is_typed(app: Starlette, browser: Browser, ana: Client, dina: Client) -> None:
    with phone.held_by(ana, app, browser) as context:
        page, complaints = watched(context)
        page.add_init_script(OWN_BROWSER)
        page.goto("/")
        wait_for_copy(page, "/")
        writing = context.new_page()
        writing.goto("/items/1")
        writing.locator("#field-text").fill("Kom je ook?")
        before = page.evaluate("document.querySelector('meta[name=release]').content")
        settings = {"name": "Noorderhout", "accent": "#aa2222", "asks_per_week": "3"}
        assert dina.post("/settings", data=settings).status_code == 303
        page.evaluate("navigator.serviceWorker.ready.then(found => found.update())")
        page.wait_for_function("before => document.querySelector('meta[name=release]').content !== before", arg=before)
        assert page.locator("link[href*='brand.css']").get_attribute("href") == "/brand.css?v=2"
        assert writing.evaluate("document.querySelector('meta[name=release]').content") == before
        expect(writing.locator("#field-text")).to_have_value("Kom je ook?")
        statics = "() => caches.keys().then(names => names.filter(name => name.startsWith('static-')).length)"
        assert page.evaluate(statics) == 2, "the page that is being written on keeps its files"
        # Somebody else signs in on the same phone, by whatever way: nothing of the one before is left, or comes later.
        assert page.evaluate("localStorage.getItem('unsubscribed')") is None
        context.add_cookies([{"name": "portal", "value": dina.cookies["portal"], "url": page.url}])
        page.goto("/")
        until(page, "async () => !(await (await caches.open('pages')).match('/items/1'))")
        until(page, "async () => localStorage.getItem('unsubscribed') === 'yes'")
        assert [name for name in kept_here(page) if ":" in name] == []
        # Walls and links are answered as if there were no worker.
        answers = [page.goto(path) for path in ("/screen", "/r/bcdfghjk", "/")]
        assert [answer and answer.from_service_worker for answer in answers] == [False, False, True]
        # Wherever people sign in, such as behind a mailed link, nobody finds what was loaded before.
        wait_for_copy(page, "/")
        page.goto("/sign-in/sent")
        until(page, "async () => !(await caches.has('pages'))")
        assert [line for line in complaints if "404" not in line] == []


def test_a_line_for_a_closed_portal(app: Starlette, browser: Browser, ana: Client) -> None:
    with phone.held_by(ana, app, browser) as context:
        page, complaints = watched(context)
        page.goto("/")
        wait_for_copy(page, "/")
        context.grant_permissions(["notifications"], origin=page.url)
        worker = context.service_workers[0]
        show = """async told => {
            await new Promise(done => {
                const event = new PushEvent("push", { data: told });
                event.waitUntil = promise => promise.then(done, done);
                dispatchEvent(event);
            });
            const shown = await registration.getNotifications();
            const { title, body, tag, lang } = shown.at(-1);
            const opened = [];
            clients.openWindow = address => opened.push(address);
            WindowClient.prototype.focus = async function () { opened.push(`focus ${this.url}`); };
            const click = new NotificationEvent("notificationclick", { notification: shown.at(-1) });
            await new Promise(done => { click.waitUntil = promise => promise.then(done, done); dispatchEvent(click); });
            shown.at(-1).close();
            return [title, body, tag, lang, ...opened.map(address => address.replace(location.origin, ""))];
        }"""
        told = '{"title": "Tijd om te delen", "text": "Het dak", "url": "/items/1", "tag": "item-1", "language": "nl"}'
        assert worker.evaluate(show, told) == ["Tijd om te delen", "Het dak", "item-1", "nl", "/items/1"]
        astray = '{"title": "Kijk", "url": "https://evil.example/"}'
        assert worker.evaluate(show, astray) == ["Kijk", "", "", "", "focus /"]
        assert worker.evaluate(show, "no json")[:2] == ["Noorderhout", "Er is iets nieuws voor je."]

        # Who signs out in a tunnel has signed out: nothing is shown there any more, and the first thing said is that.
        had = """async () => {
            self.had = [];
            PushManager.prototype.getSubscription = async () => ({ unsubscribe: async () => had.push("unsubscribed") });
            await registration.showNotification("Voor Ana");
        }"""
        worker.evaluate(had)
        context.set_offline(True)
        page.evaluate("document.querySelector('form[action=\"/sign-out\"]').requestSubmit()")
        expect(page.get_by_role("heading", name="Geen verbinding")).to_be_visible()
        until(page, "async () => !(await (await navigator.serviceWorker.ready).getNotifications()).length")
        assert worker.evaluate("had") == ["unsubscribed"]
        page.get_by_role("link", name="Probeer het opnieuw").click()
        expect(page.get_by_text("Het portaal krijgt het te horen")).to_be_visible()
        assert ana.get("/me").status_code == 200, "it does not know yet"
        context.set_offline(False)
        page.wait_for_url("**/sign-in")  # by itself
        assert ana.get("/me").status_code == 303
        assert page.evaluate("caches.has('leaving')") is False
        assert complaints == []


def test_another_key_of_the_portal_moves_only_one_s_own_browser(
    app: Starlette, browser: Browser, ana: Client, db: Database
) -> None:
    sent = pushes.Browser().form
    with phone.held_by(ana, app, browser) as context:
        page, complaints = watched(context)
        page.add_init_script(f"const sent = {json.dumps(sent)};{RESUBSCRIBING}")
        page.goto("/")
        context.grant_permissions(["notifications"], origin=page.url)
        page.goto("/me/notifications")
        expect(page.get_by_role("button", name="Hier aanzetten")).to_be_visible()
        until(page, "async () => Boolean(sessionStorage.getItem('looked'))")
        assert page.evaluate("sessionStorage.getItem('moved')") is None, "it is somebody else's"
        ana.post("/me/push", data=sent | {"endpoint": "https://fcm.googleapis.com/old", "tapped": "yes"})
        page.reload()
        expect(page.get_by_text("Het staat aan op dit apparaat.")).to_be_visible()
        with db.reading() as session:
            assert session.scalars(select(PushSubscription.endpoint)).all() == ["https://fcm.googleapis.com/new"]
        assert complaints == []


def test_typing_while_a_slow_page_still_arrives(app: Starlette, browser: Browser, ana: Client) -> None:
    with phone.held_by(ana, app, browser) as context:
        page, complaints = watched(context)
        context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW_3G)
        page.goto("/items/1", wait_until="commit")
        page.locator("#field-text").press_sequentially("Kom je ")  # before any script is there
        page.wait_for_function("() => window.sharing && localStorage.getItem('owner')")
        page.locator("#field-text").press_sequentially("ook?")
        expect(page.locator("#field-text")).to_have_value("Kom je ook?")
        page.reload(wait_until="domcontentloaded")
        expect(page.locator("#field-text")).to_have_value("Kom je ook?")
        assert complaints == []
