"""What makes the pages an app: the manifest, the service worker, the page without a network."""

import json
import re

import pytest

from chat_app import keys

PATHS = ["/manifest.webmanifest", "/sw.js", "/offline/"]


@pytest.mark.parametrize("settings", [["site.title=우리 방"]])
async def test_the_manifest_names_the_site_and_icons_that_are_there(client):
    answer = await client.get("/manifest.webmanifest")
    assert answer.content_type == "application/manifest+json"
    manifest = json.loads(await answer.text())
    assert manifest["name"] == "우리 방"
    assert (await client.get(manifest["start_url"])).status == 200
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    for icon in manifest["icons"]:
        file = await client.get(icon["src"])
        assert (file.status, file.content_type) == (200, icon["type"])
        if icon["sizes"] != "any":
            width = int.from_bytes((await file.read())[16:20], "big")  # of a PNG's header
            assert icon["sizes"] == f"{width}x{width}"


async def test_every_page_links_to_the_manifest(client):
    for path in ("/chat/", "/chat/lobby/", "/nowhere"):
        page = await (await client.get(path)).text()
        assert '<link rel="manifest" href="/manifest.webmanifest">' in page


async def test_the_worker_is_never_stale_and_knows_this_versions_files(client, app):
    answer = await client.get("/sw.js")
    assert answer.content_type == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    source = await answer.text()
    assert f'const VERSION = "{app[keys.ASSETS].fingerprint}"' in source
    lists = re.findall(r"const (?:FIRST|LATER) = (\[.*?\])", source)
    first, later = (json.loads(files) for files in lists)
    prefix = app[keys.ASSETS].prefix
    shell = {f"{prefix}css/app.css", f"{prefix}js/offline.js"}
    assert set(first) == {*shell, *app[keys.ASSETS].modules}
    assert f"{prefix}js/later/name.js" in later
    for file in (*first, *later):
        assert (await client.get(file)).status == 200


@pytest.mark.parametrize("path", PATHS)
async def test_what_may_be_kept_is_nobodys(client, path):
    answer = await client.get(path)
    assert answer.status == 200
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("first", ["ko", "en"])
async def test_the_page_without_a_network_speaks_both_languages(client, first):
    page = await (await client.get("/offline/", headers={"Accept-Language": first})).text()
    assert re.findall(r'<section [^>]*lang="(\w+)"', page) == sorted(
        ["ko", "en"], key=lambda language: language != first
    )
    assert "You are offline" in page
    assert "오프라인입니다" in page
