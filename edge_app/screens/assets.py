"""Style sheets, scripts, font: served under a version that is their digest, so a browser may keep them for a year."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, send_from_directory, url_for

YEAR_S = 365 * 24 * 3600


def version_of(folders: Mapping[str, Path]) -> str:
    """The first 16 digits of the SHA-256 over every file's path and content."""
    digest = hashlib.sha256()
    for prefix, folder in sorted(folders.items()):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                digest.update(f"{prefix}{path.relative_to(folder)}".encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def serve_assets(app: Flask, folders: Mapping[str, Path], templates: Path) -> None:
    """Serve ``folders`` by prefix of the path below ``/assets/<version>/`` and add ``templates`` to the application's."""
    version = version_of(folders)
    blueprint = Blueprint("screens", __name__, template_folder=str(templates))

    @blueprint.get("/assets/<wanted>/<path:name>")
    def asset(wanted: str, name: str) -> Response:
        if wanted != version:
            abort(404)
        prefix = max((prefix for prefix in folders if name.startswith(prefix)), key=len)
        response = send_from_directory(folders[prefix], name.removeprefix(prefix), max_age=YEAR_S)
        response.cache_control.public = True
        response.cache_control.immutable = True
        return response

    app.register_blueprint(blueprint)
    app.jinja_env.globals["asset"] = lambda name: url_for("screens.asset", wanted=version, name=name)
