"""What a server of tests.forked has done before it begins, once for all of them."""

from chat_app.config import load_config
from chat_app.main import create_app

create_app(load_config(None, [], {}))  # for its templates, which are compiled once a process
