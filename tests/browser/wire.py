"""A network that a test can cut: what is sent over it then goes nowhere, and nobody is told."""

import socket
import threading
from contextlib import suppress


class Wire:
    """Carries connections to a port of this machine, over a port of its own."""

    def __init__(self, to: int) -> None:
        self.to = to
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self._open: list[socket.socket] = []
        self._is_cut = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """From now on nothing arrives, neither what is under way nor what begins."""
        self._is_cut.set()

    def heal(self) -> None:
        """New connections are carried again; those from before stay dead, and nobody is told."""
        self._is_cut.clear()

    def close(self) -> None:
        self._listening.close()
        for each in self._open:
            with suppress(OSError):
                each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                self._open.append(near)
                if not self._is_cut.is_set():
                    threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self.to))
        except OSError:
            near.close()
            return
        self._open.append(far)
        back = threading.Thread(target=self._pump, args=(far, near), daemon=True)
        back.start()
        self._pump(near, far)

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65_536):
                if self._is_cut.is_set():
                    return  # and leave both ends open: they learn nothing
                other.sendall(data)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
