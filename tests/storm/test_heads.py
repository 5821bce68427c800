"""Heads that say two things at once, or far too much."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.storm.client import PAGE, Line, Storm, ask, form, head

LOGIN = "/accounts/login/"
KEY = "Authorization: Bearer dk_00000000_nobody"
SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 5", "Content-Length: 5"],
        ["Content-Length: 5", "Content-Length: 50"],
        ["Content-Length: 5, 5"],
        ["Content-Length: 50", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Content-Length: 50"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked, chunked"],
        ["Transfer-Encoding: gzip, chunked"],
        ["Transfer-Encoding: xchunked"],
        ["Transfer-Encoding : chunked"],
        ["Content-Length: +5"],
        ["Content-Length: -1"],
        ["Content-Length: 0x5"],
        ["Content-Length: 5 5"],
        ["Content-Length: \xb2"],
        ["Content-Length:"],
        ["X-A: a\x00b"],
        ["X A: b"],
        [": b"],
        ["no colon"],
        ["X-A(: b"],
    ],
)
def test_a_head_with_two_meanings_is_refused_and_nothing_after_it_is_read(storm: Storm, lines: list[str]) -> None:
    with Line(storm.url) as line:
        line.send(head(storm.url, LOGIN, *lines, method="POST") + "0\r\n\r\n" + SMUGGLED)
        heard = line.rest()
    assert heard.startswith(b"HTTP/1.1 400 ")
    assert heard.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    ("lines", "statuses"),
    [
        (["Content-Length: " + "9" * 5000], {0, 400, 413}),
        (["Transfer-Encoding: identity"], {200, 403}),
        (["Authorization: Bearer a", "Authorization: Bearer b"], {200, 403}),
        (["Cookie: a=1", "Cookie: a=2", "Cookie: darkroom_session=x"], {200, 403}),
        (["Content-Type: a", "Content-Type: b"], {200, 403}),
        (["Content-Type: multipart/form-data; boundary=" + "b" * 5000], {200, 400, 403}),
        (["Content-Type: multipart/form-data"], {200, 400, 403}),
        (["Content-Type: application/x-www-form-urlencoded; charset=utf-7"], {200, 400, 403}),
        (["Content-Type: text/html; charset=undefined"], {200, 400, 403}),
        (["Cookie: " + "a=b; " * 3000], {200, 403}),
        (["Cookie: darkroom_session=" + "x" * 15000], {200, 403}),
        (["Cookie: darkroom_csrf=" + "x" * 15000], {200, 403}),
        (["Cookie: darkroom_session=\x01\x02\xff; darkroom_csrf=\xff"], {200, 400, 403}),
        (["Cookie: " + "=;" * 7000], {200, 403}),
        (["X-A: b"] * 400, {200, 403}),
        (["X-A: b"] * 600, {0, 400}),
        (["X-" + "a" * 20_000 + ": b"], {0, 400}),
        (["X-A: " + "b" * 20_000], {0, 400}),
        (["X-A: b\r\n c"] * 100, {200, 403}),
        (["Accept-Language: " + "a-" * 7000], {200, 403}),
        (["Accept-Language: " + "en;q=0.1," * 1500], {200, 403}),
        (["Accept: " + "text/html;q=0.1," * 900], {200, 403}),
        (["Range: bytes=" + "0-1," * 3000], {200, 403}),
        (["If-None-Match: " + '"a",' * 3000], {200, 403}),
        (["If-Modified-Since: " + "9" * 10_000], {200, 403}),
        (["Referer: http://[" + "a" * 100], {200, 403}),
        (["Origin: http://[" + "a" * 100], {200, 403}),
        (["X-Request-Id: " + "a" * 10_000], {200, 403}),
        (["User-Agent: " + "\xff" * 10_000], {200, 403}),
        (["Forwarded: " + "for=1.2.3.4," * 500, "X-Forwarded-For: " + "1.2.3.4," * 500], {200, 403}),
        (["HX-Request: true", "HX-Current-URL: \xff%ff%00", "HX-Current-URL-URI-AutoEncoded: x"], {200, 403}),
        (["Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"], {200, 403}),
        (["Upgrade: websocket"], {0, 400, 403, 405, 426}),
    ],
    ids=range(33),
)
def test_absurd_headers_are_answered_or_refused(storm: Storm, lines: list[str], statuses: set[int]) -> None:
    with storm.weathered():
        for method, more in (("GET", []), ("POST", ["Content-Length: 0"])):
            announced = [] if any(line.startswith("Content-Length") for line in lines) else more
            with Line(storm.url) as line:
                line.send(head(storm.url, LOGIN, *lines, *announced, "Connection: close", method=method))
                heard = line.rest()
            status = int(heard[9:12]) if heard else 0
            assert status in statuses, heard[:300]


def test_thousands_of_parameters_and_fields(storm: Storm) -> None:
    with storm.weathered():
        for path in (PAGE, "/", "/o/demo/gallery/", "/api/v1/images", "/v1/models", "/s/x/", "/design/", "/static/x"):
            for query in ("a&" * 7000, "a=1&" * 3700, "page=" + "9" * 5000, "q=" + "%F0%9F%98%80" * 1000, "a[" * 5000):
                answer = ask(storm.url, head(storm.url, f"{path}?{query}", f"Authorization: Bearer {storm.api_key}"))
                assert answer.status < 500, (path, query[:20])
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        for field in ("a=1", "a", "login=x", "%00", "%ff=%ff", "csrfmiddlewaretoken=x"):
            body = "&".join([field] * (60_000 // (len(field) + 1)))
            answer = ask(
                storm.url,
                head(
                    storm.url,
                    LOGIN,
                    f"Content-Type: {kind['Content-Type']}",
                    f"Content-Length: {len(body)}",
                    method="POST",
                )
                + body,
            )
            assert answer.status in {400, 403}, field


def test_thousands_of_parts(storm: Storm) -> None:
    part = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    nested = '--x\r\nContent-Disposition: form-data; name="a"; filename="' + "../" * 5000 + 'b"\r\n\r\n\r\n'
    empty = "--x\r\n" * 10_000
    kind = "Content-Type: multipart/form-data; boundary=x"
    with storm.weathered():
        for path, key in ((LOGIN, "X-A: b"), ("/v1/files", KEY), ("/api/v1/inputs", KEY), ("/v1/images/edits", KEY)):
            for text in (
                part * 1000,
                nested,
                empty,
                "--x\r\n" + "A" * 60_000,
                "--x\r\n" + "A: b\r\n" * 9000,
                "--x--" * 9000,
            ):
                body = text[:64_000]
                raw = head(storm.url, path, key, kind, f"Content-Length: {len(body)}", method="POST") + body
                assert 400 <= ask(storm.url, raw).status < 500, (path, text[:20])


def test_pipelined_requests_are_answered_in_their_order(storm: Storm) -> None:
    with storm.weathered(), Line(storm.url) as line:
        line.send("".join(head(storm.url, path) for path in ("/healthz", "/nowhere/", "/v1/models", "/healthz")))
        assert [line.answer().status for _ in range(4)] == [200, 404, 401, 200]
        line.send(head(storm.url, "/healthz") * 300)
        assert [line.answer().status for _ in range(300)] == [200] * 300


def test_nonsense_instead_of_requests(storm: Storm) -> None:
    with storm.weathered():
        for raw in (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\r\n" * 5000,
            b"\x00" * 20_000,
            b"GET\r\n\r\n",
            b"GET /\r\n\r\n",
            b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
            b"GET  /  HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            b"G\xffT / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            b"GET /?\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            b"get /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
            b"GET /accounts/login/ HTTP/1.0\r\n\r\n",
            b"TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nCookie: a=secret\r\n\r\n",
            b"A" * 200 + b" / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
            b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
            b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 5000,
            b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n1;"
            + b"a" * 70_000,
        ):
            with Line(storm.url) as line:
                line.send(raw)
                heard = line.rest()
            assert not heard or 200 <= int(heard[9:12]) < 500, (raw[:40], heard[:200])
            assert b"a=secret" not in heard


def test_parallel_logins(storm: Storm) -> None:
    """Sixty guesses at once: refused, most of them before any password is tried."""

    def guess(number: int) -> int:
        return form(storm.url, LOGIN, login="demo@darkroom.invalid", password=f"guess number {number}").status_code

    with storm.weathered(), ThreadPoolExecutor(12) as threads:
        found = list(threads.map(guess, range(60)))
    assert set(found) <= {200, 429}
