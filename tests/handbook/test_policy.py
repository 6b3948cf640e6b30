"""What we agreed on: read in a minute, changed by administrators, each version kept, and nobody shown who read it."""

from sqlalchemy import func, select

from portal import clock
from portal.database import Database
from portal.handbook import passages, policy
from portal.handbook.models import Policy, PolicyAcceptance
from portal.handbook.passages import Passage, Section
from portal.people.models import Organisation
from portal.sharing.models import Share
from tests import make
from tests.client import Client
from tests.feed import reading as pages

OURS = {"body_nl": "# Kort\n* Mag, moet niet.\n+ Zeg waar je werkt", "body_en": "# Short\n* You may."}


def keep(dina: Client, **typed: str) -> int:
    """A new version, by way of the page; its number."""
    seen = pages.attributes(dina.get("/handbook/policy"), "[name=version]", "value")[0]
    assert dina.post("/handbook/policy", data={**OURS, **typed, "version": seen}).status_code == 303
    return int(pages.attributes(dina.get("/handbook/policy"), "[name=version]", "value")[0])


def accepted(db: Database) -> list[tuple[int, int]]:
    with db.reading() as session:
        rows = session.execute(select(PolicyAcceptance.person_id, PolicyAcceptance.version))
        return sorted((row[0], row[1]) for row in rows)


def test_plain_text_is_read_into_parts() -> None:
    body = "Vooraf.\nNog iets.\n\nTweede.\n# Graag\n+ een\n\n+ twee\n- drie\n#trots is geen kop\n-5 graden\n# Leeg"
    assert passages.sections(body) == [
        Section("", [Passage("text", ["Vooraf. Nog iets."]), Passage("text", ["Tweede."])]),
        Section(
            "Graag",
            [
                Passage("do", ["een", "twee"]),
                Passage("rather_not", ["drie"]),
                Passage("text", ["#trots is geen kop -5 graden"]),
            ],
        ),
        Section("Leeg", []),
    ]


def test_the_house_s_own_words_take_a_minute(ana: Client, cleo: Client) -> None:
    for someone, headings in (
        (ana, ["In het kort", "Graag", "Liever niet", "Te snel verstuurd?", "Wat het portaal van je bewaart"]),
        (cleo, ["In short", "Please do", "Rather not", "Sent too soon?", "What the portal keeps of you"]),
    ):
        page = someone.get("/handbook")
        assert pages.texts(page, ".agreed h2") == headings
        assert len(" ".join(pages.texts(page, ".agreed")).split()) < 260, "some 260 words a minute are read aloud"


def test_i_read_it_is_dated_once_and_holds_for_that_version(ana: Client, dina: Client, db: Database) -> None:
    for _ in range(2):
        assert ana.post("/handbook/acceptance", data={"version": "0"}).status_code == 303
    assert accepted(db) == [(ana.person.id, 0)]
    assert pages.texts(ana.get("/handbook"), ".read .done")[0].startswith("Je hebt dit gelezen op ")
    version = keep(dina)
    with db.reading() as session:
        assert (policy.current_version(session), policy.is_read(session, ana.person)) == (version, False)
    assert pages.texts(ana.get("/handbook"), ".read button") == ["Ik heb het gelezen"]
    ana.post("/handbook/acceptance", data={"version": version})
    ana.post("/handbook/acceptance", data={"version": version + 1})
    ana.post("/handbook/acceptance", data={"version": "no"})
    assert accepted(db) == [(ana.person.id, 0), (ana.person.id, version)]


def test_who_did_not_read_it_shares_all_the_same(ana: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
    assert pages.texts(ana.get(f"/items/{item.id}"), "#unread a") == ["wat we hebben afgesproken over delen"]
    ana.post(f"/items/{item.id}/shares", data={"network": "copy", "text": "Kom kijken", "caption": ""})
    with db.reading() as session:
        assert (session.scalar(select(func.count()).select_from(Share)), policy.is_read(session, ana.person)) == (
            1,
            False,
        )
    ana.post("/handbook/acceptance", data={"version": "0"})
    assert pages.texts(ana.get(f"/items/{item.id}"), "#unread a") == []


def test_administrators_see_how_many_read_it_and_never_who(ana: Client, cleo: Client, dina: Client) -> None:
    for someone in (ana, cleo):
        someone.post("/handbook/acceptance", data={"version": "0"})
    page = dina.get("/handbook/policy")
    assert "Gelezen door 2 van de 3 collega" in pages.texts(page, ".versions")[0]
    assert (ana.person.name in page.text, cleo.person.name in page.text) == (False, False)


def test_a_new_version_comes_on_top_of_the_old_one(ana: Client, dina: Client, cleo: Client, db: Database) -> None:
    keep(dina)
    keep(dina, body_nl="Anders.", body_en="")
    with db.reading() as session:
        assert [(kept.body_nl, kept.body_en) for kept in policy.versions(session)] == [
            ("Anders.", ""),
            (OURS["body_nl"], OURS["body_en"]),
        ]
    assert pages.texts(ana.get("/handbook"), ".agreed p") == ["Anders."]
    assert 'class="card pad policy" lang="nl"' in cleo.get("/handbook").text, "better in Dutch than not at all"
    keep(dina, body_nl="Anders.", body_en="")
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Policy)) == 2, "the same again is no new version"


def test_looking_first_keeps_nothing(dina: Client, db: Database) -> None:
    page = dina.post("/handbook/policy", data={**OURS, "version": "0", "preview": "yes"})
    assert (page.status_code, pages.texts(page, "#preview h3")) == (200, ["Kort", "Short"])
    assert "* Mag, moet niet." in page.text, "what was typed stays in its field"
    with db.reading() as session:
        assert policy.current_version(session) == policy.HOUSE


def test_nobody_writes_over_what_somebody_else_just_kept(dina: Client, db: Database) -> None:
    version = keep(dina)
    late = dina.post("/handbook/policy", data={**OURS, "body_nl": "Te laat", "version": "0"})
    assert (late.status_code, "Te laat" in late.text) == (422, True)
    assert dina.post("/handbook/policy", data={"body_nl": " ", "body_en": "", "version": version}).status_code == 422
    with db.reading() as session:
        assert policy.current_version(session) == version


def test_what_is_written_is_shown_as_text(ana: Client, dina: Client) -> None:
    keep(dina, body_nl="# <b>Kop</b>\n+ <script>alert(1)</script>")
    assert "<script>alert(1)" not in ana.get("/handbook").text


def test_the_words_stand_in_one_language_for_whoever_reads(db: Database) -> None:
    with db.writing() as session:
        house = session.get_one(Organisation, 1)
        session.add(Policy(body_nl="", body_en="Only English", at=clock.now()))
        session.flush()
        found = policy.in_force(session, house, "nl")
    assert (found.body, found.language) == ("Only English", "en")
