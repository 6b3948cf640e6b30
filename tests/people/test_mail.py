"""Mail: asked for in a transaction, sent by a real SMTP server, to one person and nobody else."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal import mail, settings
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
