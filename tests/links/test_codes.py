"""Links are minted once, for one purpose, with a code that can be read from a poster."""

import threading

import pytest
from sqlalchemy.orm import Session

from portal import clock
from portal.database import Database
from portal.links import codes
from portal.links.models import Link
from portal.people.models import Person
from portal.screens.models import Screen
from tests import make


def test_a_code_has_eight_letters_that_cannot_be_misread() -> None:
    made = {codes.new_code() for _ in range(2000)}
    assert len(made) == 2000
    assert {len(code) for code in made} == {8}
    assert set("".join(made)) & set("01iloae") == set()


def test_the_same_person_item_and_network_get_the_same_link(db: Database) -> None:
    with db.writing() as session:
        ana, item = make.person(session), make.item(session)
        first = codes.share_link(session, person=ana, item_id=item.id, network="linkedin")
        again = codes.share_link(session, person=ana, item_id=item.id, network="linkedin")
        other = codes.share_link(session, person=ana, item_id=item.id, network="whatsapp")
    assert again.code == first.code
    assert other.code != first.code
    assert (first.kind, first.department_id, first.network) == ("share", ana.department_id, "linkedin")


def test_a_signature_and_a_screen_have_one_link_each(db: Database) -> None:
    with db.writing() as session:
        ana, item = make.person(session), make.item(session)
        signature = codes.signature_link(session, person=ana)
        assert codes.signature_link(session, person=ana).id == signature.id
        assert (signature.kind, signature.network, signature.item_id) == ("signature", "signature", None)
        screen_id = _screen(session)
        on_screen = codes.screen_link(session, screen_id=screen_id, item_id=item.id)
        assert codes.screen_link(session, screen_id=screen_id, item_id=item.id).id == on_screen.id
        assert (on_screen.kind, on_screen.person_id, on_screen.network) == ("screen", None, "screen")


@pytest.mark.parametrize("kind", ["share", "signature", "screen"])
def test_eight_requests_at_once_mint_one_link(db: Database, kind: str) -> None:
    with db.writing() as session:
        ana, item, screen_id = make.person(session), make.item(session), _screen(session)
    gate, minted = threading.Barrier(8), []

    def mint() -> None:
        gate.wait()
        with db.writing() as session:
            person = session.get(Person, ana.id)
            assert person is not None
            if kind == "share":
                link = codes.share_link(session, person=person, item_id=item.id, network="x")
            elif kind == "signature":
                link = codes.signature_link(session, person=person)
            else:
                link = codes.screen_link(session, screen_id=screen_id, item_id=item.id)
            minted.append(link.code)

    threads = [threading.Thread(target=mint) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(minted) == 8
    assert len(set(minted)) == 1


def test_a_code_in_use_is_never_given_out_again(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["bbbbbbbb", "bbbbbbbb", "cccccccc"])
    monkeypatch.setattr(codes, "new_code", lambda: next(drawn))
    with db.writing() as session:
        ana, item = make.person(session), make.item(session)
        first = codes.share_link(session, person=ana, item_id=item.id, network="x")
        second = codes.share_link(session, person=ana, item_id=item.id, network="teams")
    assert (first.code, second.code) == ("bbbbbbbb", "cccccccc")


def test_a_link_is_found_by_its_code_and_by_nothing_else(db: Database) -> None:
    with db.writing() as session:
        link = make.link(session, by=make.person(session), on=make.item(session))
    with db.reading() as session:
        found = codes.find(session, link.code)
        assert found is not None
        assert found.id == link.id
        for wrong in (
            "",
            "..",
            "\x00",
            "\xff",
            link.code.upper() + "é",
            link.code + "b",
            "b" * 8192,
            "robots.txt",
        ):
            assert codes.find(session, wrong) is None


def test_the_address_stands_on_the_short_domain(db: Database) -> None:
    with db.writing() as session:
        link = make.link(session, by=make.person(session), on=make.item(session))
    assert codes.address(link) == f"http://localhost:8000/r/{link.code}"
    assert isinstance(link, Link)


def _screen(session: Session) -> int:
    screen = Screen(name="Hal", token_hash=f"hash-{make.number()}", paired_at=clock.now())
    session.add(screen)
    session.flush()
    return screen.id
