"""The share page: your own sentence, marketing's text, and where it goes."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal import settings
from portal.campaigns import disclosure, placeholders
from portal.campaigns.labels import facts
from portal.campaigns.models import ANY_NETWORK, Caption, Item
from portal.campaigns.pictures import address
from portal.i18n import gettext as _
from portal.links import codes
from portal.links.models import Link
from portal.people.models import Organisation, Person
from portal.people.queries import get_department
from portal.sharing import facets, leases, networks, reminders, shares, texts
from portal.sharing.models import Share
from portal.sharing.networks import DESKTOP, Network, Platform
from portal.sharing.starters import starters
from portal.web import Form

LINK_OF_USUAL_LENGTH = "{base}/r/23456789"


@dataclass(frozen=True)
class SharePage:
    """All the form needs, before anything is minted."""

    item: Item
    language: str
    languages: list[str]
    networks: list[Network]
    """The one that is chosen comes first: a phone shows only the first few."""
    network: Network
    meant_for: list[str]
    """The names of the networks it fits; empty when it fits all of them."""
    captions: list[Caption]
    """The one to begin with comes first: another one for each colleague."""
    full_on: dict[int, frozenset[str]]
    """Networks on which enough colleagues have a caption this week, by its id."""
    told: str
    """The same as the form sends it back, so that the answer knows what this person saw."""
    bodies: dict[int, str]
    """What each caption says when this person shares it."""
    caption_id: int | None
    own: str
    starters: tuple[str, str, str]
    wordings: list[str]
    wording: int
    employer: str
    said: str
    labelled: str
    facts: list[tuple[str, str]]
    """When, where and whom to ask, as labels with their words."""
    link: str
    """This person's link if there is one, else one of the same length, only for counting."""
    is_link_known: bool
    pieces: list[tuple[str, str]]
    """The words of the preview, without the link: `facets.pieces`."""
    count: int
    own_share: float
    picture: str
    picture_alt: str
    """What it shows, in words, for readers who cannot see it."""


def language_for(item: Item, wanted: str, *, me: Person) -> str:
    """The language to share in: what was asked for or the person's own, if the item speaks it."""
    spoken = [text.language for text in item.texts]
    return next((each for each in (wanted, me.language) if each in spoken), spoken[0])


def prepare(db: Session, item: Item, *, me: Person, organisation: Organisation, wanted: dict[str, str]) -> SharePage:
    """The page for `item`.

    `wanted` holds what the address, or a form that came back, says of network, language, caption, text and
    disclosure.
    """
    language = language_for(item, wanted.get("language", ""), me=me)
    network = networks.find(wanted.get("network", "") or shares.last_network(db, me))
    offered = networks.fitting(item.fits)
    # The sheet is there only where scripts say so.
    if network is None or network not in offered or network is networks.SHEET:
        network = offered[0]
    earlier = shares.find(db, person=me, item_id=item.id, network=network.key)
    offers = leases.offer(db, person=me, item=item, network=network.key, language=language, organisation=organisation)
    captions = [offer.caption for offer in offers]
    full_on = {offer.caption.id: offer.full_on for offer in offers}
    bodies = _bodies(db, item, me=me)
    wordings = disclosure.wordings(organisation, item.disclosure, language)
    link, known = _link(db, earlier)
    # What was written in another language is no beginning for a text in this one.
    written = earlier if earlier is not None and earlier.language == language else None
    caption = _chosen_caption(captions, wanted, written, network)
    own = wanted.get("text", "")
    if written is not None and "text" not in wanted:
        own = texts.own_part(written.text, bodies[caption.id] if caption else "", wordings=wordings, link=link)
    wording = 1 if wanted.get("disclosure") == "1" else 0
    body = bodies[caption.id] if caption else ""
    text = texts.compose(own, body, disclosure=wordings[wording], link=link, employer=organisation.name)
    return SharePage(
        item=item,
        language=language,
        languages=[text.language for text in item.texts],
        networks=sorted(offered, key=lambda each: each is not network),
        network=network,
        meant_for=[str(networks.get(key).name) for key in item.fits],
        captions=captions,
        full_on=full_on,
        told=" ".join(_full(caption_id, key) for caption_id, keys in full_on.items() for key in sorted(keys)),
        bodies=bodies,
        caption_id=caption.id if caption else None,
        own=own,
        starters=starters(item.kind, language),
        wordings=wordings,
        wording=wording,
        employer=organisation.name,
        said=disclosure.said_by(organisation.name),
        labelled=disclosure.LABELLED,
        facts=facts(item),
        link=link,
        is_link_known=known,
        pieces=facets.pieces(text.removesuffix(link).strip()),
        count=network.count(text),
        own_share=texts.own_share(f"{own} {body}", body),
        picture=address(item.picture, "card") if item.picture else "",
        picture_alt=item.text(language).picture_alt if item.picture else "",
    )


@dataclass(frozen=True)
class Sent:
    """What a sent form asks for, read and checked against the item."""

    network: Network
    caption: Caption | None
    body: str
    """The caption as this person shares it; "" without one."""
    own: str
    language: str
    disclosure: str
    looked_free: bool
    """Whether the page said that the caption could be had there; a form that does not tell knows of nothing."""


def read(db: Session, form: Form, item: Item, *, me: Person, organisation: Organisation) -> Sent:
    """Unknown networks add to `form.errors`; an unknown caption counts as none."""
    language = language_for(item, form.text("language"), me=me)
    # The button below "Instagram, TikTok and others" copies, whatever was chosen above it.
    network = networks.find(form.text("through") or form.text("network"))
    told = form["told"].split() if "told" in form else None
    if network is None:
        form.errors["network"] = _("Choose where it should go.")
    elif network not in networks.fitting(item.fits):
        form.errors["network"] = _("This one is not meant for %(network)s. Choose another way.", network=network.name)
    caption_id = form.number("caption")
    caption = next((each for each in item.captions if each.id == caption_id), None)
    wordings = disclosure.wordings(organisation, item.disclosure, caption.language if caption else language)
    return Sent(
        network=network or networks.all()[0],
        caption=caption,
        body=_bodies(db, item, me=me)[caption.id] if caption else "",
        own=form.lines("text", texts.LONGEST_OWN),
        language=caption.language if caption else language,
        disclosure=wordings[1 if form.text("disclosure") == "1" else 0],
        looked_free=told is not None and network is not None and _full(caption_id, network.key) not in told,
    )


def settle_lease(
    db: Session, sent: Sent, item: Item, *, own_words: bool, me: Person, organisation: Organisation
) -> bool:
    """Take the lease of the caption, or give it back for own words; False when it looked free and is not any more."""
    network = sent.network
    if sent.caption is None or own_words:
        leases.give_back(db, person=me, item_id=item.id, network=network.key)
        return True
    has_it = leases.take(db, person=me, caption=sent.caption, network=network.key, organisation=organisation)
    is_out_already = network is networks.SHEET  # the phone passed it on before we heard of it
    return has_it or is_out_already or not sent.looked_free


def without_lease(
    db: Session, form: Form, sent: Sent, item: Item, *, me: Person, organisation: Organisation
) -> dict[str, str]:
    """What to show again when others took the caption since the page was opened: all that was typed, another caption.

    Adds to `form.errors` what happened.
    """
    other = leases.free(
        db, person=me, item=item, network=sent.network.key, language=sent.language, organisation=organisation
    )
    if other is None:
        form.errors["caption"] = _(
            "By now enough colleagues have these words, and so it is with all of them. Add a sentence of your own, "
            "or share them as they are."
        )
        return form.raw
    form.errors["caption"] = _("A colleague was just ahead of you with these words. Here are others that are free.")
    return form.raw | {"caption": str(other.id)}


def _full(caption_id: int | None, network: str) -> str:
    return f"{caption_id}:{network}"


def open_url(
    share: Share, link: str, item: Item, organisation: Organisation, *, platform: Platform = DESKTOP
) -> str | None:
    """Where this share's network opens on `platform`, with its text filled in where it can be."""
    network = networks.get(share.network)
    return network.open_url(
        share.text,
        link,
        subject=item.text(share.language).title,
        endpoint=settings.current().endpoints.get(network.key, ""),
        server=organisation.mastodon_server,
        platform=platform,
    )


def is_alone(network: Network, platform: Platform) -> bool:
    """Whether no window may be opened for the network: it is an app of its own, or we are inside one."""
    return platform.is_in_app or network.opens_an_app(platform, settings.current().endpoints.get(network.key, ""))


def stays(network: Network, platform: Platform) -> bool:
    """Whether it opens in the window of the share page: as above, or for the text to be copied in that window first."""
    return is_alone(network, platform) or (platform.is_phone and bool(network.endpoint) and not network.takes_text)


def wanted_by(db: Session, me: Person, item: Item, reminder_id: int | None) -> dict[str, str]:
    """What somebody wrote when they planned to share `item`; nothing when that is not theirs, or of another item."""
    kept = reminders.find_own(db, me, reminder_id) if reminder_id else None
    if kept is None or kept.item_id != item.id or kept.state not in reminders.OPEN:
        return {}
    return {
        "network": kept.network,
        "language": kept.language,
        "caption": str(kept.caption_id or ""),
        "text": kept.own,
        "disclosure": str(kept.disclosure),
    }


def fitted(sent: Sent, *, link: str, item: Item, organisation: Organisation) -> str:
    """The whole text, short enough for the network and for the address that opens it."""
    network = sent.network
    subject = item.text(sent.language).title

    def fits(text: str) -> bool:
        return network.count(text) <= network.limit and not network.shortens(text, link, subject=subject)

    return texts.fit(
        sent.own,
        sent.body,
        disclosure=sent.disclosure,
        link=link,
        employer=organisation.name,
        fits=fits,
    )


def _bodies(db: Session, item: Item, *, me: Person) -> dict[int, str]:
    """The item's captions by id, with this person's names filled in."""
    team = get_department(db, me.department_id).name
    return {
        caption.id: placeholders.fill(caption.body, first_name=me.first_name, department=team)
        for caption in item.captions
    }


def _link(db: Session, earlier: Share | None) -> tuple[str, bool]:
    if earlier is not None:
        link = db.get_one(Link, earlier.link_id)
        return codes.address(link), True
    return LINK_OF_USUAL_LENGTH.format(base=settings.current().link_base_url), False


def _chosen_caption(
    captions: list[Caption], wanted: dict[str, str], earlier: Share | None, network: Network
) -> Caption | None:
    by_id = {str(caption.id): caption for caption in captions}
    if "caption" in wanted:
        return by_id.get(wanted["caption"])
    if earlier is not None:
        return by_id.get(str(earlier.caption_id))
    fitting = [caption for caption in captions if caption.network in (network.key, ANY_NETWORK)]
    return fitting[0] if fitting else None
