"""Words of the catalogues for what is written outside of templates."""

from flask_babel import gettext


def words(key: str, **values: str | int | float | None) -> str:
    """The words of a key, with the values in their places, in the language of the request."""
    return str(gettext(key, **values))
