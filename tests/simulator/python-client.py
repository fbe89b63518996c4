"""Does on the wire what the official Python SDK does (coinbase-advanced-py, websocket_base.py and jwt_generator.py):
one `websockets` connection with its size limit and user agent, one token of its own for every message when there is
a key, one message a channel with `product_ids` even where the channel has none; after an error close it dials
again with `x-cb-retry-counter` and subscribes again to what had products; a clean close ends it.

It prints what it saw as one line of JSON. It asks for a close
after every so many frames. Usage: python-client.py URL CONTROL_URL FRAMES CHANNEL[:PRODUCT,PRODUCT] ...
The key comes from COINBASE_API_KEY and COINBASE_API_SECRET, or there is none.
"""

import asyncio
import base64
import json
import os
import secrets
import sys
import time
import urllib.request

import jwt
import websockets
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK

MAX_SIZE = 10 * 1024 * 1024
# The name of the argument changed with websockets 14, which the SDK does not take yet.
HEADERS = "extra_headers" if int(websockets.version.version.split(".")[0]) < 14 else "additional_headers"


def read_key(secret):
    if secret.startswith("-----BEGIN"):
        return serialization.load_pem_private_key(secret.encode(), password=None)
    return ed25519.Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret)[:32])


def make_token(name, key):
    now = int(time.time())
    return jwt.encode(
        {"sub": name, "iss": "cdp", "nbf": now, "exp": now + 120},
        key,
        algorithm="ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "EdDSA",
        headers={"kid": name, "nonce": secrets.token_hex()},
    )


def close_with(control, code):
    body = json.dumps({"fault": {"kind": "close", "code": code}}).encode()
    request = urllib.request.Request(f"{control}/control/inject", body, {"content-type": "application/json"})
    urllib.request.urlopen(request).read()


class Book:
    """Prices as the SDK's users keep them: a dict a side, from a snapshot and what follows."""

    def __init__(self):
        self.sides = {"bid": {}, "offer": {}}

    def apply(self, event):
        if event["type"] == "snapshot":
            self.sides = {"bid": {}, "offer": {}}
        for update in event["updates"]:
            side, price, quantity = self.sides[update["side"]], float(update["price_level"]), update["new_quantity"]
            if float(quantity) == 0:
                side.pop(price, None)
            else:
                side[price] = quantity

    def is_sound(self):
        bids, offers = self.sides["bid"], self.sides["offer"]
        return bool(bids and offers) and max(bids) < min(offers)


async def main(url, control, frames, *wanted):
    name, secret = os.environ.get("COINBASE_API_KEY"), os.environ.get("COINBASE_API_SECRET")
    key = read_key(secret) if secret else None
    channels = {}
    for each in wanted:
        channel, _, products = each.partition(":")
        channels[channel] = [product for product in products.split(",") if product]
    kinds, numbers, errors, books, closes, retries = set(), [], [], {}, [], 0

    def message(kind, channel, products):
        request = {"type": kind, "product_ids": products, "channel": channel}
        return json.dumps({**request, "jwt": make_token(name, key)} if key else request)

    def hear(text):
        frame = json.loads(text)
        if frame.get("type") == "error":
            errors.append(frame["message"])
            return
        numbers[-1].append(frame["sequence_num"])
        for event in frame["events"]:
            kinds.add(" ".join(filter(None, [frame["channel"], event.get("type")])))
            if frame["channel"] == "l2_data":
                books.setdefault(event["product_id"], Book()).apply(event)

    async def dial():
        headers = {"x-cb-retry-counter": str(retries)} if retries else {}
        numbers.append([])
        return await websockets.connect(
            url,
            open_timeout=None,
            max_size=MAX_SIZE,
            user_agent_header="coinbase-advanced-py/1.8.4",
            **{HEADERS: headers},
        )

    socket = await dial()
    for channel, products in channels.items():
        await socket.send(message("subscribe", channel, products))
    # The first close is an error to it, the second one is clean.
    to_come = [4000, 1001]
    while True:
        try:
            hear(await socket.recv())
            if to_come and len(numbers[-1]) == int(frames):
                await asyncio.get_running_loop().run_in_executor(None, close_with, control, to_come.pop(0))
        except ConnectionClosedOK:
            closes.append(socket.close_code)
            break
        except ConnectionClosedError:
            closes.append(socket.close_code)
            retries += 1
            socket = await dial()
            for channel, products in channels.items():
                if products:
                    await socket.send(message("subscribe", channel, products))
    sound = {product: book.is_sound() for product, book in books.items()}
    print(json.dumps({"kinds": sorted(kinds), "numbers": numbers, "errors": errors, "books": sound, "closes": closes}))


asyncio.run(main(*sys.argv[1:]))
