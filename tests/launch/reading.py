"""What the launch page says, read from its HTML."""

import re
from html import unescape

from httpx2 import Response

from tests.client import Client


def check(response: Response, key: str) -> tuple[str, list[str]]:
    """The state of one check, and each of its findings with the address it leads to as `sentence -> address`."""
    found = re.search(rf'<li class="check-line (\w+)" id="check-{key}">(.*?)</div>\n</li>', response.text, re.DOTALL)
    assert found is not None, response.text
    lines = re.findall(r'<a href="([^"]+)">(.*?)</a>', found[2])
    return found[1], [f"{unescape(sentence)} -> {unescape(address)}" for address, sentence in lines]


def chosen(response: Response) -> list[int]:
    """The items the launch form carries."""
    return [int(number) for number in re.findall(r'<input type="hidden" name="item" value="(\d+)">', response.text)]


def version(response: Response) -> str:
    found = re.search(r'<input type="hidden" name="version" value="(\d+)">', response.text)
    assert found is not None
    return found[1]


def can_launch(response: Response) -> bool:
    return 'name="when" value="now"' in response.text


def launch(who: Client, page: str, **more: str) -> Response:
    """Press the button on the page as it is now."""
    seen = who.get(page)
    form = {"version": version(seen), "item": [str(each) for each in chosen(seen)], "when": "now"}
    return who.post(page, data=form | more)
