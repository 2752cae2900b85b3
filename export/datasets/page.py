"""A report page for people, written once and given out as Markdown and as HTML."""

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from export.atomic import write_text


@dataclass(frozen=True)
class Heading:
    """A heading below the page's title."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of plain text."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows of text below a row of column names."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Image:
    """A picture beside the page, by its file's name."""

    file: str
    alternative: str


@dataclass(frozen=True)
class Link:
    """A link to another page of the report, by its path without the ending."""

    target: str
    text: str


Block = Heading | Paragraph | Table | Image | Link

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid #c9d1d9;padding:.25rem .6rem;text-align:left}"
    "td:not(:first-child){font-variant-numeric:tabular-nums}img{max-width:100%}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}td,th{border-color:#30363d}a{color:#79c0ff}}"
)


def _plain(text: str) -> str:
    """Text in a Markdown cell: nothing in it may end the cell or start a tag."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


@dataclass(frozen=True)
class Page:
    """A titled page of blocks in order."""

    title: str
    blocks: Sequence[Block] = field(default_factory=tuple)

    def markdown(self) -> str:
        """The page as Markdown."""
        parts = [f"# {_plain(self.title)}"]
        for block in self.blocks:
            match block:
                case Heading(text):
                    parts.append(f"## {_plain(text)}")
                case Paragraph(text):
                    parts.append(_plain(text))
                case Table(columns, rows):
                    lines = [columns, ("---",) * len(columns), *rows]
                    parts.append("\n".join(f"| {' | '.join(map(_plain, line))} |" for line in lines))
                case Image(file, alternative):
                    parts.append(f"![{_plain(alternative)}](<{file}>)")
                case Link(target, text):
                    parts.append(f"[{_plain(text)}](<{target}.md>)")
        return "\n\n".join(parts) + "\n"

    def html(self) -> str:
        """The page as one HTML file without anything from elsewhere."""
        parts = [f"<h1>{html.escape(self.title)}</h1>"]
        for block in self.blocks:
            match block:
                case Heading(text):
                    parts.append(f"<h2>{html.escape(text)}</h2>")
                case Paragraph(text):
                    parts.append(f"<p>{html.escape(text)}</p>")
                case Table(columns, rows):
                    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in columns)
                    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
                    parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
                case Image(file, alternative):
                    parts.append(f'<p><img src="{html.escape(file)}" alt="{html.escape(alternative)}"></p>')
                case Link(target, text):
                    parts.append(f'<p><a href="{html.escape(target)}.html">{html.escape(text)}</a></p>')
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(self.title)}</title>'
            f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
        )

    def write(self, folder: Path, name: str) -> Path:
        """Write ``<name>.md`` and ``<name>.html`` into the folder; the latter's path."""
        write_text(folder / f"{name}.md", self.markdown())
        target = folder / f"{name}.html"
        write_text(target, self.html())
        return target
