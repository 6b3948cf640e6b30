"""Pictures drawn for tests, with whatever a test wants to be wrong with them."""

import io
import struct
import zlib
from functools import cache
from typing import Any

from PIL import Image

from portal.campaigns import pictures


def picture(kind: str = "PNG", size: tuple[int, int] = (400, 210), colour: str = "teal", **more: Any) -> bytes:
    """A plain picture as the bytes of a file."""
    mode = more.pop("mode", "RGB")
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, kind, **more)
    return out.getvalue()


def noise(size: tuple[int, int] = (1200, 630)) -> bytes:
    """The picture that compresses worst."""
    out = io.BytesIO()
    Image.effect_noise(size, 120).convert("RGB").save(out, "PNG")
    return out.getvalue()


@cache
def rendered_noise(size: tuple[int, int] = (1200, 630)) -> pictures.Rendered:
    """Noise ready to be kept: drawing its sizes takes most of a second, so all tests that need one share it."""
    return pictures.render(noise(size))


def enormous_png(width: int = 30_000, height: int = 30_000) -> bytes:
    """A small file that unpacks to a huge picture of one bit per pixel."""
    packer = zlib.compressobj(9)
    row = bytes(1 + width // 8)
    body = b"".join(packer.compress(row * 100) for _ in range(height // 100)) + packer.flush()

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
