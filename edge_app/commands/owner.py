"""Working on the data as the account that owns it."""

import os
import pwd
from pathlib import Path

from edge_app.errors import ServiceError


def become_owner(var: Path) -> None:
    """Become the account that owns the data where root asks: root could write where the services cannot, and would leave its files.

    Raises:
        ServiceError: another account asks, which would see faults that are only its own.
    """
    if not var.is_dir():
        return
    owner = var.stat()
    if os.geteuid() != 0:
        if not os.access(var, os.R_OK | os.W_OK | os.X_OK):
            raise ServiceError(f"{var} belongs to another account: run this as root or as that account")
        return
    if owner.st_uid == 0:
        return
    try:
        os.initgroups(pwd.getpwuid(owner.st_uid).pw_name, owner.st_gid)
    except KeyError:
        os.setgroups([])
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)
