"""A mail signature: what somebody fills in, HTML that every mail program understands, and its plain twin."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup
from starlette.requests import Request

from portal import html, i18n
from portal.i18n import LANGUAGES, in_language
from portal.i18n import gettext as _
from portal.people import brand
from portal.people.accounts import NETWORKS
from portal.people.models import Account, Organisation, Person
from portal.people.organisation import is_web_address
from portal.signatures.models import Signature
from portal.web import Form

LONG = 8_000
MOST = 10_000
"""Characters of HTML that Gmail takes; it refuses a longer signature without saying what is too much."""
LONGEST = {"name": 120, "function": 160, "phone": 60}


@dataclass(frozen=True)
class Details:
    """What stands in a signature, as typed or as kept."""

    name: str
    function: str
    phone: str
    language: str
    with_accounts: bool = True
    with_banner: bool = True


@dataclass(frozen=True)
class Addresses:
    """Where the banner's picture is and where it leads."""

    picture: str
    link: str


@dataclass(frozen=True)
class Rendered:
    html: Markup
    plain: str

    @property
    def length(self) -> int:
        return len(self.html)

    @property
    def is_long(self) -> bool:
        return self.length > LONG

    @property
    def is_too_long(self) -> bool:
        return self.length > MOST


def of_person(person: Person) -> Details:
    """What is known before somebody filled in anything."""
    return Details(person.name, person.function, person.phone, person.language)


def of_row(row: Signature) -> Details:
    return Details(row.name, row.function, row.phone, row.language, row.with_accounts, row.with_banner)


def read(form: Form) -> Details:
    """What was typed; what cannot stay so is in `form.errors`."""
    texts = {field: form.text(field, limit) for field, limit in LONGEST.items()}
    if not texts["name"]:
        form.errors["name"] = _("A signature begins with your name.")
    language = form.text("language")
    if language not in LANGUAGES:
        form.errors["language"] = _("Choose Dutch or English.")
        language = i18n.language.get()
    return Details(
        **texts,
        language=language,
        with_accounts=form.is_set("with_accounts"),
        with_banner=form.is_set("with_banner"),
    )


def render(
    request: Request,
    details: Details,
    *,
    organisation: Organisation,
    department: str,
    accounts: Sequence[Account],
    banner: Addresses,
) -> Rendered:
    """The signature in its own language, whatever the language of the page around it."""
    shown = list(accounts) if details.with_accounts else []
    website = organisation.website if is_web_address(organisation.website) else ""
    parts: dict[str, Any] = {
        "details": details,
        "organisation": organisation,
        "website": website,
        "website_name": host_of(website),
        "dial": dialled(details.phone),
        "work": " · ".join(part for part in (details.function, department) if part),
        "accounts": [(label, account.url) for label, account in zip(labels(shown), shown, strict=True)],
        "banner": banner if details.with_banner else None,
        "colour": brand.light(organisation.accent).brand,
    }
    with in_language(details.language):
        drawn = html.piece(request, "signatures/_signature.html", **parts)
        invitation = _("See what is new at %(organisation)s", organisation=organisation.name)
    lines = [
        details.name,
        parts["work"],
        " · ".join(part for part in (organisation.name, details.phone) if part),
        website,
        *(f"{label}: {address}" for label, address in parts["accounts"]),
        f"\n{invitation}: {banner.link}" if details.with_banner else "",
    ]
    return Rendered(drawn.strip(), "\n".join(line for line in lines if line))


def labels(accounts: Sequence[Account]) -> list[str]:
    """The accounts' names; with their network where two of them have the same name."""
    names = [account.name for account in accounts]
    return [
        f"{account.name} ({NETWORKS.get(account.network, account.network)})"
        if names.count(account.name) > 1
        else account.name
        for account in accounts
    ]


def host_of(address: str) -> str:
    """What people call a website: its host without www."""
    return (urlsplit(address).hostname or "").removeprefix("www.") if address else ""


def dialled(phone: str) -> str:
    """The number as a telephone dials it; "" for anything that is not plainly one number."""
    digits = re.sub(r"[\s()./-]", "", phone.replace("(0)", ""))
    return digits if re.fullmatch(r"\+?[0-9]{5,15}", digits) else ""
