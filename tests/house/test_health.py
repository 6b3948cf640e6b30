"""Whether the portal says truthfully that it is alive and ready."""

from tests.client import Client


def test_alive(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


def test_ready(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.text) == (200, "ready\n")


def test_another_host_is_refused(client: Client) -> None:
    assert client.get("/healthz", headers={"host": "evil.example"}).status_code == 400


def test_unknown_page_is_a_friendly_page(client: Client) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "<html" in response.text
