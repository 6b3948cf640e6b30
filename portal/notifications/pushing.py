"""What is pushed to somebody's browsers: queued with the change it tells of, sent from the job table.

A push may be shown twice after a crash; its tag has the second take the first one's place.
"""

import json
import random
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, jobs, outbound
from portal import push as push_service
from portal.database import Database
from portal.i18n import gettext as _
from portal.notifications import subscriptions
from portal.notifications.models import PushSubscription
from portal.people.models import Person
from portal.web import local_path

KEPT_FOR = timedelta(days=1)
"""What could not be shown within a day is old news."""
BETWEEN_TRIES = timedelta(minutes=1)
MOST_ATTEMPTS = 6
LONGEST_WAIT = timedelta(hours=6)
LONGEST_TITLE, LONGEST_TEXT = 120, 300
GONE = (400, 403, 404, 410)
"""The browser is there no more, or subscribed with a key that is not ours: no attempt will ever succeed."""
LATER = (401, 408, 425, 429)
"""Like errors of the push service itself: they may be over by the next attempt."""


def push(db: Session, person_id: int, *, title: str, text: str, url: str, tag: str, urgency: str = "normal") -> int:
    """Show this on every browser the person subscribed, once the transaction is committed; on how many.

    `url` is a path of ours. What has the same `tag` takes the place of what was shown before. Nothing here asks
    whether it is welcome: callers look at budget, quiet hours and pauses, unless the person waits for it.
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
        tag="try",
        urgency="high",
    )
    return True


@jobs.job("push_tried")
def push_tried(db: Session) -> None:
    """Nothing is left to do: that it waited kept another try away."""


@jobs.job("push", outside=True, slow=True)
def send(
    *,
    subscription_id: int,
    person_id: int,
    message: dict[str, str],
    urgency: str,
    until: str,
    attempt: int,
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
    try:
        answer = _send(browser, message, ttl=ttl, urgency=urgency)
        if answer.status == 413:
            answer = _send(browser, message | {"text": ""}, ttl=ttl, urgency=urgency)
    except outbound.Refused:
        answer = push_service.Answer(410, timedelta())
    except outbound.Failed:
        answer = push_service.Answer(503, timedelta())
    if answer.status < 300:
        return
    log.info("push not taken", status=answer.status)
    if answer.status in GONE:
        with database.writing() as db:
            subscriptions.gone(db, subscriptions.hashed(browser.endpoint))
    elif (answer.status in LATER or answer.status >= 500) and attempt < MOST_ATTEMPTS:
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
            )


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
