"""How a look at a source went, in words for the editors who added it."""

from typing import Any

from portal.i18n import gettext as _
from portal.i18n import lazy, ngettext

_SENTENCES: dict[str, Any] = {
    "": lazy("Not looked at yet."),
    "nothing_new": lazy("Nothing new."),
    "unchanged": lazy("Nothing has changed since the last time."),
    "no_entries": lazy("The feed is fine and empty for now."),
    "no_vacancies": lazy("No vacancies there for now."),
    "empty": lazy("The website answered with an empty page."),
    "no_feed": lazy("We could not read what is there. Try the address of the page itself."),
    "page": lazy(
        "We found no feed on this page. Look for the address of the feed itself, often behind the letters RSS."
    ),
    "unsafe": lazy("The feed defines building blocks of its own, which can do harm. We do not read such feeds."),
    "unreadable": lazy("We could not make sense of what is there."),
    "unreachable": lazy("The website could not be reached."),
    "refused": lazy("This address may not be asked from here."),
    "disallowed": lazy(
        "The website asks programs not to look here. Whoever looks after it can allow Passalong in its robots.txt."
    ),
    "astray": lazy("The website sent us on to a place that may not be asked from here."),
}
_STATUSES: dict[int, Any] = {
    401: lazy("The website asks for a password."),
    403: lazy("The website does not let us in."),
    404: lazy("There is nothing at this address any more."),
    410: lazy("The website says that this was taken away for good."),
    429: lazy("The website asks us to come less often."),
}


def in_words(result: str) -> str:
    """The sentence for what `Source.result` holds."""
    key, _space, number = result.partition(" ")
    if key == "new":
        return ngettext("%(num)s new find.", "%(num)s new finds.", int(number))
    if key == "status":
        if sentence := _STATUSES.get(int(number)):
            return str(sentence)
        if int(number) >= 500:
            return _("The website has trouble of its own just now (%(status)s).", status=number)
        return _("The website gave an answer we did not expect (%(status)s).", status=number)
    return str(_SENTENCES[key])
