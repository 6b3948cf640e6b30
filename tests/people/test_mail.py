"""Mail: asked for in a transaction, sent by a real SMTP server, to one person and nobody else."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock, mail, settings
from portal.database import Database
from portal.jobs import Job, Runner
from tests.mail import MailServer


@pytest.fixture
def mailbox(app, chosen: settings.Settings) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.put_in_force(
            replace(
                chosen,
                mail_url=f"smtp://{server.host}:{server.port}",
                mail_from="Noorderhout <portal@noorderhout.example>",
            )
        )
        yield server


def test_a_mail_is_sent_once_the_transaction_is_committed(db, mailbox: MailServer) -> None:
    with db.writing() as writing:
        mail.enqueue(writing, to="ana@noorderhout.example", subject="Één vraag", text="Hoi Ana", html="<p>Hoi Ana</p>")
        assert mailbox.messages == []
    Runner(db).run_due()
    message = mailbox.to("ana@noorderhout.example")[0]
    assert message["Subject"] == "Één vraag"
    assert message["From"] == "Noorderhout <portal@noorderhout.example>"
    assert message["To"] == "ana@noorderhout.example"
    assert message["X-Envelope-From"] == "portal@noorderhout.example"
    assert message["Message-ID"].endswith("@noorderhout.example>")
    assert [part.get_content().strip() for part in message.iter_parts()] == ["Hoi Ana", "<p>Hoi Ana</p>"]


def test_a_transaction_undone_sends_nothing(db, mailbox: MailServer) -> None:
    with pytest.raises(ZeroDivisionError), db.writing() as writing:
        mail.enqueue(writing, to="ana@noorderhout.example", subject="Hoi", text="Hoi")
        raise ZeroDivisionError
    Runner(db).run_due()
    assert mailbox.messages == []


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ana",
        "ana@",
        "@noorderhout.example",
        "ana@localhost",
        "ana@noorderhout.example,evil@evil.example",
        "ana@noorderhout.example; evil@evil.example",
        "ana@noorderhout.example evil@evil.example",
        "Ana <ana@noorderhout.example>",
        "ana@noorderhout.example\r\nBcc: evil@evil.example",
        "ana@noorderhout.example\nevil@evil.example",
        '"ana"@noorderhout.example',
        "ana@noorderhout..example",
        "ana@[127.0.0.1]",
        "a" * 250 + "@noorderhout.example",
        "ana@noorderhout\u3002example",
    ],
)
def test_a_recipient_is_one_plain_address(db, mailbox: MailServer, to: str) -> None:
    with pytest.raises(mail.NotAnAddress), db.writing() as writing:
        mail.enqueue(writing, to=to, subject="Hoi", text="Hoi")
    with db.reading() as reading:
        assert reading.scalars(select(Job)).all() == []


@pytest.mark.parametrize("subject", ["Hoi\r\nBcc: evil@evil.example", "Hoi\nX: y"])
def test_a_subject_is_one_line(db, mailbox: MailServer, subject: str) -> None:
    with pytest.raises(ValueError, match="linefeed"), db.writing() as writing:
        mail.enqueue(writing, to="ana@noorderhout.example", subject=subject, text="Hoi")


def test_a_server_that_is_away_is_tried_again(db, chosen: settings.Settings) -> None:
    settings.put_in_force(replace(chosen, mail_url="smtp://127.0.0.1:1"))
    with db.writing() as writing:
        mail.enqueue(writing, to="ana@noorderhout.example", subject="Hoi", text="Hoi")
    Runner(db).run_due()
    with db.reading() as reading:
        job = reading.scalars(select(Job)).one()
        assert (job.done_at, job.attempts) == (None, 1)
        assert "ConnectionRefusedError" in job.error


def test_without_a_mail_server_nothing_is_queued(db, chosen: settings.Settings) -> None:
    settings.put_in_force(replace(chosen, mail_url=""))
    assert not mail.is_configured()
    with db.writing() as writing:
        mail.enqueue(writing, to="ana@noorderhout.example", subject="Hoi", text="Hoi")
    with db.reading() as reading:
        assert reading.scalars(select(Job)).all() == []


def queue(db: Database, number: int = 1) -> None:
    with db.writing() as writing:
        for place in range(number):
            mail.enqueue(writing, to=f"ana{place}@noorderhout.example", subject="Hoi", text="Hoi\n.\n..Ana\n")


def test_many_mails_go_over_one_line_no_faster_than_the_server_allows(db: Database, mailbox: MailServer) -> None:
    settings.put_in_force(replace(settings.current(), mail_per_second=50))
    queue(db, 6)
    began = time.monotonic()
    Runner(db).run_due()
    assert time.monotonic() - began >= 5 / 50
    assert (len(mailbox.messages), mailbox.connections) == (6, 1)
    assert mailbox.messages[0].get_content().replace("\r\n", "\n") == "Hoi\n.\n..Ana\n"


@pytest.mark.parametrize(
    ("stage", "answer", "tries"),
    [
        ("RCPT", "550 5.1.1 Nobody of that name here", 1),
        ("TEXT", "554 5.6.0 Not this one", 1),
        ("RCPT", "450 4.2.0 Greylisted", 2),
        ("MAIL", "421 4.3.2 Closing", 2),
        ("TEXT", "451 4.3.0 Try again", 2),
        ("RCPT", "554 5.7.1 Relay access denied", 2),
    ],
)
def test_a_refusal_for_good_is_set_aside_with_its_reason_any_other_is_tried_again(
    db: Database, mailbox: MailServer, stage: str, answer: str, tries: int
) -> None:
    mailbox.ask = lambda now, address: answer if now == stage else ""
    queue(db)
    for _ in range(2):
        Runner(db).run_due()
        with db.writing() as writing:
            writing.execute(update(Job).values(run_at=clock.now() - timedelta(seconds=1)))
    with db.reading() as reading:
        job = reading.scalars(select(Job)).one()
    assert (job.attempts, job.set_aside_at is not None, answer in job.error) == (tries, tries == 1, True)
    assert mailbox.messages == []


def test_a_repeat_after_a_broken_line_can_be_recognised(db: Database, mailbox: MailServer) -> None:
    """The server kept it and could not say so: it gets it once more, under the same Message-ID."""
    mailbox.ask = lambda stage, address: "421 Lost" if stage == "KEPT" and len(mailbox.messages) == 1 else ""
    queue(db)
    Runner(db).run_due()
    with db.writing() as writing:
        writing.execute(update(Job).values(run_at=clock.now() - timedelta(seconds=1)))
    Runner(db).run_due()
    assert len(mailbox.messages) == 2
    assert len({str(each["Message-ID"]) for each in mailbox.messages}) == 1


def test_a_line_that_was_cut_is_made_again_and_nothing_is_sent_that_was_called_off(
    app: object, mailbox: MailServer
) -> None:
    def to(name: str) -> mail.EmailMessage:
        return mail.compose(to=f"{name}@noorderhout.example", subject="Hoi", text="Hoi")

    with mail.Line() as line:
        assert line.deliver(to("ana"))
        mailbox.ask = lambda stage, address: "421 Idle" if stage == "MAIL" and mailbox.connections == 1 else ""
        assert line.deliver(to("bram"))
        assert not line.deliver(to("cleo"), before_text=lambda: False)
        with pytest.raises(ZeroDivisionError):
            line.deliver(to("cleo"), before_text=lambda: 1 // 0 == 0)
        assert line.deliver(to("dina"))
    names = [str(message["To"]).partition("@")[0] for message in mailbox.messages]
    assert (names, mailbox.connections, mail.rests()) == (["ana", "bram", "dina"], 4, False)


def test_an_address_to_end_mails_at_is_neither_wrapped_nor_encoded(app: object) -> None:
    address = f"https://share.noorderhout.example/unsubscribe/{'x' * 90}"
    message = mail.compose(to="ana@noorderhout.example", subject="Hoi", text="Hoi", unsubscribe=address)
    assert f"\r\nList-Unsubscribe: <{address}>\r\n".encode() in message.as_bytes()
