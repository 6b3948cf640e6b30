"""Mail: written to the job table with the change it tells of, sent from there by SMTP."""

import re
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime, make_msgid
from urllib.parse import SplitResult, unquote, urlsplit

from sqlalchemy.orm import Session

from portal import jobs, settings

LONGEST_ADDRESS = 254
TIMEOUT = 10
"""Seconds a mail server may stay silent."""
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}

# One plain address: no display name, no comment, no quotes, no second address.
_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@,;:<>()\[\]\"\\.]+(\.[^\s@,;:<>()\[\]\"\\.]+)+", re.ASCII)


class NotAnAddress(ValueError):
    """The text is not exactly one e-mail address."""


def address(text: str) -> str:
    """`text` as one e-mail address in lower case. Raises NotAnAddress for anything else, lists included."""
    found = text.strip().lower()
    if len(found) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(found) or not found.isprintable():
        raise NotAnAddress(text)
    return found


def is_configured() -> bool:
    return bool(settings.current().mail_url)


def enqueue(db: Session, *, to: str, subject: str, text: str, html: str | None = None) -> None:
    """Send this once the caller's transaction is committed; without a mail server nothing is queued.

    Raises NotAnAddress when `to` is not one address, ValueError for a subject of more than one line.
    """
    compose(to=to, subject=subject, text=text, html=html)  # refuses here, where somebody can still correct it
    if is_configured():
        jobs.enqueue(db, "send_mail", to=to, subject=subject, text=text, html=html)


@jobs.job("send_mail", outside=True)
def send(*, to: str, subject: str, text: str, html: str | None = None) -> None:
    """Hand this to the mail server now. Raises OSError or smtplib.SMTPException when it does not take it."""
    message = compose(to=to, subject=subject, text=text, html=html)
    server = urlsplit(settings.current().mail_url)
    with _connected(server) as smtp:
        if server.username:
            smtp.login(unquote(server.username), unquote(server.password or ""))
        smtp.send_message(message)


def compose(*, to: str, subject: str, text: str, html: str | None = None) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    sender = settings.current().mail_from
    message["From"] = sender
    message["To"] = Address(addr_spec=address(to))
    message["Subject"] = subject
    message["Date"] = localtime()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip(" >") or None)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


def _connected(server: SplitResult) -> smtplib.SMTP:
    host, port = server.hostname or "localhost", server.port or PORTS[server.scheme]
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
    smtp = smtplib.SMTP(host, port, timeout=TIMEOUT)
    if server.scheme == "smtp+starttls":
        smtp.starttls(context=ssl.create_default_context())
    return smtp
