"""What a wall shows, to whom, and when it changes."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.routing import Route

from portal import activity, clock, settings, web
from portal.app import create_app
from portal.campaigns import recall
from portal.campaigns.models import Item
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.links import figures
from portal.links.models import Link
from portal.paths import data
from portal.people.brand import contrast
from portal.people.models import Organisation, Person
from portal.screens import colours, reading, walls
from portal.screens.models import Screen
from tests import make
from tests.client import Client

TOKEN = "w" * 43
ADDRESS = f"/screen/{TOKEN}"


def screen(db: Database, **values: Any) -> Screen:
    defaults = {"name": "Kantine", "token_hash": web.token_hash(TOKEN), "paired_at": clock.now()}
    with db.writing() as session:
        row = Screen(**defaults | values)
        session.add(row)
    return row


def told(client: Client) -> dict[str, Any]:
    answer = client.get(f"{ADDRESS}/slides")
    assert answer.status_code == 200
    return dict(answer.json())


def notes(client: Client) -> list[str]:
    return [words(note) for note in re.findall(r'<section class="box note.*?</section>', told(client)["side"], re.S)]


def words(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def test_live_items_take_turns_newest_first(client: Client, db: Database) -> None:
    screen(db)
    with db.writing() as session:
        for number in range(3):
            make.item(
                session,
                title=f"Verhaal {number}",
                place="Gent",
                publish_at=clock.now() - timedelta(hours=number),
            )
        make.item(session, title="Straks", publish_at=clock.now() + timedelta(hours=1))
        make.item(session, title="Voorbij", ends_at=clock.now() - timedelta(hours=1))
        make.item(session, title="Concept", state="draft")
    slides = told(client)["slides"]
    assert [words(slide["html"]) for slide in slides] == [
        f"Vacature · Gent Verhaal {number} Joost zoekt een vakmens. Scan en deel in twee tikken, in je eigen woorden"
        for number in range(3)
    ]


def test_the_page_holds_a_slide_for_players_without_scripts(client: Client, db: Database) -> None:
    screen(db)
    with db.writing() as session:
        for number in range(2):
            make.item(session, title=f"Verhaal {number}", publish_at=clock.now() - timedelta(hours=number))
    titles = [re.findall(r"<h1[^>]*>([^<]+)", client.get(f"{ADDRESS}?slide={n}").text) for n in (0, 1, 2, "x", 10**30)]
    assert titles == [["Verhaal 0"], ["Verhaal 1"], ["Verhaal 0"], ["Verhaal 0"], ["Verhaal 0"]]
    refresh = f'<noscript><meta http-equiv="refresh" content="20;url={ADDRESS}?slide=1"></noscript>'
    assert refresh in client.get(ADDRESS).text


def test_a_screen_speaks_its_own_language(client: Client, db: Database) -> None:
    screen(db, language="en")
    with db.writing() as session:
        make.item(session, title="Timmerman")
    assert "Vacancy Timmerman (en)" in words(told(client)["slides"][0]["html"])


def test_with_nothing_live_it_is_never_blank(client: Client, db: Database) -> None:
    screen(db)
    slides = told(client)["slides"]
    assert len(slides) == 1
    assert "Noorderhout Wij maken het samen. Vertel het verder!" in words(slides[0]["html"])
    assert "Wij maken het samen" in client.get(ADDRESS).text


def test_there_is_no_sign_in_form_in_any_state(client: Client, db: Database) -> None:
    assert "<form" not in client.get(ADDRESS).text
    screen(db)
    assert "<form" not in client.get(ADDRESS).text


def test_only_who_chose_it_is_thanked_by_name_and_only_among_colleagues(client: Client, db: Database) -> None:
    row = screen(db)
    with db.writing() as session:
        item = make.item(session, title="Bouw mee", kind="article")
        service = make.team(session, "Service", 5)
        service[0].wall_name, service[0].name = True, "Ana Dekker"
        for number, person in enumerate(service[:2]):
            make.share(session, by=person, on=item, at=clock.now() - timedelta(minutes=number))
    assert notes(client)[:2] == [
        "Dankjewel, Ana! Voor het delen van “Bouw mee”.",
        "Bedankt, team Service! Iemand deelde “Bouw mee”.",
    ]
    with db.writing() as session:
        session.get_one(Screen, row.id).audience = "public"
    assert notes(client)[:2] == ["Bedankt, team Service! Iemand deelde “Bouw mee”."] * 2
    page = client.get(ADDRESS).text
    assert "Ana" not in page
    assert not re.search(r"Service \d", page)


def test_a_team_so_small_that_it_would_be_a_name_is_not_named(client: Client, db: Database) -> None:
    screen(db)
    with db.writing() as session:
        item = make.item(session, title="Bouw mee")
        make.share(session, by=make.team(session, "HR", 4)[0], on=item)
        make.share(
            session, by=make.team(session, "IT", 2)[0], on=item, state="opened", at=clock.now() - timedelta(minutes=1)
        )
    assert notes(client)[:2] == [
        "Dankjewel, collega! Iemand deelde “Bouw mee”.",
        "Een collega deelt dit “Bouw mee”",
    ]


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("opened", "Ana deelt dit “Bouw mee”"),
        ("copied", "Ana deelt dit “Bouw mee”"),
        ("sheet", "Ana deelt dit “Bouw mee”"),
        ("confirmed", "Dankjewel, Ana! Voor het delen van “Bouw mee”."),
        ("posted", "Dankjewel, Ana! Voor het delen van “Bouw mee”."),
        ("seen", "Dankjewel, Ana! Voor het delen van “Bouw mee”."),
    ],
)
def test_the_words_say_no_more_than_is_known(client: Client, db: Database, state: str, sentence: str) -> None:
    screen(db)
    with db.writing() as session:
        ana = make.person(session, "Ana Dekker", wall_name=True)
        make.share(session, by=ana, on=make.item(session, title="Bouw mee"), state=state)
    assert notes(client)[0] == sentence


def test_somebody_who_left_and_what_was_withdrawn_are_not_mentioned(client: Client, db: Database) -> None:
    screen(db)
    with db.writing() as session:
        campaign = make.campaign(session)
        ana = make.person(session, "Ana Dekker", wall_name=True)
        make.share(session, by=ana, on=make.item(session, campaign, title="Bouw mee"))
        make.share(session, by=ana, on=make.item(session, campaign, title="Teruggetrokken", state="recalled"))
    assert [note for note in notes(client) if "Ana" in note] == ["Dankjewel, Ana! Voor het delen van “Bouw mee”."]
    with db.writing() as session:
        session.get_one(Person, ana.id).deactivated_at = clock.now()
        activity.record(session, "board_changed")
    assert [note for note in notes(client) if "Ana" in note] == []


def test_the_board_shows_the_top_to_colleagues_while_it_is_on(client: Client, db: Database) -> None:
    row = screen(db)
    with db.writing() as session:
        item = make.item(session)
        for number in range(8):
            person = make.team(session, f"Team {number}", 5)[0]
            for _visit in range(number):
                make.click(session, make.link(session, by=person, on=item))
    side = told(client)["side"]
    assert re.findall(r'class="team">([^<]+)</span><b>([^<]+)', side) == [
        ("Team 7", "4,2"),
        ("Team 6", "3,6"),
        ("Team 5", "3,0"),
    ]
    with db.writing() as session:
        session.get_one(Screen, row.id).audience = "public"
    assert "Team 7" not in told(client)["side"]
    with db.writing() as session:
        session.get_one(Screen, row.id).audience = "staff"
        session.get_one(Organisation, 1).leaderboard_on = False
        activity.record(session, "board_changed")
    assert "Team 7" not in told(client)["side"]


def test_milestones_and_the_goal_are_told(client: Client, db: Database) -> None:
    screen(db)
    with db.writing() as session:
        campaign = make.campaign(session, goal_measure="visits", goal_number=1500)
        item = make.item(session, campaign, title="Bouw mee")
        link = make.link(session, by=make.person(session), on=item)
        for verdict in ("human", "human", "bot"):
            make.click(session, link, verdict=verdict, campaign_id=campaign.id)
        activity.record(session, "milestone", item_id=item.id, people=10)
        activity.record(session, "milestone", item_id=item.id, people=25)
    assert notes(client) == [
        "25 mensen kwamen kijken! Bij “Bouw mee”. Dankzij jullie allemaal.",
        "Werken in de huizenfabriek Tot nu toe kwamen 2 mensen kijken. Ons doel: 1.500.",
    ]


def test_unchanged_slides_are_answered_with_304_and_every_change_is_told(
    client: Client, db: Database, bram: Client
) -> None:
    screen(db)
    with db.writing() as session:
        item = make.item(session, title="Bouw mee")
        ana = make.person(session, "Ana Dekker", wall_name=True)
    etags = [client.get(f"{ADDRESS}/slides").headers["etag"]]

    def changed() -> bool:
        answer = client.get(f"{ADDRESS}/slides", headers={"if-none-match": etags[-1]})
        etags.append(answer.headers["etag"])
        return answer.status_code == 200

    assert not changed()
    with db.writing() as session:
        make.share(session, by=ana, on=session.get_one(Item, item.id))
        activity.record(session, "shared", item_id=item.id)
    assert changed()
    with db.writing() as session:
        activity.record(session, "milestone", item_id=item.id, people=10)
    assert changed()
    assert not changed()
    with db.writing() as session:
        recall.take_back(session, get_item(session, item.id), by=session.get_one(Person, bram.person.id), note="Fout")
    assert changed()
    page = client.get(ADDRESS).text
    assert "Bouw mee" not in page
    assert len(set(etags)) == 4


def test_the_qr_code_leads_to_the_item_and_on_a_public_screen_to_the_page_itself(db: Database, app: object) -> None:
    with db.writing() as session:
        item = make.item(session)
    with db.reading() as session:
        loaded = get_item(session, item.id)
        addresses = [walls.target(loaded, audience) for audience in ("staff", "public")]
        loaded.target_url = "https://noorderhout.example/" + "x" * 400
        too_long = walls.target(loaded, "public")
        session.expunge_all()
    share_page = f"http://localhost:8000/items/{item.id}?from=screen"
    assert addresses == [share_page, "https://noorderhout.example/werken/timmerman"]
    assert too_long == share_page


@pytest.mark.parametrize(
    "title",
    ["</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "x\n\nevent: admin\ndata: x"],
)
def test_hostile_titles_stay_text(client: Client, db: Database, title: str) -> None:
    screen(db)
    with db.writing() as session:
        make.share(
            session, by=make.person(session, wall_name=True, name="<b>Ana</b> X"), on=make.item(session, title=title)
        )
    answer = client.get(f"{ADDRESS}/slides")
    shown = answer.json()
    everything = client.get(ADDRESS).text + shown["side"] + "".join(slide["html"] for slide in shown["slides"])
    assert [bad in everything for bad in ("<script>alert", "<img src=x", "<b>Ana</b>")] == [False] * 3
    assert len(answer.content.splitlines()) == 1


@pytest.mark.once
def test_a_player_that_finds_trouble_comes_back_by_itself_also_in_a_frame(
    app: Starlette, chosen: settings.Settings
) -> None:
    """The database is away; or we made a mistake."""

    def mistaken(request: object) -> Response:
        raise KeyError

    gone = f"sqlite:///{chosen.data_dir / 'gone' / 'portal.db'}"
    away = create_app(replace(chosen, database_url=gone, screen_frames=("https://cms.example",)), background=False)
    away.router.routes[:0] = [Route(path, mistaken) for path in ("/screen/mistaken", "/mistaken")]
    try:
        client = Client(away, raise_errors=False)
        paths = (ADDRESS, f"{ADDRESS}/slides", "/screen/mistaken", "/mistaken", "/screens")
        answers = [client.get(path) for path in paths]
    finally:
        settings.put_in_force(chosen)
    found = [(each.status_code, each.headers.get("refresh"), frames(each)) for each in answers]
    in_frames, nowhere = ("15", "https://cms.example"), (None, "'none'")
    assert found == [(503, *in_frames)] * 2 + [(500, *in_frames), (500, *nowhere), (503, *nowhere)]
    assert {each.headers["x-content-type-options"] for each in answers} == {"nosniff"}


def frames(answer: Response) -> str:
    return answer.headers["content-security-policy"].partition("frame-ancestors ")[2]


def test_nobody_may_put_a_wall_in_a_frame(client: Client, db: Database) -> None:
    screen(db)
    assert "frame-ancestors 'none'" in client.get(ADDRESS).headers["content-security-policy"]


@pytest.mark.parametrize(
    ("title", "size"),
    [
        ("Bouw mee aan een huis per dag", "huge"),
        ("Zo blijft je houten huis in de winter warm", "large"),
        ("Werkvoorbereider in Gent", "large"),
        ("Kom kijken op zaterdag in de vernieuwde montagehal van onze fabriek in Zwolle", "middle"),
        ("Arbeidsongeschiktheidsverzekering uitgelegd", "small"),
        ("", "huge"),
    ],
)
def test_a_title_is_set_as_large_as_it_fits(title: str, size: str) -> None:
    assert reading.size(title) == size


def test_a_message_is_at_most_twenty_five_words(client: Client, db: Database) -> None:
    screen(db)
    with db.writing() as session:
        campaign = make.campaign(session)
        for title, summary in (
            ("Kort", "Een zin van tien woorden die hier heel goed past. En " + "nog " * 40 + "meer."),
            ("Kort", "woord " * 60),
            ("woord " * 60, "Niets."),
            ("w" * 390, "Niets."),
        ):
            make.item(session, campaign, title=title.strip(), place="Zwolle").texts[0].summary = summary
    for slide in told(client)["slides"]:
        message = words(slide["html"]).replace("·", "").split(" Scan en deel")[0].split()
        assert len(message) <= reading.MOST_WORDS
    assert reading.whole("Een twee drie. Vier vijf zes. Zeven.", 6) == "Een twee drie. Vier vijf zes."
    assert reading.whole("Een twee drie, vier vijf", 4) == ""
    assert reading.whole("Een. Twee.", 3) == ""
    assert reading.cut("Huis in een dag: kom kijken naar de hal", 6) == "Huis in een dag"
    assert reading.cut("Een twee drie, vier vijf", 3) == "Een twee drie…"


@pytest.mark.parametrize("accent", ["#14493a", "#ffffff", "#000000", "#ff6600", "#ffe600", "#0057ff", "#e5007d"])
def test_text_reads_from_afar_on_every_accent(accent: str) -> None:
    values = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", colours.css(accent)))
    for text in ("paper", "soft", "spark"):
        assert contrast(values[text], values["ground"]) >= 7
    for text in ("ink", "ink-soft"):
        assert contrast(values[text], values["card"]) >= 7
    assert contrast(values["bar"], values["card"]) >= 3


def test_the_wall_waits_for_nothing_that_old_players_lack() -> None:
    """Chromium 79 is the oldest player we promise; what it cannot parse would leave it blank."""
    script = data("static", "js", "wall.js").read_text()
    assert [word for word in ("?.", "??", "async ", "await ", "...", "#private", "import ") if word in script] == []
    style = re.sub(r"/\*.*?\*/", "", data("static", "css", "wall.css").read_text(), flags=re.S)
    modern = (
        ":has(",
        ":is(",
        ":where(",
        "inset:",
        "aspect-ratio",
        "gap:",
        "@layer",
        "@container",
        "dvh",
        "color-mix",
    )
    style = style.replace("(max-aspect-ratio:", "")  # what a query may ask is far older than the property
    assert [word for word in modern if word in style] == []


@pytest.mark.parametrize(
    ("audience", "leads_to"),
    [
        ("staff", "http://localhost:8000/items/{item}?from=screen"),
        (
            "public",
            "https://noorderhout.example/werken/timmerman?utm_source=screen&utm_medium=office-screen"
            "&utm_campaign={campaign}&utm_content={slug}",
        ),
    ],
)
def test_a_scan_goes_through_the_screen_s_own_link_and_is_counted_for_it_alone(
    app: Starlette, client: Client, ana: Client, db: Database, audience: str, leads_to: str
) -> None:
    row = screen(db, audience=audience)
    with db.writing() as session:
        item = make.item(session, make.campaign(session, slug="bouw"))
    drawn = re.findall(r'src="(qr/[^"]+)"', told(client)["slides"][0]["html"])
    assert drawn == [f"qr/{item.id}.svg"]
    assert f'<base href="{ADDRESS}/">' in client.get(ADDRESS).text
    answer = client.get(f"{ADDRESS}/{drawn[0]}")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, max-age=31536000, immutable")
    with db.reading() as session:
        link = session.scalars(select(Link)).one()
    assert (link.kind, link.screen_id, link.item_id, link.person_id) == ("screen", row.id, item.id, None)
    assert client.get(f"{ADDRESS}/{drawn[0]}").text == answer.text
    onward = client.get(f"/r/{link.code}").headers["location"]
    assert onward == leads_to.format(item=item.id, campaign="bouw", slug=item.slug)
    make.ingest(app)
    with db.reading() as session:
        assert {
            screen_id: each.ledger.total for screen_id, each in figures.by(session, figures.by_screen()).items()
        } == {row.id: 1}
    if audience == "staff":
        here = onward.removeprefix("http://localhost:8000")
        assert client.get(here).headers["location"] == f"/sign-in?next=/items/{item.id}%3Ffrom%3Dscreen"
        assert ana.get(here).status_code == 200


def test_a_link_follows_its_screen_to_another_audience_and_a_code_ends_with_its_item(
    client: Client, bram: Client, db: Database
) -> None:
    row = screen(db)
    with db.writing() as session:
        item = make.item(session)
    client.get(ADDRESS)
    with db.reading() as session:
        code = session.scalars(select(Link.code)).one()
    assert client.get(f"/r/{code}").headers["location"].endswith("?from=screen")
    with db.writing() as session:
        session.get_one(Screen, row.id).audience = "public"
        activity.record(session, "screen_changed", screen_id=row.id)
    assert client.get(f"/r/{code}").headers["location"].startswith("https://noorderhout.example/")
    with db.writing() as session:
        recall.take_back(session, get_item(session, item.id), by=session.get_one(Person, bram.person.id), note="Fout")
    assert client.get(f"{ADDRESS}/qr/{item.id}.svg").status_code == 404
    assert client.get(f"{ADDRESS}/qr/{10**12}.svg").status_code == 404
    assert client.get(f"/screen/{'z' * 43}/qr/{item.id}.svg").status_code == 404
