"""What is in deploy/ fits what is in config.py, and itself."""

import re
import shlex
from configparser import ConfigParser
from pathlib import Path

import msgspec
import pytest
from ruamel.yaml import YAML

from chat_app.config import Config, load_config

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())
SETTINGS = {
    f"CHAT_{section.name}__{setting.name}".upper()
    for section in msgspec.structs.fields(Config)
    for setting in msgspec.structs.fields(section.type)
}
EXIT_SECONDS = 10  # in which a server is gone after its drain


@pytest.fixture(scope="module")
def compose():
    return YAML(typ="safe", pure=True).load((DEPLOY / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def unit():
    class Unit(ConfigParser):
        def optionxform(self, optionstr: str) -> str:
            return optionstr

    parser = Unit(interpolation=None, strict=False)  # a unit may say a thing twice
    parser.read(DEPLOY / "chat-app.service", encoding="utf-8")
    return parser


def nodes(compose):
    return {name: one for name, one in compose["services"].items() if name.startswith("node")}


def environment_of_the_image():
    text = (DEPLOY / "Dockerfile").read_text()
    (block,) = re.findall(r"^ENV ((?:.*\\\n)*.*)$", text, re.MULTILINE)
    pairs = dict(word.split("=", 1) for word in shlex.split(block.replace("\\\n", " ")))
    return {name: value for name, value in pairs.items() if name.startswith("CHAT_")}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_setting_that_is_named_is_one(file):
    assert set(re.findall(r"\bCHAT_[A-Z_]+\b", file.read_text())) <= SETTINGS


def test_the_settings_of_image_and_nodes_are_good_ones(compose):
    image = environment_of_the_image()
    assert load_config(None, [], image).server.host == "0.0.0.0"
    for node in nodes(compose).values():
        # Addresses of other servers are for whoever opens them to judge.
        environment = {
            name: value
            for name, value in {**image, **node["environment"]}.items()
            if not name.endswith("__URL")
        }
        config = load_config(None, [], environment)
        assert config.server.drain_seconds > 0
        assert config.server.drain_seconds + EXIT_SECONDS < int(node["stop_grace_period"][:-1])
        (network,) = compose["networks"]["front"]["ipam"]["config"]
        assert config.server.trusted_proxies == (network["subnet"],)


def test_only_the_proxy_can_be_reached_and_only_it_shares_a_network_with_the_nodes(compose):
    services = compose["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["caddy"]
    front = {name for name, service in services.items() if "front" in service["networks"]}
    assert front == {"caddy", *nodes(compose)}
    assert compose["networks"]["back"]["internal"]


def test_the_proxy_knows_every_node_and_asks_for_readiness(compose):
    caddy = (DEPLOY / "Caddyfile").read_text()
    port = environment_of_the_image()["CHAT_SERVER__PORT"]
    upstreams = " ".join(f"{name}:{port}" for name in nodes(compose))
    assert f"reverse_proxy {upstreams} {{" in caddy
    assert "health_uri /readyz" in caddy
    assert caddy.count("{") == caddy.count("}")


def test_every_password_comes_from_outside(compose):
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name or "postgresql://" in value:
                assert "${POSTGRES_PASSWORD:?" in value


def test_the_image_runs_as_nobody_special_and_copies_what_there_is():
    text = (DEPLOY / "Dockerfile").read_text()
    final = text.rpartition("\nFROM ")[2]
    assert "\nUSER chat\n" in final
    assert final.index("\nUSER ") < final.index("\nENTRYPOINT ")
    allowed = (DEPLOY / "Dockerfile.dockerignore").read_text()
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for source in line.split():
            assert (ROOT / source).exists()
            assert f"!{source}\n" in allowed
    assert f"127.0.0.1:{environment_of_the_image()['CHAT_SERVER__PORT']}/healthz" in final


def test_the_unit_waits_for_the_drain_and_may_write_in_one_place(unit):
    service = unit["Service"]
    assert service["Type"] == "notify"
    assert int(service["TimeoutStopSec"]) > EXIT_SECONDS
    assert service["ProtectSystem"] == "strict"
    folder = service["Environment"].removeprefix("CHAT_STORAGE__FOLDER=")
    assert folder == f"/var/lib/{service['StateDirectory']}" == service["WorkingDirectory"]
    # A log kept with `durability: process` asks the kernel whether the machine has restarted.
    assert "ProcSubset" not in service


def test_nginx_tells_who_calls_and_upgrades_sockets():
    text = re.sub(r"#.*", "", (DEPLOY / "nginx.conf").read_text())
    passed_on = dict(re.findall(r"proxy_set_header (\S+)\s+(\S+);", text))
    assert passed_on == {
        "Host": "$http_host",
        "X-Forwarded-Proto": "$scheme",
        "X-Forwarded-For": "$remote_addr",  # never what a visitor wrote there
        "Upgrade": "$http_upgrade",
        "Connection": "$chat_connection",
    }
    assert "proxy_http_version 1.1;" in text
    # One that is set within a location would undo all of those of the server.
    for location in re.findall(r"location [^{]*\{([^}]*)\}", text):
        assert "proxy_set_header" not in location
    assert re.search(r"location /ws/ \{[^}]*proxy_pass http://chat;", text)
    for server in re.findall(r"default_server;.*?\n\}", text, re.DOTALL):
        assert "return 444;" in server
