"""socketify: uWebSockets, whose publishing and subscribing is C++, from Python."""

import json
import sys

from socketify import App, OpCode


def upgrade(res, req, socket_context):
    res.upgrade(
        req.get_header("sec-websocket-key"),
        req.get_header("sec-websocket-protocol"),
        req.get_header("sec-websocket-extensions"),
        socket_context,
        req.get_parameter(0),
    )


def opened(ws):
    ws.subscribe(ws.get_user_data())


def said(ws, frame, opcode):
    # To all who subscribed, the author too.
    text = json.dumps({"message": json.loads(frame)["message"]})
    ws.publish(ws.get_user_data(), text, OpCode.TEXT)


app = App()
app.ws(
    "/ws/chat/:room/",
    {
        "upgrade": upgrade,
        "open": opened,
        "message": said,
        "idle_timeout": 120,
        # Without it, uWebSockets leaves out what a reader is 64 KiB behind with.
        "max_backpressure": 16 * 1024 * 1024,
    },
)
app.listen({"port": int(sys.argv[1]), "host": "127.0.0.1"}, lambda config: None)
app.run()
