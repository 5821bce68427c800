"""What no honest program sends."""

import http.client
import json
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest

from tests.embedded.instance import Instance
from tests.studio.gateway.drips import connected

MEGABYTE = 1_000_000
pytestmark = pytest.mark.usefixtures("drips")  # they need time: see test_slow_uploads


def post(darkroom: Instance, key: str, body: bytes | str, path: str = "/v1/images/generations", **headers: str) -> Any:
    line = http.client.HTTPConnection(urlsplit(darkroom.url).netloc, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    line.request("POST", path, body, {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **named})
    answer = line.getresponse()
    text = answer.read()
    line.close()
    return answer.status, json.loads(text)["error"], answer


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "invalid_json"),
        ("{", 400, "invalid_json"),
        ("[]", 400, "invalid_json"),
        ("[" * 100_000, 400, "invalid_json"),
        ('{"prompt": NaN}', 400, "invalid_json"),
        (b'{"prompt": "\xff"}', 400, "invalid_json"),
        ('{"prompt": "a\\ud800"}', 400, "invalid_value"),
        ('{"prompt": "a\\u0000b"}', 400, "invalid_value"),
        ('{"prompt": "a", "prompt": "b"}', 400, "duplicate_parameter"),
        ("{}", 400, "missing_required_parameter"),
        ('{"prompt": null}', 400, "missing_required_parameter"),
        ('{"prompt": ""}', 400, "empty_string"),
        ('{"prompt": 1}', 400, "invalid_type"),
        ('{"prompt": "a", "n": "2"}', 400, "invalid_type"),
        ('{"prompt": "a", "n": true}', 400, "invalid_type"),
        ('{"prompt": "a", "n": 0}', 400, "invalid_value"),
        ('{"prompt": "a", "n": 1e400}', 400, "invalid_type"),
        ('{"prompt": "a", "n": 99999999999999999999999}', 400, "integer_above_max_value"),
        ('{"prompt": "a", "seed": 1}', 400, "unknown_parameter"),
        ('{"prompt": "a", "model": "dall-e-2"}', 404, "model_not_found"),
        ('{"prompt": "a", "size": "1920x1080"}', 400, "invalid_value"),
        ('{"prompt": "a", "quality": "hd"}', 400, "invalid_value"),
        ('{"prompt": "a", "background": "transparent"}', 400, "invalid_value"),
        ('{"prompt": "a", "input_fidelity": "high"}', 400, "invalid_input_fidelity_model"),
        ('{"prompt": "a", "response_format": "html"}', 400, "invalid_value"),
        ('{"prompt": "a", "stream": true, "n": 2}', 400, "unsupported_parameter"),
        ('{"prompt": "a", "output_format": "../../etc"}', 400, "invalid_value"),
        (json.dumps({"prompt": "a" * 32_001}), 400, "string_above_max_length"),
        (json.dumps({"prompt": "a", "user": "u" * 300}), 400, "string_above_max_length"),
    ],
)
def test_a_body_is_read_strictly(darkroom: Instance, api_key: str, body: bytes | str, status: int, code: str) -> None:
    found, error, answer = post(darkroom, api_key, body)
    assert (found, error["code"]) == (status, code)
    assert set(error) == {"message", "type", "param", "code"}
    assert answer.headers["x-request-id"]


def test_unknown_parameters_are_refused_in_openais_words(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(prompt="a", extra_body={"style": "vivid"})
    assert refused.value.body == {
        "message": "Unknown parameter: 'style'.",
        "type": "invalid_request_error",
        "param": "style",
        "code": "unknown_parameter",
    }


def test_other_content_types_and_methods_are_refused(darkroom: Instance, api_key: str, client: openai.OpenAI) -> None:
    assert post(darkroom, api_key, "a=b", Content_Type="application/x-www-form-urlencoded")[0] == 415
    assert post(darkroom, api_key, "x", Content_Type="multipart/form-data", path="/v1/images/edits")[0] == 400
    with pytest.raises(openai.APIStatusError) as refused:
        client.get("/images/generations", cast_to=object)
    assert (refused.value.status_code, refused.value.code) == (405, "method_not_supported")
    with pytest.raises(openai.NotFoundError) as nowhere:
        client.post("/audio/speech", body={}, cast_to=object)
    assert nowhere.value.code == "unknown_url"


@pytest.mark.parametrize("query", ["api_key=dk_abc", "key=1", "a=1&access_token=2", "x=dk_12345678_abc", "t=sk-abc"])
def test_a_key_in_an_address_is_refused_and_never_logged(darkroom: Instance, api_key: str, query: str) -> None:
    found, error, _ = post(darkroom, api_key, "{}", path=f"/v1/images/generations?{query}")
    assert (found, error["code"]) == (401, "key_in_address")
    assert query not in darkroom.log.read_text()
    assert api_key not in darkroom.log.read_text()


FORM = """--x\r
Content-Disposition: form-data; name="prompt"\r
\r
at night\r
{}--x--\r
"""
PART = '--x\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
FILE = '; filename="a.png"\r\nContent-Type: image/png'


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([("prompt", "", "by day")], "duplicate_parameter"),
        ([("image", FILE, "1"), ("image", FILE, "2")], "duplicate_parameter"),
        ([("mask", FILE, "1"), ("mask", FILE, "2")], "duplicate_parameter"),
        ([("picture", FILE, "1")], "unknown_parameter"),
        ([("style", "", "vivid")], "unknown_parameter"),
        ([("image", "", "https://example.com/a.png")], "invalid_type"),
        ([("image", FILE, "1"), ("n", "", "two")], "invalid_type"),
        ([("image", FILE, "1"), ("stream", "", "yes")], "invalid_type"),
        ([("image", FILE, "1"), ("size", "", "1920x1080")], "invalid_value"),
        ([("image", FILE.replace("png", "gif"), "GIF89a")], "unsupported_file_mimetype"),
        ([("image", FILE, "no picture")], "invalid_image_file"),
        ([], "missing_required_parameter"),
    ],
)
def test_a_form_is_read_strictly(
    darkroom: Instance, api_key: str, parts: list[tuple[str, str, str]], code: str
) -> None:
    body = FORM.format("".join(PART.format(*part) for part in parts))
    kind = "multipart/form-data; boundary=x"
    found, error, _ = post(darkroom, api_key, body, path="/v1/images/edits", Content_Type=kind)
    assert (found, error["code"]) == (400, code)


def memory_megabytes(darkroom: Instance) -> float:
    status = Path(f"/proc/{darkroom.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.mark.parametrize("is_chunked", [False, True])
def test_two_hundred_megabytes_are_refused_early(darkroom: Instance, api_key: str, is_chunked: bool) -> None:
    before, began = memory_megabytes(darkroom), time.monotonic()
    host, port = urlsplit(darkroom.url).hostname, urlsplit(darkroom.url).port
    assert host is not None
    with socket.create_connection((host, port or 80), timeout=20) as line:
        length = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {200 * MEGABYTE}"
        head = f"POST /v1/images/edits HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {api_key}\r\n{length}\r\n\r\n"
        line.sendall(head.encode())
        sent = 0
        try:
            while sent < 200 * MEGABYTE and is_chunked:
                line.sendall(b"%x\r\n" % MEGABYTE + bytes(MEGABYTE) + b"\r\n")
                sent += MEGABYTE
        except OSError:
            pass
        answer = line.recv(2000)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"request_too_large" in answer
    assert time.monotonic() - began < 15
    assert memory_megabytes(darkroom) - before < 40


def test_a_thousand_idle_lines_leave_room_for_work(darkroom: Instance, client: openai.OpenAI) -> None:
    """Half of them have said nothing, the others half of what they want."""
    lines = [connected(darkroom) for _ in range(1000)]
    try:
        for line in lines[::2]:
            line.sendall(b"POST /v1/images/generations HTTP/1.1\r\nContent-Length: 9000\r\n\r\n{")
        assert client.models.list().data[0].id == "gpt-image-2"
        assert client.images.generate(prompt="a lamp", size="1024x640", quality="low").data
    finally:
        for line in lines:
            line.close()
