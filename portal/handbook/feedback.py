"""A friendly answer to a text somebody tried out: what is good about it first, then two tips at most."""

import re
from dataclasses import dataclass
from itertools import groupby

from portal.campaigns import disclosure
from portal.i18n import gettext as _
from portal.sharing import texts

MOST_TIPS = 2
MOST_HASHTAGS = 3
MOST_EXCLAMATIONS = 2
BEGINNING = 160
"""Characters within which readers should have met where the writer works."""
COMFORTABLE = 400
"""Characters beyond which most networks fold a text away."""
SHOUT = 8
"""Letters from which on neighbouring words in capitals are a shout."""


@dataclass(frozen=True)
class Attempt:
    """What was tried, taken apart."""

    text: str
    """The whole of it, as readers would see it."""
    own: str
    caption: str
    """Marketing's words in it; "" without them."""
    link: str
    """What should be in it for readers to follow."""
    wordings: tuple[str, ...]
    """Sentences that say where the writer works."""
    employer: str


@dataclass(frozen=True)
class Feedback:
    well: str
    tips: list[str]
    """What could be better; none when nothing is left to say."""


def feedback(attempt: Attempt) -> Feedback:
    return Feedback(_well(attempt), _tips(attempt)[:MOST_TIPS])


def disclosed(attempt: Attempt) -> str:
    """Where the text says who the employer is: `first`, `late` or `never`."""
    at = [attempt.text.lower().find(wording.rstrip(".!").lower()) for wording in attempt.wordings]
    said = re.search(disclosure.said_by(attempt.employer), attempt.text.lower()) if attempt.employer else None
    places = [place for place in (*at, said.start() if said else -1) if place >= 0]
    if not places:
        return "never"
    return "first" if min(places) <= BEGINNING else "late"


def is_only_pictures(text: str) -> bool:
    """Whether there is something in it, but no word."""
    return text.strip() != "" and re.search(r"\w", text) is None


def is_loud(text: str) -> bool:
    """Whether words next to each other are in capitals: more than a name or an abbreviation would be."""
    words: list[str] = re.findall(r"[^\W\d_]+", re.sub(r"#\w+|https?://\S+", " . ", text))
    runs = (list(run) for is_capital, run in groupby(words, key=str.isupper) if is_capital)
    return any(len(run) > 1 and sum(map(len, run)) >= SHOUT for run in runs)


def hashtags(text: str) -> int:
    return len(re.findall(r"(?<!\w)#[^\W\d_]\w*", re.sub(r"https?://\S+", " ", text)))


def exclamations(text: str) -> int:
    return text.count("!")


def own_share(attempt: Attempt) -> float:
    """How much of the writer's and marketing's words is the writer's: 0 to 1."""
    return texts.own_share(f"{attempt.own} {attempt.caption}", attempt.caption)


def _well(attempt: Attempt) -> str:
    has_words = bool(re.search(r"\w", attempt.own))
    if has_words and own_share(attempt) >= 0.6:  # as the meter of the share page says
        return _("This sounds like you, and that is what people stop for.")
    if has_words and own_share(attempt) >= texts.OWN_ENOUGH:
        return _("You made a start of your own: now it is more than marketing's text.")
    if disclosed(attempt) == "first":
        return _("You say at once where you work. Readers like to know that.")
    if len(attempt.text) <= COMFORTABLE and re.search(r"\w", attempt.text.replace(attempt.link, "")):
        return _("Nice and short: people read this to the end.")
    return _("You pressed the button. That was the hardest part.")


def _tips(attempt: Attempt) -> list[str]:
    """Every tip there is, the most important first."""
    words = attempt.text.replace(attempt.link, "")
    where, tips = disclosed(attempt), []
    if where == "never":
        tips.append(_("Say where you work, right at the start. It is fair to readers, and the portal does it for you."))
    elif where == "late":
        tips.append(_("You do say where you work, but late. Put it at the start, so that nobody feels fooled."))
    if is_only_pictures(attempt.own):
        tips.append(_("Add a few words to the pictures: not everybody sees them, and some read them as a riddle."))
    elif not attempt.own.strip():
        tips.append(_("Add one sentence of your own. “I was there” is enough to begin with."))
    elif own_share(attempt) < texts.OWN_ENOUGH:
        tips.append(_("Make it a little more yours: what did you think when you saw it?"))
    if attempt.link not in attempt.text:
        tips.append(_("The link is missing, so readers cannot have a look themselves."))
    if len(words) > COMFORTABLE:
        tips.append(_("It is rather long: after a few lines most networks hide the rest. What can go?"))
    if is_loud(words):
        tips.append(_("Words in capitals read as shouting. Small letters sound friendlier."))
    if hashtags(words) > MOST_HASHTAGS:
        tips.append(_("Two or three hashtags are plenty. More of them look like advertising."))
    if exclamations(words) > MOST_EXCLAMATIONS:
        tips.append(_("One exclamation mark says as much as five."))
    return tips
