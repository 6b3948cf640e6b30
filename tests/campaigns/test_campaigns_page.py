"""Campaigns: the list, a new one, a changed one."""

from collections import Counter
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from portal import clock
from portal.activity import Activity
from portal.campaigns import labels, lists, queries
from portal.campaigns.models import Campaign
from portal.database import Database
from tests import make
from tests.asked import cost
from tests.campaigns.forms import campaign_form
from tests.client import Client


def only(db: Database) -> Campaign:
    with db.reading() as session:
        return queries.get_campaign(session, session.scalars(select(Campaign.id)).one())


def test_an_empty_list_shows_how_to_begin(bram: Client) -> None:
    page = bram.get("/campaigns").text

    assert "Je eerste campagne begint hier" in page
    assert 'href="/campaigns/new"' in page


def test_running_ones_come_first_with_their_items_counted(db: Database, bram: Client) -> None:
    today, day = clock.today(), timedelta(days=1)
    with db.writing() as session:
        past = make.campaign(session, starts_on=today - 9 * day, ends_on=today - day)
        later = make.campaign(session, starts_on=today + 2 * day)
        coming = make.campaign(session, starts_on=today + day)
        running = make.campaign(session)
        make.item(session, running)
        make.item(session, running, state="in_review")
        make.item(session, running, state="draft")
        make.item(session, running, state="draft")

    with db.reading() as session:
        cards = lists.campaign_list(session, today).cards
    page = bram.get("/campaigns").text

    assert [(card.campaign.id, card.phase, card.total) for card in cards] == [
        (running.id, "running", 4),
        (coming.id, "coming", 0),
        (later.id, "coming", 0),
        (past.id, "past", 0),
    ]
    assert cards[0].counts == {"live": 1, "in_review": 1, "draft": 2}
    assert page.index(f'id="campaign-{running.id}"') < page.index(f'id="campaign-{past.id}"')
    assert "2 concepten" in page
    assert "1 item wacht op goedkeuring" in page


def test_the_list_comes_in_pages_and_by_phase(db: Database, bram: Client) -> None:
    today, day = clock.today(), timedelta(days=1)
    with db.writing() as session:
        for _ in range(lists.CAMPAIGNS_SHOWN + 2):
            make.campaign(session)
        past = make.campaign(session, starts_on=today - 9 * day, ends_on=today - day)

    first, last, over = (bram.get(f"/campaigns{query}").text for query in ("", "?page=99", "?show=past"))

    assert [page.count("campaign-card ") for page in (first, last, over)] == [lists.CAMPAIGNS_SHOWN, 3, 1]
    assert "1–12 van 15" in first
    assert "13–15 van 15" in last
    assert f'id="campaign-{past.id}"' in over


def test_a_campaign_s_items_come_in_pages_and_by_state(db: Database, bram: Client) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        for _ in range(lists.ITEMS_SHOWN + 1):
            make.item(session, campaign)
        draft = make.item(session, campaign, state="draft")
    path = f"/campaigns/{campaign.id}"

    first, last, drafts = (bram.get(f"{path}{query}").text for query in ("", "?page=2", "?state=draft&page=7"))

    assert [page.count("item-row") for page in (first, last, drafts)] == [lists.ITEMS_SHOWN, 2, 1]
    assert f'id="item-{draft.id}"' in drafts
    assert "22 items om te delen" in first


def test_lists_cost_the_same_for_few_and_for_many(db: Database, bram: Client) -> None:
    day = clock.today() - timedelta(days=1)
    with db.writing() as session:
        campaign = make.campaign(session)
        for state in ("in_review", "draft", "approved"):
            make.item(session, campaign, state=state)
    paths = ["/campaigns", f"/campaigns/{campaign.id}"]
    paths += [f"/calendar?{period}" for period in (f"month={day:%Y-%m}", f"week={day:%G-W%V}", f"day={day}")]
    few = [cost(bram, path, db) for path in paths]
    with db.writing() as session:
        for _ in range(15):
            other = make.campaign(session)
            for state in ("in_review", "draft", "approved"):
                make.item(session, other, state=state)
                make.item(session, campaign, state=state)

    assert [cost(bram, path, db) for path in paths] == few


def test_what_waits_is_shown_in_part_when_it_is_much(db: Database, bram: Client) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        for _ in range(lists.WAITING_SHOWN + 3):
            make.item(session, campaign, state="in_review")

    page = bram.get("/campaigns").text

    assert page.count('<article class="card waiting"') == lists.WAITING_SHOWN
    assert "11 items wachten op goedkeuring" in page
    assert "dan komen de volgende in beeld" in page


def test_a_new_campaign(db: Database, bram: Client) -> None:
    answer = bram.post("/campaigns", data=campaign_form(title_en="Work here"))

    campaign = only(db)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/campaigns/{campaign.id}"
    assert (campaign.slug, campaign.goal_number) == ("werken-in-de-huizenfabriek", 12)
    assert {text.language: text.title for text in campaign.texts} == {
        "nl": "Werken in de huizenfabriek",
        "en": "Work here",
    }
    assert "12 sollicitaties" in bram.follow(answer).text


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"title_nl": "", "summary_nl": "", "banner_nl": ""}, "Geef de campagne een naam"),
        ({"title_nl": ""}, "Geef de campagne een naam"),
        ({"title_nl": "x" * 121}, "Dit zijn 121 tekens; er passen er hooguit 120."),
        ({"banner_nl": "x" * 43}, "Dit zijn 43 tekens; er passen er hooguit 42."),
        ({"summary_en": "Alone"}, "Schrijf ook een Engelse titel"),
        ({"goal_number": "0"}, "Vul een heel getal in van 1 tot 1.000.000."),
        ({"goal_number": "veel"}, "Vul een heel getal in van 1 tot 1.000.000."),
        ({"goal_measure": "likes"}, "Kies waar deze campagne voor is."),
        ({"starts_on": ""}, "Kies de eerste dag van de campagne."),
        ({"ends_on": "morgen"}, "Deze dag kennen we niet."),
        ({"ends_on": "2020-01-01"}, "De campagne eindigt voordat ze begint"),
    ],
)
def test_each_field_says_what_is_wrong(db: Database, bram: Client, values: dict[str, str], sentence: str) -> None:
    answer = bram.post("/campaigns", data=campaign_form(title_en="") | values)

    assert answer.status_code == 422
    assert sentence in unescape(answer.text)
    with db.reading() as session:
        assert session.scalars(select(Campaign)).all() == []


def test_of_two_editors_the_second_is_told(db: Database, bram: Client, dina: Client) -> None:
    bram.post("/campaigns", data=campaign_form())
    campaign = only(db)
    path, version = f"/campaigns/{campaign.id}", str(campaign.version)
    bram.post(path, data=campaign_form(title_nl="Van Bram", version=version))

    late = dina.post(path, data=campaign_form(title_nl="Van Dina", version=version))

    assert late.status_code == 409
    assert "Van Bram" in late.text
    assert 'value="Van Dina"' in late.text
    assert only(db).text("nl").title == "Van Bram"


def test_a_shorter_period_takes_its_items_off_the_feed(db: Database, bram: Client) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        item = make.item(session, campaign, announced=True)
    yesterday = (clock.today() - timedelta(days=1)).isoformat()

    bram.post(
        f"/campaigns/{campaign.id}",
        data=campaign_form(starts_on=(clock.today() - timedelta(days=7)).isoformat(), ends_on=yesterday, version="1"),
    )

    with db.reading() as session:
        assert queries.live_items(session) == []
        kinds = session.execute(select(Activity.kind, Activity.item_id).order_by(Activity.id)).all()
    assert [tuple(row) for row in kinds] == [("campaign_changed", None), ("item_ended", item.id)]


def test_a_hostile_name_is_only_text(db: Database, bram: Client) -> None:
    hostile = '"><script>alert(1)</script>'
    bram.post("/campaigns", data=campaign_form(title_nl=hostile, banner_nl="<b>"))
    campaign = only(db)

    for path in ("/campaigns", f"/campaigns/{campaign.id}", f"/campaigns/{campaign.id}/edit"):
        page = bram.get(path).text
        assert "<script>alert" not in page
        assert hostile in unescape(page)


def test_items_are_counted_in_the_words_of_their_own_state(db: Database, bram: Client) -> None:
    now, day = clock.now(), timedelta(days=1)
    with db.writing() as session:
        running = make.campaign(session)
        coming = make.campaign(session, starts_on=clock.today() + day)
        over = make.campaign(session, ends_on=clock.today() - day)
        archived = make.campaign(session, archived_at=now - day)
        for campaign in (running, coming, over, archived):
            for times in (
                {},
                {"publish_at": now + day},
                {"publish_at": now - day, "ends_at": now - timedelta(hours=1)},
            ):
                make.item(session, campaign, **times)
            for state in ("draft", "in_review", "recalled"):
                make.item(session, campaign, state=state)
        campaigns = [queries.get_campaign(session, each.id) for each in (running, coming, over, archived)]

    with db.reading() as session:
        for campaign in campaigns:
            found = lists.item_list(session, campaign)
            each = Counter(queries.standing(item, campaign) for item in found.items)
            assert found.by_standing == each
            assert {key: len(lists.item_list(session, campaign, standing=key).items) for key in each} == each
    assert [label for label, _kind in labels.counted(found.by_standing)] == [
        "1 wacht op goedkeuring",
        "1 concept",
        "3 afgelopen",
        "1 teruggehaald",
    ]
    card = bram.get("/campaigns").text.partition(f'id="campaign-{running.id}"')[2].partition("</article>")[0]
    for words in ("1 op de feed", "1 gepland", "1 afgelopen", "1 wacht op goedkeuring"):
        assert words in card
    page = bram.get(f"/campaigns/{running.id}?state=live").text
    assert (page.count("item-row"), '<span class="chip ok">Op de feed</span>' in page) == (1, True)
