"""Every form of the portal, sent as nobody would fill it in: never an error of ours, always a sentence, nothing lost."""

import re
from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser
from itertools import product
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from starlette.routing import Match

from portal import clock, web
from portal.app import CAPABILITIES
from portal.campaigns import approval
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.people.models import Account, Person, SignInLink
from portal.screens.models import Screen
from portal.sharing import networks, shares
from portal.web import PortalRoute
from tests import make
from tests.client import Client

ROUTES = [route for capability in CAPABILITIES for route in capability.routes]
ACTIONS = [route for route in ROUTES if "POST" in route.methods]
PAGES = [route for route in ROUTES if "GET" in route.methods and not route.writes and not route.path.endswith("events")]
WITHOUT_A_PAGE = {"share_link", "use_sign_in_link"}
"""One is asked for by a script only, the other stands on a page that must be opened by its secret."""

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
                self.found.append(Sent(has["action"], {}, []))
        if not self._in_form or (tag != "option" and not has.get("name")):
            return
        form = self.found[-1]
        if tag == "input" and has.get("type") == "file":
            form.files.append(has["name"])
        elif tag == "input" and (has.get("type") not in ("radio", "checkbox") or "checked" in has):
            form.fields[has["name"]] = has.get("value", "")
        elif tag == "button":
            form.fields.setdefault(has["name"], has.get("value", ""))
        elif tag == "textarea":
            form.fields[has["name"]] = ""
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
    """Something for every form: the values each parameter of a path may have."""
    with db.writing() as session:
        me = session.get_one(Person, dina.person.id)
        other = make.person(session, "Eva Smit")
        live = make.item(session)
        campaign_id = live.campaign_id
        campaign = get_item(session, live.id).campaign
        waiting = make.item(session, campaign, state="in_review", changed_by_id=other.id)
        draft = make.item(session, campaign, state="draft")
        account = Account(department_id=me.department_id, network="linkedin", url="https://l.example/a", name="A")
        screen = Screen(name="Kantine", place="", token_hash=web.token_hash("x"), audience="staff", language="nl")
        screen.paired_at = clock.now()
        later = clock.now() + approval.clock.end_of(clock.today()).utcoffset() if False else clock.now()
        session.add_all([account, screen])
        session.flush()
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
    return {
        "campaign_id": [campaign_id],
        "item_id": [live.id, waiting.id, draft.id],
        "department_id": [me.department_id],
        "account_id": [account.id],
        "person_id": [other.id, me.id],
        "screen_id": [screen.id],
        "share_id": [share.id],
        "kind": ["vacancy"],
    }
