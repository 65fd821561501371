// A question that must be answered before anything happens, or a list to read.

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {object} properties @param {Node[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}

/** An icon as the page's own are. @param {string} path */
export function drawn(path) {
  const [svg, line] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag))
  svg.setAttribute("viewBox", "0 0 24 24")
  svg.setAttribute("aria-hidden", "true")
  line.setAttribute("d", path)
  svg.append(line)
  return svg
}

/**
 * Ask in a dialog. Whoever only presses Enter, or Escape, has said no.
 * @param {object} question
 * @param {string} question.title
 * @param {string} [question.text] what it is about
 * @param {string} [question.help]
 * @param {string[]} [question.list] lines to read: "what  what it does"
 * @param {{label: string, most: number}} [question.field] something that may be added
 * @param {Node[]} [question.fields] something to choose; until that is done there is no yes
 * @param {HTMLElement} [question.within] where the dialog is put
 * @param {string} question.no
 * @param {string} [question.yes]
 * @param {(said: string) => Promise<void>} [question.act] what yes does; if it fails, why is shown
 * @returns {Promise<boolean>} whether it was done
 */
export function ask({ title, text, help, list, field, fields = [], within = document.body, no, yes, act }) {
  const heading = element("h2", { id: "ask-title", textContent: title })
  const said = field && element("textarea", { id: "ask-field", rows: 2, maxLength: field.most, dir: "auto" })
  const notice = element("p", { className: "notice" })
  notice.role = "alert"
  const cancel = element("button", { type: "button", className: "outline", textContent: no, autofocus: !fields.length })
  const confirm = yes && element("button", { type: "submit", value: "yes", className: "primary", textContent: yes })
  const parts = [
    heading,
    ...(text ? [element("blockquote", { textContent: text, dir: "auto" })] : []),
    ...(help ? [element("p", { className: "help", textContent: help })] : []),
    ...(list ? [lines(list)] : []),
    ...(said && field ? [element("label", { htmlFor: said.id, textContent: field.label }), said] : []),
    ...fields,
    notice,
    element("p", { className: "choices" }, cancel, ...(confirm ? [confirm] : [])),
  ]
  const form = element("form", { method: "dialog" }, ...parts)
  const dialog = element("dialog", { className: "panel ask" }, form)
  dialog.setAttribute("aria-labelledby", heading.id)
  within.append(dialog)
  const { promise, resolve } = defer()
  cancel.addEventListener("click", () => dialog.close())
  form.addEventListener("submit", async (event) => {
    if (!confirm || event.submitter !== confirm || !act) return
    event.preventDefault()
    confirm.disabled = true
    notice.textContent = ""
    try {
      await act(said?.value.trim() ?? "")
      dialog.close("yes")
    } catch (error) {
      notice.textContent = error instanceof Error ? error.message : ""
      confirm.disabled = false
    }
  })
  dialog.addEventListener("close", () => {
    dialog.remove()
    resolve(dialog.returnValue === "yes")
  })
  dialog.showModal()
  return promise
}

/** @param {string[]} list */
function lines(list) {
  const pairs = list.map((line) => {
    const [what, does] = line.split("  ")
    return element("div", {}, element("dt", { textContent: what }), element("dd", { textContent: does }))
  })
  return element("dl", {}, ...pairs)
}

/** @returns {{promise: Promise<boolean>, resolve: (done: boolean) => void}} */
function defer() {
  /** @type {(done: boolean) => void} */
  let resolve = () => {}
  const promise = /** @type {Promise<boolean>} */ (new Promise((done) => (resolve = done)))
  return { promise, resolve }
}
