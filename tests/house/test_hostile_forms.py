"""Every form, sent as nobody would fill it in: never an error of ours, always a sentence, nothing lost."""

import time
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from itertools import product
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlsplit

import pytest
from markupsafe import escape
from sqlalchemy import func, select
from starlette.routing import Match

from portal import clock, web
from portal.app import CAPABILITIES
from portal.campaigns import reviews
from portal.campaigns.models import ReviewRequest
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.handbook import examples
from portal.handbook.models import Duty
from portal.inbox import ideas
from portal.notifications import item_links, subscriptions
from portal.people import mailed_links, notes, unsubscribing
from portal.people.models import Account, Note, Organisation, Person
from portal.screens import playlists, urgent
from portal.screens.models import Screen
from portal.sharing import networks, reminders, shares
from portal.web import PortalRoute
from tests import make
from tests.client import Client
from tests.pushes import Browser

ROUTES = [route for capability in CAPABILITIES for route in capability.routes]
ACTIONS = [route for route in ROUTES if "POST" in route.methods]
ON_SOMETHING = [route for route in ACTIONS if route.param_convertors]
PAGES = [route for route in ROUTES if "GET" in route.methods and not route.writes and not route.path.endswith("events")]
ELSEWHERE = {
    "share_link": ("/items/{item_id[0]}/links", []),
    "confirm_import": ("/people/import/confirm", ["checked"]),
    "bring_candidate_back": ("/inbox/candidates/{candidate_id[1]}/return", []),
    "take_part_again": ("/me/return", []),
    "visit_feed": ("/feed/visit", ["asked"]),
    "not_posted": ("/shares/{share_id[0]}/not-posted", []),
    "plan_share": (
        "/items/{item_id[0]}/reminders",
        ["text", "caption", "network", "language", "disclosure", "when", "planned_on", "planned_at", "channel"],
    ),
    "unsave_item": ("/items/{item_id[0]}/unsaving", ["from"]),
    "wall_seen": ("/screen/{token[2]}/seen", ["n", "showing", "width", "height", "release", "at", "plays"]),
    "pick_share": ("/share-of-the-week", ["week", "share_id", "words"]),
    "take_back_pick": ("/share-of-the-week/removal", ["week"]),
    "launch_campaign": ("/campaigns/{campaign_id[0]}/launch", ["version", "item", "when", "on", "hour"]),
}
"""Asked for by a script, on a page that is itself the answer to a form, or only once all is ready: path and fields."""
PLAYER = "p" * 43

SCRIPT = '"><script>alert(1)</script>'
TEXTS = {
    "nothing": "",
    "script": SCRIPT,
    "long": "x" * 100_000,
    "longer than a field may be": "x" * 300_000,
    "half a pair": b"%ED%A0%80",
    "no utf-8": b"%FF%FE",
    "nul": "a\x00b",
    "control": "a\x1b[2Jb",
    "line breaks": "a\r\nBcc: evil@evil.example\n\n",
    "pasted": "a\tb\x0bc\x0cd",
    "turned round": "a‮b",
    "no such choice": "no-such-choice",
    "zero": "0",
    "minus": "-1",
    "too large": str(2**63),
    "endless": "9" * 5000,
    "other digits": "٣",
    "no day": "0000-00-00",
    "last day": "9999-12-31",
    "31 February": "31-02-2026",
    "javascript": "javascript:alert(1)",
    "broken address": "https://[::1",
    "no host": "https://ü..example/",
    "caption": "remove-caption-" + "1" * 5000,
}
FORM = {"content-type": "application/x-www-form-urlencoded"}


class Sent(NamedTuple):
    """A form as a page shows it: where it goes and what it holds, untouched."""

    action: str
    fields: dict[str, str]
    typed: list[str]
    """Fields somebody types into, so that what they typed has to come back."""
    files: list[str]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Sent] = []
        self._in_form = self._in_text = False
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._in_form = has.get("method", "") == "post"
            if self._in_form:
                self.found.append(Sent(has["action"], {}, [], []))
        if not self._in_form or (tag != "option" and not has.get("name")):
            return
        form = self.found[-1]
        if tag == "input" and has.get("type") == "file":
            form.files.append(has["name"])
        elif tag == "input" and (has.get("type") not in ("radio", "checkbox") or "checked" in has):
            form.fields[has["name"]] = has.get("value", "")
            if has.get("type", "text") not in ("hidden", "radio", "checkbox", "color"):
                form.typed.append(has["name"])
        elif tag == "button":
            form.fields.setdefault(has["name"], has.get("value", ""))
        elif tag == "textarea":
            form.fields[has["name"]] = ""
            form.typed.append(has["name"])
        elif tag == "select":
            self._select = has["name"]
            form.fields.setdefault(self._select, "")
        elif tag == "option" and ("selected" in has or not form.fields.get(self._select)):
            form.fields[self._select] = has.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_form = False


@pytest.fixture
def world(dina: Client, db: Database) -> dict[str, list[Any]]:
    """Something behind every form: the values the parameters of paths may have."""
    now = clock.now()
    with db.writing() as session:
        me = session.get_one(Person, dina.person.id)
        other = make.person(session, "Eva Smit")
        gone = make.person(session, "Finn Vos", deactivated_at=now)
        live = make.item(session)
        campaign = get_item(session, live.id).campaign
        waiting = make.item(session, campaign, state="in_review", changed_by_id=other.id)
        draft = make.item(session, campaign, state="draft")
        recalled = make.item(session, campaign, state="recalled", recalled_at=now, recall_reason="ended")
        house = session.get_one(Organisation, 1)
        seen = get_item(session, draft.id)
        reader = reviews.token_of(reviews.ask(session, seen, name="Jan", email="", by=me, organisation=house))
        notes.tell(session, me.id, "recalled", "share:1", **make.RECALLED)
        account = Account(department_id=me.department_id, network="linkedin", url="https://l.example/a", name="A")
        screen = Screen(name="Kantine", token_hash=web.token_hash(PLAYER), paired_at=now)
        playlist = playlists.add(session, "Receptie", by=me)
        alarm = urgent.send(
            session, title="Brand", line="", starts_at=now, ends_at=now + timedelta(days=1), screen_ids=None, by=me
        )
        turn = Duty(department_id=me.department_id, person_id=me.id, from_day=clock.today(), until_day=clock.today())
        by_mail = []
        for whose, leads_to in ((other, "sign_in"), (gone, "record")):
            mark = mailed_links.add(session, whose, leads_to=leads_to, lasts=timedelta(minutes=9))
            by_mail.append(mailed_links.token(mark, leads_to=leads_to))
        feeds = [make.source(session), make.source(session, paused=True)]
        found = [make.candidate(session), make.candidate(session, state="dismissed")]
        thought = ideas.propose(session, other, words="Kijk dit dak", url="https://noorderhout.example/dak")
        session.add_all([account, screen, turn])
        session.flush()
        make.share(session, by=other, on=live)  # somebody to thank
        share = shares.record(
            session,
            person=me,
            item=get_item(session, live.id),
            network=networks.get("linkedin"),
            text="Hallo",
            language="nl",
            caption_id=None,
            own_words=True,
            how="opened",
        )
        posted = shares.record(
            session,
            person=me,
            item=get_item(session, live.id),
            network=networks.get("x"),
            text="Hallo",
            language="nl",
            caption_id=None,
            own_words=True,
            how="opened",
        )
        shares.confirm(session, posted)
        planned = reminders.plan(
            session,
            me,
            get_item(session, live.id),
            network="linkedin",
            language="nl",
            caption_id=None,
            own="Later",
            disclosure=0,
            channel="calendar",
            due_at=now + timedelta(days=1),
        )
        opens = item_links.address(person_id=other.id, item_id=live.id)
        mailed = [each.rpartition("/")[2] for each in (opens, unsubscribing.address(other, unsubscribing.DIGESTS))]
        return {
            "campaign_id": [campaign.id, make.campaign(session, archived_at=now).id],
            "item_id": [live.id, waiting.id, draft.id, recalled.id],
            "department_id": [me.department_id],
            "account_id": [account.id],
            "person_id": [other.id, gone.id],
            "screen_id": [screen.id],
            "share_id": [share.id, posted.id],
            "reminder_id": [planned.id],
            "idea_id": [thought.id],
            "source_id": [feed.id for feed in feeds],
            "candidate_id": [one.id for one in found],
            "topic_id": [make.topic(session).id],
            "example_id": [examples.add(session, kind="good", language="nl", text="Zo", why="Ja", by=me).id],
            "token": [reader, by_mail[0], PLAYER, *mailed, by_mail[1]],
            "playlist_id": [playlist.id],
            "slide_id": [slide.id for slide in playlists.slides_of(session, playlist.id)],
            "message_id": [alarm.id],
            "duty_id": [turn.id],
            "note_id": [session.scalar(select(func.max(Note.id)))],
            "request_id": [session.scalar(select(func.max(ReviewRequest.id)))],
            "subscription_id": [
                subscriptions.keep(
                    session, me, **Browser().form, endpoint="https://fcm.googleapis.com/a", name="Chrome on Android"
                ).id
            ],
        }


_pages: dict[str, PortalRoute] = {}
"""The page each form was found on, by the name of its action: looked for once."""


def form_of(action: PortalRoute, browsers: list[Client], world: dict[str, list[Any]]) -> Sent:
    """The form that posts to `action`, out of a page that shows it."""
    if action.name in ELSEWHERE:
        path, fields = ELSEWHERE[action.name]
        return Sent(path.format(**world), dict.fromkeys(fields, ""), [], [])
    if not _pages:
        look_for_forms(browsers, world)
    for path in paths(_pages[action.name], world):
        for browser in browsers:
            for form in forms_in(browser.get(path).text):
                if leads_to(form.action, action):
                    return form
    raise AssertionError(f"{_pages[action.name].path} has no form for {action.path} any more")


def look_for_forms(browsers: list[Client], world: dict[str, list[Any]]) -> None:
    for page in PAGES:
        for path, browser in product(paths(page, world), browsers):
            for form in forms_in(browser.get(path).text):
                for action in ACTIONS:
                    if action.name not in _pages and leads_to(form.action, action):
                        _pages[action.name] = page


def paths(page: PortalRoute, world: dict[str, list[Any]]) -> Iterator[str]:
    """The page's address for everything in the world it may show."""
    names = list(page.param_convertors)
    for values in product(*(world.get(name, []) for name in names)):
        path = str(page.url_path_for(page.name, **dict(zip(names, values, strict=True))))
        yield f"{path}?kind=vacancy" if page.name == "new_item" else path


def forms_in(text: str) -> list[Sent]:
    parser = _Forms()
    parser.feed(text)
    return parser.found


def leads_to(path: str, action: PortalRoute) -> bool:
    scope = {"type": "http", "method": "POST", "path": urlsplit(path).path, "root_path": "", "headers": []}
    return action.matches(scope)[0] is Match.FULL


def encoded(fields: dict[str, str | bytes]) -> bytes:
    return b"&".join(
        quote_plus(name).encode() + b"=" + (value if isinstance(value, bytes) else quote_plus(value).encode())
        for name, value in fields.items()
    )


class Attack(NamedTuple):
    what: str
    content: dict[str, Any]
    """As the browser's `post` takes it."""
    marked: list[str]
    """Fields that were sent SCRIPT and are for typing."""


def attacks(form: Sent, *, by_field: bool) -> Iterator[Attack]:
    yield Attack("an empty body", {}, [])
    yield Attack("no form", {"content": b"{}", "headers": {"content-type": "application/json"}}, [])
    for name, text in TEXTS.items():
        filled = encoded(dict.fromkeys(form.fields, text))
        yield Attack(f"{name} everywhere", {"content": filled, "headers": FORM}, [])
    if not by_field:
        return
    for field in form.fields:
        filled = encoded({**form.fields, field: SCRIPT})
        marked = [field] if field in form.typed else []
        yield Attack(f"a script in {field}", {"content": filled, "headers": FORM}, marked)
        doubled = encoded(form.fields) + b"&" + encoded({field: SCRIPT})
        yield Attack(f"{field} twice", {"content": doubled, "headers": FORM}, [])
        others = {name: value for name, value in form.fields.items() if name != field}
        yield Attack(f"a file in {field}", {"data": others, "files": {field: ("x.png", b"\x89PNG")}}, [])
    for field in form.files:
        yield Attack(f"a text in {field}", {"data": {**form.fields, field: SCRIPT}}, [])
        for body in (b"", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"<svg onload=alert(1)>", b"name\n\x00"):
            files = {field: ("../../x\x00.png", body)}
            yield Attack(f"{body!r} in {field}", {"data": form.fields, "files": files}, [])


def problem(browser: Client, form: Sent, attack: Attack) -> str:
    """What is wrong with the answer; "" for nothing."""
    response = browser.post(form.action, **attack.content)
    if response.status_code == 303:
        response = browser.follow(response)
        if response.status_code not in (200, 303):
            return f"leads to a {response.status_code}"
        return "the script is on the next page" if SCRIPT in response.text else ""
    if response.status_code == 204:
        return ""  # for a script that has nothing to show
    if response.status_code not in (200, 400, 403, 404, 409, 410, 422, 429):
        return f"status {response.status_code}"
    if response.headers["content-type"].startswith(("application/json", "application/zip")):
        return ""
    if "<h1" not in response.text or SCRIPT in response.text:
        return "no page of ours, or the script is on it"
    path = urlsplit(form.action).path
    is_back = any(urlsplit(each.action).path == path for each in forms_in(response.text))
    if response.status_code == 422 and is_back and attack.marked and str(escape(SCRIPT)) not in response.text:
        return "what was typed is lost"
    return ""


@pytest.mark.parametrize("action", ACTIONS, ids=lambda route: route.name)
def test_a_form_survives_what_is_sent(
    action: PortalRoute, dina: Client, db: Database, world: dict[str, list[Any]]
) -> None:
    """What reaches a database is sent on both; which field it came in is the same to either."""
    form = form_of(action, [dina, Client(dina.app)], world)
    browser, secret, found = dina, dina.cookies.get("portal"), []
    for attack in attacks(form, by_field=db.is_sqlite):
        found.append((attack.what, problem(browser, form, attack)))
        if browser.cookies.get("portal") != secret:  # that was the form to sign out with, or in as somebody else
            browser = Client.signed_in(dina.app, dina.person)
            secret = browser.cookies.get("portal")
    assert [each for each in found if each[1]] == []


@pytest.mark.parametrize("action", ON_SOMETHING, ids=lambda route: route.name)
def test_a_form_for_something_that_is_not_there(action: PortalRoute, dina: Client) -> None:
    for value in ("0", "-1", str(2**63), "9" * 5000, "1e309", "1 or 1=1", "%00", "%ff"):
        path = action.path
        for name in action.param_convertors:
            path = path.replace("{" + name + ":int}", value).replace("{" + name + "}", value)
        mailed = ("use_sign_in_link", "take_record", "share_from_digest")
        gone = 410 if action.name in mailed and "/" not in value else 404
        status = dina.post(path).status_code
        assert (value, status) in ((value, gone), (value, 404))


@pytest.mark.parametrize("charset", ["idna", "undefined", "punycode", "unicode_escape", "utf-16", "no-such", "base64"])
def test_a_form_in_an_unusual_encoding(dina: Client, charset: str) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nxn--\\ud800-\xff\r\n--x--\r\n'
    kind = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
    assert dina.post("/people", content=part, headers=kind).status_code in (400, 422)


@pytest.mark.parametrize(
    "body", [b"&" * 5_000_000, b"a=1&" * 1_000_000, b"a" * 5_000_000, b"a=" + b"x" * 5_000_000, b"a=%41&" * 1000]
)
def test_too_much_of_a_form_is_refused_before_it_is_read(client: Client, body: bytes) -> None:
    began = time.perf_counter()
    assert client.post("/sign-in/link", content=body, headers=FORM).status_code in (400, 422)
    assert time.perf_counter() - began < 0.5


def test_a_cell_pasted_into_a_line_and_a_slide_into_a_text(ana: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
    fields = {"name": "Ana\tDekker", "language": "nl", "function": "Monteur\x0bService"}
    assert ana.post("/signature", data=fields).status_code == 303
    assert "Ana Dekker" in ana.get("/signature").text
    answer = ana.post(f"/items/{item.id}/shares", data={"network": "copy", "text": "Een\x0btwee", "caption": ""})
    assert "Een\ntwee" in ana.follow(answer).text
