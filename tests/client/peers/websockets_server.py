"""A server on the `websockets` package: every message in fragments, with a ping between two of them. Closes the
first connection with 1001 once everything is said. Prints its port, then a line of JSON for each connection that ends.

Usage: websockets_server.py deflate|none
"""

import asyncio
import json
import sys

import websockets
from feed_frames import Frames, pieces

connections = 0


async def serve(socket):
    global connections
    connections += 1
    first, frames, pongs = connections == 1, Frames(), []

    async def fragments(text):
        for piece in pieces(text):
            yield piece
            pongs.append(await socket.ping())

    try:
        async for request in socket:
            for text in frames.answers(request):
                await socket.send(fragments(text))
            if len(frames.served) == 2:
                await asyncio.wait_for(asyncio.gather(*pongs), 20)
                if first:
                    await socket.close(1001, "going away")
    except websockets.ConnectionClosed:
        pass
    extensions = socket.response_headers.get("Sec-WebSocket-Extensions")
    answered = all(pong.done() for pong in pongs)
    print(json.dumps({"pings": len(pongs), "answered": answered, "extensions": extensions}), flush=True)


async def main(compression):
    deflate = "deflate" if compression == "deflate" else None
    async with websockets.serve(serve, "127.0.0.1", 0, compression=deflate) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main(sys.argv[1]))
