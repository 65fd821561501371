import assert from "node:assert/strict"
import { test } from "node:test"
import { linkify } from "../../static/js/core/texts.js"

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
