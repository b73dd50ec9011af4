// What the theme leaves out for readers who use a keyboard or a screen reader.
const mend = () => {
  // The search dialog has no name of its own.
  document.querySelector('[data-md-component="search"]')?.setAttribute("aria-label", "Search the handbook");
  // Every copy button claims to be a landmark.
  for (const nav of document.querySelectorAll(".md-code__nav")) nav.setAttribute("role", "presentation");
  // Every section of a table of contents does so too, and on a long page two of them bear one name.
  for (const nav of document.querySelectorAll(".md-nav--secondary .md-nav")) {
    nav.setAttribute("role", "presentation");
    nav.removeAttribute("aria-label");
  }
  // What scrolls sideways, a table, code or a picture, must be reachable by keyboard.
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap, .md-typeset pre > code, .md-typeset :has(> img)")) {
    if (box.scrollWidth > box.clientWidth) box.setAttribute("tabindex", "0");
  }
};
let waiting;
new MutationObserver(() => {
  clearTimeout(waiting);
  waiting = setTimeout(mend, 50);
}).observe(document.body, { childList: true, subtree: true });
mend();
