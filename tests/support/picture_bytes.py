"""Pictures for tests, and the pieces that files are made of, put together by hand."""

import struct
import zlib
from functools import cache
from typing import Any

import pyvips

SECRET = b"52.5200N 13.4050E by Alice"
CAMERA_WORDS = (SECRET, b"Exif", b"ICC_PROFILE", b"iCCP", b"eXIf", b"EXIF", b"XMP ", b"xmpmeta", b"THUMBNAIL")


@cache
def painting(width: int = 60, height: int = 40, bands: int = 3) -> Any:
    """Red left above, green right above, blue left below, grey right below, softly."""
    across, down = pyvips.Image.xyz(width, height).bandsplit()
    right, below = across * (255 / width), down * (255 / height)
    image = (255 - right).bandjoin([right, below, 255 - below])[:bands]
    return image.cast("uchar").copy(interpretation="srgb").copy_memory()


def saved(image: Any, form: str) -> bytes:
    data: bytes = image.write_to_buffer(form)
    return data


@cache
def plain(form: str, width: int = 60, height: int = 40, bands: int = 3) -> bytes:
    """Without a word of metadata: form is ".png", ".jpg" or ".webp"."""
    return saved(painting(width, height, bands), f"{form}[keep=none]")


def pixels(data: bytes) -> bytes:
    memory: bytes = pyvips.Image.new_from_buffer(data, "").write_to_memory()
    return memory


def opened(data: bytes) -> Any:
    return pyvips.Image.new_from_buffer(data, "")


def difference(one: Any, other: Any) -> float:
    """The mean difference of two pictures, in levels of 255."""
    assert (one.width, one.height, one.bands) == (other.width, other.height, other.bands)
    return float((one.cast("int") - other.cast("int")).abs().avg())


# -- PNG --


def chunk(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">L", len(content)) + name + content + struct.pack(">L", zlib.crc32(name + content))


def png(
    width: int, height: int, *between: bytes, depth: int = 8, colour: int = 2, packed: bytes | None = None
) -> bytes:
    """`packed` is the compressed picture; all zero where it is not given."""
    values = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    lines = b"" if packed is not None else bytes(height * (1 + (width * values * depth + 7) // 8))
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, depth, colour, 0, 0, 0)),
            *between,
            chunk(b"IDAT", zlib.compress(lines) if packed is None else packed),
            chunk(b"IEND"),
        ]
    )


def png_with(data: bytes, *chunks: bytes) -> bytes:
    """The chunks go in behind the header."""
    return data[:33] + b"".join(chunks) + data[33:]


# -- JPEG --


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def jpeg_with(data: bytes, *segments: bytes) -> bytes:
    return data[:2] + b"".join(segments) + data[2:]


# -- WebP --


def riff_chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<L", len(content)) + content + b"\0" * (len(content) % 2)


def webp(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<L", len(body)) + body


def extended(width: int, height: int, flags: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return riff_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + size)


def webp_with(data: bytes, *chunks: bytes, width: int = 60, height: int = 40, flags: int = 0x0C) -> bytes:
    """A simple file becomes an extended one that carries more."""
    return webp(extended(width, height, flags), data[12:], *chunks)


# -- EXIF --


def exif(orientation: int, order: str = "<", *, before: int = 2) -> bytes:
    """A directory with some other entries, the orientation and a place."""
    entries = [struct.pack(order + "HHLL", 0x0100 + number, 4, 1, 9) for number in range(before)]
    entries.append(struct.pack(order + "HHLHH", 0x0112, 3, 1, orientation, 0))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "L", 8)
    return head + struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4) + SECRET


def turned(form: str, orientation: int, order: str = "<") -> bytes:
    said = exif(orientation, order)
    if form == ".png":
        return png_with(plain(form), chunk(b"eXIf", said))
    if form == ".jpg":
        return jpeg_with(plain(form), segment(0xE1, b"Exif\0\0" + said))
    return webp_with(plain(form), riff_chunk(b"EXIF", said))


XMP = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"


def talkative(form: str) -> bytes:
    """Everything that a camera and an editor write around a picture, and another file behind it."""
    behind = b"PK\3\4" + SECRET
    if form == ".png":
        text = chunk(b"tEXt", b"Author\0" + SECRET), chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
        return png_with(plain(form), chunk(b"eXIf", exif(1)), *text, chunk(b"tIME", bytes(7))) + behind
    if form == ".jpg":
        return (
            jpeg_with(
                plain(form),
                segment(0xE0, b"JFXX\0\x13" + b"THUMBNAIL"),
                segment(0xE1, b"Exif\0\0" + exif(1)),
                segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
                segment(0xED, b"Photoshop 3.0\0" + SECRET),
                segment(0xFE, SECRET),
            )
            + behind
        )
    return webp_with(plain(form), riff_chunk(b"EXIF", exif(1)), riff_chunk(b"XMP ", XMP)) + behind
