"""A touch that leads to another page, made by a page that stays until it is told the way on.

A browser that posts a form itself leaves the page for it, and where the server dies meanwhile it shows an error of its own, from which
nothing leads back. ``posting.js`` posts instead, and goes only where it was told to.
"""

from http import HTTPStatus

from flask import Flask, Response, request

HEADER = "X-Page-Stays"


def tell_the_way(app: Flask) -> None:
    """Answer a page that stays with the address to go to, instead of sending it there."""

    @app.after_request
    def tell(response: Response) -> Response:
        if HEADER in request.headers and response.status_code == HTTPStatus.SEE_OTHER:
            response.status_code = HTTPStatus.NO_CONTENT
            response.set_data(b"")
        return response
