"""The same as websockets_server.py on the `autobahn` package, which may say 4001 but not 1001.

Usage: autobahn_server.py deflate|none
"""

import asyncio
import json
import sys

from autobahn.asyncio.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket.compress import PerMessageDeflateOffer, PerMessageDeflateOfferAccept
from feed_frames import Frames, pieces


class Server(WebSocketServerProtocol):
    connections = 0

    def onOpen(self):
        Server.connections += 1
        self.first, self.frames, self.pings, self.pongs = Server.connections == 1, Frames(), 0, 0

    def onMessage(self, payload, isBinary):
        for text in self.frames.answers(payload.decode()):
            self.beginMessage(isBinary=False)
            for piece in pieces(text):
                self.sendMessageFrame(piece.encode())
                self.sendPing(b"still there")
                self.pings += 1
            self.endMessage()
        self.closeWhenDone()

    def onPong(self, payload):
        self.pongs += 1
        self.closeWhenDone()

    def closeWhenDone(self):
        if self.first and self.pongs == self.pings and len(self.frames.served) == 2:
            self.sendClose(4001, "going away")

    def onClose(self, wasClean, code, reason):
        said = {"pings": self.pings, "answered": self.pongs == self.pings}
        extensions = None if self._perMessageCompress is None else "permessage-deflate"
        print(json.dumps({**said, "extensions": extensions}), flush=True)


def accept(offers):
    for offer in offers:
        if isinstance(offer, PerMessageDeflateOffer):
            return PerMessageDeflateOfferAccept(offer)


async def main(compression):
    factory = WebSocketServerFactory()
    factory.protocol = Server
    if compression == "deflate":
        factory.setProtocolOptions(perMessageCompressionAccept=accept)
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()


asyncio.run(main(sys.argv[1]))
