"""Tags on addresses: a campaign's own, with safe placeholders, and nobody's name in them."""

from html import unescape

import pytest
from sqlalchemy import select, update

from portal import i18n
from portal.campaigns import tags
from portal.campaigns.models import Campaign
from portal.database import Database
from tests import make
from tests.campaigns.forms import campaign_form
from tests.client import Client

PEOPLE = [
    ("Ana Dekker", "a.dekker@noorderhout.example"),
    ("Cleo van den Berghe", "cleo@noorderhout.example"),
    ("Dina Yılmaz", "dyilmaz77@noorderhout.example"),
    ("Jean-Pierre O’Brien", ""),
    ("Li", "li@noorderhout.example"),
]
VALUES = {"network": "linkedin", "campaign": "Winterklaar: nu!", "item": "timmerman", "kind": "employee-advocacy"}


@pytest.mark.once
@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (
            "",
            [
                ("utm_source", "linkedin"),
                ("utm_medium", "employee-advocacy"),
                ("utm_campaign", "winterklaar-nu"),
                ("utm_content", "timmerman"),
            ],
        ),
        (
            "mtm_campaign=nl-{campaign}&mtm_kwd={item}.{network}",
            [("mtm_campaign", "nl-winterklaar-nu"), ("mtm_kwd", "timmerman.linkedin")],
        ),
        ("utm_source=Collegas", [("utm_source", "Collegas")]),
    ],
)
def test_placeholders_are_filled_in(template: str, expected: list[tuple[str, str]]) -> None:
    assert tags.problem(template) is None
    assert tags.filled(template, **VALUES) == expected


@pytest.mark.once
def test_what_has_nothing_to_say_is_left_out() -> None:
    nothing = VALUES | {"campaign": "", "item": "…"}
    assert tags.filled("a={campaign}&b=x-{item}&c={network}", **nothing) == [("b", "x"), ("c", "linkedin")]


@pytest.mark.once
@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("utm_source", "“utm_source” is not one."),
        ("utm_source=", "“utm_source=” is not one."),
        ("=x", "“=x” is not one."),
        ("a=1&&b=2", "“” is not one."),
        ("utm source=x", "“utm source=x” is not one."),
        ("utm_source=x&UTM_SOURCE=y", "“UTM_SOURCE” is here twice."),
        ("utm_term={person}", "We do not know {person}."),
        ("utm_term={name}", "We do not know {name}."),
        ("utm_term={}", "We do not know {}."),
        ("utm_term={network.name}", "We do not know {network.name}."),
        ("utm_term={network!r}", "We do not know {network!r}."),
        ("utm_term={network", "“{network”"),
        ("utm_term=two words", "“two words”"),
        ("utm_term=a%20b", "“a%20b”"),
        ("utm_term=a#b", "“a#b”"),
        ("utm_term=<b>", "“<b>”"),
        ("utm_term=ana@noorderhout.example", "There is a mail address in these tags."),
        ("utm_term=ana%40noorderhout.example", "There is a mail address in these tags."),
        ("a=" + "x" * 500, "These tags are too long: at most 500 characters."),
    ],
)
def test_what_cannot_be_tags(template: str, sentence: str) -> None:
    i18n.language.set("en")
    found = tags.problem(template)
    assert found is not None
    assert sentence in found


@pytest.mark.once
@pytest.mark.parametrize(
    ("template", "who"),
    [
        ("utm_term=ana-dekker", "Ana Dekker"),
        ("utm_term=AnaDekker", "Ana Dekker"),
        ("utm_term=dekker.ana", "Ana Dekker"),
        ("utm_term=a-dekker", "Ana Dekker"),
        ("utm_term=adekker", "Ana Dekker"),
        ("utm_term=ana", "Ana Dekker"),
        ("utm_term=x-ana-dekker-{network}", "Ana Dekker"),
        ("utm_term={network}-cleo", "Cleo van den Berghe"),
        ("utm_term=van-den-berghe", "Cleo van den Berghe"),
        ("utm_term=dyilmaz77", "Dina Yılmaz"),
        ("utm_source=x&utm_id=jean-pierre", "Jean-Pierre O’Brien"),
        ("utm_term=li", "Li"),
        ("utm_source=newsletter", None),
        ("utm_source=van-den", None),
        ("utm_campaign=panama", None),
        ("utm_campaign={campaign}-winter", None),
        ("utm_source=linkedin&utm_medium={kind}", None),
        ("", None),
    ],
)
def test_no_colleague_is_named(template: str, who: str | None) -> None:
    assert tags.named_in(template, PEOPLE) == who


def test_a_campaign_keeps_its_tags(db: Database, bram: Client) -> None:
    wanted = {"utm_template": "utm_source={network}&utm_campaign=x-{campaign}", "utm_overwrites": "yes"}
    answer = bram.post("/campaigns", data=campaign_form(**wanted))
    assert answer.status_code == 303
    with db.reading() as session:
        row = session.scalars(select(Campaign)).one()
    page = unescape(bram.get(f"/campaigns/{row.id}/edit").text)
    assert (row.utm_template, row.utm_overwrites) == (wanted["utm_template"], True)
    assert 'value="utm_source={network}&utm_campaign=x-{campaign}"' in page
    assert 'name="utm_overwrites" type="checkbox" value="yes" checked' in page


def test_the_usual_tags_are_shown_and_not_stored(db: Database, bram: Client) -> None:
    bram.post("/campaigns", data=campaign_form())
    with db.reading() as session:
        row = session.scalars(select(Campaign)).one()
    page = unescape(bram.get(f"/campaigns/{row.id}/edit").text)
    assert (row.utm_template, row.utm_overwrites) == ("", False)
    assert f'placeholder="{tags.USUAL}"' in page


def test_a_colleague_s_name_is_refused_with_what_was_typed_kept(db: Database, ana: Client, bram: Client) -> None:
    answer = bram.post("/campaigns", data=campaign_form(utm_template="utm_term=ana-dekker"))
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert "“Ana Dekker” is een collega." in page
    assert 'value="utm_term=ana-dekker"' in page
    with db.reading() as session:
        assert session.scalars(select(Campaign)).all() == []


def test_changed_tags_hold_for_the_very_next_click(db: Database, bram: Client, client: Client) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        link = make.link(session, by=make.person(session), on=make.item(session, campaign, slug="timmerman"))
    assert "utm_source=linkedin" in client.get(f"/r/{link.code}").headers["location"]
    answer = bram.post(
        f"/campaigns/{campaign.id}",
        data=campaign_form(version="1", utm_template="mtm_campaign={item}&mtm_source={network}"),
    )
    assert answer.status_code == 303
    assert client.get(f"/r/{link.code}").headers["location"] == (
        "https://noorderhout.example/werken/timmerman?mtm_campaign=timmerman&mtm_source=linkedin"
    )


def test_tags_of_the_target_give_way_only_when_the_campaign_says_so(db: Database, client: Client) -> None:
    target = "https://a.example/p?x=1&utm_source=site&utm_term=hout#deel"
    with db.writing() as session:
        campaign = make.campaign(session, utm_template="utm_source={network}")
        item = make.item(session, campaign, target_url=target)
        link = make.link(session, by=make.person(session), on=item)
    assert client.get(f"/r/{link.code}").headers["location"] == target
    with db.writing() as session:
        session.execute(update(Campaign).values(utm_overwrites=True))
    client.app.state.desk.forget()
    assert client.get(f"/r/{link.code}").headers["location"] == (
        "https://a.example/p?x=1&utm_term=hout&utm_source=linkedin#deel"
    )
