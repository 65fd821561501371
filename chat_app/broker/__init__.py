"""News between processes. It carries hints: what is true stands in the store."""

from chat_app import config
from chat_app.broker.memory import MemoryBroker
from chat_app.broker.protocol import Broker, Listener

__all__ = ["Broker", "Listener", "MemoryBroker", "open_broker"]


def open_broker(settings: config.Broker, epoch: str) -> Broker:
    """Return the broker that `broker.url` names, for the nodes that share the log of `epoch`.

    Nothing is connected before `Broker.listen`, and then by itself.
    """
    if settings.url.startswith("memory:"):
        return MemoryBroker()
    # 7 MB and 0.1 s: one process alone does not need it.
    from chat_app.broker.redis import RedisBroker  # noqa: PLC0415

    return RedisBroker(settings.url, epoch)
