// Gives the room's address away: to the phone's own sheet, or to the clipboard.

const THANKS = 2000 // ms that a button says it is done

/** @param {HTMLElement} button @param {{name: string, url: string}} room @param {Texts} texts */
export async function share(button, { name, url }, texts) {
  const address = new URL(url, location.href).href
  if (matchMedia("(pointer: coarse)").matches && navigator.share) return navigator.share({ title: name, url: address }).catch(() => {}) // closed unused
  const label = /** @type {HTMLElement} */ (button.lastElementChild)
  const copied = await copy(address)
  label.textContent = copied ? texts.copied : address // to be copied by hand
  if (!copied) return
  const region = document.querySelector("#announcer")
  if (region) region.textContent = texts.copied
  setTimeout(() => (label.textContent = texts.copy), THANKS)
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyWithoutClipboard(text) // plain http has none
  }
}

/** @param {string} text */
function copyWithoutClipboard(text) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement)
  const field = document.createElement("textarea")
  field.value = text
  document.body.append(field)
  field.select()
  const done = document.execCommand("copy")
  field.remove()
  before?.focus()
  return done
}
