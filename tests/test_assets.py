"""What a page fetches: no more than it needs, and within the budget, in bytes as sent."""

import re

from chat_app.assets import Assets, find_folder, load_assets

FIRST_LOAD = 20_000
ALL_MODULES = 32_000
STYLES = 10_000


def sent(assets: Assets, paths: set[str]) -> int:
    return sum(len(assets.files[path].gzipped) for path in paths)


def imported(assets: Assets, path: str) -> set[str]:
    """Return the module and all that it imports before it runs."""
    source = assets.files[path].body.decode()
    found = {path}
    for name in re.findall(r'^import .* from "\.{1,2}/([^"]+)"', source, re.MULTILINE):
        folder = path.rpartition("/")[0] if f'"./{name}"' in source else "js"
        if (module := f"{folder}/{name}") not in found:
            found |= imported(assets, module)
    return found


def test_the_room_preloads_what_it_imports_and_nothing_else():
    assets = load_assets(find_folder("static"))
    preloaded = {url.removeprefix(assets.prefix) for url in assets.modules}
    assert preloaded == imported(assets, "js/main.js")


def test_scripts_are_sent_without_their_comments_line_by_line(tmp_path):
    script = """// What it is.
const url = "https://a.example" // stays
/**
 * A contract.
 */
export function f(/** @type {any} */ x) {
    // why
    return `${x} /** ${url} */`
}
"""
    (tmp_path / "a.js").write_text(script)
    assert (
        load_assets(tmp_path).files["a.js"].body.decode()
        == """
const url = "https://a.example" // stays



export function f(/** @type {any} */ x) {

    return `${x} /** ${url} */`
}
"""
    )


def test_scripts_and_styles_are_within_their_budget():
    assets = load_assets(find_folder("static"))
    first = {url.removeprefix(assets.prefix) for url in assets.modules}
    assert sent(assets, first) <= FIRST_LOAD
    assert sent(assets, {path for path in assets.files if path.endswith(".js")}) <= ALL_MODULES
    assert sent(assets, {path for path in assets.files if path.endswith(".css")}) <= STYLES
