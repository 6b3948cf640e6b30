"""Loading a kit: its campaign and items made or brought up to date, but never over what an editor did since."""

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns import approval, archive, audience, drafts, editing, kit_audience, pictures, queries, rules
from portal.campaigns.audience import Row
from portal.campaigns.drafts import ItemDraft
from portal.campaigns.kit_parts import Kit, KitItem, hour_of
from portal.campaigns.kit_report import KitRefused, Problem
from portal.campaigns.models import Campaign, Item
from portal.database import one_at_a_time
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.people.models import Person


@dataclass
class Report:
    """What loading did, one sentence per item or campaign."""

    slug: str = ""
    lines: list[str] = field(default_factory=list)
    campaign_id: int | None = None
    changed: int = 0
    kept: int = 0
    """Things edited in the portal since, which were left as they are."""
    reopened: int = 0
    """Items that were approved, and wait for approval again because the kit changed them."""


def load_kit(db: Session, kit: Kit, by: Person | None = None, approve: bool = False) -> Report:
    """Create or update the campaign and its items by slug, in the caller's transaction.

    What was edited in the portal since the kit was last loaded stays as it is and is reported. Loading the
    same kit again changes nothing. Items wait for approval unless `approve`. Raises KitRefused.
    """
    return _Loading(db, kit, by=by, approve=approve).report


def rehearse(db: Session, kit: Kit, by: Person | None = None) -> Report:
    """What `load_kit` would do, without doing it; the campaign of the report is then None. Raises KitRefused."""
    attempt = db.begin_nested()
    try:
        report = load_kit(db, kit, by)
    finally:
        attempt.rollback()
    report.campaign_id = None
    return report


def with_pictures_drawn(kit: Kit) -> Kit:
    """The same kit, ready to be loaded without keeping the database waiting. Raises KitRefused."""
    for item in kit.items:
        item.drawn = _drawn(item)
    return kit


class _Loading:
    """One kit on its way into the database."""

    def __init__(self, db: Session, kit: Kit, *, by: Person | None, approve: bool) -> None:
        self.db, self.kit, self.by, self.approve = db, kit, by, approve
        self.report = Report(kit.slug)
        if problems := rules.tags_problem(kit.draft, queries.colleagues(db)):
            raise KitRefused([kit.problem(name, sentence) for name, sentence in problems.items()])
        one_at_a_time(db, "campaigns")
        self.campaign = self._campaign()
        self.report.campaign_id = self.campaign.id
        self._items()
        if not self.report.changed and not self.report.kept:
            self.report.lines = [_("Everything is loaded already: nothing to do.")]
        if self.report.reopened:
            sentence = ngettext(
                "%(num)s item that was approved waits for approval again, and appears once it has it.",
                "%(num)s items that were approved wait for approval again, and appear once they have it.",
                self.report.reopened,
            )
            self.report.lines.append(sentence)

    def _campaign(self) -> Campaign:
        kit, found = self.kit, queries.find_campaign_by_slug(self.db, self.kit.slug)
        if found is None:
            made = editing.create_campaign(self.db, kit.dated(clock.today()), by=self.by, slug=kit.slug)
            self._archive(made)
            self._changed(_("Campaign %(slug)s: created.", slug=kit.slug))
            made.kit_digest = kit.said + _left(made)
            return made
        said, left = found.kit_digest[:32], found.kit_digest[32:]
        # Days counted from the loading day stay counted from the first loading.
        first = found.starts_on - timedelta(days=kit.starts.after)
        draft = kit.dated(first if kit.starts.on is None else clock.today())
        if (said, left) == (kit.said, _left(found)):
            return found
        if drafts.fingerprint(draft, kit.archived) == _left(found):
            found.kit_digest = kit.said + _left(found)
        elif left != _left(found):
            self._kept(_("Campaign %(slug)s: edited in the portal since, left as it is.", slug=kit.slug))
        else:
            editing.change_campaign(self.db, found, draft, by=self.by, version=found.version)
            self._archive(found)
            self._changed(_("Campaign %(slug)s: updated.", slug=kit.slug))
            found.kit_digest = kit.said + _left(found)
        return found

    def _archive(self, campaign: Campaign) -> None:
        if self.kit.archived:
            archive.end_and_archive(self.db, campaign, by=self.by)
        else:
            archive.bring_back(self.db, campaign, by=self.by)

    def _items(self) -> None:
        rows = self._judged()
        known = {item.slug: item for item in queries.items_of(self.db, self.campaign.id)}
        before = {slug: item.kit_digest[:32] for slug, item in known.items()}
        for each in self.kit.items:
            self._item(each, known.get(each.slug), rows[each.slug])
        self._put_in_line([each for each in self.kit.items if each.said != before.get(each.slug)])

    def _judged(self) -> dict[str, list[Row]]:
        """For whom each item is meant, by its slug. What only this portal can judge is judged here: the days, now that
        the campaign's are known, names of departments and topics, items of other campaigns. Raises KitRefused."""
        problems: list[Problem] = []
        names, rows = kit_audience.names(self.db), {}
        for item in self.kit.items:
            wrong = rules.item_problems(
                item.dated(self.campaign.starts_on),
                has_picture=item.picture is not None,
                campaign_ends_on=self.campaign.ends_on,
            )
            problems += [item.problem(name, sentence) for name, sentence in wrong.items()]
            rows[item.slug] = names.rows(item, problems.append)
            if "/" in item.successor and self._elsewhere(item.successor) is None:
                sentence = _("There is no item %(name)s in another campaign here.", name=item.successor[:120])
                problems.append(item.problem("successor", sentence))
        if problems:
            raise KitRefused(problems)
        return rows

    def _elsewhere(self, name: str) -> Item | None:
        """The item that a kit calls `campaign/item`."""
        theirs, _slash, slug = name.partition("/")
        wanted = select(Item).join(Campaign, Campaign.id == Item.campaign_id)
        return self.db.scalar(wanted.where(Campaign.slug == theirs, Item.slug == slug))

    def _item(self, new: KitItem, item: Item | None, rows: list[Row]) -> None:
        db, draft = self.db, new.dated(self.campaign.starts_on)
        was_approved = item is not None and item.state == "approved"
        if item is None:
            picture_id = _picture_id(db, new)
            item = editing.create_item(db, self.campaign, draft, by=self.by, picture_id=picture_id, slug=new.slug)
            self._changed(_("%(item)s: created.", item=new.slug))
        elif self._may_update(item, new, draft, rows):
            picture_id = _picture_id(db, new)
            editing.change_item(db, item, draft, by=self.by, version=item.version, picture_id=picture_id)
            self._changed(_("%(item)s: updated.", item=new.slug))
        else:
            return
        audience.put(db, item, rows, by=self.by)
        if item.state == "draft":
            approval.submit(db, item, by=self.by)
        if self.approve and item.state == "in_review":
            approval.approve(db, item, by=None)
        self.report.reopened += was_approved and item.state == "in_review"
        item.kit_digest = new.said + _left_of_item(db, item)
        db.flush()

    def _may_update(self, item: Item, new: KitItem, draft: ItemDraft, rows: list[Row]) -> bool:
        said, left, now = item.kit_digest[:32], item.kit_digest[32:], _left_of_item(self.db, item)
        if (said, left) == (new.said, now):
            return False
        there = _content(drafts.of_item(item), audience.rows_of(self.db, item.id))
        is_same = _content(draft, rows) == there and draft.publish_hour in (None, hour_of(item))
        if is_same and (said == new.said or self._has_picture_of(item, new)):
            item.kit_digest = new.said + now
            return False
        if left != now:
            self._kept(_("%(item)s: edited in the portal since, left as it is.", item=new.slug))
            return False
        return True

    def _has_picture_of(self, item: Item, new: KitItem) -> bool:
        if new.picture is None or item.picture_id is None:
            return new.picture is None and item.picture_id is None
        return pictures.is_rendering_of(self.db, item.picture_id, new.picture)

    def _put_in_line(self, changed: list[KitItem]) -> None:
        """Let items come after one another as the kit says, those that it says something new about."""
        known = {item.slug: item for item in queries.items_of(self.db, self.campaign.id)}
        for each in changed:
            item, name = known[each.slug], each.successor
            if item.kit_digest[:32] != each.said:
                continue  # edited in the portal since: left as it is
            successor = self._elsewhere(name) if "/" in name else known[name] if name else None
            try:
                editing.set_successor(self.db, item, successor, by=self.by)
            except ValueError:
                sentence = _("These items come after one another in a circle.")
                raise KitRefused([each.problem("successor", sentence)]) from None

    def _changed(self, sentence: str) -> None:
        self.report.changed += 1
        self.report.lines.append(sentence)

    def _kept(self, sentence: str) -> None:
        self.report.kept += 1
        self.report.lines.append(sentence)


def _picture_id(db: Session, item: KitItem) -> int | None:
    drawn = _drawn(item)
    return None if drawn is None else pictures.keep(db, drawn).id


def _drawn(item: KitItem) -> pictures.Rendered | None:
    try:
        return item.drawn or (pictures.render(item.picture) if item.picture is not None else None)
    except pictures.PictureRefused as refused:
        raise KitRefused([item.problem("picture", str(refused))]) from None


def _left(campaign: Campaign) -> str:
    """Fingerprint of the campaign as it is now."""
    return drafts.fingerprint(drafts.of_campaign(campaign), campaign.archived_at is not None)


def _left_of_item(db: Session, item: Item) -> str:
    return drafts.fingerprint(_content(drafts.of_item(item), audience.rows_of(db, item.id)), item.picture_id)


def _content(draft: ItemDraft, rows: list[Row]) -> str:
    own = drafts.settled(draft)
    alts = {key: words.picture_alt for key, words in own.texts.items()}
    return drafts.fingerprint(own.material(), alts, own.publish_on, own.ends_on, rows)
