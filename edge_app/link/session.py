"""One end's session over a durable outbox and inbox: its words, and whatever comes. The same code serves box and emergency room.

Everything runs in one thread. PUBACK proves only that the broker took a message; the recipient's application receipt, sent after its
commit, is what empties the outbox. A message is acknowledged to the broker after it is durable here.
"""

import logging
import time
from collections.abc import Callable
from typing import Protocol

from edge_app.config import Broker
from edge_app.database import Database, DatabaseError
from edge_app.errors import MessageError
from edge_app.link.connection import POLL_S, V5, Connection, Dialect, HandshakeFailedError, connect, pause
from edge_app.link.messages import Message, PresenceBody, ReceiptBody, decode, encode, new_message
from edge_app.link.outbox import Lane, Waiting, note_at_broker, note_received
from edge_app.link.presence import client_id_of, has_namesake, instance_of, note_namesake
from edge_app.link.second_connection import Copy, SecondConnection
from edge_app.link.sending import Pace, Sender
from edge_app.link.state import LinkWord, write_link_state
from edge_app.link.way import Way

log = logging.getLogger(__name__)

KEEPALIVE_S = 10
PACE = Pace(window=4, first_s=4.0, longest_s=300.0)
LONGEST_RECONNECT_S = 8.0
ALIVE_EVERY_S = 5.0
PRESENCE_EVERY_S = 120.0
MOST_COPIES_AWAITED = 64


class Receiver(Protocol):
    """What an end does with what arrives."""

    def keep(self, message: Message, content: bytes) -> bool:
        """Make the message durable, once; return only when it is. False where it is not for us: nobody is told that we have it."""

    def at_broker(self, sent: Waiting) -> None:
        """The broker has taken one of our messages."""

    def at_recipient(self, sent: Waiting) -> None:
        """The recipient has one of our messages durably."""

    def refused(self, word: str) -> None:
        """Something arrived that is no message of ours."""


class FirstHeard:
    """On which of two connections a message came first, so that its copy is not taken for a repetition that wants a receipt of its own."""

    def __init__(self) -> None:
        self._second: dict[str, bool] = {}

    def note(self, message_id: str, *, second: bool) -> None:
        """It is durable, and has its receipt."""
        self._second[message_id] = second
        while len(self._second) > MOST_COPIES_AWAITED:
            del self._second[next(iter(self._second))]

    def is_copy(self, message_id: str, *, second: bool) -> bool:
        """Whether it is the copy of one that came on the other connection. Once: a further one is its sender's repetition."""
        if self._second.get(message_id, second) == second:
            return False
        del self._second[message_id]
        return True


class Session:
    """Keeps one end connected, its words moving and its inbox durable, until told to stop."""

    def __init__(
        self,
        database: Database,
        broker: Broker,
        me: str,
        receiver: Receiver,
        way: Way | None = None,
        second: SecondConnection | None = None,
    ) -> None:
        """``way``: where this tells whether the link has room for pictures; None where none are sent. ``second``: what helps on a link
        that loses; None where one connection is enough."""
        self._database = database
        self._broker = broker
        self._me = me
        self._receiver = receiver
        self._way = way or Way()
        self._second = second
        self._first_heard = FirstHeard()
        self._dialect = Dialect(broker)
        self._sender = Sender(database, Lane.WORDS, PACE)
        self._instance = instance_of(database)
        self._alive_at = 0.0
        self._present_at = 0.0

    def run(self, stopping: Callable[[], bool], beat: Callable[[], None] = lambda: None) -> None:
        """Serve until ``stopping()``; ``beat`` is called whenever the loop has come round."""
        wait_s = 0.5
        while not stopping():
            word = LinkWord.UNREACHABLE
            try:
                connection = connect(
                    self._broker,
                    self._dialect.version,
                    client_id_of(self._me, self._instance),
                    keepalive_s=KEEPALIVE_S,
                    stopping=stopping,
                    listen_as=self._me,
                    kept=True,
                )
            except OSError as error:
                log.info("broker unreachable: %s", type(error).__name__)
            except HandshakeFailedError as error:
                if error.refused:
                    word = LinkWord.REFUSED
                self._dialect.failed(error)
                log.info("no session with the broker: %s", error)
            else:
                self._dialect.worked()
                word = self._serve(connection, stopping, beat)
                # Two machines that take one session from each other should do so seldom.
                wait_s = LONGEST_RECONNECT_S if word is LinkWord.TAKEN_OVER else 0.5
            self._way.down()
            self._tell(connected=False, word=word)
            pause(wait_s, stopping, beat)
            wait_s = min(wait_s * 2, LONGEST_RECONNECT_S)
        self._tell(connected=False, word=LinkWord.STOPPED)

    def _tell(self, *, connected: bool, word: LinkWord) -> None:
        self._alive_at = time.monotonic()
        try:
            write_link_state(self._database, connected=connected, word=word, protocol="5" if self._dialect.version == V5 else "3.1.1")
        except DatabaseError:
            log.exception("the link's state could not be stored")

    def _connected_word(self) -> LinkWord:
        return LinkWord.NAMESAKE if has_namesake(self._database) else LinkWord.CONNECTED

    def _serve(self, connection: Connection, stopping: Callable[[], bool], beat: Callable[[], None]) -> LinkWord:
        """Run one connection until it ends; return why it ended."""
        self._sender.begin(remembered=connection.remembered, usual_s=connection.round_trip_s)
        self._way.up(remembered=connection.remembered)
        self._tell(connected=True, word=self._connected_word())
        self._present_at = -PRESENCE_EVERY_S
        # What was said on the connection before may not have got out, receipts least of all.
        self._first_heard = FirstHeard()
        seen = -1
        try:
            while not stopping():
                if not connection.loop(POLL_S):
                    return LinkWord.TAKEN_OVER if connection.taken_over else LinkWord.LOST
                # The broker's word first: with the recipient's receipt the message is done with, and nobody would note it.
                freed = self._take_acknowledged(connection)
                # What arrives may have been answered from here, and what this connection writes does not change the version it sees.
                said = self._take_arrived(connection)
                version = self._database.version()
                if version != seen or freed or said or self._sender.is_due():
                    seen = version
                    self._sender.send(connection)
                self._send_copies()
                self._way.tell(busy=self._sender.unacknowledged > 0, usual_s=self._sender.usual_s)
                if time.monotonic() - self._alive_at > ALIVE_EVERY_S:
                    self._tell(connected=True, word=self._connected_word())
                if time.monotonic() - self._present_at > PRESENCE_EVERY_S:
                    self._present(connection)
                beat()
        except (DatabaseError, OSError):
            # Nothing unacknowledged is lost: the broker delivers it again after the reconnect.
            log.exception("the store failed while the link was up")
            return LinkWord.STORAGE_FAILED
        finally:
            connection.close()
        return LinkWord.STOPPED

    def _present(self, connection: Connection) -> None:
        """Say on our own topic who we are."""
        self._present_at = time.monotonic()
        connection.publish(self._me, encode(self._message(self._me, PresenceBody(instance=self._instance))))

    def _message(self, recipient: str, body: PresenceBody | ReceiptBody) -> Message:
        return new_message(self._me, recipient, int(time.time() * 1000), body)

    def _take_acknowledged(self, connection: Connection) -> bool:
        """Note what the broker has taken; whether the window may have opened by it."""
        before = self._sender.under_way
        taken = self._sender.acknowledged(connection)
        for message_id, kept in self._second.take_acknowledged() if self._second is not None else ():
            sent = self._sender.acknowledged_by_copy(message_id, kept=kept)
            taken += [] if sent is None else [sent]
        for sent in taken:
            with self._database.writing():
                if note_at_broker(self._database, sent.id) is not None:
                    self._receiver.at_broker(sent)
        return self._sender.under_way < before

    def _send_copies(self) -> None:
        if self._second is not None and self._second.is_up:
            for sent in self._sender.late():
                self._second.send(Copy(sent.id, sent.recipient, sent.body))

    def _take_arrived(self, connection: Connection) -> bool:
        arrived = connection.take_arrived()
        for packet in arrived:
            self._take(connection, bytes(packet.payload), second=False)
            connection.ack(packet)
        copies = self._second.take_arrived() if self._second is not None else []
        for content in copies:
            self._take(connection, content, second=True)
        return bool(arrived or copies)

    def _take(self, connection: Connection, content: bytes, *, second: bool) -> None:
        """``second``: it came on the second connection, so that the first brings it too."""
        try:
            message = decode(content)
            if message.recipient != self._me:
                raise MessageError("addressed to another end")
            if isinstance(message.body, PresenceBody) and message.sender != self._me:
                raise MessageError("a presence of another end")
        except MessageError as error:
            if not second:
                self._receiver.refused(str(error))
            return
        if isinstance(message.body, ReceiptBody):
            self._take_receipt(message.body.of, message.sender)
        elif isinstance(message.body, PresenceBody):
            self._hear_of(message.body.instance)
        elif self._first_heard.is_copy(message.id, second=second):
            log.debug("a copy of what came on the other connection")
        elif self._receiver.keep(message, content):
            self._first_heard.note(message.id, second=second)
            connection.publish(message.sender, encode(self._message(message.sender, ReceiptBody(of=message.id))))

    def _take_receipt(self, message_id: str, sender: str) -> None:
        # The receipt and the rung it proves stand or fall together: a kill between them must not lose the rung.
        with self._database.writing():
            sent = note_received(self._database, message_id, sender)
            if sent is not None:
                self._receiver.at_broker(sent)
                self._receiver.at_recipient(sent)
        if sent is not None:
            self._sender.received(sent.id)

    def _hear_of(self, instance: str) -> None:
        """Somebody is on the link under our name; where it is not us, both are told."""
        if instance == self._instance:
            return
        log.error("another machine is on the link under this end's name")
        note_namesake(self._database)
        self._tell(connected=True, word=LinkWord.NAMESAKE)
        # It hears of us within a round, and no sooner, so that two of them do not talk without end.
        self._present_at = min(self._present_at, time.monotonic() - PRESENCE_EVERY_S + ALIVE_EVERY_S)
