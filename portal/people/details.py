"""What may be known about a person: each field cleaned, or refused in a sentence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from portal import mail
from portal.i18n import LANGUAGES, lazy
from portal.i18n import gettext as _
from portal.people.models import ROLES

ROLE_NAMES = {"member": lazy("Colleague"), "editor": lazy("Editor"), "admin": lazy("Administrator")}

LONGEST = {"name": 120, "function": 120, "phone": 40, "department": 80}
PHONE = re.compile(r"[0-9+()./ -]*")


@dataclass(frozen=True)
class Details:
    """A person's own fields, clean. Which department somebody belongs to is looked up elsewhere."""

    name: str
    email: str | None
    role: str
    language: str
    function: str
    phone: str
    ambassador: bool


def check(typed: Mapping[str, str], *, ambassador: bool = False) -> tuple[Details, dict[str, str]]:
    """The details in `typed`, and a sentence by field for each that cannot stay as it is."""
    errors: dict[str, str] = {}
    name, function, phone = (" ".join(typed.get(field, "").split()) for field in ("name", "function", "phone"))
    if not name:
        errors["name"] = _("Please fill in a name.")
    for field, value in (("name", name), ("function", function), ("phone", phone)):
        if sentence := unfit(field, value):
            errors[field] = sentence
    if "phone" not in errors and not PHONE.fullmatch(phone):
        errors["phone"] = _("A phone number holds digits, spaces and + ( ) . / - only.")
    email = None
    if written := typed.get("email", "").strip():
        try:
            email = mail.address(written)
        except mail.NotAnAddress:
            errors["email"] = _("Please fill in one e-mail address, such as ana@example.org.")
    role, language = typed.get("role") or "member", typed.get("language") or "nl"
    if role not in ROLES:
        errors["role"] = _("Please choose a role from the list.")
    if language not in LANGUAGES:
        errors["language"] = _("Please choose a language from the list.")
    return Details(name, email, role, language, function, phone, ambassador), errors


def unfit(field: str, value: str) -> str | None:
    """Why `value` is too long or unprintable for `field`, or None."""
    if len(value) > LONGEST[field]:
        return _("That is too long: at most %(limit)s characters fit here.", limit=LONGEST[field])
    if not value.isprintable():
        return _("Please leave out characters that cannot be printed.")
    return None
