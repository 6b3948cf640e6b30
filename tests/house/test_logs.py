"""Logs say what happened without the secrets it happened with, and no value can forge a line of its own."""

import pytest

from portal.logs import masked

TOKEN = "w" * 43


@pytest.mark.parametrize("key", ["password", "client_secret", "token", "cookie", "Authorization", "pairing_code"])
def test_what_opens_doors_is_hidden_by_its_name(key: str) -> None:
    assert masked(None, "info", {key: "hunter2", "event": "answered"}) == {key: "•••", "event": "answered"}


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (f"/screen/{TOKEN}/slides", "/screen/•••/slides"),
        (f"GET /sign-in/link/{TOKEN}", "GET /sign-in/link/•••"),
        (f"GET /review/{TOKEN}.{TOKEN}", "GET /review/•••"),
        (f"GET /record/{TOKEN}", "GET /record/•••"),
        (f"https://share.example.org/d/WzEsMl0.{TOKEN}/shares", "https://share.example.org/d/•••/shares"),
        (f"POST /unsubscribe/WzEsMl0.{TOKEN}", "POST /unsubscribe/•••"),
        ("/screen/wall.css", "/screen/wall.css"),
        ("answered\nlevel=info forged", "answered�level=info forged"),
        ("\x1b[2J", "�[2J"),
    ],
)
def test_a_value_holds_no_secret_path_and_no_line_break(said: str, written: str) -> None:
    assert masked(None, "info", {"event": said}) == {"event": written}
