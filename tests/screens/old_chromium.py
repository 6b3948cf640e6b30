"""A real Chromium 80, the engine of office players of 2020, and just enough of its DevTools protocol to drive it."""

import base64
import contextlib
import fcntl
import http.client
import json
import os
import re
import secrets
import shutil
import socket
import struct
import subprocess
import tarfile
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tests.peers.provider import FOLDER

PACKAGE = Path(FOLDER) / "node_modules" / "chrome-aws-lambda" / "bin"
UNPACKED = Path(FOLDER) / "node_modules" / ".old-chromium"
PATIENCE = 20.0
"""Seconds to wait for what should come much sooner."""
UNPACK = """
const fs = require("fs"), zlib = require("zlib");
const [from, to] = process.argv.slice(1);
fs.writeFileSync(to, zlib.brotliDecompressSync(fs.readFileSync(from)));
"""


def unpacked() -> Path:
    """The folder with the program and its libraries; the first to ask unpacks it, 150 MB."""
    node = shutil.which("node")
    assert node is not None
    assert PACKAGE.is_dir(), "the peers of the tests are not installed: npm ci in tests/peers"
    with (FOLDER / "node_modules" / ".old-chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not UNPACKED.is_dir():
            new = Path(tempfile.mkdtemp(dir=UNPACKED.parent))
            for packed, plain in (("chromium.br", "chromium"), ("aws.tar.br", "aws.tar")):
                subprocess.run([node, "-e", UNPACK, str(PACKAGE / packed), str(new / plain)], check=True)
            with tarfile.open(new / "aws.tar") as libraries:
                libraries.extractall(new, filter="data")
            (new / "aws.tar").unlink()
            (new / "chromium").chmod(0o755)
            new.rename(UNPACKED)
    return UNPACKED


class OldChromium:
    """The browser, and one page in it."""

    def __init__(self, *, width: int = 1920, height: int = 1080) -> None:
        self._reading: threading.Thread | None = None
        self._profile = tempfile.mkdtemp(prefix="old-chromium-")
        home = unpacked()
        self._process = subprocess.Popen(
            [
                str(home / "chromium"),
                *("--headless", "--no-sandbox", "--disable-gpu", "--single-process", "--no-zygote"),
                *("--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-port=0"),
                f"--user-data-dir={self._profile}",
                f"--window-size={width},{height}",
                "about:blank",
            ],
            env={**os.environ, "LD_LIBRARY_PATH": str(home / "lib")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.complaints: list[str] = []
        """Exceptions and refused loads, from every page shown."""
        try:
            self.engine, address = self._found()
            self._page = DevTools(address, self.complaints)
        except BaseException:
            self._end()
            raise
        for domain in ("Page", "Runtime", "Log"):
            self._page.ask(f"{domain}.enable")

    def _found(self) -> tuple[str, str]:
        """What the browser calls itself, and where its page listens."""
        assert self._process.stderr is not None
        said = ""
        for line in iter(self._process.stderr.readline, b""):
            said += line.decode(errors="replace")
            listening = re.search(r"DevTools listening on ws://([\d.]+):(\d+)/", said)
            if listening:
                break
        else:
            raise RuntimeError(f"the old Chromium did not start:\n{said[-2000:]}")
        self._reading = threading.Thread(target=self._process.stderr.read, daemon=True)  # or it would fill up
        self._reading.start()
        host, port = listening[1], int(listening[2])
        pages: list[dict[str, str]] = []
        pause = threading.Event()
        for _look in range(400):  # the first page comes a moment after the port
            pages = [page for page in self._told(host, port, "/json/list") if page["type"] == "page"]
            if pages:
                break
            pause.wait(0.05)
        return self._told(host, port, "/json/version")["Browser"], pages[0]["webSocketDebuggerUrl"]

    def _told(self, host: str, port: int, path: str) -> Any:
        connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            return json.load(connection.getresponse())
        finally:
            connection.close()

    def goto(self, address: str) -> None:
        """Returns once its document has loaded."""
        self._page.ask("Page.navigate", url=address)
        self.until("document.readyState == 'complete' && location.href != 'about:blank'")

    def begin_anew(self, *, width: int, height: int) -> None:
        """From now on another player: of this size, and without anything the last one was given to keep."""
        self._page.ask("Network.clearBrowserCookies")
        size: dict[str, Any] = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._page.ask("Emulation.setDeviceMetricsOverride", **size)

    def value(self, expression: str) -> Any:
        """What the expression is in the page; RuntimeError when it throws."""
        answer = self._page.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def until(self, expression: str, *, within: float = PATIENCE) -> float:
        """The seconds until the expression is true in the page; TimeoutError when that takes longer than `within`."""
        began = time.monotonic()
        pause = threading.Event()
        while time.monotonic() - began < within:
            with contextlib.suppress(RuntimeError):  # between two documents nothing can be asked
                if self.value(f"!!({expression})"):
                    return time.monotonic() - began
            pause.wait(0.05)
        raise TimeoutError(
            f"{expression}: not within {within} s; the page says {self.value('document.body.innerText')!r}"
        )

    def parses(self, script: str) -> str:
        """ "" when this engine can read the script, otherwise why not."""
        answer = self._page.ask("Runtime.compileScript", expression=script, sourceURL="", persistScript=False)
        return str(answer.get("exceptionDetails", {}).get("exception", {}).get("description", ""))

    def screenshot(self) -> bytes:
        """The page as a PNG."""
        return base64.b64decode(self._page.ask("Page.captureScreenshot", format="png")["data"])

    def close(self) -> None:
        self._page.close()
        self._end()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._reading is not None:
            self._reading.join(PATIENCE)
        assert self._process.stderr is not None
        self._process.stderr.close()
        shutil.rmtree(self._profile, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class DevTools:
    """A WebSocket to one page: a question, its answer, and what the page complains of in between."""

    def __init__(self, address: str, complaints: list[str]) -> None:
        where = urlsplit(address)
        self._socket = socket.create_connection((where.hostname, where.port), timeout=PATIENCE)
        self._stream = self._socket.makefile("rb")
        self._number = 0
        self._complaints = complaints
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self._socket.sendall(
            f"GET {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        status = self._stream.readline()
        assert b" 101 " in status, status
        while self._stream.readline().strip():
            pass

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        self._send(json.dumps({"id": self._number, "method": method, "params": parameters}).encode())
        while True:
            said = json.loads(self._received())
            if said.get("id") == self._number:
                if "error" in said:
                    raise RuntimeError(f"{method}: {said['error']['message']}")
                return dict(said["result"])
            self._heard(said)

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def _heard(self, said: dict[str, Any]) -> None:
        if said.get("method") == "Runtime.exceptionThrown":
            details = said["params"]["exceptionDetails"]
            self._complaints.append(str(details.get("exception", {}).get("description") or details["text"]))
        elif said.get("method") == "Log.entryAdded" and said["params"]["entry"]["source"] in ("security", "javascript"):
            self._complaints.append(said["params"]["entry"]["text"])

    def _send(self, body: bytes) -> None:
        """One text frame; a client's frames are masked."""
        mask = secrets.token_bytes(4)
        size = len(body)
        head = b"\x81" + (
            struct.pack("!B", 0x80 | size)
            if size < 126
            else struct.pack("!BH", 0xFE, size)
            if size < 65536
            else struct.pack("!BQ", 0xFF, size)
        )
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(body))
        self._socket.sendall(head + mask + masked)

    def _received(self) -> bytes:
        """The next whole message."""
        whole = b""
        while True:
            first, size = self._exactly(2)
            if size == 126:
                (size,) = struct.unpack("!H", self._exactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", self._exactly(8))
            body = self._exactly(size)
            if first & 0x0F == 8:
                raise RuntimeError("the page closed its DevTools")
            if first & 0x0F in (0, 1):
                whole += body
                if first & 0x80:
                    return whole

    def _exactly(self, size: int) -> bytes:
        found = self._stream.read(size)
        if len(found) < size:
            raise RuntimeError("the old Chromium is gone")
        return found
