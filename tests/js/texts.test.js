import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { fill, hue, initial, isEmoji, isKorean, isRtl, length } from "../../static/js/core/texts.js"

// tests/web/test_rows.py reads the same: the server draws as the script does.
const { alone, others, rtl, ltr, korean, foreign } = JSON.parse(readFileSync(new URL("../texts.json", import.meta.url), "utf8"))

test("one to three emoji alone are big", () => {
  for (const text of alone) assert.ok(isEmoji(text), text)
  for (const text of others) assert.ok(!isEmoji(text), text)
})

test("what is written from the right, and what is Korean, is told by its letters", () => {
  for (const text of rtl) assert.ok(isRtl(text), text)
  for (const text of ltr) assert.ok(!isRtl(text), text)
  for (const text of korean) assert.ok(isKorean(text), text)
  for (const text of foreign) assert.ok(!isKorean(text), text)
})

test("length counts code points", () => {
  assert.equal(length("한글👍"), 3)
})

test("fill leaves alone what it does not know", () => {
  assert.equal(fill("{n} new {x}", { n: 3 }), "3 new {x}")
})

test("a hue is one of twelve, the same every time, whatever the id", () => {
  for (const id of ["u_7f3a91", "u_", "", "한글", "zZ-"]) {
    assert.ok(Number.isInteger(hue(id)) && hue(id) >= 0 && hue(id) < 12, id)
    assert.equal(hue(id), hue(id))
  }
  assert.equal(hue("u_7f3a91"), 8) // what chat_app/web/rows.py computes
})

test("an initial is a whole character", () => {
  assert.equal(initial("ann"), "A")
  assert.equal(initial("😀x"), "😀")
  assert.equal(initial(""), "")
})
