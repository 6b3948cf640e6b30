"""Rules every route keeps: it names its audience, pages cannot write, actions refuse other sites, headers are set."""

from collections.abc import Iterator

import pytest
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.convertors import IntegerConvertor
from starlette.routing import Mount, Route

from portal import clock, web
from portal.database import Database
from portal.people.models import Department
from portal.web import PortalRoute
from tests.client import Client

OPEN = {"/healthz", "/readyz", "/robots.txt", "/sign-in/start", "/sign-in/callback"}
"""Routes without a handler of the usual kind: nothing of anybody's is behind them."""


FROM_ANYWHERE = {"/unsubscribe/{token}"}
"""Actions that a mail program may ask for, with a signed token in place of anybody's session."""


def portal_routes(app: Starlette) -> Iterator[PortalRoute]:
    for route in app.routes:
        if isinstance(route, PortalRoute):
            yield route


def sample_path(route: PortalRoute) -> str:
    values = {name: 1 if isinstance(kind, IntegerConvertor) else "x" for name, kind in route.param_convertors.items()}
    return str(route.url_path_for(route.name, **values))


def test_every_route_names_its_audience(app: Starlette) -> None:
    unnamed = [
        route.path
        for route in app.routes
        if not isinstance(route, PortalRoute)
        and not isinstance(route, Mount)
        and getattr(route, "path", "") not in OPEN
    ]
    assert unnamed == []


def test_route_names_are_unique(app: Starlette) -> None:
    names = [route.name for route in app.routes if isinstance(route, Route)]
    assert sorted(names) == sorted(set(names))


def test_only_actions_and_explained_answers_may_write(app: Starlette) -> None:
    may = {route.path for route in portal_routes(app) if route.writes and "POST" not in (route.methods or ())}
    explained = {
        "/r/{code}",  # counts a click
        "/b/{code}",  # counts a click
        "/screen/{token}",  # shows a fresh pairing code
        "/screen/{token}/qr/{item_id:int}.svg",  # the screen's own link to the item, minted when its code is drawn
        "/people.csv",  # exports are in the audit log
        "/results/{table}.csv",
    }
    assert may == explained


def test_the_database_refuses_what_a_page_writes(db: Database) -> None:
    with pytest.raises(DBAPIError), db.reading() as session:
        session.add(Department(name="Written by a page", created_at=clock.now()))
        session.flush()


def test_every_action_refuses_another_site(app: Starlette, dina: Client) -> None:
    assert {route.path for route in portal_routes(app) if route.writes == web.FROM_ANYWHERE} == FROM_ANYWHERE
    for route in portal_routes(app):
        if "POST" not in (route.methods or ()) or route.path in FROM_ANYWHERE:
            continue
        for headers in (
            {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
            {"origin": "https://evil.example"},
            {"sec-fetch-site": "same-site", "origin": "http://other.localhost:8000"},
            {"origin": "null"},
            {},
        ):
            response = dina.http.post(sample_path(route), headers=headers)
            assert (route.path, response.status_code) == (route.path, 403)


def test_nobody_reaches_what_is_not_theirs(app: Starlette, client: Client, ana: Client, bram: Client) -> None:
    for route in portal_routes(app):
        path, roles = sample_path(route), route.who.roles
        method = "POST" if "POST" in (route.methods or ()) else "GET"
        for browser, role in ((client, None), (ana, "member"), (bram, "editor")):
            if roles is None or role in roles:
                continue
            response = browser.post(path) if method == "POST" else browser.get(path)
            expected = 303 if role is None else 403
            assert (route.path, role, response.status_code) == (route.path, role, expected)
            if role is None:
                assert response.headers["location"].startswith("/sign-in")


def test_headers_on_every_answer(app: Starlette, client: Client, dina: Client) -> None:
    for browser in (client, dina):
        for route in portal_routes(app):
            if "GET" not in (route.methods or ()) or "events" in route.path:
                continue
            headers = browser.get(sample_path(route)).headers
            assert headers["x-content-type-options"] == "nosniff", route.path
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy, route.path
            # What mail programs read has its styles inline; it is shown in a frame of its own, without scripts.
            allowed = "style-src 'unsafe-inline'" if route.path == "/signature/preview" else ""
            assert "unsafe" not in policy.replace(allowed, ""), route.path
            if route.who.roles is not None:
                assert "no-store" in headers.get("cache-control", "no-store"), route.path
            assert "server" not in headers


def test_a_nonce_is_never_used_twice(client: Client) -> None:
    policies = {client.get("/sign-in").headers["content-security-policy"] for _ in range(5)}
    assert len(policies) == 5


def test_methods_nobody_offers(client: Client) -> None:
    for method in ("TRACE", "PUT", "CONNECT"):
        response = client.http.request(method, "/sign-in")
        assert response.status_code == 405
        assert "GET" in response.headers["allow"]


def test_large_bodies_are_refused(client: Client) -> None:
    origin = {"origin": "http://localhost:8000", "sec-fetch-site": "same-origin"}

    def endless() -> Iterator[bytes]:
        for _ in range(20):
            yield b"a" * 1_000_000

    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.http.post("/sign-in/link", content=endless(), headers=origin | form).status_code == 413
    fields = b"&".join(b"a=1" for _ in range(5000))
    assert client.http.post("/sign-in/link", content=fields, headers=origin | form).status_code == 400


def test_impossible_ids_are_not_found(ana: Client) -> None:
    for number in (2**63, 10**30, "9" * 5000):
        assert ana.get(f"/items/{number}").status_code == 404


def test_numbers_in_addresses_that_cannot_be_numbers(ana: Client, bram: Client) -> None:
    for number in ("000001" + "9" * 5000, "0" * 5000 + "1", str(2**63), "-1", "1e309", "٣", "%00"):
        assert ana.get(f"/?page={number}").status_code == 200
        assert ana.get(f"/feed/more?page={number}").status_code == 200
        assert bram.get(f"/results?campaign={number}").status_code == 200
        assert bram.get(f"/people?page={number}&department={number}").status_code == 200


def test_errors_of_the_database_keep_what_was_asked_to_themselves(db: Database) -> None:
    with pytest.raises(DBAPIError) as refused, db.reading() as session:
        session.add(Department(name="a-secret", created_at=clock.now()))
        session.flush()
    assert "a-secret" not in str(refused.value)
