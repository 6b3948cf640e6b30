"""The server as it is started by its command: framing tricks, slow clients, orderly end, wrong settings."""

import asyncio
import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from click.testing import CliRunner
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from portal import door, server
from portal.__main__ import main
from portal.settings import Settings
from tests.client import in_a_loop
from tests.process import Browser, PortalProcess, free_port, is_over, until

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    with PortalProcess(tmp_path_factory.mktemp("server")) as process:
        yield process


def exchange(portal: PortalProcess, request: bytes) -> bytes:
    """Everything the server says to raw bytes before it closes or falls silent."""
    with socket.create_connection(("127.0.0.1", portal.port), timeout=3) as connection:
        connection.sendall(request)
        said = b""
        try:
            while chunk := connection.recv(65536):
                said += chunk
                if b"\r\n\r\n" in said and b"400" in said[:20]:
                    break
        except TimeoutError:
            pass
        return said


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"200"),
        (b"GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost/evil\r\nConnection: close\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nHost: evil@localhost\r\nConnection: close\r\n\r\n", b"400"),
        (
            b"POST /sign-out HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"400",
        ),
        (b"POST /sign-out HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5, 5\r\n\r\nabcde", b"400"),
        (b"GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n", b"400"),
        (
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 40_000 + b"\r\nConnection: close\r\n\r\n",
            b"431",
        ),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_framing(portal: PortalProcess, request_: bytes, status: bytes) -> None:
    assert exchange(portal, request_)[9:12] == status


def test_static_files_stay_in_their_folder(portal: PortalProcess) -> None:
    for path in (
        "/static/../pyproject.toml",
        "/static/%2e%2e/pyproject.toml",
        "/static/..%2fportal/app.py",
        "/static/%00",
    ):
        said = exchange(portal, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert said[9:12] == b"404", path


def test_headers_that_go_on_and_on_are_cut_before_they_fill_the_memory(portal: PortalProcess) -> None:
    with socket.create_connection(("127.0.0.1", portal.port), timeout=10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        with pytest.raises(OSError):
            for _ in range(50):
                connection.sendall(b"X: " + b"a" * 1_000_000 + b"\r\n")


def test_clients_that_never_finish_their_headers_are_cut(portal: PortalProcess) -> None:
    beginnings = (b"", b"GET", b"GET /healthz HTTP/1.1\r\nHost: local")
    address, patience = ("127.0.0.1", portal.port), server.WHOLE_HEAD + 5
    with contextlib.ExitStack() as opened:
        slow = [opened.enter_context(socket.create_connection(address, timeout=patience)) for _ in beginnings]
        for connection, beginning in zip(slow, beginnings, strict=True):
            connection.sendall(beginning)
        assert [connection.recv(100) for connection in slow] == [b"", b"", b""]


def test_a_body_that_drips_is_refused() -> None:
    """The deadline is for the whole body: each further byte must not buy time."""

    async def drip() -> list[int]:
        statuses: list[int] = []

        async def app(scope: object, receive: object, send: object) -> None:
            while (await receive())["more_body"]:  # type: ignore[operator]
                pass

        async def receive() -> dict[str, object]:
            await asyncio.sleep(0.01)
            return {"type": "http.request", "body": b"x", "more_body": True}

        async def send(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])  # type: ignore[arg-type]

        guarded = door.Door(app, Settings())  # type: ignore[arg-type]
        scope = {
            "type": "http",
            "method": "POST",
            "headers": [(b"host", b"localhost")],
            "path": "/",
            "raw_path": b"/",
        }
        await guarded(scope, receive, send)  # type: ignore[arg-type]
        return statuses

    whole, door.WHOLE_BODY = door.WHOLE_BODY, 0.2
    try:
        assert in_a_loop(drip) == [408]
    finally:
        door.WHOLE_BODY = whole


def test_who_reads_nothing_of_an_answer_is_cut_and_who_reads_slowly_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "UNREAD", 1.5)
    piece = b"a" * 60_000  # less than what stops the server from writing, more than two narrow systems hold
    app = Starlette(
        routes=[
            Route("/whole", lambda _: Response(piece)),
            Route("/pieces", lambda _: StreamingResponse(piece for _ in range(200))),
        ]
    )
    app.state.fast_desk = None
    config = uvicorn.Config(app, http=server.PortalProtocol, ws="none", log_config=None, timeout_keep_alive=1)
    serving, pause = server.Server(config), threading.Event()
    with contextlib.ExitStack() as opened:
        clients = opened.enter_context(contextlib.ExitStack())
        narrow, wide = (opened.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2))
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)

        def ask(path: str, *headers: str, of: socket.socket) -> socket.socket:
            connection = clients.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(20)
            connection.connect(of.getsockname())
            connection.sendall("\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode())
            return connection

        thread = threading.Thread(target=serving.run, kwargs={"sockets": [narrow, wide]})
        thread.start()
        try:
            slow = ask("/pieces", of=wide)
            unread = [
                ask("/whole", of=narrow),
                ask("/whole", "Connection: close", of=narrow),
                *(ask("/pieces", of=each) for each in (narrow, wide)),
            ]
            for _ in range(30):  # three seconds: twice the time that reading nothing may take
                assert slow.recv(2000)
                pause.wait(0.1)
            assert until(lambda: len(serving.server_state.connections) == 1)
            assert slow.recv(2000)
            for connection in unread:
                with pytest.raises(ConnectionResetError):
                    while connection.recv(65536):
                        pass
        finally:
            clients.close()
            serving.should_exit = True
            thread.join(20)


def test_it_ends_at_once_although_a_stream_is_open(tmp_path: Path) -> None:
    with PortalProcess(tmp_path) as process:
        screen, editor = Browser(process), Browser(process, "editor")
        location = screen.get("/screen").headers["location"]
        code = re.search(r'class="digits" aria-label="(\w+)"', screen.get(location).body)
        assert code is not None
        paired = editor.post("/screens", {"code": code[1], "name": "Hal", "audience": "staff", "language": "nl"})
        assert paired.status == 303
        stream = http.client.HTTPConnection("127.0.0.1", process.port, timeout=15)
        stream.request("GET", f"{location}/events", headers={"Host": f"localhost:{process.port}"})
        assert stream.getresponse().status == 200
        assert process.stop() == 0
        stream.close()
        assert "Cancel" not in process.log.read_text()


def test_two_servers_on_one_sqlite_file_are_refused(portal: PortalProcess) -> None:
    ended = run("demo", {**portal.environment, "PORTAL_PORT": str(free_port())})
    assert ended.returncode == 1
    assert "Another portal is serving" in ended.stderr


def test_a_port_in_use_is_named(portal: PortalProcess, tmp_path: Path) -> None:
    ended = run("demo", {**portal.environment, "PORTAL_DATA_DIR": str(tmp_path)})
    assert ended.returncode == 1
    assert f"Port {portal.port} on 127.0.0.1 cannot be used" in ended.stderr


SECRET = "0123456789-abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[PortalProcess]:
    """A server with two workers and nothing in its database."""
    process = PortalProcess(tmp_path, command="serve", workers=2, settings={"PORTAL_SECRET": SECRET})
    assert run("migrate", process.environment).returncode == 0
    with process:
        yield process


def test_two_workers_answer_on_one_port_and_a_dead_one_is_replaced(pair: PortalProcess) -> None:
    first, second = pair.doing("serve-worker")
    os.kill(first.pid, signal.SIGTERM)  # what a service manager sends to every process: the end is their parent's
    os.kill(second.pid, signal.SIGINT)
    for one in (first, second):
        one.suspend()
        assert pair.answers("/readyz") == 200  # by the other
        one.resume()
    first.kill()
    assert pair.answers("/readyz") == 200
    assert until(lambda: len(pair.doing("serve-worker")) == 2)
    second.suspend()
    assert until(lambda: pair.answers("/readyz") == 200)  # by the one that came for the first
    second.resume()
    family = pair.family()
    assert len(family) == 4
    assert pair.stop() == 0
    assert all(is_over(one) for one in family)
    assert "killed" not in pair.log.read_text()


def test_nobody_outlives_the_first_process(pair: PortalProcess) -> None:
    family = pair.family()
    pair.kill()
    assert until(lambda: all(is_over(one) for one in family))
    assert pair.start().answers("/readyz") == 200


def test_a_second_interruption_ends_workers_that_hang(pair: PortalProcess) -> None:
    assert pair.process is not None
    first, second = pair.doing("serve-worker")
    first.suspend()
    pair.process.send_signal(signal.SIGINT)
    assert until(lambda: is_over(second))
    assert pair.process.poll() is None
    pair.process.send_signal(signal.SIGINT)
    assert pair.process.wait(10) == 0
    assert is_over(first)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"PORTAL_SECRET": ""}, "PORTAL_SECRET"),
        ({"PORTAL_SECRET": "short"}, "PORTAL_SECRET"),
        ({"PORTAL_SECRET": "a" * 64}, "PORTAL_SECRET"),
        ({"PORTAL_BASE_URL": "share.example.org"}, "PORTAL_BASE_URL"),
        (
            {"PORTAL_BASE_URL": "https://share.example.org", "PORTAL_PRACTICE_SIGN_IN": "1"},
            "PORTAL_PRACTICE_SIGN_IN",
        ),
        ({"PORTAL_PORT": "eighty"}, "PORTAL_PORT"),
        ({"PORTAL_WORKERS": "0"}, "PORTAL_WORKERS"),
        ({"PORTAL_TIME_ZONE": "Zwolle"}, "PORTAL_TIME_ZONE"),
        ({"PORTAL_DATABASE_URL": "mysql://x"}, "PORTAL_DATABASE_URL"),
        ({"PORTAL_BASEURL": "https://share.example.org"}, "PORTAL_BASEURL"),
        ({"PORTAL_SECRET_FILE": "/nowhere/secret"}, "PORTAL_SECRET_FILE"),
        ({"PORTAL_OIDC_ISSUER": "https://id.example.org"}, "PORTAL_OIDC_ISSUER"),
        ({}, "portal migrate"),
    ],
)
def test_wrong_settings_are_named_and_the_start_refused(wrong: dict[str, str], named: str, tmp_path: Path) -> None:
    environment = {"PORTAL_SECRET": SECRET, "PORTAL_DATA_DIR": str(tmp_path)} | wrong
    for command in ("check", "serve"):
        ended = CliRunner(env=environment).invoke(main, [command])
        assert (command, ended.exit_code) == (command, 1)
        assert named in ended.output


def test_check_masks_secrets(tmp_path: Path) -> None:
    environment = {
        "PORTAL_SECRET": SECRET,
        "PORTAL_DATA_DIR": str(tmp_path),
        "PORTAL_MAIL_URL": "smtp://user:hunter2@mail.example",
        "PORTAL_MAIL_FROM": "portal@example.org",
    }
    runner = CliRunner(env=environment)
    assert runner.invoke(main, ["migrate"]).exit_code == 0
    ended = runner.invoke(main, ["check"])
    assert ended.exit_code == 0
    assert "hunter2" not in ended.output
    assert SECRET not in ended.output
    assert re.search(r"^PORTAL_BASE_URL=http://localhost:8000$", ended.output, re.MULTILINE)


def run(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "portal", command], env=environment, capture_output=True, text=True, timeout=60
    )
