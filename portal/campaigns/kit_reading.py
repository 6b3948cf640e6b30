"""Reading campaign kits: a folder or ZIP of plain files, every problem in it told at once.

`campaign.toml` holds the period, the goal and the campaign's words; one Markdown file per item holds its
facts between `+++` lines, then per language a title, a summary and captions. campaigns/README.md shows them.
"""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from portal import clock
from portal.campaigns import drafts, editing, kit_facts, pictures, rules
from portal.campaigns.drafts import CampaignDraft, CampaignWords, CaptionDraft, ItemDraft
from portal.campaigns.kit_facts import Day, Facts
from portal.campaigns.kit_files import climbs_out, known_as, read_files
from portal.campaigns.kit_parts import AUDIENCE_KEYS, CAMPAIGN_FILE, CAMPAIGN_KEYS, ITEM_KEYS, Kit, KitItem
from portal.campaigns.kit_report import KitRefused, Problem
from portal.campaigns.models import ANY_NETWORK, CAPTION_NETWORKS, DISCLOSURES, KINDS, KINDS_WITH
from portal.i18n import LANGUAGES
from portal.i18n import gettext as _

LARGEST_TEXT = 500_000
"""Bytes of one file of text."""

_HEADING = re.compile(r"# ([a-z]{2}): *(.*)")
_SECTION = re.compile(r"## (.*)")
# A line of a text that looks like one of ours is written with a backslash before it, as Markdown does.
_ESCAPED = re.compile(r"\\+(?=#|---$|\+\+\+$)")


def read_kit(source: Path | bytes) -> Kit:
    """The kit in a folder, a ZIP file or the bytes of one. Raises KitRefused with every problem at once."""
    slug, files = read_files(source)
    reading = _Reading(files)
    kit = reading.kit(slug)
    if reading.problems:
        raise KitRefused(reading.problems)
    assert kit is not None
    return kit


class _Reading:
    """Reads the files of a kit, collecting every problem on the way."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.problems: list[Problem] = []

    def kit(self, slug: str) -> Kit | None:
        if CAMPAIGN_FILE not in self.files:
            self._tell(CAMPAIGN_FILE, _("This file is missing; it holds the period, the goal and the name."))
            return None
        source = self._text(CAMPAIGN_FILE)
        facts = None if source is None else kit_facts.read(CAMPAIGN_FILE, source, self.problems.append)
        if source is None or facts is None:
            return None
        kit = self._campaign(facts)
        kit.said = _said(source)
        kit.slug = slug or drafts.slug_of(editing.first_title(kit.draft))
        if kit.slug != (like := drafts.slug_of(kit.slug)):
            self._tell(
                kit.slug, _("The folder's name may have small letters, digits and hyphens: %(like)s.", like=like)
            )
        kit.items = [item for name in self._names_of_items() if (item := self._item(name, kit.draft))]
        known = {item.slug for item in kit.items}
        for item in kit.items:
            if item.successor and "/" not in item.successor and item.successor not in known - {item.slug}:
                sentence = _("There is no other item %(name)s in the kit.", name=item.successor)
                self.problems.append(item.problem("successor", sentence))
        return kit

    def _names_of_items(self) -> list[str]:
        return sorted(
            name for name in self.files if name.endswith(".md") and "/" not in name and name.lower() != "readme.md"
        )

    def _campaign(self, facts: Facts) -> Kit:
        facts.only("starts", "ends", "goal", "tags", "announces", "archived", *LANGUAGES)
        goal = facts.part("goal", "measure", "number")
        tags = facts.part("tags", "template", "overwrite")
        draft = CampaignDraft(
            goal_measure=goal.text("measure"),
            goal_number=goal.number("number"),
            utm_template=tags.text("template"),
            utm_overwrites=tags.flag("overwrite"),
            announces=facts.flag("announces"),
        )
        parts = {"goal": goal, "tags": tags}
        lines = {name: _line_in(facts, parts, key) for name, key in CAMPAIGN_KEYS.items()}
        for language in LANGUAGES:
            words = facts.part(language, "title", "summary", "banner")
            draft.texts[language] = CampaignWords(
                title=drafts.tidy_line(words.text("title")),
                summary=drafts.tidy_paragraphs(words.text("summary")),
                banner=drafts.tidy_line(words.text("banner")),
            )
            lines |= {f"{key}_{language}": words.line(key) for key in ("title", "summary", "banner")}
        starts, ends = facts.day("starts") or Day(), facts.day("ends") or Day()
        kit = Kit("", draft, starts, ends, [], "", facts.flag("archived"), lines)
        kit.dated(clock.today())
        self.problems += [kit.problem(name, text) for name, text in rules.campaign_problems(draft).items()]
        return kit

    def _item(self, file: str, campaign: CampaignDraft) -> KitItem | None:
        source = self._text(file)
        if source is None:
            return None
        item = KitItem(file.removesuffix(".md"), file, ItemDraft())
        if item.slug != (like := drafts.slug_of(item.slug)):
            sentence = _("The file's name may have small letters, digits and hyphens: %(like)s.", like=f"{like}.md")
            self._tell(file, sentence)
        lines = source.split("\n")
        end = next((number for number, line in enumerate(lines[1:], 1) if line.strip() == "+++"), None)
        if lines[0].strip() != "+++" or end is None:
            self._tell(file, _("The file starts with its facts between two lines of +++."), line=1)
            return None
        # The empty line stands for the +++: so lines are numbered as in the file.
        facts = kit_facts.read(file, "\n" + "\n".join(lines[1:end]), self.problems.append)
        if facts is None:
            return None
        self._facts(item, facts)
        # What is missing belongs below the facts.
        item.lines |= {f"{key}_{language}": end + 2 for key in ("title", "summary") for language in LANGUAGES}
        self._body(item, lines, end + 1)
        item.said = _said(source) if item.picture is None else _said(source + hashlib.sha256(item.picture).hexdigest())
        assert campaign.starts_on
        problems = rules.item_problems(
            item.dated(campaign.starts_on), has_picture="picture" in facts, campaign_ends_on=campaign.ends_on
        )
        if "happens" in facts and item.happens is None:
            problems.pop("happens_at", None)  # told already, with how to write it
        self.problems += [item.problem(name, text) for name, text in problems.items()]
        return item

    def _facts(self, item: KitItem, facts: Facts) -> None:
        keys = ("kind", "target", "place", "hours", "recruiter", "disclosure", "fits", "picture", "successor")
        facts.only(*keys, *ITEM_KEYS.values(), "conditions", "picture_alt", "audience")
        draft = item.draft
        draft.kind, draft.target, draft.video_url = facts.text("kind"), facts.text("target"), facts.text("video")
        for key in ("place", "hours", "recruiter"):
            setattr(draft, key, drafts.tidy_line(facts.text(key)))
        draft.disclosure, draft.fits = facts.text("disclosure"), facts.texts("fits")
        item.publish = facts.day_or_moment("publish") or Day()
        item.ends = facts.day("ends") if "ends" in facts else None
        item.happens = facts.moment("happens")
        item.successor = facts.text("successor")
        item.picture = self._picture(facts)
        item.lines = {name: facts.line(name) for name in (*keys, "audience")}
        item.lines |= {name: facts.line(key) for name, key in ITEM_KEYS.items()}
        for key, tidy in (("conditions", drafts.tidy_paragraphs), ("picture_alt", drafts.tidy_line)):
            spoken = facts.part(key, *LANGUAGES)
            for language in LANGUAGES:
                setattr(draft.texts[language], key, tidy(spoken.text(language)))
                item.lines[f"{key}_{language}"] = spoken.line(language)
        wanted = facts.part("audience", *AUDIENCE_KEYS.values())
        item.audience = {kind: wanted.texts(key) for kind, key in AUDIENCE_KEYS.items()}
        item.lines |= {f"audience-{kind}": wanted.line(key) for kind, key in AUDIENCE_KEYS.items()}
        self._refuse_strange(draft, facts)

    def _refuse_strange(self, draft: ItemDraft, facts: Facts) -> None:
        """Tell of what this kind of item has no room for: it would be lost without a word."""
        for name, kinds in KINDS_WITH.items():
            key = ITEM_KEYS.get(name, name)
            if draft.kind in KINDS and draft.kind not in kinds and key in facts:
                facts.tell(_("Only these kinds have this: %(kinds)s. Leave it out.", kinds=", ".join(kinds)), key)
        if "disclosure" in facts and draft.disclosure not in DISCLOSURES:
            facts.tell(_("Use one of: %(known)s.", known=", ".join(DISCLOSURES)), "disclosure")
            draft.disclosure = ""
        if unknown := [key for key in draft.fits if key not in CAPTION_NETWORKS]:
            known = ", ".join(CAPTION_NETWORKS)
            sentence = _("%(network)s is not a network. Use one of: %(known)s.", network=unknown[0][:40], known=known)
            facts.tell(sentence, "fits")
            draft.fits = []

    def _body(self, item: KitItem, lines: list[str], start: int) -> None:
        """Titles, summaries and captions below the facts."""
        language = network = ""
        parts: list[_Part] = []
        is_stray_told = False
        for number, line in enumerate(lines[start:], start + 1):
            line = line.rstrip()
            if heading := _HEADING.fullmatch(line):
                language, network = heading[1], ""
                self._title(item, language, drafts.tidy_line(heading[2]), number)
                parts.append(_Part(language, network, number))
            elif not parts:
                if line and not is_stray_told:
                    is_stray_told = True
                    self._tell(item.file, _before_title(line), line=number)
            elif section := _SECTION.fullmatch(line):
                network = section[1].strip()
                self._network(item, network, number)
                parts.append(_Part(language, network, number))
            elif network and line == "---":
                parts.append(_Part(language, network, number + 1))
            else:
                parts[-1].lines.append(line[1:] if _ESCAPED.match(line) else line)
        for part in parts:
            part.put_in(item)

    def _title(self, item: KitItem, language: str, title: str, line: int) -> None:
        if language not in LANGUAGES:
            self._tell(item.file, _before_title("#"), line=line)
        elif item.draft.texts[language].title:
            self._tell(item.file, _("This language is in the file twice."), line=line)
        else:
            item.draft.texts[language].title = title
            item.lines[f"title_{language}"] = item.lines[f"summary_{language}"] = line
            if not title:
                self._tell(item.file, _("The title is missing after the colon."), line=line)

    def _network(self, item: KitItem, network: str, line: int) -> None:
        if network == ANY_NETWORK or network in CAPTION_NETWORKS:
            return
        known = ", ".join([ANY_NETWORK, *CAPTION_NETWORKS])
        sentence = _("%(network)s is not a network. Use one of: %(known)s.", network=network[:40], known=known)
        self._tell(item.file, sentence, line=line)

    def _picture(self, facts: Facts) -> bytes | None:
        name = facts.text("picture")
        if not name:
            return None
        if climbs_out(name) or "\\" in name:
            facts.tell(_("The picture lies outside the kit."), "picture")
            return None
        body = self.files.get(known_as(name))
        if body is None:
            facts.tell(_("There is no picture %(name)s in the kit.", name=name), "picture")
            return None
        try:
            pictures.check(body)
        except pictures.PictureRefused as refused:
            facts.tell(f"{name}: {refused}", "picture")
        return body

    def _text(self, file: str) -> str | None:
        body = self.files[file]
        if len(body) > LARGEST_TEXT:
            self._tell(file, _("This file is far too long."))
            return None
        try:
            return body.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = body.count(b"\n", 0, error.start) + 1
            self._tell(file, _("This file is not UTF-8: save it once more as UTF-8."), line=line)
            return None

    def _tell(self, file: str, sentence: str, *, line: int = 0) -> None:
        self.problems.append(Problem(sentence, file, line))


@dataclass
class _Part:
    """Lines under a title, which are its summary, or one caption under the name of a network."""

    language: str
    network: str
    line: int
    lines: list[str] = field(default_factory=list)

    def put_in(self, item: KitItem) -> None:
        """Add it to the draft; what was refused already is left out."""
        text = "\n".join(self.lines)
        if self.language not in LANGUAGES:
            return
        if not self.network:
            words = item.draft.texts[self.language]
            words.summary = words.summary or drafts.tidy_paragraphs(text)
        elif (self.network == ANY_NETWORK or self.network in CAPTION_NETWORKS) and (body := drafts.tidy_caption(text)):
            item.lines[f"caption-{len(item.draft.captions)}"] = self.line
            item.draft.captions.append(CaptionDraft(self.network, self.language, body))


def _line_in(facts: Facts, parts: dict[str, Facts], dotted: str) -> int:
    part, _dot, key = dotted.rpartition(".")
    return parts[part].line(key) if part else facts.line(key)


def _before_title(line: str) -> str:
    if line.startswith("#"):
        return _("Write # nl: or # en: before a title.")
    return _("This text stands before the first title.")


def _said(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
