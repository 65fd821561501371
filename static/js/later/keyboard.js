// A keyboard on the screen that covers the page instead of shrinking it: the composer is raised
// above it. Browsers that know interactive-widget=resizes-content shrink the page themselves.

const LEAST = 80 // px: less is a bar of the browser's that comes and goes

export function keyboard() {
  const view = window.visualViewport
  if (!view) return
  const raise = () => {
    const covered = innerHeight - view.height - view.offsetTop
    // Zoomed in, what is out of sight is not covered.
    const by = view.scale > 1.01 || covered < LEAST ? 0 : Math.round(covered)
    document.documentElement.style.setProperty("--keyboard", `${by}px`)
  }
  view.addEventListener("resize", raise)
  view.addEventListener("scroll", raise)
}
