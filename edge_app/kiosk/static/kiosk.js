// The kiosk's own behaviour: what is new is marked and said, and the Pre-KTAS pad closes when it is entered.
"use strict";
(() => {
  // A rung that has just been proven fills once.
  const highest = new Map();
  const markFresh = () => {
    for (const row of document.querySelectorAll("[data-offer]")) {
      const before = highest.get(row.dataset.offer);
      highest.set(row.dataset.offer, row.dataset.highest);
      if (before === undefined || before === row.dataset.highest) continue;
      for (const rung of row.querySelectorAll(".now, .yes, .no, .stood")) rung.classList.add("fresh");
    }
  };

  // One live region outside of what is swapped, so that only what has changed is said.
  let said = "";
  const announce = () => {
    const headline = document.querySelector("[data-headline]");
    const region = document.querySelector("[data-announce]");
    if (!headline || !region) return;
    const words = [headline.textContent, headline.dataset.headlineMore].filter(Boolean).join(", ");
    if (words !== said) region.textContent = said = words;
  };

  const settle = () => { markFresh(); announce(); };
  document.addEventListener("DOMContentLoaded", settle);
  document.addEventListener("htmx:afterSwap", settle);

  document.addEventListener("htmx:afterRequest", (event) => {
    const pad = event.detail.elt.dataset && event.detail.elt.dataset.closes;
    if (pad && event.detail.successful) document.getElementById(pad).hidePopover();
  });

  // A touch that did not count says so, above the pad it was made on, until the next.
  const lost = (yes) => {
    const banner = document.querySelector("[data-not-stored]");
    if (banner && banner.matches(":popover-open") !== yes) banner.togglePopover(yes);
  };
  document.addEventListener("htmx:beforeRequest", (event) => { if (event.detail.elt instanceof HTMLFormElement) lost(false); });
  document.addEventListener("screen:failed", ({ detail }) => {
    if (detail.answered) lost(true);
    else window.screens.unanswered();
  });
})();
