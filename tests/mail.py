"""A real SMTP server on this machine that keeps every message, for the tests to read, or refuses what they say."""

import asyncio
import threading
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import AnyStr, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
Ask = Callable[[str, str], str]
"""Asked with a stage and an address; what it returns is answered in place of yes.

The stages: `MAIL` (the sender), `RCPT`, `DATA` just before the server waits for the text (nothing can be answered),
`TEXT` when all of it is there and nothing is kept yet, `KEPT` just before the server says so.
"""


def _agree(stage: str, address: str) -> str:
    return ""


class MailServer:
    """Listens on a free port from `start()` to `stop()`; `messages` holds what arrived, oldest first.

    A message is listed before its sender hears that it was accepted: no test needs to wait for it.
    """

    def __init__(self, ask: Ask = _agree) -> None:
        self.ask = ask
        self.connections = 0
        self.host = HOST
        self.port = 0
        self.messages: list[EmailMessage] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail server", daemon=True)
        self._server: asyncio.Server | None = None

    def start(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(timeout=10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def to(self, address: str) -> list[EmailMessage]:
        """What arrived for one envelope recipient, oldest first."""
        return [message for message in self.messages if address in message["X-Envelope-To"].split(", ")]

    def clear(self) -> None:
        self.messages.clear()

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self.ask("MAIL", address):
            return refusal
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self.ask("RCPT", address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if refusal := self.ask("TEXT", envelope.rcpt_tos[0]):
            return refusal
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        message = message_from_bytes(content, policy=policy.default)
        message["X-Envelope-From"] = envelope.mail_from or ""
        message["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        self.messages.append(message)
        return self.ask("KEPT", envelope.rcpt_tos[0]) or "250 Kept"

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(self._greet, host=HOST, port=0)

    def _greet(self) -> SMTP:
        self.connections += 1
        return _Asking(self, hostname="mail.test", loop=self._loop)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


class _Asking(SMTP):
    """Asks in the moment before it waits for a text."""

    event_handler: MailServer

    async def push(self, status: AnyStr) -> None:
        if str(status).startswith("354") and self.envelope is not None:
            self.event_handler.ask("DATA", self.envelope.rcpt_tos[0])
        await super().push(status)
