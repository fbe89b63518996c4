"""What both servers say: the frames of one connection, numbered, as the exchange would answer requests."""

import itertools
import json


class Frames:
    def __init__(self):
        self.numbers = itertools.count()
        self.served = {}

    def frame(self, channel, event):
        number = next(self.numbers)
        envelope = {"channel": channel, "timestamp": "2026-09-30T02:39:53.1Z", "sequence_num": number}
        return json.dumps({**envelope, "events": [event]})

    def level2(self, kind, product, levels):
        updates = [
            {
                "side": side,
                "event_time": "2026-09-30T02:39:53.1Z",
                "price_level": str(price),
                "new_quantity": "0.5",
            }
            for side, first, step in (("bid", 1000, -1), ("offer", 1001, 1))
            for price in range(first, first + step * levels, step)
        ]
        return self.frame("l2_data", {"type": kind, "product_id": product, "updates": updates})

    def answers(self, text):
        """The frames that answer a request: snapshots come before their acknowledgement."""
        request = json.loads(text)
        channel, products = request["channel"], request.get("product_ids", [])
        self.served[channel] = products or [channel]
        if channel == "level2":
            for product in products:
                yield self.level2("snapshot", product, 500)
        yield self.frame("subscriptions", {"subscriptions": self.served})
        if channel == "heartbeats":
            for _ in range(50):
                yield self.level2("update", "BTC-USD", 5)


def pieces(text, count=7):
    """A text as so many fragments."""
    size = len(text) // count + 1
    return [text[start : start + size] for start in range(0, len(text), size)]
