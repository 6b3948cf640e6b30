"""A push service on this machine, and the browser behind it that reads what comes."""

import base64
import http.server
import ipaddress
import json
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import http_ece
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from portal import settings


def plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def url_safe(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


class Browser:
    """What a browser keeps of its subscription, and how it reads a body: with a library of others."""

    def __init__(self) -> None:
        self._own = ec.generate_private_key(ec.SECP256R1())
        self._secret = os.urandom(16)

    @property
    def form(self) -> dict[str, str]:
        point = self._own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"key": url_safe(point), "secret": url_safe(self._secret)}

    def read(self, body: bytes) -> bytes:
        text: bytes = http_ece.decrypt(body, private_key=self._own, auth_secret=self._secret, version="aes128gcm")
        return text

    def message(self, body: bytes) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.read(body))
        return found


@dataclass(frozen=True)
class Pushed:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PushService:
    """Answers everything with the first of `statuses` until one is left; Retry-After as `retry_after` says."""

    address: str
    statuses: list[int] = field(default_factory=lambda: [201])
    retry_after: str = ""
    got: list[Pushed] = field(default_factory=list)

    def take(self, pushed: Pushed) -> int:
        self.got.append(pushed)
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextmanager
def serving(folder: Path, chosen: settings.Settings) -> Iterator[PushService]:
    """A push service whose certificate this process trusts when it reads SSL_CERT_FILE: `folder`/trusted.pem."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = service.take(Pushed(self.path, {name.lower(): text for name, text in self.headers.items()}, body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            if service.retry_after:
                self.send_header("Retry-After", service.retry_after)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(folder))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    host = f"127.0.0.1:{server.server_address[1]}"
    service = PushService(f"https://{host}")
    settings.put_in_force(replace(chosen, push_services=(host,)))
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _certificate(folder: Path) -> Path:
    """A certificate for this machine that vouches for itself, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a push service")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=400))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "trusted.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return path
