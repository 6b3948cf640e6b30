"""An editor writes an item: what is asked, what is refused, and what two editors do at once."""

from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.campaigns import pictures, queries
from portal.campaigns.models import Campaign, Caption, Item, Picture
from portal.database import Database
from tests import make
from tests.campaigns.drawing import picture
from tests.campaigns.forms import item_form, typed_from
from tests.client import Client


@pytest.fixture
def campaign(db: Database) -> Campaign:
    with db.writing() as session:
        return make.campaign(session)


def only_item(db: Database) -> Item:
    with db.reading() as session:
        return queries.get_item(session, session.scalars(select(Item.id)).one())


def rows(db: Database, table: type) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def live_item(db: Database, **values: object) -> Item:
    with db.writing() as session:
        item = make.item(session, state="draft", **values)
        return queries.get_item(session, item.id)


def test_a_new_item_with_picture_and_captions(db: Database, bram: Client, campaign: Campaign) -> None:
    last = clock.today() + timedelta(days=10)

    answer = bram.post(
        f"/campaigns/{campaign.id}/items",
        data=item_form(picture_alt_nl="Een werkbank"),
        files={"picture": ("../../canary.png", picture(), "text/html")},
    )

    item = only_item(db)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/campaigns/items/{item.id}"
    assert (item.slug, item.state, item.kind, item.place) == (
        "timmerman-in-zwolle",
        "draft",
        "vacancy",
        "Zwolle",
    )
    assert item.publish_at == clock.start_of(clock.today())
    assert item.ends_at == clock.end_of(last)
    assert (item.created_by_id, item.changed_by_id) == (bram.person.id, bram.person.id)
    assert [(text.language, text.title, text.picture_alt) for text in item.texts] == [
        ("nl", "Timmerman in Zwolle", "Een werkbank")
    ]
    assert [(each.network, each.language, each.body) for each in item.captions] == [
        ("any", "nl", "Kun jij timmeren?"),
        ("linkedin", "nl", "Wij bouwen binnen."),
    ]
    assert item.picture is not None
    page = bram.follow(answer).text
    assert pictures.address(item.picture, "card") in page
    assert "canary" not in page


def test_written_and_sent_for_approval_at_once(db: Database, bram: Client, campaign: Campaign) -> None:
    bram.post(f"/campaigns/{campaign.id}/items", data=item_form(then="submit"))

    assert only_item(db).state == "in_review"


def test_two_items_may_have_one_title(db: Database, bram: Client, campaign: Campaign) -> None:
    for _ in range(2):
        bram.post(f"/campaigns/{campaign.id}/items", data=item_form())

    with db.reading() as session:
        slugs = session.scalars(select(Item.slug).order_by(Item.id)).all()
    assert slugs == ["timmerman-in-zwolle", "timmerman-in-zwolle-2"]


TOO_LONG = "Dit zijn {} tekens; er passen er hooguit {}."
NOT_WHOLE = "Dit is geen volledig webadres. Kopieer het uit de adresbalk: het begint met https://."
SPACES = "In een adres staan geen spaties, regeleinden of backslashes. Kopieer het nog eens."
SCHEME = "Het adres moet met https:// of http:// beginnen."
SECRET = "Laat naam en wachtwoord weg: iedereen die klikt zou ze zien."
OURS = "Dit is een adres van dit portaal zelf. Gebruik de pagina waar mensen moeten uitkomen."


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"target": ""}, "Vul het webadres in waar dit item naartoe leidt."),
        ({"target": "javascript:alert(1)"}, SCHEME),
        ({"target": "data:text/html,x"}, SCHEME),
        ({"target": "file:///x"}, SCHEME),
        ({"target": "ftp://a.example/"}, SCHEME),
        ({"target": "noorderhout.example"}, SCHEME),
        ({"target": "https:noorderhout.example"}, NOT_WHOLE),
        ({"target": "https:///path"}, NOT_WHOLE),
        ({"target": "https://[::1"}, NOT_WHOLE),
        ({"target": "https://ü..example/"}, NOT_WHOLE),
        ({"target": f"https://{'a' * 64}.example/"}, NOT_WHOLE),
        ({"target": "https://a.example:99999/"}, NOT_WHOLE),
        ({"target": "https://a.example/een twee"}, SPACES),
        ({"target": "https://a.example\\@b.example"}, SPACES),
        ({"target": "https://a.example/\u202egnp"}, SPACES),
        ({"target": "https://ana:geheim@a.example/"}, SECRET),
        ({"target": "https://ana@a.example/"}, SECRET),
        ({"target": "http://localhost:8000/r/abcdef"}, OURS),
        ({"target": "HTTP://LOCALHOST.:8000/campaigns"}, OURS),
        ({"target": "https://a.example/" + "x" * 2000}, "Dit adres is te lang: hooguit 2000 tekens."),
        ({"title_nl": "x" * 121}, TOO_LONG.format(121, 120)),
        ({"summary_nl": "x" * 301}, TOO_LONG.format(301, 300)),
        ({"title_nl": "recht\u202eomgekeerd"}, "In deze tekst zit een onzichtbaar teken."),
        (
            {"title_nl": "", "summary_nl": "", "caption_body": ["", ""]},
            "Schrijf een titel en een samenvatting",
        ),
        ({"title_nl": ""}, "Schrijf ook een Nederlandse titel, of laat het Nederlandse deel leeg."),
        ({"summary_nl": ""}, "Schrijf een zin die zegt waarom dit het delen waard is."),
        ({"title_en": "Carpenter"}, "Schrijf een zin die zegt waarom dit het delen waard is."),
        (
            {"caption_language": ["nl", "en"]},
            "Schrijf ook een Engelse titel, of laat het Engelse deel leeg.",
        ),
        ({"caption_body": ["x" * 3001, "kort"]}, TOO_LONG.format(3001, 3000)),
        (
            {"caption_network": ["any", "any"], "caption_body": ["Kom  erbij", "kom erbij"]},
            "Deze tekst staat er twee keer. Pas hem aan of haal hem weg.",
        ),
        ({"caption_network": ["any", "myspace"]}, "Kies een netwerk uit de lijst."),
        ({"kind": "advert"}, "Kies wat voor item dit is."),
        ({"publish_on": ""}, "Kies de dag waarop dit op de feed verschijnt."),
        ({"publish_on": "31-12-2026"}, "Deze dag kennen we niet."),
        ({"publish_on": "0001-01-01"}, "Deze dag ligt te ver weg. Kijk het jaar na."),
        ({"ends_on": "9999-12-31"}, "Deze dag ligt te ver weg. Kijk het jaar na."),
        ({"ends_on": ""}, "Kies de laatste dag, zodat niemand dit nog deelt als het voorbij is."),
        (
            {"ends_on": "2020-01-01"},
            "De laatste dag ligt voor de dag waarop het verschijnt: kies een latere.",
        ),
        ({"publish_on": "2090-01-01", "ends_on": "2090-01-02"}, "Dan is de campagne al voorbij"),
        ({"place": "x" * 121}, TOO_LONG.format(121, 120)),
    ],
)
def test_each_field_says_what_is_wrong_and_keeps_what_was_typed(
    db: Database, bram: Client, campaign: Campaign, values: dict[str, object], sentence: str
) -> None:
    typed = item_form(conditions_nl="Zolang de voorraad strekt.") | values

    answer = bram.post(f"/campaigns/{campaign.id}/items", data=typed)

    assert answer.status_code == 422
    shown = unescape(answer.text)
    assert sentence in shown
    assert "Zolang de voorraad strekt." in shown
    assert str(typed["target"]) in shown
    assert str(typed["title_nl"]) in shown
    assert '<p class="error"' in shown
    assert rows(db, Item) == 0


@pytest.mark.parametrize("target", ["https://a.example/\r\nSet-Cookie: s=1", "https://a.example/\x00"])
def test_a_line_break_in_an_address_is_refused(db: Database, bram: Client, campaign: Campaign, target: str) -> None:
    answer = bram.post(f"/campaigns/{campaign.id}/items", data=item_form(target=target))

    assert answer.status_code == 422
    assert rows(db, Item) == 0


def test_what_is_encoded_stays_encoded(db: Database, bram: Client, campaign: Campaign) -> None:
    target = "https://a.example/%0d%0aSet-Cookie:s=1"
    bram.post(f"/campaigns/{campaign.id}/items", data=item_form(target=target))

    assert only_item(db).target_url == target


def test_an_article_needs_no_last_day(db: Database, bram: Client, campaign: Campaign) -> None:
    bram.post(f"/campaigns/{campaign.id}/items", data=item_form(kind="article", ends_on=""))

    assert only_item(db).ends_at is None


@pytest.mark.parametrize(
    ("body", "alt", "field"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "Een huis", "field-picture-error"),
        (b"", "Een huis", "field-picture-error"),
        (picture(), "", "field-picture_alt_nl-error"),
    ],
)
def test_a_refused_form_leaves_no_picture(
    db: Database, bram: Client, campaign: Campaign, body: bytes, alt: str, field: str
) -> None:
    answer = bram.post(
        f"/campaigns/{campaign.id}/items",
        data=item_form(picture_alt_nl=alt),
        files={"picture": ("huis.png", body, "image/png")},
    )

    assert answer.status_code == 422
    assert f'id="{field}"' in answer.text
    assert "Kies je afbeelding nog een keer" in answer.text
    assert (rows(db, Picture), rows(db, Item)) == (0, 0)


def test_an_upload_beyond_the_limit_is_refused_whole(db: Database, bram: Client, campaign: Campaign) -> None:
    answer = bram.post(
        f"/campaigns/{campaign.id}/items",
        data=item_form(),
        files={"picture": ("huis.png", b"\x89PNG" + bytes(11_500_000), "image/png")},
    )

    assert answer.status_code == 413
    assert rows(db, Item) == 0


def test_a_picture_can_be_left_out_again(db: Database, bram: Client) -> None:
    with db.writing() as session:
        stored = pictures.store(session, picture())
        item = make.item(session, state="draft", picture_id=stored.id)
        item = queries.get_item(session, item.id)

    bram.post(f"/campaigns/items/{item.id}", data=typed_from(item, no_picture="yes"))

    assert only_item(db).picture is None


def test_captions_come_and_go_without_a_script(db: Database, bram: Client, campaign: Campaign) -> None:
    path = f"/campaigns/{campaign.id}/items"

    more = bram.post(path, data=item_form(then="add-caption-en"))
    less = bram.post(path, data=item_form(then="remove-caption-0"))

    assert (more.status_code, less.status_code) == (200, 200)
    assert more.text.count('name="caption_body"') == 3
    assert less.text.count('name="caption_body"') == 1
    assert "Wij bouwen binnen." in less.text
    assert "Kun jij timmeren?" not in less.text
    assert 'data-count-network="linkedin"' in less.text
    assert rows(db, Item) == 0


def test_htmx_fetches_one_more_caption(bram: Client) -> None:
    answer = bram.get("/campaigns/captions/new?language=en", headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert answer.text.count('name="caption_body"') == 1
    assert 'value="en"' in answer.text
    assert "<html" not in answer.text


def test_a_caption_that_stays_keeps_its_row(db: Database, bram: Client) -> None:
    item = live_item(db)
    kept = item.captions[0]
    form = typed_from(item)
    form["caption_body"] = [form["caption_body"][0], "Een heel nieuwe tekst", *form["caption_body"][2:]]

    bram.post(f"/campaigns/items/{item.id}", data=form)

    with db.reading() as session:
        bodies = dict(session.execute(select(Caption.id, Caption.body)).all())
    assert bodies[kept.id] == kept.body
    assert "Een heel nieuwe tekst" in bodies.values()
    assert len(bodies) == 4


def test_of_two_editors_the_second_sees_what_changed_and_loses_nothing(
    db: Database, bram: Client, dina: Client
) -> None:
    item = live_item(db)
    bram.post(f"/campaigns/items/{item.id}", data=typed_from(item, title_nl="De titel van Bram"))

    late = dina.post(
        f"/campaigns/items/{item.id}",
        data=typed_from(item, title_nl="De titel van Dina", summary_nl="En haar samenvatting."),
    )

    shown = unescape(late.text)
    assert late.status_code == 409
    assert "Bram de Wit heeft dit veranderd terwijl jij schreef." in shown
    assert "De titel van Bram" in shown
    assert 'value="De titel van Dina"' in shown
    assert "En haar samenvatting." in shown
    assert only_item(db).text("nl").title == "De titel van Bram"
    assert f'name="version" value="{item.version + 1}"' in shown

    again = dina.post(
        f"/campaigns/items/{item.id}",
        data=typed_from(item, title_nl="De titel van Dina", version=item.version + 1),
    )
    assert again.status_code == 303
    assert only_item(db).text("nl").title == "De titel van Dina"


@pytest.mark.parametrize(
    "hostile", ['"><script>alert(1)</script>', "{{ 7*7 }}", "</textarea><img src=x onerror=alert(1)>"]
)
def test_a_hostile_title_is_only_text_everywhere(
    db: Database, bram: Client, dina: Client, campaign: Campaign, hostile: str
) -> None:
    bram.post(
        f"/campaigns/{campaign.id}/items",
        data=item_form(
            title_nl=hostile,
            summary_nl=hostile,
            place=hostile,
            conditions_nl=hostile,
            caption_body=[hostile, "x"],
        ),
    )
    item = only_item(db)
    bram.post(f"/campaigns/items/{item.id}/submission", data={"version": item.version})

    for path in (
        "/campaigns",
        f"/campaigns/{campaign.id}",
        f"/campaigns/items/{item.id}",
        f"/campaigns/items/{item.id}/edit",
    ):
        page = dina.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert hostile in unescape(page)


@pytest.mark.parametrize("path", ["", "/new", "/kits", "/1", "/1/edit", "/1/items/new", "/1/kit.zip", "/items/1"])
def test_members_and_strangers_see_none_of_it(ana: Client, client: Client, path: str) -> None:
    assert ana.get(f"/campaigns{path}").status_code == 403
    assert client.get(f"/campaigns{path}").headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("path", ["/campaigns/99", "/campaigns/items/99", f"/campaigns/items/{2**70}", "/campaigns/0"])
def test_what_is_not_there(bram: Client, path: str) -> None:
    assert bram.get(path).status_code == 404


def test_first_the_kind_then_the_form(db: Database, bram: Client, campaign: Campaign) -> None:
    choose = bram.get(f"/campaigns/{campaign.id}/items/new").text
    form = bram.get(f"/campaigns/{campaign.id}/items/new?kind=event").text

    assert choose.count("?kind=") == 7
    assert '<input type="radio" name="kind" value="event" checked>' in form
