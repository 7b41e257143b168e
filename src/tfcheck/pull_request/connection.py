"""Make HTTP requests through the environment's proxy, each with a deadline and a size limit.

A socket time-out only limits silence: a response that arrives byte by byte could take hours. So the whole request runs
in a thread, and is abandoned at its deadline.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProxyError, SSLError

from tfcheck.pull_request.refusal import RefusalError, RefusalKind
from tfcheck.symbolic.regex import regex

_T = TypeVar("_T")

_CONNECT = 5.0
#: The message of http.client if a proxy does not let a connection through, for example without a password.
_TUNNEL = regex(r"Tunnel connection failed: (4\d\d)\b")
#: OpenSSL's reasons if what it reads is not TLS.
_NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
_WITHOUT_TLS = "its address starts with https://, but this port does not use TLS"
#: For one request, from the first byte to the last.
DEADLINE = 30.0
#: More than any response with a hundred comments of 65,536 characters.
_LARGEST = 32 * 1024 * 1024


class HttpAnswer(msgspec.Struct, frozen=True):
    """The response to a request; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class NoAnswer(msgspec.Struct, frozen=True):
    """Why there is no response, and whether the request may have been carried out."""

    problem: str
    sent: bool


class Connection:
    """Connections to one address."""

    def __init__(self, address: str, deadline: float = DEADLINE) -> None:
        """Build from the address of an API.

        Raises:
            RefusalError: it is not an address, or the proxy for it cannot be used.
        """
        self._deadline = deadline
        self._pool = _pool(address)

    def request(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, seconds: float
    ) -> HttpAnswer | NoAnswer:
        """Send a request once, and wait for the response until the deadline, or for `seconds`."""
        limit = max(min(self._deadline, seconds), 0.001)
        late = NoAnswer(f"no answer within {limit:.0f} seconds", sent=True)
        found = _call_with_timeout(limit, lambda: self._answer(method, url, headers, body, limit))
        return late if found is None else found

    def _answer(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, limit: float
    ) -> HttpAnswer | NoAnswer:
        try:
            found = self._pool.request(
                method,
                url,
                body=body,
                headers=headers,
                timeout=urllib3.Timeout(connect=min(_CONNECT, limit), read=limit),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            content = found.read(_LARGEST + 1)
            found.release_conn()
        except (ConnectTimeoutError, NewConnectionError):
            return NoAnswer("no connection", sent=False)
        except ProxyError as error:
            if untrusted := _certificate_problem(error.original_error):
                raise RefusalError(RefusalKind.PROXY, f"its certificate is not trusted: {untrusted}") from None
            if _lacks_tls(error.original_error):
                raise RefusalError(RefusalKind.PROXY, _WITHOUT_TLS) from None
            if refused := _TUNNEL.search(str(error.original_error)):
                raise RefusalError(RefusalKind.PROXY, "it refuses the connection", int(refused[1])) from None
            return NoAnswer("no connection to the proxy", sent=False)
        except HTTPError as error:
            if untrusted := _certificate_problem(error):
                raise RefusalError(RefusalKind.CERTIFICATE, untrusted) from None
            problem = _WITHOUT_TLS if _lacks_tls(error) else f"the connection broke: {type(error).__name__}"
            return NoAnswer(problem, sent=True)
        if len(content) > _LARGEST:
            return NoAnswer("the answer is too long", sent=True)
        return HttpAnswer(found.status, {name.lower(): value for name, value in found.headers.items()}, content)


def _certificate_problem(error: Exception) -> str:
    """Return why a certificate is not trusted; empty if something else went wrong."""
    cause = _tls_error(error)
    return cause.verify_message if isinstance(cause, ssl.SSLCertVerificationError) else ""


def _lacks_tls(error: Exception) -> bool:
    """Whether a port answers in another protocol than TLS."""
    cause = _tls_error(error)
    return cause is not None and cause.reason in _NOT_TLS


def _tls_error(error: Exception) -> ssl.SSLError | None:
    cause = error.args[0] if isinstance(error, SSLError) and error.args else None
    return cause if isinstance(cause, ssl.SSLError) else None


def _call_with_timeout(seconds: float, call: Callable[[], _T]) -> _T | None:
    """Return the result of a call, or None if it takes longer; the call is then abandoned."""
    results: SimpleQueue[tuple[_T | None, Exception | None]] = SimpleQueue()

    def run() -> None:
        try:
            results.put((call(), None))
        except Exception as error:
            results.put((None, error))

    Thread(target=run, daemon=True).start()
    try:
        found, error = results.get(timeout=seconds)
    except Empty:
        return None
    if error is not None:
        raise error
    return found


def origin(url: str) -> tuple[str, str]:
    """Return the scheme, host and port of an address."""
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()


def checked_address(address: str) -> SplitResult:
    """Return the parts of the address of an API.

    Raises:
        RefusalError: it is not an address that may receive a token.
    """
    parts = _split_address(address)
    foreign = parts and (parts.username is not None or parts.query or parts.fragment)
    if parts is None or foreign or parts.scheme not in ("http", "https"):
        raise RefusalError(RefusalKind.ADDRESS, "the address of the API is not valid")
    return parts


def _pool(address: str) -> urllib3.PoolManager:
    """Open the connections, through the proxy that the environment sets for this host."""
    parts = checked_address(address)
    proxies = getproxies()
    proxy = (proxies.get(parts.scheme) or proxies.get("all") or "").strip()
    if proxy and not proxy_bypass(parts.netloc):
        return _proxy_manager(proxy)
    return urllib3.PoolManager()


def _proxy_manager(proxy: str) -> urllib3.ProxyManager:
    """Open the connections through a proxy; without a scheme it is an HTTP proxy, as for curl.

    NOTE: errors do not show its address, which may contain a password.
    """
    parts = _split_address(proxy if "://" in proxy else f"http://{proxy}")
    if parts is None:
        raise RefusalError(RefusalKind.PROXY, "its address is not valid; a password in it must be percent-encoded")
    if parts.scheme not in ("http", "https"):
        raise RefusalError(RefusalKind.PROXY, f"only HTTP and HTTPS proxies are supported, not {parts.scheme[:10]}")
    place = parts.netloc.rpartition("@")[2]
    headers = {}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Proxy-Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return urllib3.ProxyManager(f"{parts.scheme}://{place}", proxy_headers=headers)


def _split_address(address: str) -> SplitResult | None:
    """Split an address; None if it is not one."""
    try:
        parts = urlsplit(address)
        whole = bool(parts.hostname) and parts.port != 0
        (parts.hostname or "").encode("idna")  # fails if a label is empty or too long
        urllib3.util.parse_url(address)
    except ValueError:
        return None
    plain = address.isascii() and address.isprintable() and " " not in address
    return parts if whole and plain else None
