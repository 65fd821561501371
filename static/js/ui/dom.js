// Finding and making elements. The templates and this code belong together, so what is asked for is there.

/** @param {string} selector @param {ParentNode} [within] @returns {any} */
export const find = (selector, within = document) => within.querySelector(selector)

/** @param {string} selector of a <template> @returns {any} a copy of its only element */
export const stamp = (selector) => document.importNode(find(selector).content, true).firstElementChild
