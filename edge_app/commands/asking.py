"""Asking for what must not be seen: a password or a PIN comes from the terminal, never from the command line, which others can list."""

import getpass
import sys

from edge_app.errors import ConfigError


def asked_secret(what: str) -> str:
    """Ask twice on a terminal, without an echo; read one line where another program writes. ConfigError where nothing sure comes of it."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline().rstrip("\r\n")
        if not line:
            raise ConfigError(f"{what}: nothing was given on standard input")
        return line
    first = getpass.getpass(f"{what}: ")
    if getpass.getpass(f"{what}, once more: ") != first:
        raise ConfigError(f"{what}: it was not the same both times; nothing was changed")
    return first
