"""The handover page: one A4 page, every text on it wrapped or shortened with a word that says so, nothing cut off."""

import io

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from edge_app.handover.drawing import EDGE, INK, INK2, LEADING, LINE, Column, badges, picture, tag
from edge_app.handover.fonts import BOLD, REGULAR, load
from edge_app.handover.sheet import Answered, Sheet, TimelineLine

_WIDTH, _HEIGHT = A4
_MARGIN = 34.0
_GAP = 18.0
_LEFT_WIDTH = 240.0
_RIGHT_WIDTH = _WIDTH - 2 * _MARGIN - _GAP - _LEFT_WIDTH
_PICTURE_HEIGHT = 240.0
_FOOTER = 46.0
_TIMELINE_SIZE = 7.6
_MOST_ANSWERED = 2


def make_pdf(sheet: Sheet) -> bytes:
    """The page as a PDF with its fonts embedded."""
    load()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1, initialFontName=REGULAR)
    # A document's title shows in lists of files and windows: it is what this is, not whom it is about.
    canvas.setTitle(sheet.title)
    top = _head(canvas, sheet)
    left = _left(canvas, sheet, top)
    right = _right(canvas, sheet, top)
    _timeline(canvas, sheet, min(left, right) - 8)
    _foot(canvas, sheet)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _head(canvas: Canvas, sheet: Sheet) -> float:
    """Title, patient and badges; where what stands below them begins."""
    whole = _WIDTH - 2 * _MARGIN
    first = Column(canvas, _MARGIN, _HEIGHT - _MARGIN + 8, whole, sheet.shortened)
    first.text(sheet.title, size=10, font=BOLD, colour=INK2)
    canvas.setFont(REGULAR, 8.5)
    canvas.setFillColor(INK2)
    canvas.drawRightString(_WIDTH - _MARGIN, _HEIGHT - _MARGIN - 1, sheet.made)
    first.text(sheet.patient, size=19, font=BOLD, most_lines=2)
    first.space(4)
    badges(canvas, sheet.badges, _MARGIN, first.y, whole, sheet.shortened)
    return first.y - 36 - 12


def _left(canvas: Canvas, sheet: Sheet, top: float) -> float:
    """The picture, what was found on it, vital signs; where it ends."""
    if sheet.picture is not None:
        picture(canvas, sheet.picture, _MARGIN, top, _LEFT_WIDTH, _PICTURE_HEIGHT)
    else:
        canvas.setStrokeColor(EDGE)
        canvas.setDash(4, 3)
        canvas.rect(_MARGIN, top - _PICTURE_HEIGHT, _LEFT_WIDTH, _PICTURE_HEIGHT)
        canvas.setDash()
        Column(canvas, _MARGIN + 12, top - 96, _LEFT_WIDTH - 24, sheet.shortened).text(sheet.no_picture, size=11, font=BOLD, most_lines=3)
    column = Column(canvas, _MARGIN, top - _PICTURE_HEIGHT - 10, _LEFT_WIDTH, sheet.shortened)
    column.heading(sheet.found_title)
    column.text(sheet.found_sentence, size=10, font=BOLD, most_lines=2)
    column.space(2)
    for found in sheet.found:
        tag(canvas, found.number, _MARGIN, column.y - 11, filled=False)
        column.text(
            f"{found.name} {found.percent}% · {found.word}", size=9.5, font=BOLD if found.strong else REGULAR, most_lines=2, indent=17
        )
        column.text(found.trust, size=7.6, colour=INK2, indent=17)
        column.space(2)
    if sheet.found_more:
        column.text(sheet.found_more, size=8.5, most_lines=8)
    column.space(5)
    column.heading(sheet.vitals_title)
    for fact in sheet.vitals:
        column.fact(fact.label, fact.text, size=9, label_width=84)
    if not sheet.vitals:
        column.text(sheet.no_vitals, size=9, most_lines=2)
    return column.y


def _right(canvas: Canvas, sheet: Sheet, top: float) -> float:
    """Who has the patient, and the six lines of ATMIST; where it ends."""
    column = Column(canvas, _MARGIN + _LEFT_WIDTH + _GAP, top, _RIGHT_WIDTH, sheet.shortened)
    column.heading(sheet.answered_title)
    if not sheet.answered:
        column.text(sheet.not_answered, size=11, font=BOLD, most_lines=3)
    for answered in sheet.answered[:_MOST_ANSWERED]:
        _answered(column, answered)
    column.space(8)
    column.heading(sheet.atmist_title)
    for fact in sheet.atmist:
        column.fact(
            fact.label, fact.text, size=9, label_width=66, label_lines=2, most_lines=4 if len(sheet.answered) < _MOST_ANSWERED else 3
        )
        column.space(2)
    return column.y


def _answered(column: Column, answered: Answered) -> None:
    """The hospital with its code, in a frame."""
    top, left, width = column.y, column.left, column.width
    inner = Column(column.canvas, left + 9, top - 6, width - 18, column.shortened)
    inner.text(answered.headline, size=8.5, colour=INK2)
    inner.text(answered.hospital, size=13, font=BOLD, most_lines=2)
    if answered.code:
        inner.text(f"{answered.code_label} {answered.code}", size=15, font=BOLD)
    if answered.more:
        inner.text(answered.more, size=8.5, most_lines=3)
    inner.space(4)
    column.canvas.setStrokeColor(INK)
    column.canvas.setLineWidth(1.6)
    column.canvas.roundRect(left, inner.y, width, top - inner.y, 5, stroke=1, fill=0)
    column.y = inner.y - 6


def _timeline(canvas: Canvas, sheet: Sheet, top: float) -> None:
    """The timeline in two columns, the first and the last moments where there is no room for all."""
    whole = _WIDTH - 2 * _MARGIN
    head = Column(canvas, _MARGIN, top, whole, sheet.shortened)
    head.heading(sheet.timeline_title)
    line = _TIMELINE_SIZE * LEADING
    rows = int((head.y - _FOOTER - 6) / line)
    width = (whole - _GAP) / 2
    moments = in_short(sheet.timeline, 2 * rows, sheet.left_out)
    half = -(-len(moments) // 2)
    for column_number in range(2):
        column = Column(canvas, _MARGIN + column_number * (width + _GAP), head.y, width, sheet.shortened)
        for moment in moments[column_number * half : (column_number + 1) * half]:
            column.fact(moment.at, moment.words, size=_TIMELINE_SIZE, label_width=48)


def in_short(timeline: tuple[TimelineLine, ...], most: int, left_out: str) -> tuple[TimelineLine, ...]:
    """At most that many lines: how it began and how it stands, and in between how many were left out."""
    if len(timeline) <= most:
        return timeline
    first = most // 3
    last = most - first - 1
    return (*timeline[:first], TimelineLine("…", left_out.format(n=len(timeline) - first - last)), *timeline[-last:])


def _foot(canvas: Canvas, sheet: Sheet) -> None:
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.7)
    canvas.line(_MARGIN, _FOOTER, _WIDTH - _MARGIN, _FOOTER)
    column = Column(canvas, _MARGIN, _FOOTER - 3, _WIDTH - 2 * _MARGIN, sheet.shortened)
    column.text(sheet.notice, size=9, font=BOLD)
    column.text(sheet.footer, size=7.6, colour=INK2)
