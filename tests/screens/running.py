"""The application behind a real port, for what a test client cannot do: streams, and players in a browser."""

import socket
import threading

from starlette.applications import Starlette

from portal import server
from portal.server import Server

PATIENCE = 20.0
"""Seconds to wait for what should come much sooner."""


class Running:
    """The application behind a real port, in a thread of this process."""

    def __init__(self, app: Starlette, port: int = 0, *, fast_path: bool = True) -> None:
        """Without `fast_path` streams are answered by their ordinary route only."""
        self.listening = socket.create_server(("127.0.0.1", port))
        self.listeners: list[threading.Thread] = []
        self.port: int = self.listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = server.configuration(app, app.state.settings, fast_path=fast_path)
        self.server = Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listening]}, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """As SIGTERM does."""
        self.server.handle_exit(15, None)
        for thread in (self.thread, *self.listeners):
            thread.join(PATIENCE)
        self.listening.close()
