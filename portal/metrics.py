"""What a monitor reads at /metrics, in the text format of Prometheus: work that waits, and for how long.

While the database is away it tells what is known without it: that is when it matters how much waits in the journal.
"""

import hmac

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html, settings
from portal.jobs import Job
from portal.links import backlog
from portal.links.backlog import Backlog
from portal.web import Endpoint, NotFound, anyone, page

FORMAT = "text/plain; version=0.0.4; charset=utf-8"


def metrics(request: Request, *, db: Session) -> Response:
    """For whoever knows the token in the settings; for anybody else there is no such page."""
    if not _is_monitor(request):
        raise NotFound
    found = backlog.look(db, settings.current().journal_folder)
    waiting = select(func.count()).select_from(Job).where(Job.done_at.is_(None), Job.set_aside_at.is_(None))
    aside = select(func.count()).select_from(Job).where(Job.set_aside_at.is_not(None))
    return _answer(
        _gauge("portal_database_answers", "Whether the database does; 1 or 0.", 1),
        *_of_clicks(found),
        _gauge("portal_jobs_due", "Jobs that could run now.", db.scalar(waiting.where(Job.run_at <= clock.now())) or 0),
        _gauge("portal_jobs_set_aside", "Jobs given up after many attempts.", db.scalar(aside) or 0),
    )


async def _even_without_database(request: Request, otherwise: Endpoint) -> Response:
    try:
        return await otherwise(request)
    except (DBAPIError, PoolTimeout):
        if not _is_monitor(request):
            raise
        found = await run_in_threadpool(backlog.look_without_database, settings.current().journal_folder)
        return _answer(
            _gauge("portal_database_answers", "Whether the database does; 1 or 0.", 0),
            *_of_clicks(found),
        )


def _is_monitor(request: Request) -> bool:
    token = settings.current().metrics_token
    said = request.headers.get("authorization", "").encode()
    return bool(token) and hmac.compare_digest(said, f"Bearer {token}".encode())


def _of_clicks(found: Backlog) -> list[str]:
    lines = [
        _gauge("portal_journal_waiting_bytes", "Bytes of clicks on record, not counted yet.", found.waiting_bytes),
        _gauge("portal_journal_waiting_clicks", "The same in clicks, estimated.", found.waiting),
        _gauge("portal_ingest_lag_seconds", "How long the oldest of them waits.", found.lag.total_seconds()),
        _gauge("portal_journal_damaged_lines", "Lines that could not be counted.", found.damaged),
    ]
    if found.last is not None:
        last = found.last.timestamp()
        lines.append(_gauge("portal_last_click_timestamp_seconds", "When the newest counted click came.", last))
    return lines


def _answer(*gauges: str) -> Response:
    return Response("".join(gauges), headers={"Content-Type": FORMAT, "Cache-Control": html.NO_STORE})


def _gauge(name: str, about: str, value: float) -> str:
    return f"# HELP {name} {about}\n# TYPE {name} gauge\n{name} {value:.10g}\n"


routes = [page("/metrics", metrics, who=anyone).within(_even_without_database)]
