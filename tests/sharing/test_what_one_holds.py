"""Networks open as the phone in one's hand needs it: apps by name, no second windows inside apps."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from portal.campaigns.models import Item
from portal.database import Database
from portal.sharing import networks
from tests import make
from tests.client import Client
from tests.feed import reading as pages

ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari"
FACEBOOK = f"{IPHONE} Mobile/22B83 [FBAN/FBIOS;FBAV/489.0.0.31.107]"
INSTAGRAM = f"{ANDROID} Instagram 356.0.0.41.101 Android"
LINKEDIN = f"{ANDROID} [LinkedInApp]/9.30"
LINK = "https://pa.example/r/abcd2345"


@pytest.fixture
def item(db: Database) -> Item:
    with db.writing() as session:
        return make.item(session)


@pytest.mark.once
@pytest.mark.parametrize(
    ("headers", "system", "is_in_app"),
    [
        ({"user-agent": ANDROID}, "android", False),
        ({"user-agent": IPHONE}, "ios", False),
        ({"user-agent": MAC}, "desktop", False),
        ({}, "desktop", False),
        ({"user-agent": FACEBOOK}, "ios", True),
        ({"user-agent": INSTAGRAM}, "android", True),
        ({"user-agent": LINKEDIN}, "android", True),
        # What a browser says in a header of its own counts for more than its name.
        ({"user-agent": MAC, "sec-ch-ua-platform": '"Android"'}, "android", False),
        ({"user-agent": ANDROID, "sec-ch-ua-platform": '"Linux"'}, "desktop", False),
    ],
)
def test_the_browser_says_what_it_runs_on(headers: dict[str, str], system: networks.System, is_in_app: bool) -> None:
    assert networks.platform_of(headers) == networks.Platform(system, is_in_app)


@pytest.mark.once
@pytest.mark.parametrize("words", ["Kom je ook? & meer", "日本" * 60, "👨‍👩‍👧‍👦" * 12])
def test_on_android_x_is_opened_as_the_app_with_the_text(words: str) -> None:
    text = f"{words}\n\n{LINK}"
    url = networks.get("x").open_url(text, LINK, platform=networks.Platform("android"))
    assert url is not None
    app, _, rest = url.partition("#Intent;")
    told = dict(part.split("=", 1) for part in rest.removesuffix(";end").split(";"))
    assert app.startswith("intent://post?message=")
    assert unquote(app.partition("message=")[2]) == text
    assert (told["package"], told["scheme"]) == ("com.twitter.android", "twitter")
    otherwise = urlsplit(unquote(told["S.browser_fallback_url"]))
    assert (otherwise.netloc, otherwise.path, parse_qs(otherwise.query)["url"]) == ("x.com", "/intent/tweet", [LINK])
    assert len(url) <= networks.ADDRESS_ROOM


@pytest.mark.once
@pytest.mark.parametrize("system", ["ios", "desktop"])
def test_elsewhere_x_is_a_page(system: networks.System) -> None:
    url = networks.get("x").open_url(f"Hoi\n\n{LINK}", LINK, platform=networks.Platform(system))
    assert url == "https://x.com/intent/tweet?text=Hoi&url=https%3A%2F%2Fpa.example%2Fr%2Fabcd2345"


@pytest.mark.once
def test_an_endpoint_of_ones_own_holds_on_android_too() -> None:
    url = networks.get("x").open_url(
        f"Hoi\n\n{LINK}", LINK, endpoint="https://social.example/post", platform=networks.Platform("android")
    )
    assert url is not None
    assert url.startswith("https://social.example/post?text=Hoi&url=")


def stays(who: Client, item: Item, agent: str) -> list[str]:
    page = who.get(f"/items/{item.id}", headers={"user-agent": agent})
    return [each.attributes["value"] for each in pages.find(page, ".tile input") if "data-stays" in each.attributes]


def test_who_stays_in_the_window(ana: Client, item: Item) -> None:
    assert stays(ana, item, MAC) == ["email"]
    assert stays(ana, item, ANDROID) == ["linkedin", "x", "facebook", "email"]
    assert stays(ana, item, IPHONE) == ["linkedin", "facebook", "email"]
    assert stays(ana, item, INSTAGRAM) == [network.key for network in networks.all()]


def test_without_scripts_inside_an_app_the_link_opens_no_window(ana: Client, item: Item) -> None:
    answer = ana.post(f"/items/{item.id}/shares", data={"network": "whatsapp"}, headers={"user-agent": FACEBOOK})
    (link,) = pages.find(ana.get(answer.headers["location"], headers={"user-agent": FACEBOOK}), "#open-network")
    assert "target" not in link.attributes
    (link,) = pages.find(ana.get(answer.headers["location"], headers={"user-agent": ANDROID}), "#open-network")
    assert link.attributes["target"] == "_blank"
