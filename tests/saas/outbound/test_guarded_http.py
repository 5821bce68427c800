import gzip

import httpcore2
import httpx2
import pytest

from saas.outbound import guarded_http
from saas.outbound.guarded_http import (
    AddressRefused,
    ResponseRefused,
    UnsafeURL,
    guarded_client,
    read_at_most,
)
from tests.support.hostile_server import Network, Server, certificate, network, server, serving

__all__ = ["network", "server"]

PUBLIC = "93.184.215.14"
INSIDE = "The address points inside a private network."


def client(*allowed_hosts: str, limit_bytes: int = 1_000_000) -> httpx2.Client:
    return guarded_client(timeout=5, allowed_hosts=allowed_hosts, limit_bytes=limit_bytes)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "fe80::1%eth0",
        "0.0.0.0",  # noqa: S104 - an address to refuse
    ],
)
def test_a_name_that_resolves_inside_is_refused_and_no_socket_opened(network: Network, address: str) -> None:
    network.answers["rebind.example.com"] = [[address]]
    with client() as http, pytest.raises(AddressRefused) as refusal:
        http.get("https://rebind.example.com/v1")
    assert str(refusal.value) == INSIDE
    assert network.asked == ["rebind.example.com"]
    assert network.dialled == []


@pytest.mark.parametrize("answer", [[PUBLIC, "10.0.0.1"], ["10.0.0.1", PUBLIC], ["2606:4700::1111", "::1"]])
def test_one_private_address_among_public_ones_refuses_the_name(network: Network, answer: list[str]) -> None:
    network.answers["mixed.example.com"] = [answer]
    with client() as http, pytest.raises(AddressRefused):
        http.get("https://mixed.example.com")
    assert network.dialled == []


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://redis:6379/",
        "https://metadata.google.internal/",
        "http://api.example.com/",
        "https://api.example.com:22/",
        "https://me@api.example.com/",
        "ftp://api.example.com/",
    ],
)
def test_an_unsafe_address_is_refused_before_its_name_is_looked_up(network: Network, url: str) -> None:
    with client() as http, pytest.raises(AddressRefused):
        http.get(url)
    assert network.asked == []
    assert network.dialled == []


def test_the_socket_goes_to_the_checked_address_though_a_second_look_up_would_say_another(
    network: Network,
) -> None:
    network.answers["rebind.example.com"] = [[PUBLIC], ["127.0.0.1"]]
    with client() as http, pytest.raises(httpx2.ConnectError) as failure:
        http.get("https://rebind.example.com/v1")
    assert not isinstance(failure.value, AddressRefused)
    assert network.asked == ["rebind.example.com"]
    assert network.dialled == [(PUBLIC, 443)]


def test_a_name_that_turns_private_between_two_connections_is_refused(network: Network) -> None:
    network.answers["rebind.example.com"] = [[PUBLIC], ["127.0.0.1"]]
    with client() as http:
        with pytest.raises(httpx2.ConnectError):
            http.get("https://rebind.example.com")
        with pytest.raises(AddressRefused):
            http.get("https://rebind.example.com")
    assert network.dialled == [(PUBLIC, 443)]


def test_each_address_is_tried_in_turn(network: Network) -> None:
    network.answers["api.example.com"] = [[PUBLIC, "2606:4700::1111", "1.1.1.1"]]
    with client() as http, pytest.raises(httpx2.ConnectError):
        http.get("https://api.example.com:8443")
    assert network.dialled == [(PUBLIC, 8443), ("2606:4700::1111", 8443), ("1.1.1.1", 8443)]


def test_an_allowed_host_may_be_inside_and_keeps_its_name_in_the_host_header(network: Network, server: Server) -> None:
    network.answers["ollama"] = [["127.0.0.1"], ["10.0.0.1"]]
    with client(f"ollama:{server.port}") as http:
        answers = [http.get(f"http://ollama:{server.port}/v1?x=1") for _ in range(2)]
    assert [answer.text for answer in answers] == ["hello", "hello"]
    assert server.seen[0][0] == "/v1?x=1"
    assert server.seen[0][1]["host"] == f"ollama:{server.port}"
    assert network.asked == ["ollama"]
    assert network.dialled == [("127.0.0.1", server.port)]


def test_the_next_address_answers_where_the_first_is_dead(network: Network, server: Server) -> None:
    network.answers["ollama"] = [["10.0.0.1", "127.0.0.1"]]
    with client("ollama") as http:
        assert http.get(f"http://ollama:{server.port}").status_code == 200
    assert network.dialled == [("10.0.0.1", server.port), ("127.0.0.1", server.port)]


def test_an_allowed_literal_address_is_reached(network: Network, server: Server) -> None:
    network.answers["127.0.0.1"] = [["127.0.0.1"]]
    with client(f"127.0.0.1:{server.port}") as http:
        assert http.get(f"http://127.0.0.1:{server.port}/").text == "hello"


def test_an_allowed_host_on_another_port_is_refused(network: Network, server: Server) -> None:
    network.answers["127.0.0.1"] = [["127.0.0.1"]]
    with client("127.0.0.1:1") as http, pytest.raises(AddressRefused):
        http.get(f"http://127.0.0.1:{server.port}/")
    assert network.dialled == []


@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "168.63.129.16"])
def test_an_allowed_name_does_not_reach_a_metadata_service(network: Network, address: str) -> None:
    network.answers["a.corp.example"] = [[address]]
    with client("*.corp.example") as http, pytest.raises(AddressRefused):
        http.get("http://a.corp.example/latest/meta-data/")
    assert network.dialled == []


def test_an_allowed_literal_address_is_reached_even_where_a_metadata_service_may_be(network: Network) -> None:
    network.answers["169.254.10.10"] = [["169.254.10.10"]]
    with client("169.254.10.10:8000") as http, pytest.raises(httpx2.ConnectError):
        http.get("http://169.254.10.10:8000/")
    assert network.dialled == [("169.254.10.10", 8000)]


def test_the_certificate_is_checked_against_the_name_and_not_the_address(network: Network) -> None:
    serves, trusts = certificate("api.example.com")
    network.answers = {"api.example.com": [["127.0.0.1"]], "other.example.com": [["127.0.0.1"]]}
    with (
        serving(serves) as server,
        guarded_client(timeout=5, allowed_hosts=["*.example.com"], tls=trusts) as http,
    ):
        assert http.get(f"https://api.example.com:{server.port}/v1").text == "hello"
        with pytest.raises(httpx2.ConnectError, match="certificate verify failed"):
            http.get(f"https://other.example.com:{server.port}/v1")
    assert server.names_in_tls == ["api.example.com", "other.example.com"]
    assert [headers["host"] for _, headers in server.seen] == [f"api.example.com:{server.port}"]


def test_two_names_on_one_machine_do_not_share_a_connection(network: Network) -> None:
    serves, trusts = certificate("a.example.com", "b.example.com")
    network.answers = {"a.example.com": [["127.0.0.1"]], "b.example.com": [["127.0.0.1"]]}
    with (
        serving(serves) as server,
        guarded_client(timeout=5, allowed_hosts=["*.example.com"], tls=trusts) as http,
    ):
        for name in ("a", "b", "a"):
            http.get(f"https://{name}.example.com:{server.port}/")
    assert server.names_in_tls == ["a.example.com", "b.example.com"]


def test_a_redirect_is_an_answer_and_not_followed(network: Network, server: Server) -> None:
    network.answers["api.example.com"] = [["127.0.0.1"]]
    server.answer = (302, [("Location", f"http://127.0.0.1:{server.port}/secret")], b"")
    with client("api.example.com") as http:
        assert http.get(f"http://api.example.com:{server.port}/start").status_code == 302
    assert server.paths == ["/start"]


def test_a_redirect_that_a_caller_insists_on_following_is_checked_like_any_address(
    network: Network, server: Server
) -> None:
    network.answers = {"api.example.com": [["127.0.0.1"]], "127.0.0.1": [["127.0.0.1"]]}
    server.answer = (302, [("Location", f"http://127.0.0.1:{server.port}/secret")], b"")
    with client("api.example.com") as http, pytest.raises(AddressRefused):
        http.get(f"http://api.example.com:{server.port}/start", follow_redirects=True)
    assert server.paths == ["/start"]


def test_proxies_of_the_environment_are_not_used(
    network: Network, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    network.answers["ollama"] = [["127.0.0.1"]]
    with client("ollama") as http:
        assert http.get(f"http://ollama:{server.port}/").text == "hello"
        assert not http.trust_env
    assert network.dialled == [("127.0.0.1", server.port)]


def test_a_cookie_does_not_come_back(network: Network, server: Server) -> None:
    network.answers["api.example.com"] = [["127.0.0.1"]]
    server.answer = (200, [("Set-Cookie", "who=somebody; Path=/")], b"")
    with client("api.example.com") as http:
        for _ in range(2):
            http.get(f"http://api.example.com:{server.port}/")
    assert [headers.get("cookie") for _, headers in server.seen] == [None, None]


def test_a_name_that_does_not_exist_is_a_connection_error_and_no_refusal(network: Network) -> None:
    with client() as http, pytest.raises(httpx2.ConnectError) as failure:
        http.get("https://nowhere.example.com")
    assert str(failure.value) == "The name of the server could not be found."
    assert not isinstance(failure.value, AddressRefused)


def test_a_name_without_addresses_is_a_connection_error(network: Network) -> None:
    network.answers["empty.example.com"] = [[]]
    with client() as http, pytest.raises(httpx2.ConnectError):
        http.get("https://empty.example.com")
    assert network.dialled == []


def test_a_refusal_is_caught_as_unsafe_url_and_as_an_error_of_the_client(network: Network) -> None:
    with client() as http, pytest.raises(UnsafeURL) as refusal:
        http.get("https://10.0.0.1/")
    assert isinstance(refusal.value, httpx2.ConnectError)
    assert refusal.value.request.url == "https://10.0.0.1/"


def test_an_answer_larger_than_the_limit_is_refused_while_it_is_read(network: Network, server: Server) -> None:
    network.answers["api.example.com"] = [["127.0.0.1"]]
    with client("api.example.com", limit_bytes=5) as http:
        assert http.get(f"http://api.example.com:{server.port}/").text == "hello"
        server.answer = (200, [], b"hello!")
        with pytest.raises(ResponseRefused):
            http.get(f"http://api.example.com:{server.port}/")


def test_the_limit_counts_all_pieces_of_an_answer(network: Network, server: Server) -> None:
    network.answers["api.example.com"] = [["127.0.0.1"]]
    server.answer = (200, [], b"0" * 1_000_001)
    with client("api.example.com", limit_bytes=1_000_000) as http, pytest.raises(ResponseRefused):
        http.get(f"http://api.example.com:{server.port}/")


def test_read_at_most_stops_at_its_own_limit(network: Network, server: Server) -> None:
    network.answers["api.example.com"] = [["127.0.0.1"]]
    url = f"http://api.example.com:{server.port}/"
    with client("api.example.com") as http:
        with http.stream("GET", url) as response:
            assert read_at_most(response, 5) == b"hello"
        with http.stream("GET", url) as response, pytest.raises(ResponseRefused):
            read_at_most(response, 4)


def test_a_packed_answer_is_refused_as_none_was_asked_for(network: Network, server: Server) -> None:
    network.answers["api.example.com"] = [["127.0.0.1"]]
    server.answer = (200, [("Content-Encoding", "gzip")], gzip.compress(b"0" * 100_000))
    with client("api.example.com") as http, pytest.raises(ResponseRefused):
        http.get(f"http://api.example.com:{server.port}/")
    assert server.seen[0][1]["accept-encoding"] == "identity"


def test_dead_addresses_share_the_time_for_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []

    def dead(self: object, host: str, port: int, timeout: float | None = None, *_: object) -> None:
        waits.append(timeout)
        raise httpcore2.ConnectTimeout("dead")

    monkeypatch.setattr("saas.outbound.guarded_http.resolve", lambda host, port: [PUBLIC, "1.1.1.1", "8.8.8.8"])
    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", dead)
    with client() as http, pytest.raises(httpx2.ConnectTimeout):
        http.get("https://api.example.com")
    assert [round(wait or 0, 1) for wait in waits] == [1.7, 2.5, 5.0]


def test_every_error_of_the_layer_below_has_a_name_in_the_layer_above() -> None:
    kinds = [kind for name in httpcore2.__all__ if isinstance(kind := getattr(httpcore2, name), type)]
    errors = [kind.__name__ for kind in kinds if issubclass(kind, Exception)]
    assert [name for name in errors if not hasattr(httpx2, name)] == ["ConnectionNotAvailable"]


def test_resolve_gives_each_address_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert guarded_http.resolve("127.0.0.1", 443) == ["127.0.0.1"]
    assert guarded_http.resolve("::1", 443) == ["::1"]
