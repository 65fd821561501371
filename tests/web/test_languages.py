"""Every text that people read has its Korean."""

import ast
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from chat_app import errors
from chat_app.assets import find_folder
from chat_app.web.languages import TRANSLATIONS
from chat_app.web.rendering import _TEXTS

ROOT = Path(__file__).parents[2]
REFUSALS = {name for name, value in vars(errors).items() if isinstance(value, type)}


def refusal_texts():
    """The texts with which the code refuses people, where they are constants."""
    for file in sorted((ROOT / "chat_app").rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text())):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Name)
                and call.func.id in REFUSALS - {"StartError"}
                and call.args
                and isinstance(call.args[0], ast.Constant)
            ):
                yield call.args[0].value


def template_texts():
    found = extract_from_dir(
        find_folder("templates"),
        method_map=[("**.html", "jinja2")],
        options_map={"**.html": {"trimmed": "true"}},
    )
    for _, _, text, _, _ in found:
        yield text if isinstance(text, str) else text[0]


# Told to programs only, as frames on the socket: a person's page never makes them.
WIRE_ONLY = {"A binary frame.", "An id is a string."}


@pytest.mark.parametrize(
    "text",
    sorted(
        {*refusal_texts(), *template_texts(), *(text for pair in _TEXTS.values() for text in pair)}
        - WIRE_ONLY
    ),
)
def test_it_has_its_korean(text):
    korean = TRANSLATIONS["ko"].gettext(text)
    if korean == text:
        korean = TRANSLATIONS["ko"].ngettext(text, text, 1)
    assert korean != text
    assert any("가" <= letter <= "힣" for letter in korean), korean
    for placeholder in ("{limit}", "%(", "{count}"):
        assert (placeholder in text) == (placeholder in korean)
