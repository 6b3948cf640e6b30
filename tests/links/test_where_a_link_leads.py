"""Targets: only what was approved, over http or https, with tags that overwrite nothing."""

import pytest

from portal import settings
from portal.links.models import Link
from portal.links.targets import in_ascii, is_safe, plain, tagged

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("chosen_settings")]

LINK = Link(kind="share", network="linkedin")
TAGS = "utm_source=linkedin&utm_medium=employee-advocacy&utm_campaign=werken&utm_content=timmerman"


@pytest.fixture
def chosen_settings(chosen: settings.Settings) -> None:
    settings.put_in_force(chosen)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/", f"https://a.example/?{TAGS}"),
        ("https://a.example", f"https://a.example?{TAGS}"),
        ("https://a.example/p?x=1&y=%20z", f"https://a.example/p?x=1&y=%20z&{TAGS}"),
        ("https://a.example/p#deel-2", f"https://a.example/p?{TAGS}#deel-2"),
        ("https://a.example/p?b=2&a=1#deel", f"https://a.example/p?b=2&a=1&{TAGS}#deel"),
        (
            "https://a.example/?utm_source=nieuws&UTM_medium=mail",
            "https://a.example/?utm_source=nieuws&UTM_medium=mail&utm_campaign=werken&utm_content=timmerman",
        ),
        ("https://a.example/%0d%0aSet-Cookie:s=1", f"https://a.example/%0d%0aSet-Cookie:s=1?{TAGS}"),
        ("https://a.example/café?q=déjà", f"https://a.example/caf%C3%A9?q=d%C3%A9j%C3%A0&{TAGS}"),
        ("https://bücher.example/", f"https://xn--bcher-kva.example/?{TAGS}"),
        ("https://a.example/?", f"https://a.example/?{TAGS}"),
    ],
)
def test_tags_are_added_and_nothing_is_overwritten(url: str, expected: str) -> None:
    assert tagged(url, link=LINK, campaign="Werken", content="Timmerman") == expected


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///x",
        "ftp://a.example/",
        "//a.example/",
        "/pad",
        "https://",
        "https://a.example/\r\nSet-Cookie: s=1",
        "https://a.example/ x",
        "https://ü..example/",
        f"https://{'ü' * 70}.example/",
        "https://xn--é/",
        "https://a.example\\@b.example/",
        "https://[::1",
        "",
        "http://localhost:8000/r/bbbbbbbb",
        "http://localhost:8000/b/bbbbbbbb",
    ],
)
def test_where_no_link_may_lead(url: str) -> None:
    assert is_safe(url) is False


def test_a_plain_address_is_fine() -> None:
    assert is_safe("https://noorderhout.example/werken?x=1#nu") is True


def test_tags_are_lower_case_ascii_with_hyphens() -> None:
    assert plain("Kom erbij: Überraschung & meer!") == "kom-erbij-uberraschung-meer"


def test_an_address_already_encoded_stays_as_it_is() -> None:
    assert in_ascii("https://a.example/%E2%82%AC/100%25?a=%2B") == "https://a.example/%E2%82%AC/100%25?a=%2B"


@pytest.mark.parametrize(
    ("url", "template", "expected"),
    [
        ("https://a.example/?utm_source=x", "utm_source={network}", "https://a.example/?utm_source=linkedin"),
        (
            "https://a.example/?UTM_Source=x&b=1#n",
            "utm_source={network}",
            "https://a.example/?b=1&utm_source=linkedin#n",
        ),
        (
            "https://a.example/?utm_term=hout",
            "utm_source={network}",
            "https://a.example/?utm_term=hout&utm_source=linkedin",
        ),
        ("https://a.example/?a=1&&b=2", "c={kind}", "https://a.example/?a=1&&b=2&c=employee-advocacy"),
        ("https://a.example/?utm%5Fsource=x", "utm_source={network}", "https://a.example/?utm_source=linkedin"),
    ],
)
def test_a_campaign_may_say_that_its_tags_come_first(url: str, template: str, expected: str) -> None:
    assert tagged(url, link=LINK, campaign="c", content="i", template=template, overwrite=True) == expected


@pytest.mark.parametrize(("kind", "medium"), [("signature", "email-signature"), ("screen", "office-screen")])
def test_a_template_tells_how_the_link_was_passed_on(kind: str, medium: str) -> None:
    link = Link(kind=kind, network=kind)
    found = tagged("https://a.example/", link=link, campaign="c", content="i", template="m={kind}&s={network}")
    assert found == f"https://a.example/?m={medium}&s={kind}"
