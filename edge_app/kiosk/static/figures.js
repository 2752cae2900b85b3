// The pane with the figures: opened and closed by touch or with Escape. It stays over a change of the page, its button does not.
"use strict";
(() => {
  const pane = () => document.querySelector("[data-figures]");
  const mark = () => {
    const open = pane() !== null && !pane().hidden;
    for (const button of document.querySelectorAll("[data-figures-toggle][aria-expanded]")) button.setAttribute("aria-expanded", String(open));
  };
  const show = (open) => {
    pane().hidden = !open;
    mark();
    // Its text could not be fitted while it had no size.
    window.dispatchEvent(new Event("resize"));
    if (open) pane().focus();
    else document.querySelector("[data-figures-toggle][aria-expanded]").focus();
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-figures-toggle]")) show(pane().hidden);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pane() && !pane().hidden && !document.querySelector(":popover-open")) show(false);
  });
  document.addEventListener("htmx:afterSwap", mark);
})();
