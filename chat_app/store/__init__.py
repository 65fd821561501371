"""The durable log. `open_store(config.storage)` is the way in; `Store` is what it gives."""

from chat_app.store.protocol import Store, open_store, open_store_beside

__all__ = ["Store", "open_store", "open_store_beside"]
