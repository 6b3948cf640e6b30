"""Signing in with a work account, against a real OpenID Connect provider."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import httpx2
import pytest
from authlib.integrations.base_client import OAuthError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey
from sqlalchemy import func, select
from starlette.applications import Starlette

from portal import clock, settings
from portal.app import create_app
from portal.people.models import Identity, Person, WebSession
from portal.people.single_sign_on import Provider as OurSide
from portal.people.single_sign_on import ProviderUnfit
from tests import make
from tests.client import Client, in_a_loop
from tests.peers.provider import Provider

CALLBACK = "http://localhost:8000/sign-in/callback"
pytestmark = pytest.mark.node

Portal = Callable[..., Starlette]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    people = {
        "eva": {"email_verified": False},
        "dina": {"email": "DINA@noorderhout.example"},
        "long": {"sub": "long"},
    }
    with Provider([CALLBACK], people) as running:
        yield running


@pytest.fixture
def portal(app: Starlette, chosen: settings.Settings, provider: Provider) -> Iterator[Portal]:
    """Makes the portal with single sign-on, and whatever else a test wants to be set."""
    made: list[Starlette] = []

    def make_one(**other: Any) -> Starlette:
        values: dict[str, Any] = {
            "oidc_issuer": provider.issuer,
            "oidc_client_id": provider.client_id,
            "oidc_client_secret": provider.client_secret,
            "oidc_name": "Noorderhout-account",
        }
        made.append(create_app(replace(chosen, **values | other), background=False))
        return made[-1]

    yield make_one
    for each in made:
        each.state.database.dispose()


def _begin(browser: Client, path: str = "/sign-in/start") -> str:
    answer = browser.get(path)
    assert answer.status_code == 302
    return answer.headers["location"]


def _come_back(browser: Client, address: str):
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}")


def _sign_in(browser: Client, provider: Provider, login: str, path: str = "/sign-in/start"):
    return _come_back(browser, provider.sign_in(_begin(browser, path), login))


def _changed(address: str, **other: str) -> str:
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | other
    return urlunsplit(parts._replace(query=urlencode(query)))


def _known_as(app: Starlette, issuer: str, subject: str, who: str = "ana") -> Person:
    person = make.cast(app.state.database, who)
    with app.state.database.writing() as db:
        db.add(Identity(person_id=person.id, issuer=issuer, subject=subject, created_at=clock.now()))
    return person


def _count(app: Starlette, model: type) -> int:
    with app.state.database.reading() as db:
        return db.scalar(select(func.count()).select_from(model)) or 0


def _signed_in(app: Starlette) -> list[int]:
    with app.state.database.reading() as db:
        return list(db.scalars(select(WebSession.person_id)))


def test_somebody_bound_comes_in(portal: Portal, provider: Provider) -> None:
    app = portal()
    ana = _known_as(app, provider.issuer, "ana")
    browser = Client(app)
    assert "Inloggen met Noorderhout-account" in browser.get("/sign-in").text
    answer = _sign_in(browser, provider, "ana", "/sign-in/start?next=/privacy")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/privacy"
    assert _signed_in(app) == [ana.id]
    assert "sign-on" not in browser.cookies


def test_the_way_to_the_provider_carries_what_protects_it(portal: Portal, provider: Provider) -> None:
    asked = parse_qs(urlsplit(_begin(Client(portal()))).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [CALLBACK]
    assert asked["scope"] == ["openid profile email"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name][0]) >= 20


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/nowhere", "/sign-in/start"])
def test_nobody_is_sent_elsewhere_afterwards(portal: Portal, provider: Provider, target: str) -> None:
    app = portal()
    _known_as(app, provider.issuer, "ana")
    answer = _sign_in(Client(app), provider, "ana", f"/sign-in/start?{urlencode({'next': target})}")
    assert answer.headers["location"] == "/"


def test_somebody_nobody_knows_is_told_so(portal: Portal, provider: Provider) -> None:
    app = portal()
    make.cast(app.state.database, "ana")
    answer = _sign_in(Client(app), provider, "ana")
    assert answer.status_code == 403
    assert "We kennen je nog niet" in answer.text
    assert (_count(app, Identity), _signed_in(app)) == (0, [])


def test_an_address_is_no_proof_unless_it_is_verified_and_trusted(portal: Portal, provider: Provider) -> None:
    app = portal(oidc_link_verified_email=True)
    with app.state.database.writing() as db:
        make.person(db, "Eva Smit", email="eva@noorderhout.example")
    dina = make.cast(app.state.database, "dina")
    assert _sign_in(Client(app), provider, "eva").status_code == 403
    assert _sign_in(Client(app), provider, "dina").status_code == 303
    assert _signed_in(app) == [dina.id]
    with app.state.database.reading() as db:
        identity = db.scalars(select(Identity)).one()
        assert (identity.person_id, identity.issuer, identity.subject) == (dina.id, provider.issuer, "dina")


def test_an_address_links_one_account_only(portal: Portal, provider: Provider) -> None:
    app = portal(oidc_link_verified_email=True)
    _known_as(app, provider.issuer, "somebody else at the provider", "ana")
    assert _sign_in(Client(app), provider, "ana").status_code == 403
    assert _count(app, Identity) == 1


def test_the_same_subject_at_another_issuer_is_another_person(portal: Portal, provider: Provider) -> None:
    app = portal()
    _known_as(app, "https://other.example", "ana")
    assert _sign_in(Client(app), provider, "ana").status_code == 403
    assert _signed_in(app) == []


def test_new_people_are_added_where_that_is_set(portal: Portal, provider: Provider) -> None:
    app = portal(oidc_create_people="Nieuw")
    for _ in range(2):
        assert _sign_in(Client(app), provider, "fatima").status_code == 303
    with app.state.database.reading() as db:
        person = db.scalars(select(Person)).one()
        assert (person.name, person.email, person.role) == ("Fatima", "fatima@noorderhout.example", "member")


def test_adding_never_takes_over_an_address(portal: Portal, provider: Provider) -> None:
    app = portal(oidc_create_people="Nieuw")
    make.cast(app.state.database, "ana")
    assert _sign_in(Client(app), provider, "ana").status_code == 403
    assert _sign_in(Client(app), provider, "eva").status_code == 403
    assert _count(app, Person) == 1


def test_somebody_deactivated_stays_out(portal: Portal, provider: Provider) -> None:
    app = portal()
    person = _known_as(app, provider.issuer, "ana")
    with app.state.database.writing() as db:
        db.get_one(Person, person.id).deactivated_at = clock.now()
    assert _sign_in(Client(app), provider, "ana").status_code == 403
    assert _signed_in(app) == []


def test_somebody_signed_in_links_their_own_account(portal: Portal, provider: Provider) -> None:
    app = portal()
    ana = make.cast(app.state.database, "ana")
    answer = _sign_in(Client.signed_in(app, ana), provider, "ana.dekker", "/sign-in/start?link=1")
    assert answer.headers["location"] == "/me"
    assert _sign_in(Client(app), provider, "ana.dekker").status_code == 303
    bram = make.cast(app.state.database, "bram")
    taken = _sign_in(Client.signed_in(app, bram), provider, "ana.dekker", "/sign-in/start?link=1")
    assert taken.status_code == 403
    with app.state.database.reading() as db:
        assert db.scalars(select(Identity.person_id)).all() == [ana.id]


def test_another_site_cannot_start_a_link(portal: Portal, provider: Provider) -> None:
    app = portal()
    browser = Client.signed_in(app, make.cast(app.state.database, "ana"))
    foreign = browser.get("/sign-in/start?link=1", headers={"sec-fetch-site": "cross-site"})
    answer = _come_back(browser, provider.sign_in(foreign.headers["location"], "mallory"))
    assert answer.status_code == 403
    assert _count(app, Identity) == 0


def test_a_link_begun_by_somebody_else_is_not_finished(portal: Portal, provider: Provider) -> None:
    app = portal()
    browser = Client.signed_in(app, make.cast(app.state.database, "ana"))
    back = provider.sign_in(_begin(browser, "/sign-in/start?link=1"), "ana")
    browser.post("/practice-sign-in", data={"person": "editor"})
    assert _come_back(browser, back).status_code == 403
    assert _count(app, Identity) == 0


def test_without_or_with_a_foreign_state_nobody_comes_in(portal: Portal, provider: Provider) -> None:
    app = portal()
    _known_as(app, provider.issuer, "ana")
    victim, attacker = Client(app), Client(app)
    theirs = provider.sign_in(_begin(attacker), "ana")
    refused = [
        victim.get("/sign-in/callback"),
        victim.get("/sign-in/callback?code=x&state=y"),
        victim.get("/sign-in/callback?error=access_denied&error_description=%3Cscript%3E"),
        _come_back(victim, theirs),
    ]
    _begin(victim)
    refused.append(_come_back(victim, theirs))
    assert [answer.status_code for answer in refused] == [400] * 5
    assert "<script>" not in refused[2].text
    assert _signed_in(app) == []


def test_a_state_works_once(portal: Portal, provider: Provider) -> None:
    app = portal()
    _known_as(app, provider.issuer, "ana")
    browser = Client(app)
    back = provider.sign_in(_begin(browser), "ana")
    cookie = browser.cookies["sign-on"]
    assert _come_back(browser, back).status_code == 303
    assert _come_back(browser, back).status_code == 400
    browser.cookies.set("sign-on", cookie, domain="localhost.local", path="/")
    assert _come_back(browser, back).status_code == 400


def test_a_forged_memory_of_the_state_is_none(portal: Portal, provider: Provider) -> None:
    app = portal()
    browser = Client(app)
    back = provider.sign_in(_begin(browser), "ana")
    browser.cookies.set("sign-on", browser.cookies["sign-on"][:-2] + "xx", domain="localhost.local", path="/")
    assert _come_back(browser, back).status_code == 400


def test_an_id_token_with_another_nonce_is_refused(portal: Portal, provider: Provider) -> None:
    app = portal()
    _known_as(app, provider.issuer, "ana")
    browser = Client(app)
    back = provider.sign_in(_changed(_begin(browser), nonce="another nonce entirely"), "ana")
    assert _come_back(browser, back).status_code == 400
    assert _signed_in(app) == []


def test_an_answer_that_names_another_issuer_is_refused(portal: Portal, provider: Provider) -> None:
    app = portal()
    _known_as(app, provider.issuer, "ana")
    browser = Client(app)
    back = provider.sign_in(_begin(browser), "ana")
    assert _come_back(browser, _changed(back, iss="https://evil.example")).status_code == 400
    assert _signed_in(app) == []


def test_a_code_without_its_verifier_is_worth_nothing(portal: Portal, provider: Provider) -> None:
    app = portal()
    _known_as(app, provider.issuer, "ana")
    browser = Client(app)
    back = provider.sign_in(_changed(_begin(browser), code_challenge="A" * 43), "ana")
    assert _come_back(browser, back).status_code == 400
    assert _signed_in(app) == []


def test_a_provider_that_calls_itself_otherwise_is_not_used(portal: Portal, provider: Provider) -> None:
    app = portal(oidc_issuer=provider.issuer.replace("127.0.0.1", "localhost"))
    browser = Client(app)
    for _ in range(2):
        answer = browser.get("/sign-in/start")
        assert answer.status_code == 503
        assert "geeft even geen antwoord" in answer.text


def test_a_provider_that_is_away_is_said_to_be(portal: Portal) -> None:
    assert Client(portal(oidc_issuer="http://127.0.0.1:1")).get("/sign-in/start").status_code == 503


def test_without_single_sign_on_there_are_no_such_addresses(client: Client) -> None:
    assert client.get("/sign-in/start").status_code == 404
    assert client.get("/sign-in/callback").status_code == 404


# The id token itself, signed here as an honest or a dishonest provider would.

KEY = RSAKey.generate_key(2048, {"kid": "ours"})
OTHER = RSAKey.generate_key(2048, {"kid": "theirs"})
ISSUER = "https://id.noorderhout.example"


def _our_side(chosen: settings.Settings, **described: Any) -> OurSide:
    """Our client after it has read what an honest provider says of itself."""
    ours = OurSide(replace(chosen, oidc_issuer=ISSUER, oidc_client_id="passalong", oidc_client_secret="s"))
    ours.server_metadata = {
        "_loaded_at": 1,
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/auth",
        "token_endpoint": f"{ISSUER}/token",
        "jwks_uri": f"{ISSUER}/keys",
        "jwks": KeySet([KEY]).as_dict(private=False),
        "id_token_signing_alg_values_supported": ["RS256", "HS256", "none", "ES256"],
    } | described
    return ours


def _claims(**other: Any) -> dict[str, Any]:
    now = int(time.time())
    honest = {"iss": ISSUER, "sub": "ana", "aud": "passalong", "nonce": "n", "iat": now, "exp": now + 300}
    return {name: value for name, value in (honest | other).items() if value is not None}


def _read(ours: OurSide, token: str) -> Any:
    options = {
        "iss": {"essential": True, "value": ISSUER},
        "aud": {"essential": True, "value": "passalong"},
        "sub": {"essential": True},
    }
    return in_a_loop(lambda: ours.parse_id_token({"id_token": token}, "n", claims_options=options))


def _signed(claims: dict[str, Any], key: Any = KEY, **header: Any) -> str:
    return jwt.encode({"alg": "RS256", "kid": "ours"} | header, claims, key)


def test_an_honest_token_is_read(chosen: settings.Settings) -> None:
    assert _read(_our_side(chosen), _signed(_claims()))["sub"] == "ana"


@pytest.mark.parametrize(
    "other",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another portal"},
        {"aud": ["another portal"], "azp": "passalong"},
        {"aud": None},
        {"nonce": "m"},
        {"nonce": None},
        {"sub": None},
        {"exp": int(time.time()) - 600},
        {"nbf": int(time.time()) + 86_400},
        {"iat": int(time.time()) + 86_400},
        {"exp": None},
    ],
)
def test_a_token_with_other_claims_is_refused(chosen: settings.Settings, other: dict[str, Any]) -> None:
    with pytest.raises((JoseError, OAuthError, ValueError)):
        _read(_our_side(chosen), _signed(_claims(**other)))


def _by_hand(algorithm: str, claims: dict[str, Any], *, secret: bytes = b"") -> str:
    """A token no honest library makes: unsigned, or signed with what everybody can read."""
    parts = ({"alg": algorithm, "kid": "ours"}, claims)
    text = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    signature = hmac.new(secret, text, hashlib.sha256).digest() if secret else b""
    return (text + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def test_a_token_signed_otherwise_is_refused(chosen: settings.Settings) -> None:
    honest = _signed(_claims())
    dishonest = [
        _signed(_claims(), OTHER),
        _by_hand("HS256", _claims(), secret=KEY.as_pem(private=False)),
        _by_hand("none", _claims()),
        _signed(_claims(), ECKey.generate_key("P-256", {"kid": "ours"}), alg="ES256"),
        honest[:-4] + "AAAA",
        honest.rsplit(".", 1)[0] + ".",
        "x.y.z",
    ]
    for token in dishonest:
        with pytest.raises((JoseError, OAuthError, ValueError)):
            _read(_our_side(chosen), token)


def test_unknown_keys_make_us_look_for_new_ones_once_a_minute(chosen: settings.Settings) -> None:
    ours, looks = _our_side(chosen), []

    def keys(request: httpx2.Request) -> httpx2.Response:
        looks.append(str(request.url))
        return httpx2.Response(200, json=KeySet([KEY]).as_dict(private=False))

    ours.client_kwargs["transport"] = httpx2.MockTransport(keys)
    for _ in range(3):
        with pytest.raises((JoseError, ValueError)):
            _read(ours, _signed(_claims(), OTHER, kid="theirs"))
    assert looks == [f"{ISSUER}/keys"]


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://id.noorderhout.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": ""},
        {"id_token_signing_alg_values_supported": ["HS256", "none"]},
    ],
)
def test_a_provider_described_unsafely_is_not_used(chosen: settings.Settings, described: dict[str, Any]) -> None:
    ours = _our_side(chosen, **described)
    with pytest.raises(ProviderUnfit):
        in_a_loop(ours.load_server_metadata)
    assert ours.server_metadata == {}
