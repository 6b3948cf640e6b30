"""A look at an address that a form brings, while nobody waits for the database."""

from portal.campaigns import rules
from portal.inbox import addresses, previews
from portal.inbox.previews import Preview
from portal.outbound import Refused
from portal.web import Form

NO_LIMIT = 100_000
"""The rules of addresses say themselves how long one may be."""


def look_at(form: Form) -> Preview | str:
    """What is at the address in the field `address`, or the sentence that refuses it."""
    return _look_at(form, with_picture=True)


def look_at_page(form: Form) -> Preview | str:
    """As look_at, without its picture."""
    return _look_at(form, with_picture=False)


def completed(typed: str) -> str:
    """The address somebody means who leaves out https://."""
    has_scheme = ":" in typed.partition("/")[0].partition(".")[0]
    return typed if has_scheme or not typed or typed.startswith("/") else f"https://{typed}"


def _look_at(form: Form, *, with_picture: bool) -> Preview | str:
    url = addresses.straight(completed(form.text("address", NO_LIMIT)))
    if sentence := rules.target_problem(url):
        return sentence
    try:
        return previews.look(url, with_picture=with_picture)
    except Refused as refused:
        return str(refused)
