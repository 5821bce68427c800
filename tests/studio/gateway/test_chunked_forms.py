"""Forms whose length no header announces, as curl and newer SDKs send them: every door reads them as any other form,
within the same limits, and reads nothing of one that was cut short."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from saas.web.uploads import LIMIT_BYTES
from tests.embedded.instance import Instance
from tests.embedded.prepared import demo_of
from tests.studio.gateway.drips import connected
from tests.studio.gateway.test_edit import photo

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
PIECE_BYTES = 30_000
EDIT = {"model": "gpt-image-2", "prompt": "at night [sandbox delay=0]", "size": "1024x640", "quality": "low"}
PICTURE = ("photo.png", photo(), "image/png")


@pytest.fixture(scope="module")
def program(darkroom: Instance, api_key: str) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {api_key}"}
    with httpx2.Client(base_url=darkroom.url, headers=headers, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def person(darkroom: Instance, demo_data: Path) -> Iterator[httpx2.Client]:
    """Signed in by a chunked form of the other kind."""
    demo = demo_of(demo_data)
    with httpx2.Client(base_url=darkroom.url, timeout=60, trust_env=False) as client:
        token = token_of(client, "/accounts/login/")
        fields = {"csrfmiddlewaretoken": token, "login": demo["email"], "password": demo["password"]}
        assert chunked(client, "/accounts/login/", data=fields).status_code == 302
        assert "darkroom_session" in client.cookies
        yield client


def token_of(client: httpx2.Client, path: str) -> str:
    found = TOKEN.search(client.get(path).text)
    assert found, path
    return found[1]


def chunked(client: httpx2.Client, path: str, **form: Any) -> httpx2.Response:
    whole = client.build_request("POST", path, **form)
    body = whole.read()
    origin = str(client.base_url).rstrip("/")
    headers = {"Content-Type": whole.headers["Content-Type"], "Referer": f"{origin}/", "Origin": origin}
    pieces = (body[start : start + PIECE_BYTES] for start in range(0, len(body), PIECE_BYTES))
    asked = client.build_request("POST", path, content=pieces, headers=headers)
    assert "content-length" not in asked.headers
    return client.send(asked)


def runs_of(program: httpx2.Client) -> int:
    return len(program.get("/api/v1/runs?limit=200").json()["data"])


def test_the_gateway_reads_an_edit(program: httpx2.Client) -> None:
    answer = chunked(program, "/v1/images/edits", data=EDIT, files={"image": PICTURE})
    assert answer.status_code == 200, answer.text[:300]
    assert answer.json()["size"] == "1024x640"


def test_the_gateway_reads_a_file(program: httpx2.Client) -> None:
    answer = chunked(program, "/v1/files", data={"purpose": "vision"}, files={"file": PICTURE})
    assert (answer.status_code, answer.json()["filename"]) == (200, "photo.png")


def test_the_native_api_reads_an_input(program: httpx2.Client) -> None:
    answer = chunked(program, "/api/v1/inputs", files={"file": PICTURE})
    assert (answer.status_code, answer.json()["name"]) == (201, "photo.png")


def test_the_sandbox_reads_an_edit(darkroom: Instance) -> None:
    with httpx2.Client(base_url=darkroom.url, headers={"Authorization": "Bearer sk"}, trust_env=False) as client:
        answer = chunked(client, "/sandbox/v1/images/edits", data=EDIT, files={"image": PICTURE})
        assert answer.status_code == 200, answer.text[:300]


def test_pages_read_their_forms(person: httpx2.Client, program: httpx2.Client) -> None:
    before, token = runs_of(program), token_of(person, "/o/demo/")
    fields = {"csrfmiddlewaretoken": token, "prompt": "by day [sandbox delay=0]", "size": "1024x640", "quality": "low"}
    given = chunked(person, "/o/demo/inputs/", data=fields, files={"file": PICTURE})
    assert given.status_code == 201, given.text[:300]
    for form in ({"data": fields}, {"data": fields, "files": {"file": PICTURE}}):
        answer = chunked(person, "/o/demo/runs/", **form)
        assert (answer.status_code, answer.headers.get("location")) == (302, "/o/demo/"), answer.text[:300]
    assert runs_of(program) == before + 2


@pytest.mark.parametrize(
    ("path", "field", "status"),
    [("/v1/images/edits", "image", 400), ("/v1/files", "file", 400), ("/api/v1/inputs", "file", 422)],
)
def test_a_file_has_the_same_limit(program: httpx2.Client, path: str, field: str, status: int) -> None:
    large = ("photo.png", photo() + bytes(LIMIT_BYTES), "image/png")
    more = {"/v1/images/edits": EDIT, "/v1/files": {"purpose": "vision"}}.get(path, {})
    before = runs_of(program)
    answer = chunked(program, path, data=more, files={field: large})
    assert (answer.status_code, "50 MB" in answer.json()["error"]["message"]) == (status, True), answer.text[:300]
    assert runs_of(program) == before


@pytest.mark.parametrize("path", ["/v1/images/edits", "/v1/files", "/api/v1/inputs"])
@pytest.mark.parametrize("kind", ["fields", "files", "text"])
def test_the_parts_of_a_form_have_the_same_limits(program: httpx2.Client, path: str, kind: str) -> None:
    before = runs_of(program)
    if kind == "fields":
        form: dict[str, Any] = {"data": {f"field-{number}": "1" for number in range(5200)}, "files": {"image": PICTURE}}
    elif kind == "files":
        form = {"data": EDIT, "files": [("image[]", ("a.png", b"1", "image/png"))] * 101}
    else:
        form = {"data": {**EDIT, "prompt": "a" * 3_000_000}, "files": {"image": PICTURE}}
    answer = chunked(program, path, **form)
    assert answer.status_code == 400, answer.text[:300]
    assert runs_of(program) == before


def test_a_form_of_the_other_kind_has_the_same_limit(person: httpx2.Client, program: httpx2.Client) -> None:
    fields = {"csrfmiddlewaretoken": token_of(person, "/o/demo/"), "prompt": "a" * 3_000_000}
    before = runs_of(program)
    assert chunked(person, "/o/demo/runs/", data=fields).status_code in {400, 413}
    assert runs_of(program) == before


def multipart(program: httpx2.Client, data: dict[str, str], files: dict[str, Any]) -> tuple[bytes, str]:
    whole = program.build_request("POST", "/", data=data, files=files)
    return whole.read(), whole.headers["Content-Type"]


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize(
    ("path", "field"), [("/v1/images/edits", "image"), ("/v1/files", "file"), ("/api/v1/inputs", "file")]
)
def test_a_form_without_its_end_is_refused(program: httpx2.Client, path: str, field: str, is_chunked: bool) -> None:
    """The request is whole, and the form inside it is not: the file's last bytes are missing."""
    body, kind = multipart(program, EDIT if field == "image" else {"purpose": "vision"}, {field: PICTURE})
    cut = body[: body.rindex(b"\r\n--")]  # the picture itself is whole, so only the missing line tells
    before = runs_of(program)
    content: Any = iter([cut]) if is_chunked else cut
    answer = program.post(path, content=content, headers={"Content-Type": kind})
    assert (answer.status_code, set(answer.json())) == (400, {"error"}), answer.text[:300]
    assert runs_of(program) == before


@pytest.mark.parametrize(
    "ending",
    [b"", b"zz\r\nbroken\r\n0\r\n\r\n", b"-5\r\nbroken\r\n0\r\n\r\n", b"ffffffffffffffffffff\r\n", b"a" * 2000],
    ids=["cut", "no-number", "negative", "huge", "endless"],
)
def test_a_body_cut_in_the_middle_makes_nothing(
    darkroom: Instance, program: httpx2.Client, api_key: str, ending: bytes
) -> None:
    body, kind = multipart(program, EDIT, {"image": PICTURE})
    before = runs_of(program)
    with connected(darkroom) as line:
        head = f"POST /v1/images/edits HTTP/1.1\r\nHost: darkroom\r\nAuthorization: Bearer {api_key}\r\n"
        line.sendall(f"{head}Content-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        line.sendall(b"%x\r\n" % len(body) + body + b"\r\n" + ending)
        line.shutdown(1)
        answer = line.recv(2000)
    assert answer[:12] in {b"", b"HTTP/1.1 400"}
    assert runs_of(program) == before


def test_two_lengths_at_once_are_refused(darkroom: Instance, program: httpx2.Client, api_key: str) -> None:
    """A proxy and a server that believe different ones would see different requests."""
    body, kind = multipart(program, EDIT, {"image": PICTURE})
    before = runs_of(program)
    for lengths in ("Content-Length: 5\r\nTransfer-Encoding: chunked", "Content-Length: 5\r\nContent-Length: 6"):
        with connected(darkroom) as line:
            head = f"POST /v1/images/edits HTTP/1.1\r\nHost: darkroom\r\nAuthorization: Bearer {api_key}\r\n"
            line.sendall(f"{head}Content-Type: {kind}\r\n{lengths}\r\n\r\n".encode())
            line.sendall(b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")
            assert line.recv(2000)[:12] == b"HTTP/1.1 400"
    assert runs_of(program) == before


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("curl") is None:
        pytest.fail("curl is not installed.")
    folder = tmp_path_factory.mktemp("curl")
    for form in ("png", "jpg", "webp"):
        (folder / f"photo.{form}").write_bytes(photo(form=form))
    (folder / "photo").write_bytes(photo())
    (folder / "notes.txt").write_text("no picture")
    (folder / "photo.gif").write_bytes(b"GIF89a" + bytes(100))
    return folder


def curl(folder: Path, key: str, *arguments: str) -> tuple[int, str]:
    words = ["curl", "-sS", "-w", "\n%{http_code}", "-H", f"Authorization: Bearer {key}", *arguments]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=90, check=True)
    answer, _, status = done.stdout.rpartition("\n")
    return int(status), answer


FORM = [word for name, value in EDIT.items() for word in ("-F", f"{name}={value}")]
CHUNKED = ["-H", "Transfer-Encoding: chunked"]


@pytest.mark.parametrize("how", [[], CHUNKED], ids=["whole", "chunked"])
@pytest.mark.parametrize(
    "files",
    [
        ["-F", "image=@photo.webp"],
        ["-F", "image=@photo"],
        ["-F", "image=@photo.png;type=APPLICATION/octet-stream"],
        ["-F", "image[]=@photo.jpg", "-F", "image[]=@photo.webp"],
    ],
)
def test_curl_edits(darkroom: Instance, api_key: str, photos: Path, files: list[str], how: list[str]) -> None:
    status, answer = curl(photos, api_key, *how, *FORM, *files, f"{darkroom.url}/v1/images/edits")
    assert (status, '"size":"1024x640"' in answer) == (200, True), answer[:300]


def test_a_part_without_a_type_is_read_by_its_bytes(program: httpx2.Client) -> None:
    before = runs_of(program)
    for picture, status in ((photo(form="webp"), 200), (b"no picture", 400)):
        body, kind = multipart(program, EDIT, {"image": ("photo", picture, "image/png")})
        untyped = body.replace(b"Content-Type: image/png\r\n", b"")
        assert len(untyped) < len(body)
        answer = program.post("/v1/images/edits", content=untyped, headers={"Content-Type": kind})
        assert answer.status_code == status, answer.text[:300]
    assert answer.json()["error"]["code"] == "missing_file_mimetype"
    assert runs_of(program) == before + 1


@pytest.mark.parametrize("how", [[], CHUNKED], ids=["whole", "chunked"])
def test_curl_gives_files(darkroom: Instance, api_key: str, photos: Path, how: list[str]) -> None:
    file = ["-F", "file=@photo.webp"]
    assert curl(photos, api_key, *how, *file, "-F", "purpose=vision", f"{darkroom.url}/v1/files")[0] == 200
    assert curl(photos, api_key, *how, *file, f"{darkroom.url}/api/v1/inputs")[0] == 201


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("photo.gif", "unsupported mimetype ('image/gif')"),
        ("photo.gif;type=application/octet-stream", "unsupported mimetype ('application/octet-stream')"),
        ("notes.txt", "unsupported mimetype ('text/plain')"),
        ("notes.txt;type=application/octet-stream", "unsupported mimetype ('application/octet-stream')"),
        ("photo.png;type=text/html", "unsupported mimetype ('text/html')"),
    ],
)
def test_other_files_are_refused_in_openais_words(
    darkroom: Instance, program: httpx2.Client, api_key: str, photos: Path, file: str, said: str
) -> None:
    before = runs_of(program)
    status, answer = curl(photos, api_key, *FORM, "-F", f"image=@{file}", f"{darkroom.url}/v1/images/edits")
    sentence = f"Invalid file 'image': {said}. Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'."
    assert (status, sentence in answer) == (400, True), answer
    assert runs_of(program) == before
