"""``./edge accounts``: the accounts of an emergency room's console. The first administrator is made here, the others on the console."""

import argparse
from pathlib import Path

from edge_app.commands.asking import asked_secret
from edge_app.commands.owner import become_owner
from edge_app.config import load_room_settings
from edge_app.emergency_room.inbox import open_desk
from edge_app.security.accounts import SHORTEST_PASSWORD, Role, account_named, accounts, add_account, set_password
from edge_app.security.audit import COMMAND_LINE, Actor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--settings", type=Path, metavar="FILE", required=True, help="the emergency room's settings file (TOML)")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    adding = actions.add_parser("add", help=f"make an account; the password, {SHORTEST_PASSWORD} characters or more, is asked for")
    adding.add_argument("name", help="as it will stand beside answers")
    adding.add_argument("--role", choices=[str(role) for role in Role], default=str(Role.ADMINISTRATOR))
    resetting = actions.add_parser("reset", help="give an account a new password, which is asked for; its sessions end")
    resetting.add_argument("name")
    actions.add_parser("list", help="names, roles, and who may not sign in")


def run(args: argparse.Namespace) -> int:
    """Add, reset or list. AccountError says what is in the way."""
    settings = load_room_settings(args.settings)
    become_owner(settings.var)
    database = open_desk(settings.var)
    by = Actor(None, COMMAND_LINE)
    try:
        if args.action == "add":
            account = add_account(database, args.name, asked_secret("Password"), Role(args.role), by)
            print(f"{account.name} may sign in as {account.role}; from now on everybody signs in")
        elif args.action == "reset":
            account = account_named(database, args.name)
            set_password(database, account, asked_secret("New password"), by)
            print(f"{account.name} has a new password")
        else:
            for account in accounts(database):
                print(f"{account.role:13}  {account.name}{'  (disabled)' if account.disabled else ''}")
    finally:
        database.close()
    return 0
