"""Every setting: its name, type, range and default.

A value comes from the first of: a `--set section.key=value` flag, the environment
(`CHAT_SECTION__KEY`), the YAML file, the default here. `config.yaml` and
`docs/configuration.md` explain each one; a test holds the three together.
"""

import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from chat_app.errors import StartError

ENVIRONMENT_PREFIX = "CHAT_"

Count = Annotated[int, Meta(ge=0, le=2**30)]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Unknown keys are refused: a misspelt setting must not be a silent default."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, str) and re.search("[\0\ud800-\udfff]", value):
                raise ValueError(f"{name}: expected text, got {value!r}")


class Server(_Section, frozen=True):
    host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    allowed_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    drain_seconds: Annotated[float, Meta(ge=0, le=600)] = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for origin in self.allowed_origins:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
                raise ValueError(f"allowed_origins: expected https://host[:port], got {origin!r}")
        for network in self.trusted_proxies:
            try:
                ipaddress.ip_network(network)
            except ValueError:
                raise ValueError(
                    f"trusted_proxies: expected an address or network, got {network!r}"
                ) from None


class Storage(_Section, frozen=True):
    folder: Annotated[str, Meta(min_length=1)] = "data"
    url: str = "sqlite:///chat.db"
    durability: Literal["full", "process"] = "full"

    def __post_init__(self) -> None:
        super().__post_init__()
        prefix, _, file = self.url.partition("sqlite:///")
        if self.url.startswith("postgresql://"):
            _check_postgresql(self.url)
        elif prefix or not file or "/" in file or file in (".", ".."):
            # Of another engine's URL no more than its scheme: there may be a password in it.
            got = self.url if self.url.startswith("sqlite:") else self.url.partition(":")[0]
            raise ValueError(f"url: expected sqlite:///FILE or postgresql://…, got {got!r}")

    @property
    def is_file(self) -> bool:
        """Whether the log is a file of ours, not a PostgreSQL server's."""
        return self.url.startswith("sqlite:")

    @property
    def file(self) -> Path:
        """The database's file. It lies in `folder`, as everything that is kept does."""
        return Path(self.folder) / self.url.removeprefix("sqlite:///")


def _check_postgresql(url: str) -> None:
    expected = "url: expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"{expected}, with a number for PORT") from None
    if port == 0 or len(parts.path) < 2:
        raise ValueError(expected)


class Broker(_Section, frozen=True):
    url: str = "memory://"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.url == "memory://":
            return
        # It may have a password in it, and is not repeated.
        expected = "url: expected memory:// or redis[s]://[user:password@]host[:port][/number]"
        parts = urlsplit(self.url)
        try:
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise ValueError(expected) from None
        if parts.scheme not in ("redis", "rediss") or not host or parts.query or parts.fragment:
            raise ValueError(expected)
        if not re.fullmatch(r"(/[0-9]*)?", parts.path):
            raise ValueError(expected)


class Limits(_Section, frozen=True):
    """0 turns a limit off, so that a benchmark measures the program and not its limits."""

    message_chars: Count = 4000
    frame_bytes: Count = 65536
    message_rate: Annotated[float, Meta(ge=0)] = 1.0
    message_burst: Annotated[int, Meta(ge=1, le=2**30)] = 10
    guest_messages_per_address: Count = 600
    rooms_per_user: Count = 20
    rooms_per_address: Count = 200
    connections_per_address: Count = 1000
    handshakes_per_address: Count = 2000
    login_tries: Count = 10
    login_tries_per_address: Count = 100
    accounts_per_address: Count = 50

    def __post_init__(self) -> None:
        # A message of the allowed length must fit into a frame however it is
        # escaped: "\ud83d\ude00" is 12 bytes for one code point.
        needed = 12 * self.message_chars + 1024
        if 0 < self.frame_bytes < needed:
            raise ValueError(
                f"frame_bytes: expected 0 or at least 12 × message_chars + 1024 = {needed},"
                f" got {self.frame_bytes}"
            )


class Accounts(_Section, frozen=True):
    registration: Literal["open", "invite", "closed"] = "open"
    guests: Literal["yes", "read", "no"] = "yes"


class Site(_Section, frozen=True):
    title: Annotated[str, Meta(min_length=1, max_length=60)] = "Rooms"
    language: Literal["auto", "ko", "en"] = "auto"


class Config(_Section, frozen=True):
    server: Server = Server()
    storage: Storage = Storage()
    broker: Broker = Broker()
    accounts: Accounts = Accounts()
    limits: Limits = Limits()
    site: Site = Site()


def load_config(
    path: Path | None = None,
    overrides: Iterable[str] = (),
    environment: Mapping[str, str] = os.environ,
) -> Config:
    """Return the settings of `path`, `environment` and `overrides` ("section.key=value").

    `storage.folder` comes back absolute: relative to the file's folder, or to the
    working folder where there is no file.

    Raises StartError with the source, the key and what was expected.
    """
    values: dict[str, dict[str, Any]] = {}
    sources: dict[str, str] = {}
    if path is not None:
        values = _sections(_read(path), str(path))
    for name in sorted(environment):
        if name.startswith(ENVIRONMENT_PREFIX) and "__" in name:
            key = name.removeprefix(ENVIRONMENT_PREFIX).lower().replace("__", ".", 1)
            _set(values, key, environment[name], name)
            sources[key] = name
    for override in overrides:
        key, equals, text = override.partition("=")
        key = key.strip()
        if not equals:
            raise StartError(f"--set {override}: expected section.key=value")
        _set(values, key, text, f"--set {override}")
        sources[key] = "--set"
    try:
        # All at once: a setting that is wrong by itself may be right beside the others.
        config = msgspec.convert(values, Config)
    except msgspec.ValidationError as error:
        key, problem = _explained(error)
        source = sources.get(key) or path or "settings"
        raise StartError(f"{source}: {key}: {problem}") from error
    base = path.parent if path is not None else Path()
    folder = (base / config.storage.folder).absolute()
    storage = msgspec.structs.replace(config.storage, folder=str(folder))
    return msgspec.structs.replace(config, storage=storage)


def _read(path: Path) -> Any:
    # YAML 1.2, in which `no` is a word and a key that stands twice is an error.
    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StartError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise StartError(f"{path}: expected UTF-8 text: {error.reason}") from error
    except MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        # Ruamel goes on for a paragraph on how to allow duplicate keys.
        problem = (error.problem or str(error)).splitlines()[0]
        raise StartError(f"{path}{line}: {problem}") from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise StartError(f"{path}: not YAML: {str(error).splitlines()[0]}") from error


def _sections(tree: Any, source: str) -> dict[str, dict[str, Any]]:
    """Return a parsed file as settings by section; a section with nothing in it is none."""
    if not isinstance(tree, dict | None):
        raise StartError(f"{source}: expected sections such as `server:`, got a {_kind(tree)}")
    for section, settings in (tree or {}).items():
        names = [section, *(settings or {})] if isinstance(settings, dict | None) else [section]
        if odd := [name for name in names if not isinstance(name, str)]:
            raise StartError(f"{source}: expected a name of a setting, got {odd[0]!r}")
        if not isinstance(settings, dict | None):
            raise StartError(f"{source}: {section}: expected settings, got a {_kind(settings)}")
    return {section: settings for section, settings in (tree or {}).items() if settings}


def _kind(value: Any) -> str:
    return "list" if isinstance(value, list) else "single value"


def _set(values: dict[str, dict[str, Any]], key: str, text: str, source: str) -> None:
    """Put one value that came as text into `values`, read by the setting's type."""
    types = _types()
    if key not in types:
        raise StartError(f"{source}: unknown setting {key!r}; there are {', '.join(types)}")
    value: Any = text
    if types[key] == tuple[str, ...]:
        value = [part.strip() for part in text.split(",") if part.strip()]
    try:
        value = msgspec.convert(value, types[key], strict=False)
    except msgspec.ValidationError as error:
        raise StartError(f"{source}: {key}: {_explained(error, key)[1]}") from error
    section, _, name = key.partition(".")
    values.setdefault(section, {})[name] = value


def _types() -> dict[str, Any]:
    """Return the type of every setting by "section.key"."""
    return {
        f"{section.name}.{setting.name}": setting.type
        for section in msgspec.structs.fields(Config)
        for setting in msgspec.structs.fields(section.type)
    }


def _explained(error: msgspec.ValidationError, key: str = "") -> tuple[str, str]:
    """Turn "Expected `int`, got `str` - at `$.a.b`" into ("a.b", "expected int, got str")."""
    text, _, at = str(error).replace("key in `$`", "`$`").partition(" - at `$")
    key = key or at.rstrip("`").lstrip(".")
    if unknown := re.fullmatch("Object contains unknown field `(.*)`", text):
        return f"{key}.{unknown[1]}".lstrip("."), "unknown setting"
    if text.startswith("Invalid enum value"):
        choices = ", ".join(get_args(_types()[key]))
        return key, f"expected one of {choices}, got {text.removeprefix('Invalid enum value ')}"
    if ours := re.fullmatch(r"(\w+): (expected.*)", text):
        return f"{key}.{ours[1]}", ours[2]
    text = text.replace("`", "")
    return key, text[:1].lower() + text[1:]
