"""Ideas from colleagues: proposed, answered within the days that were promised, thanked for once they are out."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, select, true, update
from sqlalchemy.orm import Session

from portal import clock, jobs, mail, settings
from portal.campaigns import audience, rules
from portal.campaigns.models import Campaign, Item, ItemText, Picture
from portal.campaigns.queries import find_item, live_at
from portal.database import one_at_a_time
from portal.i18n import gettext as _
from portal.i18n import in_language, ngettext
from portal.inbox import addresses, drafting
from portal.inbox.models import Idea
from portal.people import audit, notes, organisation
from portal.people.models import Person
from portal.web import NotFound

LONGEST_WORDS = 2000
LONGEST_ANSWER = 1000
LONGEST_ADDRESS = 2000
LONGEST_KEY = 40
MOST_WAITING = 20
"""Ideas of one person that may wait for an answer at the same time."""
PAGE = 20
CHASED_BEFORE = timedelta(days=1)
"""How long before the promised day marketing is reminded for the first time; from then on once a day."""
_COMPARED_ITEMS, _COMPARED_IDEAS = 200, 100


class AlreadyAnswered(ValueError):
    """A colleague answered meanwhile; the message says so."""


class TooManyWaiting(ValueError):
    """Enough ideas of this person wait for an answer."""


def propose(
    db: Session,
    person: Person,
    *,
    words: str,
    url: str = "",
    picture_id: int | None = None,
    named: bool = False,
    key: str = "",
) -> Idea:
    """Keep an idea and promise an answer; the same words sent again with the same `key` are the same idea.

    Raises TooManyWaiting.
    """
    one_at_a_time(db, f"ideas of person {person.id}")
    again = (Idea.person_id == person.id, Idea.key == key, Idea.words == words, Idea.url == url)
    if key and (known := db.scalar(select(Idea).where(*again))) is not None:
        return known
    mine = (Idea.person_id == person.id, Idea.state == "new")
    if (db.scalar(select(func.count()).select_from(Idea).where(*mine)) or 0) >= MOST_WAITING:
        raise TooManyWaiting
    days = organisation.get(db).ideas_answered_in
    idea = Idea(
        person_id=person.id,
        words=words,
        url=url,
        canonical_url=addresses.canonical(url) if url else "",
        picture_id=picture_id,
        key=key,
        named=named,
        state="new",
        at=clock.now(),
        answer_by=clock.end_of(clock.today() + timedelta(days=days)),
    )
    db.add(idea)
    db.flush()
    return idea


def get_idea(db: Session, idea_id: int, *, me: Person) -> Idea:
    """An idea of one's own, or any for who edits. Raises NotFound."""
    idea = db.get(Idea, idea_id)
    if idea is None or (idea.person_id != me.id and me.role == "member"):
        raise NotFound
    return idea


@dataclass(frozen=True)
class IdeaPage:
    ideas: list[Idea]
    pictures: dict[int, Picture]
    number: int
    total: int

    @property
    def has_more(self) -> bool:
        return self.number * PAGE < self.total


def of_person(db: Session, person: Person, *, number: int = 1) -> IdeaPage:
    """What somebody proposed, the latest first."""
    return _page(db, Idea.person_id == person.id, latest_first=True, number=number)


def in_state(db: Session, state: str, *, number: int = 1) -> IdeaPage:
    """Everybody's ideas in a state: what waits longest comes first, else the latest."""
    return _page(db, Idea.state == state, latest_first=state != "new", number=number)


def everybodys(db: Session, *, number: int = 1) -> IdeaPage:
    """Every idea, the latest first."""
    return _page(db, true(), latest_first=True, number=number)


def promised_on(idea: Idea) -> date:
    """The last day for the answer, in the organisation's zone."""
    return clock.local(idea.answer_by - timedelta(seconds=1)).date()


def is_late(idea: Idea) -> bool:
    """Whether the promised day is over and nobody answered."""
    return idea.state == "new" and idea.answer_by <= clock.now()


def number_in(db: Session, state: str) -> int:
    return db.scalar(select(func.count()).select_from(Idea).where(Idea.state == state)) or 0


def picture_of(db: Session, idea: Idea) -> Picture | None:
    return db.get(Picture, idea.picture_id) if idea.picture_id else None


def answer(db: Session, idea: Idea, *, state: str, words: str, was: str, by: Person) -> None:
    """Tell the proposer that the idea is `taken` or `declined`, and why.

    Raises AlreadyAnswered when it is not in the state `was` any more.
    """
    _settle(db, idea, state=state, was=was, by=by, answer=words)
    if state != was:
        _tell(db, idea)


def take_up(db: Session, idea: Idea, item: Item, *, by: Person) -> None:
    """Say what is made of the idea. Raises AlreadyAnswered when something else is already."""
    if idea.item_id not in (None, item.id):
        raise AlreadyAnswered(_("A colleague has made a draft of this idea already."))
    was = idea.state
    _settle(db, idea, state="taken", was=was, by=by, item_id=item.id)
    if was == "new":
        _tell(db, idea)


def proposer_of(db: Session, item_ids: Sequence[int]) -> dict[int, str]:
    """Per item the first name of whose idea it was, for those who agreed to be named."""
    if not item_ids:
        return {}
    agreed = (Idea.item_id.in_(item_ids), Idea.named, Person.deactivated_at.is_(None))
    rows = db.execute(
        select(Idea.item_id, Person).join(Person, Person.id == Idea.person_id).where(*agreed).order_by(Idea.id.desc())
    )
    return {item_id: person.first_name for item_id, person in rows if item_id is not None}


@dataclass(frozen=True)
class Alike:
    """Something that may be the same: a live item by its id and title, else that marketing has it already."""

    item_id: int | None = None
    title: str = ""
    is_idea: bool = False


def alike(db: Session, *, url: str, words: str, language: str, me: Person) -> list[Alike]:
    """What is there already of an address or of such words, at most three; titles only of what `me` sees anyway."""
    found: list[Alike] = []
    wanted = addresses.canonical(url) if rules.target_problem(url) is None else ""
    if wanted:
        found += _of_address(db, url, wanted, language, me)
    if not found and (said := _telling(words)):
        found += _of_words(db, said, me)
    return found[:3]


@jobs.job("thank_for_ideas", every=timedelta(minutes=5))
def thank(db: Session) -> None:
    """Tell those whose idea is on the feed now."""
    live = select(Item.id).join(Item.campaign).where(*live_at(clock.now()))
    out = db.execute(
        update(Idea)
        .where(Idea.state == "taken", Idea.item_id.in_(live))
        .values(state="published")
        .execution_options(synchronize_session=False)
        .returning(Idea.id, Idea.person_id, Idea.item_id)
    ).all()
    for idea_id, person_id, item_id in out:
        person = db.get(Person, person_id) if person_id else None
        item = find_item(db, item_id or 0)
        if person is not None and item is not None:
            title = item.text(person.language).title
            notes.put_away_about(db, person.id, f"idea:{idea_id}:taken")
            notes.tell(db, person.id, "idea_published", f"idea:{idea_id}", item_id=item.id, title=title)


@jobs.job("chase_ideas", every=timedelta(hours=1))
def chase(db: Session) -> None:
    """Remind whoever edits of answers that are due, once a day and in one mail each."""
    now = clock.now()
    is_due = (Idea.state == "new", Idea.answer_by <= now + CHASED_BEFORE)
    not_today = Idea.chased_at.is_(None) | (Idea.chased_at < clock.start_of(clock.today()))
    fresh = db.scalars(select(Idea.id).where(*is_due, not_today)).all()
    if not fresh:
        return
    due = db.scalar(select(func.count()).select_from(Idea).where(*is_due)) or 0
    db.execute(update(Idea).where(*is_due).values(chased_at=now).execution_options(synchronize_session=False))
    editors = select(Person).where(Person.role != "member", Person.deactivated_at.is_(None), Person.email.is_not(None))
    for editor in db.scalars(editors.order_by(Person.id)):
        with in_language(editor.language):
            assert editor.email is not None
            mail.enqueue(db, to=editor.email, **_reminder(editor, due))


def _tell(db: Session, idea: Idea) -> None:
    """Leave the proposer a note that says what became of the idea."""
    if idea.person_id is not None:
        began = drafting.fitting(idea.words, 80)
        about = {"idea_id": idea.id, "words": began, "state": idea.state, "answer": idea.answer}
        notes.tell(db, idea.person_id, "idea_answered", f"idea:{idea.id}:{idea.state}", **about)


def _reminder(editor: Person, due: int) -> dict[str, str]:
    link = f"{settings.current().base_url}/ideas?show=new"
    subject = ngettext(
        "%(num)s colleague waits for an answer to an idea", "%(num)s ideas of colleagues wait for an answer", due
    )
    text = _(
        "Hello %(name)s,\n\nColleagues had an idea, and were promised to hear what you think of it. A line is enough, "
        "and a kind no is an answer too.\n\n%(link)s\n",
        name=editor.first_name,
        link=link,
    )
    return {"subject": subject, "text": text}


def _settle(db: Session, idea: Idea, *, state: str, was: str, by: Person, **values: object) -> None:
    won = db.execute(
        update(Idea)
        .where(Idea.id == idea.id, Idea.state == was, Idea.state != "published")
        .values(state=state, answered_by_id=by.id, answered_at=clock.now(), **values)
        .execution_options(synchronize_session=False)
        .returning(Idea.id)
    ).first()
    if won is None:
        raise AlreadyAnswered(_("A colleague answered this meanwhile. Have a look at what they said."))
    db.refresh(idea)
    audit.write(db, "idea_answered", "idea", idea.id, by=by, state=state)


def _page(db: Session, condition: ColumnElement[bool], *, latest_first: bool, number: int) -> IdeaPage:
    total = db.scalar(select(func.count()).select_from(Idea).where(condition)) or 0
    number = min(max(number, 1), max(1, -(-total // PAGE)))
    order = (Idea.at.desc(), Idea.id.desc()) if latest_first else (Idea.at, Idea.id)
    found = list(db.scalars(select(Idea).where(condition).order_by(*order).offset((number - 1) * PAGE).limit(PAGE)))
    wanted = [idea.picture_id for idea in found if idea.picture_id]
    pictures = {each.id: each for each in db.scalars(select(Picture).where(Picture.id.in_(wanted)))} if wanted else {}
    return IdeaPage(found, pictures, number, total)


def _of_address(db: Session, url: str, wanted: str, language: str, me: Person) -> list[Alike]:
    item = drafting.same_address(db, url)
    is_mine = item is not None and db.scalar(select(Item.id).where(Item.id == item.id, audience.for_person(me)))
    if item is not None and item.is_live() and is_mine:
        return [Alike(item.id, item.text(language).title)]
    if item is not None and item.state in ("draft", "in_review", "approved") and not item.has_ended():
        return [Alike()]
    open_ideas = (Idea.canonical_url == wanted, Idea.state.in_(("new", "taken")))
    return [Alike(is_idea=True)] if db.scalar(select(Idea.id).where(*open_ideas).limit(1)) else []


def _of_words(db: Session, said: set[str], me: Person) -> list[Alike]:
    titles = (
        select(Item.id, ItemText.title)
        .join(ItemText, ItemText.item_id == Item.id)
        .join(Campaign, Campaign.id == Item.campaign_id)
        .where(*live_at(clock.now()), audience.for_person(me))
        .order_by(Item.publish_at.desc(), Item.id.desc(), ItemText.language == me.language)  # their own language last
        .limit(_COMPARED_ITEMS)
    )
    found = {row.id: Alike(row.id, row.title) for row in db.execute(titles) if _is_alike(_telling(row.title), said)}
    open_ideas = select(Idea.words).where(Idea.state.in_(("new", "taken"))).order_by(Idea.id.desc())
    ideas = db.scalars(open_ideas.limit(_COMPARED_IDEAS))
    same = any(_is_alike(_telling(words), said) for words in ideas)
    return [*found.values(), *([Alike(is_idea=True)] if same else [])]


def _is_alike(one: set[str], other: set[str]) -> bool:
    """Whether most of what the shorter of two texts tells is in the other."""
    shared = len(one & other)
    return shared >= 2 and shared * 3 >= min(len(one), len(other)) * 2


def _telling(text: str) -> set[str]:
    """The words of a text that say what it is about, without accents."""
    plain = unicodedata.normalize("NFKD", text[:500].casefold())
    return set(re.findall(r"\w{4,}", "".join(sign for sign in plain if not unicodedata.combining(sign))))
