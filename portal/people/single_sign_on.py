"""Single sign-on by OpenID Connect: code with PKCE, bound to this browser by state and nonce.

What the sign-in must remember while the browser is at the provider travels in a signed cookie of its own that
lives for ten minutes. The id token is checked against a list of asymmetric algorithms, the configured issuer
and our own client id; whoever it names is let in by `identities`.
"""

import time
from typing import Any
from urllib.parse import urlsplit

import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import StarletteIntegration, StarletteOAuth2App
from httpx2 import HTTPError
from itsdangerous import BadSignature, URLSafeTimedSerializer
from joserfc.errors import JoseError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from portal import html, i18n, settings, web
from portal.database import Database
from portal.i18n import gettext as _
from portal.outbound import AsyncTransport, Policy
from portal.people import identities, sessions
from portal.people.identities import Known, NotLetIn
from portal.people.landing import landing
from portal.settings import Settings
from portal.web import language_of, session_cookie, set_session, stream

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
LASTS = 600
"""Seconds somebody may take at the provider."""
KEYS_FETCHED_EVERY = 60
"""Seconds between two looks for new keys, however many unknown ones are shown to us."""


class ProviderUnfit(Exception):
    """The provider's own description does not fit the settings; the message says how."""


class Provider(StarletteOAuth2App):  # type: ignore[misc]
    """Authlib's client for one issuer, stricter about what the issuer says of itself."""

    def __init__(self, chosen: Settings) -> None:
        self.issuer = chosen.oidc_issuer
        self._keys_fetched = float("-inf")
        super().__init__(
            StarletteIntegration("single_sign_on"),
            name="single_sign_on",
            client_id=chosen.oidc_client_id,
            client_secret=chosen.oidc_client_secret,
            server_metadata_url=f"{self.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "timeout": 10,
                "trust_env": False,
            },
        )

    def _get_oauth_client(self, **metadata: Any) -> Any:
        # The operator vouches for the issuer, which may be inside; all else it names must be public.
        parts = urlsplit(self.issuer)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        policy = Policy(trusted=frozenset({f"{parts.hostname}:{port}"}))
        return super()._get_oauth_client(transport=AsyncTransport(policy), **metadata)

    async def load_server_metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = await super().load_server_metadata()
        try:
            metadata["id_token_signing_alg_values_supported"] = _fit(metadata, self.issuer)
        except ProviderUnfit:
            metadata.clear()  # or it would pass for loaded the next time
            raise
        return metadata

    async def fetch_jwk_set(self, force: bool = False) -> Any:
        recently = time.monotonic() - self._keys_fetched < KEYS_FETCHED_EVERY
        if not force or not recently:
            if force or "jwks" not in self.server_metadata:
                self._keys_fetched = time.monotonic()
            return await super().fetch_jwk_set(force=force)
        return await super().fetch_jwk_set()

    async def claims(self, request: Request) -> dict[str, Any]:
        """The checked claims of whoever comes back from the provider with `request`."""
        named = request.query_params.get("iss")
        if named is not None and named != self.issuer:
            raise OAuthError("wrong_issuer", "the answer names another issuer")
        token = await self.authorize_access_token(
            request,
            claims_options={
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self.client_id},
                "sub": {"essential": True},
            },
        )
        if "userinfo" not in token:
            raise OAuthError("no_id_token", "the provider sent no id token")
        claims = dict(token["userinfo"])
        if "email" not in claims and self.server_metadata.get("userinfo_endpoint"):
            more = await self.userinfo(token=token)
            if more.get("sub") == claims["sub"]:  # OpenID Connect 5.3.2: else it is about somebody else
                claims = {**more, **claims}
        return claims


def sign_on_routes(chosen: Settings, database: Database) -> list[BaseRoute]:
    """The two addresses of single sign-on, none of them unless it is configured."""
    if not chosen.oidc_issuer:
        return []
    provider = Provider(chosen)
    memory = URLSafeTimedSerializer(chosen.secret, salt="single sign-on")
    log = structlog.get_logger("sign-in")

    async def single_sign_on_start(request: Request) -> Response:
        session: dict[str, Any] = {"next": landing(request, request.query_params.get("next", "/"))}
        me = request.state.me
        if me is not None and request.query_params.get("link") == "1" and _is_from_our_page(request):
            session["link"] = me.id
        request.scope["session"] = session
        try:
            response: Response = await provider.authorize_redirect(request, f"{chosen.base_url}/sign-in/callback")
        except (OAuthError, HTTPError, ProviderUnfit, ValueError, RuntimeError) as error:
            log.error("the identity provider cannot be used", reason=_reason(error))
            return await run_in_threadpool(_provider_away, request)
        _remember(response, memory.dumps(session))
        return response

    async def single_sign_on_callback(request: Request) -> Response:
        request.scope["session"] = session = _remembered(request, memory)
        try:
            known = _known(provider.issuer, await provider.claims(request))
        except (OAuthError, JoseError, HTTPError, ProviderUnfit, ValueError, KeyError, RuntimeError) as error:
            log.warning("single sign-on refused", reason=_reason(error))
            response = await run_in_threadpool(_refused, request)
        else:
            response = await run_in_threadpool(_come_in, request, database, known, session)
        _forget(response)
        return response

    return [
        stream("/sign-in/start", single_sign_on_start),
        stream("/sign-in/callback", single_sign_on_callback),
    ]


def _come_in(request: Request, database: Database, known: Known, session: dict[str, Any]) -> Response:
    i18n.language.set(language_of(request, request.state.me))
    log = structlog.get_logger("sign-in")
    try:
        with database.writing() as db:
            if "link" in session:
                me = request.state.me
                if me is None or me.id != session["link"]:
                    raise NotLetIn("the one who wanted to link is not signed in any more")
                identities.bind(db, me, known)
                web.flash(request, _("Done: from now on you can also sign in that way."))
                return web.go_to(request, html.url(request, "me_page"))
            person = identities.person_for(db, known)
            sessions.close(db, request.cookies.get(session_cookie(), ""))
            secret = sessions.open(db, person)
    except NotLetIn as refusal:
        log.warning("single sign-on not let in", reason=refusal.reason, subject=known.subject)
        return html.page(request, "people/not_let_in.html", status=403)
    return set_session(RedirectResponse(session.get("next", "/"), status_code=303), secret)


def _refused(request: Request) -> Response:
    i18n.language.set(language_of(request, request.state.me))
    return html.page(request, "people/sign_on_refused.html", status=400, away=False)


def _provider_away(request: Request) -> Response:
    i18n.language.set(language_of(request, request.state.me))
    return html.page(request, "people/sign_on_refused.html", status=503, away=True)


def _fit(metadata: dict[str, Any], issuer: str) -> list[str]:
    """The algorithms both sides know. Raises ProviderUnfit for none, another issuer or an unsafe address."""
    if metadata.get("issuer") != issuer:
        raise ProviderUnfit("the provider's description names another issuer")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not _is_safe(str(metadata.get(name, ""))):
            raise ProviderUnfit(f"the provider's {name} is not an https address")
    offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    both = [algorithm for algorithm in ALGORITHMS if algorithm in offered]
    if not both:
        raise ProviderUnfit("the provider signs with no algorithm we accept")
    return both


def _is_safe(address: str) -> bool:
    """https, or this very machine, where a provider for tests may run."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1"))


def _known(issuer: str, claims: dict[str, Any]) -> Known:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= identities.LONGEST_KEY:
        raise ValueError("the subject is no text of a sensible length")
    name, email, locale = (
        value if isinstance(value, str) else "" for value in map(claims.get, ("name", "email", "locale"))
    )
    return Known(
        issuer=issuer,
        subject=subject,
        name=" ".join(name.split()),
        email=email.strip().lower(),
        email_verified=claims.get("email_verified") is True,
        language=locale[:2].lower(),
    )


def _is_from_our_page(request: Request) -> bool:
    """Whether the link was followed from a page of ours: nobody else may start binding an account."""
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def _cookie() -> str:
    return "__Host-sign-on" if settings.current().is_https else "sign-on"


def _remember(response: Response, value: str) -> None:
    web.set_cookie(response, _cookie(), value, max_age=LASTS)


def _remembered(request: Request, memory: URLSafeTimedSerializer) -> dict[str, Any]:
    """What this browser's own sign-in remembered; nothing when it never began here or too long ago."""
    try:
        found = memory.loads(request.cookies.get(_cookie(), ""), max_age=LASTS)
    except BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def _forget(response: Response) -> None:
    web.clear_cookie(response, _cookie())
