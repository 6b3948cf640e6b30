"""The feed as a signed-in colleague gets it, beside a bare answer of the very same bytes."""

from http.cookies import SimpleCookie
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from benchmarks import run
from benchmarks.run import Outcome, Server

OURS, REFERENCE = "feed", "bare Starlette page"


def measure(quick: bool, folder: Path) -> Outcome:
    outcome = Outcome()
    with run.portal(folder) as ours:
        cookie = sign_in(ours)
        with build_opener().open(Request(f"{ours.origin}/", headers={"Cookie": cookie})) as answer:
            body = answer.read()
        with run.bare(folder, body=body) as reference:
            servers = {
                name: (server, [run.request("/", server.port, cookie=cookie)])
                for name, server in ((OURS, ours), (REFERENCE, reference))
            }
            for connections in (1, 16) if quick else (1, 16, 64):
                found = run.rounds(
                    servers,
                    connections=connections,
                    seconds=1.8 if quick else 5,
                    times=3 if quick else 7,
                    folder=folder,
                )
                strange = {status for each in found[OURS] for status in each["statuses"] if status != "200"}
                if strange:
                    raise SystemExit(f"The feed answered {', '.join(sorted(strange))} under load.")
                run.compare(outcome, found, ours=OURS, reference=REFERENCE, at=f"c={connections}")
    outcome.figures["bytes of the page"] = len(body)
    return outcome


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *given: object) -> None:
        """Keep the answer that sets the session instead of following it."""


def sign_in(server: Server) -> str:
    """The cookie of the practice member."""
    form = Request(f"{server.origin}/practice-sign-in", data=b"person=member", headers={"Origin": server.origin})
    try:
        with build_opener(_Stay).open(form) as answer:
            headers = answer.headers
    except HTTPError as error:
        headers = error.headers
    jar: SimpleCookie = SimpleCookie()
    for line in headers.get_all("Set-Cookie", []):
        jar.load(line)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())


if __name__ == "__main__":
    run.main("feed", measure)
