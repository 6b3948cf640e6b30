"""What walls showed, by name: a player tells keys and subjects, and editors read titles."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.campaigns.models import Item, ItemText, Picture
from portal.campaigns.queries import campaigns_by_id
from portal.i18n import gettext as _
from portal.screens.kinds import KIND_NAMES
from portal.screens.models import Screen, Slide, UrgentMessage
from portal.web import whole_number

SUBJECT = re.compile(r"house|(?:item|slide|urgent):[0-9]{1,18}")
_OF_SLIDE = re.compile(r"s(\d{1,18})\.\d+\.")
_OF_ITEM = re.compile(r"(?:^|\.)(\d{1,18})\.\d+\.\d+$")
_OF_URGENT = re.compile(r"urgent\.(\d{1,18})(?:\.|$)")


@dataclass(frozen=True)
class Card:
    """What a screen shows, small: its title and its picture; "" for none. `subject` "" is not known."""

    subject: str = ""
    title: str = ""
    picture: str = ""


def subject_of(key: str) -> str:
    """What a slide with this key is about, such as `item:7`; "" when the key says nothing."""
    if key.startswith("house"):
        return "house"
    for kind, pattern in (("urgent", _OF_URGENT), ("item", _OF_ITEM), ("slide", _OF_SLIDE)):
        if found := pattern.search(key):
            return f"{kind}:{int(found[1])}"
    return ""


def cards(db: Session, screens: Collection[Screen], language: str) -> dict[int, Card]:
    """By screen: what it said last that it shows."""
    subjects = {screen.id: subject_of(screen.showing) for screen in screens}
    named = names(db, set(subjects.values()), language)
    pictures = _pictures(db, set(subjects.values()))
    return {
        screen_id: Card(subject, named.get(subject, ""), pictures.get(subject, ""))
        for screen_id, subject in subjects.items()
    }


def names(db: Session, subjects: Collection[str], language: str) -> dict[str, str]:
    """A title for each of these; what is gone since is named by its kind."""
    found: dict[str, str] = {}
    titles: dict[int, dict[str, str]] = {}
    texts = select(ItemText.item_id, ItemText.language, ItemText.title)
    for item_id, code, title in db.execute(texts.where(ItemText.item_id.in_(_ids(subjects, "item")))):
        titles.setdefault(item_id, {})[code] = title
    for item_id, by_language in titles.items():
        found[f"item:{item_id}"] = by_language.get(language) or next(iter(by_language.values()))
    for slide in db.scalars(select(Slide).where(Slide.id.in_(_ids(subjects, "slide")))):
        found[f"slide:{slide.id}"] = title_of(slide, language)
    messages = select(UrgentMessage.id, UrgentMessage.title)
    for message_id, title in db.execute(messages.where(UrgentMessage.id.in_(_ids(subjects, "urgent")))):
        found[f"urgent:{message_id}"] = title
    gone = {
        "house": _("The greeting of the house"),
        "item": _("An item that is gone"),
        "slide": _("A slide that is gone"),
        "urgent": _("An urgent message that is gone"),
    }
    return {each: found.get(each) or gone[each.partition(":")[0]] for each in subjects if each}


def title_of(slide: Slide, language: str) -> str:
    """What an editor knows a slide by: its own title, or what kind it is."""
    own = (slide.title_nl, slide.title_en) if language == "nl" else (slide.title_en, slide.title_nl)
    return own[0] or own[1] or str(KIND_NAMES[slide.kind])


def _pictures(db: Session, subjects: Collection[str]) -> dict[str, str]:
    of_items = (
        select(Item.id, Picture.digest)
        .join(Picture, Picture.id == Item.picture_id)
        .where(Item.id.in_(_ids(subjects, "item")))
    )
    found = {f"item:{item_id}": digest for item_id, digest in db.execute(of_items)}
    of_slides = select(Slide.id, Slide.picture_digest).where(Slide.id.in_(_ids(subjects, "slide")))
    found |= {f"slide:{slide_id}": digest for slide_id, digest in db.execute(of_slides) if digest}
    return {subject: f"/pictures/{digest}/thumb.jpg" for subject, digest in found.items()}


def _ids(subjects: Collection[str], kind: str) -> list[int]:
    found = [whole_number(each.partition(":")[2]) for each in subjects if each.startswith(f"{kind}:")]
    return [each for each in found if each is not None]


def campaign_titles(db: Session, ids: Collection[int | None], language: str) -> dict[int, str]:
    """The titles of these campaigns."""
    wanted = [each for each in ids if each is not None]
    return {each.id: each.text(language).title for each in campaigns_by_id(db, wanted)} if wanted else {}
