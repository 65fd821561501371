"""What tests ask of a room's page, and say of it: the words that they share."""

from collections.abc import Awaitable, Callable

from playwright.async_api import BrowserContext

NewContext = Callable[..., Awaitable[BrowserContext]]

PASSWORD = "correct horse"
# Selectors.
FIELD, SEND = "#chat-message-input", "#chat-message-submit"
# Expressions: what was said, a line for each message; whether the page's script has begun.
VALUE = "document.querySelector('#chat-log').value"
LIVE = "document.querySelector('#chat-log[data-live]')"
