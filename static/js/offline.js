// The page that stands for one that could not be fetched: it looks whether the server can be reached,
// again and again, and then asks for that one.

// ms between two looks, at first and at most
const [SOON, LATE] = [1000, 30000]

let wait = SOON
/** @type {number | undefined} */
let timer

async function look() {
  const answer = await fetch("/offline/", { method: "HEAD", cache: "no-store" }).catch(() => undefined)
  if (answer?.ok) return location.reload()
  wait = Math.min(2 * wait, LATE)
  later()
}

function later() {
  clearTimeout(timer)
  // not all at once, after a restart
  timer = setTimeout(look, wait * (1 - Math.random() / 2))
}

// Asked for by its own name it stands for no other.
if (location.pathname !== "/offline/") {
  // which may be too early: the network is there, the way is not
  addEventListener("online", look)
  later()
}
