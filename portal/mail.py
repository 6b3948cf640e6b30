"""Mail: written to the job table with the change it tells of, sent from there by SMTP.

`send` is for single mails: they come at least once, and a repeat carries the same Message-ID, so that the receiving
side can drop it. What must never come twice goes by a `Line` of its own with `before_text`, which puts on record that
the server may have the mail in the last moment before it can.
"""

import hashlib
import re
import smtplib
import ssl
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage as EmailMessage
from email.policy import SMTP, Policy
from email.utils import getaddresses, localtime, make_msgid
from types import TracebackType
from typing import Any, Self
from urllib.parse import SplitResult, unquote, urlsplit

from sqlalchemy.orm import Session

from portal import clock, jobs, settings

LONGEST_ADDRESS = 254
TIMEOUT = 10
"""Seconds a mail server may stay silent."""
LOOKED_THROUGH = 45
"""Seconds it may take over a mail it has; some look through each before they say yes. Less than a job's lease."""
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
MOST_ON_A_LINE, LONGEST_LINE = 100, 60.0
"""Mails, and seconds, after which a connection is ended and another one made."""
FIRST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(minutes=30)
"""For how long a server that has trouble is left alone; it doubles each time until it takes a mail again."""

# One plain address: no display name, no comment, no quotes, no second address.
_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@,;:<>()\[\]\"\\.]+(\.[^\s@,;:<>()\[\]\"\\.]+)+", re.ASCII)


class NotAnAddress(ValueError):
    """The text is not exactly one e-mail address."""


class NotTaken(Exception):
    """The server did not take the mail: it is certain that nobody gets it."""


class Later(NotTaken):
    """Another try may help. `of_mail` says whether it was about this mail, and not the server or the way to it."""

    def __init__(self, reason: str, *, of_mail: bool, rest: bool) -> None:
        super().__init__(reason)
        self.of_mail = of_mail
        self.rest = rest
        """Whether the server wants to be left alone for a while."""


class AddressRefused(NotTaken):
    """The server knows for good that nobody has this address."""


class MailRefused(NotTaken):
    """The server does not want this mail, whoever it is for."""


class Unknown(Exception):
    """The line broke after the text had gone: the mail may have arrived or not."""


def address(text: str) -> str:
    """`text` as one e-mail address in lower case. Raises NotAnAddress for anything else, lists included."""
    found = text.strip().lower()
    if len(found) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(found) or not found.isprintable():
        raise NotAnAddress(text)
    return found


def is_address(text: str | None) -> bool:
    """Whether a mail server would take it; an import may have brought anything."""
    try:
        address(text or "")
    except NotAnAddress:
        return False
    return True


def is_configured() -> bool:
    return bool(settings.current().mail_url)


def message_id(mark: str = "") -> str:
    """The same for the same `mark`; another one each time without. The mark cannot be read from it."""
    domain = settings.current().mail_from.rpartition("@")[2].strip(" >") or "localhost"
    return f"<{hashlib.sha256(mark.encode()).hexdigest()[:40]}@{domain}>" if mark else make_msgid(domain=domain)


def enqueue(
    db: Session, *, to: str, subject: str, text: str, html: str | None = None, unsubscribe: str | None = None
) -> None:
    """Send this once the caller's transaction is committed; without a mail server nothing is queued.

    `unsubscribe` is the address at which a POST ends such mails (RFC 8058). Raises NotAnAddress when `to` is not one
    address, ValueError for a subject of more than one line.
    """
    parts: dict[str, Any] = {"to": to, "subject": subject, "text": text, "html": html, "unsubscribe": unsubscribe}
    compose(**parts)  # refuses here, where somebody can still correct it
    if is_configured():
        jobs.enqueue(db, "send_mail", **parts, marked=message_id())


@jobs.job("send_mail", outside=True)
def send(
    *,
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    unsubscribe: str | None = None,
    marked: str | None = None,
) -> None:
    """Hand this to the mail server, from within a job. `marked` is its Message-ID.

    Raises Later or Unknown when another try may help, and jobs.Hopeless when none would.
    """
    message = compose(to=to, subject=subject, text=text, html=html, unsubscribe=unsubscribe, marked=marked)
    try:
        _kept_line().deliver(message)
    except (AddressRefused, MailRefused) as refusal:
        raise jobs.Hopeless(str(refusal)) from refusal


class _Whole(UnstructuredHeader, BaseHeader):
    """A header that is one address on the web: wrapped or encoded, mail programs would not understand it."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_headers = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", _Whole)
POLICY = SMTP.clone(header_factory=_headers)


def compose(
    *,
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    unsubscribe: str | None = None,
    marked: str | None = None,
) -> EmailMessage:
    message = EmailMessage(policy=POLICY)
    message["From"] = settings.current().mail_from
    message["To"] = Address(addr_spec=address(to))
    message["Subject"] = subject
    message["Date"] = localtime(clock.now())
    message["Message-ID"] = marked or message_id()
    message["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


def _go_on() -> bool:
    return True


class Line:
    """A connection to the mail server: made for the first mail, used for the next ones, made again when it breaks.

    It is for one thread. As a context it hangs up at the end.
    """

    def __init__(self) -> None:
        self._smtp: smtplib.SMTP | None = None
        self._server = ""
        self._sent, self._since = 0, 0.0

    def deliver(self, message: EmailMessage, *, before_text: Callable[[], bool] = _go_on) -> bool:
        """Hand over a message to its one recipient, no faster than the settings allow.

        `before_text` is called once the server waits for the text, and no earlier: up to there the mail cannot have
        arrived, and from there on it may have. If it returns False, or raises, nothing is sent.

        Returns whether the server accepted the mail. Raises Later, AddressRefused or MailRefused when it is certain
        that it did not, and Unknown when it cannot be known.
        """
        url = settings.current().mail_url
        try:
            accepted = self._deliver(message, before_text)
        except Unknown:
            _rests.begin(url)
            raise
        except Later as error:
            if error.rest:
                _rests.begin(url)
            raise
        if accepted:
            _rests.end(url)
        return accepted

    def close(self) -> None:
        """Hang up."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            smtp.quit()
        except (OSError, smtplib.SMTPException):
            smtp.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _deliver(self, message: EmailMessage, before_text: Callable[[], bool]) -> bool:
        sender, to = (getaddresses([str(message[name])])[0][1] for name in ("From", "To"))
        is_ascii = f"{sender}{to}".isascii()
        text = message.as_bytes(policy=POLICY if is_ascii else POLICY.clone(utf8=True))
        _pace.wait()
        smtp = self._begin(sender, size=len(text), is_ascii=is_ascii)
        try:
            self._expect(smtp, smtp.rcpt(to), of_address=True)
            self._expect(smtp, smtp.docmd("DATA"), wanted=(354,))
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise Later(_told(error), of_mail=True, rest=True) from error
        try:
            if not before_text():
                self._drop()  # without its end, the server throws away what it has of the mail
                return False
        except BaseException:
            self._drop()
            raise
        try:
            smtp.send(_as_sent(text))
            _wait_at_most(smtp, LOOKED_THROUGH)
            answer = smtp.getreply()
            _wait_at_most(smtp, TIMEOUT)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise Unknown(_told(error)) from error
        self._expect(smtp, answer)
        self._sent += 1
        return True

    def _begin(self, sender: str, *, size: int, is_ascii: bool) -> smtplib.SMTP:
        """The line, with a mail begun on it. One that was open may have been cut meanwhile: then another is made."""
        for last in (False, True):
            was_open = self._smtp is not None
            try:
                smtp = self._open()
                if not is_ascii and not smtp.has_extn("smtputf8"):
                    raise MailRefused("The mail server takes no addresses beyond ASCII.")
                options = [] if is_ascii else ["SMTPUTF8", "BODY=8BITMIME"]
                options += [f"SIZE={size}"] if smtp.has_extn("size") else []
                code, answer = smtp.mail(sender, options)
            except (OSError, smtplib.SMTPException) as error:
                self._drop()
                if was_open and not last:
                    continue
                raise Later(_told(error), of_mail=False, rest=True) from error
            if code == 250:
                return smtp
            self._drop()
            if was_open and not last and code == 421:
                continue
            if code == 552:
                raise MailRefused(_said(code, answer))
            raise Later(_said(code, answer), of_mail=False, rest=True)
        raise AssertionError("the last try returns or raises")

    def _open(self) -> smtplib.SMTP:
        url = settings.current().mail_url
        is_worn = self._sent >= MOST_ON_A_LINE or time.monotonic() - self._since > LONGEST_LINE or url != self._server
        if self._smtp is not None and is_worn:
            self.close()
        if self._smtp is None:
            server = urlsplit(url)
            smtp = _connected(server)
            try:
                smtp.ehlo_or_helo_if_needed()
                if server.username:
                    smtp.login(unquote(server.username), unquote(server.password or ""))
            except BaseException:
                smtp.close()
                raise
            self._smtp, self._server, self._sent, self._since = smtp, url, 0, time.monotonic()
        return self._smtp

    def _expect(
        self,
        smtp: smtplib.SMTP,
        answer: tuple[int, bytes],
        *,
        wanted: tuple[int, ...] = (250, 251),
        of_address: bool = False,
    ) -> None:
        code, words = answer
        if code in wanted:
            return
        said = _said(code, words)
        if code == 421 or code < 400:
            self._drop()
        elif code != 250:
            self._reset(smtp)
        if code < 500:
            raise Later(said, of_mail=True, rest=code in (421, 451) or not of_address)
        if of_address and _knows_nobody(code, said):
            raise AddressRefused(said)
        if of_address:
            raise Later(said, of_mail=True, rest=True)  # it refuses us, it seems, and not this colleague
        raise MailRefused(said)

    def _reset(self, smtp: smtplib.SMTP) -> None:
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


def rests() -> bool:
    """Whether the server had trouble lately, so that whoever has many mails for it waits a little."""
    return _rests.last(settings.current().mail_url)


class _Rests:
    """Until when each server is left alone. Another process finds out for itself."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[datetime, timedelta]] = {}

    def begin(self, url: str) -> None:
        before = self._until.get(url)
        wait = min(LONGEST_REST, 2 * before[1]) if before else FIRST_REST
        self._until[url] = (clock.now() + wait, wait)

    def end(self, url: str) -> None:
        self._until.pop(url, None)

    def last(self, url: str) -> bool:
        until, wait = self._until.get(url, (clock.now(), timedelta()))
        # A clock that was put back must not make it longer.
        return timedelta() < until - clock.now() <= wait


class _Pace:
    """Lets mails of this process go one after another, so many a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        apart = 1 / settings.current().mail_per_second
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + apart
        if turn > now:
            threading.Event().wait(turn - now)


_rests, _pace = _Rests(), _Pace()
_of_thread = threading.local()


def _kept_line() -> Line:
    """This thread's, for as long as it has one mail after another to send."""
    line: Line | None = getattr(_of_thread, "line", None)
    if line is None:
        line = _of_thread.line = Line()
    return line


@jobs.at_rest
def _hang_up() -> None:
    line: Line | None = getattr(_of_thread, "line", None)
    if line is not None:
        line.close()


def _connected(server: SplitResult) -> smtplib.SMTP:
    host, port = server.hostname or "localhost", server.port or PORTS[server.scheme]
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
    smtp = smtplib.SMTP(host, port, timeout=TIMEOUT)
    if server.scheme == "smtp+starttls":
        try:
            smtp.starttls(context=ssl.create_default_context())
        except BaseException:
            smtp.close()
            raise
    return smtp


def _wait_at_most(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _as_sent(text: bytes) -> bytes:
    """With its end, and with dots doubled where they would be taken for it (RFC 5321, 4.5.2)."""
    whole = text if text.endswith(b"\r\n") else text + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", whole) + b".\r\n"


def _knows_nobody(code: int, said: str) -> bool:
    """Whether a refusal is about the address (RFC 3463: 5.1.x, or a mailbox that is shut), and not about who we are."""
    found = re.match(r"\d{3} 5\.(\d{1,3})\.(\d{1,3})\b", said)
    if found is None:
        return code in (550, 551, 553, 556)
    subject, detail = int(found[1]), int(found[2])
    return (subject == 1 and detail not in (7, 8)) or (subject, detail) == (2, 1)


def _said(code: int, words: bytes) -> str:
    return f"{code} {' '.join(words.decode(errors='replace').split())}"[:300]


def _told(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        return _said(error.smtp_code, words if isinstance(words, bytes) else str(words).encode())
    return f"{type(error).__name__}: {error}"[:300]
