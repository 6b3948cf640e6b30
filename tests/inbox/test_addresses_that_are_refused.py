"""Addresses that must not be fetched, whoever names them: the form, a redirect, a page or a name server."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.applications import Starlette

from portal import settings
from portal.database import Database
from portal.i18n import in_language
from portal.inbox import previews
from portal.outbound import Policy, Refused
from portal.settings import Settings
from tests import make
from tests.client import Client
from tests.inbox.test_pasting_an_address import article, campaign_of, drafted, number_of_items, paste, seen
from tests.website import Reply, Website, serving


@pytest.fixture
def canary() -> Iterator[Website]:
    """A website on this machine that nobody allowed: it must never be asked."""
    with serving() as site:
        yield site


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:{canary}/", "http://localhost:{canary}/", "http://0:{canary}/"),
        *("http://127.0.0.1/", "http://localhost/", "http://0/"),
        *("http://169.254.169.254/", "http://100.64.0.1/", "http://[fd00::1]/"),
        *(
            "http://[::1]:{canary}/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]:{canary}/",
            "http://[::ffff:127.0.0.1]/",
        ),
        *("http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/"),
        *(
            "file:///etc/passwd",
            "gopher://good.example/",
            "ftp://good.example/",
            "dict://good.example/",
            "data:text/html,x",
        ),
        *("http://good.example\\@127.0.0.1:{canary}/", "http://good.example@127.0.0.1:{canary}/"),
        *("http://good.example:25/", "http://good.example:6379/", "javascript:alert(1)", "http://intranet/"),
    ],
)
def test_an_address_that_may_not_be_asked(url: str, bram: Client, db: Database, canary: Website) -> None:
    typed = url.format(canary=canary.host.rpartition(":")[2])
    answer = paste(bram, typed, campaign_of(db))
    assert (answer.status_code, canary.paths, number_of_items(db)) == (422, [], 0)
    assert 'id="paste-address-error"' in answer.text or 'id="field-address-error"' in answer.text
    again = paste(bram, typed, 1, anyway="yes")
    assert (again.status_code, canary.paths, number_of_items(db)) == (422, [], 0)


def test_an_address_that_may_be_asked(bram: Client, db: Database, website: Website) -> None:
    """The positive control of this file: with the rules as they are, a page is fetched."""
    website.replies["/huis"] = article()
    assert drafted(db, paste(bram, f"{website.address}/huis", campaign_of(db))).texts[0].title == "Zo bouw je een huis"


def test_a_redirect_inside_brings_nothing(bram: Client, db: Database, website: Website, canary: Website) -> None:
    website.replies["/om"] = Reply(status=302, headers={"Location": f"{canary.address}/geheim"})
    campaign = campaign_of(db)
    answer = paste(bram, f"{website.address}/om", campaign)
    assert (answer.status_code, canary.paths, website.paths) == (422, [], ["/om"])
    item = drafted(db, answer := paste(bram, f"{website.address}/om", campaign, anyway="yes", title="Een omweg"))
    assert (item.target_url, item.texts[0].title) == (f"{website.address}/om", "Een omweg")
    assert (seen(answer), item.picture_id, canary.paths) == ("unreachable", None, [])


def test_what_a_page_names_is_not_fetched_inside(bram: Client, db: Database, website: Website, canary: Website) -> None:
    inside = canary.address
    head = (
        f'<meta property="og:image" content="{inside}/beeld.jpg"><link rel="icon" href="{inside}/favicon.ico">'
        f'<link rel="canonical" href="{inside}/zelf"><meta property="og:url" content="{inside}/zelf">'
        f'<link rel="alternate" type="application/json+oembed" href="{inside}/oembed"><base href="{inside}/">'
    )
    website.replies["/huis"] = Reply(f"<html><head><title>Een huis</title>{head}</head></html>".encode())
    item = drafted(db, answer := paste(bram, f"{website.address}/huis", campaign_of(db)))
    assert (item.texts[0].title, item.target_url) == ("Een huis", f"{website.address}/huis")
    assert (canary.paths, item.picture_id) == ([], None)
    assert seen(answer).endswith("picture_lost")


def test_a_name_is_resolved_once_and_what_was_checked_is_asked(website: Website, canary: Website) -> None:
    port = int(website.host.rpartition(":")[2])
    asked: list[str] = []

    def resolve(host: str, number: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    website.replies["/huis"] = Reply(b"<title>Een huis</title>")
    policy = Policy(trusted=frozenset({f"site.example:{port}"}), resolve=resolve)
    assert previews.look(f"http://site.example:{port}/huis", policy=policy).page.title == "Een huis"
    assert asked == ["site.example"]


def test_a_public_name_with_an_address_inside_is_not_asked(canary: Website, chosen: Settings) -> None:
    settings.put_in_force(chosen)
    policy = Policy(resolve=lambda host, port: ["93.184.215.14", "127.0.0.1"])
    with pytest.raises(Refused):
        previews.look("http://rebound.example/", policy=policy)
    assert canary.paths == []


class _Endless(socketserver.BaseRequestHandler):
    """Sends what never ends: much at once, one byte now and then, or less than it promised."""

    sent = 0
    stop = threading.Event()

    def handle(self) -> None:
        path = self.request.recv(65_536).split(b" ")[1]
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
        try:
            if path == b"/much":
                self.request.sendall(head + b"\r\n<title>Veel</title>")
                while not self.stop.is_set():
                    self.request.sendall(b"<p>meer</p>" * 1000)
                    type(self).sent += 11_000
            elif path == b"/little":
                self.request.sendall(head + b"\r\n<title>Traag</title>")
                while not self.stop.wait(0.1):
                    self.request.sendall(b" ")
            else:
                self.request.sendall(head + b"Content-Length: 100000\r\n\r\n<title>Te kort</title>")
                self.request.shutdown(socket.SHUT_WR)
        except OSError:
            pass


@pytest.fixture
def endless(app: Starlette, chosen: Settings) -> Iterator[str]:
    _Endless.stop.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Endless) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        host = f"127.0.0.1:{server.server_address[1]}"
        settings.put_in_force(replace(chosen, reachable_hosts=(host,)))
        yield f"http://{host}"
        _Endless.stop.set()
        server.shutdown()


def test_a_page_without_end_is_read_as_far_as_is_enough(bram: Client, db: Database, endless: str) -> None:
    item = drafted(db, paste(bram, f"{endless}/much", campaign_of(db)))
    assert item.texts[0].title == "Veel"
    assert _Endless.sent < 20_000_000  # what was under way when we hung up, in buffers on both sides


def test_a_page_shorter_than_it_promised(bram: Client, db: Database, endless: str) -> None:
    assert paste(bram, f"{endless}/short", campaign_of(db)).status_code == 422


@pytest.mark.once
def test_a_page_that_drips_is_left_when_its_time_is_up(endless: str) -> None:
    """A paste gives it ten seconds; here it gets one half, in which it keeps sending."""
    began = time.monotonic()
    with in_language("nl"):
        looked = previews.look(f"{endless}/little", seconds=0.5)
    assert 0.4 < time.monotonic() - began < 3
    assert (looked.answered, looked.why) == (False, "De website antwoordde niet op tijd.")


def test_members_name_addresses_and_nothing_is_asked(ana: Client, bram: Client, db: Database, canary: Website) -> None:
    """An idea may lead anywhere on the web; only an editor has it fetched, by the same rules."""
    sent = ana.post("/ideas", data={"words": "Kijk eens", "address": f"{canary.address}/geheim"})
    assert (sent.status_code, canary.paths) == (303, [])
    with db.writing() as session:
        campaign = make.campaign(session).id
    form = {"address": f"{canary.address}/geheim", "campaign": str(campaign)}
    answer = bram.post("/ideas/1/draft", data=form)
    assert (drafted(db, answer).texts[0].title, canary.paths) == ("Kijk eens", [])
