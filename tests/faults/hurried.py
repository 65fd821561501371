"""The server with less patience, for a suite that has none: `python -m tests.faults.hurried`.

What it would wait for is the same; the runner has the server as it is.
"""

import sys
from functools import partial

from aiohttp import web

from chat_app import main
from chat_app.broker import redis
from chat_app.chat import behind, news, presence
from chat_app.web import forms
from chat_app.ws import connection

if __name__ == "__main__":
    for module in (behind, connection):
        vars(module)["PATIENCE_SECONDS"] = 1.5
    vars(presence)["GRACE_SECONDS"] = 0.5
    vars(news)["LEASE_SECONDS"] = 3.0
    vars(redis).update(LEASE_SECONDS=3.0, RENEW_SECONDS=1.0, SILENT_SECONDS=2.5)
    main.IDLE_SECONDS = 1.5
    forms.FORM_SECONDS = 1.0
    # aiohttp reads on for a while after an answer that came before the request's end.
    vars(web)["AppRunner"] = partial(web.AppRunner, lingering_time=0.5)
    sys.exit(main.main())
