"""What a mail leads to without signing in: one item that can be passed on at once, and the end of such mails."""

from datetime import date, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import clock, door, html, settings
from portal.campaigns import disclosure, pictures
from portal.campaigns import queries as campaigns
from portal.campaigns.labels import KINDS_FOR_READERS
from portal.campaigns.models import Item
from portal.guesses import REFILL, Guesses
from portal.i18n import gettext as _
from portal.i18n import language
from portal.links import codes
from portal.notifications import digests, item_links
from portal.notifications.choices import LONGEST_PAUSE
from portal.notifications.models import NotificationChoice
from portal.people import unsubscribing
from portal.people.models import Organisation, Person
from portal.sharing import networks, over, share_page, texts
from portal.sharing.networks import Network
from portal.web import Form, NotFound, PortalRoute, TooMany, action, anyone, by_token, page, see_other

JOBS = (digests,)
"""Modules whose jobs are known as soon as this one is."""
A_WHILE = timedelta(days=14)
"""The pause that is filled in."""
KEPT_APART = {"email"}
"""Whoever came from a mail has a mail program open: its own button passes the mail on."""


def digest_item(
    request: Request, *, db: Session, me: Person | None, organisation: Organisation, token: str
) -> Response:
    """Shows the item and writes nothing: mail scanners open every link they see."""
    meant = item_links.read(token)
    if me is not None and meant is not None:
        return see_other(request, "share_page", item_id=meant.item_id)
    found = _find(db, token)
    if found is None:
        return _gone_page(request)
    _person, item = found
    if (gone := over.of(db, item)) is not None:
        return _over_page(request, heading=gone.heading, sentence=gone.sentence)
    response = html.page(
        request,
        "notifications/digest_item.html",
        item=item,
        text=item.text(language.get()),
        kind=KINDS_FOR_READERS[item.kind],
        picture=pictures.address(item.picture, "card") if item.picture else "",
        networks=_offered(item, organisation),
        token=token,
    )
    # Browsers hold against this what the form leads on to as well, and what a network then leads on to.
    response.headers["Content-Security-Policy"] = door.policy(request.state.nonce, form_action="'self' https:")
    return _unlisted(response)


def share_from_digest(
    request: Request, *, db: Session, me: Person | None, organisation: Organisation, form: Form, token: str
) -> Response:
    """On to a network with the link of whom the mail was for; nothing on their record, as anybody may hold the mail."""
    found = _find(db, token)
    if found is None:
        return _gone_page(request)
    person, item = found
    if me is not None:
        return see_other(request, "share_page", item_id=item.id)
    if (gone := over.of(db, item)) is not None:
        return _over_page(request, heading=gone.heading, sentence=gone.sentence)
    network = next((each for each in _offered(item, organisation) if each.key == form.text("network")), None)
    if network is None:
        raise NotFound
    if taps.are_too_many(token):
        raise TooMany(_("That went a little fast. Please try again in a minute."), wait=round(REFILL))
    spoken = share_page.language_for(item, "", me=person)
    link = codes.address(codes.share_link(db, person=person, item_id=item.id, network=network.key))
    text = _text(item, network, link, spoken=spoken, organisation=organisation)
    opens = _open_url(network, text, link, item.text(spoken).title, organisation)
    return _unlisted(RedirectResponse(opens or "/", status_code=303))


def unsubscribe_page(request: Request, *, db: Session, token: str) -> Response:
    """Shows buttons and ends nothing: mail scanners open every link they see."""
    found = unsubscribing.read(db, token)
    return _unsubscribe_page(request, token=token, kind=found[1] if found else "", status=200 if found else 404)


def unsubscribe(request: Request, *, db: Session, form: Form, token: str) -> Response:
    """Ends these mails, at one tap here or in the mail program (RFC 8058), or has everything wait until a day."""
    found = unsubscribing.read(db, token)
    if found is None:
        return _unsubscribe_page(request, token=token, kind="", status=404)
    person, kind = found
    if form.is_set("pause"):
        until = _day(form.text("until"))
        if until is None or not clock.today() < until <= clock.today() + LONGEST_PAUSE:
            errors = {"until": _("Choose a day after today, at most a year ahead.")}
            return _unsubscribe_page(request, token=token, kind=kind, typed=form["until"], errors=errors, status=422)
        # An old mail must not shorten a longer break.
        person.paused_until = until = max(until, person.paused_until or until)
        return _unsubscribe_page(request, token=token, kind=kind, done="paused", until=until)
    if kind == unsubscribing.DIGESTS:
        theirs = update(NotificationChoice).where(NotificationChoice.person_id == person.id)
        db.execute(theirs.values(digest_rhythm="never", next_digest_at=None))
    else:
        person.mail_asks = False
    return _unsubscribe_page(request, token=token, kind=kind, done="ended")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _find(db: Session, token: str) -> tuple[Person, Item] | None:
    """Whose mail it was, and the item; None when the link has run out, or its person takes part no more."""
    meant = item_links.read(token)
    person = db.get(Person, meant.person_id) if meant else None
    if meant is None or person is None or not person.is_active or person.stopped_at is not None:
        return None
    item = campaigns.find_item(db, meant.item_id)
    return (person, item) if item is not None else None


def _offered(item: Item, organisation: Organisation) -> list[Network]:
    """The networks that open at an address."""
    return [
        each
        for each in networks.fitting(item.fits)
        if each.key not in KEPT_APART and (_open_url(each, "", "", "", organisation) or "").startswith("https://")
    ]


def _open_url(network: Network, text: str, link: str, subject: str, organisation: Organisation) -> str | None:
    endpoint = settings.current().endpoints.get(network.key, "")
    return network.open_url(text, link, subject=subject, endpoint=endpoint, server=organisation.mastodon_server)


def _text(item: Item, network: Network, link: str, *, spoken: str, organisation: Organisation) -> str:
    """Where they work, what it is, and the link: no words of marketing's, and none that seem to be their own."""
    title = item.text(spoken).title

    def fits(text: str) -> bool:
        return network.count(text) <= network.limit and not network.shortens(text, link, subject=title)

    wording = disclosure.wordings(organisation, item.disclosure, spoken)[0]
    return texts.fit("", title, disclosure=wording, link=link, employer=organisation.name, fits=fits)


def _gone_page(request: Request) -> Response:
    sentence = _("Links in a mail work for two weeks. What is new now, you see when you sign in.")
    return _over_page(request, heading=_("This link is no longer open"), sentence=sentence)


def _over_page(request: Request, *, heading: str, sentence: str) -> Response:
    answer = html.page(
        request, "notifications/digest_item.html", status=410, item=None, heading=heading, sentence=sentence
    )
    return _unlisted(answer)


def _unsubscribe_page(
    request: Request,
    *,
    token: str,
    kind: str,
    status: int = 200,
    done: str = "",
    until: date | None = None,
    typed: str | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    answer = html.page(
        request,
        "notifications/unsubscribe.html",
        status=status,
        token=token,
        kind=kind,
        done=done,
        until=until,
        first=clock.today() + timedelta(days=1),
        last=clock.today() + LONGEST_PAUSE,
        typed=str(clock.today() + A_WHILE) if typed is None else typed,
        errors=errors or {},
    )
    return _unlisted(answer)


def _unlisted(response: Response) -> Response:
    """The address of this page says whose it is to us: it goes to no other site, and into no search."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


taps = Guesses()
"""How often each link was used lately."""
routes: list[PortalRoute] = [
    page("/d/{token}", digest_item, anyone),
    action("/d/{token}/shares", share_from_digest, anyone),
    page("/unsubscribe/{token}", unsubscribe_page, anyone),
    by_token("/unsubscribe/{token}", unsubscribe),
]
