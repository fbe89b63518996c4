"""Connects as the official Python SDK does (the websockets package, its size limit), subscribes with a token,
asks the control API for a close with 1001, and prints what it saw as one line of JSON.

Usage: python-client.py URL PORT TOKEN TOKEN
"""

import asyncio
import json
import sys
import urllib.request

import websockets


def close_with(port, code):
    body = json.dumps({"fault": {"kind": "close", "code": code}}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/control/inject", body, {"content-type": "application/json"}
    )
    urllib.request.urlopen(request).read()


async def main(url, port, *tokens):
    seen, numbers = {}, []
    async with websockets.connect(url, max_size=10 * 1024 * 1024) as socket:
        for channel, token in zip(["ticker", "level2"], tokens):
            request = {"type": "subscribe", "channel": channel, "product_ids": ["BTC-USD"], "jwt": token}
            await socket.send(json.dumps(request))
        try:
            async for text in socket:
                frame = json.loads(text)
                numbers.append(frame["sequence_num"])
                kind = " ".join(filter(None, [frame["channel"], frame["events"][0].get("type")]))
                seen[kind] = seen.get(kind, 0) + 1
                if len(numbers) == 40:
                    await asyncio.get_running_loop().run_in_executor(None, close_with, port, 1001)
        except websockets.ConnectionClosed:
            pass
        print(json.dumps({"kinds": sorted(seen), "numbers": numbers, "code": socket.close_code}))


asyncio.run(main(*sys.argv[1:]))
