"""Forms as an editor fills them in."""

from datetime import timedelta
from typing import Any

from portal import clock


def campaign_form(**values: Any) -> dict[str, Any]:
    today = clock.today()
    return {
        "goal_measure": "applications",
        "goal_number": "12",
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=20)).isoformat(),
        "title_nl": "Werken in de huizenfabriek",
        "summary_nl": "Kom erbij.",
        "banner_nl": "Bouw mee",
        "title_en": "",
        "summary_en": "",
        "banner_en": "",
        "version": "0",
    } | values


def item_form(**values: Any) -> dict[str, Any]:
    today = clock.today()
    return {
        "kind": "vacancy",
        "target": "https://noorderhout.example/werken/timmerman",
        "place": "Zwolle",
        "publish_on": today.isoformat(),
        "ends_on": (today + timedelta(days=10)).isoformat(),
        "title_nl": "Timmerman in Zwolle",
        "summary_nl": "Joost zoekt een vakmens.",
        "conditions_nl": "",
        "picture_alt_nl": "",
        "title_en": "",
        "summary_en": "",
        "conditions_en": "",
        "picture_alt_en": "",
        "caption_network": ["any", "linkedin"],
        "caption_language": ["nl", "nl"],
        "caption_body": ["Kun jij timmeren?", "Wij bouwen binnen."],
        "version": "0",
        "then": "save",
    } | values


def typed_from(item: Any, **values: Any) -> dict[str, Any]:
    """The edit form of `item` as it comes back when nothing is changed, but for `values`."""
    texts = {text.language: text for text in item.texts}
    filled = item_form(
        kind=item.kind,
        target=item.target_url,
        place=item.place,
        publish_on=clock.local(item.publish_at).date().isoformat(),
        ends_on=clock.local(item.ends_at - timedelta(seconds=1)).date().isoformat() if item.ends_at else "",
        caption_network=[caption.network for caption in item.captions],
        caption_language=[caption.language for caption in item.captions],
        caption_body=[caption.body for caption in item.captions],
        version=str(item.version),
        hours=item.hours,
        recruiter=item.recruiter,
        video_url=item.video_url,
        disclosure=item.disclosure,
        fits=list(item.fits),
        happens_at=f"{clock.local(item.happens_at):%Y-%m-%dT%H:%M}" if item.happens_at else "",
    )
    for code, text in texts.items():
        filled |= {f"title_{code}": text.title, f"summary_{code}": text.summary}
        filled |= {f"conditions_{code}": text.conditions, f"picture_alt_{code}": text.picture_alt}
    return filled | values
