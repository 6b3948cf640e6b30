"""A website of somebody else that may be asked, and samples of what such websites send."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette

from portal import settings
from portal.inbox import robots
from portal.settings import Settings
from tests.website import Website, serving

SAMPLES = Path(__file__).parent / "samples"
Sample = Callable[[str], bytes]


@pytest.fixture
def website(app: Starlette, chosen: Settings) -> Iterator[Website]:
    """A website on this machine; the operator named it, so the gateway reaches it."""
    robots.forget()  # of a website of an earlier test, which may have had the same port
    with serving() as site:
        settings.put_in_force(replace(chosen, reachable_hosts=(site.host,)))
        yield site
        settings.put_in_force(chosen)


@pytest.fixture
def sample(website: Website) -> Sample:
    """The content of a sample, with the website's address in place of `{site}`."""

    def read(name: str) -> bytes:
        return (SAMPLES / name).read_bytes().replace(b"{site}", website.address.encode())

    return read
