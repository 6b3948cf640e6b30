"""Web push as the standards write it: the example of RFC 8291, and what a push service is told."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as some
from joserfc import jwt
from joserfc.jwk import ECKey

from portal import clock, outbound, push
from portal import settings as portal_settings
from tests.pushes import Browser, plain, url_safe

pytestmark = pytest.mark.once
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A"
    "_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_standard_comes_out_byte_for_byte() -> None:
    """RFC 8291, appendix A."""
    sender = int.from_bytes(plain("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    body = push.encrypt(
        b"When I grow up, I want to be a watermelon",
        key=plain("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        secret=plain("BTBZMqHH6r4Tts7J_aSIgg"),
        salt=plain("DGv6ra1nlYgDCS1FRnbzlw"),
        sender=ec.derive_private_key(sender, push.CURVE),
        step=1,
    )
    assert url_safe(body) == BODY


@settings(max_examples=60, deadline=None)
@given(some.binary(max_size=push.ROOM))
def test_the_browser_reads_every_text_and_its_length_tells_little(text: bytes) -> None:
    browser = Browser()
    keys = {name: plain(value) for name, value in browser.form.items()}
    body = push.encrypt(text, **keys, salt=b"s" * 16, sender=ec.generate_private_key(push.CURVE))
    assert browser.read(body) == text
    assert len(body) in (1126, 2150, 3174, 4096)


def test_who_sends_is_signed_for_one_push_service(app: object, chosen: portal_settings.Settings) -> None:
    with time_machine.travel(datetime(2026, 11, 24, 10, tzinfo=clock.zone()), tick=False):
        kind, signed, key = push.authorization("https://push.example:8443/abc?d=e").replace(",", "").split()
        assert (kind, key) == ("vapid", f"k={push.public_key()}")
        public = ec.EllipticCurvePublicKey.from_encoded_point(push.CURVE, plain(key.removeprefix("k=")))
        claims = jwt.decode(signed.removeprefix("t="), ECKey.import_key(public), algorithms=["ES256"]).claims
        assert claims == {
            "aud": "https://push.example:8443",
            "exp": int((clock.now() + timedelta(hours=12)).timestamp()),
            "sub": "mailto:portal@noorderhout.example",
        }


def test_the_key_is_the_installation_s_own(app: object, chosen: portal_settings.Settings) -> None:
    before = push.public_key()
    assert (before, len(plain(before))) == (push.public_key(), 65)
    portal_settings.put_in_force(replace(chosen, secret="another secret for tests, 0123456789-abcdef"))
    assert push.public_key() != before


@pytest.mark.parametrize("text", ["YQ==", "YR", "a b", "YQ\n", "é", "Y+/=", "=", "A"])
def test_what_is_not_base64url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        push.decoded(text)


@pytest.mark.parametrize(
    ("named", "is_right"),
    [
        ("10.0.0.7:8443", True),
        ("*.push.example", True),
        ("", True),
        ("*.com", False),
        ("*", False),
        ("https://push.example", False),
        ("push.example/", False),
    ],
)
def test_push_services_are_hosts(named: str, is_right: bool) -> None:
    environment = {"PORTAL_SECRET": "a long secret for tests, 0123456789-abcdef", "PORTAL_PUSH_SERVICES": named}
    try:
        assert portal_settings.load(environment).push_services == tuple(filter(None, [named]))
        problems = []
    except portal_settings.SettingsError as error:
        problems = error.problems
    assert [each.split()[0] for each in problems] == ([] if is_right else ["PORTAL_PUSH_SERVICES"])


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/a",
        "https://push.example/a",
        "https://127.0.0.1/a",
        "https://inside.example:8443/",
        "https://[::1]/",
        "ftp://a.b/",
    ],
)
def test_nothing_is_sent_to_what_is_no_push_service(
    app: object, chosen: portal_settings.Settings, endpoint: str
) -> None:
    portal_settings.put_in_force(replace(chosen, reachable_hosts=("inside.example:8443",)))
    with pytest.raises(outbound.Refused):
        push.send(endpoint, b"{}", **Browser().form, ttl=60, urgency="normal", topic="try")
