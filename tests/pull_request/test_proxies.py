"""Proxies of the environment: what people write, and what a proxy may refuse."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer
from ssl import SSLCertVerificationError

import pytest
import urllib3
from urllib3.exceptions import ProxyError, SSLError

from tests.pull_request.fake import TOKEN
from tests.pull_request.job import Clock
from tfcheck.pull_request.client import Client, Hosts, hosts
from tfcheck.pull_request.connection import Connection
from tfcheck.pull_request.refusal import RefusalError, RefusalKind
from tfcheck.pull_request.shapes import User


@contextmanager
def proxy_that_answers(status: str) -> Iterator[str]:
    """Serve a proxy that answers every request, or every connection, with this status; give its address."""

    class Answering(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())

    with ThreadingTCPServer(("127.0.0.1", 0), Answering) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_a_password_is_named(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    without_proxies(monkeypatch)
    clock = Clock()
    with proxy_that_answers("407 Proxy Authentication Required") as address:
        monkeypatch.setenv(f"{scheme}_proxy", f"user:secret@{address}")
        asked = Client(Hosts(f"{scheme}://github.example", "", ""), TOKEN, clock.patience())
        with pytest.raises(RefusalError, match=r"the proxy cannot be used") as refusal:
            asked.get("/user", User)
    assert (refusal.value.kind, refusal.value.status) == (RefusalKind.PROXY, 407)
    assert "secret" not in str(refusal.value)
    assert clock.waited == 0


def test_a_proxy_that_fails_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    without_proxies(monkeypatch)
    clock = Clock()
    with proxy_that_answers("502 Bad Gateway") as address:
        monkeypatch.setenv("https_proxy", address)
        with pytest.raises(RefusalError, match="no connection to the proxy"):
            Client(Hosts("https://github.example", "", ""), TOKEN, clock.patience()).get("/user", User)
    assert clock.waited > 0


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert isinstance(Connection("http://github.example")._pool, urllib3.ProxyManager)
    monkeypatch.setenv("no_proxy", "github.example")
    assert not isinstance(Connection("http://github.example")._pool, urllib3.ProxyManager)


@pytest.mark.parametrize(
    ("proxy", "address", "header"),
    [
        ("127.0.0.1:3128", "http://127.0.0.1:3128", None),
        ("http://proxy.example", "http://proxy.example:80", None),
        ("https://proxy.example:8443", "https://proxy.example:8443", None),
        ("http://user:p%40ss@proxy.example:3128", "http://proxy.example:3128", "Basic dXNlcjpwQHNz"),
        ("user:pass@proxy.example:3128", "http://proxy.example:3128", "Basic dXNlcjpwYXNz"),
        ("http://[::1]:3128", "http://[::1]:3128", None),
    ],
)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "all_proxy"])
def test_a_proxy_is_what_people_write(
    monkeypatch: pytest.MonkeyPatch, name: str, proxy: str, address: str, header: str | None
) -> None:
    without_proxies(monkeypatch)
    monkeypatch.setenv(name, proxy)
    pool = Connection("https://api.github.com")._pool
    assert isinstance(pool, urllib3.ProxyManager)
    assert str(pool.proxy) == address
    assert pool.proxy_headers.get("Proxy-Authorization") == header


@pytest.mark.parametrize(
    "proxy", ["socks5://secret@proxy:1080", "http://", "http://secret:x@:1", "http://a:b", "http://[::1", "http://h%zz"]
)
def test_a_proxy_that_cannot_be_used_is_a_refusal_that_does_not_show_it(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    without_proxies(monkeypatch)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(RefusalError) as refusal:
        Client(hosts({}), TOKEN)
    assert refusal.value.kind is RefusalKind.PROXY
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("kind", [RefusalKind.CERTIFICATE, RefusalKind.PROXY])
def test_a_certificate_that_is_not_trusted_is_named(monkeypatch: pytest.MonkeyPatch, kind: RefusalKind) -> None:
    without_proxies(monkeypatch)
    untrusted = SSLCertVerificationError(1, "certificate verify failed")
    untrusted.verify_message = "self-signed certificate"
    error = SSLError(untrusted)

    def fails(*_: object, **__: object) -> None:
        raise error if kind is RefusalKind.CERTIFICATE else ProxyError("", error)

    clock = Clock()
    asked = Client(Hosts("https://github.example", "", ""), TOKEN, clock.patience())
    monkeypatch.setattr(asked._connection._pool, "request", fails)
    with pytest.raises(RefusalError, match=r"not trusted.*self-signed certificate") as refusal:
        asked.create("/comments", {}, User)
    assert (refusal.value.kind, clock.waited) == (kind, 0)
    assert refusal.value.kind.hint_elsewhere("of the token") == kind.hint


@pytest.mark.parametrize("kind", [RefusalKind.UNREACHABLE, RefusalKind.PROXY])
def test_a_port_without_tls_is_named(monkeypatch: pytest.MonkeyPatch, kind: RefusalKind) -> None:
    without_proxies(monkeypatch)
    with proxy_that_answers("400 Bad Request") as address:
        is_proxy = kind is RefusalKind.PROXY
        if is_proxy:
            monkeypatch.setenv("https_proxy", f"https://{address}")
        host = "github.example" if is_proxy else address
        asked = Client(Hosts(f"https://{host}", "", ""), TOKEN, Clock().patience())
        with pytest.raises(RefusalError, match="starts with https://, but this port does not use TLS") as refusal:
            asked.get("/user", User)
    assert refusal.value.kind is kind


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 64}.example", "a%zz"])
def test_a_host_that_cannot_exist_is_a_wrong_address(host: str) -> None:
    with pytest.raises(RefusalError, match="the address of the API is not valid"):
        Client(Hosts(f"http://{host}", "", ""), TOKEN)


def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
