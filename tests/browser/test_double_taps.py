"""A form that is on its way is not sent again."""

import pytest

from tests.browser.conftest import LAPTOP, Office

pytestmark = [pytest.mark.browser, pytest.mark.once]

SENT_TWICE = """() => {
    const stopped = [];
    addEventListener("submit", (event) => { stopped.push(event.defaultPrevented); event.preventDefault(); });
    const form = document.querySelector("main form[method=post]");
    form.noValidate = true;
    form.requestSubmit();
    form.requestSubmit();
    return stopped;
}"""


def test_the_second_tap_of_two_sends_nothing(office: Office) -> None:
    editor = office.sign_in("editor", LAPTOP)
    editor.goto(f"{office.servers[0].url}/campaigns/new")
    assert editor.evaluate(SENT_TWICE) == [False, True]
