"""Reading catalogues and templates, to hold one against the other."""

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

LANGUAGES = ("ko", "en")
_STATIC = re.compile(r"""_\(\s*["']([a-z0-9_.]+[a-z0-9_])["']\s*[,)]""")
_CHOSEN = re.compile(r"""["']([a-z_]+(?:\.[a-z0-9_]+)+)["']\s+(?:if|\))|else\s+_?\(?["']([a-z_]+(?:\.[a-z0-9_]+)+)["']""")
_PREFIX = re.compile(r"""["']([a-z_]+(?:\.[a-z_]+)*\.)["']\s*[~+]""")
_WORD = re.compile(r"""\bword\(["']([a-z_]+)["']""")


def catalogue(folder: Path, language: str, suffix: str = "po") -> Catalog:
    path = folder / language / "LC_MESSAGES" / f"messages.{suffix}"
    if suffix == "po":
        with path.open("rb") as file:
            return read_po(file, locale=language, abort_invalid=True)
    with path.open("rb") as file:
        return read_mo(file)


def messages(folder: Path, language: str, suffix: str = "po") -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalogue(folder, language, suffix) if message.id}


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


def used(folder: Path) -> tuple[set[str], set[str]]:
    """The keys templates name whole, and the prefixes they complete with a code."""
    keys: set[str] = set()
    prefixes: set[str] = set()
    for path in [*folder.rglob("*.html"), *folder.rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        keys |= set(_STATIC.findall(text)) | {key for found in _CHOSEN.findall(text) for key in found if key}
        prefixes |= set(_PREFIX.findall(text)) | {f"{prefix}." for prefix in _WORD.findall(text)}
    return keys, prefixes
