"""What is published is what is there."""

import re
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from chat_app.errors import ChatError
from chat_app.routes import setup_routes
from chat_app.ws.commands import COMMANDS
from chat_app.ws.protocol import Close, Frame

ROOT = Path(__file__).parents[1]
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()


def documented(kind):
    """Return {type: fields} of the table "From the client" or "From the server"."""
    table = PROTOCOL.partition(f"### From the {kind}")[2].partition("\n#")[0]
    rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|", table.partition("---")[2], re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", fields)) for name, fields in rows}


def declared(structs):
    return {
        struct.__struct_config__.tag: {
            field.encode_name for field in msgspec.structs.fields(struct)
        }
        for struct in structs
    }


def test_every_frame_of_the_server_is_documented_with_its_fields():
    assert documented("server") == declared(Frame.__subclasses__())


def test_every_command_is_documented_with_its_fields():
    assert documented("client") == declared(COMMANDS)


@pytest.mark.parametrize("code", Close)
def test_every_close_code_is_documented(code):
    table = PROTOCOL.partition("## Close codes")[2].partition("\n## ")[0]
    assert re.search(rf"\b{code.value}\b", table)


@pytest.mark.parametrize("error", ChatError.__subclasses__())
def test_every_error_code_is_documented(error):
    assert f"`{error.code}`" in PROTOCOL
    assert str(error.close) in PROTOCOL or error.close == ChatError.close


def test_every_url_is_documented():
    urls = PROTOCOL.partition("## URLs")[2].partition("\n`{room}`")[0]
    app = web.Application()
    setup_routes(app)
    paths = {re.sub(r":[^}]*", "", resource.canonical) for resource in app.router.resources()}
    for path in paths - {"/favicon.ico", "/static/{fingerprint}/{path}"}:
        assert f"`{path}`" in urls, path


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")], ids=str
)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / link).exists(), link


def test_every_test_that_the_threat_model_names_is_there():
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "security.md").read_text()))
    sources = "".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 30
    assert named <= set(re.findall(r"def (test_\w+)", sources))
