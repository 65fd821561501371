// The lobby: the rooms of this browser. The form works without it.
import { forgetAll, recentRooms } from "./core/kept.js"
import { Clock, hue, initial } from "./core/texts.js"
import { find, stamp } from "./ui/elements.js"
import { work } from "./ui/page.js"

const { lang } = document.documentElement
const clock = new Clock(lang)
const date = new Intl.DateTimeFormat(lang, { dateStyle: "medium" })

function show() {
  const rooms = recentRooms()
  find("#recent-clear").hidden = rooms.length === 0
  find("#recent-rooms").replaceChildren(
    ...rooms.map((room) => {
      const li = stamp("#recent-template")
      const link = li.firstElementChild
      const [disc, name, time] = link.children
      link.href = room.url
      disc.textContent = initial(room.name)
      disc.dataset.hue = hue(room.url.slice(0, -1))
      name.textContent = room.name
      time.dateTime = new Date(room.at).toISOString()
      time.textContent = clock.key(room.at) === clock.key(Date.now()) ? clock.time(room.at) : date.format(room.at)
      return li
    }),
  )
}

find("#recent-clear").addEventListener("click", () => {
  forgetAll()
  show()
  find("#room-name-input").focus()
})
// also when coming back from a room
addEventListener("pageshow", show)
show()
if (document.activeElement === document.body) find("#room-name-input").focus()
work()
