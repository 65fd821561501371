// What a text that begins with a slash means.
import assert from "node:assert/strict"
import { test } from "node:test"
import { find, parse, timed } from "../../static/js/later/commands.js"

test("a command is its word, in small letters, and the rest", () => {
  assert.deepEqual(parse("/help"), { word: "help", rest: "" })
  assert.deepEqual(parse("  /KICK  Ann Lee \n"), { word: "kick", rest: "Ann Lee" })
  assert.deepEqual(parse("/없는 말"), { word: "없는", rest: "말" })
})

test("of two slashes and more one is taken away", () => {
  assert.equal(parse("//shrug").literal, "/shrug")
  assert.equal(parse(" ///shrug\nand more").literal, "//shrug\nand more")
})

test("a time is what stands at the end", () => {
  assert.deepEqual(timed("Ann"), { who: "Ann" })
  assert.deepEqual(timed("Ann Lee 10m"), { who: "Ann Lee", seconds: 600 })
  assert.deepEqual(timed("한별 2시간"), { who: "한별", seconds: 7200 })
  assert.deepEqual(timed("Ann 2 D"), { who: "Ann", seconds: 172_800 })
  assert.deepEqual(timed("R2d2"), { who: "R2d2" })
  assert.deepEqual(timed("10m"), { who: "", seconds: 600 })
})

test("a name is found once for each person, and as it is spelt first", () => {
  const people = [
    { id: "1", name: "Ann" },
    { id: "1", name: "Ann" },
    { id: "2", name: "ann" },
    { id: "3", name: "Bob" },
    { id: "4", name: "한별".normalize("NFD") },
  ]
  assert.deepEqual(find("@Ann", people), [people[0]])
  assert.equal(find("ANN", people).length, 2)
  assert.deepEqual(find("bob", people), [people[3]])
  assert.deepEqual(find("한별", people), [people[4]])
  assert.deepEqual(find("", people), [])
})
