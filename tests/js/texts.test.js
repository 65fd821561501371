import assert from "node:assert/strict"
import { test } from "node:test"
import { fill, hue, initial, isEmoji, length, linkify } from "../../static/js/core/texts.js"

const links = (text) => linkify(text).filter((part) => part.href).map((part) => part.text)

test("the parts joined are the text", () => {
  for (const text of ["", "no link", "a https://a.example/b, (http://c.example) mailto:x@y.example!", "https://a.example"]) {
    assert.equal(linkify(text).map((part) => part.text).join(""), text)
  }
})

test("http, https and mailto are links, nothing else is", () => {
  assert.deepEqual(links("http://a.example https://b.example/x mailto:me@c.example"), ["http://a.example", "https://b.example/x", "mailto:me@c.example"])
  assert.deepEqual(links("javascript:alert(1) data:text/html,x ftp://a.example www.a.example mailto: https:// xhttps://a.example"), [])
})

test("punctuation around a link stays outside, brackets that belong to it stay inside", () => {
  assert.deepEqual(links("see https://a.example/b."), ["https://a.example/b"])
  assert.deepEqual(links("(https://a.example/b)"), ["https://a.example/b"])
  assert.deepEqual(links("(https://a.example/Seoul_(city))."), ["https://a.example/Seoul_(city)"])
  assert.deepEqual(links("“https://a.example/b?c=d”…"), ["https://a.example/b?c=d"])
  assert.deepEqual(links('"https://a.example"onmouseover="x"'), ["https://a.example"])
})

test("a Korean particle is not part of the link, a Korean path is", () => {
  assert.deepEqual(links("https://a.example/x에서 보세요"), ["https://a.example/x"])
  assert.deepEqual(links("https://a.example/회의록/2"), ["https://a.example/회의록/2"])
})

test("a host that could pass for another is shown in ASCII too", () => {
  const host = (text) => linkify(text).find((part) => part.href)?.host
  assert.equal(host("https://раypal.example/"), "xn--ypal-43d9g.example")
  assert.equal(host("https://pаypal.example/"), "xn--pypal-4ve.example")
  assert.equal(host("https://한국.example/"), undefined)
  assert.equal(host("https://paypal.example/"), undefined)
})

test("one to three emoji alone are big", () => {
  for (const text of ["👍", "🎉🎉", "👩‍💻 🇰🇷 ❤️", "👍🏽"]) assert.ok(isEmoji(text), text)
  for (const text of ["", "1", "#", "👍 ok", "🎉🎉🎉🎉", "ㅋㅋ", "™"]) assert.ok(!isEmoji(text), text)
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
  assert.equal(hue("u_7f3a91"), 8) // what templates/message.html computes
})

test("an initial is a whole character", () => {
  assert.equal(initial("ann"), "A")
  assert.equal(initial("😀x"), "😀")
  assert.equal(initial(""), "")
})
