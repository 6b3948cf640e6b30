"""What came of it all, for whoever published: sentences, a chart, what works, and tables to take away."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html, i18n
from portal.campaigns.pictures import address
from portal.campaigns.queries import campaigns, running_campaign
from portal.csv_export import Cell, csv_response
from portal.i18n import gettext as _
from portal.links.targets import plain
from portal.links.verdicts import WHY
from portal.people import audit
from portal.people.models import Person
from portal.people.queries import SMALLEST_TEAM
from portal.results import chart, figures, periods, subjects, words
from portal.results.figures import Line, Results
from portal.results.subjects import Subject
from portal.sharing.models import STATES
from portal.web import NotFound, answer, editor, page

TABLES: dict[str, Callable[[Results], list[Line]]] = {
    "days": lambda found: found.steps,
    "items": lambda found: found.items,
    "networks": lambda found: found.networks,
    "departments": lambda found: found.departments,
    "campaigns": lambda found: found.campaigns,
    "screens": lambda found: found.screens,
}


def results(request: Request, *, db: Session) -> Response:
    """The page of results."""
    found, errors = _asked_for(request, db)
    unit = found.period.unit
    points = [(words.short(_step(line), unit), line.people, line.shares) for line in found.steps]
    return html.page(
        request,
        "results/index.html",
        status=422 if errors else 200,
        found=found,
        errors=errors,
        asked=request.query_params,
        query=_query(found),
        campaign_options=_campaign_options(db),
        charts=[
            ("wide", chart.draw(points, width=1080, height=300)),
            ("phone", chart.draw(points, width=350, height=230)),
        ],
        words=words,
        why=WHY,
        unit=unit,
        picture_address=address,
        smallest_team=SMALLEST_TEAM,
        enough=figures.ENOUGH_SHARES,
    )


def results_csv(request: Request, *, db: Session, me: Person, table: str) -> Response:
    """One table of the page, as a file a spreadsheet opens. That it was taken is kept."""
    if table not in TABLES:
        raise NotFound
    found, errors = _asked_for(request, db)
    if errors:
        raise NotFound
    unit = found.period.unit
    rows: list[Sequence[Cell]] = []
    for line in TABLES[table](found):
        name = words.long(line.step, unit) if line.step is not None else line.name
        about = [line.item.kind, line.item.campaign.text(i18n.language.get()).title] if line.item else ["", ""]
        states = [line.states[state] for state in STATES]
        rows.append([name, *about, line.people, line.shares, *states, line.ledger.filtered])
    head = [_("Name"), _("Kind"), _("Campaign"), _("People"), _("Shares")]
    head += [str(words.STATES[state]) for state in STATES]
    if request.method == "GET":
        audit.write(db, "results_exported", "results", None, by=me, table=table)
    part = "".join(f"-{plain(part)}" for part in _file_parts(found.subject))
    name = f"{_('results')}-{table}{part}-{found.period.first}-{found.period.last}.csv"
    return csv_response(name, [*head, _("Filtered out")], rows)


def _asked_for(request: Request, db: Session) -> tuple[Results, dict[str, str]]:
    query = request.query_params
    subject = subjects.read(db, query)
    about = subject.campaign or (subject.item.campaign if subject.item else None)
    if query.get("period") == "campaign" and about is None:
        about = running_campaign(db, clock.today())
        subject = replace(subject, campaign=about)
    period, errors = periods.read(query, campaign=about)
    return figures.results(db, period, subject=subject, language=i18n.language.get()), errors


def _file_parts(subject: Subject) -> list[str]:
    """What a file is about, in its name."""
    found = [subject.campaign.slug] if subject.campaign else []
    found += [subject.item.slug] if subject.item else []
    found += [subject.network] if subject.network else []
    return found + [part.name for part in (subject.team, subject.screen) if part is not None]


def _campaign_options(db: Session) -> list[tuple[str, str]]:
    return [(str(each.id), each.text(i18n.language.get()).title) for each in campaigns(db)]


def _query(found: Results) -> dict[str, str]:
    """What an address needs to show the same again."""
    query = {"period": found.period.choice, **found.subject.query}
    if found.period.choice == "custom":
        query |= {"from": found.period.first.isoformat(), "to": found.period.last.isoformat()}
    return query


def _step(line: Line) -> periods.Step:
    assert line.step is not None
    return line.step


routes = [
    page("/results", results, who=editor),
    answer("/results/{table}.csv", results_csv, who=editor, writes="that it was exported"),
]
