"""Settings: where they come from, what is refused, and that each is explained."""

import re
from pathlib import Path

import msgspec
import pytest

from chat_app.config import Config, load_config
from chat_app.errors import StartError

ROOT = Path(__file__).parents[1]

SETTINGS = [
    f"{section.name}.{setting.name}"
    for section in msgspec.structs.fields(Config)
    for setting in msgspec.structs.fields(section.type)
]


@pytest.fixture
def written(tmp_path):
    def write(text):
        file = tmp_path / "chat.yaml"
        file.write_text(text)
        return file

    return write


def test_the_file_in_the_checkout_has_every_setting_with_its_default():
    text = (ROOT / "config.yaml").read_text()
    for setting in SETTINGS:
        name = setting.partition(".")[2]
        # Indented below its section, with a comment of why.
        assert re.search(rf"^  {name}: .+# \w", text, re.MULTILINE), setting
    explained = msgspec.to_builtins(load_config(ROOT / "config.yaml", [], {}))
    defaults = msgspec.to_builtins(Config())
    defaults["storage"]["folder"] = str(ROOT / "data")
    assert explained == defaults


def test_every_setting_is_documented():
    text = (ROOT / "docs" / "configuration.md").read_text()
    assert re.findall(r"^\| `([a-z]+\.[a-z_]+)`", text, re.MULTILINE) == SETTINGS


def test_flag_beats_environment_beats_file_beats_default(written):
    file = written("server:\n  port: 1\n  host: file\nsite:\n  title: file\n")
    environment = {"CHAT_SERVER__PORT": "2", "CHAT_SERVER__HOST": "environment"}
    config = load_config(file, ["server.port=3"], environment)
    assert (config.server.port, config.server.host) == (3, "environment")
    assert (config.site.title, config.site.language) == ("file", "auto")


def test_the_folder_is_relative_to_the_file_or_to_where_one_is(written, tmp_path, monkeypatch):
    assert load_config(written(""), [], {}).storage.folder == str(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    assert load_config(None, [], {}).storage.folder == str(tmp_path / "data")
    assert load_config(None, ["storage.folder=/x"], {}).storage.folder == "/x"


def test_text_is_read_by_the_settings_type():
    overrides = [
        "site.title=2024",
        "limits.message_rate=0.5",
        "server.allowed_origins=https://a.example, https://b.example:8443",
        "server.trusted_proxies=",
    ]
    config = load_config(None, overrides, {})
    assert config.site.title == "2024"
    assert config.limits.message_rate == 0.5
    assert config.server.allowed_origins == ("https://a.example", "https://b.example:8443")
    assert config.server.trusted_proxies == ()


def test_limits_that_belong_together_are_checked_together():
    overrides = ["limits.message_chars=10000", "limits.frame_bytes=200000"]
    assert load_config(None, overrides, {}).limits.message_chars == 10000
    assert load_config(None, ["limits.frame_bytes=0"], {}).limits.frame_bytes == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("serve:\n  x: 1", "serve: unknown setting"),
        ("server:\n  poort: 1", "server.poort: unknown setting"),
        ("server:\n  port: nine", "server.port: expected int, got str"),
        ("server:\n  port: 70000", "server.port: expected int <= 65535"),
        ("server:\n  port: 1\n  port: 2", ':3: found duplicate key "port"'),
        ("server: 5", "server: expected settings"),
        ("- 5", "expected sections"),
        ("server:\n  allowed_origins: https://a", "server.allowed_origins: expected array"),
        ("server:\n  allowed_origins: [a]", "server.allowed_origins: expected https://"),
        ("server:\n  trusted_proxies: [a]", "server.trusted_proxies: expected an address"),
        ("storage:\n  url: mysql://x", "storage.url: expected sqlite:///FILE"),
        ("storage:\n  url: sqlite:////etc/x", "storage.url: expected sqlite:///FILE"),
        ("broker:\n  url: amqp://x", "broker.url: expected memory:// or redis"),
        ("broker:\n  url: redis://", "broker.url: expected memory:// or redis"),
        ("broker:\n  url: redis://x:port", "broker.url: expected memory:// or redis"),
        ("broker:\n  url: redis://x/name", "broker.url: expected memory:// or redis"),
        ("broker:\n  url: redis://x?protocol=3", "broker.url: expected memory:// or redis"),
        ("storage:\n  url: postgresql://a:b@host:x/db", "storage.url: expected postgresql://USER"),
        ("storage:\n  url: postgresql://host", "storage.url: expected postgresql://USER"),
        ("storage:\n  durability: no", "storage.durability: expected one of full, process"),
        ("limits:\n  frame_bytes: 100", "limits.frame_bytes: expected 0 or at least 12"),
        ("limits:\n  message_rate: -1", "limits.message_rate: expected float >= 0"),
        ("site:\n  title: no\n  language: yes", "site.language: expected one of auto, ko, en"),
        ("a: [", ":1: "),
        ("server:\n  5: x", "expected a name of a setting, got 5"),
        ("server:\n  host: ''", "server.host: expected str of length >= 1"),
        ('storage:\n  folder: "a\\0b"', "storage.folder: expected text"),
        ('site:\n  title: "\\ud800"', "site.title: expected text"),
        ("limits:\n  frame_bytes: 99999999999999999999", "limits.frame_bytes: "),
        ("\x00", "not YAML"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(written, text, message):
    file = written(text)
    with pytest.raises(StartError) as refused:
        load_config(file, [], {})
    assert str(refused.value).startswith(str(file))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("server.port=x", "server.port: expected int, got str"),
        ("server.port=-1", "server.port: expected int >= 0"),
        ("server.prt=1", "unknown setting 'server.prt'"),
        ("server=1", "unknown setting 'server'"),
        ("nonsense", "expected section.key=value"),
        ("limits.message_rate=nan", "limits.message_rate: expected float >= 0"),
        ("limits.message_chars=9999", "limits.frame_bytes: expected 0 or at least"),
    ],
)
def test_a_bad_flag_is_refused_in_one_line(override, message):
    with pytest.raises(StartError) as refused:
        load_config(None, [override], {})
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_environment_is_named_where_it_is_wrong():
    with pytest.raises(StartError, match=r"^CHAT_SERVER__PORT: server\.port: expected int"):
        load_config(None, [], {"CHAT_SERVER__PORT": "x"})
    with pytest.raises(StartError, match=r"^CHAT_SERVER__PRT: unknown setting"):
        load_config(None, [], {"CHAT_SERVER__PRT": "1"})
    load_config(None, [], {"CHAT_SOMETHING": "else"})


def test_an_unreadable_file_is_said(tmp_path):
    with pytest.raises(StartError, match="cannot be read: No such file"):
        load_config(tmp_path / "none.yaml", [], {})
    (tmp_path / "latin.yaml").write_bytes(b"site:\n  title: caf\xe9\n")
    with pytest.raises(StartError, match="expected UTF-8"):
        load_config(tmp_path / "latin.yaml", [], {})


@pytest.mark.parametrize("url", ["mysql://ann:secret@host/db", "postgresql://ann:secret@host:x/db"])
def test_a_password_in_a_url_is_never_shown(url):
    with pytest.raises(StartError) as refused:
        load_config(None, [f"storage.url={url}"], {})
    assert "secret" not in str(refused.value)
