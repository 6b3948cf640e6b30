"""What a monitor reads at /metrics, in the text format of Prometheus: work that waits, and for how long."""

import hmac

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html, settings
from portal.jobs import Job
from portal.links import backlog
from portal.web import NotFound, anyone, page

FORMAT = "text/plain; version=0.0.4; charset=utf-8"


def metrics(request: Request, *, db: Session) -> Response:
    """For whoever knows the token in the settings; for anybody else there is no such page."""
    token = settings.current().metrics_token
    said = request.headers.get("authorization", "").encode()
    if not token or not hmac.compare_digest(said, f"Bearer {token}".encode()):
        raise NotFound
    found = backlog.look(db, settings.current().journal_folder)
    now = clock.now()
    waiting = select(func.count()).select_from(Job).where(Job.done_at.is_(None), Job.set_aside_at.is_(None))
    aside = select(func.count()).select_from(Job).where(Job.set_aside_at.is_not(None))
    lines = [
        _gauge("portal_journal_waiting_bytes", "Bytes of clicks on record, not counted yet.", found.waiting_bytes),
        _gauge("portal_journal_waiting_clicks", "The same in clicks, estimated.", found.waiting),
        _gauge("portal_ingest_lag_seconds", "How long the oldest of them waits.", found.lag.total_seconds()),
        _gauge("portal_journal_damaged_lines", "Lines that could not be counted.", found.damaged),
        _gauge("portal_jobs_due", "Jobs that could run now.", db.scalar(waiting.where(Job.run_at <= now)) or 0),
        _gauge("portal_jobs_set_aside", "Jobs given up after many attempts.", db.scalar(aside) or 0),
    ]
    if found.last is not None:
        last = found.last.timestamp()
        lines.append(_gauge("portal_last_click_timestamp_seconds", "When the newest counted click came.", last))
    return Response("".join(lines), headers={"Content-Type": FORMAT, "Cache-Control": html.NO_STORE})


def _gauge(name: str, about: str, value: float) -> str:
    return f"# HELP {name} {about}\n# TYPE {name} gauge\n{name} {value:.10g}\n"


routes = [page("/metrics", metrics, who=anyone)]
