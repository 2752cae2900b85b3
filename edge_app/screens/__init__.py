"""What the crew's kiosk and the hospital's console share: assets, guard, languages, live changes, words and pieces.

How a screen is furnished (``edge_app/kiosk/app.py`` is the example)::

    app = Flask(__name__, template_folder="templates", static_folder=None)
    furnish(app, Screen(name="kiosk", host=settings.kiosk.host, language=settings.kiosk.language, folder=Path(__file__).parent))
    feed = ChangeFeed(casebook.database)            # one watcher thread a process; feed.close() when stopping
    ... return stream(feed, fingerprint)            # a view: server-sent events "change" (data: the new fingerprint) and "beat"

``furnish`` gives the app
    - ``/assets/<version>/<path>``: ``screens/static`` and, under ``own/``, the screen's ``static`` folder; cached for a year, since
      the version is the digest of all of it. In templates ``asset("tokens.css")`` and ``asset("own/kiosk.css")``.
    - templates under ``screens/``: ``base.html`` (blocks title, styles, scripts, body; the lost-connection banner, the icon sprite) and
      ``parts.html`` with the macros ``icon, ladder, ladder_head, bar, trust, finding_row, urgency_badge, pre_ktas, viewer, lost_banner``.
    - the guard: strict CSP (no inline script or style anywhere: use classes, SVG attributes and data-*), Host and origin checks.
    - Babel with the catalogues of ``screens/locales`` and the screen's ``locales``; message ids are keys such as ``urgency.immediate``.
      In templates ``_("key", n=3)``, the variables ``language`` and ``theme``, the filters ``elapsed, clock, minutes, finding_word,
      structure_word``.
      ``pybabel compile -d <locales>`` after a change; a test holds the compiled catalogue against the written one.
    - ``POST /preferences`` with ``language`` (ko, en) or ``theme`` (day, night, red): a cookie named for the screen, so that screens on
      one machine do not change one another; answers with a reload.

Who may use it is asked by a ``gate.Gate``, which the screen makes and which ``stand_before(app, ACCESS)`` puts in front of every view once
all routes are there: a table from each endpoint to an ``Access``; a route that is not in it stops the screen from starting. ``visitor`` in
templates is who asks. A stream gets ``gate.stays()`` and ends with its session. ``session.js`` keeps the session alive while somebody
touches the page (``POST /touched``), and asks for a page without live changes anew when it is over.

In the page ``screens.js`` does the following by attributes
    - ``data-elapsed-s="41"`` on any element: its text ticks on as m:ss; ``data-elapsed-stop`` holds it.
    - ``data-clock-ms="1790000000000"``: the server's wall clock, ticking on as hh:mm:ss.
    - ``data-fit="18"``: shrinks the text to its box, down to that many pixels, then wraps.
    - ``data-live`` on the element with ``hx-ext="sse" sse-connect=…``: shows ``data-lost`` when no beat has come for ten seconds.
    - ``data-post-once``: a form whose buttons are disabled while it is under way.
``viewer.js`` turns every ``data-viewer`` (the ``viewer`` macro) into a canvas, and a ``data-viewing`` (the ``viewing`` macro of
``viewing.html``, with ``viewing.css``) into the large viewer with its tools, which is one page of its own or grows on its page.
    - one finger or the left button does what the mode says (window and level on a small picture), the right button always windows,
      shift or the middle button moves, two fingers zoom and move, the wheel zooms, a double tap goes closer and back.
    - buttons with ``data-viewer-action`` (the names under ``viewer.tool``) steer it; outside of it they name it in ``data-viewer-for``.
    - ``data-viewer-state`` becomes ``shown`` or ``failed``.
    - ``data-pixels`` is a URL answered by ``pictures.pixels_response``; ``data-image`` instead is an 8-bit picture. ``data-boxes`` is a
      JSON list of ``{number, x, y, width, height}`` in pixels of the original, ``data-map`` an 8-bit PNG of the heat map. The outlines,
      lines and sides of the ``PictureView`` become an SVG over the canvas, whose drawing follows the picture, flipped, turned and zoomed.
    - an ``adjusting.AdjustingView`` given to the ``viewing`` macro (with ``adjusting.css``) puts a grip beside each point that angles rest
      on; while one is moved the screen is asked for ``adjusting.preview``, and it keeps the points that its form posts.
    - ``geometry.js`` and ``windows.js`` are pure; ``sampling.js`` windows only what is seen, once a frame.
"""

from edge_app.screens.furnish import Screen, furnish
from edge_app.screens.sse import ChangeFeed, stream

__all__ = ["ChangeFeed", "Screen", "furnish", "stream"]
