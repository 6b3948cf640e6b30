"""Whether the portal says truthfully that it is alive and ready."""

from sqlalchemy import text

from portal.database import Database
from tests.client import Client


def test_alive(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


def test_ready(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.text) == (200, "ready\n")


def test_not_ready_says_why(client: Client, db: Database) -> None:
    def call_it(version: str) -> None:
        with db.writing() as session:
            session.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})

    with db.reading() as session:
        newest = session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    call_it("later")
    try:
        response = client.get("/readyz")
    finally:
        call_it(newest)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert response.text.startswith("The database was made by a newer release than this one.")
    assert client.get("/readyz").status_code == 200


def test_an_ended_session_sends_htmx_to_the_sign_in_page(client: Client) -> None:
    """A redirect would be followed unseen and the sign-in page swapped into the middle of this one."""
    answers = (client.get("/feed/more", headers={"HX-Request": "true"}), client.post("/campaigns", htmx=True))
    assert [(each.status_code, each.headers["hx-redirect"]) for each in answers] == [
        (200, "/sign-in?next=/feed/more"),
        (200, "/sign-in"),
    ]


def test_another_host_is_refused(client: Client) -> None:
    assert client.get("/healthz", headers={"host": "evil.example"}).status_code == 400


def test_unknown_page_is_a_friendly_page(client: Client) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "<html" in response.text
