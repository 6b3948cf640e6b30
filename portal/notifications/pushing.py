"""What is pushed to somebody's browsers: queued with the change it tells of, sent from the job table.

A push may be shown twice after a crash; its tag has the second take the first one's place.
"""

import json
import random
import threading
import time
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock, jobs, outbound
from portal import push as push_service
from portal.database import Database
from portal.i18n import gettext as _
from portal.notifications import subscriptions
from portal.notifications.models import PushSubscription
from portal.people.models import Person
from portal.sharing.models import Reminder
from portal.web import local_path

KEPT_FOR = timedelta(days=1)
"""What could not be shown within a day is old news."""
BETWEEN_TRIES = timedelta(minutes=1)
MOST_ATTEMPTS = 6
LONGEST_WAIT = timedelta(hours=6)
REST = 30.0
"""Seconds for which a push service that did not answer is left alone, so that other browsers need not wait for it."""
LONGEST_TITLE, LONGEST_TEXT = 120, 300
TRY = "try"
"""The tag of what somebody sends themselves to see how it looks."""
GONE = (400, 403, 404, 410)
"""The browser is there no more, or subscribed with a key that is not ours: no attempt will ever succeed."""
LATER = (401, 408, 425, 429)
"""Like errors of the push service itself: they may be over by the next attempt."""


class _Resting:
    """Push services that did not answer a moment ago, as far as this process knows."""

    def __init__(self) -> None:
        self._lock, self._until = threading.Lock(), dict[str, float]()

    def has(self, host: str) -> bool:
        with self._lock:
            return self._until.get(host, 0.0) > time.monotonic()

    def add(self, host: str) -> None:
        now = time.monotonic()
        with self._lock:
            self._until = {each: until for each, until in self._until.items() if until > now} | {host: now + REST}


_resting = _Resting()


def push(
    db: Session,
    person_id: int,
    *,
    title: str,
    text: str,
    url: str,
    tag: str,
    urgency: str = "normal",
    reminder_id: int | None = None,
) -> int:
    """Show this on every browser the person subscribed, once the transaction is committed; on how many.

    `url` is a path of ours. What has the same `tag` takes the place of what was shown before. Nothing here asks
    whether it is welcome: callers look at budget, quiet hours and pauses, unless the person waits for it.
    What tells of a reminder says of which: it is put down as told once the first push service has taken it.
    """
    person = db.get(Person, person_id)
    if person is None or not person.is_active:
        return 0
    browsers = db.scalars(select(PushSubscription.id).where(PushSubscription.person_id == person_id)).all()
    message = {
        "title": _cut(title, LONGEST_TITLE),
        "text": _cut(text, LONGEST_TEXT),
        "url": local_path(url),
        "tag": tag,
        "language": person.language,
    }
    until = (clock.now() + KEPT_FOR).isoformat()
    about: dict[str, Any] = {} if reminder_id is None else {"reminder_id": reminder_id}
    for number in browsers:
        jobs.enqueue(
            db,
            "push",
            subscription_id=number,
            person_id=person_id,
            message=message,
            urgency=urgency,
            until=until,
            attempt=1,
            **about,
        )
    return len(browsers)


def try_out(db: Session, person: Person) -> bool:
    """Show the person, who asks for it, how a push looks; not more than one in a minute."""
    mark = f"push_tried:{person.id}"
    if db.scalar(select(jobs.Job.id).where(jobs.Job.dedupe == mark)) is not None:
        return False
    jobs.enqueue(db, "push_tried", run_at=clock.now() + BETWEEN_TRIES, dedupe=mark)
    push(
        db,
        person.id,
        title=_("This is how it looks"),
        text=_("Tap it, and you are on the page it is about."),
        url="/me/notifications",
        tag=TRY,
        urgency="high",
    )
    return True


@jobs.job("push_tried")
def push_tried(db: Session) -> None:
    """Nothing is left to do: that it waited kept another try away."""


@jobs.job("push", outside=True, thread="pushes")
def send(
    *,
    subscription_id: int,
    person_id: int,
    message: dict[str, str],
    urgency: str,
    until: str,
    attempt: int,
    reminder_id: int | None = None,
    database: Database,
) -> None:
    """Hand it to the push service of one browser, which is forgotten when it is there no more."""
    log = structlog.get_logger().bind(subscription=subscription_id, attempt=attempt)
    ttl = int((datetime.fromisoformat(until) - clock.now()).total_seconds())
    with database.reading() as db:
        browser = subscriptions.receiver(db, subscription_id)
    # Somebody else may have signed in on that browser meanwhile: what was meant for one is never shown to another.
    if browser is None or browser.person_id != person_id or ttl <= 0:
        return
    answer = _answer(browser, message, ttl=ttl, urgency=urgency)
    if answer.status < 300:
        if reminder_id is not None:
            with database.writing() as db:
                waits = (Reminder.id == reminder_id, Reminder.state == "told", Reminder.told_at.is_(None))
                db.execute(update(Reminder).where(*waits).values(told_at=clock.now()))
        return
    log.info("push not taken", status=answer.status)
    if answer.status in GONE:
        with database.writing() as db:
            subscriptions.gone(db, subscriptions.hashed(browser.endpoint))
    elif (answer.status in LATER or answer.status >= 500) and attempt < MOST_ATTEMPTS and message["tag"] != TRY:
        about: dict[str, Any] = {} if reminder_id is None else {"reminder_id": reminder_id}
        own = timedelta(seconds=15 * 4**attempt * random.uniform(0.8, 1.2))  # noqa: S311
        with database.writing() as db:
            jobs.enqueue(
                db,
                "push",
                run_at=clock.now() + min(max(own, answer.wait), LONGEST_WAIT),
                subscription_id=subscription_id,
                person_id=person_id,
                message=message,
                urgency=urgency,
                until=until,
                attempt=attempt + 1,
                **about,
            )


def _answer(browser: subscriptions.Receiver, message: dict[str, str], *, ttl: int, urgency: str) -> push_service.Answer:
    host = urlsplit(browser.endpoint).netloc
    if _resting.has(host):
        return push_service.Answer(503, timedelta())
    try:
        answer = _send(browser, message, ttl=ttl, urgency=urgency)
        if answer.status == 413:
            answer = _send(browser, message | {"text": ""}, ttl=ttl, urgency=urgency)
    except outbound.Refused:
        return push_service.Answer(410, timedelta())
    except outbound.Failed:
        _resting.add(host)
        return push_service.Answer(503, timedelta())
    return answer


def _send(browser: subscriptions.Receiver, message: dict[str, str], *, ttl: int, urgency: str) -> push_service.Answer:
    text = json.dumps(message, ensure_ascii=False).encode()
    return push_service.send(
        browser.endpoint,
        text,
        key=browser.key,
        secret=browser.secret,
        ttl=ttl,
        urgency=urgency,
        topic=message["tag"],
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
