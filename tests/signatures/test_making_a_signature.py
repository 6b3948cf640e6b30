"""A colleague fills in a signature, sees it at once, keeps it and takes it along."""

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select, update

from portal.database import Database
from portal.links import codes
from portal.links.models import Link
from portal.people.models import Account, Organisation, Person
from portal.signatures.models import Signature
from tests import make
from tests.client import Client

TYPED = {
    "name": "Ana Dekker",
    "function": "Servicecoördinator",
    "phone": "038 123 45 67",
    "language": "nl",
    "with_accounts": "yes",
    "with_banner": "yes",
}


def keep(browser: Client, **changed: str) -> None:
    answer = browser.post("/signature", data={**TYPED, **changed})
    assert (answer.status_code, answer.headers["location"]) == (303, "/signature#signature-shown")


def source(page: str) -> str:
    return unescape(area(page, "signature-source"))


def area(page: str, name: str) -> str:
    found = re.search(rf'<textarea[^>]* id="{name}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    return found.group(1)


def code_of(db: Database, person: Person) -> str:
    with db.reading() as session:
        return session.scalars(select(Link.code).where(Link.person_id == person.id)).one()


def add_account(db: Database, person: Person, **values: str) -> None:
    defaults = {
        "network": "facebook",
        "url": "https://facebook.example/service",
        "name": "Noorderhout Service",
    }
    with db.writing() as session:
        session.add(Account(department_id=person.department_id, **defaults | values))


def test_the_form_begins_with_what_is_known_of_the_person(ana: Client, db: Database) -> None:
    with db.writing() as session:
        person = session.get_one(Person, ana.person.id)
        person.function, person.phone = "Servicecoördinator", "038 123 45 67"
    page = ana.get("/signature").text
    values = dict(re.findall(r'<input class="input" [^>]*name="(\w+)"[^>]* value="([^"]*)"', page))
    assert values == {"name": "Ana Dekker", "function": "Servicecoördinator", "phone": "038 123 45 67"}
    assert "Sla hem eerst op" in page
    assert "signature-source" not in page


def test_looking_at_the_page_mints_nothing(ana: Client, db: Database) -> None:
    ana.get("/signature")
    ana.get("/signature/draft?" + urlencode(TYPED), headers={"HX-Request": "true"})
    ana.get("/signature/preview?" + urlencode(TYPED))
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Link)) == 0


def test_keeping_it_stores_a_row_and_mints_one_link_for_ever(ana: Client, db: Database) -> None:
    keep(ana)
    first = code_of(db, ana.person)
    keep(ana, phone="038 765 43 21", with_accounts="")
    with db.reading() as session:
        row = session.scalars(select(Signature)).one()
    assert (row.person_id, row.name, row.function, row.phone) == (
        ana.person.id,
        "Ana Dekker",
        "Servicecoördinator",
        "038 765 43 21",
    )
    assert (row.language, row.with_accounts, row.with_banner) == ("nl", False, True)
    assert code_of(db, ana.person) == first


def test_the_kept_signature_can_be_copied(ana: Client, db: Database) -> None:
    add_account(db, ana.person)
    keep(ana)
    page = ana.get("/signature").text
    code = code_of(db, ana.person)
    html = source(page)
    assert f'<a href="http://localhost:8000/b/{code}"' in html
    assert (
        f'<img src="http://localhost:8000/b/{code}.png" width="480" height="96" '
        'alt="Bekijk wat er nieuw is bij Noorderhout"' in html
    )
    assert '<a href="https://facebook.example/service"' in html
    assert '<a href="tel:0381234567"' in html
    assert unescape(area(page, "signature-plain")) == (
        "Ana Dekker\n"
        "Servicecoördinator · Service\n"
        "Noorderhout · 038 123 45 67\n"
        "https://noorderhout.example\n"
        "Noorderhout Service: https://facebook.example/service\n"
        "\n"
        f"Bekijk wat er nieuw is bij Noorderhout: http://localhost:8000/b/{code}"
    )


def test_mail_programs_get_tables_and_inline_styles_only(ana: Client, db: Database) -> None:
    add_account(db, ana.person)
    keep(ana)
    seen = Elements(source(ana.get("/signature").text))
    assert {tag for tag, _ in seen.found} == {"table", "tr", "td", "span", "b", "br", "a", "img"}
    tables = [attributes for tag, attributes in seen.found if tag == "table"]
    assert [(t["cellpadding"], t["cellspacing"], t["border"], t["role"]) for t in tables] == [
        ("0", "0", "0", "presentation")
    ]
    names = {name for _, attributes in seen.found for name in attributes}
    assert names.isdisjoint({"class", "id", "onclick"})
    styles = " ".join(attributes.get("style") or "" for _, attributes in seen.found)
    assert re.findall(r"font-size:(\d+)px", styles) == ["1", "1"]  # the spacers; letters are in points
    assert re.findall(r"flex|float|background-image|border-radius|url\(", styles) == []


def test_without_banner_and_accounts_neither_stands_in_it(ana: Client, db: Database) -> None:
    add_account(db, ana.person)
    keep(ana, with_banner="", with_accounts="")
    page = ana.get("/signature").text
    assert "/b/" not in source(page) + area(page, "signature-plain")
    assert "facebook" not in source(page) + area(page, "signature-plain")


def test_two_accounts_of_one_name_say_their_network(ana: Client, db: Database) -> None:
    add_account(db, ana.person, name="Noorderhout")
    add_account(db, ana.person, name="Noorderhout", network="linkedin", url="https://linkedin.example/noorderhout")
    keep(ana)
    html = source(ana.get("/signature").text)
    assert re.findall(r">(Noorderhout \(\w+\))</a>", html) == [
        "Noorderhout (Facebook)",
        "Noorderhout (LinkedIn)",
    ]


def test_it_speaks_its_own_language_whatever_the_page_speaks(cleo: Client, ana: Client) -> None:
    keep(cleo, language="nl")
    page = cleo.get("/signature").text
    assert 'alt="Bekijk wat er nieuw is bij Noorderhout"' in source(page)
    assert "Save my signature" in page
    keep(ana, language="en")
    page = ana.get("/signature").text
    assert 'alt="See what is new at Noorderhout"' in source(page)
    assert "Handtekening opslaan" in page


def test_the_preview_shows_what_is_typed_and_not_what_is_kept(ana: Client) -> None:
    keep(ana)
    answer = ana.get("/signature/draft?" + urlencode({**TYPED, "name": "Ana D."}), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.text.strip().startswith('<section class="signature-shown" id="signature-shown"')
    assert "Sla hem eerst op" in answer.text
    frame = unescape(re.findall(r'<iframe [^>]*src="([^"]+)"', answer.text)[0])
    preview = ana.get(frame).text
    assert ">Ana D.</span>" in preview
    assert 'src="/signature/banner.png?language=nl"' in preview
    back = ana.get("/signature/draft?" + urlencode(TYPED), headers={"HX-Request": "true"})
    assert "signature-source" in back.text


def test_without_scripts_the_preview_is_a_page_with_what_was_typed(ana: Client) -> None:
    page = ana.get("/signature?" + urlencode({**TYPED, "name": "Ana D."})).text
    assert 'value="Ana D."' in page
    plain = ana.get("/signature/draft?" + urlencode({**TYPED, "name": "Ana D."}))
    assert plain.status_code == 303
    assert 'value="Ana D."' in ana.follow(plain).text


def test_the_preview_is_sandboxed_and_only_ours_to_frame(ana: Client, client: Client) -> None:
    page = ana.get("/signature")
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    preview = ana.get("/signature/preview")
    assert preview.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' http://localhost:8000; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
        "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
    )
    assert "<script" not in preview.text
    assert client.get("/signature/preview").status_code == 303


HOSTILE = {
    "name": '"><script>alert(1)</script>',
    "function": "<b onclick=x>Baas</b> {{ config }} {% import os %}",
    "phone": '"><img src=x>',
}


def test_hostile_fields_are_shown_as_the_text_they_are(ana: Client) -> None:
    keep(ana, **HOSTILE)
    page = ana.get("/signature").text
    expected = {"table", "tr", "td", "span", "b", "br", "a", "img"}
    for html in (source(page), ana.get("/signature/preview").text.partition("<body>")[2]):
        seen = Elements(html)
        assert {tag for tag, _ in seen.found} == expected
        assert [attributes for tag, attributes in seen.found if "onclick" in attributes] == []
        assert '"><script>alert(1)</script>' in seen.words
        assert "<b onclick=x>Baas</b> {{ config }} {% import os %}" in seen.words
        assert '"><img src=x>' in seen.words
    assert "<script>alert" not in page
    assert "<img src=x>" not in page


def test_an_account_that_is_no_web_address_is_left_out(ana: Client, db: Database) -> None:
    add_account(db, ana.person, url="javascript:alert(1)", name="Trap")
    keep(ana)
    assert "Trap" not in ana.get("/signature").text


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": "  "}, "Een handtekening begint met je naam."),
        ({"name": "a" * 121}, "121"),
        ({"function": "a" * 161}, "161"),
        ({"phone": "1" * 61}, "61"),
        ({"language": "fr"}, "Kies Nederlands of Engels."),
    ],
)
def test_what_cannot_stay_is_named_and_nothing_is_lost(
    ana: Client, db: Database, changed: dict[str, str], sentence: str
) -> None:
    answer = ana.post("/signature", data={**TYPED, "function": "Servicecoördinator", **changed})
    field = next(iter(changed))
    assert answer.status_code == 422
    error = re.findall(rf'id="field-{field}-error">.*?<span>(.*?)</span>', answer.text, re.DOTALL)
    assert len(error) == 1
    assert sentence in error[0]
    assert field == "name" or 'value="Ana Dekker"' in answer.text
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Signature)) == 0
        assert session.scalar(select(func.count()).select_from(Link)) == 0


def test_invisible_characters_are_refused(ana: Client) -> None:
    assert ana.post("/signature", data={**TYPED, "name": "Ana\x00"}).status_code == 422
    assert ana.get("/signature?name=Ana%00").status_code == 422
    assert ana.get("/signature/preview?name=Ana%0aDekker").status_code == 422


def test_a_long_signature_is_warned_about_and_one_too_long_for_gmail_refused(ana: Client, db: Database) -> None:
    for number in range(12):
        add_account(db, ana.person, url=f"https://facebook.example/{number}?{'x' * 450}", name=f"Team {number}")
    keep(ana)
    assert "bijna zo lang als Gmail aankan" in ana.get("/signature").text
    for number in range(12, 16):
        add_account(db, ana.person, url=f"https://facebook.example/{number}?{'x' * 450}", name=f"Team {number}")
    answer = ana.post("/signature", data=TYPED)
    assert answer.status_code == 422
    assert "Gmail neemt er hooguit 10.000" in answer.text
    assert "signature-source" not in answer.text
    keep(ana, with_accounts="")


def test_the_file_for_outlook_is_a_whole_document(ana: Client, db: Database) -> None:
    nothing_kept = ana.get("/signature.htm")
    assert (nothing_kept.status_code, nothing_kept.headers["location"]) == (303, "/signature")
    keep(ana)
    answer = ana.get("/signature.htm")
    assert answer.headers["content-disposition"] == 'attachment; filename="noorderhout.htm"'
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text.startswith("<!doctype html>")
    assert source(ana.get("/signature").text) in answer.text
    assert "<style" not in answer.text


def test_an_installation_without_a_website_shows_none(ana: Client, db: Database) -> None:
    with db.writing() as session:
        session.execute(update(Organisation).values(website=""))
    keep(ana, phone="toestel 12", function="")
    page = ana.get("/signature").text
    code = code_of(db, ana.person)
    assert unescape(area(page, "signature-plain")) == (
        "Ana Dekker\nService\nNoorderhout · toestel 12\n\n"
        f"Bekijk wat er nieuw is bij Noorderhout: http://localhost:8000/b/{code}"
    )
    assert "tel:" not in source(page)


def test_the_guide_has_a_place_for_every_mail_program(cleo: Client) -> None:
    guide = cleo.get("/signature").text.partition('id="guide"')[2]
    assert re.findall(r"<summary><span>(.*?)</span>", guide) == [
        "Outlook on the web and the new Outlook",
        "Classic Outlook for Windows",
        "Gmail",
        "Mail on a Mac",
        "Mail on an iPhone or iPad",
        "Thunderbird",
    ]


def test_the_form_says_what_the_banner_shows_now(ana: Client, db: Database) -> None:
    assert "Er loopt nu niets" in ana.get("/signature").text
    with db.writing() as session:
        make.item(session)
    assert "Nu: “Bouw mee”" in ana.get("/signature").text


class Elements(HTMLParser):
    """What a mail program would see: start tags with their attributes, and the words between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text.partition("</body>")[0])
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def test_my_signature_tells_me_what_it_brought(ana: Client, cleo: Client, db: Database) -> None:
    assert "via jouw mails" not in ana.get("/signature").text
    with db.writing() as session:
        link = codes.signature_link(session, person=ana.person)
        for verdict, reason in (("human", "person"), ("human", "person"), ("bot", "scanner")):
            make.click(session, link, verdict=verdict, reason=reason)
    page = ana.get("/signature").text
    assert "2 mensen kwamen kijken via jouw mails" in page
    assert "1 mailscanner" in page
    assert "via jouw mails" not in cleo.get("/signature").text
