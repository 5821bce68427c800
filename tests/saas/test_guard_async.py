import gzip
import threading
import time

import httpx2
import pytest

from saas.guard import AddressRefused, ResponseRefused, aread_at_most, guarded_async_client
from tests.saas.hostile import Network, Server, certificate, network, server, serving

__all__ = ["network", "server"]

PUBLIC = "93.184.215.14"
pytestmark = pytest.mark.asyncio


def client(*allowed_hosts: str, limit_bytes: int = 1_000_000, seconds: float = 5) -> httpx2.AsyncClient:
    return guarded_async_client(timeout=seconds, allowed_hosts=allowed_hosts, limit_bytes=limit_bytes)


@pytest.mark.parametrize("answer", [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["::1"], ["64:ff9b::7f00:1"]])
async def test_a_name_that_resolves_inside_is_refused_and_no_socket_opened(network: Network, answer: list[str]) -> None:
    network.answers["rebind.example.com"] = [answer]
    async with client() as http:
        with pytest.raises(AddressRefused):
            await http.get("https://rebind.example.com/v1")
    assert network.asked == ["rebind.example.com"]
    assert network.dialled == []


@pytest.mark.parametrize("url", ["https://127.1/", "https://[::1]/", "http://api.example.com/", "https://redis/"])
async def test_an_unsafe_address_is_refused_before_its_name_is_looked_up(network: Network, url: str) -> None:
    async with client() as http:
        with pytest.raises(AddressRefused):
            await http.get(url)
    assert network.asked == []
    assert network.dialled == []


async def test_the_socket_goes_to_the_checked_address_though_a_second_look_up_would_say_another(
    network: Network,
) -> None:
    network.answers["rebind.example.com"] = [[PUBLIC], ["127.0.0.1"]]
    async with client() as http:
        with pytest.raises(httpx2.ConnectError):
            await http.get("https://rebind.example.com/v1")
    assert network.asked == ["rebind.example.com"]
    assert network.dialled == [(PUBLIC, 443)]


async def test_an_allowed_host_keeps_its_name_in_certificate_check_and_host_header(network: Network) -> None:
    serves, trusts = certificate("api.example.com")
    network.answers = {"api.example.com": [["10.0.0.1", "127.0.0.1"]], "other.example.com": [["127.0.0.1"]]}
    with serving(serves) as server:
        async with guarded_async_client(timeout=5, allowed_hosts=["*.example.com"], tls=trusts) as http:
            assert (await http.get(f"https://api.example.com:{server.port}/v1")).text == "hello"
            with pytest.raises(httpx2.ConnectError):
                await http.get(f"https://other.example.com:{server.port}/v1")
    assert server.names_in_tls == ["api.example.com", "other.example.com"]
    assert [headers["host"] for _, headers in server.seen] == [f"api.example.com:{server.port}"]
    assert network.asked == ["api.example.com", "other.example.com"]


async def test_a_redirect_is_an_answer_and_not_followed(network: Network, server: Server) -> None:
    network.answers["api.example.com"] = [["127.0.0.1"]]
    server.answer = (302, [("Location", f"http://127.0.0.1:{server.port}/secret")], b"")
    async with client("api.example.com") as http:
        assert (await http.get(f"http://api.example.com:{server.port}/start")).status_code == 302
    assert server.paths == ["/start"]


async def test_the_environments_proxies_and_the_servers_cookies_are_not_used(
    network: Network, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    network.answers["api.example.com"] = [["127.0.0.1"]]
    server.answer = (200, [("Set-Cookie", "who=somebody; Path=/")], b"")
    async with client("api.example.com") as http:
        assert not http.trust_env
        for _ in range(2):
            await http.get(f"http://api.example.com:{server.port}/")
    assert [headers.get("cookie") for _, headers in server.seen] == [None, None]
    assert [headers["accept-encoding"] for _, headers in server.seen] == ["identity", "identity"]


async def test_the_answer_is_limited_and_must_not_be_packed(network: Network, server: Server) -> None:
    network.answers["api.example.com"] = [["127.0.0.1"]]
    url = f"http://api.example.com:{server.port}/"
    async with client("api.example.com", limit_bytes=5) as http:
        async with http.stream("GET", url) as response:
            assert await aread_at_most(response, 5) == b"hello"
        async with http.stream("GET", url) as response:
            with pytest.raises(ResponseRefused):
                await aread_at_most(response, 4)
        server.answer = (200, [], b"hello!")
        with pytest.raises(ResponseRefused):
            await http.get(url)
        server.answer = (200, [("Content-Encoding", "gzip")], gzip.compress(b""))
        with pytest.raises(ResponseRefused, match="packed"):
            await http.get(url)


async def test_a_name_server_that_does_not_answer_takes_no_longer_than_the_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered = threading.Event()

    def silent(host: str, port: int) -> list[str]:
        answered.wait(30)
        return [PUBLIC]

    monkeypatch.setattr("saas.guard.resolve", silent)
    began = time.monotonic()
    async with client(seconds=0.1) as http:
        with pytest.raises(httpx2.ConnectTimeout):
            await http.get("https://api.example.com")
    took = time.monotonic() - began
    answered.set()
    assert took < 10
