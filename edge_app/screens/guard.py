"""What keeps other pages away from a screen: a strict content security policy, the Host check and the same-origin check."""

import ipaddress
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": under it a browser posts a plain form with the origin "null", which is refused below.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  compared with, not listened on


def host_allowed(host_header: str, listening_on: str) -> bool:
    """Whether a Host header may reach this screen. A name that rebinds to this machine may not; an address needs no name."""
    try:
        host = urlsplit(f"//{host_header}").hostname
    except ValueError:
        return False
    if host is None:
        return False
    if host in _LOOPBACK or host == listening_on.lower():
        return True
    if listening_on not in _EVERYWHERE:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def same_origin(origin: str | None, fetch_site: str | None, host_header: str) -> bool:
    """Whether a request that changes something comes from this screen's own pages, or from a program that is no browser."""
    if fetch_site is not None and fetch_site not in {"same-origin", "none"}:
        return False
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == host_header != ""
    except ValueError:
        return False


def security_headers(app: Flask) -> None:
    """Every answer carries the policy; none but assets may be kept by the browser."""

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def guard(app: Flask, listening_on: str) -> None:
    """Refuse foreign hosts (421) and foreign origins (403), before any view runs."""
    security_headers(app)

    @app.before_request
    def check() -> None:
        if not host_allowed(request.headers.get("Host", ""), listening_on):
            abort(421)
        if request.method not in SAFE_METHODS and not same_origin(
            request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site"), request.headers.get("Host", "")
        ):
            abort(403)
