"""Starts the OpenID Connect provider beside this file, and walks its pages as a browser would."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import httpx2

FOLDER = Path(__file__).resolve().parent


class Provider:
    """One provider process; `issuer` is known once it is started.

    Any login name will do: `ana` has the subject ana, the name Ana and the verified address
    ana@noorderhout.example. `people` maps a login name to the claims that shall differ.
    """

    client_id = "passalong"
    client_secret = "known-to-the-tests-only"

    def __init__(self, redirect_uris: Sequence[str], people: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self.redirect_uris = list(redirect_uris)
        self.people = dict(people or {})
        self.issuer = ""
        self._process: subprocess.Popen[str] | None = None
        self._log: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115 (open as long as the process)

    def start(self) -> Self:
        """Returns once it listens. Raises RuntimeError, with what it said, when it does not."""
        node = shutil.which("node")
        if node is None or not (FOLDER / "node_modules").is_dir():
            raise RuntimeError("The provider needs Node and its packages: run `python3 dev.py test`.")
        self._process = subprocess.Popen(
            [node, str(FOLDER / "provider.mjs")],
            stdin=subprocess.PIPE,  # closed when we are gone, however that happened: then it ends itself
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={
                **os.environ,
                "PROVIDER_CLIENT_ID": self.client_id,
                "PROVIDER_CLIENT_SECRET": self.client_secret,
                "PROVIDER_REDIRECT_URIS": json.dumps(self.redirect_uris),
                "PROVIDER_PEOPLE": json.dumps(self.people),
            },
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                self.issuer = json.loads(line)["issuer"]
                return self
        self._log.seek(0)
        said = self._log.read()
        self.stop()
        raise RuntimeError(f"The provider did not start:\n{said}")

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with process:
                process.kill()
        self._log.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def sign_in(self, authorization_url: str, login: str) -> str:
        """Signs in and consents at `authorization_url`; the address it sends the browser to then."""
        with httpx2.Client(trust_env=False) as browser:
            answer = browser.get(authorization_url)
            for _ in range(12):  # sign-in, consent and the redirects around them
                if answer.next_request is not None:
                    target = str(answer.next_request.url)
                    if not target.startswith(self.issuer):
                        return target
                    answer = browser.get(target)
                else:
                    answer = self._press_the_button(browser, answer, login)
        raise RuntimeError(f"The provider keeps asking:\n{answer.text}")

    def _press_the_button(self, browser: httpx2.Client, answer: httpx2.Response, login: str) -> httpx2.Response:
        action = re.search(r'<form[^>]* action="([^"]+)"', answer.text)
        prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
        if action is None or prompt is None:
            raise RuntimeError(f"The provider answers {answer.status_code} and no form:\n{answer.text}")
        return browser.post(action[1], data={"prompt": prompt[1], "login": login, "password": "any"})
