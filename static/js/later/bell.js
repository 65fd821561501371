// Tells of messages that come while the page is hidden: a notification and a short tone. Off until
// clicked; this browser remembers. Fetched when its button comes into sight, or when it is on.
import { load, save } from "../core/kept.js"

// ms between two tones
const QUIET = 2000
// characters of a message that a notification shows
const TAIL = 200
// Hz: two soft notes, a fifth apart; no file to fetch
const NOTES = [587, 880]

export class Bell {
  #on = load("bell") !== ""
  /** @type {AudioContext | undefined} */
  #sound
  #rang = -Infinity

  /** @param {{button: HTMLElement, texts: Texts, room: {name: string, key: string, url: string}}} context */
  constructor({ button, texts, room }) {
    this.button = button
    this.texts = texts
    this.room = room
    button.hidden = false
    button.addEventListener("click", () => this.#toggle())
    this.#show()
  }

  /** Somebody else said something, and this browser is to tell of it. @param {RoomEvent} event */
  tell(event) {
    if (!document.hidden) return
    this.#ring()
    this.#notify(event)
  }

  async #toggle() {
    this.#on = !this.#on
    save("bell", this.#on ? "on" : "")
    this.#show()
    if (!this.#on) return
    // the person hears what was chosen
    this.#ring()
    if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission()
    this.#show()
  }

  #show() {
    const { button, texts } = this
    const silent = !("Notification" in window) || Notification.permission === "denied"
    button.setAttribute("aria-pressed", String(this.#on))
    const label = /** @type {Element} */ (button.lastElementChild)
    label.textContent = !this.#on ? texts.bell_off : silent ? texts.bell_sound : texts.bell_on
  }

  /** @param {RoomEvent} event */
  async #notify({ user, message }) {
    if (!("Notification" in window) || Notification.permission !== "granted") return
    const { name, key, url } = this.room
    const icon = new URL("../../icons/192.png", import.meta.url).href
    const title = `${user.name} · ${name}`
    // One for each room: the newest takes the place of the one before.
    const how = { body: message.slice(0, TAIL), tag: key, icon, data: url }
    const worker = await navigator.serviceWorker?.getRegistration()
    let close
    if (worker?.active) {
      // the only way on a phone
      await worker.showNotification(title, how)
      close = async () => (await worker.getNotifications({ tag: key })).forEach((shown) => shown.close())
    } else {
      const shown = new Notification(title, how)
      shown.onclick = () => window.focus()
      close = () => shown.close()
    }
    if (document.hidden) document.addEventListener("visibilitychange", close, { once: true })
    else close()
  }

  #ring() {
    const now = performance.now()
    // Browsers let nothing sound before the person has touched the page.
    if (now - this.#rang < QUIET || !navigator.userActivation?.hasBeenActive) return
    this.#rang = now
    const sound = (this.#sound ??= new AudioContext())
    sound.resume()
    NOTES.forEach((pitch, i) => {
      const note = sound.createOscillator()
      const volume = sound.createGain()
      const start = sound.currentTime + i * 0.11
      note.frequency.value = pitch
      volume.gain.setValueAtTime(0, start)
      volume.gain.linearRampToValueAtTime(0.12, start + 0.02)
      volume.gain.exponentialRampToValueAtTime(0.001, start + 0.3)
      note.connect(volume).connect(sound.destination)
      note.start(start)
      note.stop(start + 0.3)
    })
  }
}
