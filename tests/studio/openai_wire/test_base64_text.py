"""Base64 is read quickly, and means what it means to the standard library."""

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studio.openai_wire import base64_text

NEARLY_BASE64 = st.text("AZaz09+/=\n -_é", max_size=12)


def _strictly(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def _quickly(text: str) -> bytes | None:
    try:
        return base64_text.decode(text)
    except ValueError:
        return None


@given(NEARLY_BASE64)
@example("QUJD")
@example("QUJDRA==")
@example("QUJD=")  # padding that is not needed
@example("QUJD\n")
@example("QUJD\nQUJD")
@example("QUJDRA")
@example("QU-_")
@example("é")
def test_what_is_read_is_what_the_standard_library_reads_strictly(text: str) -> None:
    assert _quickly(text) == _strictly(text)


@given(st.binary(max_size=200))
def test_what_is_written_is_read_again(data: bytes) -> None:
    text = base64_text.encode_as_text(data)
    assert text.encode() == base64_text.encode(data) == base64.b64encode(data)
    assert base64_text.decode(text) == data


@pytest.mark.parametrize("picture", [3, ["QUJD"], {"b64": "QUJD"}])
def test_what_is_no_text_is_refused(picture: object) -> None:
    with pytest.raises(TypeError):
        base64_text.decode(picture)  # type: ignore[arg-type]  # providers may send anything
