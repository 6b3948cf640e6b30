"""What the editors' forms send, read into drafts, and back again for showing."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from portal import clock
from portal.campaigns import drafts
from portal.campaigns.drafts import CampaignDraft, CampaignWords, CaptionDraft, ItemDraft, Words
from portal.campaigns.models import KINDS_WITH
from portal.campaigns.rules import Problems
from portal.i18n import LANGUAGES
from portal.i18n import gettext as _
from portal.web import Form

_NO_LIMIT = 1_000_000
"""The drafts' own rules speak about length, so that forms and kits say the same."""
_SHOWN_AS_TYPED = ("starts_on", "ends_on", "publish_on", "goal_number", "happens_at")


def read_campaign(form: Form) -> tuple[CampaignDraft, Problems]:
    """The draft and what could not be read of it."""
    problems: Problems = {}
    draft = CampaignDraft(goal_measure=form.text("goal_measure"), goal_number=form.number("goal_number"))
    draft.utm_template = form.text("utm_template", _NO_LIMIT)
    draft.utm_overwrites = form.is_set("utm_overwrites")
    draft.announces = form.is_set("announces")
    draft.starts_on = _day(form, "starts_on", problems)
    draft.ends_on = _day(form, "ends_on", problems)
    for language in LANGUAGES:
        draft.texts[language] = CampaignWords(
            title=drafts.tidy_line(form.text(f"title_{language}", _NO_LIMIT)),
            summary=drafts.tidy_paragraphs(form.lines(f"summary_{language}", _NO_LIMIT)),
            banner=drafts.tidy_line(form.text(f"banner_{language}", _NO_LIMIT)),
        )
    return draft, problems


def read_item(form: Form) -> tuple[ItemDraft, Problems]:
    """The draft and what could not be read of it; captions left empty are not captions."""
    problems: Problems = {}
    draft = ItemDraft(
        kind=form.text("kind"),
        target=form.text("target", _NO_LIMIT),
        place=drafts.tidy_line(form.text("place", _NO_LIMIT)),
        hours=drafts.tidy_line(form.text("hours", _NO_LIMIT)),
        recruiter=drafts.tidy_line(form.text("recruiter", _NO_LIMIT)),
        video_url=form.text("video_url", _NO_LIMIT),
        disclosure=form.text("disclosure"),
        fits=list(dict.fromkeys(form.getlist("fits"))),
    )
    draft.happens_at = _moment(form, "happens_at", problems) if draft.kind in KINDS_WITH["happens_at"] else None
    draft.publish_on = _day(form, "publish_on", problems)
    draft.ends_on = _day(form, "ends_on", problems)
    for language in LANGUAGES:
        draft.texts[language] = Words(
            title=drafts.tidy_line(form.text(f"title_{language}", _NO_LIMIT)),
            summary=drafts.tidy_paragraphs(form.lines(f"summary_{language}", _NO_LIMIT)),
            conditions=drafts.tidy_paragraphs(form.lines(f"conditions_{language}", _NO_LIMIT)),
            picture_alt=drafts.tidy_line(form.text(f"picture_alt_{language}", _NO_LIMIT)),
        )
    draft.captions = [caption for caption in typed_captions(form) if caption.body]
    return draft, problems


def typed_captions(form: Form) -> list[CaptionDraft]:
    """Every row of the captions editor, the empty ones too."""
    rows = zip(
        form.getlist("caption_network"),
        form.getlist("caption_language"),
        form.getlist("caption_body"),
        strict=False,
    )
    return [CaptionDraft(network, language, drafts.tidy_caption(body)) for network, language, body in list(rows)[:200]]


def has_file(form: Form, name: str) -> bool:
    """Whether a file was chosen, also when it has been read already."""
    return bool(getattr(form.data.get(name), "filename", ""))


def status(errors: Problems | None, meanwhile: object | None) -> int:
    """What a form answers: 422 with something to correct, 409 with somebody else's change to look at."""
    return 422 if errors else 409 if meanwhile is not None else 200


def written_rows(rows: Iterable[tuple[str, str]]) -> str:
    """The rows of an audience as one text, to tell later whether they are still the same."""
    return " ".join(f"{kind}:{value}" for kind, value in sorted(rows))


def shown(draft: CampaignDraft | ItemDraft, form: Form | None = None) -> dict[str, str]:
    """Days and numbers as their inputs show them: what was typed, even if it cannot be read."""
    values = {name: str(value) for name, value in vars(draft).items() if isinstance(value, date | int)}
    if isinstance(draft, ItemDraft) and draft.happens_at:
        values["happens_at"] = f"{clock.local(draft.happens_at):%Y-%m-%dT%H:%M}"
    if form is not None:
        values |= {name: typed for name, typed in form.raw.items() if name in _SHOWN_AS_TYPED}
    return values


def _day(form: Form, name: str, problems: Problems) -> date | None:
    typed = form.text(name)
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        problems[name] = _("This is not a day we know. Choose it from the calendar, or write it like 2026-03-31.")
        return None


def _moment(form: Form, name: str, problems: Problems) -> datetime | None:
    """A moment on the organisation's clock, as browsers write it: 2026-03-31T19:30."""
    typed = form.text(name)
    try:
        moment = datetime.fromisoformat(typed) if typed else None
    except ValueError:
        problems[name] = _(
            "This is not a moment we know. Choose it from the calendar, or write it like 2026-03-31 19:30."
        )
        return None
    if moment is not None and not drafts.FIRST_DAY <= moment.date() <= drafts.LAST_DAY:
        problems[name] = _("This day is too far away. Check the year.")
        return None
    return moment.replace(tzinfo=clock.zone()).astimezone(UTC) if moment else None
