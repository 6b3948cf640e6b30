"""CSV that a spreadsheet shows and never calculates."""

import pytest

from portal.csv_export import attachment, csv_response, csv_text, guarded, unguarded


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_would_be_calculated_gets_an_apostrophe(start: str) -> None:
    assert guarded(f"{start}A1") == f"'{start}A1"
    assert unguarded(f"'{start}A1") == f"{start}A1"


def test_everything_else_stays_as_it_is() -> None:
    assert [guarded(cell) for cell in ("Ana", "'s avonds", -3, 2.5, None, True, "")] == [
        "Ana",
        "'s avonds",
        -3,
        2.5,
        None,
        True,
        "",
    ]
    assert unguarded("'s avonds") == "'s avonds"


def test_cells_are_quoted_where_they_must_be() -> None:
    text = csv_text(["name", "clicks"], [('=HYPERLINK("http://evil.example","x")', 3), ("a\nb", -1)])
    assert text == 'name,clicks\r\n"\'=HYPERLINK(""http://evil.example"",""x"")",3\r\n"a\nb",-1\r\n'


def test_the_answer_is_a_download_nobody_keeps() -> None:
    answer = csv_response("resultaten.csv", ["naam"], [("Zoë",)])
    assert answer.body == "\ufeffnaam\r\nZoë\r\n".encode()
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="resultaten.csv"'
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ('../"x";y', 'attachment; filename="x-y"'),
        ("..\\..\\x.csv", 'attachment; filename="x.csv"'),
        ("a\r\nSet-Cookie: b", 'attachment; filename="a-Set-Cookie- b"'),
        ("", 'attachment; filename="download"'),
        ("../..", 'attachment; filename="download"'),
        ("café.csv", "attachment; filename=\"cafe.csv\"; filename*=UTF-8''caf%C3%A9.csv"),
        ("日本.csv", "attachment; filename=\"download.csv\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.csv"),
    ],
)
def test_a_file_name_is_only_a_name(name: str, header: str) -> None:
    assert attachment(name) == header
