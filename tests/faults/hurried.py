"""The server with less patience, for a suite that has none: `python -m tests.faults.hurried`.

What it would wait for is the same; the runner has the server as it is.
"""

import sys

from chat_app import main
from chat_app.chat import rooms
from chat_app.ws import connection

if __name__ == "__main__":
    for module in (rooms, connection):
        vars(module)["PATIENCE_SECONDS"] = 1.5
    sys.exit(main.main())
