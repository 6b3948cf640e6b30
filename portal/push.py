"""Web push: a line for a browser that is closed, encrypted for it alone (RFC 8030, 8291 and 8292)."""

import base64
import binascii
import hashlib
import os
import struct
from datetime import timedelta
from email.utils import parseaddr, parsedate_to_datetime
from functools import cache
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from portal import clock, outbound, settings

CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many points the curve has."""
RECORD = 4096
"""Bytes of a body that every push service takes."""
ROOM = RECORD - 16 - 5 - 65 - 16 - 1
"""Bytes a text may have beside salt, sizes, the sender's key, the seal and the sign that it ends."""
STEP = 1024
"""Texts are filled up to a multiple of this, so that their length tells little."""
LONGEST = 5.0
"""Seconds a push service may take to answer."""


class Answer(NamedTuple):
    status: int
    wait: timedelta
    """How long the push service asks to be left alone."""


def send(endpoint: str, text: bytes, *, key: str, secret: str, ttl: int, urgency: str, topic: str) -> Answer:
    """Hand `text` to the push service, which keeps it for `ttl` seconds, or until another with its `topic`.

    Raises outbound.Refused for an address that is none of a push service, outbound.Failed when nobody answers.
    """
    policy = way_to(endpoint)
    sealed = encrypt(
        text, key=decoded(key), secret=decoded(secret), salt=os.urandom(16), sender=ec.generate_private_key(CURVE)
    )
    headers = {
        "Authorization": authorization(endpoint),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(ttl),
        "Urgency": urgency,
        "Topic": _encoded(hashlib.sha256(topic.encode()).digest()[:24]),
    }
    answer = outbound.post(endpoint, sealed, headers=headers, policy=policy, seconds=LONGEST)
    return Answer(answer.status, _wait(answer.headers.get("retry-after", "")))


def way_to(endpoint: str) -> outbound.Policy:
    """Which connections may be made to push there. Asks no name server.

    Raises outbound.Refused unless it is https at one of the push services in the settings: the address comes from
    whoever is signed in, and hosts inside that feeds may be fetched from are none of theirs to send to.
    """
    named = settings.current().push_services
    policy = outbound.Policy(trusted=frozenset(each for each in named if ":" in each))
    url = policy.check(endpoint)
    port = url.port or 443
    is_named = f"{url.host}:{port}" in named or (port == 443 and any(_lies_at(url.host, each) for each in named))
    if url.scheme != "https" or not is_named:
        raise outbound.Refused
    return policy


def encrypt(
    text: bytes, *, key: bytes, secret: bytes, salt: bytes, sender: ec.EllipticCurvePrivateKey, step: int = STEP
) -> bytes:
    """The body only the browser with this public `key` and `secret` can read. Raises ValueError for no key."""
    own = _point(sender.public_key())
    shared = sender.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, key))
    of_both = _derived(shared, salt=secret, about=b"WebPush: info\0" + key + own, length=32)
    content_key = _derived(of_both, salt=salt, about=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derived(of_both, salt=salt, about=b"Content-Encoding: nonce\0", length=12)
    filled = (text + b"\x02").ljust(min(-(-(len(text) + 1) // step) * step, ROOM + 1), b"\0")
    return salt + struct.pack(">LB", RECORD, len(own)) + own + AESGCM(content_key).encrypt(nonce, filled, None)


def authorization(endpoint: str) -> str:
    """Who sends this, signed for the push service at `endpoint`."""
    parts, chosen = urlsplit(endpoint), settings.current()
    contact = parseaddr(chosen.mail_from)[1]
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((clock.now() + timedelta(hours=12)).timestamp()),
        "sub": f"mailto:{contact}" if "@" in contact else chosen.base_url,
    }
    signed = jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, ECKey.import_key(_own_key(chosen.secret)))
    return f"vapid t={signed}, k={public_key()}"


def public_key() -> str:
    """What a browser must be given to subscribe; it changes only with the installation's secret."""
    return _encoded(_point(_own_key(settings.current().secret).public_key()))


def decoded(text: str) -> bytes:
    """The bytes behind base64url without its filling. Raises ValueError for anything else."""
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error
    if _encoded(found) != text:
        raise ValueError(text)
    return found


@cache
def _own_key(secret: str) -> ec.EllipticCurvePrivateKey:
    # 128 bits more than the order has leave no number likelier than another.
    drawn = _derived(secret.encode(), salt=b"", about=b"passalong: web push", length=48)
    return ec.derive_private_key(int.from_bytes(drawn, "big") % (ORDER - 1) + 1, CURVE)


def _derived(material: bytes, *, salt: bytes, about: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, about).derive(material)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _encoded(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def _lies_at(host: str, named: str) -> bool:
    return host.endswith(named[1:]) if named.startswith("*.") else host == named


def _wait(text: str) -> timedelta:
    """What a Retry-After header asks, in seconds or as a date; nothing when it cannot be read."""
    if text.isascii() and text.isdigit() and len(text) < 10:
        return timedelta(seconds=int(text))
    try:
        return max(timedelta(), parsedate_to_datetime(text) - clock.now())
    except (ValueError, TypeError, OverflowError):  # a year or a zone that no calendar has
        return timedelta()
